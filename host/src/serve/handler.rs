//! The answers to requests; knows which outcome becomes which status, not how any of it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::body::Bytes;
use subtle::ConstantTimeEq;
use tracing::{info, warn};

use super::body::{self, Limits};
use super::budget::Budget;
use super::forward::{Downstream, ForwardError};
use super::framing::{self, Place};
use super::metrics::{self, Metrics, OutcomeLabel, ReasonLabel, StatusLabel};
use super::pool::Pool;
use super::sift::{Change, Sifted};

/// What every request needs.
pub(crate) struct Sidecar {
    pub(crate) pool: Pool,
    pub(crate) downstream: Downstream,
    pub(crate) budget: Budget,
    pub(crate) limits: Limits,
    /// From a request's head to its answer.
    pub(crate) answer_time_max: Duration,
    /// What the `Authorization` of a request has to be.
    pub(crate) authorization: Option<Vec<u8>>,
    pub(crate) metrics: Metrics,
    pub(crate) stopping: AtomicBool,
}

/// The routes: batches to `/`, and three for operations.
pub(crate) fn routes(sidecar: Arc<Sidecar>) -> Router {
    Router::new()
        .route("/", post(batch))
        .route("/healthz", get(|| async { "ok\n" }))
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
    sidecar.metrics.in_flight.set(i64::try_from(sidecar.budget.used()).unwrap_or(i64::MAX));
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], sidecar.metrics.text()).into_response()
}

async fn batch(State(sidecar): State<Arc<Sidecar>>, request: Request) -> Answer {
    let answer = match sidecar.is_allowed(&request) {
        true => sidecar.batch(request).await,
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
    async fn batch(&self, request: Request) -> Answer {
        let began = Instant::now();
        let (head, body) = request.into_parts();
        let plain = match body::read(&head.headers, body, self.limits, &self.budget).await {
            Ok(plain) => plain,
            Err(error) => {
                if error == body::BodyError::Busy {
                    self.retry("busy");
                }
                return Answer::new(error.status(), error.to_string());
            }
        };
        let content_type = head.headers.get(header::CONTENT_TYPE).cloned();
        let events = match framing::events(&plain.bytes, is_ndjson(content_type.as_ref())) {
            Ok(events) => events,
            Err(framing::FramingError::TooMany) => {
                let text = framing::FramingError::TooMany.to_string();
                return Answer::new(StatusCode::PAYLOAD_TOO_LARGE, text);
            }
            Err(error) => return Answer::new(StatusCode::BAD_REQUEST, error.to_string()),
        };
        let body = Arc::new(plain.bytes);
        let events = Arc::new(events);
        let parts = self.pool.sift(body.clone(), events.clone()).await;
        self.report_failures(&parts);
        let (out, kept) = put_together(&body, &events, &parts);
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
        drop(plain.reserved);
        self.metrics.bytes_in.inc_by(bytes_in);
        self.metrics.bytes_out.inc_by(bytes_out);
        self.count(&events, parts);
        self.metrics.delivered(began.elapsed());
        Answer::new(StatusCode::OK, "delivered")
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
                    if let Some(number) = first_not_json(out, is_ndjson(headers.get(header::CONTENT_TYPE))) {
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

    fn retry(&self, reason: &'static str) {
        self.metrics.retries.get_or_create(&ReasonLabel { reason }).inc();
    }

    fn report_failures(&self, parts: &[Sifted]) {
        for part in parts {
            self.metrics.module_seconds.inc_by(part.time.as_secs_f64());
            if part.unanswered > 0 {
                self.metrics.unanswered.inc_by(part.unanswered);
            }
            if let Some(failure) = &part.first_failure {
                warn!(events = part.unanswered, first = %failure, "module failed, events pass unchanged");
            }
        }
    }

    fn count(&self, events: &[Place], parts: Vec<Sifted>) {
        let (mut enriched, mut dropped, mut saved) = (0, 0, 0);
        for part in parts {
            for (number, change) in part.changes {
                match change {
                    Change::Enriched(_) => enriched += 1,
                    Change::Dropped => {
                        dropped += 1;
                        saved +=
                            events.get(number as usize).map_or(0, |event| u64::from(event.end - event.start));
                    }
                }
            }
            for (key, dropped) in part.verdicts {
                self.metrics.mirror_event(key, dropped);
            }
        }
        let unchanged = events.len() as u64 - enriched - dropped;
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

fn is_ndjson(content_type: Option<&HeaderValue>) -> bool {
    let text = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    ["ndjson", "jsonl", "json-seq", "jsonlines"].iter().any(|name| text.contains(name))
}

/// The body that goes on, None for the same one, and how many events it has.
fn put_together(body: &[u8], events: &[Place], parts: &[Sifted]) -> (Option<Bytes>, usize) {
    if parts.iter().all(|part| part.changes.is_empty()) {
        return (None, events.len());
    }
    let mut changes = parts.iter().flat_map(|part| {
        part.changes.iter().map(|(number, change)| {
            let bytes = match change {
                Change::Enriched(range) => &part.enriched[range.clone()],
                Change::Dropped => &[],
            };
            (*number as usize, bytes)
        })
    });
    let mut next = changes.next();
    let grown: usize = parts.iter().map(|part| part.enriched.len()).sum();
    let mut out = Vec::with_capacity(body.len() + grown);
    let change = |number: usize| match next {
        Some((changed, bytes)) if changed == number => {
            next = changes.next();
            Some(bytes)
        }
        _ => None,
    };
    let kept = framing::assemble(body, events, change, &mut out);
    (Some(out.into()), kept)
}

/// The number of the first event that is not JSON, counted from 1.
fn first_not_json(body: &[u8], ndjson: bool) -> Option<usize> {
    let events = framing::events(body, ndjson).ok()?;
    let bad = |event: &Place| {
        let bytes = &body[event.start as usize..event.end as usize];
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_err()
    };
    events.iter().position(bad).map(|at| at + 1)
}
