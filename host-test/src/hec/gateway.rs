//! The gateway as a process: starting it, again and again, and what it counts.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use tempfile::TempDir;

use crate::http::Client;
use crate::process::{Process, folder, free_address, listens, tapsieve};

/// Where most senders post.
pub const EVENT: &str = "/services/collector/event";

/// How long it may take to start on a busy machine.
const START_TIME_MAX: Duration = Duration::from_secs(60);

/// `tapsieve serve` before a receiver.
pub struct Gateway {
    /// Where it listens.
    pub address: SocketAddr,
    process: Option<Process>,
    folder: TempDir,
    arguments: Vec<String>,
}

impl Gateway {
    /// Starts one that takes HEC and hands it on to `downstream`, with a policy in TOML and more arguments.
    ///
    /// # Errors
    /// The command or the module is not built, or it does not start.
    pub fn start(downstream: SocketAddr, policy: &str, more: &[&str]) -> Result<Gateway, String> {
        Gateway::start_as("hec", downstream, policy, more)
    }

    /// The same for lines of JSON.
    ///
    /// # Errors
    /// As with `start`.
    pub fn start_for_lines(downstream: SocketAddr, policy: &str, more: &[&str]) -> Result<Gateway, String> {
        Gateway::start_as("forward", downstream, policy, more)
    }

    fn start_as(
        option: &str,
        downstream: SocketAddr,
        policy: &str,
        more: &[&str],
    ) -> Result<Gateway, String> {
        let text = |error: std::io::Error| error.to_string();
        let folder = folder("hec").map_err(text)?;
        let (module, file) = (folder.path().join("module.wasm"), folder.path().join("policy.toml"));
        fs::write(&module, crate::engines::module_bytes()?).map_err(text)?;
        fs::write(&file, policy).map_err(text)?;
        let address = free_address().map_err(text)?;
        let arguments = [
            "serve".to_owned(),
            format!("--listen={address}"),
            format!("--{option}=http://{downstream}/"),
            format!("--module={}", module.display()),
            format!("--policy={}", file.display()),
        ];
        let arguments = arguments.into_iter().chain(more.iter().map(|&more| more.to_owned())).collect();
        let mut gateway = Gateway { address, process: None, folder, arguments };
        gateway.restart()?;
        Ok(gateway)
    }

    /// Kills it if it runs, starts it, and waits until it listens.
    ///
    /// # Errors
    /// It does not.
    pub fn restart(&mut self) -> Result<(), String> {
        self.process = None;
        let log = self.folder.path().join("log");
        let started =
            Process::start(&tapsieve()?, &self.arguments, &log).map_err(|error| error.to_string())?;
        self.process = Some(started);
        if listens(self.address, START_TIME_MAX) {
            return Ok(());
        }
        Err(format!("the gateway does not start: {}", fs::read_to_string(&log).unwrap_or_default()))
    }

    /// Its process.
    ///
    /// # Errors
    /// It has not been started.
    pub fn process(&self) -> Result<&Process, String> {
        self.process.as_ref().ok_or_else(|| "the gateway does not run".into())
    }

    /// What it counts.
    ///
    /// # Errors
    /// It does not answer.
    pub fn metrics(&self) -> Result<String, String> {
        let answer = Client::new(self.address).send("GET", "/metrics", &[], b"");
        answer.map(|answer| answer.text()).map_err(|error| error.to_string())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Before its folder.
        self.process = None;
    }
}
