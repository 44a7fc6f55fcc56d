//! Programs that tests start; knows how to find them, wait for them and make sure that they end with the test.

use std::ffi::OsStr;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use tempfile::TempDir;

/// A program that ends when this is dropped, and when the test's process ends in any way.
pub struct Process {
    shell: Child,
    /// The shell waits for its end.
    leash: Option<ChildStdin>,
    pid: u32,
}

/// Starts the program, says its id, kills it when standard input ends, and waits until its sockets are closed.
const SHELL: &str = r#"log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!; exec >/dev/null; cat; kill -9 $! 2>/dev/null; wait $!"#;

impl Process {
    /// Starts `program`; what it says is appended to the file `log`.
    ///
    /// # Errors
    /// There is no shell.
    pub fn start<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        log: &Path,
    ) -> io::Result<Process> {
        let mut shell = Command::new("sh")
            .args(["-c", SHELL, "sh"])
            .arg(log)
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = shell.stdout.take() {
            io::BufRead::read_line(&mut io::BufReader::new(stdout), &mut line)?;
        }
        let pid = line.trim().parse().map_err(io::Error::other)?;
        let leash = shell.stdin.take();
        Ok(Process { shell, leash, pid })
    }

    /// Its id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a signal by its name: `HUP`, `TERM`, `KILL`.
    pub fn signal(&self, name: &str) {
        let _ = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.pid.to_string())
            .stderr(Stdio::null())
            .status();
    }

    /// Whether it runs.
    pub fn runs(&self) -> bool {
        // A program that has ended is a zombie until its shell ends too.
        stat(self.pid).is_some_and(|stat| stat.first().is_some_and(|state| state != "Z"))
    }

    /// Waits until it has ended; false when it has not after `patience`.
    pub fn ended(&self, patience: Duration) -> bool {
        until(patience, || !self.runs())
    }

    /// What it has used so far.
    pub fn usage(&self) -> Option<Usage> {
        usage(self.pid)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.shell.wait();
    }
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor time.
    pub processor: Duration,
    /// Memory that it holds now, in KiB.
    pub resident_kib: u64,
    /// The most memory that it ever held, in KiB.
    pub peak_kib: u64,
}

/// What the process of this id has used; `None` where it has ended or the system is no Linux.
pub fn usage(pid: u32) -> Option<Usage> {
    let stat = stat(pid)?;
    let number = |index: usize| stat.get(index)?.parse::<u64>().ok();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    // 100 ticks a second on every Linux that this runs on.
    let ticks = number(11)? + number(12)?;
    Some(Usage {
        processor: Duration::from_millis(ticks * 10),
        resident_kib: kib("VmRSS:")?,
        peak_kib: kib("VmHWM:")?,
    })
}

/// The fields of `/proc/PID/stat` from the state on. The name before it may hold spaces and parentheses.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit(')').next()?.split_whitespace().map(str::to_owned).collect())
}

/// Waits until `done`; false when it is not after `patience`.
pub fn until(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    loop {
        if done() {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until somebody listens.
pub fn listens(address: SocketAddr, patience: Duration) -> bool {
    until(patience, || TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok())
}

/// A loopback address that nobody listens on now.
///
/// # Errors
/// The system has none left.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}

/// A new folder for one test's files. It is removed with the value, unless `TAPSIEVE_KEEP` is set.
///
/// # Errors
/// It cannot be made.
pub fn folder(name: &str) -> io::Result<TempDir> {
    let prefix = format!("tapsieve-{name}-");
    let keep = env::var_os("TAPSIEVE_KEEP").is_some();
    tempfile::Builder::new().prefix(&prefix).disable_cleanup(keep).tempdir()
}

/// The program `name`: what the variable says, or the first on the path.
///
/// # Errors
/// There is none.
pub fn program(variable: &str, name: &str) -> Result<PathBuf, String> {
    if let Some(path) = env::var_os(variable) {
        let path = PathBuf::from(path);
        return if path.is_file() { Ok(path) } else { Err(format!("{variable} names no file")) };
    }
    which::which(name).map_err(|_| format!("no {name} in the PATH, and {variable} is not set"))
}

/// The `tapsieve` command: what TAPSIEVE says, or the one that cargo built beside this program.
///
/// # Errors
/// There is none.
pub fn tapsieve() -> Result<PathBuf, String> {
    if env::var_os("TAPSIEVE").is_some() {
        return program("TAPSIEVE", "tapsieve");
    }
    let own = env::current_exe().map_err(|error| error.to_string())?;
    let found =
        own.ancestors().skip(1).take(2).map(|folder| folder.join("tapsieve")).find(|path| path.is_file());
    found.ok_or_else(|| "tapsieve is not built; run `cargo build --release -p tapsieve-host`".into())
}
