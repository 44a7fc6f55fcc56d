//! HEC in, HEC out: Splunk's HTTP Event Collector before LogScale; knows its paths, bodies, tokens and codes.
//!
//! What does not change goes on as it came, compressed bytes included, and what the downstream answers is the answer:
//! it judges bodies and tokens. Nothing is kept, so any number of these behind a load balancer are one gateway.

mod inside;
mod raw;

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use hyper::body::Bytes;
use subtle::ConstantTimeEq;
use tapsieve_records::{Framer, Framing};
use tracing::warn;

pub(crate) use self::inside::{Form, Inside, Room};
use super::body::{self, BodyError, Encoding};
use super::connections::{Seat, Turn};
use super::handler::{EVENTS_MAX, Sidecar, put_together};
use super::metrics::StatusLabel;
use super::pool::Task;

/// What is sent to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Events,
    Raw,
    /// Health and acknowledgements: the downstream's to answer.
    Other,
}

fn endpoint(path: &str) -> Option<Endpoint> {
    Some(match path.strip_suffix('/').unwrap_or(path) {
        "/services/collector"
        | "/services/collector/event"
        | "/services/collector/event/1.0"
        | "/api/v1/ingest/hec" => Endpoint::Events,
        "/services/collector/raw" | "/services/collector/raw/1.0" | "/api/v1/ingest/hec/raw" => Endpoint::Raw,
        "/services/collector/health"
        | "/services/collector/health/1.0"
        | "/services/collector/ack"
        | "/api/v1/ingest/hec/health" => Endpoint::Other,
        _ => return None,
    })
}

