//! The `tapsieve` command; knows its subcommands and exit codes, the work is done in `commands`.
#![forbid(unsafe_code)]

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Find traffic mirroring in audit events with the module that log shippers load.
#[derive(Parser)]
#[command(name = "tapsieve", version, after_help = commands::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(commands::run::Args),
    Stories(commands::stories::Args),
    Inspect(commands::inspect::Args),
    Serve(commands::serve::Args),
    Configure(commands::configure::Args),
    Policy(commands::policy::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(args) => commands::run::run(args),
        Command::Stories(args) => commands::stories::run(args),
        Command::Inspect(args) => commands::inspect::run(args),
        Command::Serve(args) => commands::serve::run(args),
        Command::Configure(args) => commands::configure::run(args),
        Command::Policy(args) => commands::policy::run(args),
    };
    match result {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
