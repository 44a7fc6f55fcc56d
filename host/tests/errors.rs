//! What goes wrong, in `tapsieve run` and around it: one clear line, a fitting exit code, and nothing lost unsaid.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod common;

use std::io::{Read, Write};
use std::process::Stdio;

use common::{Ended, Folder, changed};

fn run<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&["run", "--module", "m.wasm"], args].concat()
}

#[test]
fn a_missing_file_is_named_and_the_others_are_processed() {
    let folder = Folder::new();
    folder.write("a", b"{\"a\":1}\n");
    folder.write("b", b"{\"b\":1}\n");
    assert_eq!(
        folder.tapsieve(&run(&["a", "none.ndjson", "b"])),
        Ended::with(1, "{\"a\":1}\n{\"b\":1}\n", "none.ndjson: no such file or directory")
    );
    assert_eq!(folder.tapsieve(&run(&["."])), Ended::with(1, "", ".: is a directory"));
}

#[test]
fn broken_gzip_is_said_after_everything_before_it_is_written() {
    let folder = Folder::new();
    // Numbers that do not repeat: every part of the input needs its own part of the file.
    let numbers = (0..200_000u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let lines: String = numbers.map(|n| format!("{{\"n\":{n}}}\n")).collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(lines.as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2..whole.len() / 2 + 64].fill(0xff);
    folder.write("cut.gz", &whole[..whole.len() / 2]);
    folder.write("flipped.gz", &flipped);
    folder.write("checksum.gz", &[&whole[..whole.len() - 8], &[0; 8]].concat());
    folder.write("zst", &zstd_cut(&lines));
    folder.write("b", b"{\"b\":1}\n");
    for (name, format) in
        [("cut.gz", "gzip"), ("flipped.gz", "gzip"), ("checksum.gz", "gzip"), ("zst", "zstd")]
    {
        for split in [&[][..], &["--split-records"]] {
            let ended = folder.tapsieve(&[&run(&[name, "b"])[..], split].concat());
            let message = format!(
                "tapsieve: {name}: {format} data is broken or cut short, everything before that was processed\n"
            );
            assert_eq!(ended.stderr, message);
            assert_eq!(ended.code, Some(1));
            let before = ended.stdout.strip_suffix("{\"b\":1}\n").unwrap();
            let before = if name == "checksum.gz" { before } else { before.trim_end_matches('\n') };
            assert!(before.len() > lines.len() / 3, "{name}: {} of {}", before.len(), lines.len());
            // A flipped byte is not always seen at once.
            let same = if name == "flipped.gz" { lines.len() / 3 } else { before.len() };
            assert!(before[..same] == lines[..same], "{name}");
        }
    }
}

fn zstd_cut(lines: &str) -> Vec<u8> {
    let mut all = zstd::encode_all(lines.as_bytes(), 1).unwrap();
    all.truncate(all.len() / 2);
    all
}

#[test]
fn an_input_that_ends_inside_records_is_said() {
    let folder = Folder::new();
    folder.write("in", b"{\"Records\":[{\"a\":1},{\"b\"");
    let message = "in: ends inside \"Records\", everything before that was processed";
    assert_eq!(
        folder.tapsieve(&run(&["--split-records", "in"])),
        Ended::with(1, "{\"a\":1}\n{\"b\"", message)
    );
}

#[test]
fn output_over_an_input_is_refused_and_the_input_stays() {
    let folder = Folder::new();
    let content = b"{\"a\":1}\n";
    folder.write("a", content);
    std::fs::hard_link(folder.path("a"), folder.path("link")).unwrap();
    for output in ["a", "./a", "link"] {
        assert_eq!(
            folder.tapsieve(&run(&["m.wasm", "a", "--output", output])),
            Ended::with(2, "", "a is both input and output")
        );
    }
    let append = std::fs::File::options().append(true).open(folder.path("a")).unwrap();
    let status = folder.command(&run(&["a"])).stdout(append).status().unwrap();
    assert_eq!(status.code(), Some(2));
    let both = std::fs::File::options().read(true).append(true).open(folder.path("a")).unwrap();
    let mut child = folder.command(&run(&["--output", "a"])).stdin(both).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert_eq!(folder.read("a"), content);
}

#[test]
fn an_output_that_cannot_be_opened_is_named() {
    let folder = Folder::new();
    assert_eq!(
        folder.tapsieve(&run(&["--output", "none/out"])),
        Ended::with(1, "", "cannot write none/out: no such file or directory")
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let folder = Folder::new();
    folder.write("in", &b"{\"a\":1}\n".repeat(1 << 20));
    for threads in ["1", "4"] {
        assert_eq!(
            folder.tapsieve(&run(&["in", "--threads", threads, "--output", "/dev/full"])),
            Ended::with(1, "", "cannot write /dev/full: no space left on device")
        );
    }
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = folder.command(&run(&["in"])).stdout(full).output().unwrap();
    let message = "cannot write standard output: no space left on device";
    assert_eq!(Ended::from(output), Ended::with(1, "", message));
}

#[test]
fn a_closed_pipe_ends_it_in_silence() {
    let folder = Folder::new();
    folder.write("in", &b"{\"a\":1}\n".repeat(1 << 20));
    let mut child = folder.command(&run(&["in", "--summary"])).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 8]).unwrap();
    drop(stdout);
    assert_eq!(
        Ended::from(child.wait_with_output().unwrap()),
        Ended { code: Some(141), stdout: String::new(), stderr: String::new() }
    );
}

