//! A file: what is dropped or chosen, its totals, table and timeline, and what is saved.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use tapsieve_detector::{Detector, Outcome};

use crate::Act;
use crate::visit::{Visit, holds, scratch};

pub(crate) const ACTS: &[(&str, Act)] = &[
    ("file/dropped-gzip-of-cloudtrail-records", dropped_gzip),
    ("file/every-form", every_form),
    ("file/table-sorts-filters-and-opens", table),
    ("file/mirror-events-are-saved", save_mirror),
    ("file/everything-is-streamed-to-disk", save_all),
    ("file/what-cannot-be-read-is-said", unreadable),
    ("file/a-long-file-is-read-in-pieces", long),
    ("file/pasted-lines-open-as-a-file", pasted),
    ("file/sample-day", sample_day),
];

fn quiet(n: usize) -> String {
    format!(
        r#"{{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","n":{n},"eventTime":"2026-03-04T08:00:00Z"}}"#
    )
}

fn mirror(name: &str, actor: &str, hour: usize) -> String {
    format!(
        r#"{{"eventSource":"ec2.amazonaws.com","eventName":"{name}","eventTime":"2026-03-04T{hour:02}:15:00Z","sourceIPAddress":"203.0.113.{hour}","userIdentity":{{"arn":"arn:aws:iam::111122223333:user/{actor}"}}}}"#
    )
}

const SPAN: &str = "<189>7: sw1: 000009: Mar  7 12:00:01 UTC: %SPAN-5-SESSION_UP: Session 7 is up";

fn three() -> [String; 3] {
    [
        mirror("CreateTrafficMirrorSession", "zoe", 9),
        mirror("ModifyTrafficMirrorFilterRule", "adam", 11),
        mirror("DeleteTrafficMirrorSession", "mia", 10),
    ]
}

pub(crate) fn write(name: &str, bytes: &[u8]) -> Result<PathBuf, String> {
    let path = scratch("files")?.join(name);
    fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|error| error.to_string())
}

/// Hands a file over as the dialog for choosing does, and waits until it has been read.
pub(crate) fn choose(visit: &Visit, path: &Path) -> Result<String, String> {
    visit.click("tab-file")?;
    let document = visit.page.call("DOM.getDocument", json!({}))?;
    let query = json!({ "nodeId": document["root"]["nodeId"], "selector": "#file" });
    let field = visit.page.call("DOM.querySelector", query)?;
    visit.page.run("delete document.getElementById('panel-file').dataset.done")?;
    visit.page.call("DOM.setFileInputFiles", json!({ "nodeId": field["nodeId"], "files": [path] }))?;
    visit.file_read()
}

fn rows(visit: &Visit) -> Result<String, String> {
    visit.page.text("[...document.querySelectorAll('#rows tr')].map((row) => row.innerText.replaceAll('\\t', '|')).join('\\n')")
}

fn dropped_gzip(visit: &Visit) -> Result<(), String> {
    let mut events: Vec<String> = (0..5000).map(quiet).collect();
    for (at, event) in three().into_iter().enumerate() {
        events.insert(1000 * (at + 1), event);
    }
    let file = write(
        "111122223333_CloudTrail.json.gz",
        &gzip(format!("{{\"Records\":[{}]}}", events.join(",")).as_bytes())?,
    )?;
    visit.click("tab-file")?;
    visit.page.drop_file("drop", &file)?;
    holds(&visit.file_read()?, &["5,003 events read", "3 about mirroring."])?;
    let tiles = visit.text("tiles")?;
    holds(&tiles, &["5,003", "3", "saved by keeping only those: 99.6 %"])?;
    let shown = rows(visit)?;
    if shown.lines().filter(|line| line.contains("TrafficMirror")).count() != 3 {
        return Err(format!("the table has {shown}"));
    }
    holds(&visit.text("totals")?, &["AWS", "user/adam", "create", "modify", "delete"])?;
    let label = visit.page.text("document.querySelector('#timeline svg').getAttribute('aria-label')")?;
    holds(&label, &["3 mirror events from 2026-03-04 09:15"])?;
    holds(&visit.text("legend")?, &["created or started", "changed", "deleted or stopped"])?;
    visit.page.run(
        "document.querySelector('#timeline .hit').dispatchEvent(new MouseEvent('click', { bubbles: true }))",
    )?;
    holds(&visit.text("table-note")?, &["1 of 3 events"])?;
    visit.click("by-time")?;
    holds(&visit.text("table-note")?, &["3 events"])
}

