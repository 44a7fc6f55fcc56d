//! Runs the real Fluent Bit with the shipped filters. Knows its process, its files and its command line; judges nothing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::engines::module_path;
use crate::root;

/// The member that tells records apart on their way through Fluent Bit.
pub const CASE: &str = "tapsieve_case";

/// How long a run may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(240);

/// Filter files of `fluent-bit-config/`.
pub const FILTERS: [&str; 2] = ["filter.yaml", "filter-routed.yaml"];

/// The program: `FLUENT_BIT`, or `fluent-bit` on the PATH.
///
/// # Errors
/// There is none.
pub fn binary() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("FLUENT_BIT") {
        let path = PathBuf::from(path);
        return if path.is_file() {
            Ok(path)
        } else {
            Err(format!("FLUENT_BIT: no file {}", path.display()))
        };
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths)
        .map(|folder| folder.join("fluent-bit"))
        .find(|path| path.is_file())
        .ok_or_else(|| "no fluent-bit on the PATH, and FLUENT_BIT is not set".into())
}

/// The folder of the shipped configurations.
pub fn configurations() -> PathBuf {
    root().join("fluent-bit-config")
}

/// A folder for one run, removed with the value.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A fresh folder.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tapsieve-fluent-bit-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// A path inside.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
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
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::env::var_os("TAPSIEVE_KEEP").is_none() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// A tail input of JSON lines with the options of `inputs.yaml`, tag `audit.test`.
pub const TAIL: &str = "    - name: tail
      tag: audit.test
      path: ${IN}
      parser: audit-json
      db: ${STATE}/tail.db
      read_from_head: true
      refresh_interval: 1
      buffer_chunk_size: 1M
      buffer_max_size: 8M
      storage.type: filesystem
";

/// A file output of JSON lines.
pub const FILE: &str = "    - name: file
      match: '*'
      path: ${STATE}
      file: out.ndjson
      format: plain
";

/// A configuration around a shipped filter file.
pub fn configuration(filter: &str, input: &str, output: &str) -> String {
    let filter = configurations().join(filter);
    format!(
        "includes:\n  - {}\nservice:\n  flush: 0.2\n  grace: 2\n  log_level: info\n  storage.path: ${{STATE}}/buffer\n  \
         scheduler.base: 1\n  scheduler.cap: 2\nparsers:\n  - name: audit-json\n    format: json\npipeline:\n  \
         inputs:\n{input}  outputs:\n{output}",
        filter.display()
    )
}

/// One running Fluent Bit; killed with the value.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it with a configuration in `folder`, which is `STATE` to it, reading the file `in.ndjson` there.
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
        command
            .env("TAPSIEVE_WASM", module_path())
            .env("STATE", &folder.0)
            .env("IN", folder.join("in.ndjson"));
        command.envs(env.iter().map(|(name, value)| (name, value)));
        let child = command.spawn().map_err(|error| format!("fluent-bit: {error}"))?;
        Ok(Self { child, log })
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
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

/// Sends lines through a shipped filter, each one JSON object, and returns what comes out, in any order.
///
/// # Errors
/// Fewer or more records come out than went in, or Fluent Bit fails.
pub fn pass(filter: &str, lines: &[Vec<u8>]) -> Result<Vec<Value>, String> {
    let folder = Folder::new()?;
    let mut input: Vec<u8> = Vec::new();
    for line in lines {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    folder.write("in.ndjson", &input)?;
    let mut process = Process::start(&folder, &configuration(filter, TAIL, FILE), &[])?;
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
