//! Runs the real Fluent Bit with the shipped inputs and filters. Knows its process, its files and its command line; judges nothing.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::engines::module_path;
use crate::http::Client;
use crate::process::{folder, free_address, program, usage};
use crate::root;

/// The member that tells records apart on their way through Fluent Bit.
pub const CASE: &str = "tapsieve_case";

/// How long a run may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(240);

/// A shipped way of wiring the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wiring {
    /// `fluent-bit.yaml`: every event goes through the module.
    Every,
    /// `fluent-bit-routed.yaml`: of files only what a rule picks.
    Routed,
}

impl Wiring {
    /// Both.
    pub const ALL: [Wiring; 2] = [Wiring::Every, Wiring::Routed];

    /// The first part of its trials' names.
    pub fn name(self) -> &'static str {
        match self {
            Wiring::Every => "every",
            Wiring::Routed => "routed",
        }
    }

    /// The shipped file with the inputs.
    fn inputs(self) -> &'static str {
        match self {
            Wiring::Every => "inputs.yaml",
            Wiring::Routed => "inputs-routed.yaml",
        }
    }

    /// The shipped files with the filters, in order.
    fn filters(self) -> &'static [&'static str] {
        match self {
            Wiring::Every => &["filter.yaml"],
            Wiring::Routed => &["lines.yaml", "filter.yaml"],
        }
    }
}

/// Whose events the lines of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Amazon Web Services.
    Aws,
    /// Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// Anything else, which has no input of its own in the shipped configurations: the module sees every event.
    Other,
}

impl Source {
    const ALL: [Source; 4] = [Source::Aws, Source::Azure, Source::Gcp, Source::Other];

    /// By the name that providers have in file names and records.
    pub fn of(provider: &str) -> Self {
        match provider {
            "aws" => Source::Aws,
            "azure" => Source::Azure,
            "gcp" => Source::Gcp,
            _ => Source::Other,
        }
    }

    /// The setting that holds the path of its file, and the file's name.
    fn file(self) -> (&'static str, &'static str) {
        match self {
            Source::Aws => ("CLOUDTRAIL_PATH", "aws.ndjson"),
            Source::Azure => ("AZURE_PATH", "azure.ndjson"),
            Source::Gcp => ("GCP_PATH", "gcp.ndjson"),
            Source::Other => ("OTHER_PATH", "other.ndjson"),
        }
    }
}

/// The program: `FLUENT_BIT`, or `fluent-bit` in the PATH.
///
/// # Errors
/// There is none.
pub fn binary() -> Result<PathBuf, String> {
    program("FLUENT_BIT", "fluent-bit")
}

/// The folder of the shipped configurations.
pub fn configurations() -> PathBuf {
    root().join("fluent-bit-config")
}

/// A folder for one run, removed with the value.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// A fresh folder.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> Result<Self, String> {
        folder("fluent-bit").map(Self).map_err(show)
    }

    /// A path inside.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file inside.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, String> {
        let path = self.join(name);
        fs::write(&path, bytes).map_err(|error| format!("{name}: {error}"))?;
        Ok(path)
    }

    /// The file that a source's input reads.
    pub fn file(&self, source: Source) -> PathBuf {
        self.join(source.file().1)
    }

    /// Writes the files that the inputs read.
    ///
    /// # Errors
    /// One cannot be written.
    pub fn write_lines(&self, lines: &[(Source, Vec<u8>)]) -> Result<(), String> {
        for source in Source::ALL {
            let own = lines
                .iter()
                .filter(|(of, _)| *of == source)
                .map(|(_, line)| [line, b"\n".as_slice()].concat());
            self.write(source.file().1, &own.collect::<Vec<_>>().concat())?;
        }
        Ok(())
    }
}

/// The input for [`Source::Other`].
const OTHER: &str = "    - name: tail
      alias: other
      tag: audit.other
      path: ${OTHER_PATH}
      parser: audit-json
      db: ${TAPSIEVE_STATE}/other.db
      read_from_head: true
      buffer_chunk_size: 1M
      buffer_max_size: 8M
      storage.type: filesystem
";

