//! "Could this block matter?": knows the anchors and how JSON may spell them. Never a false no.
//!
//! Any spelling of an anchor is at least [`ANCHOR_LEN`] bytes long, so looking at the four bytes at every
//! [`STRIDE`]th place sees at least one window that lies wholly inside it. A table says for each possible
//! window whether some spelling of some anchor contains it; a hit is confirmed by the windows beside it.
//! An interpreter, which pays for every instruction, executes seven for every window and eight more for every
//! [`BLOCK`]; a JIT has no chain of loads to wait for.

use crate::catalog::{PACKED_ANCHORS, SHARED_PLACES};
use alloc::vec::Vec;

/// Every anchor has this many characters.
pub const ANCHOR_LEN: usize = 11;

/// Bytes in one window.
const WINDOW: usize = 4;

/// How far apart the sampled windows begin: as many windows as begin inside an unescaped anchor.
const STRIDE: usize = ANCHOR_LEN - WINDOW + 1;

/// Bytes of an escape.
const ESCAPE: usize = 6;

/// Bytes whose windows are sampled before the next branch.
const BLOCK: usize = STRIDE * 8;
const HALF: usize = BLOCK / 2;

/// So many places are looked at whether what stands there is shared.
const SHARED_MAX: usize = 1024;

/// So many rows of windows that are nearly an anchor are looked at closely, and one more for so many bytes; what has more
/// of them counts as having one.
const NEARLY_MAX: usize = 256;
const NEARLY_BYTES: usize = 512;

/// Bytes of the table: a hash names one of the first 2^16 and a bit of the four that begin there.
const TABLE: usize = (1 << 16) + 3;

/// Says of every window, by a bit at a hash of its bytes in one case, whether an anchor may contain it.
#[derive(Debug)]
pub struct Prefilter {
    table: [u8; TABLE],
    ready: bool,
    /// Anchors beyond those of the catalog.
    more: Vec<[u8; ANCHOR_LEN]>,
}

impl Default for Prefilter {
    fn default() -> Self {
        Self::new()
    }
}

impl Prefilter {
    /// An empty table; it is filled when it is first used. All zeros, so that it takes no room in the module.
    pub const fn new() -> Self {
        Prefilter { table: [0; TABLE], ready: false, more: Vec::new() }
    }

    /// Looks for these anchors and no others: for measuring what the size of the catalog costs.
    pub fn of(anchors: &[[u8; ANCHOR_LEN]]) -> Self {
        let mut prefilter = Self::new();
        prefilter.learn_escapes();
        for anchor in anchors {
            prefilter.learn(anchor);
        }
        prefilter.ready = true;
        prefilter
    }

    /// Looks for these anchors too, in place of those given before. The table is filled when it is next used.
    pub fn look_for(&mut self, more: Vec<[u8; ANCHOR_LEN]>) {
        let differs = self.more.len() | more.len() != 0;
        self.more = more;
        if self.ready && differs {
            self.table.fill(0);
            self.ready = false;
        }
    }

    /// The offset of a byte inside the first anchor of `block`, or `None` when there is none.
    ///
    /// May name a place that holds no anchor; never passes over one. Never allocates.
    #[inline(never)]
    pub fn find(&mut self, block: &[u8]) -> Option<usize> {
        self.find_inline(block)
    }

    /// The same, compiled where it is called: where the table's address is a constant, a window takes an instruction
    /// less.
    #[inline(always)]
    pub fn find_inline(&mut self, block: &[u8]) -> Option<usize> {
        self.prepare();
        self.search_inline(block)
    }

    /// Fills the table.
    #[inline(always)]
    pub fn prepare(&mut self) {
        if !self.ready {
            self.learn_all();
        }
    }

    /// Whether an anchor may be in `block`, once the table has been filled.
    pub fn has(&self, block: &[u8]) -> bool {
        block.len() >= ANCHOR_LEN && self.search(block).is_some()
    }

