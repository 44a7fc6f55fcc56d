//! What `tapsieve run` makes of records.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use common::{Ended, Folder, INSERTED};

/// `{"n":…,"a":"TAP!<wish>"}` and what the stand-in makes of it.
fn record(number: u64, wish: &str) -> (String, String) {
    let record = format!("{{\"n\":{number},\"a\":\"TAP!{wish}\"}}");
    let enriched = format!("{},{INSERTED}}}", &record[..record.len() - 1]);
    (record, enriched)
}

/// Many lines of which every thousandth is enriched and every 1501st dropped; and what comes out.
fn many() -> (String, String) {
    let (mut input, mut output) = (String::new(), String::new());
    for number in 0..200_000 {
        let wish = if number % 1000 == 7 { "e" } else { "d" };
        let line = match number % 1000 == 7 || number % 1501 == 8 {
            true => record(number, wish),
            false => {
                let line = format!("{{\"n\":{number},\"pad\":\"{}\"}}", "x".repeat((number % 97) as usize));
                (line.clone(), line)
            }
        };
        input += &(line.0 + "\n");
        if number % 1000 == 7 || number % 1501 != 8 {
            output += &(line.1 + "\n");
        }
    }
    (input, output)
}

#[test]
fn everything_but_mirror_records_comes_out_as_it_went_in() {
    let folder = Folder::new();
    let (mirror, enriched) = record(1, "e");
    for (input, output) in [
        ("".to_string(), "".to_string()),
        ("{}".into(), "{}".into()),
        ("{\"a\":1}\r\n\r\n \n{\"b\":2}\n".into(), "{\"a\":1}\r\n\r\n \n{\"b\":2}\n".into()),
        (mirror.clone(), enriched.clone()),
        (format!("{mirror}\n"), format!("{enriched}\n")),
        (format!("{mirror}\r\n{{}}"), format!("{enriched}\r\n{{}}")),
        (format!("a TAP!e b\n[TAP!e]\n{mirror}"), format!("a TAP!e b\n[TAP!e]\n{enriched}")),
        (format!("{}\n{{}}\n", record(1, "d").0), "{}\n".into()),
        (format!("{{}}\n{}", record(1, "d").0), "{}\n".into()),
        (format!("{}\n", record(1, "u").0), format!("{}\n", record(1, "u").0)),
    ] {
        assert_eq!(folder.run(&[], input.as_bytes()), Ended::well(output), "{input:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_kept() {
    let folder = Folder::new();
    let input = b"{\"a\":\"\xff\xfe\0\"}\n\x80\n\0\n";
    folder.write("in", input);
    assert_eq!(folder.tapsieve(&["run", "--module", "m.wasm", "in", "--output", "out"]), Ended::well(""));
    assert_eq!(folder.read("out"), input);
}

#[test]
fn order_is_kept_with_any_number_of_threads() {
    let folder = Folder::new();
    let (input, output) = many();
    assert!(input.len() > 10 << 20, "several blocks for each thread");
    folder.write("in", input.as_bytes());
    for threads in ["1", "2", "3", "16"] {
        let args = ["run", "--module", "m.wasm", "--threads", threads, "in", "--output", "out"];
        assert_eq!(folder.tapsieve(&args), Ended::well(""));
        assert!(folder.read("out") == output.as_bytes(), "{threads} threads");
    }
    assert!(folder.run(&[], input.as_bytes()) == Ended::well(output), "from a pipe");
}

#[test]
fn only_mirror_writes_enriched_records_and_nothing_else() {
    let folder = Folder::new();
    let mut input = "{}\nno json\n\n".to_string();
    let mut output = String::new();
    for wish in ["e", "u", "d", "e"] {
        let (record, enriched) = record(1, wish);
        input += &(record + "\n");
        if wish == "e" {
            output += &(enriched + "\n");
        }
    }
    assert_eq!(folder.run(&["--only-mirror"], input.as_bytes()), Ended::well(output));
}

#[test]
fn a_policy_that_keeps_only_mirror_records_drops_what_scans_rule_out() {
    let folder = Folder::new();
    let keep = "(global $keep (mut i32) (i32.const 0))";
    folder.write("m.wasm", &common::changed(&[(keep, "(global $keep (mut i32) (i32.const 1))")]));
    let (record, enriched) = record(1, "e");
    let input = format!("{{\"a\":1}}\nno json\n\n{{}}\r\n{record}\n{{\"b\":2}}\nlast");
    let ended = folder.run(&["--summary"], input.as_bytes());
    assert_eq!(ended.stdout, format!("no json\n\n{enriched}\nlast"));
    assert!(ended.stderr.contains("  dropped            3\n"), "{}", ended.stderr);
}

#[test]
fn lines_of_devices_are_read_where_asked_for() {
    let folder = Folder::new();
    let input = "<189>r1: TAP!e \"x\"\n<189>r1: quiet\n{\"a\":\"TAP!e\"}\n";
    let wrapped = format!("{{\"message\":\"<189>r1: TAP!e \\\"x\\\"\",{INSERTED}}}\n");
    let record = format!("{{\"a\":\"TAP!e\",{INSERTED}}}\n");
    let ended = folder.run(&["--lines"], input.as_bytes());
    assert!(ended == Ended::well(format!("{wrapped}<189>r1: quiet\n{record}")), "{}", ended.stdout);
    assert!(folder.run(&["--lines", "--only-mirror"], input.as_bytes()) == Ended::well(wrapped + &record));
    let unread = format!("<189>r1: TAP!e \"x\"\n<189>r1: quiet\n{record}");
    assert!(folder.run(&[], input.as_bytes()) == Ended::well(unread));
}

#[test]
fn the_summary_counts_everything() {
    let folder = Folder::new();
    let lines = [record(1, "e").0, record(2, "d").0, record(3, "u").0, "{}".into(), "x".into(), "".into()];
    let ended = folder.run(&["--summary"], (lines.join("\n") + "\n{}").as_bytes());
    assert_eq!(
        ended.stderr,
        "\
provider  action  outcome  severity  records
aws       create  success  high            2

records              5
  unchanged          3
  enriched           1
  dropped            1
not JSON             1
blank lines          1
bytes in            68
bytes out           70
"
    );
    assert_eq!(ended.code, Some(0));
}

#[test]
fn gzip_and_zstd_are_told_by_their_first_bytes() {
    let folder = Folder::new();
    let (input, output) = many();
    folder.write("gz.ndjson", &[gzip(&input[..input.len() / 2]), gzip(&input[input.len() / 2..])].concat());
    folder.write("zst.ndjson", &zstd::encode_all(input.as_bytes(), 1).unwrap());
    for name in ["gz.ndjson", "zst.ndjson"] {
        assert!(folder.tapsieve(&["run", "--module", "m.wasm", name]) == Ended::well(&output), "{name}");
    }
    let ended = folder.run(&[], b"\x1f");
    assert_eq!(ended.code, Some(0), "one byte of the magic number is no gzip");
}

#[test]
fn files_follow_each_other_and_a_line_never_spans_two() {
    let folder = Folder::new();
    folder.write("a", b"{\"a\":1}");
    folder.write("b", b"");
    folder.write("c", b"{\"c\":1}\n");
    folder.write("d", b"{\"d\":1}");
    let args = ["run", "--module", "m.wasm", "a", "b", "c", "d"];
    assert_eq!(folder.tapsieve(&args), Ended::well("{\"a\":1}\n{\"c\":1}\n{\"d\":1}"));
    assert_eq!(folder.run(&["a", "-", "d"], b"{\"in\":1}"), Ended::well("{\"a\":1}\n{\"in\":1}\n{\"d\":1}"));
}

#[test]
fn records_are_split() {
    let folder = Folder::new();
    let (record, enriched) = record(1, "e");
    let input = format!("{{\"Records\":[{{\"a\":1}},{record}]}}\n{{\"b\":2}}\n");
    assert_eq!(
        folder.run(&["--split-records"], input.as_bytes()),
        Ended::well(format!("{{\"a\":1}}\n{enriched}\n{{\"b\":2}}\n"))
    );
    // Without the option the module gets the whole object.
    let whole = format!("{{\"Records\":[{{\"a\":1}},{record}],{INSERTED}}}\n{{\"b\":2}}\n");
    assert_eq!(folder.run(&[], input.as_bytes()), Ended::well(whole));
    let pretty =
        "{\n  \"Records\": [\n    {\n      \"a\": 1\n    },\n    {\n      \"b\": \"TAP!e\"\n    }\n  ]\n}\n";
    let lines = format!("{{\"a\": 1}}\n{{\"b\": \"TAP!e\",{INSERTED}}}\n");
    assert_eq!(folder.run(&["--split-records"], pretty.as_bytes()), Ended::well(lines));
}

#[test]
fn records_are_found_however_they_are_spread() {
    let folder = Folder::new();
    let (mirror, enriched) = record(1, "e");
    let dropped = record(1, "d").0;
    for (input, output, records) in [
        (format!("\u{feff}{mirror}\n{{}}\n"), format!("\u{feff}{enriched}\n{{}}\n"), 2),
        (format!("{{}}\n\u{feff}{mirror}\n"), format!("{{}}\n\u{feff}{enriched}\n"), 2),
        (format!("{{}}{mirror}\n"), format!("{{}}{enriched}\n"), 2),
        (format!("{{}}\n{{}} {mirror}\n"), format!("{{}}\n{{}} {enriched}\n"), 3),
        (format!("{{}}\n{mirror}{dropped}{{}}\n"), format!("{{}}\n{enriched}{{}}\n"), 4),
        (format!("{{}}\n{dropped} {dropped}\n{{}}\n"), "{}\n{}\n".into(), 4),
        (format!("{{}}{mirror}{{}}{mirror}"), format!("{{}}{enriched}{{}}{enriched}"), 4),
        (format!("[{{}},\n {mirror},{dropped}, {{}}]\n"), format!("[{{}},\n {enriched}, {{}}]\n"), 4),
        (format!("[{dropped}, {mirror}]"), format!("[{enriched}]"), 2),
        ("{\n \"a\": \"TAP!e\"\n}\n".into(), format!("{{\n \"a\": \"TAP!e\"\n,{INSERTED}}}\n"), 1),
        ("{\"a\":\"}{TAP!e\"}\n".into(), format!("{{\"a\":\"}}{{TAP!e\",{INSERTED}}}\n"), 1),
    ] {
        let ended = folder.run(&["--summary"], input.as_bytes());
        assert_eq!(ended.stdout, output, "{input}");
        let counted = ended.stderr.lines().find_map(|line| line.strip_prefix("records  "));
        assert_eq!(counted.map(str::trim), Some(records.to_string().as_str()), "{input}: {}", ended.stderr);
        assert_eq!(ended.code, Some(0));
    }
}

#[test]
fn a_wrapper_longer_than_any_line_is_split() {
    let folder = Folder::new();
    let elements: Vec<String> =
        (0..400_000).map(|n| format!("{{\"n\":{n},\"pad\":\"{}\"}}", "x".repeat(50))).collect();
    let input = format!("{{\"Records\":[{}]}}", elements.join(","));
    assert!(input.len() > 16 << 20);
    folder.write("in.gz", &gzip(&input));
    let ended = folder.tapsieve(&["run", "--module", "m.wasm", "--split-records", "in.gz"]);
    assert!(ended == Ended::well(elements.join("\n") + "\n"));
}

#[test]
fn a_line_over_the_limit_passes_unread_and_is_reported() {
    let folder = Folder::new();
    let (record, enriched) = record(1, "e");
    let long = format!("{{\"a\":\"TAP!e{}\"}}", "x".repeat(40 << 20));
    let input = format!("{record}\n{long}\n{record}\n");
    let ended = folder.run(&[], input.as_bytes());
    let message = "1 line is longer than 16777216 bytes and passed unread";
    assert!(
        ended == Ended::with(1, format!("{enriched}\n{long}\n{enriched}\n"), message),
        "{}",
        ended.stderr
    );
    let fits = format!("{{\"a\":\"TAP!e{}\"}}", "x".repeat((16 << 20) - 20));
    let ended = folder.run(&[], format!("{fits}\n").as_bytes());
    assert!(ended == Ended::well(format!("{},{INSERTED}}}\n", &fits[..fits.len() - 1])));
}

/// A line is written when it has come, not when a block is full.
#[test]
fn a_pipe_that_stays_open_holds_nothing_back() {
    let folder = Folder::new();
    let mut child = folder.command(&["run", "--module", "m.wasm"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for number in 0..3 {
        let (record, enriched) = record(number, "e");
        writeln!(stdin, "{record}\n{{}}").unwrap();
        for expected in [enriched.as_str(), "{}"] {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            assert_eq!(line.trim_end(), expected);
        }
    }
    drop(stdin);
    assert_eq!(stdout.read(&mut [0]).unwrap(), 0);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Reads far more than it may keep: the peak of its memory stays below the size of the input.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_input() {
    let folder = Folder::new();
    let mut child = folder
        .command(&["run", "--module", "m.wasm", "--threads", "2"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
    let lines = "{\"a\":\"some record of some length\"}\n".repeat(1 << 15);
    let megabytes = 200;
    for _ in 0..megabytes {
        stdin.write_all(lines.as_bytes()).unwrap();
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    drop(stdin);
    assert_eq!(reader.join().unwrap(), megabytes * lines.len() as u64);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(peak < 100 << 10, "{peak} kB after {megabytes} MB");
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
