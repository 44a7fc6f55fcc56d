//! The policy: what it makes of an event and of a file, what is said of a broken one, and where it comes from and goes.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tapsieve_detector::{Detector, Outcome};
use toml_edit::DocumentMut;

use crate::Act;
use crate::visit::{Visit, holds, scratch};

pub(crate) const ACTS: &[(&str, Act)] = &[
    ("policy/an-edit-approves", approves),
    ("policy/an-edit-drops", drops),
    ("policy/every-reason-to-drop-is-said", reasons),
    ("policy/an-edit-changes-severity", severity),
    ("policy/an-operation-is-added", operation),
    ("policy/another-schema-is-shown", schema),
    ("policy/a-broken-one-shows-its-place-and-keeps-the-old", broken),
    ("policy/messages-are-the-command's", messages),
    ("policy/examples-do-what-they-say", examples),
    ("policy/a-file-is-read-again", file),
    ("policy/a-dropped-file-becomes-the-policy", dropped),
    ("policy/a-link-carries-it-when-asked", link),
    ("policy/keyboard", keyboard),
];

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

const APPROVES: &str = "[[approved]]\nname = \"tests\"\nticket = \"CHG-7\"\nactors = [\"*user/dana\"]\n";

fn event(name: &str, user: &str) -> String {
    format!(
        r#"{{"eventSource":"ec2.amazonaws.com","eventName":"{name}","eventTime":"2026-03-04T09:00:00Z","sourceIPAddress":"203.0.113.9","userIdentity":{{"arn":"arn:aws:iam::111122223333:user/{user}"}}}}"#
    )
}

/// Writes a policy the way a person does.
fn write(visit: &Visit, policy: &str) -> Result<(), String> {
    visit.page.run("document.getElementById('policy-card').open = true")?;
    visit
        .page
        .run("document.getElementById('policy').focus(), document.getElementById('policy').select()")?;
    // Typing nothing types nothing; the key that empties a field is a button here.
    if policy.is_empty() { visit.click("policy-clear") } else { visit.page.type_text(policy) }
}

fn outcome(visit: &Visit, parts: &[&str]) -> Result<(), String> {
    holds(&visit.text("outcome")?, parts)
}

fn approves(visit: &Visit) -> Result<(), String> {
    visit.fill("event", &event("CreateTrafficMirrorSession", "dana"))?;
    outcome(visit, &["Passed on, enriched"])?;
    write(visit, APPROVES)?;
    outcome(visit, &["Approved", "approved by \u{201c}tests\u{201d} (CHG-7)", "passed on enriched"])?;
    holds(&visit.text("chips")?, &["informational severity", "approved"])?;
    holds(&visit.text("why")?, &["The policy makes it informational; without the policy it is high."])?;
    let record = visit.page.text("document.getElementById('record').textContent")?;
    holds(&record, &["\"approved\": {", "\"tests\"", "\"CHG-7\""])?;
    holds(&visit.text("policy-summary")?, &["In force: 1 entry approves; nothing is dropped."])?;
    visit.fill("event", &event("CreateTrafficMirrorSession", "eve"))?;
    outcome(visit, &["Passed on, enriched", "No entry of the policy approves it."])?;
    write(visit, "")?;
    outcome(visit, &["Passed on, enriched"])?;
    holds(&visit.text("policy-summary")?, &["No policy: nothing is approved; nothing is dropped."])
}

fn drops(visit: &Visit) -> Result<(), String> {
    visit.fill("event", &event("CreateTrafficMirrorSession", "dana"))?;
    write(visit, &format!("drop = [\"approved\"]\n{APPROVES}"))?;
    outcome(visit, &["Dropped", "is approved by \u{201c}tests\u{201d} (CHG-7)"])?;
    if visit.seen("result")? {
        return Err("a dropped record is shown as passed on".into());
    }
    // The next key already decides anew.
    visit.page.type_text("\n[[approved]]\nname = \"second\"\nactions = [\"read\"]\n")?;
    outcome(visit, &["Dropped"])?;
    write(visit, APPROVES)?;
    outcome(visit, &["Approved"])?;
    if visit.seen("result")? { Ok(()) } else { Err("the enriched record is not shown again".into()) }
}

