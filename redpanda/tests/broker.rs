//! The built transform against a broker that is emulated in wasmtime: the imports of the SDK and of WASI, records in and
//! out. Knows the ABI of transforms, nothing of how a real broker stores and starts them; no broker runs here.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

use std::path::PathBuf;

use libtest_mimic::{Arguments, Failed, Trial};
use tapsieve_detector::{Detector, Outcome};
use wasmtime::{Caller, Engine, Extern, Linker, Module, Store};

/// What a broker allows a transform by default, in bytes (`data_transforms_per_function_memory_limit`).
const MEMORY_BYTES_MAX: usize = 2 << 20;

const MIRROR: &[u8] = br#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession"}"#;
const NOISE: &[u8] = br#"{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances"}"#;

/// A record as the broker holds it: key, value and headers, each there or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Record {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

fn record(value: &[u8]) -> Record {
    Record { value: Some(value.to_vec()), ..Record::default() }
}

/// The broker's side of one transform.
#[derive(Default)]
struct Broker {
    batches: std::vec::IntoIter<Vec<Record>>,
    batch: std::vec::IntoIter<Record>,
    written: Vec<Record>,
    /// How many writes succeed before the output topic fails.
    writes_max: Option<usize>,
    checked: bool,
    printed: Vec<u8>,
}

/// Why a run ended: there is nothing left to read, or the transform failed.
#[derive(Debug)]
struct NothingLeft;
impl std::fmt::Display for NothingLeft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nothing left")
    }
}
impl std::error::Error for NothingLeft {}

/// Runs the transform over batches; returns the broker, whether all was read, and how much memory it has.
fn run(wasm: &[u8], batches: Vec<Vec<Record>>, writes_max: Option<usize>) -> (Broker, bool, usize) {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).unwrap();
    let mut linker: Linker<Broker> = Linker::new(&engine);
    let abi = "redpanda_transform";
    linker
        .func_wrap(abi, "check_abi_version_2", |mut broker: Caller<'_, Broker>| {
            broker.data_mut().checked = true;
        })
        .unwrap();
    linker.func_wrap(abi, "read_batch_header", read_batch_header).unwrap();
    linker.func_wrap(abi, "read_next_record", read_next_record).unwrap();
    linker.func_wrap(abi, "write_record", write_record).unwrap();
    let wasi = "wasi_snapshot_preview1";
    linker
        .func_wrap(
            wasi,
            "environ_sizes_get",
            |mut caller: Caller<'_, Broker>, count: u32, size: u32| -> i32 {
                put(&mut caller, count, &0u32.to_le_bytes());
                put(&mut caller, size, &0u32.to_le_bytes());
                0
            },
        )
        .unwrap();
    linker.func_wrap(wasi, "environ_get", |_: u32, _: u32| -> i32 { 0 }).unwrap();
    linker.func_wrap(wasi, "fd_write", fd_write).unwrap();
    // Whatever else is imported may not be called.
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let broker = Broker { batches: batches.into_iter(), writes_max, ..Broker::default() };
    let mut store = Store::new(&engine, broker);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap();
    let error = start.call(&mut store, ()).unwrap_err();
    let memory = instance.get_memory(&mut store, "memory").unwrap().data_size(&store);
    (store.into_data(), error.is::<NothingLeft>(), memory)
}

#[allow(clippy::too_many_arguments, reason = "the ABI of transforms")]
fn read_batch_header(
    mut caller: Caller<'_, Broker>,
    base_offset: u32,
    record_count: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
) -> wasmtime::Result<i32> {
    let Some(batch) = caller.data_mut().batches.next() else { return Err(NothingLeft.into()) };
    put(&mut caller, base_offset, &0u64.to_le_bytes());
    put(&mut caller, record_count, &(batch.len() as u32).to_le_bytes());
    let largest = batch.iter().map(|record| encode(record).len()).max().unwrap_or(0);
    caller.data_mut().batch = batch.into_iter();
    Ok(largest as i32)
}

