//! `cargo xtask mutants`: small changes to the sources, one at a time, and whether a test fails for each.
//!
//! cargo-mutants says what is changed. It would build the tests anew for each change; here one build holds them all, and
//! a number picks one of them when a test is run.

mod copy;
mod listed;
mod page;
mod place;
mod trial;

use std::collections::HashMap;
use std::fs;
use std::sync::Mutex;
use std::time::Instant;

use serde_json::{Map, Value};

use crate::build::build_module;
use crate::task::{root, say};
use listed::{Mutant, listed};
use trial::{Outcome, Trials};

/// The packages that can be changed.
const PACKAGES: &[&str] = &["detector", "records", "json", "plugin"];
/// Those that are when none is named.
const BY_DEFAULT: &[&str] = &["detector", "records"];
/// How many tests run at once.
const AT_ONCE: usize = 2;

const USAGE: &str = "usage: cargo xtask mutants [--again] [--quick] [--bless] [PACKAGE…]

  PACKAGE   detector, records, json or plugin; the first two when none is named
  --again   only what was not caught the last time
  --quick   without the tests that take long: properties, replays of the fuzzers, the command
  --bless   write the score and the survivors into docs/MUTATIONS.md

Fails where a mutant survives that docs/MUTATIONS.md does not explain.
Needs cargo-mutants: cargo install --locked cargo-mutants";

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Unviable,
    LeftOut,
    Caught,
    Endless,
    Survived,
}

impl From<Outcome> for Fate {
    fn from(outcome: Outcome) -> Fate {
        match outcome {
            Outcome::Caught => Fate::Caught,
            Outcome::Endless => Fate::Endless,
            Outcome::Survived => Fate::Survived,
        }
    }
}

const FATES: [(Fate, &str); 5] = [
    (Fate::Unviable, "unviable"),
    (Fate::LeftOut, "left out"),
    (Fate::Caught, "caught"),
    (Fate::Endless, "endless"),
    (Fate::Survived, "survived"),
];

/// `cargo xtask mutants [--again] [--quick] [--bless] [PACKAGE…]`
pub(crate) fn mutants(arguments: &[String]) -> Result<(), String> {
    let (mut again, mut quick, mut bless, mut packages) = (false, false, false, Vec::new());
    for argument in arguments {
        match argument.as_str() {
            "-h" | "--help" => {
                println!("{USAGE}");
                return Ok(());
            }
            "--again" => again = true,
            "--quick" => quick = true,
            "--bless" => bless = true,
            package if PACKAGES.contains(&package) => packages.push(package.to_owned()),
            other => return Err(format!("`{other}` is no package and no option\n{USAGE}")),
        }
    }
    if packages.is_empty() {
        packages = BY_DEFAULT.iter().map(|&package| package.to_owned()).collect();
    }
    let mut mutants = Vec::new();
    for package in &packages {
        mutants.extend(listed(package)?);
    }
    say(&format!("{} mutants", mutants.len()));
    build_module()?;
    let built = copy::build(&mutants, &packages)?;
    let mut fates = if again { known()? } else { HashMap::new() };
    for (numbers, fate) in [(&built.unviable, Fate::Unviable), (&built.left_out, Fate::LeftOut)] {
        fates.extend(numbers.iter().map(|number| (mutants[*number as usize - 1].label.clone(), fate)));
    }
    let caught = |fates: &HashMap<String, Fate>, number: u32| {
        matches!(fates.get(&mutants[number as usize - 1].label), Some(Fate::Caught | Fate::Endless))
    };
    let of_rows: Vec<(u32, u32)> = built
        .there
        .iter()
        .filter(|number| matches!(&*mutants[**number as usize - 1].package, "detector" | "json"))
        .filter(|number| !caught(&fates, **number))
        .map(|number| (*number, built.choice_of.get(number).copied().unwrap_or_default()))
        .collect();
    say(&format!("holding the rows against {} mutants", of_rows.len()));
    let (done, fates) = (Mutex::new(0), Mutex::new(fates));
    let each = |number: u32, outcome: Outcome| {
        if let (Ok(mut done), Ok(mut fates)) = (done.lock(), fates.lock()) {
            fates.insert(mutants[number as usize - 1].label.clone(), outcome.into());
            *done += 1;
            if *done % 200 == 0 {
                say(&format!("{done} of {} mutants", of_rows.len()));
            }
        }
    };
    let source = copy::folder().join("source");
    at_once(of_rows.chunks(of_rows.len().div_ceil(AT_ONCE).max(1)), |part| {
        trial::rows(&source, &built.programs, part, each)
    })?;
    let fates = fates.into_inner().map_err(|error| error.to_string())?;
    keep(&fates)?;
    say("running the tests without a mutant");
    let trials = Trials::new(&source, &built.programs, &packages, !quick)?;
    let numbers: Vec<u32> = built.there.iter().copied().filter(|number| !caught(&fates, *number)).collect();
    let fates = Mutex::new(fates);
    try_all(&trials, &mutants, &numbers, &fates)?;
    let fates = fates.into_inner().map_err(|error| error.to_string())?;
    report(&mutants, &fates, bless)
}

