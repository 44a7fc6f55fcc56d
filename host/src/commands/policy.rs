//! `tapsieve policy`: check a policy, explain what it does to events, and write a first one.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tapsieve_host::ndjson::{io_text, stdout};
use tapsieve_host::policy::{NEW, Policy, PolicyError};
use tapsieve_host::{Instance, Module, Outcome};

use super::{Failure, load};

const EXAMPLES: &str = "\
Examples:
  tapsieve policy new > policy.toml
  tapsieve policy check policy.toml
  tapsieve policy explain policy.toml events.ndjson";

/// Check a policy, see what it would do, or begin one
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Say whether the module takes a policy, and if not, where and why
    #[command(after_help = super::EXIT_CODES)]
    Check {
        /// The policy, in TOML; see docs/POLICY.md
        #[arg(value_name = "POLICY")]
        policy: PathBuf,

        /// Ask this module instead of the one that this command carries
        #[arg(long, value_name = "FILE")]
        module: Option<PathBuf>,
    },
    /// Say of each event what the policy would do with it, and how much it would save
    ///
    /// Prints one line for each record with a mirror event: what becomes of it, and which entry approves it.
    /// Totals follow. The records themselves are not printed.
    #[command(after_help = super::EXIT_CODES)]
    Explain {
        /// The policy, in TOML; see docs/POLICY.md
        #[arg(value_name = "POLICY")]
        policy: PathBuf,

        /// Events, one JSON object on each line; `-` is standard input
        #[arg(value_name = "EVENTS")]
        events: PathBuf,

        /// Ask this module instead of the one that this command carries
        #[arg(long, value_name = "FILE")]
        module: Option<PathBuf>,
    },
    /// Print a policy to begin with: three kinds of approved activity, with comments
    New,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.command {
        Command::Check { policy, module } => {
            in_force(&read_policy(&policy)?, &policy, load(module.as_deref())?)?;
            eprintln!("{}: ok", policy.display());
        }
        Command::Explain { policy, events, module } => {
            let module = in_force(&read_policy(&policy)?, &policy, load(module.as_deref())?)?;
            explain(&mut module.instance(), &events)?;
        }
        Command::New => {
            stdout()
                .and_then(|mut out| out.write_all(NEW.as_bytes()))
                .map_err(|error| Failure::output("standard output", &error))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a policy file.
pub(crate) fn read_policy(path: &Path) -> Result<Policy, Failure> {
    let text = String::from_utf8(super::read(path)?)
        .map_err(|_| Failure::incomplete(format!("{}: is not UTF-8", path.display())))?;
    Policy::parse(&text).map_err(|error| refused(path, &error))
}

/// The module with a policy in force; says where the module finds fault with it.
pub(crate) fn in_force(policy: &Policy, path: &Path, module: Module) -> Result<Module, Failure> {
    module.with_written_policy(policy).map_err(|error| refused(path, &error))
}

fn refused(path: &Path, error: &PolicyError) -> Failure {
    let separator = if error.place.is_some() { ":" } else { ": " };
    let text = format!("{}{separator}{error}\n{}", path.display(), error.excerpt);
    Failure::incomplete(text.trim_end())
}

/// Records and their bytes.
#[derive(Clone, Copy, Default)]
struct Count {
    records: u64,
    bytes: u64,
}

impl Count {
    fn add(&mut self, bytes: usize) {
        self.records += 1;
        self.bytes += bytes as u64;
    }
}

fn explain(instance: &mut Instance, events: &Path) -> Result<(), Failure> {
    let name = events.display().to_string();
    let cannot_read = |error: std::io::Error| Failure::incomplete(format!("{name}: {}", io_text(&error)));
    let mut input: Box<dyn BufRead> = match events.as_os_str() == "-" {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(BufReader::new(std::fs::File::open(events).map_err(cannot_read)?)),
    };
    let mut out = stdout().map_err(|error| Failure::output("standard output", &error))?;
    let mut all = Count::default();
    let mut totals =
        [("unchanged", Count::default()), ("enriched", Count::default()), ("dropped", Count::default())];
    let mut line = Vec::new();
    let mut number = 0u64;
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).map_err(cannot_read)? == 0 {
            break;
        }
        number += 1;
        let record = line.strip_suffix(b"\n").unwrap_or(&line);
        if record.trim_ascii().is_empty() {
            continue;
        }
        let outcome = instance
            .process(record)
            .map_err(|trap| Failure::incomplete(format!("{name}:{number}: {trap}")))?;
        let place = match outcome {
            Outcome::Unchanged => 0,
            Outcome::Enriched(_) => 1,
            Outcome::Dropped => 2,
        };
        totals[place].1.add(line.len());
        all.add(line.len());
        let verdict =
            instance.verdict().map_err(|trap| Failure::incomplete(format!("{name}:{number}: {trap}")))?;
        if let Some(verdict) = verdict {
            let text = describe(number, totals[place].0, verdict);
            out.write_all(text.as_bytes()).map_err(|error| Failure::output("standard output", &error))?;
        }
    }
    let mut text = String::from("\n");
    for (word, count) in [("records", all)].into_iter().chain(totals) {
        text += &format!("{word:10}{:>12}{:>16} bytes\n", count.records, count.bytes);
    }
    let share = if all.bytes == 0 { 0.0 } else { totals[2].1.bytes as f64 * 100.0 / all.bytes as f64 };
    text += &format!("the policy drops {share:.1} % of the bytes\n");
    out.write_all(text.as_bytes()).map_err(|error| Failure::output("standard output", &error))
}

/// One line about a mirror event.
fn describe(number: u64, outcome: &str, verdict: &str) -> String {
    let verdict: serde_json::Value = serde_json::from_str(verdict).unwrap_or_default();
    let word = |name: &str| verdict.get(name).and_then(serde_json::Value::as_str).unwrap_or("-");
    let approved = |name: &str| verdict.get("approved").and_then(|entry| entry.get(name)?.as_str());
    let approval = match (approved("name"), approved("ticket")) {
        (Some(name), Some(ticket)) => format!("approved by \"{name}\" ({ticket})"),
        (Some(name), None) => format!("approved by \"{name}\""),
        _ => "no entry fits".to_owned(),
    };
    format!(
        "{number}: {outcome}: {} {} {} {}, {}, by {} from {}: {approval}\n",
        word("provider"),
        word("operation"),
        word("action"),
        word("outcome"),
        word("severity"),
        word("actor"),
        word("source_ip"),
    )
}
