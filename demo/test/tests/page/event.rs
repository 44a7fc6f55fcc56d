//! One event: samples, typing, damaged records, near misses, links, the keyboard.

use serde_json::{Value, json};
use tapsieve_demo_test::demo;
use tapsieve_detector::{Detector, Outcome};
use toml_edit::DocumentMut;

use crate::Act;
use crate::visit::{Visit, holds};

pub(crate) const ACTS: &[(&str, Act)] = &[
    ("event/every-sample-has-its-verdict", every_sample),
    ("event/the-inserted-members-are-marked", inserted_members),
    ("event/verdict-follows-typing", typing),
    ("event/malformed", malformed),
    ("event/near-misses-are-explained", near_misses),
    ("event/link-carries-the-event", link),
    ("event/a-damaged-link-is-said", damaged_link),
    ("event/markup-in-an-event-stays-text", markup),
    ("event/keyboard", keyboard),
];

const SESSION: &str = r#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession","sourceIPAddress":"203.0.113.9","userIdentity":{"arn":"arn:aws:iam::111122223333:user/dana"}}"#;

/// The page says of each sample what the native detector says.
fn every_sample(visit: &Visit) -> Result<(), String> {
    let samples = std::fs::read(demo().join("samples.json")).map_err(|error| error.to_string())?;
    let samples: Vec<Value> = serde_json::from_slice(&samples).map_err(|error| error.to_string())?;
    let list = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../samples.toml"));
    let list: DocumentMut =
        list.map_err(|error| error.to_string())?.parse().map_err(|error| format!("{error}"))?;
    let list = list["sample"].as_array_of_tables().ok_or("no [[sample]]")?;
    if list.len() != samples.len() {
        return Err(format!("the page offers {} samples of {}", samples.len(), list.len()));
    }
    let mut detector = Detector::new();
    let (mut providers, mut quiet, mut lines) = (Vec::new(), 0, 0);
    for (at, (sample, listed)) in samples.iter().zip(list).enumerate() {
        let record = sample["record"].as_str().ok_or("a sample without a record")?;
        let wrapped = if record.starts_with('{') {
            record.to_owned()
        } else {
            json!({ "message": record }).to_string()
        };
        lines += usize::from(!record.starts_with('{'));
        let enriched = match detector.process(wrapped.as_bytes()) {
            Outcome::Enriched(enriched) => Some(enriched.to_vec()),
            _ => None,
        };
        visit.choose("sample", &at.to_string())?;
        let shown = visit.text("verdict")?;
        let problem = |problem: String| format!("sample {}: {problem}", sample["title"]);
        let says = listed["says"].as_str().unwrap_or_default();
        let said = visit.text("sentence")?;
        if said != says {
            return Err(problem(format!("the page says `{said}`\nnot `{says}`")));
        }
        match detector.verdict() {
            None => {
                quiet += 1;
                holds(&shown, &["This is not about traffic mirroring.", "unchanged"]).map_err(problem)?;
                holds(&visit.text("why")?.to_lowercase(), &["why not"])?;
            }
            Some(verdict) => {
                let verdict: Value = serde_json::from_slice(verdict).map_err(|error| error.to_string())?;
                for name in ["severity", "outcome", "action", "actor", "source_ip"] {
                    let Some(word) = verdict[name].as_str() else { continue };
                    let word = if name == "action" { word.replace('_', " ") } else { word.to_owned() };
                    holds(&shown, &[&word]).map_err(problem)?;
                }
                providers.push(verdict["provider"].as_str().unwrap_or_default().to_owned());
                let why = visit.text("why")?;
                let operation = verdict["operation"].as_str().unwrap_or_default();
                holds(&why, &[operation, "Source (", verdict["technique"].as_str().unwrap_or_default()])
                    .map_err(problem)?;
                let Some(enriched) = enriched else { return Err(problem("not enriched".into())) };
                let tokens = |text: &str| {
                    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}').collect::<String>()
                };
                let expected = tokens(&String::from_utf8_lossy(&enriched));
                let got = tokens(&visit.page.text("document.getElementById('record').textContent")?);
                if got != expected {
                    return Err(problem(format!("the page shows {got}\nnot {expected}")));
                }
            }
        }
    }
    providers.sort();
    providers.dedup();
    if providers != ["alibaba", "aws", "azure", "gcp", "host", "huawei", "kubernetes", "network", "oci"]
        || quiet < 2
        || lines < 2
    {
        return Err(format!("samples of {providers:?}, {quiet} without a verdict, {lines} plain lines"));
    }
    Ok(())
}

fn inserted_members(visit: &Visit) -> Result<(), String> {
    visit.fill("event", SESSION)?;
    let marked = visit.page.text(
        "[...document.querySelectorAll('#record .inserted')].map((row) => row.textContent).join('\\n')",
    )?;
    holds(&marked, &["\"ResolvedEventName\"", "\"mirrorAction\"", "\"mirror\"", "\"T1020.001\""])?;
    if marked.contains("\"eventSource\"") {
        return Err(format!("original members are marked: {marked}"));
    }
    holds(&visit.text("result-note")?, &["bytes inserted before the last brace"])
}

