//! Every engine and peer in this process, over one workload.

use std::hint::black_box;
use std::path::Path;

use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;
use tapsieve_detector::catalog::ANCHORS;
use tapsieve_detector::{Detector, Outcome};
use tapsieve_host_test::workload::Workload;

use crate::guest::{ECHO, Guest, InWasmi, InWasmtime};
use crate::measure::Competitor;
use crate::peers::{Lua, Vrl, selected_by_lookup};

/// tapsieve natively.
pub const NATIVE: &str = "tapsieve, native";
/// tapsieve in wasmtime, one call per event.
pub const WASMTIME: &str = "tapsieve, wasmtime";
/// tapsieve in wasmtime, scanning blocks of events as `tapsieve run` does.
pub const BLOCKS: &str = "tapsieve, wasmtime, in blocks";
/// tapsieve in wasmi as Fluent Bit calls it.
pub const WASMI: &str = "tapsieve, wasmi";
/// The serde_json module in wasmtime.
pub const SERDE_WASMTIME: &str = "serde_json module, wasmtime";
/// The serde_json module in wasmi.
pub const SERDE_WASMI: &str = "serde_json module, wasmi";
/// A module that returns its input at once, in wasmi.
pub const ECHO_WASMI: &str = "echo module, wasmi";
/// parse_json and match.
pub const VRL: &str = "VRL, parse_json and match";
/// One search for each of the catalog's anchors.
pub const MEMMEM: &str = "memmem, every anchor";
/// Copying.
pub const MEMCPY: &str = "memcpy";

/// What the block-wise engine is given at once, as in `tapsieve run`.
const BLOCK_BYTES: usize = 256 << 10;

/// Compiled modules, which all workloads share.
pub struct Modules {
    tapsieve: tapsieve_host::Module,
    tapsieve_wasmi: wasmi::Module,
    serde_wasmtime: wasmtime::Module,
    serde_wasmi: wasmi::Module,
    echo_wasmi: wasmi::Module,
}

impl Modules {
    /// Compiles them; `serde_guest` is the path of the built serde_json module.
    pub fn load(serde_guest: &Path) -> Result<Self, String> {
        let module = tapsieve_host_test::engines::module_bytes()?;
        let serde =
            std::fs::read(serde_guest).map_err(|error| format!("{}: {error}", serde_guest.display()))?;
        let echo = wat::parse_str(ECHO).map_err(|error| error.to_string())?;
        let interpreter = wasmi::Engine::default();
        let interpreted =
            |bytes: &[u8]| wasmi::Module::new(&interpreter, bytes).map_err(|error| error.to_string());
        Ok(Self {
            tapsieve: tapsieve_host::Module::new(&module).map_err(|error| error.to_string())?,
            tapsieve_wasmi: interpreted(&module)?,
            serde_wasmtime: wasmtime::Module::new(&wasmtime::Engine::default(), &serde)
                .map_err(|error| error.to_string())?,
            serde_wasmi: interpreted(&serde)?,
            echo_wasmi: interpreted(&echo)?,
        })
    }

    /// An instance as the `tapsieve` command has it.
    pub fn instance(&self) -> tapsieve_host::Instance {
        self.tapsieve.instance()
    }

    /// An instance as Fluent Bit has it, in another interpreter.
    pub fn interpreted(&self) -> Result<InWasmi, String> {
        InWasmi::start(&self.tapsieve_wasmi)
    }
}

/// A competitor that looks at one record after the other.
fn each<'a>(
    name: &'static str,
    workload: &'a Workload,
    expected: usize,
    mut selects: impl FnMut(&[u8]) -> Result<bool, String> + 'a,
) -> Competitor<'a> {
    let pass = move || {
        let mut found = 0;
        for record in &workload.records {
            found += usize::from(selects(record)?);
        }
        Ok(found)
    };
    Competitor { name, expected, pass: Box::new(pass) }
}

