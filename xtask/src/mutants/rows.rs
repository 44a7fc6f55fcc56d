//! Holds the rows of tests/vectors against mutants, in one process: each row only against the mutants that it reaches.
//! Not compiled here: the copy of the repository with the mutants in it is given this file as a program.
//!
//! Reads lines `MUTANT CHOICE`, and says of each mutant before it is tried and after: `N begins`, `N caught`, `N survives`
//! or `N unreached`. What takes too long, or dies, has begun and no more is said of it.

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tapsieve_host_test::check::{laws_on, short_verdict};
use tapsieve_host_test::engines::{Answer, Engine, Native};
use tapsieve_host_test::vectors::{Case, Expectation, VectorFile, load};
use tapsieve_mutant::{pick, reached};

/// The processor's time for one mutant, in hundredths of a second.
const TICKS_MAX: u64 = 400;

static TICKS_AT_BEGIN: AtomicU64 = AtomicU64::new(0);

/// One row, or the rows of a scenario in order.
struct Trial<'v> {
    cases: &'v [Case],
    verdicts: &'v [String],
    /// Bit by bit, which choices it comes to.
    reaches: Vec<u64>,
}

fn main() -> ExitCode {
    let mutants: Vec<(u32, u32)> = std::io::stdin()
        .lock()
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| {
            let (mutant, choice) = line.split_once(' ')?;
            Some((mutant.parse().ok()?, choice.parse().ok()?))
        })
        .collect();
    let tests = tapsieve_host_test::root().join("tests");
    let (files, _) = load(&tests.join("vectors"));
    let (scenarios, _) = load(&tests.join("scenarios"));
    let mut trials = trials(&files, &scenarios);
    for trial in &mut trials {
        pick(None);
        if holds(trial, &mut Native::new()).is_err() {
            println!("a row fails without a mutant: {}", trial.cases[0].name);
            return ExitCode::FAILURE;
        }
        trial.reaches = reached();
    }
    std::thread::spawn(watch);
    for (mutant, choice) in mutants {
        println!("{mutant} begins");
        drop(std::io::stdout().flush());
        TICKS_AT_BEGIN.store(ticks(), Ordering::Relaxed);
        let reaching: Vec<&Trial<'_>> = trials.iter().filter(|trial| trial.reaches(choice)).collect();
        pick(Some(mutant));
        let mut native = Native::new();
        let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            reaching.iter().try_for_each(|trial| holds(trial, &mut native))?;
            reaching.iter().try_for_each(|trial| keeps_laws(trial))
        }));
        let said = match answer {
            _ if reaching.is_empty() => "unreached",
            Ok(Ok(())) => "survives",
            _ => "caught",
        };
        println!("{mutant} {said}");
    }
    ExitCode::SUCCESS
}

fn trials<'v>(files: &'v [VectorFile], scenarios: &'v [VectorFile]) -> Vec<Trial<'v>> {
    let rows = files.iter().flat_map(|file| file.cases.chunks(1)).map(|cases| (cases, &[][..]));
    let scenarios = scenarios.iter().map(|file| (&file.cases[..], &file.verdicts[..]));
    rows.chain(scenarios).map(|(cases, verdicts)| Trial { cases, verdicts, reaches: Vec::new() }).collect()
}

impl Trial<'_> {
    fn reaches(&self, choice: u32) -> bool {
        self.reaches.get(choice as usize / 64).is_some_and(|bits| bits >> (choice % 64) & 1 == 1)
    }
}

/// Whether every answer is the expected one; `native` has no policy and is used again.
fn holds(trial: &Trial<'_>, native: &mut Native) -> Result<(), String> {
    let mut verdicts = Vec::new();
    for case in trial.cases {
        let mut own = Native::new();
        let native = match &case.policy {
            Some(policy) => own.configure(policy).map(|()| &mut own)?,
            None => &mut *native,
        };
        let expected = match case.expectation {
            Expectation::Unchanged => Answer::Unchanged,
            Expectation::Dropped => Answer::Dropped,
            _ => Answer::Enriched(case.enriched().ok_or("no brace")?),
        };
        if native.process(&case.record)? != expected {
            return Err("another answer".into());
        }
        if !trial.verdicts.is_empty() {
            verdicts.push(short_verdict(native.verdict()?.as_deref())?);
        }
        let is_ruled_out = native.scan(&case.record)? >= case.record.len();
        if is_ruled_out && case.policy.is_none() && case.expectation != Expectation::Unchanged {
            return Err("a scan rules it out".into());
        }
    }
    if verdicts == trial.verdicts { Ok(()) } else { Err("other verdicts".into()) }
}

fn keeps_laws(trial: &Trial<'_>) -> Result<(), String> {
    for case in trial.cases {
        let mut native = Native::new();
        if let Some(policy) = &case.policy {
            native.configure(policy)?;
        }
        let is_wrapped = case.policy.as_ref().is_some_and(|policy| policy.contains("\"ocsf\""));
        laws_on(&mut native, &case.record, is_wrapped)?;
    }
    Ok(())
}

/// Ends the process when a mutant takes too long.
fn watch() {
    loop {
        std::thread::sleep(Duration::from_millis(100));
        if ticks().saturating_sub(TICKS_AT_BEGIN.load(Ordering::Relaxed)) > TICKS_MAX {
            std::process::exit(2);
        }
    }
}

/// How long the processor was busy with this process.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields.split_whitespace().nth(11).and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
}
