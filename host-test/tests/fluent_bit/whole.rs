//! What goes in comes out: noise, large events, hostile records; and the shipped configurations are accepted.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Failed;
use serde_json::Value;
use tapsieve_host_test::check::same_values;
use tapsieve_host_test::engines::module_path;
use tapsieve_host_test::fluent_bit::{
    CASE, FILE, Folder, Process, Source, Wiring, binary, configuration, configurations, line_count, numbered,
    pass, records, take_number,
};
use tapsieve_host_test::process::usage;
use tapsieve_host_test::{corpus, root, vectors};

const MIRROR: &str = r#""eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession""#;

/// `--dry-run` takes every file that is a whole configuration, with the settings of `tapsieve.env`.
pub(crate) fn configurations_are_accepted() -> Result<(), Failed> {
    let settings = fs::read_to_string(configurations().join("tapsieve.env"))?;
    let settings: Vec<_> = settings.lines().filter_map(|line| line.split_once('=')).collect();
    for name in ["fluent-bit.yaml", "fluent-bit-routed.yaml", "trial.yaml"] {
        let mut command = Command::new(binary()?);
        command.arg("--dry-run").arg("--config").arg(configurations().join(name));
        let output = command.envs(settings.iter().copied()).env("TAPSIEVE_WASM", module_path()).output()?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        if !output.status.success() || !text.contains("configuration test is successful") {
            return Err(format!("{name}: {text}").into());
        }
    }
    Ok(())
}

/// Real events where there is a corpus, otherwise plain ones: 200,000 of them.
pub(crate) fn noise(wiring: Wiring) -> Result<(), Failed> {
    const COUNT: usize = 200_000;
    let mut events = Vec::new();
    for entry in corpus().ok().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".ndjson") && !name.starts_with("mirror-") {
            let source = Source::of(name.split('-').next().unwrap_or_default());
            let text = fs::read_to_string(entry.path())?;
            let lines = text.lines().filter(|line| line.starts_with('{'));
            events.extend(lines.map(|line| (source, line.as_bytes().to_vec())));
        }
    }
    if events.is_empty() {
        let event =
            |n| format!(r#"{{"eventSource":"s3.amazonaws.com","eventName":"GetObject{n}","n":{n},"f":0.5}}"#);
        events.extend((0..1000).map(|n| (Source::Aws, event(n).into_bytes())));
    }
    let line = |at: usize| {
        let (source, event) = &events[at % events.len()];
        numbered(event, at).map(|line| (*source, line))
    };
    let lines: Result<Vec<_>, _> = (0..COUNT).map(line).collect();
    let values: Result<Vec<Value>, _> =
        events.iter().map(|(_, event)| serde_json::from_slice(event)).collect();
    let values = values?;
    let mut seen = vec![false; COUNT];
    for mut record in pass(wiring, &lines?)? {
        let number = take_number(&mut record)?;
        if std::mem::replace(seen.get_mut(number).ok_or("an unknown number")?, true) {
            return Err(format!("event {number} came out twice").into());
        }
        if !same_values(&values[number % values.len()], &record) {
            return Err(format!("event {number} came out as {record}").into());
        }
    }
    match seen.iter().filter(|seen| !**seen).count() {
        0 => Ok(()),
        lost => Err(format!("{lost} of {COUNT} events are lost").into()),
    }
}