fn reasons(visit: &Visit) -> Result<(), String> {
    let failed = event("CreateTrafficMirrorSession", "dana")
        .replace("\"userIdentity\"", "\"errorCode\":\"Client.UnauthorizedOperation\",\"userIdentity\"");
    let begun = r#"{"operationName":"Microsoft.Network/virtualNetworkTaps/write","category":"Administrative","resultType":"Start","time":"2026-03-04T09:00:00Z"}"#;
    let several = format!(
        "{{\"Records\":[{},{}]}}",
        event("DescribeTrafficMirrorSessions", "a"),
        event("DescribeTrafficMirrorTargets", "b")
    );
    let quiet = r#"{"eventName":"RunInstances"}"#;
    let doubt = r#"{"eventName":"CreateTrafficMirrorSession""#;
    for (policy, record, said) in [
        ("drop = [\"read\"]", event("DescribeTrafficMirrorSessions", "dana"), "It only reads."),
        ("drop = [\"failure\"]", failed, "It failed."),
        ("drop = [\"started\"]", begun.to_owned(), "It has only begun."),
        ("drop = [\"read\"]", several, "Each of its 2 events is to be dropped; the gravest only reads."),
        (
            "keep = \"mirror\"",
            quiet.to_owned(),
            "It is not about mirroring, and the policy keeps only what is.",
        ),
        ("keep = \"mirror\"", doubt.to_owned(), "in doubt it is kept"),
        ("keep = \"all\"", quiet.to_owned(), "Passed on unchanged Byte for byte."),
    ] {
        write(visit, policy)?;
        visit.fill("event", &record)?;
        outcome(visit, &[said]).map_err(|problem| format!("{policy} on {record}: {problem}"))?;
    }
    Ok(())
}

fn severity(visit: &Visit) -> Result<(), String> {
    visit.fill("event", &event("CreateTrafficMirrorTarget", "dana"))?;
    holds(&visit.text("chips")?, &["medium severity"])?;
    write(visit, "[[severity]]\nlevel = \"critical\"\nkinds = [\"target\"]\n")?;
    holds(&visit.text("chips")?, &["critical severity"])?;
    holds(&visit.text("why")?, &["The policy makes it critical; without the policy it is medium."])
}

