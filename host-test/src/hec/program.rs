//! Real senders: their programs with the configurations of `hec-config`, started with what those read from the environment.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Sender, TOKEN};
use crate::load::{Ledger, line};
use crate::process::{Process, folder, program};

/// A sender that brings nothing new for so long has given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a sender is started.
#[derive(Clone, Copy)]
pub struct Kind {
    /// What it is called.
    pub name: &'static str,
    /// Its configuration, or a program that uses it, in `hec-config`.
    pub file: &'static str,
    /// It reads on when the file grows, and ends when it is told to; others end with the file.
    pub follows: bool,
    /// The program and the arguments before the file.
    command: fn() -> Result<Vec<String>, String>,
    /// Those that say its version.
    version: &'static [&'static str],
    /// Waiting times that are shortened.
    waits: &'static [(&'static str, &'static str)],
}

/// Every sender that can be run.
pub const KINDS: [Kind; 8] = [
    Kind {
        name: "Fluent Bit, `splunk`",
        file: "fluent-bit.yaml",
        follows: true,
        command: || Ok(vec![path(program("FLUENT_BIT", "fluent-bit")?), "--config".into()]),
        version: &["--version"],
        waits: &[("scheduler.base: 5", "scheduler.base: 1"), ("scheduler.cap: 60", "scheduler.cap: 1")],
    },
    Kind {
        name: "Vector, `splunk_hec_logs`",
        file: "vector-splunk.yaml",
        follows: true,
        command: || Ok(vec![path(program("VECTOR", "vector")?), "--quiet".into(), "--config".into()]),
        version: &["--version"],
        waits: &[],
    },
    Kind {
        name: "Vector, `humio_logs`",
        file: "vector-humio.yaml",
        follows: true,
        command: || Ok(vec![path(program("VECTOR", "vector")?), "--quiet".into(), "--config".into()]),
        version: &["--version"],
        waits: &[],
    },
    Kind {
        name: "rsyslog, `omprog`",
        file: "rsyslog.conf",
        follows: true,
        command: || {
            let program =
                program("RSYSLOGD", "rsyslogd").or_else(|why| installed("/usr/sbin/rsyslogd").ok_or(why));
            Ok(vec![path(program?), "-n".into(), "-i".into(), "NONE".into(), "-f".into()])
        },
        version: &["-v"],
        waits: &[],
    },
    Kind {
        name: "Tenzir, `to_splunk`",
        file: "tenzir.tql",
        follows: false,
        command: || Ok(vec![package("bin/tenzir")?, "-f".into()]),
        version: &["version"],
        waits: &[],
    },
    Kind {
        name: "Python, `splunk-handler`",
        file: "splunk_handler_lines.py",
        follows: false,
        command: || Ok(vec![package("bin/python")?]),
        version: &[
            "-c",
            "import importlib.metadata as m; print('splunk-handler', m.version('splunk-handler'))",
        ],
        waits: &[],
    },
    Kind {
        name: "Python, `splunk-hec-handler`",
        file: "splunk_hec_handler_events.py",
        follows: false,
        command: || Ok(vec![package("bin/python")?]),
        version: &[
            "-c",
            "import importlib.metadata as m; print('splunk-hec-handler', m.version('splunk-hec-handler'))",
        ],
        waits: &[],
    },
    Kind {
        name: "Node.js, `splunk-logging`",
        file: "splunk-logging.js",
        follows: false,
        command: || {
            package("node_modules/splunk-logging/package.json")?;
            Ok(vec![path(program("NODE", "node")?)])
        },
        version: &["-p", "'splunk-logging ' + require('splunk-logging/package.json').version"],
        waits: &[],
    },
];

fn path(path: PathBuf) -> String {
    path.to_string_lossy().into_owned()
}

fn installed(file: &str) -> Option<PathBuf> {
    Path::new(file).is_file().then(|| file.into())
}

/// Where `cargo xtask soak hec-senders` puts packages of PyPI and npm.
fn packages() -> PathBuf {
    crate::root().join("target/senders")
}

fn package(file: &str) -> Result<String, String> {
    let file = packages().join(file);
    if file.exists() { Ok(path(file)) } else { Err(format!("{} is not installed", file.display())) }
}

fn configurations() -> PathBuf {
    crate::root().join("hec-config")
}

