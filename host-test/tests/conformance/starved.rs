//! Memory that is denied while a record is decided: at the n-th growth, for every n, and from then on.
//!
//! No call traps. It answers as it should, or with the record unchanged, or says that a part stayed unread; the next record
//! has its answer.

use libtest_mimic::{Failed, Trial};
use tapsieve_host_test::engines::module_bytes;
use wasmtime::{Engine as Wasmtime, Instance, Module, ResourceLimiter, Store, TypedFunc};

use crate::absent;
use crate::cost::records;

/// More growths than any record here needs.
const GROWTHS_MAX: usize = 200;

/// Mirror events with so many bytes beside them.
const SIZES: [usize; 4] = [0, 20_000, 300_000, 3_000_000];

/// How long records of many pieces are.
const BYTES: [usize; 2] = [24 << 10, 128 << 10];

const POLICIES: [&str; 4] = ["{}", r#"{"schema":"ecs"}"#, r#"{"schema":"ocsf"}"#, r#"{"keep":"mirror"}"#];

pub(crate) fn trials() -> Vec<Trial> {
    let wasm = match module_bytes() {
        Ok(wasm) => &*Box::leak(wasm.into_boxed_slice()),
        Err(reason) => return vec![absent("module/denied-memory".into(), true, reason)],
    };
    let trial = |name: &str, records: Vec<Vec<u8>>| {
        Trial::test(format!("module/denied-memory/{name}"), move || starve(wasm, &records))
    };
    let sizes = SIZES.map(|size| {
        let records = ["", "Mar  4 09:00:07 h1 "].map(|header| {
            format!(
                r#"{header}{{"eventSource":"ec2.amazonaws.com","pad":"{}","message":"{{\"eventName\":1}}","eventName":"CreateTrafficMirrorSession"}}"#,
                "x".repeat(size)
            )
            .into_bytes()
        });
        trial(&format!("{size}-bytes-beside"), records.into())
    });
    let shapes = records(BYTES[0]).zip(records(BYTES[1]));
    sizes.into_iter().chain(shapes.map(|((name, less), (_, more))| trial(name, vec![less, more]))).collect()
}

/// Says no to one growth, or to all from one on.
#[derive(Default)]
struct Growth {
    seen: usize,
    denied: std::ops::Range<usize>,
}

impl ResourceLimiter for Growth {
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.seen += 1;
        Ok(!self.denied.contains(&self.seen))
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// A started module whose memory may be denied.
struct Starved {
    store: Store<Growth>,
    instance: Instance,
}

/// The exports that take a record.
const CALLS: [&str; 3] = ["process", "fluent_bit_process", "fluent_bit_repair"];

impl Starved {
    fn new(module: &Module, policy: &str) -> Result<Starved, String> {
        let mut store = Store::new(module.engine(), Growth::default());
        store.limiter(|growth| growth);
        let instance = Instance::new(&mut store, module, &[]).map_err(|error| error.to_string())?;
        let mut starved = Starved { store, instance };
        let (address, len) = starved.put(policy.as_bytes())?.ok_or("no memory for the policy")?;
        starved.call::<_, u64>("configure", (address, len))?;
        starved.call::<_, ()>("free", (address,))?;
        starved.store.data_mut().seen = 0;
        Ok(starved)
    }

    fn call<P: wasmtime::WasmParams, R: wasmtime::WasmResults>(
        &mut self,
        name: &str,
        arguments: P,
    ) -> Result<R, String> {
        let function: TypedFunc<P, R> =
            self.instance.get_typed_func(&mut self.store, name).map_err(|error| error.to_string())?;
        function.call(&mut self.store, arguments).map_err(|error| format!("{name}: {error:?}"))
    }

    /// The bytes in a block of the module's, with a zero byte behind them; `None` where there is no memory for it.
    fn put(&mut self, bytes: &[u8]) -> Result<Option<(u32, u32)>, String> {
        let len = bytes.len() as u32;
        let address: u32 = self.call("malloc", (len + 1,))?;
        if address == 0 {
            return Ok(None);
        }
        let memory = self.instance.get_memory(&mut self.store, "memory").ok_or("no export `memory`")?;
        let written = memory.write(&mut self.store, address as usize, &[bytes, &[0]].concat());
        written.map_err(|error| error.to_string())?;
        Ok(Some((address, len)))
    }

    /// What goes on; the record itself where there is no memory for it, of which Fluent Bit tells the module.
    fn process(&mut self, call: &str, record: &[u8]) -> Result<Vec<u8>, String> {
        let put = self.put(record)?;
        let memory = self.instance.get_memory(&mut self.store, "memory").ok_or("no export `memory`")?;
        let Some((address, len)) = put else {
            if call != "process" {
                let start: u32 = self.call(call, (0u32, 0u32, 0u32, 0u32, 0u32, record.len() as u32))?;
                let said = memory.data(&self.store).get(start as usize..).unwrap_or_default();
                if !said.starts_with(br#"{"tapsieve_error":"record "#) {
                    return Err(format!("{call} says nothing of a record that was not copied"));
                }
            }
            return Ok(record.to_vec());
        };
        let bytes = if call == "process" {
            let packed: u64 = self.call(call, (address, len))?;
            let (start, len) = ((packed >> 32) as usize, packed as u32 as usize);
            memory.data(&self.store).get(start..start + len)
        } else {
            let start: u32 = self.call(call, (0u32, 0u32, 0u32, 0u32, address, len))?;
            let rest = memory.data(&self.store).get(start as usize..).unwrap_or_default();
            rest.split(|byte| *byte == 0).next()
        };
        let bytes = bytes.ok_or("an answer outside of the memory")?.to_vec();
        self.call::<_, ()>("free", (address,))?;
        Ok(bytes)
    }
}

fn starve(wasm: &[u8], records: &[Vec<u8>]) -> Result<(), Failed> {
    let module = Module::new(&Wasmtime::default(), wasm).map_err(|error| error.to_string())?;
    let (mut denied, mut unchanged, mut unread) = (0, 0, 0);
    for record in records {
        for (policy, call) in POLICIES.iter().flat_map(|policy| CALLS.map(|call| (policy, call))) {
            // Every call with the first policy, every policy with the first call. Fluent Bit has no headers.
            if call != CALLS[0] && (*policy != POLICIES[0] || !record.starts_with(b"{")) {
                continue;
            }
            let expected = Starved::new(&module, policy)?.process(call, record)?;
            for nth in 1..GROWTHS_MAX {
                let mut growths = 0;
                for until in [nth + 1, usize::MAX] {
                    let at =
                        || format!("{call} with {policy}, {} bytes, growth {nth} to {until}", record.len());
                    let mut starved = Starved::new(&module, policy)?;
                    starved.store.data_mut().denied = nth..until;
                    let answer =
                        starved.process(call, record).map_err(|error| format!("{}: {error}", at()))?;
                    growths = starved.store.data().seen;
                    let says_so = answer.windows(13).any(|window| window == br#""unread":true"#);
                    if answer != *record && answer != expected && !says_so {
                        return Err(format!("{}: another answer", at()).into());
                    }
                    if growths >= nth {
                        denied += 1;
                        unchanged += usize::from(answer != expected && answer == *record);
                        unread += usize::from(answer != expected && answer != *record);
                    }
                    starved.store.data_mut().denied = 0..0;
                    if starved.process(call, record)? != expected {
                        return Err(format!("{}: the next record is not answered", at()).into());
                    }
                }
                if growths < nth {
                    break;
                }
            }
        }
    }
    println!("denied {denied} times: {unchanged} records went on unchanged, {unread} with a part unread");
    if denied < 8 { Err(format!("memory was denied {denied} times only").into()) } else { Ok(()) }
}