fn every_form(visit: &Visit) -> Result<(), String> {
    let [a, b, c] = three();
    let spread = c.replace(',', ",\n  ");
    for (name, text, events, found) in [
        ("lines.ndjson", format!("{a}\n{}\n\n{b}\n{c}", quiet(1)), 4, 3),
        ("syslog.log", format!("{SPAN}\nMar  7 sshd: hello\n{SPAN}\n"), 3, 2),
        ("mixed.log", format!("{SPAN}\n{a}\n"), 2, 2),
        ("list.json", format!("[\n{a},\n{spread}\n]\n"), 2, 2),
        ("document.json", spread.replacen('{', "{\n", 1), 1, 1),
        ("records.json", format!("{{\"records\": [{a}, {spread}]}}\n{{\"records\": [{b}]}}"), 3, 3),
        ("empty.json", String::new(), 0, 0),
        ("no-list.json", "{\"Records\":[]}".into(), 0, 0),
    ] {
        let said = choose(visit, &write(name, text.as_bytes())?)?;
        holds(&said, &[&format!("{events} events read"), &format!("{found} about mirroring")])
            .map_err(|problem| format!("{name}: {problem}"))?;
    }
    Ok(())
}

fn table(visit: &Visit) -> Result<(), String> {
    let [a, b, c] = three();
    choose(visit, &write("table.ndjson", format!("{a}\n{b}\n{c}\n{SPAN}\n").as_bytes())?)?;
    let order = |visit: &Visit| -> Result<String, String> {
        let shown = rows(visit)?;
        Ok(shown
            .lines()
            .filter_map(|line| ["zoe", "adam", "mia"].into_iter().find(|name| line.contains(name)))
            .collect::<Vec<_>>()
            .join(" "))
    };
    let sort = |column: usize| {
        visit.page.run(&format!("document.querySelectorAll('#head button')[{column}].click()"))
    };
    let same = |expected: &str| match order(visit)? {
        got if got == expected => Ok(()),
        got => Err(format!("the order is {got}, not {expected}")),
    };
    same("zoe adam mia")?;
    sort(0)?;
    same("zoe mia adam")?;
    sort(0)?;
    same("adam mia zoe")?;
    sort(5)?;
    same("adam mia zoe")?;
    let told = visit.page.text("document.querySelectorAll('#head th')[5].getAttribute('aria-sort')")?;
    holds(&told, &["ascending"])?;
    visit.fill("find", "mia deletetraffic")?;
    same("mia")?;
    holds(&visit.text("table-note")?, &["1 of 4 events"])?;
    visit.fill("find", "nobody")?;
    same("")?;
    visit.page.run("(() => { const field = document.getElementById('find'); field.value = ''; field.dispatchEvent(new Event('input')); })()")?;
    visit.choose("by-provider", "network")?;
    holds(&rows(visit)?, &["%SPAN-SESSION_UP"])?;
    same("")?;
    visit.choose("by-provider", "")?;
    visit.choose("by-action", "delete")?;
    same("mia")?;
    visit.page.run("document.querySelector('#rows button').click()")?;
    visit.page.wait("document.getElementById('detail').open")?;
    holds(&visit.text("detail")?, &["mia deleted a mirror session from 203.0.113.10."])?;
    let marked = visit
        .page
        .text("[...document.querySelectorAll('#detail .inserted')].map((row) => row.textContent).join()")?;
    holds(&marked, &["\"mirrorAction\"", "\"Deletion\""])?;
    if visit.page.run("document.getElementById('detail-record').scrollTop > 0")? != true {
        return Err("what was inserted is not scrolled to".into());
    }
    visit.click("detail-open")?;
    holds(&visit.text("sentence")?, &["mia deleted a mirror session"])?;
    let shown = visit.page.text("document.getElementById('event').value")?;
    if shown == c { Ok(()) } else { Err(format!("the record came over as {shown}")) }
}

/// What the detector writes of a file of lines.
fn enriched(text: &str, all: bool) -> Result<String, String> {
    let mut detector = Detector::new();
    let mut out = String::new();
    for line in text.lines() {
        let record =
            if line.starts_with('{') { line.to_owned() } else { json!({ "message": line }).to_string() };
        match detector.process(record.as_bytes()) {
            Outcome::Enriched(enriched) => out.push_str(&String::from_utf8_lossy(enriched)),
            Outcome::Unchanged if all => out.push_str(&record),
            _ => continue,
        }
        out.push('\n');
    }
    Ok(out)
}

