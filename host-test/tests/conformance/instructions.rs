//! How many instructions the module executes, held to `tests/instructions.toml`: numbers that do not depend on the
//! machine. Engines count them as fuel, each in its own units.
//!
//! wasmtime is called as `tapsieve` calls it, wasmi as Fluent Bit calls its engine, with blocks for the tag and the
//! record that it takes and gives back for every event.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};
use tapsieve_host_test::engines::module_bytes;
use tapsieve_host_test::root;
use tapsieve_host_test::workload::{Workload, workloads};
use wasmtime::{Config, Engine, Instance, Memory, Module, Store, TypedFunc};

use crate::absent;

/// By how much a count may differ from the baseline, in percent.
const DIFFERENCE_MAX: u64 = 5;

/// More than anything here takes.
const FUEL: u64 = u64::MAX / 2;

/// Counts the fuel for a first, empty record, and for all records after it.
type Count = fn(&[u8], &Workload) -> Result<(u64, u64), String>;

/// An engine's name and how it counts.
type Contender = (&'static str, Count);

const COUNTERS: [Contender; 2] = [("wasmtime", count_wasmtime), ("wasmi", count_wasmi)];

pub(crate) fn trials() -> Vec<Trial> {
    if let Err(reason) = module_bytes() {
        return vec![absent("instructions".into(), true, reason)];
    }
    let trial = |(name, count): Contender| {
        Trial::test(format!("instructions/{name}"), move || compare(name, &measure(count)?))
    };
    COUNTERS.map(trial).into()
}

/// Writes the baseline anew: `cargo xtask bench instructions --bless`.
pub(crate) fn bless() -> Result<(), String> {
    let mut text = String::from(
        "# Fuel that the module uses, per workload of host-test/src/workload.rs; `start` is the first call.\n\
         # A count that differs by more than 5 % fails; `cargo xtask bench instructions --bless` writes this file.\n",
    );
    for (name, count) in COUNTERS {
        let _ = writeln!(text, "\n[{name}]");
        for (workload, fuel) in measure(count)? {
            let _ = writeln!(text, "{workload} = {fuel}");
        }
    }
    fs::write(baseline_path(), text).map_err(|error| format!("tests/instructions.toml: {error}"))
}

fn baseline_path() -> PathBuf {
    root().join("tests/instructions.toml")
}

fn measure(count: Count) -> Result<Vec<(&'static str, u64)>, String> {
    let module = module_bytes()?;
    let mut counts = Vec::new();
    for workload in workloads(1) {
        let (start, records) = count(&module, &workload)?;
        if counts.is_empty() {
            counts.push(("start", start));
        }
        counts.push((workload.name, records));
    }
    Ok(counts)
}

fn compare(engine: &str, counts: &[(&str, u64)]) -> Result<(), Failed> {
    let text =
        fs::read_to_string(baseline_path()).map_err(|error| format!("tests/instructions.toml: {error}"))?;
    let baseline: toml_edit::DocumentMut = text.parse()?;
    let mut problems = String::new();
    for (workload, now) in counts {
        let known = baseline.get(engine).and_then(|engine| engine.get(workload)?.as_integer());
        let Some(known) = known.and_then(|known| u64::try_from(known).ok()) else {
            let _ = writeln!(problems, "{workload}: not in the baseline");
            continue;
        };
        let allowed = known / 100 * DIFFERENCE_MAX;
        if now.abs_diff(known) > allowed {
            let percent = *now as f64 / known as f64 * 100.0 - 100.0;
            let advice = if *now > known { "slower" } else { "faster: bless, so that it stays so" };
            let _ = writeln!(
                problems,
                "{workload}: {known} in the baseline, now {now}: {percent:+.1} %, {advice}"
            );
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    problems.push_str("when this is meant: cargo xtask bench instructions --bless");
    Err(problems.into())
}

fn check(workload: &Workload, found: usize) -> Result<(), String> {
    match found == workload.mirror {
        true => Ok(()),
        false => Err(format!("{}: {found} records enriched of {}", workload.name, workload.mirror)),
    }
}

/// An instance in wasmtime that says what a record takes.
pub(crate) struct Counter {
    store: Store<()>,
    memory: Memory,
    malloc: TypedFunc<u32, u32>,
    free: TypedFunc<u32, ()>,
    process: TypedFunc<(u32, u32), u64>,
}

impl Counter {
    /// Starts a module.
    pub(crate) fn new(module: &[u8]) -> Result<Self, String> {
        let text = |error: wasmtime::Error| error.to_string();
        let engine = Engine::new(Config::new().consume_fuel(true)).map_err(text)?;
        let module = Module::new(&engine, module).map_err(text)?;
        let mut store = Store::new(&engine, ());
        store.set_fuel(FUEL).map_err(text)?;
        let instance = Instance::new(&mut store, &module, &[]).map_err(text)?;
        Ok(Counter {
            memory: instance.get_memory(&mut store, "memory").ok_or("no export `memory`")?,
            malloc: instance.get_typed_func(&mut store, "malloc").map_err(text)?,
            free: instance.get_typed_func(&mut store, "free").map_err(text)?,
            process: instance.get_typed_func(&mut store, "process").map_err(text)?,
            store,
        })
    }

    /// The fuel that `process` takes for a record, and whether it answers with another.
    pub(crate) fn count(&mut self, record: &[u8]) -> Result<(u64, bool), String> {
        self.call(record).map_err(|error| error.to_string())
    }

    fn call(&mut self, record: &[u8]) -> wasmtime::Result<(u64, bool)> {
        let length = u32::try_from(record.len())?;
        let buffer = self.malloc.call(&mut self.store, length.max(1))?;
        self.memory.write(&mut self.store, buffer as usize, record)?;
        self.store.set_fuel(FUEL)?;
        let answer = self.process.call(&mut self.store, (buffer, length))?;
        let fuel = FUEL - self.store.get_fuel()?;
        self.free.call(&mut self.store, buffer)?;
        Ok((fuel, (answer >> 32) as u32 != buffer))
    }
}

/// Through `process`, as `tapsieve` calls it.
fn count_wasmtime(module: &[u8], workload: &Workload) -> Result<(u64, u64), String> {
    let mut counter = Counter::new(module)?;
    let (start, _) = counter.count(b"")?;
    let (mut found, mut all) = (0, 0);
    for record in &workload.records {
        let (fuel, is_changed) = counter.count(record)?;
        found += usize::from(is_changed);
        all += fuel;
    }
    check(workload, found)?;
    Ok((start, all))
}

/// Through `fluent_bit_process`, as Fluent Bit calls it.
fn count_wasmi(module: &[u8], workload: &Workload) -> Result<(u64, u64), String> {
    use wasmi::{Config, Engine, Linker, Module, Store};
    let text = |error: wasmi::Error| error.to_string();
    let engine = Engine::new(Config::default().consume_fuel(true));
    let module = Module::new(&engine, module).map_err(text)?;
    let mut store = Store::new(&engine, ());
    store.set_fuel(FUEL).map_err(text)?;
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).map_err(text)?;
    let memory = instance.get_memory(&store, "memory").ok_or("no export `memory`")?;
    let malloc = instance.get_typed_func::<u32, u32>(&store, "malloc").map_err(text)?;
    let free = instance.get_typed_func::<u32, ()>(&store, "free").map_err(text)?;
    let process = instance
        .get_typed_func::<(u32, u32, u32, u32, u32, u32), u32>(&store, "fluent_bit_process")
        .map_err(text)?;

    let mut found = 0;
    let mut start = None;
    store.set_fuel(FUEL).map_err(text)?;
    for record in std::iter::once(&Vec::new()).chain(&workload.records) {
        let tag = malloc.call(&mut store, 6).map_err(text)?;
        memory.write(&mut store, tag as usize, b"audit\0").map_err(|error| error.to_string())?;
        let buffer = malloc.call(&mut store, record.len() as u32 + 1).map_err(text)?;
        memory.write(&mut store, buffer as usize, record).map_err(|error| error.to_string())?;
        let end = buffer as usize + record.len();
        memory.write(&mut store, end, b"\0").map_err(|error| error.to_string())?;
        let arguments = (tag, 5, 1_700_000_000, 0, buffer, record.len() as u32);
        let answer = process.call(&mut store, arguments).map_err(text)?;
        found += usize::from(answer != buffer);
        free.call(&mut store, tag).map_err(text)?;
        free.call(&mut store, buffer).map_err(text)?;
        if start.is_none() {
            start = Some(FUEL - store.get_fuel().map_err(text)?);
            store.set_fuel(FUEL).map_err(text)?;
        }
    }
    check(workload, found)?;
    Ok((start.unwrap_or_default(), FUEL - store.get_fuel().map_err(text)?))
}