/// Headers of one connection, or of one body, which are made anew.
const OWN_HEADERS: [&str; 12] = [
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// An answer in HEC's words.
fn say(status: StatusCode, code: u16, text: &str) -> Response {
    let mut response = Response::new(Body::from(format!("{{\"text\":\"{text}\",\"code\":{code}}}")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    response
}

fn busy() -> Response {
    say(StatusCode::SERVICE_UNAVAILABLE, 9, "Server is busy")
}

fn refusal(error: &BodyError) -> Response {
    match error {
        // Not 408: HEC does not have it, and there are senders that throw away what is answered so.
        BodyError::Busy | BodyError::Slow { .. } => busy(),
        BodyError::TooLarge { .. } => too_large(),
        BodyError::Encoding(_) => say(StatusCode::UNSUPPORTED_MEDIA_TYPE, 6, "Invalid data format"),
        BodyError::Corrupt { .. } | BodyError::Broken(_) => {
            say(StatusCode::BAD_REQUEST, 6, "Invalid data format")
        }
    }
}

fn too_large() -> Response {
    say(StatusCode::PAYLOAD_TOO_LARGE, 27, "Request entity too large")
}

/// Answers a request to any path that is not the sidecar's own.
pub(crate) async fn answer(
    State(sidecar): State<Arc<Sidecar>>,
    Extension(seat): Extension<Arc<Seat>>,
    request: Request,
) -> Response {
    let mut turn = seat.turn();
    let response = match (endpoint(request.uri().path()), sidecar.token_refusal(request.headers())) {
        (None, _) => {
            body::drain_briefly(request.into_body()).await;
            say(StatusCode::NOT_FOUND, 404, "The requested URL was not found on this server.")
        }
        (_, Some(refusal)) => {
            body::drain_briefly(request.into_body()).await;
            refusal
        }
        (Some(endpoint), None) => sidecar.hec(endpoint, request, &mut turn).await,
    };
    sidecar.metrics.requests.get_or_create(&StatusLabel { status: response.status().as_u16() }).inc();
    response
}

impl Sidecar {
    /// What is answered to a token that the operator does not allow; without a list the downstream judges.
    fn token_refusal(&self, headers: &HeaderMap) -> Option<Response> {
        let allowed = self.hec_tokens.as_ref()?;
        let Some(given) = headers.get(header::AUTHORIZATION) else {
            return Some(say(StatusCode::UNAUTHORIZED, 2, "Token is required"));
        };
        let given = given.as_bytes();
        let scheme = ["Splunk ", "Bearer "].iter().find(|scheme| {
            given.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
        });
        let Some(scheme) = scheme else {
            return Some(say(StatusCode::UNAUTHORIZED, 3, "Invalid authorization"));
        };
        let given = given[scheme.len()..].trim_ascii();
        // All are compared, so that the time says nothing.
        let known =
            allowed.iter().fold(false, |known, token| known | bool::from(token.as_bytes().ct_eq(given)));
        (!known).then(|| say(StatusCode::FORBIDDEN, 4, "Invalid token"))
    }

    async fn hec(&self, endpoint: Endpoint, request: Request, turn: &mut Turn) -> Response {
        let began = Instant::now();
        let (head, body) = request.into_parts();
        let plain = match body::read(&head.headers, body, self.limits, &self.budget, turn).await {
            Ok(plain) => plain,
            Err(error) => {
                match error {
                    BodyError::Busy => self.retry("busy"),
                    BodyError::Slow { .. } => self.retry("slow"),
                    _ => {}
                }
                warn!(reason = %error, "request refused");
                return refusal(&error);
            }
        };
        let asked = endpoint != Endpoint::Other && head.method == Method::POST;
        let mut bytes = plain.bytes;
        let mut frames = Vec::new();
        if asked && endpoint == Endpoint::Raw {
            frames = raw::lines(&bytes, EVENTS_MAX + 1);
        } else if asked {
            let framing = Framing { frames_max: EVENTS_MAX + 1, ..Framing::default() };
            Framer::new(framing).frame(&mut bytes, true, &mut frames);
        }
        if frames.len() > EVENTS_MAX {
            warn!(events_max = EVENTS_MAX, "request refused, it has too many events");
            return too_large();
        }
        let bytes_in = bytes.len() as u64;
        let (body, frames) = (Arc::new(bytes), Arc::new(frames));
        let form = if endpoint == Endpoint::Events { Form::Envelopes } else { Form::Plain };
        let came_bytes = plain.came.as_ref().map_or(0, Vec::len);
        let wrap_lines = endpoint == Endpoint::Raw;
        let patience = self.patience(began);
        let task = Task { form, wrap_lines, reserved: plain.reserved, came_bytes, patience };
        let (mut parts, reserved) = self.pool.sift(body.clone(), frames.clone(), task).await;
        self.report_failures(&parts);
        if let Some(part) = parts.iter().find(|part| part.full.is_some()) {
            if part.full == Some(super::pool::Full::Never) {
                warn!("request refused: what is said of its events takes more memory than --in-flight-mib");
                return too_large();
            }
            self.retry("busy");
            return busy();
        }
        if endpoint == Endpoint::Raw {
            raw::as_lines(&body, &frames, &mut parts);
        }
        let (out, kept) = put_together(&body, &frames, &parts);
        let is_same = out.is_none();
        let (mut encoding, mut bytes_out) = (plain.encoding, 0);
        if !is_same && kept == 0 {
            let answer = say(StatusCode::OK, 0, "Success");
            turn.is_delivered();
            self.taken(&frames, parts, began, bytes_in, 0);
            return answer;
        }
        let out = match (out, plain.came) {
            (Some(out), _) => {
                bytes_out = out.len() as u64;
                let (out, applied) = compress(out, encoding);
                encoding = applied;
                out
            }
            (None, Some(came)) => Bytes::from(came),
            (None, None) => Bytes::from(Arc::try_unwrap(body).unwrap_or_else(|shared| (*shared).clone())),
        };
        if is_same {
            bytes_out = bytes_in;
        }
        let mut headers = head.headers;
        let came_as = headers.remove(header::CONTENT_ENCODING);
        end_to_end(&mut headers);
        match came_as {
            Some(name) if encoding != Encoding::Plain => {
                headers.insert(header::CONTENT_ENCODING, name);
            }
            _ => {}
        }
        let patience = self.answer_time_max.saturating_sub(began.elapsed());
        let query = head.uri.path_and_query().map_or("/", |query| query.as_str());
        match self.downstream.relay(head.method, query, headers, out, patience).await {
            Ok(answer) => {
                let (mut head, body) = answer.into_parts();
                if head.status.is_success() && asked {
                    turn.is_delivered();
                    self.taken(&frames, parts, began, bytes_in, bytes_out);
                } else if asked {
                    let reason = format!("downstream_{}", head.status.as_u16());
                    warn!(reason, bytes = bytes_in, "the downstream did not take a body");
                }
                let content_encoding = head.headers.remove(header::CONTENT_ENCODING);
                end_to_end(&mut head.headers);
                if let Some(name) = content_encoding {
                    head.headers.insert(header::CONTENT_ENCODING, name);
                }
                drop(reserved);
                Response::from_parts(head, Body::from(body))
            }
            Err(error) => {
                self.retry(error.reason());
                warn!(reason = error.reason(), error = %error, bytes = bytes_in, "body not delivered");
                busy()
            }
        }
    }
}

/// Takes the headers away that belong to one connection, or to the bytes of one body.
fn end_to_end(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for name in OWN_HEADERS.iter().copied().chain(named.iter().map(String::as_str)) {
        headers.remove(name);
    }
}

/// A body that was changed goes on in the encoding that it came in.
fn compress(plain: Bytes, encoding: Encoding) -> (Bytes, Encoding) {
    let compressed = match encoding {
        Encoding::Plain => return (plain, encoding),
        Encoding::Gzip => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(&plain).and_then(|()| gzip.finish())
        }
        Encoding::Zstd => zstd::encode_all(&plain[..], 1),
    };
    match compressed {
        Ok(compressed) => (compressed.into(), encoding),
        Err(_) => (plain, Encoding::Plain),
    }
}