pub(crate) fn large_events(wiring: Wiring) -> Result<(), Failed> {
    let mut lines = Vec::new();
    for (number, size) in [256 * 1024, 1024 * 1024, 100].into_iter().enumerate() {
        let head = format!(r#"{{"{CASE}":{number},{MIRROR},"responseElements":{{"pad":""#);
        let pad = "x".repeat(usize::saturating_sub(size, head.len() + 3));
        lines.push((Source::Aws, format!("{head}{pad}\"}}}}").into_bytes()));
    }
    let enriched = enriched_numbers(pass(wiring, &lines)?)?;
    if enriched.len() == lines.len() && enriched.values().all(|enriched| *enriched) {
        Ok(())
    } else {
        Err(format!("enriched: {enriched:?}").into())
    }
}

/// For each number whether its record came out enriched. Records without a number are left out.
fn enriched_numbers(records: Vec<Value>) -> Result<HashMap<usize, bool>, String> {
    let mut enriched = HashMap::new();
    for mut record in records {
        let Ok(number) = take_number(&mut record) else { continue };
        if enriched.insert(number, record["mirror"]["schema"].is_number()).is_some() {
            return Err(format!("record {number} came out twice"));
        }
    }
    Ok(enriched)
}

/// The rows of the hostile vectors, each as a line of its own, each between two good events in the same chunk. What is no
/// JSON reaches the module as text in `log`.
pub(crate) fn hostile_records(wiring: Wiring) -> Result<(), Failed> {
    let (files, problems) = vectors::load(&root().join("tests/vectors"));
    let bad = files.iter().filter(|file| file.name.starts_with("bad/")).flat_map(|file| &file.cases);
    let (mut lines, mut good) = (Vec::new(), 0);
    // Nesting of 100,000 levels ends Fluent Bit in its own JSON parser, before any filter.
    for case in bad.filter(|case| case.shippers || !case.name.starts_with("deep")) {
        let mut line = case.record.clone();
        line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        lines.push((Source::Aws, line));
        lines.push((Source::Aws, format!(r#"{{"{CASE}":{good},{MIRROR}}}"#).into_bytes()));
        good += 1;
    }
    if good < 40 || !problems.is_empty() {
        return Err(format!("{good} hostile vectors, problems: {problems:?}").into());
    }
    // `pass` fails when the process dies.
    let enriched = enriched_numbers(pass_hostile(wiring, &lines, good)?)?;
    let lost: Vec<_> = (0..good).filter(|number| enriched.get(number) != Some(&true)).collect();
    if lost.is_empty() { Ok(()) } else { Err(format!("good events lost or not enriched: {lost:?}").into()) }
}

/// Like [`pass`], and waits only for the good ones: Fluent Bit itself may refuse a hostile line.
fn pass_hostile(wiring: Wiring, lines: &[(Source, Vec<u8>)], good: usize) -> Result<Vec<Value>, String> {
    let folder = Folder::new()?;
    folder.write_lines(lines)?;
    let mut process = Process::start(&folder, &configuration(wiring, FILE)?, &[])?;
    let out = folder.join("out.ndjson");
    let mark = format!("\"{CASE}\":");
    let (mut count, mut rounds) = (0, 0);
    process.wait_until(|| {
        let text = fs::read(&out).unwrap_or_default();
        let now = String::from_utf8_lossy(&text).matches(&mark).count();
        rounds = if now == count { rounds + 1 } else { 0 };
        count = now;
        Ok(count >= good || rounds > 200)
    })?;
    process.terminate()?;
    let text = fs::read(&out).map_err(|error| error.to_string())?;
    let lines = text
        .split(|&byte| byte == b'\n')
        .filter(|line| line.windows(mark.len()).any(|w| w == mark.as_bytes()));
    Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

/// A Lua filter gives every record values that JSON does not have; `fluent_bit_repair` gets them through.
pub(crate) fn odd_values() -> Result<(), Failed> {
    const COUNT: usize = 200;
    let folder = Folder::new()?;
    let event = |number| match number % 2 {
        0 => format!(r#"{{"{CASE}":{number},{MIRROR}}}"#),
        _ => format!(r#"{{"{CASE}":{number},"eventName":"GetObject"}}"#),
    };
    folder.write_lines(
        &(0..COUNT).map(|number| (Source::Aws, event(number).into_bytes())).collect::<Vec<_>>(),
    )?;
    let shipped = configurations().join("filter.yaml");
    let repair = fs::read_to_string(&shipped)?.replace("fluent_bit_process", "fluent_bit_repair");
    let odd = folder.write("odd.yaml", ODD.as_bytes())?;
    let repair = folder.write("repair.yaml", repair.as_bytes())?;
    let filters = format!("{}\n  - {}", odd.display(), repair.display());
    let yaml = configuration(Wiring::Every, FILE)?.replace(&shipped.display().to_string(), &filters);
    let mut process = Process::start(&folder, &yaml, &[])?;
    let out = folder.join("out.ndjson");
    let mut rounds = 0;
    process.wait_until(|| {
        rounds += 1;
        Ok(line_count(&out) >= COUNT || rounds > 400)
    })?;
    process.terminate()?;
    let records = records(&out)?;
    for record in &records {
        let text = |name: &str| record[name].as_str().unwrap_or_default().trim_start_matches('-').to_owned();
        if text("nan") != "nan" || text("inf") != "inf" || record["keys"]["-7"] != "a" {
            return Err(format!("came out as {record}").into());
        }
    }
    let enriched = enriched_numbers(records)?;
    let wrong: Vec<_> =
        (0..COUNT).filter(|number| enriched.get(number) != Some(&number.is_multiple_of(2))).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("lost, or not as expected: {wrong:?}").into()) }
}

const ODD: &str = "pipeline:
  filters:
    - name: lua
      match: '*'
      call: odd
      code: function odd(tag, time, record) record.nan = 0/0 record.inf = 1/0 record.keys = {[-7] = 'a'} return 2, time, record end
";

/// Ten million events; takes minutes, so it runs only when asked for: `cargo test … -- --ignored memory`.
pub(crate) fn memory_is_flat(wiring: Wiring) -> Result<(), Failed> {
    const ROUNDS: usize = 100;
    const EVENTS: usize = 100_000;
    let folder = Folder::new()?;
    folder.write_lines(&[])?;
    let output = "    - name: 'null'\n      match: '*'\n";
    let mut process = Process::start(&folder, &configuration(wiring, output)?, &[])?;
    let mut block = Vec::new();
    for number in 0..EVENTS {
        let event = match number % 100 {
            0 => format!("{{\"n\":{number},{MIRROR}}}\n"),
            _ => format!("{{\"n\":{number},\"eventName\":\"GetObject\"}}\n"),
        };
        block.extend_from_slice(event.as_bytes());
    }
    let input = folder.file(Source::Aws);
    let mut sizes = Vec::new();
    for round in 0..ROUNDS {
        use std::io::Write;
        let mut file = fs::OpenOptions::new().append(true).open(&input)?;
        file.write_all(&block)?;
        let length = file.metadata()?.len();
        let process_id = process.id();
        process.wait_until(|| Ok(offset(process_id, &input) >= length))?;
        sizes.push(usage(process.id()).ok_or("fluent-bit has ended")?.resident_kib);
        if round % 10 == 9 {
            eprintln!("{} events: {} KiB", (round + 1) * EVENTS, sizes[round]);
        }
    }
    process.terminate()?;
    // It goes up and down with what waits to be written, so the halves are compared; they are half of all events apart.
    let median = |sizes: &mut [u64]| *sizes.select_nth_unstable(ROUNDS / 4).1;
    let (early, late) = sizes.split_at_mut(ROUNDS / 2);
    let (early, late) = (median(early), median(late));
    eprintln!("{early} KiB in the first half, {late} KiB in the second");
    let a_byte_each = (ROUNDS / 2 * EVENTS / 1024) as u64;
    if late < early + a_byte_each { Ok(()) } else { Err(format!("{early} KiB grew to {late} KiB").into()) }
}

/// How far a process has read a file.
pub(crate) fn offset(process: u32, file: &Path) -> u64 {
    let open = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().filter_map(Result::ok);
    open.filter(|fd| fs::read_link(fd.path()).is_ok_and(|target| target == file))
        .filter_map(|fd| {
            let info = fs::read_to_string(fd.path().to_string_lossy().replace("/fd/", "/fdinfo/")).ok()?;
            info.lines().next()?.split_whitespace().nth(1)?.parse().ok()
        })
        .max()
        .unwrap_or(0)
}
