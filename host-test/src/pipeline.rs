//! A whole pipeline on loopback: the shipped Vector configuration, the sidecar, and a receiver in LogScale's place.
//! Knows how the parts are put together, not what events mean.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, io};

use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Client, Server};
use crate::process::{Process, folder, free_address, listens, program, tapsieve};

/// How long a program may take to start on a busy machine.
const START_TIME_MAX: Duration = Duration::from_secs(60);

/// What is done with a body.
type Take = dyn Fn(&[u8]) + Send + Sync;

/// Takes the place of LogScale's ingest: gives every body to a function.
pub struct Receiver {
    address: SocketAddr,
    server: Option<Server>,
    status: Arc<AtomicU16>,
    take: Arc<Take>,
}

impl Receiver {
    /// Listens on a free port.
    ///
    /// # Errors
    /// There is none.
    pub fn start(take: impl Fn(&[u8]) + Send + Sync + 'static) -> io::Result<Receiver> {
        let mut receiver = Receiver {
            address: free_address()?,
            server: None,
            status: Arc::new(AtomicU16::new(200)),
            take: Arc::new(take),
        };
        receiver.listen()?;
        Ok(receiver)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it answers from now on; bodies are taken only with 200.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Refuses connections from now on.
    pub fn refuse(&mut self) {
        self.server = None;
    }

    /// Accepts connections again.
    ///
    /// # Errors
    /// The port is taken.
    pub fn listen(&mut self) -> io::Result<()> {
        let (status, take) = (self.status.clone(), self.take.clone());
        self.server = Some(Server::start(self.address, move |request| {
            let status = status.load(Ordering::SeqCst);
            if status == 200 {
                take(&request.body);
            }
            (status, b"{\"text\":\"Success\",\"code\":0}".to_vec())
        })?);
        Ok(())
    }
}

/// The events of a body in HEC's form, one object after the other; a health check has none.
pub fn events(body: &[u8]) -> impl Iterator<Item = Value> {
    let envelopes = serde_json::Deserializer::from_slice(body).into_iter::<Value>();
    envelopes.filter_map(|envelope| match envelope {
        Ok(Value::Object(mut envelope)) => envelope.remove("event"),
        // Seen by whoever counts: it is no event that was sent.
        other => Some(Value::String(format!("not HEC: {other:?}"))),
    })
}

/// One of the shipped configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shipped {
    /// vector.yaml: every event goes through the sidecar.
    All,
    /// vector-routed.yaml: candidates only.
    Routed,
}

impl Shipped {
    /// The file in `vector-config`.
    pub fn file(self) -> &'static str {
        match self {
            Shipped::All => "vector.yaml",
            Shipped::Routed => "vector-routed.yaml",
        }
    }
}

/// The parts of a pipeline and where they listen.
pub struct Pipeline {
    /// Where events are posted.
    pub input: SocketAddr,
    /// Where the sidecar listens.
    pub sidecar_address: SocketAddr,
    /// The sidecar.
    pub sidecar: Option<Process>,
    /// Vector.
    pub vector: Option<Process>,
    /// In LogScale's place.
    pub receiver: Receiver,
    /// The module that the sidecar loads.
    pub module: PathBuf,
    folder: TempDir,
    returned: SocketAddr,
    vector_program: PathBuf,
    tapsieve_program: PathBuf,
}

/// Replaces a text that has to be there.
///
/// # Errors
/// It is not.
pub fn replace(text: &str, from: &str, to: &str) -> Result<String, String> {
    if text.contains(from) {
        Ok(text.replace(from, to))
    } else {
        Err(format!("the configuration has no {from:?}"))
    }
}

impl Pipeline {
    /// Puts the configuration that `shipped` gives as text in force with the receiver, and waits until it works.
    ///
    /// Of the shipped configuration only places and waiting times are replaced.
    ///
    /// # Errors
    /// Vector or the sidecar is not there, or does not start.
    pub fn start(shipped: &str, receiver: Receiver) -> Result<Pipeline, String> {
        let logscale = receiver.address();
        Pipeline::start_before(shipped, receiver, logscale)
    }

    /// The same, with another place than the receiver's that Vector sends to in the end.
    ///
    /// # Errors
    /// As with `start`.
    pub fn start_before(shipped: &str, receiver: Receiver, logscale: SocketAddr) -> Result<Pipeline, String> {
        let text = |error: io::Error| error.to_string();
        let mut pipeline = Pipeline {
            input: free_address().map_err(text)?,
            sidecar_address: free_address().map_err(text)?,
            sidecar: None,
            vector: None,
            receiver,
            module: PathBuf::new(),
            folder: folder("vector").map_err(text)?,
            returned: free_address().map_err(text)?,
            vector_program: program("VECTOR", "vector")?,
            tapsieve_program: tapsieve()?,
        };
        let module = crate::engines::module_bytes()?;
        pipeline.module = pipeline.folder.path().join("module.wasm");
        fs::write(&pipeline.module, module).map_err(text)?;
        let config = pipeline.configuration(shipped, logscale)?;
        fs::write(pipeline.folder.path().join("vector.yaml"), config).map_err(text)?;
        pipeline.start_sidecar()?;
        pipeline.start_vector()?;
        Ok(pipeline)
    }

