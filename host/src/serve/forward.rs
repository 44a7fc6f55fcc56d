//! Handing a body on; knows what the downstream's answers mean for the one who waits, not what is in the body.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::uri::Scheme;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tracing::info;

/// How long a connection may take to come about.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Idle connections are closed after this.
const IDLE_TIME_MAX: Duration = Duration::from_secs(30);
/// How much of an answer's body is read.
const ANSWER_BYTES_MAX: usize = 16 << 10;
/// How much of an answer's body is handed back.
const RELAYED_BYTES_MAX: usize = 1 << 20;
/// How much of it is shown.
const SHOWN_CHARACTERS_MAX: usize = 200;

/// How much of a body is handed to the connection at once: the next piece is taken when there is room for it.
const PIECE_BYTES: usize = 64 << 10;

/// A body in pieces, which tells when the last one was taken.
pub(crate) struct Pieces {
    rest: Bytes,
    taken: Arc<AtomicBool>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let len = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(len);
        if self.rest.is_empty() {
            self.taken.store(true, Ordering::Release);
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

/// Where bodies go.
pub(crate) struct Downstream {
    client: Way,
    uri: Uri,
    authorization: Option<HeaderValue>,
}

/// How it is reached.
enum Way {
    Direct(Client<HttpsConnector<HttpConnector>, Pieces>),
    /// Through a proxy, which sees where to and, with `https`, nothing else.
    Tunnel(Client<HttpsConnector<Tunnel<HttpConnector>>, Pieces>),
}

impl Way {
    fn request(&self, request: Request<Pieces>) -> ResponseFuture {
        match self {
            Way::Direct(client) => client.request(request),
            Way::Tunnel(client) => client.request(request),
        }
    }
}

/// The proxy that the environment names for this address; none for loopback.
fn proxy(uri: &Uri) -> Result<Option<(Uri, Option<HeaderValue>)>, String> {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    if host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
        return Ok(None);
    }
    match Matcher::from_env().intercept(uri) {
        Some(proxy) if proxy.uri().scheme() == Some(&Scheme::HTTP) => {
            Ok(Some((proxy.uri().clone(), proxy.basic_auth().cloned())))
        }
        Some(proxy) => Err(format!("the proxy {} is not spoken to over plain HTTP", proxy.uri())),
        None => Ok(None),
    }
}

/// Why a body was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ForwardError {
    /// No connection, or it broke.
    Unreachable(String),
    /// No answer in time.
    TimedOut,
    /// An answer that is not 2xx.
    Refused {
        /// Its status.
        status: StatusCode,
        /// The start of its body.
        why: String,
    },
}

impl ForwardError {
    /// A word for metrics.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            ForwardError::Unreachable(_) => "unreachable",
            ForwardError::TimedOut => "timeout",
            ForwardError::Refused { status, .. } => match status.as_u16() {
                400 | 422 => "rejected",
                401 | 403 => "unauthorized",
                413 => "too_large",
                429 => "too_many",
                500.. => "failed",
                _ => "other",
            },
        }
    }
}

impl fmt::Display for ForwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForwardError::Unreachable(why) => write!(f, "the downstream cannot be reached: {why}"),
            ForwardError::TimedOut => f.write_str("the downstream did not answer in time"),
            ForwardError::Refused { status, why } if why.is_empty() => {
                write!(f, "the downstream answered {}", status.as_u16())
            }
            ForwardError::Refused { status, why } => {
                write!(f, "the downstream answered {}: {why}", status.as_u16())
            }
        }
    }
}

