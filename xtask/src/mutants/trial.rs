//! Runs the tests with one mutant picked, until one of them fails.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// One program of tests.
pub(crate) struct Stage {
    /// The packages whose mutants it is run for.
    pub(crate) of: &'static [&'static str],
    /// The package it is in.
    package: &'static str,
    /// Its name; a package's own tests have the name of the package.
    pub(crate) test: &'static str,
    arguments: &'static [&'static str],
    /// Whether it takes many seconds.
    is_slow: bool,
}

impl Stage {
    /// Whether it is the tests within a package.
    pub(crate) fn is_lib(&self) -> bool {
        self.test.starts_with("tapsieve_")
    }
}

/// One test after the other, so that the first that fails ends them.
const IN_ORDER: &[&str] = &["--test-threads=1"];
/// What is about the module, about what shippers do, or about cost, tells nothing of a mutant: the module has none.
const LAWS: &[&str] = &[
    "--test-threads=1",
    "--skip=native/",
    "--skip=laws/",
    "--skip=properties/",
    "--skip=wasmtime/",
    "--skip=wasmi/",
    "--skip=wasmi-fluent-bit/",
    "--skip=fluent-bit-route/",
    "--skip=vector-route/",
    "--skip=module/",
    "--skip=instructions/",
    "--skip=cost/",
    "--skip=corpus/",
    "--skip=rows/",
    "--skip=policy/baked",
    "--skip=policy/entries-cost",
    "--skip=policy/globs-cost",
];
const WASMTIME: &[&str] = &["--test-threads=1", "--skip=wasmi", "wasmtime/"];
const FRAMING: &[&str] = &["--test-threads=1", "framing/"];
const PROPERTIES: &[&str] =
    &["--test-threads=1", "--skip=wasmtime/", "--skip=wasmi/", "--skip=wasmi-fluent-bit/", "properties/"];
/// `stories` is about another package, the others are about the module.
const REPLAYED: &[&str] =
    &["--test-threads=1", "--skip=shells/", "--skip=engines/", "--skip=cost/", "--skip=stories/"];

const fn stage(
    of: &'static [&'static str],
    (package, test): (&'static str, &'static str),
    arguments: &'static [&'static str],
    is_slow: bool,
) -> Stage {
    Stage { of, package, test, arguments, is_slow }
}

/// The tests, the quick and decisive ones first.
pub(crate) const STAGES: &[Stage] = &[
    stage(&["json"], ("json", "tapsieve_json"), IN_ORDER, false),
    stage(&["plugin"], ("plugin", "tapsieve_plugin"), IN_ORDER, false),
    stage(&["records"], ("records", "sieve"), IN_ORDER, false),
    stage(&["records"], ("records", "framing"), IN_ORDER, false),
    stage(&["records"], ("records", "tapsieve_records"), IN_ORDER, false),
    stage(&["detector", "json"], ("detector", "tapsieve_detector"), IN_ORDER, false),
    stage(&["detector", "json"], ("host-test", "conformance"), LAWS, false),
    stage(&["records"], ("fuzz/targets", "replay"), FRAMING, false),
    stage(&["records"], ("host-test", "conformance"), WASMTIME, false),
    stage(&["records"], ("host", "module"), IN_ORDER, false),
    stage(&["records"], ("host", "run"), IN_ORDER, false),
    stage(&["records"], ("host", "errors"), IN_ORDER, true),
    stage(&["detector", "json"], ("host-test", "conformance"), PROPERTIES, true),
    stage(&["detector", "json", "plugin", "records"], ("fuzz/targets", "replay"), REPLAYED, true),
];

/// Holds the rows of tests/vectors against mutants; of those that are not there, no row tells.
///
/// # Errors
/// The program does not run, or a row fails without a mutant.
pub(crate) fn rows(
    source: &Path,
    programs: &HashMap<(String, String), PathBuf>,
    mutants: &[(u32, u32)],
    mut each: impl FnMut(u32, Outcome),
) -> Result<(), String> {
    let program = programs.get(&("mutant-rows".to_owned(), "rows".to_owned()));
    let program = program.ok_or("the program for rows is not built")?;
    let mut left = mutants;
    while !left.is_empty() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -d 3000000; exec \"$0\""]).arg(program).current_dir(source);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = shell.spawn().map_err(|error| format!("rows: {error}"))?;
        let numbers: String = left.iter().map(|(number, choice)| format!("{number} {choice}\n")).collect();
        let mut input = child.stdin.take().ok_or("rows: no input")?;
        std::thread::spawn(move || drop(std::io::Write::write_all(&mut input, numbers.as_bytes())));
        let (mut begun, mut done) = (None, 0);
        for line in child.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines()) {
            let line = line.map_err(|error| format!("rows: {error}"))?;
            let Some((number, said)) = line.split_once(' ') else { continue };
            let number = number.parse().map_err(|_| line.clone())?;
            match said {
                "begins" => begun = Some(number),
                said => {
                    each(number, if said == "caught" { Outcome::Caught } else { Outcome::Survived });
                    (begun, done) = (None, done + 1);
                }
            }
        }
        child.wait().map_err(|error| format!("rows: {error}"))?;
        if let Some(number) = begun {
            each(number, Outcome::Endless);
            done += 1;
        }
        if done == 0 {
            return Err("rows: tells nothing".into());
        }
        left = left.get(done..).unwrap_or_default();
    }
    Ok(())
}

