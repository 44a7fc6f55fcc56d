//! `tapsieve stories`: the command line of stories, and when they are shown.

mod sink;

use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use tapsieve_host::ndjson::{self, Input, Observer, Options};
use tapsieve_stories::{Counts, Severity};

use self::sink::{Sink, Teller};
use super::{Failure, INCOMPLETE, complain, load};

const EXAMPLES: &str = "\
Examples:
  tapsieve stories audit.ndjson
  tapsieve stories trail/*.json.gz
  tapsieve stories --json enriched.ndjson | jq 'select(.alert) | .title'
  tail -F audit.ndjson | tapsieve stories --follow

Events join by the ids they share, however far apart, then by actor and account within the window.
An event that is delivered again counts once.
What a policy approves and what it does not are never one story because of a shared target.
What approves a target approves the sessions that the target's own maker sends to it.
A story is an alert when it is at least medium and not approved: docs/STORIES.md has the rules.";

/// Join mirror events into stories: who copied what to where, and whether it still runs
#[derive(clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", super::EXIT_CODES))]
pub(crate) struct Args {
    /// Files to read, raw or enriched: NDJSON or lines of syslog, plain or compressed with gzip or zstd; standard input
    /// when there is none, or for `-`
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Use this module instead of the one that this command carries
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,

    /// Put this policy in force, in TOML; see docs/POLICY.md
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Taken as `tapsieve run` takes it; here the elements of {"Records":[…]} are records without it, too
    #[arg(long, hide = true)]
    split_records: bool,

    /// Write stories as JSON, one a line
    #[arg(long)]
    json: bool,

    /// Show a story as soon as it is an alert, again when it gets graver and when it ends, and nothing else
    #[arg(long)]
    follow: bool,

    /// Leave out stories that are less grave than this
    #[arg(long, value_name = "SEVERITY", default_value = "informational", value_parser = severity)]
    severity: Severity,

    /// Join events of one actor in one account that are no farther apart than this: 90s, 15m, 1h, 2d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = seconds)]
    window: u32,

    /// Keep at most so many stories open; the oldest that have ended are shown and closed first
    #[arg(long, value_name = "N", default_value = "10000")]
    stories_max: NonZeroUsize,
}

fn severity(word: &str) -> Result<Severity, String> {
    Severity::named(word).ok_or_else(|| "informational, low, medium, high or critical".to_owned())
}

fn seconds(text: &str) -> Result<u32, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("a number and s, m, h or d".to_owned()),
    };
    let number: u32 = number.parse().map_err(|_| "a number and s, m, h or d".to_owned())?;
    number.checked_mul(factor).ok_or_else(|| "too long".to_owned())
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
    let options = Options {
        // An enriched record passes unchanged, so everything has to come out.
        only_mirror: false,
        // A record for each event, and each on a line of its own, whatever the file looks like.
        split_records: true,
        // And for each line of a device.
        lines: true,
        tally: false,
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        call_seconds: None,
    };
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let teller = Arc::new(Mutex::new(Teller::new(
        tapsieve_stories::Options {
            window_seconds: args.window,
            stories_max: args.stories_max.get(),
            ..tapsieve_stories::Options::default()
        },
        sink::Show {
            json: args.json,
            follow: args.follow,
            severity: args.severity,
            colours: io::stdout().is_terminal() && !no_color,
        },
    )));
    let output = |error: &io::Error| Failure::output("standard output", error);
    let report =
        ndjson::run(&module, inputs, Box::new(Sink::new(teller.clone())), &options, Arc::new(Inputs))
            .map_err(|failed| output(&failed.error))?;
    let mut teller = teller.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    teller.finish().map_err(|error| output(&error))?;
    complain(summary(teller.counts(), teller.stories, teller.alerts));
    if let Some(first) = &report.first_failure {
        complain(format!("module failed, records passed without an answer; first: {first}"));
    }
    match report.inputs_failed == 0 && report.first_failure.is_none() {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::from(INCOMPLETE)),
    }
}

fn summary(counts: Counts, stories: u64, alerts: u64) -> String {
    let count =
        |number: u64, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    let events = count(counts.events - counts.repeated, "mirror event", "mirror events");
    let mut text =
        format!("{events} in {}, {}", count(stories, "story", "stories"), count(alerts, "alert", "alerts"));
    for (number, what) in [
        (counts.asides, "reads and labels in none"),
        (counts.repeated, "delivered again"),
        (counts.evicted, "stories closed early to keep within --stories-max"),
    ] {
        if number > 0 {
            text.push_str(&format!("; {number} {what}"));
        }
    }
    text
}

/// Names inputs that cannot be read.
struct Inputs;

impl Observer for Inputs {
    fn input_failed(&self, name: &str, why: &str) {
        complain(format!("{name}: {why}"));
    }
}
