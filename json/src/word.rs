//! Eight bytes at a time, because an interpreter pays by the instruction.

const ONES: u64 = 0x0101_0101_0101_0101;

/// The bits in which flags stand.
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The offset of the first byte from `start` on that is flagged.
#[inline(always)]
pub(super) fn find(bytes: &[u8], start: usize, flags: impl Fn(u64) -> u64) -> Option<usize> {
    find_each(bytes, start, flags, |_| {}).map(|(at, _, _)| at)
}

/// [`find`], with the word that the byte stands in and its place there; hands over the words before it.
#[inline(always)]
pub(super) fn find_each(
    bytes: &[u8],
    start: usize,
    flags: impl Fn(u64) -> u64,
    mut each: impl FnMut(u64),
) -> Option<(usize, u64, usize)> {
    let (words, rest) = bytes.get(start..)?.as_chunks::<8>();
    let mut at = start;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let flagged = flags(word);
        if flagged != 0 {
            let place = first(flagged);
            return Some((at.wrapping_add(place), word, place));
        }
        each(word);
        at = at.wrapping_add(8);
    }
    let word = last_word(rest);
    let place = first(flags(word));
    (place < rest.len()).then_some((at.wrapping_add(place), word, place))
}

/// Fewer than eight bytes, the first one lowest; zeros stand for what lies behind the end.
#[inline(never)]
pub(super) fn last_word(bytes: &[u8]) -> u64 {
    let half = |chunk: &[u8; 4]| u64::from(u32::from_le_bytes(*chunk));
    match (bytes, bytes.first_chunk(), bytes.last_chunk()) {
        // Two halves, which overlap.
        (_, Some(low), Some(high)) => half(low) | half(high) << (bytes.len().wrapping_sub(4) << 3),
        ([a], ..) => u64::from(*a),
        ([a, b], ..) => u64::from(*b) << 8 | u64::from(*a),
        ([a, b, c], ..) => u64::from(*c) << 16 | u64::from(*b) << 8 | u64::from(*a),
        _ => 0,
    }
}

/// Whether two texts are the same in any ASCII case; nearly always they are the same to the byte.
#[inline(never)]
pub(super) fn is_same(a: &[u8], b: &[u8]) -> bool {
    let ((left, left_rest), (right, right_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let same = || left.iter().zip(right).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b));
    a.len() == b.len()
        && (same() && last_word(left_rest) == last_word(right_rest) || a.eq_ignore_ascii_case(b))
}

/// Flags the bytes that are this one. The lowest flag is exact; a borrow can set false ones above it.
#[inline(always)]
pub(super) const fn equal(word: u64, byte: u8) -> u64 {
    let zero = word ^ ONES.wrapping_mul(byte as u64);
    zero.wrapping_sub(ONES) & !zero & HIGHS
}

/// [`equal`] with every flag exact, which is dearer.
#[inline(always)]
pub(super) const fn all_equal(word: u64, byte: u8) -> u64 {
    let zero = word ^ ONES.wrapping_mul(byte as u64);
    !((zero & !HIGHS).wrapping_add(!HIGHS) | zero) & HIGHS
}

/// Flags the bytes below this one, which is at most 0x80, as [`equal`] does.
#[inline(always)]
pub(super) const fn below(word: u64, byte: u8) -> u64 {
    word.wrapping_sub(ONES.wrapping_mul(byte as u64)) & !word & HIGHS
}

/// The place of the lowest flag.
#[inline(always)]
pub(super) const fn first(flags: u64) -> usize {
    (flags.trailing_zeros() >> 3) as usize
}

/// Tells most keys apart; ASCII case does not change it.
///
/// Takes a key eight bytes at a time, of which only the last may be fewer, by [`Signature::add`] or [`Signature::end`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signature(u64);