fn save_mirror(visit: &Visit) -> Result<(), String> {
    let [a, b, c] = three();
    let text = format!("{a}\n{}\n{b}\n{SPAN}\n{c}\n", quiet(1));
    choose(visit, &write("saved.ndjson", text.as_bytes())?)?;
    let folder = scratch("downloads")?;
    let path = folder.join("saved.mirror.ndjson");
    let _ = fs::remove_file(&path);
    visit.browser.save_into(&folder)?;
    visit.click("save-mirror")?;
    visit.page.wait("document.getElementById('save-note').innerText.startsWith('Handed')")?;
    let expected = enriched(&text, false)?;
    // The browser writes the download on its own time.
    for _ in 0..500 {
        if fs::read_to_string(&path).is_ok_and(|got| got.len() >= expected.len()) {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let got = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if got == expected { Ok(()) } else { Err(format!("saved {got}\nnot {expected}")) }
}

/// The dialog cannot be answered without a screen: a file of the browser's own file system stands for the chosen one.
fn save_all(visit: &Visit) -> Result<(), String> {
    let [a, b, c] = three();
    let many: Vec<String> = (0..40_000).map(quiet).collect();
    let text = format!("{a}\n{}\n{b}\n{SPAN}\nplain \"text\"\n{c}\n", many.join("\n"));
    choose(visit, &write("all.ndjson", text.as_bytes())?)?;
    visit.page.run(
        "globalThis.showSaveFilePicker = async ({ suggestedName }) => { \
           globalThis.suggested = suggestedName; \
           const folder = await navigator.storage.getDirectory(); \
           globalThis.chosen = await folder.getFileHandle('chosen.ndjson', { create: true }); \
           return chosen; }",
    )?;
    visit.click("save-all")?;
    visit.page.wait("document.getElementById('save-note').innerText.startsWith('Written')")?;
    holds(&visit.page.text("suggested")?, &["all.enriched.ndjson"])?;
    let got = visit.page.text("chosen.getFile().then((file) => file.text())")?;
    let expected = enriched(&text, true)?;
    match got.lines().zip(expected.lines()).find(|(got, expected)| got != expected) {
        Some((got, expected)) => Err(format!("a line is {got}\nnot {expected}")),
        None if got.len() == expected.len() => Ok(()),
        None => Err(format!("{} bytes were written, not {}", got.len(), expected.len())),
    }
}

fn unreadable(visit: &Visit) -> Result<(), String> {
    let whole = gzip(format!("{}\n", three().join("\n")).repeat(2000).as_bytes())?;
    for (name, bytes, said) in [
        ("cut.json.gz", &whole[..whole.len() / 2], "could not be read to its end"),
        ("joined.json.gz", &[whole.as_slice(), whole.as_slice()].concat(), "several gzip files joined"),
        ("other.zst", &b"\x28\xb5\x2f\xfd...."[..], "zstd"),
        ("other.zip", b"PK\x03\x04....", "zip"),
        ("open.json", br#"{"Records":[{"a":1},{"b""#, "ends inside a record"),
    ] {
        holds(&choose(visit, &write(name, bytes)?)?, &[said])
            .map_err(|problem| format!("{name}: {problem}"))?;
    }
    let [a, ..] = three();
    holds(&choose(visit, &write("after.ndjson", a.as_bytes())?)?, &["1 events read", "1 about mirroring"])
}

fn long(visit: &Visit) -> Result<(), String> {
    let line = quiet(1);
    let [a, ..] = three();
    let block = format!("{}\n", [line.as_str()].repeat(4000).join("\n"));
    let path = scratch("files")?.join("long.ndjson");
    let mut file = fs::File::create(&path).map_err(|error| error.to_string())?;
    for _ in 0..200 {
        file.write_all(block.as_bytes())
            .and_then(|()| writeln!(file, "{a}"))
            .map_err(|error| error.to_string())?;
    }
    visit.page.run(
        "globalThis.heard = []; \
         new MutationObserver(() => heard.push(document.getElementById('progress').value)) \
           .observe(document.getElementById('progress-text'), { childList: true, characterData: true, subtree: true })",
    )?;
    let said = choose(visit, &path)?;
    let _ = fs::remove_file(&path);
    holds(&said, &["800,200 events read", "200 about mirroring."])?;
    let between = visit.page.run("heard.filter((value) => value > 0 && value < 1).length")?;
    if between.as_u64() < Some(1) {
        return Err("no progress was shown between the start and the end".into());
    }
    holds(&visit.text("page")?, &["Page 1 of 2"])?;
    visit.click("next")?;
    holds(&visit.text("page")?, &["Page 2 of 2"])
}

fn pasted(visit: &Visit) -> Result<(), String> {
    let [a, b, _] = three();
    visit.fill("event", &format!("{a}\n{b}\n{}", quiet(1)))?;
    holds(&visit.text("input-note")?, &["These are 3 records"])?;
    visit.click("open-as-file")?;
    holds(&visit.file_read()?, &["3 events read", "2 about mirroring"])
}

fn sample_day(visit: &Visit) -> Result<(), String> {
    visit.click("tab-file")?;
    visit.click("sample-day")?;
    holds(&visit.file_read()?, &["about mirroring."])?;
    holds(&visit.text("totals")?, &["AWS", "Azure", "Google Cloud"])
}