impl Kind {
    /// The version that the program says it has.
    ///
    /// # Errors
    /// It is not there.
    pub fn version(&self) -> Result<String, String> {
        let program = (self.command)()?.swap_remove(0);
        let mut command = std::process::Command::new(&program);
        command.args(self.version).env("NODE_PATH", packages().join("node_modules"));
        let output = command.output().map_err(|error| format!("{program}: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let words = said.split(|letter: char| letter.is_whitespace() || matches!(letter, '"' | ','));
        let is_version =
            |word: &&str| word.starts_with(|letter: char| letter.is_ascii_digit()) && word.contains('.');
        let version = words.map(|word| word.trim_start_matches('v')).find(is_version);
        version.map(str::to_owned).ok_or_else(|| format!("{program} does not say its version"))
    }
}

/// One sender with a file of its own.
pub struct Program {
    kind: Kind,
    folder: TempDir,
    /// What it was started with last.
    command: Mutex<Vec<String>>,
    process: Mutex<Option<Process>>,
}

impl Program {
    /// Starts nothing yet.
    ///
    /// # Errors
    /// The program is not there.
    pub fn new(kind: Kind) -> Result<Program, String> {
        (kind.command)()?;
        let folder = folder("sender").map_err(|error| error.to_string())?;
        Ok(Program { kind, folder, command: Mutex::default(), process: Mutex::default() })
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The environment and the program, as `env` takes them.
    fn command(&self, to: SocketAddr) -> Result<Vec<String>, String> {
        let text = |error: std::io::Error| error.to_string();
        let here = self.folder.path();
        let (token, mut file) = (here.join("token"), configurations().join(self.kind.file));
        fs::write(&token, TOKEN).map_err(text)?;
        if !self.kind.waits.is_empty() {
            let mut config = fs::read_to_string(&file).map_err(text)?;
            for (from, into) in self.kind.waits {
                config = crate::pipeline::replace(&config, from, into)?;
            }
            file = here.join(self.kind.file);
            fs::write(&file, config).map_err(text)?;
        }
        let settings = [
            ("HEC_HOST", to.ip().to_string()),
            ("HEC_PORT", to.port().to_string()),
            ("HEC_PROTOCOL", "http".into()),
            ("HEC_TLS", "off".into()),
            ("HEC_URL", format!("http://{to}")),
            ("HEC_TOKEN", TOKEN.into()),
            ("HEC_TOKEN_FILE", path(token)),
            ("HEC_CONFIG", path(configurations())),
            ("AUDIT_FILE", path(here.join("audit.ndjson"))),
            ("STATE", path(here.into())),
            ("NODE_PATH", path(packages().join("node_modules"))),
        ];
        let mut command: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        command.extend((self.kind.command)()?);
        command.push(path(file));
        Ok(command)
    }

    fn start(&self) -> Result<(), String> {
        let command = self.command.lock().unwrap_or_else(PoisonError::into_inner);
        let started = Process::start(Path::new("/usr/bin/env"), &*command, &self.folder.path().join("log"));
        *self.process() = Some(started.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Waits until all of these have arrived, or nothing more comes.
    fn wait(&self, ledger: &Ledger, numbers: &Range<usize>) {
        let (mut arrived, mut since) = (0, Instant::now());
        let all = |ledger: &Ledger| numbers.clone().all(|number| ledger.has_arrived(number));
        while !all(ledger) && since.elapsed() < PATIENCE {
            let now = ledger.arrived();
            if now > arrived {
                (arrived, since) = (now, Instant::now());
            }
            sleep(Duration::from_millis(100));
        }
    }
}

impl Sender for Program {
    fn send(&self, to: SocketAddr, ledger: &Ledger, numbers: Range<usize>) -> Result<(), String> {
        let text = |error: std::io::Error| error.to_string();
        let mut file = OpenOptions::new();
        file.create(true).append(self.kind.follows).write(true).truncate(!self.kind.follows);
        let lines: String = numbers.clone().map(|number| line(number) + "\n").collect();
        let mut file = file.open(self.folder.path().join("audit.ndjson")).map_err(text)?;
        file.write_all(lines.as_bytes()).map_err(text)?;
        *self.command.lock().unwrap_or_else(PoisonError::into_inner) = self.command(to)?;
        if !self.kind.follows || self.process().is_none() {
            self.start()?;
        }
        self.wait(ledger, &numbers);
        // What such a program was told is not known from outside: all that it was given has to arrive.
        ledger.acknowledge(numbers);
        Ok(())
    }

    fn break_off(&self) -> Result<usize, String> {
        if let Some(process) = &*self.process() {
            process.signal("KILL");
        }
        self.start().map(|()| 1)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Before its folder.
        *self.process() = None;
    }
}