fn read_next_record(mut caller: Caller<'_, Broker>, _: u32, _: u32, _: u32, buffer: u32, len: u32) -> i32 {
    let Some(record) = caller.data_mut().batch.next() else { return -1 };
    let payload = encode(&record);
    if payload.len() > len as usize {
        return -2;
    }
    put(&mut caller, buffer, &payload);
    payload.len() as i32
}

fn write_record(mut caller: Caller<'_, Broker>, buffer: u32, len: u32) -> i32 {
    let payload = bytes(&mut caller, buffer, len);
    let broker = caller.data_mut();
    if broker.writes_max == Some(broker.written.len()) {
        return -3;
    }
    broker.written.push(decode(&payload));
    len as i32
}

fn fd_write(mut caller: Caller<'_, Broker>, _: u32, vectors: u32, count: u32, written: u32) -> i32 {
    let mut total = 0;
    for index in 0..count {
        let vector = bytes(&mut caller, vectors + 8 * index, 8);
        let [address, len] = [0, 4].map(|at| u32::from_le_bytes(vector[at..at + 4].try_into().unwrap()));
        let text = bytes(&mut caller, address, len);
        total += len;
        caller.data_mut().printed.extend(text);
    }
    put(&mut caller, written, &total.to_le_bytes());
    0
}

fn put(caller: &mut Caller<'_, Broker>, address: u32, data: &[u8]) {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { panic!("no memory") };
    memory.write(caller, address as usize, data).unwrap();
}

fn bytes(caller: &mut Caller<'_, Broker>, address: u32, len: u32) -> Vec<u8> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { panic!("no memory") };
    memory.data(&caller)[address as usize..][..len as usize].to_vec()
}

fn encode(record: &Record) -> Vec<u8> {
    let mut out = Vec::new();
    sized(&mut out, record.key.as_deref());
    sized(&mut out, record.value.as_deref());
    varint(&mut out, record.headers.len() as i64);
    for (key, value) in &record.headers {
        sized(&mut out, Some(key));
        sized(&mut out, value.as_deref());
    }
    out
}

fn sized(out: &mut Vec<u8>, data: Option<&[u8]>) {
    varint(out, data.map_or(-1, |data| data.len() as i64));
    out.extend(data.unwrap_or_default());
}

/// Zigzag, seven bits a byte.
fn varint(out: &mut Vec<u8>, number: i64) {
    let mut rest = (number << 1 ^ number >> 63) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn decode(payload: &[u8]) -> Record {
    let mut rest = payload;
    let key = take_sized(&mut rest);
    let value = take_sized(&mut rest);
    let count = take_varint(&mut rest);
    let headers = (0..count).map(|_| (take_sized(&mut rest).unwrap(), take_sized(&mut rest))).collect();
    assert!(rest.is_empty(), "bytes after the record");
    Record { key, value, headers }
}

fn take_sized(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let len = usize::try_from(take_varint(rest)).ok()?;
    let (data, after) = rest.split_at(len);
    *rest = after;
    Some(data.to_vec())
}

fn take_varint(rest: &mut &[u8]) -> i64 {
    let (mut number, mut shift) = (0u64, 0);
    loop {
        let byte = rest[0];
        *rest = &rest[1..];
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return (number >> 1) as i64 ^ -((number & 1) as i64);
        }
    }
}

/// What the detector makes of values, record by record.
fn expected(records: &[Record], policy: Option<&[u8]>) -> Vec<Record> {
    let mut detector = Detector::new();
    if let Some(policy) = policy {
        detector.configure(policy).unwrap();
    }
    let mut out = Vec::new();
    for record in records {
        let value = match record.value.as_deref().map(|value| detector.process(value)) {
            Some(Outcome::Enriched(enriched)) => Some(enriched.to_vec()),
            Some(Outcome::Dropped) => continue,
            Some(Outcome::Unchanged) | None => record.value.clone(),
        };
        out.push(Record { value, ..record.clone() });
    }
    out
}