/// The other threads wait for input that does not come: nobody waits for them.
#[test]
fn a_closed_pipe_ends_it_while_the_input_stays_open() {
    let folder = Folder::new();
    let mut child = folder.command(&run(&["--threads", "4"])).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    drop(child.stdout.take());
    stdin.write_all(b"{\"a\":1}\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(141));
    drop(stdin);
}

#[test]
fn records_on_which_the_module_fails_pass_unchanged_and_are_counted() {
    let folder = Folder::new();
    let lines = |wish: &str| format!("{{\"n\":1}}\n{{\"a\":\"TAP!{wish}\"}}\n{{\"n\":2}}\n");
    for (wish, why) in [
        ("t", "`process` trapped: wasm `unreachable` instruction executed"),
        ("m", "`process` trapped: wasm `unreachable` instruction executed"),
        ("n", "`process` returned a record with a line break"),
        ("g", "`process` returned a record that is no JSON object"),
        ("o", "`process` returned a record without the original in it"),
        ("w", "`process` returned 1 bytes at the address of a record of 13 bytes"),
        ("l", "`process` did not return, the limit is 1 s"),
    ] {
        let input = lines(wish);
        let message = format!(
            "module failed 1 time, 1 record passed unchanged without an answer; first: standard input, line 2: {why}"
        );
        assert_eq!(folder.run(&["--call-seconds", "1"], input.as_bytes()), Ended::with(1, &input, message));
    }
    let input = lines("b");
    let ended = folder.run(&[], input.as_bytes());
    assert_eq!(ended.stdout, input);
    assert!(ended.stderr.contains("`process` returned a slice that ends at 4294967344, memory ends at "));
}

#[test]
fn a_scan_that_fails_is_made_up_for_line_by_line() {
    let folder = Folder::new();
    for (wish, why) in [
        ("S", "`scan` trapped: wasm `unreachable` instruction executed"),
        ("O", "`scan` returned offset 31 in a block of 30 bytes"),
        ("L", "`scan` did not return, the limit is 1 s"),
    ] {
        let input = format!("{{\"n\":1}}\n{{\"a\":\"TAP!{wish}\"}}\n{{\"n\":2}}\n");
        let output = input.replace("\"}", "\",\"mirror\":{\"schema\":1}}");
        let message = format!(
            "module failed 1 time, 0 records passed unchanged without an answer; first: standard input, line 1: {why}"
        );
        assert_eq!(folder.run(&["--call-seconds", "1"], input.as_bytes()), Ended::with(1, output, message));
    }
}

#[test]
fn a_verdict_that_fails_does_not_lose_its_record() {
    let folder = Folder::new();
    let ended = folder.run(&["--summary"], b"{}\n{\"a\":\"TAP!v\"}\n{\"a\":\"TAP!e\"}\n");
    let enriched = |wish: &str| format!("{{\"a\":\"TAP!{wish}\",\"mirror\":{{\"schema\":1}}}}\n");
    assert_eq!(ended.stdout, format!("{{}}\n{}{}", enriched("v"), enriched("e")));
    assert!(ended.stderr.ends_with(
        "tapsieve: module failed 1 time, 0 records passed unchanged without an answer; \
         first: standard input, line 2: `verdict` trapped: wasm `unreachable` instruction executed\n"
    ));
    assert_eq!(ended.code, Some(1));
}

#[test]
fn failures_are_counted_over_many_blocks_and_named_by_their_line() {
    let folder = Folder::new();
    let mut input = String::new();
    for number in 1..=300_000 {
        let wish = if number % 50_000 == 0 { "TAP!t" } else { "" };
        input += &format!("{{\"n\":{number},\"a\":\"{wish}\"}}\n");
    }
    folder.write("first", b"{\"a\":1}\n");
    folder.write("in", input.as_bytes());
    let ended = folder.tapsieve(&run(&["first", "in", "--threads", "4"]));
    let message = "module failed 6 times, 6 records passed unchanged without an answer; \
                   first: in, line 50000: `process` trapped: wasm `unreachable` instruction executed";
    assert!(ended == Ended::with(1, format!("{{\"a\":1}}\n{input}"), message), "{}", ended.stderr);
}

/// Six records on which the module hangs cost six records.
#[test]
fn a_record_that_hangs_the_module_costs_that_record_only() {
    let folder = Folder::new();
    let input = "{\"a\":\"TAP!l\"}\n".repeat(6) + &"{\"a\":\"TAP!e\"}\n".repeat(100);
    let output = input.replace("TAP!e\"}", "TAP!e\",\"mirror\":{\"schema\":1}}");
    let ended = folder.run(&["--call-seconds", "1", "--threads", "1"], input.as_bytes());
    let message = "module failed 6 times, 6 records passed unchanged without an answer; \
                   first: standard input, line 1: `process` did not return, the limit is 1 s";
    assert_eq!(ended, Ended::with(1, output, message));
}

/// A module that hangs on every record must not take the limit for each.
#[test]
fn a_module_that_hangs_on_anything_is_given_up() {
    let folder = Folder::new();
    let start = "(local $at i32) (local $wish i32) (local $out i32)";
    folder.write("m.wasm", &changed(&[(start, &format!("{start} (loop $stuck (br $stuck))"))]));
    let input = "{\"a\":\"TAP!l\"}\n{\"b\":1}\n".repeat(1000);
    let ended = folder.run(&["--call-seconds", "1", "--threads", "1"], input.as_bytes());
    let message = "module failed 1 time, 2000 records passed unchanged without an answer; \
                   first: standard input, line 1: `process` did not return, the limit is 1 s";
    assert_eq!(ended, Ended::with(1, input, message));
}

#[test]
fn a_module_that_cannot_be_used_is_named_before_anything_is_read() {
    let folder = Folder::new();
    folder.write("in", b"{}\n");
    let version = r#"(func (export "abi_version") (result i32) (i32.const 1))"#;
    let two = r#"(func (export "abi_version") (result i32) (i32.const 2))"#;
    folder.write("two.wasm", &changed(&[(version, two)]));
    folder.write("scan.wasm", &changed(&[("(export \"scan\")", "")]));
    folder.write("import.wasm", &changed(&[("(module\n", "(module (import \"env\" \"log\" (func))\n")]));
    for (module, message) in [
        ("two.wasm", "two.wasm: module speaks ABI version 2, this tapsieve speaks 1"),
        ("scan.wasm", "scan.wasm: module does not export `scan`"),
        ("import.wasm", "import.wasm: module imports `env.log`, a tapsieve module imports nothing"),
    ] {
        let args = ["run", "--module", module, "in", "--output", "out"];
        assert_eq!(folder.tapsieve(&args), Ended::with(3, "", message));
        assert!(!folder.path("out").exists());
    }
    let ended = folder.tapsieve(&["run", "--module", "in", "in"]);
    assert_eq!(ended.code, Some(3));
    assert!(
        ended.stderr.starts_with("tapsieve: in: not a WebAssembly module that can run here: "),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stderr.lines().count(), 1);
    assert_eq!(
        folder.tapsieve(&["run", "--module", "none.wasm"]),
        Ended::with(1, "", "none.wasm: no such file or directory")
    );
}

#[test]
fn without_a_module_the_command_says_where_to_get_one() {
    let folder = Folder::new();
    let ended = folder.tapsieve(&["run"]);
    match tapsieve_host::Module::builtin_bytes() {
        Some(_) => assert_eq!(ended, Ended::well("")),
        None => assert_eq!(
            ended,
            Ended::with(
                3,
                "",
                "this build carries no module; pass --module FILE or build with \"cargo xtask build\""
            )
        ),
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let folder = Folder::new();
    for args in [&["run", "--thread", "2"][..], &["run", "--threads", "0"], &["sieve"], &[]] {
        let ended = folder.tapsieve(args);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(!ended.stderr.is_empty());
    }
}
