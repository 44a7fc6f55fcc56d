//! Machine code that was made before: inside this command, and in a private folder; knows wasmtime's format only as a
//! whole, never what is in it.
#![allow(unsafe_code, reason = "wasmtime cannot check that machine code is what it once wrote")]

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tapsieve_compile::{HASH_BYTES, hash};
use wasmtime::{Engine, Module, Precompiled};

/// The hash of the module that this build carries and its machine code; empty when it was built without.
static BUILTIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tapsieve.cwasm"));

/// The module that this build carries, without compiling it.
///
/// `None` where this build has no machine code, or code of another engine, other settings or another processor.
pub(crate) fn builtin(engine: &Engine) -> Option<Module> {
    let code = BUILTIN.get(HASH_BYTES..)?;
    // SAFETY: `tapsieve-compile` had wasmtime write these bytes, the build put them into this program, and who can
    // change the program can run what they like anyway. wasmtime itself refuses another version, other settings and
    // processors that lack a feature.
    unsafe { Module::deserialize(engine, code) }.ok()
}

/// A folder with the machine code of modules that were compiled before.
///
/// What is in it is run, so only its owner may write there: a folder of somebody else, or one that others may change,
/// is not used. A name is made of the hashes of the module and of the engine with its settings; a file begins with the
/// hash of the rest, so that one that was cut short is not run.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The folder that `TAPSIEVE_CACHE` names, or `tapsieve` in the user's folder for caches, made where it is missing.
    ///
    /// `None` where `TAPSIEVE_CACHE` is `off`, where there is no such folder, or where others may write to it.
    pub fn open() -> Option<Cache> {
        let folder = match std::env::var_os("TAPSIEVE_CACHE") {
            Some(off) if off == "off" || off.is_empty() => return None,
            Some(folder) => PathBuf::from(folder),
            None => match std::env::var_os("XDG_CACHE_HOME").filter(|folder| Path::new(folder).is_absolute())
            {
                Some(caches) => PathBuf::from(caches).join("tapsieve"),
                None => PathBuf::from(std::env::var_os("HOME").filter(|home| !home.is_empty())?)
                    .join(".cache/tapsieve"),
            },
        };
        make_private(&folder).ok()?;
        is_private(&folder.symlink_metadata().ok()?).then_some(Cache { folder })
    }

    /// The compiled module where it is there, otherwise compiles and keeps it.
    ///
    /// # Errors
    /// wasmtime does not take the module. That the code cannot be kept is no error.
    pub(crate) fn module(&self, engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Module> {
        let path = self.path(engine, wasm);
        if let Some(module) = load(engine, &path) {
            return Ok(module);
        }
        let code = engine.precompile_module(wasm)?;
        // Another process may be writing the same: each writes a file of its own and renames it.
        let _ = self.keep(&path, &code);
        // SAFETY: wasmtime wrote these bytes a moment ago.
        unsafe { Module::deserialize(engine, code) }
    }

    fn path(&self, engine: &Engine, wasm: &[u8]) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let module: String = hash(wasm).iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{module}-{:016x}.cwasm", hasher.finish()))
    }

    fn keep(&self, path: &Path, code: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
        file.write_all(&hash(code))?;
        file.write_all(code)?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }
}

fn load(engine: &Engine, path: &Path) -> Option<Module> {
    let mut file = File::open(path).ok()?;
    is_private(&file.metadata().ok()?).then_some(())?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    let (expected, code) = bytes.split_at_checked(HASH_BYTES)?;
    let whole = hash(code) == expected && Engine::detect_precompiled(code) == Some(Precompiled::Module);
    // SAFETY: only this user can write to the folder and the file, and only `keep` does, with what wasmtime wrote; the
    // hash says that all of it is there. wasmtime itself refuses another version, other settings and processors.
    whole.then(|| unsafe { Module::deserialize(engine, code) })?.ok()
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Whether a file or folder is this user's, is no link, and nobody else may write to it.
#[cfg(unix)]
fn is_private(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    !metadata.is_symlink()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Who may write where is not known here.
#[cfg(not(unix))]
fn is_private(_: &fs::Metadata) -> bool {
    false
}
