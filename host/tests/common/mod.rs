//! Stand-in modules and runs of the command, for all tests of this folder.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// What the stand-in inserts, without the comma before it.
pub(crate) const INSERTED: &str = "\"mirror\":{\"schema\":1}";

/// The text of the stand-in module, see the comment at its start.
pub(crate) const STANDIN: &str = include_str!("../modules/standin.wat");

/// The stand-in as WebAssembly.
pub(crate) fn standin() -> Vec<u8> {
    wat::parse_str(STANDIN).unwrap()
}

/// The stand-in with each `from` replaced, which has to be there, by `to`.
pub(crate) fn changed(changes: &[(&str, &str)]) -> Vec<u8> {
    let mut text = STANDIN.to_string();
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in the stand-in");
        text = text.replace(from, to);
    }
    wat::parse_str(text).unwrap()
}

/// A folder with the stand-in as `m.wasm`, in which commands are run.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("m.wasm", &standin());
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// The command with these arguments, in this folder.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tapsieve"));
        command.args(args).current_dir(self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the command to its end.
    pub(crate) fn tapsieve(&self, args: &[&str]) -> Ended {
        Ended::from(self.command(args).output().unwrap())
    }

    /// Runs `tapsieve run --module m.wasm` and `args` with `input` on standard input.
    pub(crate) fn run(&self, args: &[&str], input: &[u8]) -> Ended {
        let args = [&["run", "--module", "m.wasm"], args].concat();
        let mut child = self.command(&args).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // On a thread of its own: the pipes hold less than a test sends.
        let writer = std::thread::spawn(move || {
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ended::from(output)
    }
}

/// What a command left behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// A run that said nothing and failed at nothing.
    pub(crate) fn well(stdout: impl Into<String>) -> Ended {
        Ended { code: Some(0), stdout: stdout.into(), stderr: String::new() }
    }

    /// A run that wrote `stdout` and ended with one line on standard error.
    pub(crate) fn with(code: i32, stdout: impl Into<String>, stderr: impl Into<String>) -> Ended {
        Ended { code: Some(code), stdout: stdout.into(), stderr: format!("tapsieve: {}\n", stderr.into()) }
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