fn typing(visit: &Visit) -> Result<(), String> {
    visit.fill("event", &SESSION[..40])?;
    holds(&visit.text("sentence")?, &["cannot be read"])?;
    visit.page.type_text(&SESSION[40..])?;
    holds(&visit.text("sentence")?, &["dana created a mirror session from 203.0.113.9."])?;
    visit.click("clear")?;
    holds(&visit.text("sentence")?, &["Paste an event"])?;
    if visit.seen("result")? || visit.seen("why")? {
        return Err("the old verdict is still there".into());
    }
    Ok(())
}

fn malformed(visit: &Visit) -> Result<(), String> {
    visit.fill("event", r#"{"eventName":"RunInstances""#)?;
    holds(&visit.text("input-note")?, &["Not valid JSON"])?;
    holds(&visit.text("verdict")?, &["cannot be read", "unchanged"])?;
    holds(&visit.text("why")?, &["passes unchanged; it is never lost"])?;
    if visit.seen("result")? {
        return Err("a record is shown".into());
    }
    for text in ["[1,2]", "{}", "null", "\"x\"", "{\"a\":{\"b\":null}}", "{{{{", "\u{fffd}\u{0}x"] {
        visit.fill("event", text)?;
        holds(&visit.text("verdict")?, &["unchanged"]).map_err(|problem| format!("{text}: {problem}"))?;
    }
    Ok(())
}

fn near_misses(visit: &Visit) -> Result<(), String> {
    for (record, parts) in [
        (
            r#"{"eventSource":"ecs.aliyuncs.com","eventName":"CreateTrafficMirrorSession"}"#,
            ["CreateTrafficMirrorSession", "AWS", "ecs.aliyuncs.com"],
        ),
        (
            r#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorTargets"}"#,
            ["CreateTrafficMirrorTargets", "not in the catalog", "The nearest is"],
        ),
        (r#"{"eventName":"RunInstances"}"#, ["RunInstances", "None of the texts", "not in the catalog"]),
        (
            r#"{"eventName":"RunInstances","mirror":{"schema":1}}"#,
            ["RunInstances", "None of the texts", "not in the catalog"],
        ),
    ] {
        visit.fill("event", record)?;
        holds(&visit.text("verdict")?, &["This is not about traffic mirroring."])?;
        holds(&visit.text("why")?, &parts).map_err(|problem| format!("{record}: {problem}"))?;
    }
    // What a sender claims silences nothing.
    visit.fill("event", r#"{"eventName":"CreateTrafficMirrorTarget","mirror":{"schema":1}}"#)?;
    holds(&visit.text("sentence")?, &["created a mirror target"])
}

fn link(visit: &Visit) -> Result<(), String> {
    let event = SESSION.replace("dana", "d\u{e4}na \u{1f600}");
    visit.fill("event", &event)?;
    visit.click("copy-link")?;
    visit.page.wait("document.getElementById('link-note').innerText !== ''")?;
    let fragment = visit.page.text("location.hash")?;
    holds(&fragment, &["#e="])?;
    visit.go("")?;
    holds(&visit.text("sentence")?, &["Paste an event"])?;
    visit.go(&fragment)?;
    visit.page.wait("document.getElementById('event').value !== ''")?;
    let shown = visit.page.text("document.getElementById('event').value")?;
    if shown != event {
        return Err(format!("the link brought {shown}"));
    }
    holds(&visit.text("sentence")?, &["created a mirror session"])?;
    if visit.page.requests().iter().any(|address| address.contains("#e=") || address.contains("e=")) {
        return Err("the event was part of a request's address".into());
    }
    Ok(())
}

fn damaged_link(visit: &Visit) -> Result<(), String> {
    visit.go("#e=AAAA")?;
    holds(&visit.text("broken")?, &["damaged"])?;
    visit.fill("event", SESSION)?;
    holds(&visit.text("sentence")?, &["created a mirror session"])
}

/// What an attacker writes into a log is shown and never becomes part of the page.
fn markup(visit: &Visit) -> Result<(), String> {
    let actor = "<img src=x onerror=alert(1)><script>alert(2)</script>";
    visit.fill("event", &SESSION.replace("arn:aws:iam::111122223333:user/dana", actor))?;
    holds(&visit.text("sentence")?, &[actor])?;
    let planted = visit.page.run("document.querySelectorAll('main img, main script').length")?;
    if planted == 0 { Ok(()) } else { Err(format!("{planted} elements were planted")) }
}

fn keyboard(visit: &Visit) -> Result<(), String> {
    let focus = "document.activeElement.id";
    visit.page.press("Tab")?;
    if visit.page.text(focus)? != "tab-event" {
        return Err(format!("the first stop is {}", visit.page.text(focus)?));
    }
    visit.page.press("ArrowRight")?;
    if visit.page.text(focus)? != "tab-file" || !visit.seen("drop")? {
        return Err("the arrow does not reach the second tab".into());
    }
    visit.page.press("ArrowLeft")?;
    for _ in 0..3 {
        visit.page.press("Tab")?;
    }
    if visit.page.text(focus)? != "event" {
        return Err(format!("the field for the event is not reached, but {}", visit.page.text(focus)?));
    }
    visit.page.type_text(SESSION)?;
    holds(&visit.text("sentence")?, &["created a mirror session"])
}