impl Downstream {
    /// A client for one address.
    ///
    /// # Errors
    /// The system has no certificates to check an `https` address with, or the proxy is none that is known.
    pub(crate) fn new(uri: Uri, authorization: Option<HeaderValue>) -> Result<Downstream, String> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIME_MAX));
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_idle_timeout(IDLE_TIME_MAX).pool_timer(TokioTimer::new());
        let client = match proxy(&uri)? {
            None => Way::Direct(builder.build(secured(&uri, http)?)),
            Some((at, authorization)) => {
                info!(proxy = %at, "the downstream is reached through a proxy");
                let tunnel = Tunnel::new(at, http);
                let tunnel = match authorization {
                    Some(authorization) => tunnel.with_auth(authorization),
                    None => tunnel,
                };
                Way::Tunnel(builder.build(secured(&uri, tunnel)?))
            }
        };
        Ok(Downstream { client, uri, authorization })
    }

    /// Hands a body on and waits for the answer until `patience` ends.
    ///
    /// # Errors
    /// Anything but an answer of 2xx.
    pub(crate) async fn forward(
        &self,
        body: Bytes,
        content_type: Option<HeaderValue>,
        patience: Duration,
    ) -> Result<(), ForwardError> {
        let taken = Arc::new(AtomicBool::new(body.is_empty()));
        let mut request = Request::post(self.uri.clone())
            .header(header::USER_AGENT, concat!("tapsieve/", env!("CARGO_PKG_VERSION")))
            .body(Pieces { rest: body, taken: taken.clone() })
            .map_err(|error| ForwardError::Unreachable(error.to_string()))?;
        let headers = request.headers_mut();
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        match tokio::time::timeout(patience, self.exchange(request, &taken)).await {
            Ok(result) => result,
            Err(_) => Err(ForwardError::TimedOut),
        }
    }

    /// Sends a request to a path below the address, and gives the answer, whatever it is.
    ///
    /// # Errors
    /// There is none in time.
    pub(crate) async fn relay(
        &self,
        method: Method,
        path_and_query: &str,
        headers: HeaderMap,
        body: Bytes,
        patience: Duration,
    ) -> Result<Response<Bytes>, ForwardError> {
        let unreachable = |error: &dyn std::error::Error| ForwardError::Unreachable(causes(error));
        let taken = Arc::new(AtomicBool::new(body.is_empty()));
        let base = self.uri.to_string();
        let base = base.split('?').next().unwrap_or_default().trim_end_matches('/');
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{base}{path_and_query}"))
            .body(Pieces { rest: body, taken: taken.clone() })
            .map_err(|error| unreachable(&error))?;
        *request.headers_mut() = headers;
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| unreachable(&error))?;
            if answer.status().is_success() && !taken.load(Ordering::Acquire) {
                return Err(ForwardError::Unreachable("it answered before it had read the body".into()));
            }
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, RELAYED_BYTES_MAX).collect().await;
            let body =
                body.map_err(|error| ForwardError::Unreachable(format!("its answer broke off: {error}")))?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        tokio::time::timeout(patience, exchange).await.unwrap_or(Err(ForwardError::TimedOut))
    }

    async fn exchange(&self, request: Request<Pieces>, taken: &AtomicBool) -> Result<(), ForwardError> {
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| ForwardError::Unreachable(causes(&error)))?;
        let status = answer.status();
        // Who says so before the end was sent cannot have the whole body.
        if status.is_success() && !taken.load(Ordering::Acquire) {
            return Err(ForwardError::Unreachable("it answered before it had read the body".into()));
        }
        // Read to its end, so that the connection can be used again.
        let text = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        if status.is_success() {
            return Ok(());
        }
        let text = text.map(|text| text.to_bytes()).unwrap_or_default();
        let why = String::from_utf8_lossy(&text);
        let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
        Err(ForwardError::Refused { status, why: why.chars().take(SHOWN_CHARACTERS_MAX).collect() })
    }
}

/// A connector that speaks TLS where the address says so.
fn secured<C>(uri: &Uri, inner: C) -> Result<HttpsConnector<C>, String> {
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let builder = hyper_rustls::HttpsConnectorBuilder::new();
    if uri.scheme_str() == Some("https") {
        let builder = builder
            .with_provider_and_native_roots(provider)
            .map_err(|error| format!("no certificates to check {uri} with: {error}"))?;
        return Ok(builder.https_only().enable_http1().wrap_connector(inner));
    }
    let config = tokio_rustls::rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(tokio_rustls::rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(builder.with_tls_config(config).https_or_http().enable_http1().wrap_connector(inner))
}

/// An error and what caused it, on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
