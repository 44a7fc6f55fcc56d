//! Builds the module, strips what docs/ABI.md does not list, and holds it against its two size budgets.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{ExternalKind, Parser, Payload};

use crate::abi::documented_exports;
use crate::order::order;
use crate::setup::{TARGET, ensure_target};
use crate::slim::slim;
use crate::task::{build_programs, cargo, root, run, say, target_dir};

/// How large the module may be as it travels, compressed.
const GZIP_BYTES_MAX: usize = 117 * 1024;

/// How large it may be as it lies.
const MODULE_BYTES_MAX: usize = 272 * 1024;

/// The module's own stack. The linker's default of 1 MiB would be the greater part of an instance's memory, and the
/// detector does not recurse; a policy is parsed 128 levels deep at most.
const STACK_BYTES: usize = 128 * 1024;

/// `cargo xtask build`
pub(crate) fn build(_: &[String]) -> Result<(), String> {
    build_module()
}

/// `cargo xtask compile`
pub(crate) fn compile(_: &[String]) -> Result<(), String> {
    build_module()?;
    compile_module()
}

/// Writes the module's machine code to `dist/tapsieve.cwasm`, which a command that is built from now on carries.
///
/// # Errors
/// The compiler cannot be built or does not take the module.
pub(crate) fn compile_module() -> Result<(), String> {
    say("compiling the module ahead (the engine takes a few minutes the first time)");
    let compiler = build_programs(&["--bin", "tapsieve-compile"])?.join("tapsieve-compile");
    run(Command::new(compiler).args(["dist/tapsieve.wasm", "dist/tapsieve.cwasm"]).current_dir(root()))
}

/// Builds `dist/tapsieve.wasm`.
///
/// # Errors
/// The build fails, the module lacks a documented export, holds a path of this machine, or is over its budget.
pub(crate) fn build_module() -> Result<(), String> {
    ensure_target()?;
    say("building the module");
    let profile = ["build", "--profile", "module", "--target", TARGET, "-p", "tapsieve-plugin"];
    run(cargo(&profile).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", module_flags()))?;

    let built = target_dir().join(TARGET).join("module/tapsieve_plugin.wasm");
    let wasm = fs::read(&built).map_err(|error| format!("{}: {error}", built.display()))?;
    let module = order(&strip(&slim(&wasm)?, &documented_exports()?)?)?;
    let path = machine_paths().into_iter().find(|(_, path)| contains(&module, path.as_bytes()));
    if let Some((_, path)) = path {
        return Err(format!("the module holds a path of this machine: {path}"));
    }

    let dist = root().join("dist");
    fs::create_dir_all(&dist).map_err(|error| format!("dist: {error}"))?;
    write_when_changed(&dist.join("tapsieve.wasm"), &module)?;
    print_sizes(&module)?;
    for (what, len, max) in
        [("total", module.len(), MODULE_BYTES_MAX), ("gzip -9", gzipped_len(&module)?, GZIP_BYTES_MAX)]
    {
        println!("{what:>10} {len:>7} of {max} bytes ({} %)", len * 100 / max);
        if len > max {
            return Err(format!("{what}: the module is {len} bytes, the limit is {max}"));
        }
    }
    Ok(())
}

fn gzipped_len(bytes: &[u8]) -> Result<usize, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map(|gzipped| gzipped.len()).map_err(|error| format!("gzip: {error}"))
}

/// Flags for the module alone: a small stack, and panic messages that name no folder of this machine.
fn module_flags() -> String {
    format!("-Clink-arg=-zstack-size={STACK_BYTES} -Clink-arg=--compress-relocations {}", path_flags())
}

/// Flags that keep folders of this machine out of what is built.
pub(crate) fn path_flags() -> String {
    let flags = machine_paths().into_iter().map(|(name, path)| format!("--remap-path-prefix={path}={name}"));
    flags.collect::<Vec<_>>().join(" ")
}

/// Folders of this machine whose names could end up in the module, with what stands for them there.
/// Where several fit, rustc takes the last.
fn machine_paths() -> Vec<(&'static str, String)> {
    let home = std::env::var("HOME").ok();
    let cargo_home =
        std::env::var("CARGO_HOME").ok().or_else(|| home.as_ref().map(|home| format!("{home}/.cargo")));
    let root = root().to_string_lossy().into_owned();
    let paths = [("home", home), ("cargo", cargo_home), ("tapsieve", Some(root))];
    paths
        .into_iter()
        .filter_map(|(name, path)| path.filter(|path| path.len() > 1).map(|path| (name, path)))
        .collect()
}

/// The module without custom sections and without exports that are not `documented`.
///
/// # Errors
/// It is not a module, or a documented export is not there.
fn strip(wasm: &[u8], documented: &BTreeSet<String>) -> Result<Vec<u8>, String> {
    let mut module = Module::new();
    let mut missing = documented.clone();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(|error| format!("the built module: {error}"))?;
        match payload {
            Payload::CustomSection(_) => {}
            Payload::ExportSection(exports) => {
                let mut kept = ExportSection::new();
                for export in exports {
                    let export = export.map_err(|error| format!("the built module: {error}"))?;
                    if missing.remove(export.name) {
                        kept.export(export.name, kind(export.kind)?, export.index);
                    }
                }
                module.section(&kept);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    module.section(&RawSection { id, data: &wasm[range] });
                }
            }
        }
    }
    if missing.is_empty() {
        Ok(module.finish())
    } else {
        Err(format!("the module does not export {missing:?}, which docs/ABI.md lists"))
    }
}

fn kind(kind: ExternalKind) -> Result<ExportKind, String> {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => Ok(ExportKind::Func),
        ExternalKind::Memory => Ok(ExportKind::Memory),
        other => Err(format!("a documented export is a {other:?}, not a function or memory")),
    }
}

/// Leaves the file alone when it is the same, so that nothing that embeds it is built again.
fn write_when_changed(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

fn print_sizes(module: &[u8]) -> Result<(), String> {
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(|error| format!("the stripped module: {error}"))?;
        if let Some((id, range)) = payload.as_section() {
            *sizes.entry(section_name(id)).or_default() += range.len();
        }
    }
    for (section, size) in &sizes {
        println!("{section:>10} {size:>7}");
    }
    let framing = module.len() - sizes.values().sum::<usize>();
    println!("{:>10} {framing:>7}", "headers");
    Ok(())
}

fn section_name(id: u8) -> String {
    const NAMES: [&str; 14] = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "data count",
        "tag",
    ];
    NAMES.get(usize::from(id)).map_or_else(|| format!("section {id}"), |name| (*name).to_owned())
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        ConstExpr, CustomSection, GlobalSection, GlobalType, MemorySection, MemoryType, ValType,
    };

    #[test]
    fn only_documented_exports_stay() {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        let ty = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
        globals.global(ty, &ConstExpr::i32_const(8));
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0).export("__heap_base", ExportKind::Global, 0);
        let mut module = Module::new();
        let note = CustomSection { name: "producers".into(), data: b"rustc".into() };
        module.section(&memories).section(&globals).section(&exports).section(&note);

        let documented = BTreeSet::from(["memory".to_owned()]);
        let stripped = strip(&module.finish(), &documented).expect("a module");
        assert!(!contains(&stripped, b"__heap_base") && !contains(&stripped, b"producers"));
        assert!(contains(&stripped, b"memory"));

        let asked = BTreeSet::from(["memory".to_owned(), "process".to_owned()]);
        let problem = strip(&stripped, &asked).expect_err("an export is missing");
        assert!(problem.contains("process"), "{problem}");
    }
}
