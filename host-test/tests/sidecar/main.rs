//! The sidecar as a program, between a client and a downstream that does as it is told.

#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod answers;
mod limits;
mod operations;
mod slow;

use std::collections::VecDeque;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tapsieve_host_test::http::{Answer, Client, Message, Server};
use tapsieve_host_test::process::{Process, folder, free_address, listens, tapsieve, until};
use tempfile::TempDir;

/// A mirror event, and what the module makes of it.
const MIRROR: &str = r#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession"}"#;
/// Longer than any test holds its downstream.
const HELD_TIME_MAX: Duration = Duration::from_secs(60);
/// Names and values.
type Headers<'a> = &'a [(&'a str, &'a str)];

const NDJSON: [(&str, &str); 1] = [("Content-Type", "application/x-ndjson")];
const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

/// What a downstream got, and what it answers: 200 when nothing else is queued.
#[derive(Default)]
struct Downstream {
    got: Mutex<Vec<Message>>,
    answers: Mutex<VecDeque<(u16, &'static str, Duration)>>,
    /// It answers nobody for the time being.
    holds: AtomicBool,
}

impl Downstream {
    fn start(self: &Arc<Self>, address: SocketAddr) -> Server {
        let downstream = self.clone();
        Server::start(address, move |request| downstream.answer(request)).unwrap()
    }

    fn answer(&self, request: Message) -> Answer {
        self.got.lock().unwrap().push(request);
        let (status, text, delay) =
            self.answers.lock().unwrap().pop_front().unwrap_or((200, "", Duration::ZERO));
        std::thread::sleep(delay);
        until(HELD_TIME_MAX, || !self.holds.load(Ordering::SeqCst));
        (status, text.into())
    }

    fn then(&self, status: u16, text: &'static str, delay: Duration) {
        self.answers.lock().unwrap().push_back((status, text, delay));
    }

    fn bodies(&self) -> Vec<String> {
        self.got.lock().unwrap().drain(..).map(|message| message.text()).collect()
    }
}

/// A sidecar with its downstream.
struct Setup {
    process: Process,
    address: SocketAddr,
    downstream: Arc<Downstream>,
    server: Option<Server>,
    folder: TempDir,
    module: PathBuf,
}

impl Setup {
    fn new(arguments: &[&str]) -> Setup {
        let folder = folder("sidecar").unwrap();
        let module = folder.path().join("module.wasm");
        fs::write(&module, tapsieve_host_test::engines::module_bytes().unwrap()).unwrap();
        let downstream = Arc::new(Downstream::default());
        let server = downstream.start(free_address().unwrap());
        let address = free_address().unwrap();
        let own = [
            "serve".to_owned(),
            format!("--listen={address}"),
            format!("--forward=http://{}/in", server.address()),
            format!("--module={}", module.display()),
        ];
        let arguments = own.into_iter().chain(arguments.iter().map(|&argument| argument.to_owned()));
        let process = Process::start(&tapsieve().unwrap(), arguments, &folder.path().join("log")).unwrap();
        let setup = Setup { process, address, downstream, server: Some(server), folder, module };
        assert!(listens(address, Duration::from_secs(60)), "{}", setup.log());
        setup
    }

    fn client(&self) -> Client {
        Client::new(self.address)
    }

    fn post(&self, headers: Headers<'_>, body: impl AsRef<[u8]>) -> (u16, String) {
        let answer = self.client().send("POST", "/", headers, body.as_ref()).unwrap();
        (answer.status(), answer.text())
    }

    fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client().send("GET", path, &[], b"").unwrap();
        (answer.status(), answer.text())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The value of a line of the metrics.
    fn metric(&self, name: &str) -> Option<f64> {
        let text = self.get("/metrics").1;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        line.parse().ok()
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}

/// The mirror event as the native engine enriches it.
fn enriched() -> String {
    use tapsieve_host_test::engines::{Answer, Engine, Native};
    match Native::new().process(MIRROR.as_bytes()).unwrap() {
        Answer::Enriched(bytes) => String::from_utf8(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}