/// What ends a process that has used up its time.
const SIGNAL_TIME: i32 = 24;

/// What the tests made of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A test failed.
    Caught,
    /// The tests came to no end, or wanted memory without bound.
    Endless,
    /// Every test passed.
    Survived,
}

/// The tests, and how long each may take.
pub(crate) struct Trials<'p> {
    source: PathBuf,
    programs: &'p HashMap<(String, String), PathBuf>,
    /// Those that are wanted, and how long each may take.
    stages: Vec<(&'static Stage, Duration)>,
}

impl<'p> Trials<'p> {
    /// Runs every test without a mutant, to see that it passes and how long it takes.
    ///
    /// # Errors
    /// One does not pass, or is not there.
    pub(crate) fn new(
        source: &Path,
        programs: &'p HashMap<(String, String), PathBuf>,
        packages: &[String],
        with_slow: bool,
    ) -> Result<Self, String> {
        let mut trials = Self { source: source.to_owned(), programs, stages: Vec::new() };
        let is_wanted = |stage: &Stage| {
            (with_slow || !stage.is_slow) && packages.iter().any(|it| stage.of.contains(&it.as_str()))
        };
        for stage in STAGES.iter().filter(|stage| is_wanted(stage)) {
            let (start, before) = (Instant::now(), children_time());
            match trials.stage(stage, 0, Duration::from_secs(600))? {
                Outcome::Survived => {}
                _ => return Err(format!("the test {} fails without a mutant", stage.test)),
            }
            let took = match (before, children_time()) {
                (Some(before), Some(after)) => after.saturating_sub(before),
                _ => start.elapsed(),
            };
            trials.stages.push((stage, took * 2 + Duration::from_secs(1)));
            let first = stage.arguments.last().filter(|argument| argument.ends_with('/')).unwrap_or(&"");
            crate::task::say(&format!("{} {first} takes {:.1} s", stage.test, took.as_secs_f32()));
        }
        Ok(trials)
    }

    /// Runs the tests that are for a package, with a mutant.
    ///
    /// # Errors
    /// A test does not run.
    pub(crate) fn run(&self, package: &str, mutant: u32) -> Result<Outcome, String> {
        for (stage, limit) in self.stages.iter().filter(|(stage, _)| stage.of.contains(&package)) {
            let outcome = self.stage(stage, mutant, *limit)?;
            if outcome != Outcome::Survived {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Survived)
    }

    fn stage(&self, stage: &Stage, mutant: u32, limit: Duration) -> Result<Outcome, String> {
        let program = self.programs.get(&(stage.package.to_owned(), stage.test.to_owned()));
        let program = program.ok_or_else(|| format!("the test {} is not built", stage.test))?;
        // A mutant may ask for all memory there is; reserved addresses do not count. Time is that of the processor, for
        // other programs may be busy.
        let limits = format!("ulimit -d 3000000; ulimit -t {}; exec \"$0\" \"$@\"", limit.as_secs() + 1);
        let mut shell = Command::new("sh");
        shell.args(["-c", &limits]).arg(program).args(stage.arguments);
        shell.current_dir(self.source.join(stage.package)).env("TAPSIEVE_MUTANT", mutant.to_string());
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = shell.spawn().map_err(|error| format!("{}: {error}", stage.test))?;
        watch(child, limit * 30).map_err(|error| format!("{}: {error}", stage.test))
    }
}

/// How long the processor was busy with children that have ended, where the system tells.
fn children_time() -> Option<Duration> {
    const TICK: u64 = 10;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may have anything in it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks(13)? + ticks(14)?) * TICK))
}

/// Waits for the first test that fails, or the end.
fn watch(mut child: Child, limit: Duration) -> std::io::Result<Outcome> {
    let deadline = Instant::now() + limit;
    let (sender, lines) = mpsc::channel();
    let output = child.stdout.take();
    let reader = std::thread::spawn(move || {
        for line in output.into_iter().flat_map(|output| BufReader::new(output).lines()) {
            let Ok(line) = line else { break };
            if line.ends_with("FAILED") && sender.send(()).is_err() {
                break;
            }
        }
    });
    let outcome = match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(()) => Some(Outcome::Caught),
        Err(RecvTimeoutError::Timeout) => Some(Outcome::Endless),
        Err(RecvTimeoutError::Disconnected) => None,
    };
    if outcome.is_some() {
        drop(child.kill());
    }
    let status = child.wait()?;
    drop(reader.join());
    let by_itself = match status.signal() {
        Some(SIGNAL_TIME) => Outcome::Endless,
        _ if status.success() => Outcome::Survived,
        _ => Outcome::Caught,
    };
    Ok(outcome.unwrap_or(by_itself))
}