fn operation(visit: &Visit) -> Result<(), String> {
    visit.fill("event", r#"{"eventSource":"x.amazonaws.com","eventName":"BeginFlowDuplication"}"#)?;
    holds(&visit.text("verdict")?, &["not about traffic mirroring"])?;
    write(
        visit,
        "[[operation]]\nname = \"BeginFlowDuplication\"\nfield = \"eventName\"\nprovider = \"aws\"\naction = \"start\"\nkind = \"session\"\nseverity = \"high\"\n",
    )?;
    holds(&visit.text("verdict")?, &["Someone started a mirror session.", "high severity"])?;
    holds(&visit.text("why")?, &["BeginFlowDuplication", "the policy adds it"])
}

fn schema(visit: &Visit) -> Result<(), String> {
    visit.fill("event", &event("CreateTrafficMirrorTarget", "dana"))?;
    let added = "[...document.querySelectorAll('#record .inserted')].map((row) => row.textContent).join(' ')";
    for (policy, note, fields) in [
        ("schema = \"ecs\"", "inserted before the last brace", ["\"event.type\"", "\"mirror\""]),
        ("schema = \"ocsf\"", "written around the record", ["\"class_uid\": 6003", "\"enrichments\""]),
    ] {
        write(visit, policy)?;
        holds(&visit.text("result-note")?, &[note])?;
        let added = visit.page.text(added)?;
        holds(&added, &fields)?;
        if added.contains("\"eventSource\"") {
            return Err(format!("{policy}: the record itself is marked"));
        }
    }
    Ok(())
}

/// Waits until a problem is said, and returns the place and the message.
fn problem(visit: &Visit) -> Result<String, String> {
    visit.page.wait("document.getElementById('policy').getAttribute('aria-invalid') === 'true'")?;
    visit.text("policy-problem")
}

fn broken(visit: &Visit) -> Result<(), String> {
    visit.fill("event", &event("CreateTrafficMirrorSession", "dana"))?;
    write(visit, APPROVES)?;
    write(visit, &APPROVES.replace("actors", "actor"))?;
    holds(
        &problem(visit)?,
        &["Line 4, column 1", "approved[0].actor: unknown member", "did you mean actors?"],
    )?;
    outcome(visit, &["Approved", "\u{201c}tests\u{201d}"])?;
    holds(&visit.text("policy-state")?, &["not in force"])?;
    holds(&visit.text("policy-summary")?, &["The policy before stays in force: 1 entry approves"])?;
    let marked = visit.page.text("document.querySelector('#policy-marks mark').textContent")?;
    let line = visit.page.text("document.querySelector('#policy-lines .wrong').textContent.trim()")?;
    let described = visit.page.text("document.getElementById('policy').getAttribute('aria-describedby')")?;
    if marked != "actor" || line != "4" || !described.contains("policy-problem") {
        return Err(format!("marked is `{marked}` in line {line}, described by {described}"));
    }
    let over = visit.page.run(
        "(() => { const [mark, field] = [document.querySelector('#policy-marks mark'), document.getElementById('policy')]\
           .map((element) => element.getBoundingClientRect());\
           return mark.left > field.left && mark.right < field.right && mark.top > field.top && mark.bottom < field.bottom; })()",
    )?;
    if over != true {
        return Err("the mark does not lie within the field".into());
    }
    visit.click("policy-place")?;
    let selected = visit.page.text("document.getSelection().toString()")?;
    if selected != "actor" {
        return Err(format!("the place leads to `{selected}`"));
    }
    visit.page.type_text("actors")?;
    if visit.seen("policy-problem")? {
        return Err("a mended policy is still called broken".into());
    }
    holds(&visit.text("policy-state")?, &["in force"])?;
    // No policy was in force before: none is.
    visit.go("")?;
    write(visit, "keep = \u{1f600}")?;
    holds(&problem(visit)?, &["Line 1, column 8", "not TOML"])?;
    holds(&visit.text("policy-summary")?, &["Still no policy is in force"])
}

/// The page says of every broken policy what `tapsieve policy check` says.
fn messages(visit: &Visit) -> Result<(), String> {
    let path = Path::new(ROOT).join("tests/policies/broken.toml");
    let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let table: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let cases = table["case"].as_array_of_tables().ok_or("no cases")?;
    let cases: Vec<_> =
        cases.iter().filter_map(|case| Some((case["policy"].as_str()?, case["message"].as_str()?))).collect();
    visit.page.run(
        "import('./tapsieve_demo.js').then(({ Engine }) => { \
           const engine = new Engine(); \
           globalThis.said = (text) => { \
             try { return engine.use_policy(text); } \
             catch ({ line, column, message }) { return `${line}:${column}: ${message}`; } }; })",
    )?;
    for (policy, message) in &cases {
        let said = visit.page.text(&format!("said({})", json!(policy)))?;
        if said != *message {
            return Err(format!("{policy}\nsaid     {said}\nexpected {message}"));
        }
    }
    if cases.len() < 20 { Err(format!("only {} cases", cases.len())) } else { Ok(()) }
}

fn samples(visit: &Visit) -> Result<Vec<Value>, String> {
    let samples = visit.page.run("fetch('samples.json').then((answer) => answer.json())")?;
    samples.as_array().cloned().ok_or_else(|| "no samples".to_owned())
}

fn examples(visit: &Visit) -> Result<(), String> {
    visit.page.run("document.getElementById('policy-card').open = true")?;
    visit.click("policy-new")?;
    let text = visit.page.text("document.getElementById('policy').value")?;
    let new =
        fs::read_to_string(Path::new(ROOT).join("policy/src/new.toml")).map_err(|error| error.to_string())?;
    if text != new {
        return Err(format!("the policy to begin with is {text}"));
    }
    holds(&visit.text("policy-summary")?, &["In force: 4 entries approve; nothing is dropped."])?;
    let samples = samples(visit)?;
    for (example, title, said) in [
        (
            "1",
            "A security team's own session",
            "approved by \u{201c}inspection appliances\u{201d} (CHG-1042)",
        ),
        ("2", "Posture management looks", "Dropped It is approved by \u{201c}posture management\u{201d}."),
        ("3", "A load test within its window", "approved by \u{201c}load test\u{201d} (CHG-2001)"),
    ] {
        visit.page.run(&format!(
            "(() => {{ const picker = document.getElementById('policy-example'); picker.value = '{example}'; \
             picker.dispatchEvent(new Event('change')); }})()"
        ))?;
        let at = samples.iter().position(|sample| sample["title"] == title);
        visit.choose("sample", &at.ok_or(format!("no sample `{title}`"))?.to_string())?;
        outcome(visit, &[said]).map_err(|problem| format!("example {example}: {problem}"))?;
    }
    // What was written before is not lost.
    visit.page.run("document.getElementById('policy').focus(), document.execCommand('undo')")?;
    holds(&visit.page.text("document.getElementById('policy').value")?, &["posture management"])
}

fn lines() -> String {
    let quiet = [r#"{"eventName":"RunInstances"}"#; 100].join("\n");
    let [a, b, c] = [
        event("CreateTrafficMirrorSession", "dana"),
        event("DescribeTrafficMirrorSessions", "eve"),
        event("DeleteTrafficMirrorSession", "eve"),
    ];
    format!("{quiet}\n{a}\n{quiet}\n{b}\n{c}\n{quiet}\n")
}

/// What the detector makes of a file's lines: events and bytes that are kept, approved and dropped.
fn totals(text: &str, policy: &str) -> Result<[(usize, usize); 3], String> {
    let mut detector = Detector::new();
    detector.configure(policy.as_bytes())?;
    let mut totals = [(0, 0); 3];
    let mut add = |at: usize, bytes: usize| {
        totals[at].0 += 1;
        totals[at].1 += bytes;
    };
    for line in text.lines() {
        match detector.process(line.as_bytes()) {
            Outcome::Dropped => add(2, line.len() + 1),
            Outcome::Unchanged => add(0, line.len() + 1),
            Outcome::Enriched(enriched) => add(0, enriched.len() + 1),
        }
        if detector.verdict().is_some_and(|verdict| String::from_utf8_lossy(verdict).contains("\"approved\""))
        {
            add(1, line.len() + 1);
        }
    }
    Ok(totals)
}

/// A number of bytes the way the page writes it, below a megabyte.
fn size(bytes: usize) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..10_000 => format!("{:.2} KB", bytes as f64 / 1000.0),
        _ => format!("{:.1} KB", bytes as f64 / 1000.0),
    }
}

