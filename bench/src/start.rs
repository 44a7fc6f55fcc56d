//! How long it takes until the first record is answered.

use std::time::Instant;

use crate::engines::Modules;
use crate::guest::{Guest, InWasmi};
use crate::measure::{Time, middle};

/// Milliseconds-scale steps of a start, by name.
pub fn times(modules: &Modules, rounds: usize) -> Result<Vec<(&'static str, Time)>, String> {
    let wasm = tapsieve_host_test::engines::module_bytes()?;
    let record = br#"{"eventName":"DescribeInstances","eventSource":"ec2.amazonaws.com"}"#;
    let engine = wasmtime::Engine::default();
    let text = |error: wasmtime::Error| error.to_string();
    let compiled = engine.precompile_module(&wasm).map_err(text)?;
    let interpreter = wasmi::Engine::default();
    let mut steps: Vec<(&'static str, Vec<f64>)> = Vec::new();
    let mut step = |name: &'static str, seconds: f64| match steps.iter_mut().find(|(known, _)| *known == name)
    {
        Some((_, samples)) => samples.push(seconds),
        None => steps.push((name, vec![seconds])),
    };
    for _ in 0..rounds {
        let begin = Instant::now();
        wasmtime::Module::new(&engine, &wasm).map_err(text)?;
        step("wasmtime: compile", begin.elapsed().as_secs_f64());

        let begin = Instant::now();
        // SAFETY: the bytes come from `precompile_module` of the same engine, above.
        #[expect(unsafe_code, reason = "loading machine code is unsafe by nature")]
        unsafe { wasmtime::Module::deserialize(&engine, &compiled) }.map_err(text)?;
        step("wasmtime: load what was compiled before", begin.elapsed().as_secs_f64());

        let mut instance = modules.instance();
        let begin = Instant::now();
        instance.process(record).map_err(|trap| trap.to_string())?;
        step("wasmtime: instance and first record", begin.elapsed().as_secs_f64());

        let begin = Instant::now();
        let module = wasmi::Module::new(&interpreter, &wasm).map_err(|error| error.to_string())?;
        step("wasmi: load", begin.elapsed().as_secs_f64());
        let begin = Instant::now();
        InWasmi::start(&module)?.event(record)?;
        step("wasmi: instance and first record", begin.elapsed().as_secs_f64());
    }
    Ok(steps.into_iter().map(|(name, samples)| (name, middle(samples))).collect())
}
