//! What `tapsieve stories` shows, and when. The stand-in passes enriched records on as any module does.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use common::Folder;

/// An enriched event in the account `account`; `minute` of one hour.
fn event(minute: u32, action: &str, kind: &str, resources: &str, account: &str) -> String {
    format!(
        r#"{{"n":{minute},"mirror":{{"schema":1,"provider":"aws","operation":"{action}","kind":"{kind}","action":"{action}","outcome":"success","severity":"high","actor":"dana","account":"{account}","time":"2026-03-04T09:{minute:02}:00Z","resources":{{{resources}}}}}}}"#
    )
}

/// A target, its session and the session's end, with noise between them.
fn attack(account: &str) -> Vec<String> {
    vec![
        event(1, "create", "target", &format!("\"target\":\"tmt-{account}\""), account),
        r#"{"eventName":"DescribeInstances","about":"\"mirror\""}"#.into(),
        event(
            2,
            "create",
            "session",
            &format!("\"session\":\"tms-{account}\",\"target\":\"tmt-{account}\""),
            account,
        ),
        "not JSON, \"mirror\"".into(),
        event(9, "delete", "session", &format!("\"session\":\"tms-{account}\""), account),
    ]
}

fn told(folder: &Folder, args: &[&str]) -> (String, String) {
    let args = [&["stories", "--module", "m.wasm"], args].concat();
    let output = folder.command(&args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn json(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_story_is_a_tree_of_text_without_escape_codes_where_no_terminal_is() {
    let folder = Folder::new();
    folder.write("in", attack("1").join("\n").as_bytes());
    let (text, said) = told(&folder, &["in"]);
    assert!(text.starts_with("high  aws: session tms-1 copies"), "{text}");
    for part in [
        "├ why      packets were copied; created and removed within an hour: after 7 min",
        "│ └ 2026-03-04 09:09:00  delete session tms-1",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains('\u{1b}'));
    assert_eq!(said, "tapsieve: 3 mirror events in 1 story, 1 alert\n");
}

#[test]
fn every_form_of_input_tells_the_same() {
    let folder = Folder::new();
    let lines = attack("1").into_iter().filter(|line| line.starts_with('{')).collect::<Vec<_>>();
    let records = format!("{{\"Records\":[{}]}}", lines.join(","));
    let values = lines.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let spread =
        values.map(|value| serde_json::to_string_pretty(&value).unwrap()).collect::<Vec<_>>().join("\n");
    let zstd = zstd::encode_all(lines.join("\n").as_bytes(), 0).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines.join("\n").as_bytes()).unwrap();
    let inputs = [
        lines.join("\n").into_bytes(),
        records.into_bytes(),
        spread.into_bytes(),
        zstd,
        gzip.finish().unwrap(),
    ];
    for (at, input) in inputs.iter().enumerate() {
        folder.write("in", input);
        let stories = json(&told(&folder, &["--json", "--split-records", "in"]).0);
        assert_eq!(stories.len(), 1, "input {at}");
        assert_eq!(stories[0]["events_total"], 3, "input {at}");
    }
}

#[test]
fn the_least_severity_and_the_window_are_options() {
    let folder = Folder::new();
    let target = event(30, "create", "target", "\"target\":\"tmt-9\"", "1");
    folder.write("in", [attack("1"), vec![target]].concat().join("\n").as_bytes());
    assert_eq!(json(&told(&folder, &["--json", "in"]).0).len(), 1, "one actor within an hour");
    let apart = json(&told(&folder, &["--json", "--window", "10m", "in"]).0);
    assert_eq!(
        apart.iter().map(|story| story["severity"].as_str().unwrap()).collect::<Vec<_>>(),
        ["high", "low"]
    );
    assert_eq!(json(&told(&folder, &["--json", "--window", "600", "--severity", "medium", "in"]).0).len(), 1);
    for wrong in [["--window", "1 week"], ["--severity", "grave"], ["--stories-max", "0"]] {
        let output = folder.command(&[&["stories", "in"][..], &wrong].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn what_is_delivered_again_or_only_read_is_counted_apart() {
    let folder = Folder::new();
    let read = event(3, "read", "target", "\"target\":\"tmt-9\"", "9");
    folder.write("in", [attack("1"), attack("1"), attack("2"), vec![read]].concat().join("\n").as_bytes());
    let (text, said) = told(&folder, &["--json", "in"]);
    assert_eq!(json(&text).iter().map(|story| &story["events_total"]).collect::<Vec<_>>(), [3, 3]);
    assert_eq!(
        said,
        "tapsieve: 7 mirror events in 2 stories, 2 alerts; 1 reads and labels in none; 3 delivered again\n"
    );
}

#[test]
fn what_is_closed_early_is_shown_and_counted() {
    let folder = Folder::new();
    let lines: Vec<String> = (0..50).flat_map(|account| attack(&account.to_string())).collect();
    folder.write("in", lines.join("\n").as_bytes());
    let (text, said) = told(&folder, &["--json", "--stories-max", "10", "in"]);
    let total: u64 = json(&text).iter().map(|story| story["events_total"].as_u64().unwrap()).sum();
    assert_eq!(total, 150);
    assert!(said.contains("stories closed early to keep within --stories-max"), "{said}");
}

#[test]
fn a_stream_is_told_as_it_comes() {
    let folder = Folder::new();
    let args = ["stories", "--module", "m.wasm", "--follow", "--json"];
    let mut child = folder.command(&args).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut next = |lines: &[String]| {
        stdin.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
        stdin.flush().unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        serde_json::from_str::<serde_json::Value>(&line).unwrap()
    };
    let lines = attack("1");
    // The input stays open: what is told does not wait for its end.
    let story = next(&lines[..3]);
    assert_eq!((&story["alert"], &story["runs"]), (&true.into(), &true.into()));
    let end = next(&lines[3..]);
    assert_eq!((&end["id"], &end["runs"]), (&story["id"], &false.into()));
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_input_that_is_not_there_is_named() {
    let folder = Folder::new();
    folder.write("in", attack("1").join("\n").as_bytes());
    let output = folder.command(&["stories", "--module", "m.wasm", "missing", "in"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("tapsieve: missing: "));
    assert!(!output.stdout.is_empty(), "the others are read all the same");
}
