//! Opening inputs; knows files, standard input and compression by magic bytes, not lines.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// The buffer of compressed bytes before a decoder.
const COMPRESSED_BYTES: usize = 256 << 10;

/// Where records come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file: plain, gzip or zstd, told apart by its first bytes.
    File(PathBuf),
}

impl Input {
    /// The name for messages.
    pub fn name(&self) -> String {
        match self {
            Input::Stdin => "standard input".into(),
            Input::File(path) => path.display().to_string(),
        }
    }
}

/// An input that is being read.
pub(crate) struct Source {
    reader: Box<dyn Read + Send>,
    /// More may come at any time: what is there should not wait for what is not.
    pub(crate) live: bool,
    compression: Option<&'static str>,
}

impl Source {
    /// Opens `input` and looks at its first bytes; adds what is read to `bytes`, compressed as it is.
    pub(crate) fn open(input: &Input, bytes: Arc<AtomicU64>) -> io::Result<Source> {
        let file = match input {
            Input::File(path) => File::open(path)?,
            Input::Stdin => stdin()?,
        };
        let live = !file.metadata().is_ok_and(|metadata| metadata.is_file());
        let mut raw = Counting { inner: file, bytes };
        let head = head(&mut raw)?;
        let is = |magic: &[u8]| head.starts_with(magic);
        let (gzip, zstd) = (is(GZIP_MAGIC), is(ZSTD_MAGIC));
        let raw = Cursor::new(head).chain(raw);
        let (reader, compression): (Box<dyn Read + Send>, _) = if gzip {
            let raw = BufReader::with_capacity(COMPRESSED_BYTES, raw);
            (Box::new(flate2::bufread::MultiGzDecoder::new(raw)), Some("gzip"))
        } else if zstd {
            let raw = BufReader::with_capacity(COMPRESSED_BYTES, raw);
            (Box::new(zstd::stream::read::Decoder::with_buffer(raw)?), Some("zstd"))
        } else {
            (Box::new(raw), None)
        };
        Ok(Source { reader, live, compression })
    }

    /// Reads some bytes, at least one unless the input has ended.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    /// What to say of an error of [`Source::read`].
    pub(crate) fn explain(&self, error: &io::Error) -> String {
        match self.compression {
            // The operating system's errors are about the file, all others about what is in it.
            Some(name) if error.raw_os_error().is_none() => {
                format!("{name} data is broken or cut short, everything before that was processed")
            }
            _ => io_text(error),
        }
    }
}

/// Reads enough bytes to tell the compression; fewer when the input ends or is none of them.
fn head(raw: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(4);
    let wanted = |head: &[u8]| {
        [GZIP_MAGIC, ZSTD_MAGIC].iter().any(|magic| magic.len() > head.len() && magic.starts_with(head))
    };
    while wanted(&head) {
        let mut byte = [0];
        match raw.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => head.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(head)
}

/// Standard input as a file, without the buffer that would copy every byte once more.
///
/// # Errors
/// Standard input is closed.
pub fn stdin() -> io::Result<File> {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned();
    Ok(handle?.into())
}

/// Standard output as a file, without the buffer that would copy every byte once more.
///
/// # Errors
/// Standard output is closed.
pub fn stdout() -> io::Result<File> {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    Ok(handle?.into())
}

struct Counting<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The size of all inputs together, or None when one of them is not a regular file.
pub(crate) fn total_bytes(inputs: &[Input]) -> Option<u64> {
    inputs
        .iter()
        .map(|input| match input {
            Input::Stdin => stdin().ok()?.metadata().ok(),
            Input::File(path) => Path::new(path).metadata().ok(),
        })
        .map(|metadata| metadata.filter(|metadata| metadata.is_file()).map(|metadata| metadata.len()))
        .sum()
}

/// The text of an error in one style: lower case, no number.
pub fn io_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = match text.rfind(" (os error ") {
        Some(at) => &text[..at],
        None => &text,
    };
    let mut letters = text.chars();
    match letters.next() {
        // An abbreviation such as I/O keeps its letters.
        Some(first) if !letters.as_str().starts_with(|c: char| c.is_uppercase() || c == '/') => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_string(),
    }
}
