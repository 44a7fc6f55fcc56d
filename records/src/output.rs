//! What is written of a block; knows frames and changes, not where the bytes go.

use crate::frame::{Frame, Kind, Place};
use crate::sieve::{Change, Sifted};

/// Puts the output of one input together, block after block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Output {
    only_enriched: bool,
    /// Something of this list or row was written.
    goes_on: bool,
}

/// Joins pieces of one block that follow each other.
struct Pieces<'a, F> {
    block: &'a [u8],
    from: usize,
    to: usize,
    write: F,
}

impl<'a, F: FnMut(&'a [u8])> Pieces<'a, F> {
    fn pass(&mut self, from: u32, to: u32) {
        if from as usize != self.to {
            self.flush();
            self.from = from as usize;
        }
        self.to = to as usize;
    }

    fn flush(&mut self) {
        if self.from < self.to {
            (self.write)(&self.block[self.from..self.to]);
        }
        self.from = self.to;
    }

    fn other(&mut self, bytes: &'a [u8]) {
        self.flush();
        (self.write)(bytes);
    }
}

impl Output {
    /// At the start of an input; with `only_enriched` nothing but enriched records is written, each on a line.
    pub fn new(only_enriched: bool) -> Output {
        Output { only_enriched, goes_on: false }
    }

    /// Calls `write` with every piece that is written, in order; pieces of the block are as long as they can be.
    pub fn each<'a>(
        &mut self,
        block: &'a [u8],
        frames: &[Frame],
        sifted: &'a Sifted,
        write: impl FnMut(&'a [u8]),
    ) {
        let mut pieces = Pieces { block, from: 0, to: 0, write };
        let mut changes = sifted.changes.iter().peekable();
        for (number, frame) in frames.iter().enumerate() {
            let change = changes.next_if(|change| change.0 as usize == number).map(|change| &change.1);
            let enriched = match change {
                Some(Change::Enriched(range)) => Some(&sifted.enriched[range.clone()]),
                _ => None,
            };
            let is_dropped = change == Some(&Change::Dropped) || (self.only_enriched && enriched.is_none());
            let bare = self.only_enriched || frame.place == Place::Element;
            self.goes_on &= frame.place == Place::Next;
            let before = match frame.place {
                _ if bare => false,
                Place::First => true,
                Place::Next => self.goes_on && !is_dropped,
                Place::Line | Place::Element => !is_dropped,
            };
            if before {
                pieces.pass(frame.from, frame.start);
            }
            if is_dropped {
                continue;
            }
            self.goes_on = true;
            match enriched {
                Some(enriched) => pieces.other(enriched),
                None => pieces.pass(frame.start, frame.end),
            }
            match frame.place {
                Place::Line => pieces.pass(frame.end, frame.to),
                _ if bare && frame.kind != Kind::Piece => pieces.other(b"\n"),
                _ => {}
            }
        }
        pieces.flush();
    }
}
