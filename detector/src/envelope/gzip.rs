//! Gzip (RFC 1952) and the format inside of it (RFC 1951): knows nothing of what was packed. Written for few bytes of
//! code: a symbol is found bit by bit.

use alloc::vec::Vec;
use core::cell::Cell;

/// What a file begins with, as base64 spells it.
pub(super) const SPELLED: &str = "H4sI";

/// What reading the codes of a block counts for, in bytes.
const BLOCK_BYTES: usize = 1024;

/// Unpacks a file into `out` and takes what that costs from the bytes `left`; `None` where it is damaged, or where nothing
/// is left. Its checksum is not looked at: what has been damaged is no event, or one with a letter wrong.
pub(super) fn unpack(file: &[u8], out: &mut Vec<u8>, left: &Cell<usize>) -> Option<()> {
    let (&[0x1f, 0x8b, 8, flags, ..], mut rest) = file.split_first_chunk::<10>()? else { return None };
    if flags & 4 != 0 {
        let (len, after) = rest.split_first_chunk()?;
        rest = after.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    // A name and a comment, each with a zero behind it.
    for flag in [8, 16] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end.wrapping_add(1)..)?;
        }
    }
    if flags & 2 != 0 {
        rest = rest.get(2..)?;
    }
    let mut bits = Bits { bytes: rest.iter(), held: 0, count: 0 };
    loop {
        let is_last = bits.take(1)? == 1;
        let kind = bits.take(2)?;
        let left_here = left.get().saturating_sub(BLOCK_BYTES);
        let max = out.len().saturating_add(left_here);
        let whole = match kind {
            _ if left_here == 0 => None,
            0 => stored(&mut bits, out, max),
            1 => {
                let lengths: [u8; 288] = core::array::from_fn(|symbol| match symbol {
                    144..=255 => 9,
                    256..=279 => 7,
                    _ => 8,
                });
                block(&mut bits, &Code::of(&lengths), &Code::of(&[5; 30]), out, max)
            }
            2 => codes(&mut bits)
                .and_then(|(literals, distances)| block(&mut bits, &literals, &distances, out, max)),
            _ => None,
        };
        // What came to nothing has cost as much.
        left.set(max.saturating_sub(out.len()));
        whole?;
        if is_last {
            return Some(());
        }
    }
}

/// Bits, the lowest of each byte first.
struct Bits<'a> {
    bytes: core::slice::Iter<'a, u8>,
    held: u32,
    count: u32,
}

impl Bits<'_> {
    /// The next bits as a number; at most 16.
    fn take(&mut self, count: u32) -> Option<u32> {
        while self.count < count {
            self.held |= u32::from(*self.bytes.next()?) << self.count;
            self.count = self.count.wrapping_add(8);
        }
        let value = self.held & (1u32 << count).wrapping_sub(1);
        self.held >>= count;
        self.count = self.count.wrapping_sub(count);
        Some(value)
    }

    fn number(&mut self, count: u32) -> Option<usize> {
        self.take(count).map(|value| value as usize)
    }
}

/// A canonical Huffman code.
struct Code {
    /// How many symbols have so many bits.
    counts: [u32; 16],
    /// The symbols in order of their bits.
    symbols: Vec<usize>,
}

impl Code {
    fn of(lengths: &[u8]) -> Self {
        let mut code = Code { counts: [0; 16], symbols: Vec::with_capacity(lengths.len()) };
        for (len, count) in code.counts.iter_mut().enumerate().skip(1) {
            let before = code.symbols.len();
            let has = |(symbol, other): (usize, &u8)| (usize::from(*other) == len).then_some(symbol);
            code.symbols.extend(lengths.iter().enumerate().filter_map(has));
            *count = code.symbols.len().wrapping_sub(before) as u32;
        }
        code
    }

    /// The next symbol.
    fn next(&self, bits: &mut Bits<'_>) -> Option<usize> {
        // The code so far, the first code of its length and the place of that one's symbol.
        let (mut code, mut first, mut place) = (0u32, 0u32, 0u32);
        for count in self.counts.iter().skip(1) {
            code |= bits.take(1)?;
            let nth = code.wrapping_sub(first);
            if nth < *count {
                return self.symbols.get(place.wrapping_add(nth) as usize).copied();
            }
            place = place.wrapping_add(*count);
            first = first.wrapping_add(*count) << 1;
            code <<= 1;
        }
        None
    }
}

/// Bytes as they are.
fn stored(bits: &mut Bits<'_>, out: &mut Vec<u8>, max: usize) -> Option<()> {
    // The bits before are of a byte that has been taken.
    bits.take(bits.count & 7)?;
    let (len, complement) = (bits.take(16)?, bits.take(16)?);
    (len ^ complement == 0xffff).then_some(())?;
    for _ in 0..len {
        (out.len() < max).then_some(())?;
        out.push(bits.take(8)? as u8);
    }
    Some(())
}