/// A file output of JSON lines.
pub const FILE: &str = "    - name: file
      match: '*'
      path: ${TAPSIEVE_STATE}
      file: out.ndjson
      format: plain
";

/// A configuration with the shipped filters, the shipped inputs that read files, and an output.
///
/// # Errors
/// A shipped file cannot be read.
pub fn configuration(wiring: Wiring, output: &str) -> Result<String, String> {
    let path = configurations().join(wiring.inputs());
    let inputs = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (_, inputs) = inputs.split_once("  inputs:\n").ok_or("no inputs")?;
    let tails: String = inputs
        .split("\n\n")
        .filter(|input| input.contains("- name: tail\n"))
        .map(|input| format!("{input}\n"))
        .collect();
    let includes: String = wiring
        .filters()
        .iter()
        .map(|file| format!("  - {}\n", configurations().join(file).display()))
        .collect();
    Ok(format!("includes:\n{includes}{SERVICE}pipeline:\n  inputs:\n{tails}{OTHER}  outputs:\n{output}"))
}

/// A configuration for `count` modules with their own policies, `0.wasm` and on in the state's folder: each with the
/// shipped filter, and events of its own from `0.ndjson` and on.
///
/// # Errors
/// The shipped filter cannot be read.
pub fn configuration_of_modules(count: usize) -> Result<String, String> {
    let path = configurations().join("filter.yaml");
    let shipped = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (_, shipped) = shipped.split_once("  filters:\n").ok_or("no filters")?;
    let (mut filters, mut inputs) = (String::new(), String::new());
    for number in 0..count {
        let tag = format!("audit.{number}");
        let place = format!("${{TAPSIEVE_STATE}}/{number}");
        let filter =
            shipped.replace("audit.*", &tag).replace("alias: tapsieve", &format!("alias: tapsieve-{number}"));
        filters += &filter.replace("${TAPSIEVE_WASM}", &format!("{place}.wasm"));
        let input =
            OTHER.replace("audit.other", &tag).replace("alias: other", &format!("alias: other-{number}"));
        let input = input.replace("${OTHER_PATH}", &format!("{place}.ndjson"));
        inputs += &input.replace("${TAPSIEVE_STATE}/other.db", &format!("{place}.db"));
    }
    Ok(format!("{SERVICE}pipeline:\n  inputs:\n{inputs}  filters:\n{filters}  outputs:\n{FILE}"))
}

/// service.yaml with its server on a free port, and with shorter waits.
const SERVICE: &str = "service:
  flush: 0.2
  grace: 2
  log_level: info
  http_server: on
  http_listen: 127.0.0.1
  http_port: ${TAPSIEVE_HTTP_PORT}
  storage.path: ${TAPSIEVE_STATE}/buffer
  scheduler.base: 1
  scheduler.cap: 2
parsers:
  - name: audit-json
    format: json
";

/// One running Fluent Bit; killed with the value.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
    /// Where its HTTP server listens.
    http: SocketAddr,
}