    /// The same, leaving out the anchors that records about something else have too.
    pub fn has_own(&self, block: &[u8]) -> bool {
        let (mut start, mut shared) = (0usize, 0usize);
        while let Some(at) = block.get(start..).and_then(|rest| self.search(rest)) {
            // Of so many some may be more than they look.
            shared = shared.saturating_add(1);
            if shared > SHARED_MAX {
                return true;
            }
            let at = start.wrapping_add(at);
            let (from, to) = (at.saturating_sub(ANCHOR_LEN), at.saturating_add(2 * ANCHOR_LEN));
            let around = block.get(from..to.min(block.len())).unwrap_or_default();
            let is_shared = |window: &[u8]| {
                let mut shared =
                    SHARED_PLACES.iter().filter_map(|place| PACKED_ANCHORS.get(usize::from(*place)));
                shared.any(|anchor| window.eq_ignore_ascii_case(anchor))
            };
            if !around.windows(ANCHOR_LEN).any(is_shared) {
                return true;
            }
            start = at.saturating_add(1);
        }
        false
    }

    #[inline(never)]
    fn search(&self, block: &[u8]) -> Option<usize> {
        self.search_inline(block)
    }

    /// The last block ends where `block` does, so that nothing is left over: it may overlap the one before.
    #[inline(always)]
    fn search_inline(&self, block: &[u8]) -> Option<usize> {
        let Some(last) = block.last_chunk::<BLOCK>() else { return self.search_short(block) };
        let mut blocks = block.as_chunks::<BLOCK>().0.iter();
        let mut bytes = blocks.next().unwrap_or(last);
        let mut left = NEARLY_MAX.wrapping_add(block.len() / NEARLY_BYTES);
        loop {
            // Written out, for what is compiled for size would loop.
            let [first, second] = [
                self.nth::<0, _>(bytes)
                    | self.nth::<1, _>(bytes)
                    | self.nth::<2, _>(bytes)
                    | self.nth::<3, _>(bytes),
                self.nth::<4, _>(bytes)
                    | self.nth::<5, _>(bytes)
                    | self.nth::<6, _>(bytes)
                    | self.nth::<7, _>(bytes),
            ];
            if (first | second) & 1 != 0 {
                let (head, tail) = bytes.split_at(HALF);
                let part = match (first & 1, second & 1) {
                    (0, _) => tail,
                    (_, 0) => head,
                    _ => bytes,
                };
                if let Some(found) = self.confirm_any(block, part, &mut left) {
                    return Some(place(block, found));
                }
            }
            bytes = match blocks.next() {
                Some(next) => next,
                None if core::ptr::eq(bytes, last) => return None,
                None => last,
            };
        }
    }

    /// The same for less than one block.
    #[inline(never)]
    fn search_short(&self, block: &[u8]) -> Option<usize> {
        let mut left = NEARLY_MAX;
        (0..block.len())
            .step_by(STRIDE)
            .find(|&at| self.known(block, at) && self.confirm(block, at, &mut left))
    }

    /// The flag of one of the windows sampled in a block or half of one.
    #[inline(always)]
    fn nth<const NUMBER: usize, const LEN: usize>(&self, bytes: &[u8; LEN]) -> u32 {
        let window = bytes.get(const { NUMBER * STRIDE }..).and_then(|bytes| bytes.first_chunk());
        self.flag(window.copied().unwrap_or_default())
    }

