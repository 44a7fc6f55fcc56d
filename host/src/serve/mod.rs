//! The sidecar: batches of events over HTTP through a module to a downstream; knows HTTP, not what events mean.
//!
//! A batch is held in memory until the downstream has answered, and that answer is passed back: nothing is kept here, so
//! nothing is lost when the process ends. What waits is bounded by bytes and by connections.
//!
//! - `listener`: connections, TLS, stopping; `handler`: which outcome becomes which answer;
//! - `hec`: the same for HTTP Event Collectors;
//! - `connections`: who gives way when all are taken;
//! - `body`, `budget`: reading within limits;
//! - `pool`: the module on all cores; `forward`: the downstream; `metrics`: what is counted.

mod body;
mod budget;
mod connections;
mod forward;
mod handler;
mod hec;
mod listener;
mod metrics;
mod pool;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::{HeaderValue, Uri};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use self::body::Limits;
use self::budget::Budget;
use self::connections::Connections;
use self::forward::Downstream;
use self::handler::Sidecar;
use self::metrics::Metrics;
use self::pool::{Generation, Pool};
use crate::Module;

/// How the sidecar works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where batches go: an `http` or `https` address.
    pub forward: String,
    /// HEC is spoken: `forward` is a collector's address without its path.
    pub hec: bool,
    /// The only tokens of senders that are taken; all without these, for the downstream to judge.
    pub hec_tokens: Option<Vec<String>>,
    /// The bearer token that the downstream wants.
    pub forward_token: Option<String>,
    /// The bearer token that requests need; required unless `listen` is a loopback address.
    pub token: Option<String>,
    /// Certificates and key in PEM.
    pub tls: Option<(Vec<u8>, Vec<u8>)>,
    /// How large a body may be after decompression.
    pub body_bytes_max: usize,
    /// How many bytes of bodies may wait for answers.
    pub in_flight_bytes_max: usize,
    /// How many connections are worked for at once; a quarter more may be open.
    pub connections_max: usize,
    /// How many cores work for the module.
    pub cores: usize,
    /// How long a body may take to arrive.
    pub read_time_max: Duration,
    /// How long a request may take from its head to its answer.
    pub answer_time_max: Duration,
}

/// Makes the module anew, with its policy: at the start and at every reload.
pub type Load = dyn Fn() -> Result<Module, String> + Send + Sync;

/// Why the sidecar does not run.
#[derive(Debug)]
pub enum ServeError {
    /// The options make no sense.
    Options(String),
    /// The module cannot be used.
    Module(String),
    /// The system does not give what is needed.
    System(String),
    /// Requests were not finished when it stopped; their senders have no answer and send them again.
    Unfinished,
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Options(text) | ServeError::Module(text) | ServeError::System(text) => {
                f.write_str(text)
            }
            ServeError::Unfinished => f.write_str("stopped with requests that were not answered in time"),
        }
    }
}

impl std::error::Error for ServeError {}

/// Runs the sidecar until it is told to stop by SIGTERM or SIGINT; SIGHUP reloads.
///
/// # Errors
/// It could not be started, or not be stopped cleanly.
pub fn serve(options: Options, load: Arc<Load>) -> Result<(), ServeError> {
    let sidecar = Arc::new(sidecar(&options, &*load)?);
    let system = |error: std::io::Error| ServeError::System(crate::ndjson::io_text(&error));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.cores.max(1))
        .enable_all()
        .build()
        .map_err(system)?;
    runtime.block_on(run(options, sidecar, load))
}

