//! `tapsieve inspect`: prints what the library found; knows the layout of the text, not modules.

use std::fmt::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use tapsieve_host::inspect::{self, Need, Report, STACK_BYTES_DEFAULT, Status};
use tapsieve_host::ndjson::stdout;

use super::{Failure, INCOMPLETE, compile, read};

const EXAMPLES: &str = "\
Examples:
  tapsieve inspect tapsieve.wasm
  tapsieve inspect --json configured.wasm | jq .policy

Exit codes:
  0  this tapsieve and Fluent Bit with its default settings take the module
  1  one of them does not, or the file cannot be read
  2  the command line is wrong
  3  the file is not a WebAssembly module";

/// Show what a module contains, and whether Fluent Bit takes it
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The module
    #[arg(value_name = "MODULE")]
    module: PathBuf,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let wasm = read(&args.module)?;
    let report = inspect::inspect(&wasm, compile).map_err(|why| {
        Failure::module(format!("{}: not a valid WebAssembly module: {why}", args.module.display()))
    })?;
    let text = match args.json {
        true => serde_json::to_string_pretty(&report).unwrap_or_default() + "\n",
        false => text(&report).unwrap_or_default(),
    };
    stdout()
        .and_then(|mut out| std::io::Write::write_all(&mut out, text.as_bytes()))
        .map_err(|error| Failure::output("standard output", &error))?;
    match report.refused.is_none() && report.fluent_bit_problems.is_empty() {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::from(INCOMPLETE)),
    }
}

fn text(report: &Report) -> Result<String, fmt::Error> {
    let mut out = String::new();
    let version = report.abi_version.map_or("unknown".to_string(), |version| version.to_string());
    writeln!(out, "ABI version  {version}")?;
    writeln!(out, "size         {} bytes", report.bytes)?;
    let width = report.sections.iter().map(|section| section.name.len()).max().unwrap_or(0);
    for section in &report.sections {
        writeln!(out, "  {:width$}{:>8}", section.name, section.bytes)?;
    }
    match report.imports.as_slice() {
        [] => writeln!(out, "imports      none")?,
        imports => {
            writeln!(out, "imports")?;
            for import in imports {
                writeln!(out, "  {import}")?;
            }
        }
    }
    writeln!(out, "exports")?;
    for export in &report.exports {
        let note = match export.status {
            Status::Documented => "",
            Status::WrongType => "  wrong type",
            Status::Unknown => "  not in the interface",
        };
        writeln!(out, "  {:19}{}{note}", export.name, export.ty)?;
    }
    for name in &report.missing {
        writeln!(out, "  {name:19}missing")?;
    }
    if let Some(memory) = report.memory {
        let max = memory.pages_max.map_or("no limit".to_string(), |pages| format!("at most {pages}"));
        writeln!(out, "memory       {} pages of 64 KiB, {max}", memory.initial_pages)?;
    }
    let features: Vec<_> = report.features.iter().map(|feature| feature.name).collect();
    writeln!(out, "features     {}", if features.is_empty() { "none".into() } else { features.join(", ") })?;
    writeln!(out, "policy       {}", report.policy.as_deref().unwrap_or("none"))?;
    writeln!(out, "stack in Fluent Bit, of {STACK_BYTES_DEFAULT} bytes")?;
    for need in &report.stack {
        match &need.need {
            Need::Bounded { bytes, chain } => {
                writeln!(out, "  {:19}{bytes:>6}  {}", need.export, chain.join(" → "))?
            }
            Need::Unbounded { circle } => {
                writeln!(out, "  {:19}no bound  {}", need.export, circle.join(" → "))?
            }
        }
    }
    writeln!(out, "tapsieve     {}", report.refused.as_deref().unwrap_or("takes it"))?;
    match report.fluent_bit_problems.as_slice() {
        [] => writeln!(out, "Fluent Bit   takes it")?,
        problems => {
            writeln!(out, "Fluent Bit   does not take it")?;
            for problem in problems {
                writeln!(out, "  it {problem}")?;
            }
        }
    }
    Ok(out)
}
