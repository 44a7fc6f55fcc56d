//! Embeds the built module; knows where it lies, and nothing of what is in it.

use std::path::PathBuf;
use std::{env, fs, io};

/// Copies the module to where `module.rs` includes it; without a module the copy is empty.
fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=TAPSIEVE_MODULE");
    let source = match env::var_os("TAPSIEVE_MODULE") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from("../dist/tapsieve.wasm"),
    };
    println!("cargo::rerun-if-changed={}", source.display());
    let module = match fs::read(&source) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(PathBuf::from(folder).join("tapsieve.wasm"), module)
}