/// Reads the codes of a block, which are packed themselves.
fn codes(bits: &mut Bits<'_>) -> Option<(Code, Code)> {
    const ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let literals = bits.number(5)?.wrapping_add(257);
    let all = bits.number(5)?.wrapping_add(1).wrapping_add(literals);
    let mut packed = [0u8; ORDER.len()];
    for place in ORDER.iter().take(bits.number(4)?.wrapping_add(4)) {
        *packed.get_mut(usize::from(*place))? = bits.take(3)? as u8;
    }
    let packed = Code::of(&packed);
    let mut lengths = Vec::with_capacity(all);
    while lengths.len() < all {
        let (len, times) = match packed.next(bits)? {
            16 => (*lengths.last()?, bits.number(2)?.wrapping_add(3)),
            17 => (0, bits.number(3)?.wrapping_add(3)),
            18 => (0, bits.number(7)?.wrapping_add(11)),
            len => (len as u8, 1),
        };
        lengths.extend(core::iter::repeat_n(len, times));
    }
    let (literals, distances) = lengths.split_at_checked(literals)?;
    Some((Code::of(literals), Code::of(distances)))
}

/// Reads a block to its end.
fn block(
    bits: &mut Bits<'_>,
    literals: &Code,
    distances: &Code,
    out: &mut Vec<u8>,
    max: usize,
) -> Option<()> {
    loop {
        let symbol = literals.next(bits)?;
        if symbol == 256 {
            return Some(());
        }
        (out.len() < max).then_some(())?;
        let Some(symbol) = symbol.checked_sub(257) else {
            out.push(symbol as u8);
            continue;
        };
        let len = if symbol == 28 { 258 } else { grown(bits, symbol, 4)?.wrapping_add(3) };
        let distance = distances.next(bits)?;
        let distance = grown(bits, distance, 2)?.wrapping_add(1);
        for _ in 0..len {
            (out.len() < max).then_some(())?;
            out.push(*out.get(out.len().checked_sub(distance)?)?);
        }
    }
}

/// The number that a symbol stands for: of every `step` symbols each has as many bits behind it, one more than those
/// before from the third such group on.
fn grown(bits: &mut Bits<'_>, symbol: usize, step: usize) -> Option<usize> {
    let Some(more) = symbol.checked_div(step)?.checked_sub(1) else { return Some(symbol) };
    let base = step.wrapping_add(symbol.checked_rem(step)?) << (more & 15);
    (more < 14).then_some(())?;
    Some(base.wrapping_add(bits.number(more as u32)?))
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use std::{string::String, vec::Vec};

    fn unpack(file: &[u8], max: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let left = Cell::new(max + super::BLOCK_BYTES);
        let unpacked = super::unpack(file, &mut out, &left);
        assert!(left.get() <= max + super::BLOCK_BYTES - out.len());
        assert!(out.len() <= max);
        unpacked.map(|()| out)
    }

    const STORED: &str = "1f8b0800000000000403010800f7ff6173206974206973b3244e9608000000";
    const FIXED: &str = "1f8b08000000000002034bce2fa85448861100c2faa3e70e000000";
    /// A letter beyond ASCII has a code of another length.
    const LETTERS: &str = "1f8b0800000000000003cb3bbc1200f9a0d5f203000000";
    const EMPTY: &str = "1f8b080000000000000303000000000000000000";
    /// With every field that a header may have.
    const NAMED: &str = "1f8b081e000000000000020061626e00630012344bce2fa85448861100c2faa3e70e000000";
    const DYNAMIC: &str = "1f8b08000000000002033591b10d03310cc456c902015e922559037d9126fb9779f898c62c0c10c4e9fe7eded7eb7ede59e2\
        de217a1d768d687e589987395b5c76b8f612bd0fa3e50b93cf533e1bf96cc9b7a573d9a6a019bfb2f6c8da54169545655299\
        542e2a83caa0d2a9742a8d4aa392c81918c328c47a32ca66146394c528cd2817a304a3c8176406994ea6916964fe2b9b51a0\
        71a20c46e144541695f554fe000956d6bcd9010000";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn stored_fixed_and_dynamic_blocks_are_unpacked() {
        let dynamic: String = (0..60).map(|at| std::format!("eni-{} ", at * 7919 % 997)).collect();
        for (file, text) in [
            (STORED, "as it is"),
            (FIXED, "copy copy copy"),
            (LETTERS, "n\u{e9}"),
            (NAMED, "copy copy copy"),
            (DYNAMIC, &*dynamic),
        ] {
            let file = bytes(file);
            assert_eq!(unpack(&file, text.len()).as_deref(), Some(text.as_bytes()), "{text}");
            assert_eq!(unpack(&file, text.len() - 1), None, "{text}: longer than allowed");
            // Eight bytes follow what is packed.
            for len in 0..file.len() - 9 {
                assert_eq!(unpack(&file[..len], text.len()), None, "{text}: {len} bytes");
            }
        }
    }

    #[test]
    fn a_block_costs_what_reading_its_codes_counts_for() {
        assert_eq!(unpack(&bytes(EMPTY), 0), None);
        assert_eq!(unpack(&bytes(EMPTY), 1).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn a_length_stands_twice_once_with_its_bits_turned_round() {
        for other in ["0800ffff", "08000000", "0800f7fe"] {
            assert_eq!(unpack(&bytes(&STORED.replace("0800f7ff", other)), 99), None, "{other}");
        }
    }

    #[test]
    fn what_is_damaged_ends_within_its_limit() {
        let mut file = bytes(DYNAMIC);
        for at in 10..file.len() {
            for bit in 0..8 {
                file[at] ^= 1 << bit;
                // Whatever comes of it ends.
                unpack(&file, 600);
                file[at] ^= 1 << bit;
            }
        }
        for other in ["", "1f8b", "7b7d7b7d7b7d7b7d7b7d7b7d", "1f8b0800000000000003ff"] {
            assert_eq!(unpack(&bytes(other), 99), None, "{other}");
        }
    }
}
