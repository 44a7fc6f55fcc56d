//! Memory that is denied while a record is decided: at the n-th growth, for every n, and from then on.
//!
//! A call then answers as it should, or with the record unchanged, or traps, which hosts survive; the next record has its
//! answer.

use libtest_mimic::{Failed, Trial};
use tapsieve_host_test::engines::{Answer, Engine, Native, module_bytes};
use wasmtime::{Instance, Module, ResourceLimiter, Store, TypedFunc};

use crate::absent;

/// More growths than any record here needs.
const GROWTHS_MAX: usize = 64;

/// A mirror event with so many bytes beside it.
const SIZES: [usize; 4] = [0, 20_000, 300_000, 3_000_000];

pub(crate) fn trials() -> Vec<Trial> {
    let name = "module/denied-memory-costs-one-record";
    match module_bytes() {
        Ok(wasm) => vec![Trial::test(name, move || starve(&wasm))],
        Err(reason) => vec![absent(name.into(), true, reason)],
    }
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

impl Starved {
    fn new(module: &Module) -> Result<Starved, String> {
        let mut store = Store::new(module.engine(), Growth::default());
        store.limiter(|growth| growth);
        let instance = Instance::new(&mut store, module, &[]).map_err(|error| error.to_string())?;
        Ok(Starved { store, instance })
    }

    fn call<P: wasmtime::WasmParams, R: wasmtime::WasmResults>(
        &mut self,
        name: &str,
        arguments: P,
    ) -> Result<R, String> {
        let function: TypedFunc<P, R> =
            self.instance.get_typed_func(&mut self.store, name).map_err(|error| error.to_string())?;
        function.call(&mut self.store, arguments).map_err(|error| error.to_string())
    }

    /// The answer to a record; unchanged where there is no memory for the record itself.
    fn process(&mut self, record: &[u8]) -> Result<Answer, String> {
        let len = record.len() as u32;
        let address: u32 = self.call("malloc", (len,))?;
        if address == 0 {
            return Ok(Answer::Unchanged);
        }
        let memory = self.instance.get_memory(&mut self.store, "memory").ok_or("no export `memory`")?;
        memory.write(&mut self.store, address as usize, record).map_err(|error| error.to_string())?;
        let packed: u64 = self.call("process", (address, len))?;
        let (start, len) = ((packed >> 32) as usize, packed as u32 as usize);
        let bytes = memory
            .data(&self.store)
            .get(start..start + len)
            .ok_or("an answer outside of the memory")?
            .to_vec();
        self.call::<_, ()>("free", (address,))?;
        Ok(if start == address as usize { Answer::Unchanged } else { Answer::Enriched(bytes) })
    }
}

fn starve(wasm: &[u8]) -> Result<(), Failed> {
    let module = Module::new(&wasmtime::Engine::default(), wasm).map_err(|error| error.to_string())?;
    let mut denied = 0;
    for size in SIZES {
        let record = format!(
            r#"{{"eventSource":"ec2.amazonaws.com","pad":"{}","message":"{{\"eventName\":1}}","eventName":"CreateTrafficMirrorSession"}}"#,
            "x".repeat(size)
        );
        let expected = Native::new().process(record.as_bytes())?;
        if !matches!(expected, Answer::Enriched(_)) {
            return Err("the record is no mirror event".into());
        }
        for nth in 1..GROWTHS_MAX {
            let mut growths = 0;
            for until in [nth + 1, usize::MAX] {
                let mut starved = Starved::new(&module)?;
                starved.store.data_mut().denied = nth..until;
                let answer = starved.process(record.as_bytes());
                growths = starved.store.data().seen;
                denied += usize::from(growths >= nth);
                if answer.is_err() {
                    // A host starts afresh after a trap.
                    starved = Starved::new(&module)?;
                } else if !matches!(&answer, Ok(answer) if *answer == Answer::Unchanged || *answer == expected)
                {
                    return Err(format!("growth {nth} denied, {size} bytes: another answer").into());
                }
                starved.store.data_mut().denied = 0..0;
                if starved.process(record.as_bytes())? != expected {
                    return Err(format!(
                        "growth {nth} denied, {size} bytes: the next record is not answered"
                    )
                    .into());
                }
            }
            if growths < nth {
                break;
            }
        }
    }
    if denied < 8 { Err(format!("memory was denied {denied} times only").into()) } else { Ok(()) }
}
