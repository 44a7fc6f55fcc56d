//! Accepting connections; knows TLS, times and how to stop, not what is asked over them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower::util::MapRequest;
use tracing::{debug, warn};

use super::connections::{Connections, GiveWay, Seat, Watched};

/// How long a connection may be silent before a request, and how long a request's head may take.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);
/// How long a TLS handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// How long one that is told to give way may take to be answered.
const LAST_ANSWER_TIME_MAX: Duration = Duration::from_secs(5);
/// The largest head, and what is read of a body at once.
const BUFFER_BYTES_MAX: usize = 64 << 10;
/// How long to wait when no connection can be accepted, for lack of file descriptors for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How many may wait to be accepted; the system may allow for less. Who finds no room asks again after a second.
const BACKLOG: u32 = 4096;

/// Listens on an address.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The server's certificate and key from PEM files' contents.
///
/// # Errors
/// There is no certificate, no key, or they do not belong together.
pub(crate) fn tls(certificates: &[u8], key: &[u8]) -> Result<TlsAcceptor, String> {
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("certificate: {error}"))?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("key: {error}"))?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(|error| error.to_string())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves connections until `stop` is ready, then finishes the requests that were accepted, within `patience`.
///
/// Returns false when some were not finished in time.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    routes: Router,
    connections: Arc<Connections>,
    stop: impl Future<Output = ()>,
    patience: Duration,
) -> bool {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!(error = %error, "cannot accept a connection");
                connections.make_room();
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (connections, seated) = (connections.clone(), connections.seat().await);
        let serving =
            connection(stream, tls.clone(), routes.clone(), graceful.watcher(), seated.seat.clone());
        tokio::spawn(async move {
            let seat = &seated.seat;
            let mut serving = std::pin::pin!(serving);
            let ended = tokio::select! {
                ended = &mut serving => ended,
                how = seat.told() => match how {
                    GiveWay::AtOnce => Ok(()),
                    GiveWay::Answering => {
                        tokio::time::timeout(LAST_ANSWER_TIME_MAX, serving).await.unwrap_or(Ok(()))
                    }
                },
                () = seat.unread(patience) => {
                    connections.count("answer");
                    Ok(())
                }
            };
            if let Err(error) = ended {
                debug!(error, "connection ended");
            }
        });
    }
    drop(listener);
    tokio::time::timeout(patience, graceful.shutdown()).await.is_ok()
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    routes: Router,
    watcher: Watcher,
    seat: Arc<Seat>,
) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    stream.set_nodelay(true).map_err(text)?;
    let stream = Watched::new(stream, seat.clone());
    let with_seat = MapRequest::new(routes, move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(seat.clone());
        request
    });
    let service = TowerToHyperService::new(with_seat);
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX).max_buf_size(BUFFER_BYTES_MAX);
    let ended = match tls {
        None => watcher.watch(server.serve_connection(TokioIo::new(stream), service)).await,
        Some(tls) => {
            let stream = tokio::time::timeout(HANDSHAKE_TIME_MAX, tls.accept(stream)).await;
            let stream = stream.map_err(|_| "no TLS handshake in time".to_string())?.map_err(text)?;
            watcher.watch(server.serve_connection(TokioIo::new(stream), service)).await
        }
    };
    ended.map_err(|error| error.to_string())
}
