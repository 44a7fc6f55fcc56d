//! The command line: `tapsieve run` beside what is there to do the same with, over files of a gigabyte.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tapsieve_host_test::corpus;
use tapsieve_host_test::process::usage;
use tapsieve_host_test::workload::{mirror, noise};

use crate::measure::{Time, middle};

/// One command over one file.
pub struct Row {
    /// Its name in tables.
    pub name: String,
    /// How many bytes it read.
    pub bytes: u64,
    /// Time of one run, or why there is none.
    pub time: Result<Time, String>,
    /// Processor time of one run, on all cores together.
    pub processor_seconds: f64,
    /// The most memory it had, in bytes.
    pub memory: u64,
}

/// What is run, and what it prints about the selection.
struct Contender {
    name: String,
    program: Result<OsString, String>,
    arguments: Vec<OsString>,
    /// Reads its standard input, not a file.
    stdin: bool,
    /// Slow: runs on the small file only.
    small: bool,
    prints: Prints,
}

#[derive(Clone, Copy)]
enum Prints {
    /// The selected lines.
    Selected,
    /// Every line.
    Everything,
    /// How many lines were selected.
    Count,
    /// How many lines there are.
    CountOfAll,
}

/// A file of repeated lines with a mirror event in 10,000.
pub struct Data {
    /// What its lines are.
    pub about: String,
    /// A gigabyte.
    pub large: PathBuf,
    /// A tenth of it.
    pub small: PathBuf,
}

impl Data {
    /// Writes both files, from real events where the corpus has them, unless the files are there.
    pub fn make(folder: &Path, large_bytes: u64) -> Result<Self, String> {
        let real =
            corpus().ok().and_then(|folder| fs::read(folder.join("aws-cloudtrail-invictus.ndjson")).ok());
        let (about, lines) = match real {
            Some(lines) => ("real CloudTrail events (invictus-ir/aws_dataset), repeated", lines),
            None => ("the noise workload, repeated", noise(20_000).ndjson()),
        };
        let events = mirror(1000).records.into_iter();
        let aws: Vec<_> =
            events.filter(|event| memchr::memmem::find(event, b"TrafficMirror").is_some()).collect();
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let file = |bytes: u64| -> Result<PathBuf, String> {
            let path = folder.join(format!("{bytes}.ndjson"));
            let out = File::create(&path).map_err(|error| error.to_string())?;
            write(BufWriter::new(out), &lines, &aws, bytes).map_err(|error| error.to_string())?;
            Ok(path)
        };
        Ok(Self { about: about.into(), large: file(large_bytes)?, small: file(large_bytes / 10)? })
    }
}

fn write(mut out: impl Write, lines: &[u8], mirror: &[Vec<u8>], bytes: u64) -> std::io::Result<()> {
    let (mut written, mut number) = (0, 0usize);
    while written < bytes {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            number += 1;
            if number.is_multiple_of(10_000) {
                let event = &mirror[number / 10_000 % mirror.len()];
                out.write_all(event)?;
                out.write_all(b"\n")?;
                written += event.len() as u64 + 1;
            }
            out.write_all(line)?;
            written += line.len() as u64;
        }
    }
    out.flush()
}

fn on_path(name: &str) -> Result<OsString, String> {
    tapsieve_host_test::process::program("", name).map(PathBuf::into_os_string)
}