    /// Confirms the sampled windows of one half of a block in `block`, or of both. One block in nine comes here.
    #[inline(never)]
    fn confirm_any<'b>(&self, block: &[u8], halves: &'b [u8], left: &mut usize) -> Option<&'b u8> {
        for half in halves.as_chunks().0 {
            if let found @ Some(_) = self.confirm_nth::<0>(block, half, left) {
                return found;
            }
            if let found @ Some(_) = self.confirm_nth::<1>(block, half, left) {
                return found;
            }
            if let found @ Some(_) = self.confirm_nth::<2>(block, half, left) {
                return found;
            }
            if let found @ Some(_) = self.confirm_nth::<3>(block, half, left) {
                return found;
            }
        }
        None
    }

    /// The first byte of one of the windows sampled in half a block, if it is confirmed.
    #[inline(always)]
    fn confirm_nth<'b, const NUMBER: usize>(
        &self,
        block: &[u8],
        half: &'b [u8; HALF],
        left: &mut usize,
    ) -> Option<&'b u8> {
        let byte = half.get(const { NUMBER * STRIDE })?;
        let hits = self.nth::<NUMBER, _>(half) & 1 != 0;
        (hits && self.confirm(block, place(block, byte), left)).then_some(byte)
    }

    /// Whether STRIDE consecutive windows hit, one of them at `at`; yes where no more rows are `left` to be looked at.
    #[inline(never)]
    fn confirm(&self, block: &[u8], at: usize, left: &mut usize) -> bool {
        // Of STRIDE consecutive windows, one begins WINDOW bytes before or after this one.
        match block.get(at.wrapping_sub(WINDOW)..).and_then(|bytes| bytes.first_chunk()) {
            Some(&[a, b, c, d, _, _, _, _, e, f, g, h])
                if (self.flag([a, b, c, d]) | self.flag([e, f, g, h])) & 1 == 0 =>
            {
                false
            }
            _ => self.confirm_row(block, at, left),
        }
    }

    #[inline(never)]
    fn confirm_row(&self, block: &[u8], at: usize, left: &mut usize) -> bool {
        match left.checked_sub(1) {
            Some(less) => *left = less,
            None => return true,
        }
        let mut first = at;
        while self.known(block, first.wrapping_sub(1)) && at.wrapping_sub(first) < STRIDE {
            first = first.wrapping_sub(1);
        }
        (1..STRIDE).all(|step| self.known(block, first.wrapping_add(step)))
    }

    /// Whether an anchor may contain the window at a place; never one that is not wholly inside the block.
    #[inline(always)]
    fn known(&self, block: &[u8], at: usize) -> bool {
        block
            .get(at..)
            .and_then(|bytes| bytes.first_chunk::<WINDOW>())
            .is_some_and(|window| self.flag(*window) & 1 != 0)
    }

    /// Only bit 0 is meaningful.
    #[inline(always)]
    fn flag(&self, window: [u8; WINDOW]) -> u32 {
        let (place, bit) = hash(window);
        let bits =
            self.table.get(place..).and_then(|bits| bits.first_chunk::<4>()).copied().unwrap_or_default();
        u32::from_le_bytes(bits).wrapping_shr(bit)
    }

    #[cold]
    fn learn_all(&mut self) {
        self.learn_escapes();
        for anchor in &PACKED_ANCHORS {
            self.learn(anchor);
        }
        let more = core::mem::take(&mut self.more);
        for anchor in &more {
            self.learn(anchor);
        }
        self.more = more;
        self.ready = true;
    }

    /// Enters the windows of an escape, whatever character it is of. Where it is escaped itself in a text around it, in whole
    /// or in part, these are the windows with which it begins: a character that is spelled so is found by that.
    fn learn_escapes(&mut self) {
        self.enter(u32::from_le_bytes([b'\\'; WINDOW]));
        for high in b'2'..=b'7' {
            // Each bit says of one character whether it is escaped; one at least is.
            for choice in 1..64u32 {
                let (mut window, mut len) = (0u32, 0usize);
                let mut characters = u64::from_le_bytes([b'\\', b'u', b'0', b'0', high, b'0', 0, 0]);
                for at in 0..ESCAPE {
                    let (mut spelled, mut bytes) = match (choice.wrapping_shr(at as u32) & 1, at) {
                        (1, _) => (escape(characters as u8) >> 16, ESCAPE),
                        (_, 0) => (escape(b'\\'), 2),
                        _ => (characters & 0xff, 1),
                    };
                    characters >>= 8;
                    while bytes > 0 {
                        window = window >> 8 | (spelled as u32) << 24;
                        spelled >>= 8;
                        bytes = bytes.wrapping_sub(1);
                        len = len.wrapping_add(1);
                        if len.wrapping_sub(WINDOW) < STRIDE {
                            self.enter(window);
                        }
                    }
                }
            }
        }
        for character in b' '..=b'~' {
            self.enter((escape(character) >> 32) as u32);
        }
    }

    /// Enters the windows that begin in some spelling of some character of the anchor, but for those within an escape.
    ///
    /// What stands before the first character that is escaped, and its escape, are long enough to be found by them where
    /// that is so long as an anchor.
    fn learn(&mut self, anchor: &[u8]) {
        let mut rest = anchor;
        while let Some((&character, after)) = rest.split_first() {
            rest = after;
            self.learn_windows(character.into(), 1, after);
            if after.len() < ESCAPE {
                continue;
            }
            let escape = escape(character);
            // A letter in the other case has another digit in its escape.
            let other = if character.is_ascii_alphabetic() { escape ^ 2 << 48 } else { escape };
            for len in 1..WINDOW {
                let start = bits(8usize.wrapping_sub(len));
                let [window, in_other] = [escape, other].map(|escape| escape.wrapping_shr(start) as u32);
                self.learn_windows(window, len, after);
                if in_other != window {
                    self.learn_windows(in_other, len, after);
                }
            }
        }
    }

    /// Enters the windows that begin with `len` bytes and go on with some spelling of `rest`.
    ///
    /// A character is spelled as itself or as `\u00XX`, with twice as many backslashes in every text that holds it:
    /// no window is longer than the run of them here.
    fn learn_windows(&mut self, mut window: u32, len: usize, rest: &[u8]) {
        let mut rest = rest.iter();
        for len in len..WINDOW {
            let Some(&character) = rest.next() else { return };
            // An escape is longer than what a window lacks; more backslashes than it lacks are as many.
            let escape = escape(character);
            for backslashes in 0..WINDOW.wrapping_sub(len) {
                let spelled = escape.wrapping_shr(bits((WINDOW - 2).wrapping_sub(backslashes))) as u32;
                self.enter(window | spelled.wrapping_shl(bits(len)));
            }
            window |= u32::from(character).wrapping_shl(bits(len));
        }
        self.enter(window);
    }

    fn enter(&mut self, window: u32) {
        let (place, bit) = hash(window.to_le_bytes());
        let (byte, bit) = (place.wrapping_add(bit as usize % 32 / 8), bit % 8);
        if let Some(bits) = self.table.get_mut(byte) {
            *bits |= 1 << bit;
        }
    }
}