fn file(visit: &Visit) -> Result<(), String> {
    let text = lines();
    let path = scratch("files")?.join("under-a-policy.ndjson");
    fs::write(&path, &text).map_err(|error| error.to_string())?;
    visit.click("tab-file")?;
    visit.page.drop_file("drop", &path)?;
    visit.file_read()?;
    holds(&visit.text("tiles")?, &["saved by keeping only those"])?;
    if visit.text("tiles")?.contains("dropped") || visit.seen("by-fate")? {
        return Err("without a policy its totals are shown".into());
    }
    visit.fill("find", "trafficmirror")?;
    let json = r#"{"keep":"mirror","drop":["read"],"approved":[{"name":"tests","actors":["*user/dana"]}]}"#;
    write(
        visit,
        "keep = \"mirror\"\ndrop = [\"read\"]\n[[approved]]\nname = \"tests\"\nactors = [\"*user/dana\"]\n",
    )?;
    visit.file_read()?;
    let [kept, approved, dropped] = totals(&text, json)?;
    let tiles = visit.text("tiles")?;
    let share = format!("{:.1} % of the file", 100.0 * dropped.1 as f64 / text.len() as f64);
    let expected = [
        format!("{}\nkept by the policy: {} go on", kept.0, size(kept.1)),
        format!("{}\napproved: {}", approved.0, size(approved.1)),
        format!("{}\ndropped: {}, {share}", dropped.0, size(dropped.1)),
    ];
    holds(&tiles, &expected.each_ref().map(String::as_str))?;
    if (kept.0, approved.0, dropped.0) != (2, 1, 301) {
        return Err(format!("the detector counts {kept:?} {approved:?} {dropped:?}"));
    }
    holds(&visit.text("totals")?, &["BY APPROVAL", "tests", "(no entry fits)"])?;
    // What was filtered by stays, and what the policy does can be filtered by too.
    if visit.page.text("document.getElementById('find').value")? != "trafficmirror" {
        return Err("the filter was forgotten".into());
    }
    visit.choose("by-fate", "dropped")?;
    holds(&visit.text("rows")?, &["DescribeTrafficMirrorSessions", "dropped"])?;
    holds(&visit.text("table-note")?, &["1 of 3 events"])?;
    visit.page.run("document.querySelector('#rows button').click()")?;
    visit.page.wait("document.getElementById('detail').open")?;
    holds(&visit.text("detail-outcome")?, &["Dropped", "It only reads."])?;
    visit.click("detail-close")?;
    // A broken policy changes nothing; another one, written at the other tab, counts when the file is looked at.
    write(visit, "keep = \"mirr\"")?;
    problem(visit)?;
    if visit.text("tiles")? != tiles {
        return Err("a broken policy changed the totals".into());
    }
    visit.click("tab-event")?;
    write(visit, "drop = [\"read\", \"approved\"]\n")?;
    visit.click("tab-file")?;
    visit.file_read()?;
    holds(&visit.text("tiles")?, &["302\nkept by the policy", "0\napproved", "1\ndropped"])?;
    write(visit, "")?;
    visit.file_read()?;
    if visit.text("tiles")?.contains("dropped") || visit.seen("by-fate")? {
        return Err("without the policy its totals stay".into());
    }
    holds(&visit.text("table-note")?, &["3 events"])
}

