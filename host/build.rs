//! Embeds the built module and its machine code; knows where they lie, and nothing of what is in them.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest, Sha256};

/// Copies both to where `module.rs` and `compiled.rs` include them; what is not there is empty, and so is machine code
/// of another module.
fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=TAPSIEVE_MODULE");
    let module = env::var_os("TAPSIEVE_MODULE").map_or_else(|| "../dist/tapsieve.wasm".into(), PathBuf::from);
    let wasm = read(&module)?;
    let mut compiled = read(&module.with_extension("cwasm"))?;
    if wasm.is_empty() || !compiled.starts_with(&Sha256::digest(&wasm)) {
        compiled.clear();
    }
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    fs::write(folder.join("tapsieve.wasm"), wasm)?;
    fs::write(folder.join("tapsieve.cwasm"), compiled)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    println!("cargo::rerun-if-changed={}", path.display());
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}