/// All of them.
pub fn competitors<'a>(modules: &'a Modules, workload: &'a Workload) -> Result<Vec<Competitor<'a>>, String> {
    let (mirror, seed, all) = (workload.mirror, workload.seed, workload.records.len());
    let mut detector = Detector::new();
    let mut instance = modules.instance();
    let mut guest = modules.interpreted()?;
    let mut serde_wasmtime = InWasmtime::start(&modules.serde_wasmtime)?;
    let mut serde_wasmi = InWasmi::start(&modules.serde_wasmi)?;
    let mut echo = InWasmi::start(&modules.echo_wasmi)?;
    let mut vrl = Vrl::new()?;
    let mut buffer = vec![0; workload.records.iter().map(Vec::len).max().unwrap_or_default()];
    let parsed = |record: &[u8]| {
        let event = serde_json::from_slice::<serde_json::Value>(record).map_err(|error| error.to_string())?;
        Ok(black_box(&event).is_object())
    };
    let exact = AhoCorasick::new(ANCHORS).map_err(|error| error.to_string())?;
    let any_case = AhoCorasick::builder().ascii_case_insensitive(true).build(ANCHORS);
    let any_case = any_case.map_err(|error| error.to_string())?;
    let finders: Vec<_> = ANCHORS.iter().map(Finder::new).collect();
    let one = Finder::new("TrafficMirror");
    Ok(vec![
        each(NATIVE, workload, mirror, move |record| {
            Ok(matches!(detector.process(record), Outcome::Enriched(_)))
        }),
        each(WASMTIME, workload, mirror, move |record| {
            let outcome = instance.process(record).map_err(|trap| trap.to_string())?;
            Ok(matches!(outcome, tapsieve_host::Outcome::Enriched(_)))
        }),
        in_blocks(modules, workload),
        each(WASMI, workload, mirror, move |record| guest.event(record)),
        each(ECHO_WASMI, workload, 0, move |record| echo.event(record)),
        each(SERDE_WASMTIME, workload, seed, move |record| serde_wasmtime.event(record)),
        each(SERDE_WASMI, workload, seed, move |record| serde_wasmi.event(record)),
        each(VRL, workload, seed, move |record| vrl.event(record)),
        lua(workload)?,
        each("sonic-rs, three lookups", workload, seed, |record| Ok(selected_by_lookup(record))),
        each("serde_json, parse only", workload, all, parsed),
        each("sonic-rs, parse only", workload, all, |record| {
            let event = sonic_rs::from_slice::<sonic_rs::Value>(record).map_err(|error| error.to_string())?;
            Ok(sonic_rs::JsonValueTrait::is_object(black_box(&event)))
        }),
        each(MEMMEM, workload, mirror, move |record| {
            Ok(finders.iter().any(|finder| finder.find(record).is_some()))
        }),
        each("memmem, `TrafficMirror` only", workload, only(workload, "TrafficMirror"), move |record| {
            Ok(one.find(record).is_some())
        }),
        each("aho-corasick, anchors", workload, mirror, move |record| Ok(exact.is_match(record))),
        each("aho-corasick, anchors in any case", workload, mirror, move |record| {
            Ok(any_case.is_match(record))
        }),
        each(MEMCPY, workload, all, move |record| {
            let place = &mut buffer[..record.len()];
            place.copy_from_slice(record);
            Ok(!black_box(place).is_empty())
        }),
    ])
}

fn only(workload: &Workload, text: &str) -> usize {
    workload.records.iter().filter(|record| String::from_utf8_lossy(record).contains(text)).count()
}

/// What Fluent Bit has parsed before it calls the filter is no part of the time.
fn lua(workload: &Workload) -> Result<Competitor<'_>, String> {
    let mut lua = Lua::new()?;
    let events: Result<Vec<serde_json::Value>, _> =
        workload.records.iter().map(|record| serde_json::from_slice(record)).collect();
    let events = events.map_err(|error| error.to_string())?;
    let pass = move || {
        let mut found = 0;
        for event in &events {
            found += usize::from(lua.event(event)?);
        }
        Ok(found)
    };
    Ok(Competitor { name: "LuaJIT, on parsed events", expected: workload.seed, pass: Box::new(pass) })
}

/// Lines in blocks; only those that a scan does not rule out are processed.
fn in_blocks<'a>(modules: &'a Modules, workload: &'a Workload) -> Competitor<'a> {
    let mut blocks: Vec<(Vec<u8>, Vec<usize>)> = Vec::new();
    for record in &workload.records {
        if blocks.last().is_none_or(|(block, _)| block.len() + record.len() > BLOCK_BYTES) {
            blocks.push((Vec::new(), vec![0]));
        }
        if let Some((block, ends)) = blocks.last_mut() {
            block.extend_from_slice(record);
            block.push(b'\n');
            ends.push(block.len());
        }
    }
    let mut instance = modules.instance();
    let pass = move || {
        let mut found = 0;
        for (block, ends) in &blocks {
            found += one_block(&mut instance, block, ends).map_err(|trap| trap.to_string())?;
        }
        Ok(found)
    };
    Competitor { name: BLOCKS, expected: workload.mirror, pass: Box::new(pass) }
}

fn one_block(
    instance: &mut tapsieve_host::Instance,
    block: &[u8],
    ends: &[usize],
) -> Result<usize, tapsieve_host::Trap> {
    let mut loaded = instance.block(block)?;
    let (mut found, mut at) = (0, 0);
    loop {
        let candidate = loaded.scan(at)?;
        if candidate >= block.len() {
            return Ok(found);
        }
        let line = ends.partition_point(|end| *end <= candidate);
        let outcome = loaded.process(ends[line - 1]..ends[line] - 1)?;
        found += usize::from(matches!(outcome, tapsieve_host::Outcome::Enriched(_)));
        at = ends[line];
    }
}
