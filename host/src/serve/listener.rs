//! Accepting connections; knows TLS, limits on connections and how to stop, not what is asked over them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tracing::{debug, warn};

/// How long a connection may be silent before a request, and how long a request's head may take.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);
/// How long a TLS handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// The largest head, and what is read of a body at once.
const BUFFER_BYTES_MAX: usize = 64 << 10;
/// How long to wait when no connection can be accepted, for lack of file descriptors for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
    connections_max: usize,
    stop: impl Future<Output = ()>,
    patience: Duration,
) -> bool {
    let graceful = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(connections_max));
    let mut stop = std::pin::pin!(stop);
    loop {
        // A connection beyond the limit waits in the system's queue.
        let accepted = async {
            let slot = free.clone().acquire_owned().await;
            (listener.accept().await, slot)
        };
        let (accepted, slot) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!(error = %error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (tls, routes, watcher) = (tls.clone(), routes.clone(), graceful.watcher());
        tokio::spawn(async move {
            if let Err(error) = connection(stream, tls, routes, watcher).await {
                debug!(error, "connection ended");
            }
            drop(slot);
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
) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    stream.set_nodelay(true).map_err(text)?;
    let service = TowerToHyperService::new(routes);
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