fn dropped(visit: &Visit) -> Result<(), String> {
    let path = scratch("files")?.join("policy.toml");
    fs::write(&path, APPROVES).map_err(|error| error.to_string())?;
    visit.click("tab-file")?;
    visit.page.drop_file("drop", &path)?;
    visit.page.wait("document.getElementById('policy-state').textContent === 'in force'")?;
    if visit.page.text("document.getElementById('policy').value")? != APPROVES
        || visit.seen("progress-card")?
    {
        return Err("the file was not taken as the policy".into());
    }
    Ok(())
}

fn link(visit: &Visit) -> Result<(), String> {
    visit.fill("event", &event("CreateTrafficMirrorSession", "dana"))?;
    write(visit, APPROVES)?;
    let copied = || -> Result<String, String> {
        visit.click("copy-link")?;
        visit.page.wait("document.getElementById('link-note').innerText !== ''")?;
        visit.page.text("location.hash")
    };
    let without = copied()?;
    visit.click("link-policy")?;
    visit.page.run("document.getElementById('link-note').innerText = ''")?;
    let with = copied()?;
    holds(&visit.text("link-note")?, &["the event and the policy itself"])?;
    visit.go(&without)?;
    visit.page.wait("document.getElementById('event').value !== ''")?;
    outcome(visit, &["Passed on, enriched"])?;
    visit.go(&with)?;
    visit.page.wait("document.getElementById('event').value !== ''")?;
    outcome(visit, &["Approved", "CHG-7"])?;
    if visit.page.requests().iter().any(|address| address.contains("p=")) {
        return Err("the policy was part of a request's address".into());
    }
    if !visit.seen("policy")? {
        return Err("a policy that came with a link is hidden".into());
    }
    Ok(())
}

fn keyboard(visit: &Visit) -> Result<(), String> {
    visit.page.run("document.querySelector('#policy-card summary').focus()")?;
    visit.page.press("Enter")?;
    if !visit.seen("policy")? {
        return Err("the panel does not open by key".into());
    }
    for stop in ["policy-new", "policy-example", "policy"] {
        visit.page.press("Tab")?;
        let focus = visit.page.text("document.activeElement.id")?;
        if focus != stop {
            return Err(format!("after a tab the focus is at {focus}, not at {stop}"));
        }
    }
    // The tab key leaves the field: nobody is trapped in it.
    visit.page.press("Tab")?;
    let focus = visit.page.text("document.activeElement.id")?;
    if focus == "policy" { Err("the field holds the focus".into()) } else { Ok(()) }
}