/// Where in a block one of its bytes stands.
#[inline(always)]
fn place(block: &[u8], byte: &u8) -> usize {
    core::ptr::from_ref(byte).addr().wrapping_sub(block.as_ptr().addr())
}

/// How many bits so many bytes have.
fn bits(bytes: usize) -> u32 {
    (bytes as u32).wrapping_mul(8)
}

/// `\\\u00XX`, its first byte the lowest: one backslash less than a window has bytes.
fn escape(character: u8) -> u64 {
    let hex = |digit: u8| digit.wrapping_add(if digit < 10 { b'0' } else { b'a'.wrapping_sub(10) });
    u64::from_le_bytes([b'\\', b'\\', b'\\', b'u', b'0', b'0', hex(character >> 4), hex(character & 15)])
}

/// Folds ASCII case, then mixes: letters that differ in case only give the same place and bit. Of the bit's number the
/// lowest five bits count: instructions that shift look at no others.
#[inline(always)]
fn hash(window: [u8; WINDOW]) -> (usize, u32) {
    let folded = u32::from_le_bytes(window) | 0x2020_2020;
    let mixed = folded.wrapping_mul(0xaf55_1937);
    ((mixed >> 16) as usize, mixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ANCHORS;
    use std::{string::String, vec};

    #[test]
    fn anchors_have_their_length() {
        for anchor in ANCHORS {
            assert_eq!(anchor.len(), ANCHOR_LEN, "{anchor}");
        }
    }

    /// `\\\\u00XX`: as many backslashes as a window has bytes.
    fn escape(character: u8) -> Vec<u8> {
        std::format!(r"\\\\u{character:04x}").into_bytes()
    }

    /// An anchor with some letters in capitals; each bit pair of `choice` spells one character.
    fn spelled(anchor: &str, choice: u32) -> Vec<u8> {
        let mut text = vec![];
        for (at, character) in anchor.bytes().enumerate() {
            let is_letter = character.is_ascii_alphabetic();
            match choice >> (2 * at) & 3 {
                1 => text.extend(&escape(character)[1..]),
                2 => text.extend(escape(character)),
                3 => text.extend(&escape(if is_letter { character ^ 0x20 } else { character })[3..]),
                _ => text.push(if at % 3 == 0 { character.to_ascii_uppercase() } else { character }),
            }
        }
        text
    }

    #[test]
    fn every_anchor_is_found_at_every_alignment_in_every_spelling() {
        let mut prefilter = Prefilter::new();
        let mixed = [0u32, 0x155555, 0x2aaaaa, 0x3fffff, 0x012012, 0x100400, 0x066066, 0x219219, 0x333333];
        let single = (0..ANCHOR_LEN).flat_map(|at| [1u32, 2, 3].map(|spelling| spelling << (2 * at)));
        let choices: Vec<_> =
            mixed.map(|choice| (choice, BLOCK)).into_iter().chain(single.map(|choice| (choice, 0))).collect();
        for anchor in ANCHORS {
            for &(choice, further) in &choices {
                let text = spelled(anchor, choice);
                for before in 0..further + STRIDE {
                    for after in [0, 1, 7, BLOCK] {
                        let text = [vec![b'#'; before], text.clone(), vec![b'#'; after]].concat();
                        let found = prefilter.find(&text);
                        // A window that only hashes alike may be named first, if it reaches into the anchor.
                        let reaches = found.is_some_and(|at| at + WINDOW > before);
                        assert!(reaches, "{}", String::from_utf8_lossy(&text));
                    }
                }
            }
        }
    }

    /// Of two layers in which somebody escapes letters the outer one may leave some of an escape's own characters.
    #[test]
    fn what_is_escaped_twice_is_found_at_every_alignment_in_every_spelling() {
        let mut prefilter = Prefilter::new();
        for character in b' '..=b'~' {
            let escaped = String::from_utf8_lossy(&escape(character)[3..]).into_owned();
            for upper in [false, true] {
                for choice in 1..1u32 << 6 {
                    let spell = |(at, part): (usize, char)| match (choice >> at & 1, part) {
                        (1, _) => std::format!("\\u{:04x}", u32::from(part)),
                        (_, '\\') => String::from("\\\\"),
                        _ => String::from(part),
                    };
                    let mut spelled: String = escaped.chars().enumerate().map(spell).collect();
                    if upper {
                        spelled = spelled.replace("5c", "5C");
                    }
                    for before in 0..BLOCK {
                        let text = ["#".repeat(before), spelled.clone(), "#".repeat(9)].concat();
                        assert!(prefilter.find(text.as_bytes()).is_some(), "{text}");
                    }
                }
            }
        }
    }

    /// Speed depends on how rarely a window of ordinary text is in the table, not on the number of anchors.
    #[test]
    fn the_table_stays_sparse() {
        let mut prefilter = Prefilter::new();
        prefilter.learn_all();
        let full: u32 = prefilter.table.iter().map(|place| place.count_ones()).sum();
        let share = f64::from(full) * 100.0 / (prefilter.table.len() * 8) as f64;
        std::println!("{} anchors fill {share:.2} % of the prefilter's table", ANCHORS.len());
        // A block of eight windows of text in which nothing repeats is looked at again once in nine times.
        assert!(share < 1.5, "{share:.2} %");
    }

    #[test]
    fn ordinary_text_is_passed_over() {
        let mut prefilter = Prefilter::new();
        let text = br#"{"eventName":"PutBucketConfiguration","sessionContext":{"x":"network interfaces, packet, traffic"}}"#;
        for len in 0..text.len() {
            assert_eq!(prefilter.find(&text[..len]), None);
        }
    }
}