/// Does something with each, all at once.
fn at_once<T: Send>(
    parts: impl Iterator<Item = T>,
    work: impl Fn(T) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let work = &work;
    std::thread::scope(|scope| {
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        let ended = |worker: std::thread::ScopedJoinHandle<'_, _>| {
            worker.join().unwrap_or_else(|_| Err("a worker died".into()))
        };
        workers.into_iter().try_for_each(ended)
    })
}

/// Tries mutants, some at once, and keeps what becomes of them.
fn try_all(
    trials: &Trials<'_>,
    mutants: &[Mutant],
    numbers: &[u32],
    fates: &Mutex<HashMap<String, Fate>>,
) -> Result<(), String> {
    let start = Instant::now();
    let left = Mutex::new(numbers.iter().enumerate());
    let next = || left.lock().ok().and_then(|mut left| left.next());
    let work = || -> Result<(), String> {
        while let Some((done, number)) = next() {
            let mutant = &mutants[*number as usize - 1];
            let fate = trials.run(&mutant.package, *number)?.into();
            if fate == Fate::Survived {
                println!("survives: {}:{} {}", mutant.file, mutant.line, mutant.label);
            }
            let mut fates = fates.lock().map_err(|error| error.to_string())?;
            fates.insert(mutant.label.clone(), fate);
            if done % 50 == 49 {
                let seconds = start.elapsed().as_secs_f32();
                let rest = seconds / (done + 1) as f32 * (numbers.len() - done - 1) as f32;
                say(&format!("{} of {} mutants, {:.0} more minutes", done + 1, numbers.len(), rest / 60.0));
                keep(&fates)?;
            }
        }
        Ok(())
    };
    at_once(0..AT_ONCE, |_| work())
}

/// What became of mutants in earlier runs, by label.
fn known() -> Result<HashMap<String, Fate>, String> {
    let text = fs::read_to_string(copy::folder().join("fates.json"))
        .map_err(|error| format!("{error}: no run before this one"))?;
    let fates: Map<String, Value> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let fate = |value: &Value| FATES.iter().find(|(_, name)| value == name).map(|(fate, _)| *fate);
    Ok(fates.into_iter().filter_map(|(label, value)| Some((label, fate(&value)?))).collect())
}

fn keep(fates: &HashMap<String, Fate>) -> Result<(), String> {
    let name = |fate: &Fate| FATES.iter().find(|(it, _)| it == fate).map_or("", |(_, name)| name);
    let fates: Map<String, Value> =
        fates.iter().map(|(label, fate)| (label.clone(), name(fate).into())).collect();
    let text = serde_json::to_string_pretty(&fates).map_err(|error| error.to_string())?;
    let path = copy::folder().join("fates.json");
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Says what survives and nobody explained.
fn report(mutants: &[Mutant], fates: &HashMap<String, Fate>, bless: bool) -> Result<(), String> {
    keep(fates)?;
    let of = |mutant: &Mutant| fates.get(&mutant.label).copied().unwrap_or(Fate::LeftOut);
    let listed: Vec<(&str, &str, Fate)> =
        mutants.iter().map(|it| (it.package.as_str(), it.label.as_str(), of(it))).collect();
    let path = root().join(page::PAGE);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", page::PAGE))?;
    let fresh = page::fresh(&text, &listed)?;
    let explained = page::explained(&text);
    let (table, _) = fresh.split_once("<!-- end -->").unwrap_or((&fresh, ""));
    println!("{}", table.split_once("-->\n").map_or(table, |(_, table)| table));
    let survivors = mutants.iter().filter(|mutant| of(mutant) == Fate::Survived);
    let new: Vec<&Mutant> = survivors.filter(|mutant| !explained.contains(&mutant.label)).collect();
    for mutant in &new {
        println!("survives and is not explained: {}:{} {}", mutant.file, mutant.line, mutant.label);
    }
    if bless {
        fs::write(&path, &fresh).map_err(|error| format!("{}: {error}", page::PAGE))?;
    }
    if new.is_empty() { Ok(()) } else { Err(format!("{} mutants survive and are not explained", new.len())) }
}
