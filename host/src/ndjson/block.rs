//! Reading inputs in blocks of whole records; knows buffers and ends of inputs, not what a record is.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::vec;

use tapsieve_records::{BLOCK_BYTES, Frame, Framer, Framing, RECORD_BYTES_MAX};

use super::input::{Input, Source};

/// A piece of one input. Its buffers are used again and again.
#[derive(Default)]
pub(crate) struct Block {
    /// Longer than what was read into it.
    buffer: Vec<u8>,
    filled: usize,
    /// The records in it.
    pub(crate) frames: Vec<Frame>,
    /// Which input it comes from.
    pub(crate) input: usize,
    /// The input cannot be read further than this block.
    pub(crate) failure: Option<String>,
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
    framing: Framing,
    bytes: Arc<AtomicU64>,
    open: Option<Open>,
    /// How many inputs were opened, or could not be.
    opened: usize,
    /// What the block before could not hold to its end.
    rest: Vec<u8>,
}

/// An input that is being read.
struct Open {
    source: Source,
    framer: Framer,
    /// It has ended, and how.
    ended: Option<Result<(), String>>,
    /// The rest was not looked at: the block before was full.
    is_rest_new: bool,
}

impl Reader {
    pub(crate) fn new(inputs: Vec<Input>, split_records: bool, bytes: Arc<AtomicU64>) -> Reader {
        let framing = Framing { open: split_records, ..Framing::default() };
        Reader { inputs: inputs.into_iter(), framing, bytes, open: None, opened: 0, rest: Vec::new() }
    }

    /// Reads the next block into `block`; returns false when all inputs have ended.
    pub(crate) fn next(&mut self, block: &mut Block) -> bool {
        block.failure = None;
        loop {
            block.filled = 0;
            block.frames.clear();
            let open = match &mut self.open {
                Some(open) => open,
                None => {
                    let Some(input) = self.inputs.next() else { return false };
                    self.opened += 1;
                    block.input = self.opened - 1;
                    match Source::open(&input, self.bytes.clone()) {
                        Ok(source) => self.open.insert(Open {
                            source,
                            framer: Framer::new(self.framing),
                            ended: None,
                            is_rest_new: false,
                        }),
                        Err(error) => {
                            block.failure = Some(super::io_text(&error));
                            return true;
                        }
                    }
                }
            };
            block.input = self.opened - 1;
            open.fill(block, &mut self.rest);
            if let Some(ended) = &mut open.ended
                && self.rest.is_empty()
            {
                let unfinished = if self.framing.open { UNFINISHED_RECORDS } else { UNFINISHED_ARRAY };
                block.failure = match std::mem::replace(ended, Ok(())) {
                    Ok(()) if open.framer.is_unfinished() => Some(unfinished.to_string()),
                    result => result.err(),
                };
                self.open = None;
            }
            if block.filled > 0 || block.failure.is_some() {
                return true;
            }
        }
    }
}

/// What is said of an input that ends inside a list.
const UNFINISHED_RECORDS: &str = "ends inside \"Records\", everything before that was processed";
const UNFINISHED_ARRAY: &str = "ends inside an array, everything before that was processed";

impl Open {
    /// Reads until the block is full enough, or to the end; what is not whole goes into `rest`.
    fn fill(&mut self, block: &mut Block, rest: &mut Vec<u8>) {
        let mut filled = rest.len();
        let mut limit = (2 * filled).clamp(BLOCK_BYTES, RECORD_BYTES_MAX);
        block.reserve(limit);
        block.buffer[..filled].copy_from_slice(rest);
        rest.clear();
        loop {
            let is_full = filled == limit || self.ended.is_some();
            if is_full || self.is_rest_new || (self.source.live && filled > 0) {
                self.is_rest_new = false;
                let ended = self.ended.is_some();
                let taken = self.framer.frame(&mut block.buffer[..filled], ended, &mut block.frames);
                if taken > 0 || ended {
                    rest.extend_from_slice(&block.buffer[taken..filled]);
                    block.filled = taken;
                    self.is_rest_new = !rest.is_empty();
                    return;
                }
                if filled == limit {
                    limit = (2 * limit).min(RECORD_BYTES_MAX);
                    block.reserve(limit);
                }
            }
            match self.source.read(&mut block.buffer[filled..limit]) {
                Ok(0) => self.ended = Some(Ok(())),
                Ok(read) => filled += read,
                Err(error) => self.ended = Some(Err(self.source.explain(&error))),
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics says where")]
mod tests {
    use super::*;
    use std::io::Write;
    use tapsieve_records::Kind;

    /// What the reader makes of files with these contents: the kinds of the frames, the bytes, the input.
    fn blocks(contents: &[&[u8]]) -> Vec<(Vec<Kind>, Vec<u8>, usize)> {
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
            let kinds = block.frames.iter().map(|frame| frame.kind).collect();
            all.push((kinds, block.bytes().to_vec(), block.input));
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
        assert_eq!(blocks.iter().map(|block| block.0.len()).sum::<usize>(), 400_001);
        for (_, bytes, _) in &blocks[..blocks.len() - 1] {
            assert!(bytes.ends_with(b"\n") && bytes.len() <= BLOCK_BYTES);
        }
    }

    #[test]
    fn lines_up_to_the_limit_are_whole_and_longer_ones_come_in_pieces() {
        for (len, whole) in [
            (BLOCK_BYTES - 1, true),
            (BLOCK_BYTES, true),
            (3 * BLOCK_BYTES, true),
            (RECORD_BYTES_MAX - 1, true),
            (RECORD_BYTES_MAX, false),
            (3 * RECORD_BYTES_MAX + 5, false),
        ] {
            let mut content = b"{}\n".to_vec();
            content.resize(content.len() + len, b'x');
            content.extend_from_slice(b"\n{\"after\":1}\n");
            let blocks = blocks(&[&content]);
            assert_eq!(blocks.iter().flat_map(|block| block.1.clone()).collect::<Vec<_>>(), content, "{len}");
            let kinds: Vec<Kind> = blocks.iter().flat_map(|block| block.0.clone()).collect();
            let long = usize::from(!whole);
            assert_eq!(kinds.iter().filter(|kind| **kind == Kind::TooLong).count(), long, "{len}");
            assert_eq!(kinds.contains(&Kind::Piece), !whole, "{len}");
            assert_eq!(kinds.last(), Some(&Kind::Record));
        }
    }

    #[test]
    fn a_block_never_holds_two_inputs() {
        let blocks = blocks(&[b"{\"a\":1}", b"", b"{\"b\":1}\n"]);
        let record = || vec![Kind::Record];
        assert_eq!(blocks, [(record(), b"{\"a\":1}".to_vec(), 0), (record(), b"{\"b\":1}\n".to_vec(), 2)]);
    }

    #[test]
    fn a_block_of_blank_lines_has_a_limit() {
        let blocks = blocks(&[&b"\n".repeat(200_000)]);
        assert_eq!(
            blocks.iter().map(|block| block.0.len()).collect::<Vec<_>>(),
            [65_536, 65_536, 65_536, 3_392]
        );
    }
}
