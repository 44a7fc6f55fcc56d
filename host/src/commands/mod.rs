//! One file per subcommand; here is what they share: exit codes, messages and loading the module.

pub(crate) mod configure;
pub(crate) mod inspect;
pub(crate) mod policy;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod stories;

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

use tapsieve_host::ndjson::io_text;
use tapsieve_host::{Cache, Module, ModuleError};

/// Shown at the end of every `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    all was done
  1    not all was done: an input, the output or the module failed; standard error says where
  2    the command line is wrong
  3    the module cannot be used
  141  whoever read the output has gone, as with `| head`; nothing is said";

/// Something was not done.
pub(crate) const INCOMPLETE: u8 = 1;
/// The command line asks for something that makes no sense.
const USAGE: u8 = 2;
/// The module cannot be used.
const MODULE: u8 = 3;
/// What a shell shows for a program that a closed pipe ended.
const CLOSED_PIPE: u8 = 141;

/// Why a command ends early: one line and an exit code.
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    pub(crate) fn incomplete(message: impl Into<String>) -> Failure {
        Failure { code: INCOMPLETE, message: message.into() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure { code: USAGE, message: message.into() }
    }

    pub(crate) fn module(message: impl Into<String>) -> Failure {
        Failure { code: MODULE, message: message.into() }
    }

    /// The output `name` cannot be written; a closed pipe is no news.
    pub(crate) fn output(name: &str, error: &std::io::Error) -> Failure {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure { code: CLOSED_PIPE, message: String::new() };
        }
        Failure::incomplete(format!("cannot write {name}: {}", io_text(error)))
    }

    pub(crate) fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            complain(&self.message);
        }
        ExitCode::from(self.code)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Says one line on standard error.
pub(crate) fn complain(message: impl Display) {
    use std::io::Write;
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "tapsieve: {message}");
}

/// Reads a file that is named on the command line.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::incomplete(format!("{}: {}", path.display(), io_text(&error))))
}

/// The module in `path`, or the one that this build carries.
pub(crate) fn load(path: Option<&Path>) -> Result<Module, Failure> {
    match path {
        Some(path) => {
            compile(&read(path)?).map_err(|error| Failure::module(format!("{}: {error}", path.display())))
        }
        None => Module::builtin().map_err(|error| Failure::module(error.to_string())),
    }
}

/// Compiles a module, or takes what was compiled before.
pub(crate) fn compile(wasm: &[u8]) -> Result<Module, ModuleError> {
    match Cache::open() {
        Some(cache) => Module::cached(wasm, &cache),
        None => Module::new(wasm),
    }
}
