//! How modules are compiled, here and in the command; knows wasmtime's settings, nothing of any module.

use sha2::{Digest, Sha256};
use wasmtime::{Config, Engine, OptLevel, Result};

/// The stack that wasmtime gives a module, in bytes; the module itself is built for 8 KiB in Fluent Bit.
pub const STACK_BYTES_MAX: usize = 512 << 10;

/// How many bytes of a hash stand before what is compiled.
pub const HASH_BYTES: usize = 32;

/// Settings for calls that can be ended from outside.
///
/// Epochs cost a table-driven scan about a twentieth to a tenth of its speed, and a byte-by-byte one a third.
/// Fuel, which would make the limit exact, costs more and is not needed: the limit is for modules that never return.
pub fn config() -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .wasm_backtrace_max_frames(None)
        .max_wasm_stack(STACK_BYTES_MAX);
    config
}

/// SHA-256 of a module.
pub fn hash(wasm: &[u8]) -> [u8; HASH_BYTES] {
    Sha256::digest(wasm).into()
}

/// The module's [`hash`], then its machine code for any processor of this target.
///
/// # Errors
/// wasmtime does not take the module.
pub fn compile(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut config = config();
    // With a name for the target nothing is taken from the processor at hand.
    config.target(env!("TAPSIEVE_TARGET"))?;
    let mut out = hash(wasm).to_vec();
    out.extend(Engine::new(&config)?.precompile_module(wasm)?);
    Ok(out)
}
