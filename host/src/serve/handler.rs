//! The answers to requests; knows which outcome becomes which status, not how any of it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::body::Bytes;
use subtle::ConstantTimeEq;
use tapsieve_records::{Change, Frame, Framer, Framing, Kind, Output, Place};
use tracing::{info, warn};

use super::body::{self, Limits};
use super::budget::Budget;
use super::connections::{Connections, Seat, Turn};
use super::forward::{Downstream, ForwardError};
use super::hec::{self, Form};
use super::metrics::{self, Metrics, OutcomeLabel, ReasonLabel, StatusLabel};
use super::pool::{Full, Part, Pool, Task};

/// How many events one body may hold; the list of their places is kept in memory.
pub(crate) const EVENTS_MAX: usize = 1 << 20;

/// What every request needs.
pub(crate) struct Sidecar {
    pub(crate) pool: Pool,
    pub(crate) downstream: Downstream,
    pub(crate) budget: Budget,
    pub(crate) connections: Arc<Connections>,
    pub(crate) limits: Limits,
    /// From a request's head to its answer.
    pub(crate) answer_time_max: Duration,
    /// What the `Authorization` of a request has to be.
    pub(crate) authorization: Option<Vec<u8>>,
    /// HEC is spoken, with the downstream too.
    pub(crate) is_hec: bool,
    /// The only tokens of senders that are taken, where the operator says which.
    pub(crate) hec_tokens: Option<Vec<String>>,
    pub(crate) metrics: Metrics,
    pub(crate) stopping: AtomicBool,
}

/// The routes: batches to `/`, and three for operations.
pub(crate) fn routes(sidecar: Arc<Sidecar>) -> Router {
    let own = match sidecar.is_hec {
        true => Router::new().fallback(hec::answer),
        false => Router::new().route("/", post(batch)),
    };
    own.route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
        .with_state(sidecar)
}

async fn readyz(State(sidecar): State<Arc<Sidecar>>) -> (StatusCode, &'static str) {
    match sidecar.stopping.load(Ordering::Relaxed) {
        false => (StatusCode::OK, "ready\n"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
    }
}

async fn metrics_text(State(sidecar): State<Arc<Sidecar>>, request: Request) -> Response {
    if !sidecar.is_allowed(&request) {
        return Answer::token().into_response();
    }
    let count = |number| i64::try_from(number).unwrap_or(i64::MAX);
    sidecar.metrics.in_flight.set(count(sidecar.budget.used()));
    sidecar.metrics.connections.set(count(sidecar.connections.open()));
    sidecar.metrics.queued.set(count(sidecar.connections.queued()));
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], sidecar.metrics.text()).into_response()
}

async fn batch(
    State(sidecar): State<Arc<Sidecar>>,
    Extension(seat): Extension<Arc<Seat>>,
    request: Request,
) -> Answer {
    let mut turn = seat.turn();
    let answer = match sidecar.is_allowed(&request) {
        true => sidecar.batch(request, &mut turn).await,
        false => {
            body::drain_briefly(request.into_body()).await;
            Answer::token()
        }
    };
    sidecar.metrics.requests.get_or_create(&StatusLabel { status: answer.status.as_u16() }).inc();
    if answer.status.is_client_error() {
        warn!(status = answer.status.as_u16(), reason = answer.text, "request refused");
    }
    answer
}

/// A status with a reason in one line.
struct Answer {
    status: StatusCode,
    text: String,
}

impl Answer {
    fn new(status: StatusCode, text: impl Into<String>) -> Answer {
        Answer { status, text: text.into() }
    }