impl Signature {
    #[inline(always)]
    pub(super) const fn add(self, word: u64) -> Self {
        let folded = word | ONES.wrapping_mul(0x20);
        Signature((self.0.rotate_left(5) ^ folded).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Takes the first `len` bytes of a word, at most seven.
    #[inline(always)]
    pub(super) const fn end(self, word: u64, len: usize) -> u8 {
        // Two shifts, because one of 64 bits is none.
        let last = self.add(word << 8 << (56usize.wrapping_sub(len << 3)));
        (last.0 >> 56) as u8
    }

    /// The signature of a whole key.
    #[inline(never)]
    pub(super) fn of_key(key: &[u8]) -> u8 {
        let (words, rest) = key.as_chunks::<8>();
        let add = |signature: Self, word: &[u8; 8]| signature.add(u64::from_le_bytes(*word));
        words.iter().fold(Signature(0), add).end(last_word(rest), rest.len())
    }

    /// The same where it is known when the module is built.
    #[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "bounded by the length")]
    pub(super) const fn of(key: &[u8]) -> u8 {
        let (mut signature, mut word, mut at) = (Signature(0), 0u64, 0);
        while at < key.len() {
            word |= (key[at] as u64) << ((at & 7) << 3);
            at += 1;
            if at & 7 == 0 {
                signature = signature.add(word);
                word = 0;
            }
        }
        signature.end(word, at & 7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn the_lowest_flag_is_exact() {
        // Under Miri one in so many.
        let step = if cfg!(miri) { 17 } else { 1 };
        for byte in (0..=0xffu8).step_by(step) {
            for fill in (0..=0xffu8).step_by(step) {
                for at in 0..8 {
                    let mut bytes = [fill; 8];
                    bytes[at] = byte;
                    let word = u64::from_le_bytes(bytes);
                    let lowest =
                        |is: &dyn Fn(u8) -> bool| bytes.iter().position(|byte| is(*byte)).unwrap_or(8);
                    assert_eq!(first(equal(word, b'"')), lowest(&|byte| byte == b'"'), "{bytes:?}");
                    let flags = bytes.map(|each| if each == byte { 0x80 } else { 0 });
                    assert_eq!(all_equal(word, byte), u64::from_le_bytes(flags), "{bytes:?}");
                    assert_eq!(first(below(word, 0x23)), lowest(&|byte| byte < 0x23), "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn bytes_are_found_at_every_place() {
        for len in 0..20 {
            for start in 0..=len {
                let mut text = vec![b'!'; len];
                assert_eq!(find(&text, start, |word| equal(word, b'"')), None);
                // Behind the end stand zeros, which are no bytes.
                assert_eq!(find(&text, start, |word| below(word, b' ')), None);
                for at in start..len {
                    text[at] = b'"';
                    assert_eq!(find(&text, start, |word| equal(word, b'"')), Some(at), "{len} {start}");
                    text[at] = b'!';
                }
            }
        }
        assert_eq!(find(b"", 1, |word| equal(word, 0)), None);
    }

    #[test]
    fn the_end_is_filled_with_zeros() {
        for len in 0..8 {
            let mut word = [0; 8];
            word[..len].copy_from_slice(&b"01234567"[..len]);
            assert_eq!(last_word(&b"01234567"[..len]), u64::from_le_bytes(word), "{len}");
        }
    }

    #[test]
    fn texts_are_compared_in_any_case() {
        for len in 0..20 {
            let text = &b"abcdefghijklmnopqrst"[..len];
            assert!(is_same(text, text) && is_same(text, &text.to_ascii_uppercase()));
            for at in 0..len {
                let mut other = text.to_vec();
                other[at] ^= 0x40;
                assert!(!is_same(text, &other), "{len} {at}");
            }
            assert!(!is_same(text, b"abcdefghijklmnopqrstu"));
        }
    }

    #[test]
    fn case_does_not_change_a_signature() {
        for len in 0..=b"requestParametersAndMore".len() {
            let key = &b"requestParametersAndMore"[..len];
            assert_eq!(Signature::of(key), Signature::of(&key.to_ascii_uppercase()), "{len}");
            assert_eq!(Signature::of(key), Signature::of_key(key), "{len}");
        }
    }
}
