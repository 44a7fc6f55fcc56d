//! `tapsieve run`: the command line of a run, its progress, messages and summary.

mod output;
mod summary;

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use tapsieve_host::ndjson::{self, Input, Observer, Options, RECORD_BYTES_MAX, Report};

use super::{Failure, INCOMPLETE, complain, load};

const EXAMPLES: &str = "\
Examples:
  tapsieve run events.ndjson > enriched.ndjson
  tapsieve run --only-mirror --summary logs/*.json.gz
  aws s3 cp s3://trail/today.json.gz - | tapsieve run --split-records
  tail -F audit.ndjson | tapsieve run --output mirror.ndjson --only-mirror
  tapsieve run --lines --only-mirror /var/log/syslog

Records are lines of NDJSON, objects in a row or of many lines, or the elements of an array, however they are spread.
What is not a JSON object passes unchanged and is counted, unless --lines reads it.
A record longer than 16 MiB passes unread, is counted and named, and the exit code is 1 then.
Inputs that cannot be read are named and the others are processed all the same; the exit code is 1 then, too.";

/// Send NDJSON through the module: records come out unchanged, enriched or not at all
#[derive(clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", super::EXIT_CODES))]
pub(crate) struct Args {
    /// Files to read: NDJSON, plain or compressed with gzip or zstd; standard input when there is none, or for `-`
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Use this module instead of the one that this command carries
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,

    /// Put this policy in force, in TOML; see docs/POLICY.md
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Write here instead of to standard output; an existing file is replaced
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Make one line of each element of {"Records":[…]} first, as in CloudTrail's own files
    ///
    /// The object may be one line, many lines or a whole file of any length, and so may an array.
    /// Its first member has to be Records, Events, value, items, entries or logEvents, in any case;
    /// members after the list follow as a line of their own.
    #[arg(long)]
    split_records: bool,

    /// Read lines that are not JSON too, as devices and hosts write them: syslog, audit.log, auth.log
    ///
    /// One about mirroring comes out as {"message":"the line",…}, the others as they are; where a policy keeps mirror
    /// events only, they go.
    #[arg(long)]
    lines: bool,

    /// Write enriched records and nothing else
    #[arg(long)]
    only_mirror: bool,

    /// Print what was found to standard error at the end
    #[arg(long)]
    summary: bool,

    /// How many threads work; all cores without this. The order of records never changes
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    /// How long one call into the module may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u32).range(1..=3600))]
    call_seconds: u32,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let mut module = load(args.module.as_deref())?;
    if let Some(path) = &args.policy {
        module = super::policy::in_force(&super::policy::read_policy(path)?, path, module)?;
    }
    let mut inputs: Vec<Input> = args
        .files
        .into_iter()
        .map(|path| if path.as_os_str() == "-" { Input::Stdin } else { Input::File(path) })
        .collect();
    if inputs.is_empty() {
        inputs.push(Input::Stdin);
    }
    let output = output::open(args.output.as_deref(), &inputs)?;
    let options = Options {
        only_mirror: args.only_mirror,
        split_records: args.split_records,
        lines: args.lines,
        tally: args.summary,
        threads: match args.threads {
            Some(threads) => threads,
            None => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        },
        call_seconds: Some(args.call_seconds),
    };
    let progress = Arc::new(Progress::new(args.output.is_some()));
    let result = ndjson::run(&module, inputs, output.file, &options, progress.clone());
    progress.bar.finish_and_clear();
    let report = result.map_err(|failed| Failure::output(&output.name, &failed.error))?;
    if args.summary {
        summary::print(&report);
    }
    Ok(conclude(&report))
}

/// Says what was not done.
fn conclude(report: &Report) -> ExitCode {
    let counts = &report.counts;
    if counts.too_long > 0 {
        let lines = plural(counts.too_long, "line is", "lines are");
        complain(format!("{lines} longer than {RECORD_BYTES_MAX} bytes and passed unread"));
    }
    if let Some(first) = &report.first_failure {
        let calls = plural(counts.failures, "time", "times");
        let records = plural(counts.unanswered, "record", "records");
        complain(format!(
            "module failed {calls}, {records} passed unchanged without an answer; first: {first}"
        ));
    }
    match report.inputs_failed == 0 && report.first_failure.is_none() && counts.too_long == 0 {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(INCOMPLETE),
    }
}

fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A progress bar on standard error where somebody sees it.
struct Progress {
    bar: ProgressBar,
}

impl Progress {
    fn new(writes_file: bool) -> Progress {
        // Records that scroll by on the same terminal are progress enough.
        let seen = std::io::stderr().is_terminal() && (writes_file || !std::io::stdout().is_terminal());
        Progress { bar: if seen { ProgressBar::no_length() } else { ProgressBar::hidden() } }
    }
}

impl Observer for Progress {
    fn total(&self, bytes: Option<u64>) {
        let style = match bytes {
            Some(bytes) => {
                self.bar.set_length(bytes);
                "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"
            }
            None => "{spinner} {bytes}, {bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(style) {
            self.bar.set_style(style);
        }
    }

    fn read(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    fn input_failed(&self, name: &str, why: &str) {
        self.bar.suspend(|| complain(format!("{name}: {why}")));
    }
}
