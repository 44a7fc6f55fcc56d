//! Text escapes: from JSON's spelling to characters.

use super::word::{equal, find, first, last_word};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;

/// Decodes the inside of a JSON string.
///
/// Lone surrogates and bytes that are not UTF-8 become U+FFFD. An escape that JSON does not have gives `None`.
/// Allocates only where something had to be replaced.
#[inline(never)]
pub fn decode(inside: &[u8]) -> Option<Cow<'_, str>> {
    if find(inside, 0, |word| equal(word, b'\\')).is_none() {
        return Some(match core::str::from_utf8(inside) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(inside),
        });
    }
    // Eight bytes are written at a time, whatever is there for; what is too much is written over or cut off.
    let mut out = vec![0; inside.len().wrapping_add(8)];
    let (mut rest, mut to) = (inside, 0usize);
    while let Some(&next) = rest.first() {
        // Escapes stand in runs where a text is in a text.
        if next != b'\\' {
            let word = rest.first_chunk().map_or_else(|| last_word(rest), |word| u64::from_le_bytes(*word));
            *out.get_mut(to..)?.first_chunk_mut()? = word.to_le_bytes();
            let plain = first(equal(word, b'\\')).min(rest.len());
            rest = rest.get(plain..)?;
            to = to.wrapping_add(plain);
            if plain == 8 || rest.is_empty() {
                continue;
            }
        }
        let ([_, kind], tail) = rest.split_first_chunk()?;
        rest = tail;
        let byte = match kind {
            b'"' | b'\\' | b'/' => *kind,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let (character, tail) = unicode(rest)?;
                rest = tail;
                to = to.wrapping_add(character.encode_utf8(out.get_mut(to..)?).len());
                continue;
            }
            _ => return None,
        };
        *out.get_mut(to)? = byte;
        to = to.wrapping_add(1);
    }
    out.truncate(to);
    Some(Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }))
}

/// [`decode`] for bytes that are compared only.
pub(super) fn decoded(inside: &[u8]) -> Option<Cow<'_, [u8]>> {
    Some(match decode(inside)? {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    })
}

/// Reads what stands after `\u`, and the second half of a surrogate pair.
#[inline(never)]
fn unicode(rest: &[u8]) -> Option<(char, &[u8])> {
    let (high, rest) = hex4(rest)?;
    if (0xd800..0xdc00).contains(&high)
        && let Some((low @ 0xdc00..=0xdfff, tail)) = rest.strip_prefix(b"\\u").and_then(hex4)
    {
        let code = 0x10000u32.wrapping_add((high & 0x3ff) << 10 | low & 0x3ff);
        return Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), tail));
    }
    Some((char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), rest))
}

#[inline(never)]
fn hex4(rest: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, tail) = rest.split_first_chunk::<4>()?;
    let code =
        digits.iter().try_fold(0u32, |code, &digit| Some(code << 4 | char::from(digit).to_digit(16)?))?;
    Some((code, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded() {
        for (spelled, text) in [
            (r"plain", "plain"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u0054raffic", "Traffic"),
            (r"\ud83d\ude00!", "😀!"),
            (r"\ud800\udc00", "\u{10000}"),
            (r"\udbff\udfff", "\u{10ffff}"),
            (r"\ud800x", "\u{fffd}x"),
            (r"\udc00", "\u{fffd}"),
            (r"\ud800\u0041", "\u{fffd}A"),
        ] {
            assert_eq!(decode(spelled.as_bytes()).as_deref(), Some(text), "{spelled}");
        }
    }

    #[test]
    fn what_json_does_not_have_is_none() {
        for spelled in [r"\", r"\x41", r"\u12", r"\u00zz"] {
            assert_eq!(decode(spelled.as_bytes()), None, "{spelled}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        assert_eq!(decode(b"a\xffb").as_deref(), Some("a\u{fffd}b"));
        assert_eq!(decode(b"a\xff\\n").as_deref(), Some("a\u{fffd}\n"));
    }
}