    fn configuration(&self, shipped: &str, logscale: SocketAddr) -> Result<String, String> {
        let text = |error: io::Error| error.to_string();
        let secrets = self.folder.path().join("secrets");
        let data = self.folder.path().join("data");
        fs::create_dir_all(&secrets).map_err(text)?;
        fs::create_dir_all(&data).map_err(text)?;
        fs::write(secrets.join("token"), "test\n").map_err(text)?;
        let mut config = replace(shipped, "/etc/vector/secrets", &secrets.to_string_lossy())?;
        config = replace(&config, "/var/lib/vector", &data.to_string_lossy())?;
        config = replace(&config, "127.0.0.1:8686", &self.input.to_string())?;
        config = replace(&config, "https://cloud.humio.com", &format!("http://{logscale}"))?;
        config = replace(&config, "compression: gzip", "compression: none")?;
        config = replace(&config, "timeout_secs: 1\n", "timeout_secs: 0.02\n")?;
        config = replace(&config, "retry_max_duration_secs: 30", "retry_max_duration_secs: 1")?;
        // The pipelines without the loop have neither of these.
        config = config.replace("127.0.0.1:8801", &self.returned.to_string());
        Ok(config.replace("127.0.0.1:8800", &self.sidecar_address.to_string()))
    }

    /// Starts the sidecar, again where it has ended, and waits until it listens.
    ///
    /// # Errors
    /// It does not.
    pub fn start_sidecar(&mut self) -> Result<(), String> {
        self.sidecar = None;
        let arguments = [
            "serve".to_owned(),
            format!("--listen={}", self.sidecar_address),
            format!("--forward=http://{}/", self.returned),
            format!("--module={}", self.module.display()),
        ];
        let log = self.folder.path().join("sidecar.log");
        let started =
            Process::start(&self.tapsieve_program, arguments, &log).map_err(|error| error.to_string())?;
        self.sidecar = Some(started);
        self.wait(self.sidecar_address, &log)
    }

    /// Starts Vector, again where it has ended, and waits until it takes events.
    ///
    /// # Errors
    /// It does not.
    pub fn start_vector(&mut self) -> Result<(), String> {
        self.vector = None;
        let config = self.folder.path().join("vector.yaml");
        let arguments = ["--quiet", "--config"].map(Into::into).into_iter().chain([config.into_os_string()]);
        let log = self.folder.path().join("vector.log");
        let started =
            Process::start(&self.vector_program, arguments, &log).map_err(|error| error.to_string())?;
        self.vector = Some(started);
        self.wait(self.input, &log)
    }

    fn wait(&self, address: SocketAddr, log: &Path) -> Result<(), String> {
        if listens(address, START_TIME_MAX) {
            return Ok(());
        }
        let said = fs::read_to_string(log).unwrap_or_default();
        Err(format!("nobody listens on {address}; {}: {said}", log.display()))
    }

    /// Posts events as NDJSON and waits for the acknowledgement.
    ///
    /// # Errors
    /// It is not 200: Vector's answer.
    pub fn post(client: &mut Client, body: &[u8]) -> Result<(), String> {
        let headers = [("Content-Type", "application/x-ndjson")];
        match client.send("POST", "/", &headers, body) {
            Ok(answer) if answer.status() == 200 => Ok(()),
            Ok(answer) => Err(format!("Vector answers {}: {}", answer.status(), answer.text())),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What the sidecar counts.
    ///
    /// # Errors
    /// It does not answer.
    pub fn metrics(&self) -> Result<String, String> {
        let answer = Client::new(self.sidecar_address).send("GET", "/metrics", &[], b"");
        answer.map(|answer| answer.text()).map_err(|error| error.to_string())
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.vector = None;
        self.sidecar = None;
    }
}

/// The text of a shipped configuration.
///
/// # Errors
/// It cannot be read.
pub fn shipped(configuration: Shipped) -> Result<String, String> {
    let path = crate::root().join("vector-config").join(configuration.file());
    fs::read_to_string(&path).map_err(|error| format!("vector-config/{}: {error}", configuration.file()))
}

/// Events that a receiver has taken, for tests that look at each.
#[derive(Clone, Default)]
pub struct Taken(Arc<Mutex<Vec<Value>>>);

impl Taken {
    /// Notes the events of a body.
    pub fn push(&self, body: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(events(body));
    }

    /// Takes all events out.
    pub fn drain(&self) -> Vec<Value> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
