//! Files for an archive: the same files make the same bytes, whoever packs them, where and when.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};

/// A file's bytes and whether it is a program.
struct File {
    bytes: Vec<u8>,
    program: bool,
}

/// Files by their paths.
#[derive(Default)]
pub(super) struct Tree(BTreeMap<String, File>);

impl Tree {
    pub(super) fn add(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.to_owned(), File { bytes: bytes.into(), program: false });
    }

    pub(super) fn add_program(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.to_owned(), File { bytes: bytes.into(), program: true });
    }

    /// Adds a file, or a folder with all that is in it.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn copy(&mut self, from: &Path, path: &str) -> Result<(), String> {
        let problem = |error: io::Error| format!("{}: {error}", from.display());
        if !from.is_dir() {
            self.add(path, fs::read(from).map_err(problem)?);
            return Ok(());
        }
        for entry in fs::read_dir(from).map_err(problem)? {
            let entry = entry.map_err(problem)?;
            self.copy(&entry.path(), &format!("{path}/{}", entry.file_name().to_string_lossy()))?;
        }
        Ok(())
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(path, file)| (path.as_str(), file.bytes.as_slice()))
    }

    /// The files as a gzipped tar archive, all of `time` and of root; each path begins with `prefix`.
    ///
    /// # Errors
    /// A path is too long for the format.
    pub(super) fn tar_gz(&self, prefix: &str, time: u64) -> io::Result<Vec<u8>> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
        let mut folders = BTreeSet::new();
        for (path, file) in &self.0 {
            let path = format!("{prefix}{path}");
            // A package's files are unpacked into folders that it names.
            for (end, _) in path.match_indices('/').filter(|&(end, _)| path[..end] != *".") {
                if folders.insert(path[..end].to_owned()) {
                    tar.append_data(
                        &mut header(EntryType::Directory, 0o755, 0, time),
                        &path[..=end],
                        io::empty(),
                    )?;
                }
            }
            let mode = if file.program { 0o755 } else { 0o644 };
            let mut header = header(EntryType::Regular, mode, file.bytes.len() as u64, time);
            tar.append_data(&mut header, &path, file.bytes.as_slice())?;
        }
        tar.into_inner()?.finish()
    }
}

fn header(kind: EntryType, mode: u32, len: u64, time: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(len);
    header.set_mtime(time);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Bytes as `gzip -9n` packs them.
///
/// # Errors
/// Never: nothing is written but memory.
pub(super) fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    /// Path, mode, time and text of each entry.
    fn entries(archive: &[u8]) -> Vec<(String, u32, u64, String)> {
        let mut tar = tar::Archive::new(GzDecoder::new(archive));
        let entries = tar.entries().expect("a tar archive").map(|entry| {
            let mut entry = entry.expect("an entry");
            let path = entry.path().expect("a path").to_string_lossy().into_owned();
            let header = entry.header();
            assert_eq!((header.uid().ok(), header.gid().ok()), (Some(0), Some(0)), "{path}");
            let (mode, time) = (header.mode().expect("a mode"), header.mtime().expect("a time"));
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("text");
            (path, mode, time, text)
        });
        entries.collect()
    }

    #[test]
    fn the_same_files_make_the_same_archive_in_any_order() {
        let mut one = Tree::default();
        one.add("docs/b", "B");
        one.add_program("a", "A");
        let mut other = Tree::default();
        other.add_program("a", "A");
        other.add("docs/b", "B");
        let archive = one.tar_gz("x/", 7).expect("an archive");
        assert_eq!(archive, other.tar_gz("x/", 7).expect("an archive"));
        let entry = |path: &str, mode, text: &str| (path.to_owned(), mode, 7, text.to_owned());
        assert_eq!(
            entries(&archive),
            [
                entry("x/", 0o755, ""),
                entry("x/a", 0o755, "A"),
                entry("x/docs/", 0o755, ""),
                entry("x/docs/b", 0o644, "B")
            ]
        );
    }
}
