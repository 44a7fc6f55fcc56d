//! `tapsieve configure`: a policy and a module in, one module to deploy out.

use std::path::PathBuf;
use std::process::ExitCode;

use tapsieve_host::ndjson::io_text;
use tapsieve_host::{Module, bake};

use super::policy::{in_force, read_policy};
use super::{Failure, read};

const EXAMPLES: &str = "\
Examples:
  tapsieve configure policy.toml -o configured.wasm
  tapsieve configure policy.toml tapsieve.wasm -o configured.wasm && tapsieve inspect configured.wasm

The result runs everywhere the module runs, and `tapsieve inspect` prints the policy that is in it.";

/// Put a policy into a module: one file to deploy, which parses nothing when it starts
#[derive(clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", super::EXIT_CODES))]
pub(crate) struct Args {
    /// The policy, in TOML; see docs/POLICY.md
    #[arg(value_name = "POLICY")]
    policy: PathBuf,

    /// The module; the one that this command carries without it
    #[arg(value_name = "MODULE")]
    module: Option<PathBuf>,

    /// Where to write the configured module; an existing file is replaced
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let wasm = match &args.module {
        Some(path) => read(path)?,
        None => Module::builtin_bytes()
            .ok_or_else(|| Failure::module(tapsieve_host::ModuleError::NoBuiltin.to_string()))?
            .to_vec(),
    };
    let policy = read_policy(&args.policy)?;
    let name = |error: String| match &args.module {
        Some(path) => Failure::module(format!("{}: {error}", path.display())),
        None => Failure::module(error),
    };
    let module = Module::new(&wasm).map_err(|error| name(error.to_string()))?;
    in_force(&policy, &args.policy, module)?;
    let baked = bake::bake(&wasm, policy.json().as_bytes()).map_err(|error| name(error.to_string()))?;
    // Written whole or not at all: a shipper may be watching the file.
    let partial = args.output.with_extension("partial");
    std::fs::write(&partial, &baked).and_then(|()| std::fs::rename(&partial, &args.output)).map_err(
        |error| {
            let _ = std::fs::remove_file(&partial);
            Failure::incomplete(format!("cannot write {}: {}", args.output.display(), io_text(&error)))
        },
    )?;
    eprintln!(
        "{}: {} bytes, {} more than the module",
        args.output.display(),
        baked.len(),
        baked.len().saturating_sub(wasm.len())
    );
    Ok(ExitCode::SUCCESS)
}