fn sidecar(options: &Options, load: &Load) -> Result<Sidecar, ServeError> {
    if options.token.is_none() && !options.hec && !options.listen.ip().is_loopback() {
        return Err(ServeError::Options(format!(
            "{} is not a loopback address: a token is required there",
            options.listen
        )));
    }
    let uri: Uri = options
        .forward
        .parse()
        .map_err(|error| ServeError::Options(format!("cannot forward to {}: {error}", options.forward)))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
        return Err(ServeError::Options(format!(
            "cannot forward to {}: not an http or https address",
            options.forward
        )));
    }
    if options.in_flight_bytes_max < options.body_bytes_max {
        return Err(ServeError::Options("the bytes in flight must allow for one body".into()));
    }
    let scheme = if options.hec { "Splunk" } else { "Bearer" };
    let header =
        match &options.forward_token {
            None => None,
            Some(token) => Some(HeaderValue::try_from(format!("{scheme} {token}")).map_err(|_| {
                ServeError::Options("the forward token holds bytes that no header takes".into())
            })?),
        };
    let generation = generation(load, options.answer_time_max).map_err(ServeError::Module)?;
    let metrics = Metrics::new();
    let connections = Connections::new(options.connections_max, metrics.gave_way.clone());
    let slow = connections.clone();
    let relieve = Arc::new(move |bytes| slow.relieve(bytes));
    Ok(Sidecar {
        pool: Pool::new(generation, options.cores),
        downstream: Downstream::new(uri, header).map_err(ServeError::System)?,
        budget: Budget::new(options.in_flight_bytes_max, options.body_bytes_max, relieve),
        connections,
        limits: Limits { body_bytes_max: options.body_bytes_max, read_time_max: options.read_time_max },
        answer_time_max: options.answer_time_max,
        authorization: options.token.as_ref().map(|token| format!("Bearer {token}").into_bytes()),
        is_hec: options.hec,
        hec_tokens: options.hec_tokens.clone(),
        metrics,
        stopping: AtomicBool::new(false),
    })
}

/// Half of the time for an answer is left for the downstream.
fn generation(load: &Load, answer_time_max: Duration) -> Result<Generation, String> {
    Generation::new(load()?, answer_time_max / 2).map_err(|error| error.to_string())
}

async fn run(options: Options, sidecar: Arc<Sidecar>, load: Arc<Load>) -> Result<(), ServeError> {
    let system = |error: std::io::Error| ServeError::System(crate::ndjson::io_text(&error));
    let tls = options.tls.as_ref().map(|(certificates, key)| listener::tls(certificates, key)).transpose();
    let tls = tls.map_err(ServeError::Options)?;
    if tls.is_none() && !options.listen.ip().is_loopback() {
        warn!("without TLS the token and the events can be read on the network");
    }
    let mut terminate = signal(SignalKind::terminate()).map_err(system)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system)?;
    tokio::spawn(reload(sidecar.clone(), load, signal(SignalKind::hangup()).map_err(system)?));
    let listener = listener::listen(options.listen).map_err(|error| {
        ServeError::System(format!("cannot listen on {}: {}", options.listen, crate::ndjson::io_text(&error)))
    })?;
    let address = listener.local_addr().map_err(system)?;
    info!(address = %address, forward = options.forward, tls = tls.is_some(), cores = options.cores, "listening");
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        info!("stopping: no new requests, those accepted are finished");
        sidecar.stopping.store(true, Ordering::Relaxed);
    };
    let routes = handler::routes(sidecar.clone());
    let connections = sidecar.connections.clone();
    let finished = listener::serve(listener, tls, routes, connections, stop, options.answer_time_max).await;
    info!(finished, "stopped");
    if finished { Ok(()) } else { Err(ServeError::Unfinished) }
}

/// Reloads at every SIGHUP; compiling happens beside the requests.
async fn reload(sidecar: Arc<Sidecar>, load: Arc<Load>, mut hangup: tokio::signal::unix::Signal) {
    while hangup.recv().await.is_some() {
        let load = load.clone();
        let answer_time_max = sidecar.answer_time_max;
        let result = tokio::task::spawn_blocking(move || generation(&*load, answer_time_max)).await;
        sidecar.reloaded(result.unwrap_or_else(|error| Err(error.to_string())));
    }
}
