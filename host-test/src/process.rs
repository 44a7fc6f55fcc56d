//! Programs that tests start; knows how to find them, wait for them and make sure that they end with the test.

use std::ffi::OsStr;
use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io, thread};

/// A program that ends when this is dropped, and when the test's process ends in any way.
pub struct Process {
    shell: Child,
    /// The shell waits for its end.
    leash: Option<ChildStdin>,
    pid: u32,
}

/// Starts the program, says its id, and kills it when standard input ends.
const SHELL: &str =
    r#"log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!; exec >/dev/null; cat; kill -9 $! 2>/dev/null"#;

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
        std::fs::read_to_string(format!("/proc/{}/stat", self.pid))
            .is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
    }

    /// Waits until it has ended; false when it has not after `patience`.
    pub fn ended(&self, patience: Duration) -> bool {
        until(patience, || !self.runs())
    }

    /// Processor time used so far, in milliseconds, and the most memory used at once, in KiB.
    pub fn usage(&self) -> Option<(u64, u64)> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        // 100 ticks a second on every Linux that this runs on.
        let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some((ticks * 10, peak.trim().trim_end_matches(" kB").parse().ok()?))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.shell.wait();
    }
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

/// A new folder for one test's files, below the system's folder for those.
///
/// # Errors
/// It cannot be made.
pub fn folder(name: &str) -> io::Result<PathBuf> {
    let stamp = free_address()?.port();
    let folder = env::temp_dir().join(format!("tapsieve-{name}-{}-{stamp}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    File::create(folder.join("log"))?;
    Ok(folder)
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
    let found = env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.ok_or_else(|| format!("no {name} in the PATH, and {variable} is not set"))
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