impl Process {
    /// Starts it with a configuration in `folder`, which holds its state and its input files.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(folder: &Folder, configuration: &str, env: &[(&str, String)]) -> Result<Self, String> {
        let config = folder.write("config.yaml", configuration.as_bytes())?;
        let log = folder.join("log.txt");
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&log).map_err(show)?;
        writeln!(file, "--- start").map_err(show)?;
        let mut command = Command::new(binary()?);
        command.arg("--config").arg(config).stdin(Stdio::null());
        command.stdout(file.try_clone().map_err(show)?).stderr(file);
        command.env("TAPSIEVE_WASM", module_path()).env("TAPSIEVE_STATE", folder.0.path());
        for (variable, file) in Source::ALL.map(Source::file) {
            command.env(variable, folder.join(file));
        }
        let http = free_address().map_err(show)?;
        command.env("TAPSIEVE_HTTP_PORT", http.port().to_string());
        command.envs(env.iter().map(|(name, value)| (name, value)));
        let child = command.spawn().map_err(|error| format!("fluent-bit: {error}"))?;
        Ok(Self { child, log, http })
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processor time that it has taken so far.
    ///
    /// # Errors
    /// It has ended, or this is no Linux.
    pub fn cpu_seconds(&self) -> Result<f64, String> {
        let usage = usage(self.id()).ok_or("fluent-bit is not there")?;
        Ok(usage.processor.as_secs_f64())
    }

    /// Waits until `done` says so.
    ///
    /// # Errors
    /// The process ends before, or it takes too long, or `done` fails.
    pub fn wait_until(&mut self, mut done: impl FnMut() -> Result<bool, String>) -> Result<(), String> {
        let start = Instant::now();
        loop {
            if done()? {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait().map_err(show)? {
                return Err(format!("fluent-bit ended ({status}): {}", self.log_end()));
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("fluent-bit is not done after {PATIENCE:?}: {}", self.log_end()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as a service manager does, and waits for it.
    ///
    /// # Errors
    /// It had ended before, or does not end, or ends with an error.
    pub fn terminate(&mut self) -> Result<(), String> {
        if let Some(status) = self.child.try_wait().map_err(show)? {
            return Err(format!("fluent-bit ended by itself ({status}): {}", self.log_end()));
        }
        self.wait_for_start()?;
        let kill = Command::new("kill").arg(self.id().to_string()).status().map_err(show)?;
        if !kill.success() {
            return Err("kill failed".into());
        }
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match self.child.try_wait().map_err(show)? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("fluent-bit ended ({status}): {}", self.log_end())),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        Err("fluent-bit does not end".into())
    }

    /// Waits until its engine answers: before that, a signal to stop ends it with an error.
    fn wait_for_start(&mut self) -> Result<(), String> {
        let mut client = Client::new(self.http);
        self.wait_until(|| {
            let answer = client.send("GET", "/api/v1/uptime", &[], b"");
            Ok(answer.is_ok_and(|answer| answer.status() == 200))
        })
    }

    /// Kills it at once, as a crash would.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The last lines of its log, without lines that repeat a record.
    pub fn log_end(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(15)..];
        last.iter().map(|line| line.chars().take(300).collect::<String>()).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends lines through a shipped wiring, each one JSON object, and returns what comes out, in any order.
///
/// # Errors
/// Fluent Bit fails.
pub fn pass(wiring: Wiring, lines: &[(Source, Vec<u8>)]) -> Result<Vec<Value>, String> {
    let folder = Folder::new()?;
    folder.write_lines(lines)?;
    let mut process = Process::start(&folder, &configuration(wiring, FILE)?, &[])?;
    let out = folder.join("out.ndjson");
    let (mut last, mut since) = (0, Instant::now());
    process.wait_until(|| {
        let count = line_count(&out);
        if count != last {
            (last, since) = (count, Instant::now());
        }
        // When nothing more comes, what is missing is told by the caller.
        Ok(count >= lines.len() || since.elapsed() > Duration::from_secs(30))
    })?;
    process.terminate()?;
    records(&out)
}

/// How many whole lines a file has.
pub fn line_count(path: &Path) -> usize {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}

/// The JSON objects of a file, one a line.
///
/// # Errors
/// A line is not JSON.
pub fn records(path: &Path) -> Result<Vec<Value>, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|error| format!("not JSON: {error}"))).collect()
}

/// The record with its number as first member, on one line.
///
/// # Errors
/// It has no brace.
pub fn numbered(record: &[u8], number: usize) -> Result<Vec<u8>, String> {
    let brace = record.iter().position(|&byte| byte == b'{').ok_or("the record has no brace")?;
    let (head, tail) = record.split_at(brace + 1);
    let empty = tail.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'}');
    let comma = if empty { "" } else { "," };
    let mut line = [head, format!("\"{CASE}\":{number}{comma}").as_bytes(), tail].concat();
    // JSON has line breaks between its tokens only.
    line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    Ok(line)
}

/// Takes the number out of a record that came back.
///
/// # Errors
/// It has none.
pub fn take_number(record: &mut Value) -> Result<usize, String> {
    let number = record.as_object_mut().and_then(|members| members.remove(CASE));
    number
        .and_then(|number| usize::try_from(number.as_u64()?).ok())
        .ok_or_else(|| format!("a record came back without its number: {record}"))
}

fn show(error: std::io::Error) -> String {
    error.to_string()
}
