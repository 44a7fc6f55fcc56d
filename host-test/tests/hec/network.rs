//! What the environment says of the way to the downstream: a proxy, and the certificates that are trusted.

use std::io::{BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tapsieve_host_test::hec::{Receiver, TOKEN};
use tapsieve_host_test::http::{Message, Server};
use tapsieve_host_test::process::{Process, folder, free_address, listens, tapsieve};
use tempfile::TempDir;

use super::{EVENT, send};

const SUCCESS: &str = r#"{"code":0,"text":"Success"}"#;

/// What the environment may say.
const NAMES: [&str; 6] =
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// A gateway with an environment of its own.
struct Gateway {
    address: SocketAddr,
    process: Option<Process>,
    folder: TempDir,
}

impl Gateway {
    fn start(hec: &str, environment: &[&str]) -> Gateway {
        let folder = folder("network").unwrap();
        let module = folder.path().join("module.wasm");
        std::fs::write(&module, tapsieve_host_test::engines::module_bytes().unwrap()).unwrap();
        let address = free_address().unwrap();
        let unset = NAMES.iter().flat_map(|name| [name.to_string(), name.to_lowercase()]);
        let mut arguments: Vec<String> = unset.flat_map(|name| ["-u".to_owned(), name]).collect();
        arguments.extend(environment.iter().map(|&setting| setting.to_owned()));
        arguments.extend([
            tapsieve().unwrap().display().to_string(),
            "serve".to_owned(),
            format!("--listen={address}"),
            format!("--hec={hec}"),
            format!("--module={}", module.display()),
            "--answer-seconds=5".to_owned(),
        ]);
        let process =
            Process::start(Path::new("/usr/bin/env"), &arguments, &folder.path().join("log")).unwrap();
        assert!(listens(address, Duration::from_secs(60)));
        Gateway { address, process: Some(process), folder }
    }

    fn post(&self) -> (u16, String) {
        let authorization = format!("Splunk {TOKEN}");
        send(self.address, "POST", EVENT, &[("Authorization", &authorization)], b"{\"event\":1}")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Before its folder.
        self.process = None;
    }
}

/// A proxy that leads everywhere to the same place, and notes what it was asked.
struct Proxy {
    server: Server,
    asked: Arc<Mutex<Vec<Message>>>,
}

impl Proxy {
    fn start(to: SocketAddr) -> Proxy {
        let asked: Arc<Mutex<Vec<Message>>> = Arc::default();
        let notes = asked.clone();
        let server = Server::with(free_address().unwrap(), move |stream| {
            let mut stream = BufReader::new(stream);
            let Ok(Some(head)) = Message::head(&mut stream) else { return };
            notes.lock().unwrap().push(head);
            let Ok(mut far) = TcpStream::connect(to) else { return };
            let mut near = stream.get_ref().try_clone().unwrap();
            near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            let mut back = far.try_clone().unwrap();
            thread::spawn(move || {
                let _ = std::io::copy(&mut back, &mut near);
                let _ = near.shutdown(Shutdown::Both);
            });
            let _ = std::io::copy(&mut stream, &mut far);
            let _ = far.shutdown(Shutdown::Both);
        });
        Proxy { server: server.unwrap(), asked }
    }

    fn asked(&self) -> Vec<Message> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[test]
fn a_proxy_that_the_environment_names_is_used() {
    let receiver = Receiver::start(Duration::ZERO, |_, _| ()).unwrap();
    let proxy = Proxy::start(receiver.address());
    let to = format!("http://someone:s%65cret@{}", proxy.server.address());
    let by_name = "http://collector.test:8088/";
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let gateway = Gateway::start(by_name, &[&format!("{variable}={to}")]);
        let (status, text) = gateway.post();
        assert!(status == 200 && text.contains(SUCCESS), "{variable}: {status} {text}");
        let asked = proxy.asked();
        assert_eq!(asked[0].first, "CONNECT collector.test:8088 HTTP/1.1");
        assert_eq!(asked[0].header("proxy-authorization"), Some("Basic c29tZW9uZTpzZWNyZXQ="));
        assert!(gateway.log().contains("through a proxy") && !gateway.log().contains("cret"));
    }
    // Not for the hosts that are named, and never for loopback.
    let gateway = Gateway::start(by_name, &[&format!("HTTP_PROXY={to}"), "NO_PROXY=a.test,.collector.test"]);
    assert_eq!(gateway.post().0, 503);
    let direct = format!("http://{}/", receiver.address());
    let gateway = Gateway::start(&direct, &[&format!("ALL_PROXY={to}")]);
    assert_eq!(gateway.post().0, 200);
    assert!(proxy.asked().is_empty());
}

#[test]
fn a_way_that_cannot_be_gone_is_refused_at_the_start() {
    for (name, value, says) in [
        ("HTTPS_PROXY", "https://127.0.0.1:1", "plain HTTP"),
        ("ALL_PROXY", "socks5://127.0.0.1:1", "plain HTTP"),
        ("SSL_CERT_FILE", "/dev/null", "no certificates"),
    ] {
        let mut command = std::process::Command::new(tapsieve().unwrap());
        command.args(["serve", "--listen=127.0.0.1:0", "--hec=https://collector.test/"]);
        NAMES.iter().for_each(|name| {
            command.env_remove(name).env_remove(name.to_lowercase());
        });
        let output = command.env(name, value).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(says), "{name}: {said}");
    }
}

/// Answers requests over TLS with the certificate for `localhost` that the sidecar's tests have.
fn receiver_with_tls() -> SocketAddr {
    let folder = tapsieve_host_test::root().join("host-test/tests/sidecar");
    let certificates = vec![CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let config = config.clone();
            thread::spawn(move || {
                let connection = rustls::ServerConnection::new(config).unwrap();
                let mut stream = BufReader::new(rustls::StreamOwned::new(connection, stream.unwrap()));
                while let Ok(Some(_)) = Message::read(&mut stream) {
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", SUCCESS.len());
                    stream.get_mut().write_all((head + SUCCESS).as_bytes()).unwrap();
                }
            });
        }
    });
    address
}

#[test]
fn a_private_root_is_trusted_where_the_environment_names_it() {
    let at = receiver_with_tls();
    let root = tapsieve_host_test::root().join("host-test/tests/sidecar/cert.pem");
    let hec = format!("https://localhost:{}/", at.port());
    let trusting = format!("SSL_CERT_FILE={}", root.display());
    let gateway = Gateway::start(&hec, &[&trusting]);
    assert_eq!(gateway.post(), (200, SUCCESS.into()));
    drop(gateway);
    // Through a proxy too, which cannot read it.
    let proxy = Proxy::start(at);
    let through = format!("HTTPS_PROXY=http://{}", proxy.server.address());
    let gateway = Gateway::start("https://collector.test/", &[&trusting, &through]);
    let (status, text) = gateway.post();
    assert!(status == 503 && text.contains("\"code\":9"), "a certificate for another name: {status} {text}");
    assert_eq!(proxy.asked()[0].first, "CONNECT collector.test:443 HTTP/1.1");
    // The certificate is of no public root.
    let gateway = Gateway::start(&hec, &[]);
    assert_eq!(gateway.post().0, 503);
    assert!(gateway.log().contains("certificate"), "{}", gateway.log());
}