fn batches() -> Vec<Vec<Record>> {
    let headers = vec![(b"source".to_vec(), Some(b"trail".to_vec())), (b"empty".to_vec(), None)];
    vec![
        vec![record(NOISE), record(MIRROR), record(b"no JSON"), record(b"")],
        vec![],
        vec![
            Record { key: Some(b"key".to_vec()), value: Some(MIRROR.to_vec()), headers: headers.clone() },
            Record { key: Some(vec![]), value: None, headers },
            record(&[MIRROR, b"\n"].concat()),
            record(&[br#"{"pad":""#, &b"x".repeat(200_000)[..], br#""}"#].concat()),
        ],
        vec![record(NOISE); 1000],
    ]
}

fn passes_records_on(wasm: &[u8], policy: Option<&[u8]>) -> Result<(), Failed> {
    let all: Vec<Record> = batches().concat();
    let (broker, all_read, memory) = run(wasm, batches(), None);
    check(broker.checked, "the transform does not say which ABI it speaks")?;
    check(all_read, &format!("the transform stopped: {}", String::from_utf8_lossy(&broker.printed)))?;
    let wanted = expected(&all, policy);
    check(wanted.iter().any(|record| !all.contains(record)), "nothing is enriched: the test proves nothing")?;
    check(broker.written == wanted, "other records came out than the detector gives")?;
    check(memory <= MEMORY_BYTES_MAX, &format!("{memory} bytes of memory, a broker gives {MEMORY_BYTES_MAX}"))
}

/// After a failed write the transform stops: a real broker starts it again at the record that was not committed.
fn stops_where_a_write_fails(wasm: &[u8]) -> Result<(), Failed> {
    let (broker, all_read, _) = run(wasm, batches(), Some(2));
    check(!all_read, "the transform went on after a failed write")?;
    check(broker.written.len() == 2, "records were written after a failed write")?;
    check(!broker.printed.is_empty(), "nothing is said about it")
}

fn imports_what_a_broker_has(wasm: &[u8]) -> Result<(), Failed> {
    let module = Module::new(&Engine::default(), wasm)?;
    for import in module.imports() {
        let known = match import.module() {
            "redpanda_transform" => true,
            other => other == "wasi_snapshot_preview1",
        };
        check(known, &format!("imports {}.{}", import.module(), import.name()))?;
    }
    check(wasm.len() <= 1 << 20, &format!("{} bytes of module", wasm.len()))
}

fn check(holds: bool, problem: &str) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(problem.into()) }
}

fn main() {
    let arguments = Arguments::from_args();
    let dist = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../dist");
    let read = |name: &str| std::fs::read(dist.join(name)).ok();
    let (plain, kept) = (read("tapsieve-redpanda.wasm"), read("test/tapsieve-redpanda-keep.wasm"));
    let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    let absent = !in_ci && (plain.is_none() || kept.is_none());
    // Without the transform there is nothing to try, and CI has to have built it.
    let trial = |name: &str, wasm: &Option<Vec<u8>>, test: fn(&[u8]) -> Result<(), Failed>| {
        let wasm = wasm.clone();
        let test = move || match wasm {
            Some(wasm) => test(&wasm),
            None => Err("there is no dist/tapsieve-redpanda.wasm; `cargo xtask redpanda` builds it".into()),
        };
        Trial::test(format!("redpanda/{name}"), test).with_ignored_flag(absent)
    };
    let trials = vec![
        trial("passes-records-on", &plain, |wasm| passes_records_on(wasm, None)),
        trial("holds-its-policy", &kept, |wasm| passes_records_on(wasm, Some(br#"{"keep":"mirror"}"#))),
        trial("stops-where-a-write-fails", &plain, stops_where_a_write_fails),
        trial("imports-what-a-broker-has", &plain, imports_what_a_broker_has),
        // Listed in every run, so that nobody takes the emulation for a broker.
        Trial::test("redpanda/in-a-real-broker (absent: no broker is run, its imports are emulated)", || {
            Ok(())
        })
        .with_ignored_flag(true),
    ];
    libtest_mimic::run(&arguments, trials).exit();
}
