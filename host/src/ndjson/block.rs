//! Cutting inputs into blocks of whole lines; knows where lines end, not what is in them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::vec;

use memchr::{memchr, memrchr};

use super::input::{Input, Source};

/// How much is read at once, in bytes.
pub const BLOCK_BYTES: usize = 1 << 20;
/// The longest line that is given to the module, in bytes; a longer one passes unchanged, in pieces.
pub const LINE_BYTES_MAX: usize = 16 << 20;

/// A piece of one input. Its buffer is used again and again.
#[derive(Default)]
pub(crate) struct Block {
    /// Longer than what was read into it.
    buffer: Vec<u8>,
    filled: usize,
    pub(crate) content: Content,
    /// Which input it comes from.
    pub(crate) input: usize,
    /// The input cannot be read further than this block.
    pub(crate) failure: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Content {
    /// Whole lines; only an input's last line may lack its line end.
    #[default]
    Lines,
    /// A piece of a line of more than [`LINE_BYTES_MAX`].
    Piece {
        /// The first piece of its line.
        first: bool,
    },
}

impl Block {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    fn reserve(&mut self, len: usize) {
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
    }
}

/// Reads one input after the other.
pub(crate) struct Reader {
    inputs: vec::IntoIter<Input>,
    split_records: bool,
    bytes: Arc<AtomicU64>,
    source: Option<Source>,
    /// How many inputs were opened, or could not be.
    opened: usize,
    /// The start of a line that the block before could not hold to its end.
    rest: Vec<u8>,
    in_long_line: bool,
}

impl Reader {
    pub(crate) fn new(inputs: Vec<Input>, split_records: bool, bytes: Arc<AtomicU64>) -> Reader {
        Reader {
            inputs: inputs.into_iter(),
            split_records,
            bytes,
            source: None,
            opened: 0,
            rest: Vec::new(),
            in_long_line: false,
        }
    }

    /// Reads the next block into `block`; returns false when all inputs have ended.
    pub(crate) fn next(&mut self, block: &mut Block) -> bool {
        block.filled = 0;
        block.failure = None;
        loop {
            if self.source.is_none() {
                let Some(input) = self.inputs.next() else { return false };
                block.input = self.opened;
                self.opened += 1;
                match Source::open(&input, self.split_records, self.bytes.clone()) {
                    Ok(source) => self.source = Some(source),
                    Err(error) => {
                        block.failure = Some(super::io_text(&error));
                        return true;
                    }
                }
            }
            block.input = self.opened - 1;
            self.fill(block);
            if block.filled > 0 || block.failure.is_some() {
                return true;
            }
        }
    }

    /// Reads from the open source until the block is full enough, and closes the source at its end.
    fn fill(&mut self, block: &mut Block) {
        let Some(source) = &mut self.source else { return };
        block.content = Content::Lines;
        let mut filled = self.rest.len();
        let mut limit = (2 * filled).clamp(BLOCK_BYTES, LINE_BYTES_MAX);
        block.reserve(limit);
        block.buffer[..filled].copy_from_slice(&self.rest);
        self.rest.clear();
        let mut searched = 0;
        // Ends with where to cut, or with the end of the source.
        let (cut, ended) = loop {
            if filled == limit || source.live || self.in_long_line {
                let new = &block.buffer[searched..filled];
                let found = if self.in_long_line { memchr(b'\n', new) } else { memrchr(b'\n', new) };
                if let Some(at) = found {
                    break (Some(searched + at + 1), None);
                }
                if self.in_long_line && filled > 0 {
                    break (None, None);
                }
                searched = filled;
            }
            if filled == limit {
                if limit == LINE_BYTES_MAX {
                    break (None, None);
                }
                limit = (2 * limit).min(LINE_BYTES_MAX);
                block.reserve(limit);
            }
            match source.read(&mut block.buffer[filled..limit]) {
                Ok(0) => break (None, Some(Ok(()))),
                Ok(read) => filled += read,
                Err(error) => break (None, Some(Err(error))),
            }
        };
        block.filled = cut.unwrap_or(filled);
        let goes_on = cut.is_none() && ended.is_none();
        if self.in_long_line || goes_on {
            block.content = Content::Piece { first: !self.in_long_line };
        }
        self.in_long_line = goes_on;
        if ended.is_none() {
            self.rest.extend_from_slice(&block.buffer[block.filled..filled]);
        }
        self.close(ended, block);
    }

