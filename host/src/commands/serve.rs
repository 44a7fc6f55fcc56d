//! `tapsieve serve`: the command line of the sidecar and its log.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tapsieve_host::serve::{Options, ServeError, serve};

use super::policy::{in_force, read_policy};
use super::{Failure, load, read};

const EXAMPLES: &str = "\
Examples:
  tapsieve serve --forward http://127.0.0.1:8801/
  tapsieve serve --hec https://cloud.example/ --listen 0.0.0.0:8088 --tls-cert cert.pem --tls-key key.pem
  tapsieve serve --listen 0.0.0.0:8800 --token-file token --tls-cert cert.pem --tls-key key.pem --forward http://127.0.0.1:8801/

Batches are NDJSON or JSON arrays, plain, gzip or zstd, sent by POST to /; /healthz, /readyz and /metrics tell how it is.
A batch is answered when the downstream has answered: 200 delivered, 503 send it again, 400 or 413 it can never work.
With --hec senders speak HEC, as they would with LogScale or Splunk; see docs/HEC.md.
SIGHUP reads the module and the policy again, SIGTERM finishes what was accepted.";

/// Listen for batches of events, send each through the module and hand on what is kept
#[derive(clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", super::EXIT_CODES))]
pub(crate) struct Args {
    /// Listen here; anything but a loopback address requires --token-file
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8800")]
    listen: SocketAddr,

    /// Hand batches on to this address, with POST
    #[arg(long, value_name = "URL", required_unless_present = "hec")]
    forward: Option<String>,

    /// Speak HEC: take what shippers send to LogScale or Splunk and hand it on to this address
    #[arg(long, value_name = "URL", conflicts_with = "forward")]
    hec: Option<String>,

    /// With --hec, take only the tokens in this file, one a line; without it the downstream judges
    #[arg(long, value_name = "FILE", requires = "hec")]
    hec_tokens_file: Option<PathBuf>,

    /// Use this module instead of the one that this command carries
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,

    /// Put this policy in force, in TOML; see docs/POLICY.md
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Accept only requests with the bearer token in this file; with --hec, only for /metrics
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// Send the bearer token in this file downstream
    #[arg(long, value_name = "FILE")]
    forward_token_file: Option<PathBuf>,

    /// Speak TLS with the certificates in this PEM file
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The key of the first certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Refuse bodies larger than this after decompression, in MiB
    #[arg(long, value_name = "MIB", default_value = "32", value_parser = clap::value_parser!(u32).range(1..=1024))]
    body_mib: u32,

    /// Hold at most so much of bodies and of what is said of them in memory, in MiB; who sends more waits
    #[arg(long, value_name = "MIB", default_value = "256", value_parser = clap::value_parser!(u32).range(1..=16384))]
    in_flight_mib: u32,

    /// Work on at most so many requests at once; when a quarter more connections are open, the slowest gives way
    #[arg(long, value_name = "N", default_value = "256")]
    connections: NonZeroUsize,

    /// How many cores work; all without this
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    /// How long a body may take to arrive, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = clap::value_parser!(u32).range(1..=3600))]
    read_seconds: u32,

    /// How long a request may take in all, in seconds; shorter than the sender waits, which is 60 s in Vector
    #[arg(long, value_name = "SECONDS", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=3600))]
    answer_seconds: u32,

    /// How the log on standard error looks
    #[arg(long, value_enum, default_value = "text")]
    log: Log,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Log {
    Text,
    Json,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false);
    match args.log {
        Log::Text => lines.with_ansi(false).init(),
        Log::Json => lines.json().flatten_event(true).init(),
    }
    let cores = args.threads.or_else(|| std::thread::available_parallelism().ok());
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some((read(certificate)?, read(key)?)),
        _ => None,
    };
    let options = Options {
        listen: args.listen,
        hec: args.hec.is_some(),
        hec_tokens: args.hec_tokens_file.as_deref().map(tokens).transpose()?,
        forward: args.hec.or(args.forward).unwrap_or_default(),
        forward_token: args.forward_token_file.as_deref().map(token).transpose()?,
        token: args.token_file.as_deref().map(token).transpose()?,
        tls,
        body_bytes_max: (args.body_mib as usize) << 20,
        in_flight_bytes_max: (args.in_flight_mib as usize) << 20,
        connections_max: args.connections.get(),
        cores: cores.map_or(1, NonZeroUsize::get),
        read_time_max: Duration::from_secs(args.read_seconds.into()),
        answer_time_max: Duration::from_secs(args.answer_seconds.into()),
    };
    let (module, policy) = (args.module, args.policy);
    let loader = move || {
        let module = load(module.as_deref())?;
        match &policy {
            Some(path) => in_force(&read_policy(path)?, path, module),
            None => Ok(module),
        }
    };
    let loader = move || loader().map_err(|failure: Failure| failure.to_string());
    match serve(options, Arc::new(loader)) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error @ ServeError::Options(_)) => Err(Failure::usage(error.to_string())),
        Err(error @ ServeError::Module(_)) => Err(Failure::module(error.to_string())),
        Err(error) => Err(Failure::incomplete(error.to_string())),
    }
}

/// The tokens of a file, one a line.
fn tokens(path: &Path) -> Result<Vec<String>, Failure> {
    Ok(token(path)?.lines().map(|line| line.trim().to_string()).filter(|line| !line.is_empty()).collect())
}

/// A token stands alone in its file; blanks around it do not count.
fn token(path: &Path) -> Result<String, Failure> {
    let text = String::from_utf8_lossy(&read(path)?).trim().to_string();
    match text.is_empty() {
        false => Ok(text),
        true => Err(Failure::usage(format!("{} holds no token", path.display()))),
    }
}
