//! Opening the output; knows that reading and writing the same file destroys it.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

use tapsieve_host::ndjson::{self, Input, io_text};

use crate::commands::Failure;

/// Where records go.
pub(crate) struct Output {
    pub(crate) file: Box<dyn io::Write + Send>,
    /// The name for messages.
    pub(crate) name: String,
}

/// Opens `path`, or standard output, unless it is one of the inputs.
pub(crate) fn open(path: Option<&Path>, inputs: &[Input]) -> Result<Output, Failure> {
    let Some(path) = path else {
        let name = "standard output".to_string();
        let file = ndjson::stdout().map_err(|error| Failure::output(&name, &error))?;
        refuse_input(file.metadata().ok(), inputs)?;
        return Ok(Output { file: Box::new(file), name });
    };
    // Looked at before it is opened: opening empties it.
    refuse_input(path.metadata().ok(), inputs)?;
    let name = path.display().to_string();
    match File::create(path) {
        Ok(file) => Ok(Output { file: Box::new(file), name }),
        Err(error) => Err(Failure::incomplete(format!("cannot write {name}: {}", io_text(&error)))),
    }
}

fn refuse_input(output: Option<Metadata>, inputs: &[Input]) -> Result<(), Failure> {
    let Some(output) = output.filter(Metadata::is_file) else { return Ok(()) };
    for input in inputs {
        let metadata = match input {
            Input::Stdin => ndjson::stdin().and_then(|file| file.metadata()),
            Input::File(path) => fs::metadata(path),
        };
        if metadata.is_ok_and(|input| same(&input, &output)) {
            return Err(Failure::usage(format!("{} is both input and output", input.name())));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Elsewhere the standard library does not tell which file it is.
#[cfg(not(unix))]
fn same(_: &Metadata, _: &Metadata) -> bool {
    false
}