    fn close(&mut self, ended: Option<io::Result<()>>, block: &mut Block) {
        let Some(result) = ended else { return };
        if let (Err(error), Some(source)) = (result, &self.source) {
            block.failure = Some(source.explain(&error));
        }
        self.source = None;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics says where")]
mod tests {
    use super::*;
    use std::io::Write;

    /// What the reader makes of files with these contents.
    fn blocks(contents: &[&[u8]]) -> Vec<(Content, Vec<u8>, usize)> {
        let folder = tempfile::tempdir().unwrap();
        let mut inputs = Vec::new();
        for (index, content) in contents.iter().enumerate() {
            let path = folder.path().join(index.to_string());
            std::fs::File::create(&path).unwrap().write_all(content).unwrap();
            inputs.push(Input::File(path));
        }
        let mut reader = Reader::new(inputs, false, Arc::default());
        let mut block = Block::default();
        let mut all = Vec::new();
        while reader.next(&mut block) {
            assert_eq!(block.failure, None);
            all.push((block.content, block.bytes().to_vec(), block.input));
        }
        all
    }

    #[test]
    fn blocks_hold_whole_lines_and_together_the_input() {
        let mut content = Vec::new();
        for number in 0..400_000 {
            writeln!(content, "{{\"n\":{number}}}").unwrap();
        }
        content.extend_from_slice(b"{\"last\":1}");
        let blocks = blocks(&[&content]);
        assert!(blocks.len() > 3);
        assert_eq!(blocks.iter().flat_map(|block| block.1.clone()).collect::<Vec<_>>(), content);
        for (kind, bytes, _) in &blocks[..blocks.len() - 1] {
            assert_eq!(*kind, Content::Lines);
            assert!(bytes.ends_with(b"\n") && bytes.len() <= BLOCK_BYTES);
        }
    }

    #[test]
    fn lines_up_to_the_limit_are_whole_and_longer_ones_come_in_pieces() {
        for (len, whole) in [
            (BLOCK_BYTES - 1, true),
            (BLOCK_BYTES, true),
            (3 * BLOCK_BYTES, true),
            (LINE_BYTES_MAX - 1, true),
            (LINE_BYTES_MAX, false),
            (3 * LINE_BYTES_MAX + 5, false),
        ] {
            let mut content = b"{}\n".to_vec();
            content.resize(content.len() + len, b'x');
            content.extend_from_slice(b"\n{\"after\":1}\n");
            let blocks = blocks(&[&content]);
            assert_eq!(blocks.iter().flat_map(|block| block.1.clone()).collect::<Vec<_>>(), content, "{len}");
            let pieces: Vec<_> = blocks.iter().filter(|block| block.0 != Content::Lines).collect();
            assert_eq!(pieces.is_empty(), whole, "{len}");
            if !whole {
                assert_eq!(pieces.iter().filter(|p| p.0 == Content::Piece { first: true }).count(), 1);
                assert!(pieces.last().unwrap().1.ends_with(b"\n"));
                assert_eq!(blocks.last().unwrap().1, b"{\"after\":1}\n");
            }
        }
    }

    #[test]
    fn a_block_never_holds_two_inputs() {
        let blocks = blocks(&[b"{\"a\":1}", b"", b"{\"b\":1}\n"]);
        assert_eq!(
            blocks,
            [(Content::Lines, b"{\"a\":1}".to_vec(), 0), (Content::Lines, b"{\"b\":1}\n".to_vec(), 2)]
        );
    }
}