    fn token() -> Answer {
        Answer::new(StatusCode::UNAUTHORIZED, "the bearer token is missing or wrong")
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(format!("{}\n", self.text)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

impl Sidecar {
    fn is_allowed(&self, request: &Request) -> bool {
        let Some(expected) = &self.authorization else { return true };
        let given = request.headers().get(header::AUTHORIZATION);
        given.is_some_and(|given| given.as_bytes().ct_eq(expected).into())
    }

    /// Reads a batch, asks the module, hands on what is kept and answers what the downstream answered.
    async fn batch(&self, request: Request, turn: &mut Turn) -> Answer {
        let began = Instant::now();
        let (head, body) = request.into_parts();
        let plain = match body::read(&head.headers, body, self.limits, &self.budget, turn).await {
            Ok(plain) => plain,
            Err(error) => {
                if error == body::BodyError::Busy {
                    self.retry("busy");
                }
                return Answer::new(error.status(), error.to_string());
            }
        };
        let content_type = head.headers.get(header::CONTENT_TYPE).cloned();
        let mut bytes = plain.bytes;
        let frames = match frames(&mut bytes, content_type.as_ref()) {
            Ok(frames) => frames,
            Err(answer) => return answer,
        };
        let body = Arc::new(bytes);
        let frames = Arc::new(frames);
        drop(plain.came);
        let patience = self.patience(began);
        let task =
            Task { form: Form::Plain, wrap_lines: false, reserved: plain.reserved, came_bytes: 0, patience };
        let (parts, held) = self.pool.sift(body.clone(), frames.clone(), task).await;
        self.report_failures(&parts);
        match parts.iter().find_map(|part| part.full) {
            Some(Full::Never) => {
                let text = "what is said of the batch's events takes more memory than --in-flight-mib";
                return Answer::new(StatusCode::PAYLOAD_TOO_LARGE, text);
            }
            Some(Full::Now) => {
                self.retry("busy");
                return Answer::new(StatusCode::SERVICE_UNAVAILABLE, body::BodyError::Busy.to_string());
            }
            None => {}
        }
        let (out, kept) = put_together(&body, &frames, &parts);
        let bytes_in = body.len() as u64;
        let out = out
            .unwrap_or_else(|| Bytes::from(Arc::try_unwrap(body).unwrap_or_else(|shared| (*shared).clone())));
        let bytes_out = if kept == 0 { 0 } else { out.len() as u64 };
        if kept > 0 {
            let patience = self.answer_time_max.saturating_sub(began.elapsed());
            if let Err(error) = self.downstream.forward(out.clone(), content_type, patience).await {
                return self.undelivered(&error, &out, &head.headers);
            }
        }
        drop(held);
        turn.is_delivered();
        self.taken(&frames, parts, began, bytes_in, bytes_out);
        Answer::new(StatusCode::OK, "delivered")
    }

    /// How long memory for a request that began then may be waited for: half of the time that is left.
    pub(crate) fn patience(&self, began: Instant) -> Duration {
        self.answer_time_max.saturating_sub(began.elapsed()) / 2
    }

    /// What is answered when the downstream did not take a batch.
    ///
    /// A 400 can be about something that passes, such as a connection refused further down: it is relayed only where
    /// the batch holds an event that is not JSON, which no downstream ever takes.
    fn undelivered(&self, error: &ForwardError, out: &[u8], headers: &axum::http::HeaderMap) -> Answer {
        if let ForwardError::Refused { status, .. } = error {
            match status.as_u16() {
                413 => {
                    let text =
                        format!("{error}; the batch has {} bytes uncompressed, send smaller ones", out.len());
                    return Answer::new(StatusCode::PAYLOAD_TOO_LARGE, text);
                }
                400 | 415 | 422 => {
                    if let Some(number) = first_not_json(out, headers.get(header::CONTENT_TYPE)) {
                        let text = format!("{error}; event {number} of the batch is not JSON");
                        return Answer::new(StatusCode::BAD_REQUEST, text);
                    }
                }
                _ => {}
            }
        }
        self.retry(error.reason());
        warn!(reason = error.reason(), error = %error, bytes = out.len(), "batch not delivered, asked to send it again");
        Answer::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }

    pub(crate) fn retry(&self, reason: &'static str) {
        self.metrics.retries.get_or_create(&ReasonLabel { reason }).inc();
    }

    pub(crate) fn report_failures(&self, parts: &[Part]) {
        for part in parts {
            let unanswered = part.sifted.counts.unanswered;
            self.metrics.module_seconds.inc_by(part.time.as_secs_f64());
            self.metrics.unanswered.inc_by(unanswered);
            if let Some((_, failure)) = &part.sifted.first_failure {
                warn!(events = unanswered, first = %failure, "module failed, events pass unchanged");
            }
        }
    }

    /// Counts a body that the downstream has taken.
    pub(crate) fn taken(
        &self,
        frames: &[Frame],
        parts: Vec<Part>,
        began: Instant,
        bytes_in: u64,
        bytes_out: u64,
    ) {
        self.metrics.bytes_in.inc_by(bytes_in);
        self.metrics.bytes_out.inc_by(bytes_out);
        self.count(frames, parts);
        self.metrics.delivered(began.elapsed());
    }

    fn count(&self, frames: &[Frame], parts: Vec<Part>) {
        let (mut enriched, mut dropped, mut saved) = (0, 0, 0);
        let mut unchanged = events(frames);
        for part in parts {
            let counts = part.sifted.counts;
            (enriched, dropped) = (enriched + counts.enriched, dropped + counts.dropped);
            unchanged = unchanged.saturating_sub(part.sifted.changes.len() as u64);
            for (number, change) in part.sifted.changes {
                if let Some(frame) = frames.get(part.numbers.start + number as usize)
                    && change == Change::Dropped
                {
                    saved += u64::from(frame.end - frame.start);
                }
            }
            for (key, dropped) in part.verdicts {
                self.metrics.mirror_event(key, dropped);
            }
        }
        for (outcome, count) in [("unchanged", unchanged), ("enriched", enriched), ("dropped", dropped)] {
            self.metrics.events.get_or_create(&OutcomeLabel { outcome }).inc_by(count);
        }
        self.metrics.bytes_saved.inc_by(saved);
    }

    /// Puts another module or policy in force, if it can be used.
    pub(crate) fn reloaded(&self, result: Result<super::pool::Generation, String>) {
        let outcome = match result {
            Ok(generation) => {
                self.pool.replace(generation);
                info!("module and policy reloaded");
                "success"
            }
            Err(error) => {
                warn!(error, "reload failed, module and policy stay as they were");
                "failure"
            }
        };
        self.metrics.reloads.get_or_create(&OutcomeLabel { outcome }).inc();
    }
}

/// Where the records of a body lie.
///
/// Lines of NDJSON are taken whatever they hold. A body that is announced as JSON and is none can never be delivered.
fn frames(body: &mut [u8], content_type: Option<&HeaderValue>) -> Result<Vec<Frame>, Answer> {
    let framing =
        Framing { only_lines: is_ndjson(content_type), frames_max: EVENTS_MAX + 1, ..Framing::default() };
    let mut framer = Framer::new(framing);
    let mut frames = Vec::new();
    framer.frame(body, true, &mut frames);
    if frames.len() > EVENTS_MAX {
        let text = format!("the body has more than {EVENTS_MAX} events");
        return Err(Answer::new(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    let is_plain = |frame: &Frame| frame.kind == Kind::Other && frame.place == Place::Line;
    if is_json(content_type)
        && (framer.is_unfinished() || (!is_object && frames.iter().any(is_plain)))
        && let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(body)
    {
        return Err(Answer::new(StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}")));
    }
    Ok(frames)
}

/// How many events these are.
fn events(frames: &[Frame]) -> u64 {
    frames.iter().filter(|frame| !matches!(frame.kind, Kind::Blank | Kind::Between)).count() as u64
}

fn is_ndjson(content_type: Option<&HeaderValue>) -> bool {
    ["ndjson", "jsonl", "json-seq", "jsonlines"].iter().any(|name| mentions(content_type, name))
}

fn is_json(content_type: Option<&HeaderValue>) -> bool {
    mentions(content_type, "json") && !is_ndjson(content_type)
}

fn mentions(content_type: Option<&HeaderValue>, name: &str) -> bool {
    let text = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.to_ascii_lowercase().contains(name)
}

/// The body that goes on, None for the same one, and how many events it has.
pub(crate) fn put_together(body: &[u8], frames: &[Frame], parts: &[Part]) -> (Option<Bytes>, u64) {
    if parts.iter().all(|part| part.sifted.changes.is_empty()) {
        return (None, events(frames));
    }
    let grown: usize = parts.iter().map(|part| part.sifted.enriched.len()).sum();
    let mut out = Vec::with_capacity(body.len() + grown);
    let mut output = Output::default();
    let mut kept = events(frames);
    for part in parts {
        let frames = &frames[part.numbers.clone()];
        output.each(body, frames, &part.sifted, |bytes| out.extend_from_slice(bytes));
        let dropped = part.sifted.changes.iter().filter(|change| change.1 == Change::Dropped);
        kept -= dropped.count() as u64;
    }
    (Some(out.into()), kept)
}

/// The number of the first event that is not JSON, counted from 1.
fn first_not_json(body: &[u8], content_type: Option<&HeaderValue>) -> Option<usize> {
    let mut body = body.to_vec();
    let frames = frames(&mut body, content_type).ok()?;
    let mut events = frames.iter().filter(|frame| !matches!(frame.kind, Kind::Blank | Kind::Between));
    let bad = |frame: &Frame| {
        let bytes = &body[frame.start as usize..frame.end as usize];
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_err()
    };
    events.position(bad).map(|at| at + 1)
}