fn contenders(folder: &Path) -> Result<Vec<Contender>, String> {
    let tapsieve = || env::var_os("TAPSIEVE").ok_or_else(|| "TAPSIEVE is not set".to_owned());
    let new = |name: &str, program, arguments: &[&str], prints| Contender {
        name: name.into(),
        program,
        arguments: arguments.iter().map(OsString::from).collect(),
        stdin: false,
        small: false,
        prints,
    };
    let mut all = vec![
        new("tapsieve run", tapsieve(), &["run"], Prints::Everything),
        new("tapsieve run --only-mirror", tapsieve(), &["run", "--only-mirror"], Prints::Selected),
    ];
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    for threads in (1..=cores).filter(|threads| threads.is_power_of_two() || *threads == cores) {
        let count = threads.to_string();
        let name = format!("tapsieve run --threads {threads}");
        all.push(new(&name, tapsieve(), &["run", "--threads", &count], Prints::Everything));
    }
    all.push(new(
        "jq",
        on_path("jq"),
        &["-c", r#"select(.eventName|test("TrafficMirror";"i"))"#],
        Prints::Selected,
    ));
    all.push(new("ripgrep -i -c", on_path("rg"), &["-i", "-c", "TrafficMirror"], Prints::Count));
    all.push(new("grep -i -c", on_path("grep"), &["-i", "-c", "TrafficMirror"], Prints::Count));
    let config = folder.join("vector.yaml");
    fs::write(&config, VECTOR_CONFIG.replace("DATA", &folder.to_string_lossy()))
        .map_err(|error| error.to_string())?;
    let vector = env::var_os("VECTOR").map_or_else(|| on_path("vector"), Ok);
    let config = config.to_string_lossy();
    let arguments = ["--quiet", "--config", config.as_ref()];
    all.push(Contender { stdin: true, small: true, ..new("Vector", vector, &arguments, Prints::Selected) });
    all.push(new("wc -l", on_path("wc"), &["-l"], Prints::CountOfAll));
    all.push(new("cat", on_path("cat"), &[], Prints::Everything));
    Ok(all)
}

const VECTOR_CONFIG: &str = r#"data_dir: DATA
sources:
  in:
    type: stdin
transforms:
  mirror:
    type: filter
    inputs: [in]
    condition: |
      match(string(parse_json!(.message).eventName) ?? "", r'(?i)TrafficMirror')
sinks:
  out:
    type: console
    inputs: [mirror]
    encoding:
      codec: text
"#;

/// Runs all of them in turn, after a look at what each prints.
pub fn run(data: &Data, rounds: usize) -> Result<Vec<Row>, String> {
    let folder = data.large.parent().unwrap_or(Path::new("."));
    let contenders = contenders(folder)?;
    let lines = fs::read(&data.small).map_err(|error| error.to_string())?;
    let all = memchr::memchr_iter(b'\n', &lines).count();
    let selected = memchr::memmem::find_iter(&lines, "\"eventName\":\"").filter(|at| {
        let rest = &lines[at + 13..];
        let name = &rest[..memchr::memchr(b'"', rest).unwrap_or(0)];
        memchr::memmem::find(name, b"TrafficMirror").is_some()
    });
    let selected = selected.count();
    drop(lines);
    let mut samples = Vec::new();
    for contender in &contenders {
        samples.push(match &contender.program {
            Ok(_) => contender.check(&data.small, selected, all).map(|()| Vec::new()),
            Err(reason) => Err(reason.clone()),
        });
    }
    for _ in 0..rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            let Ok(samples) = samples else { continue };
            samples.push(contender.time(if contender.small { &data.small } else { &data.large })?);
        }
    }
    contenders
        .into_iter()
        .zip(samples)
        .map(|(contender, samples)| {
            let file = if contender.small { &data.small } else { &data.large };
            let bytes = fs::metadata(file).map_err(|error| error.to_string())?.len();
            let part = |part: fn(&Used) -> f64| samples.iter().flatten().map(part).collect::<Vec<f64>>();
            Ok(Row {
                name: contender.name,
                bytes,
                processor_seconds: samples
                    .as_ref()
                    .map_or(0.0, |_| middle(part(|used| used.processor_seconds)).seconds),
                memory: samples.iter().flatten().map(|used| used.memory).max().unwrap_or_default(),
                time: samples.as_ref().map(|_| middle(part(|used| used.seconds))).map_err(Clone::clone),
            })
        })
        .collect()
}

/// The most memory that `tapsieve run` has over a file, in bytes.
pub fn memory(file: &Path) -> Result<u64, String> {
    let contenders = contenders(file.parent().unwrap_or(Path::new(".")))?;
    Ok(contenders[0].time(file)?.memory)
}

/// Seconds of `tapsieve run` over an empty file: the command's start and end.
pub fn start(folder: &Path, rounds: usize) -> Result<Time, String> {
    let empty = folder.join("empty.ndjson");
    fs::write(&empty, "").map_err(|error| error.to_string())?;
    let contenders = contenders(folder)?;
    let samples: Result<Vec<f64>, String> =
        (0..rounds).map(|_| Ok(contenders[0].time(&empty)?.seconds)).collect();
    Ok(middle(samples?))
}

/// What one run took.
struct Used {
    seconds: f64,
    processor_seconds: f64,
    memory: u64,
}

/// Processor time of all programs that were started here and have ended.
fn children_seconds() -> Result<f64, String> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

impl Contender {
    fn command(&self, file: &Path) -> Result<Command, String> {
        let mut command = Command::new(self.program.clone()?);
        command.args(&self.arguments).stderr(Stdio::null());
        if self.stdin {
            command.stdin(File::open(file).map_err(|error| error.to_string())?);
        } else {
            command.stdin(Stdio::null()).arg(file);
        }
        Ok(command)
    }

    /// Whether it selects what it has to.
    fn check(&self, file: &Path, selected: usize, all: usize) -> Result<(), String> {
        let mut child =
            self.command(file)?.stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let mut output = Vec::new();
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_end(&mut output).map_err(|error| error.to_string())?;
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        let lines = memchr::memchr_iter(b'\n', &output).count();
        let number = || {
            let text = String::from_utf8_lossy(&output);
            text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(usize::MAX)
        };
        let (found, expected) = match self.prints {
            Prints::Selected => (lines, selected),
            Prints::Everything => (lines, all),
            Prints::Count => (number(), selected),
            Prints::CountOfAll => (number(), all),
        };
        match found == expected && status.success() {
            true => Ok(()),
            false => Err(format!("found {found} lines, expected {expected} ({status})")),
        }
    }

    /// Runs it to its end.
    fn time(&self, file: &Path) -> Result<Used, String> {
        let mut command = self.command(file)?;
        let (begin, processor) = (Instant::now(), children_seconds()?);
        // grep stops at its first match when its output is /dev/null; a number fits into a pipe.
        let counts = matches!(self.prints, Prints::Count | Prints::CountOfAll);
        let out = if counts { Stdio::piped() } else { Stdio::null() };
        let mut child = command.stdout(out).spawn().map_err(|error| error.to_string())?;
        let mut memory = 0;
        loop {
            if let Some(end) = child.try_wait().map_err(|error| error.to_string())? {
                let seconds = begin.elapsed().as_secs_f64();
                let used = Used { seconds, processor_seconds: children_seconds()? - processor, memory };
                return if end.success() { Ok(used) } else { Err(format!("{}: {end}", self.name)) };
            }
            memory = usage(child.id()).map_or(0, |usage| usage.peak_kib * 1024).max(memory);
            std::thread::sleep(Duration::from_micros(500));
        }
    }
}
