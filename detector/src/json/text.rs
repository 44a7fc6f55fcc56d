//! Text escapes: from JSON's spelling to characters and back.

use super::word::{below, equal, find};
use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};

/// Decodes the inside of a JSON string.
///
/// Lone surrogates and bytes that are not UTF-8 become U+FFFD. An escape that JSON does not have gives `None`.
/// Allocates only where something had to be replaced.
pub fn decode(inside: &[u8]) -> Option<Cow<'_, str>> {
    if !has_escape(inside) {
        return Some(match core::str::from_utf8(inside) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(inside),
        });
    }
    let mut out = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let (&escape, tail) = rest.split_first()?;
        rest = tail;
        match escape {
            b'"' | b'\\' | b'/' => out.push(escape),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let (character, tail) = unicode(rest)?;
                rest = tail;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return None,
        }
    }
    Some(Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }))
}

/// [`decode`] for bytes that are compared only.
pub(super) fn decoded(inside: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !has_escape(inside) {
        return Some(Cow::Borrowed(inside));
    }
    decode(inside).map(|text| Cow::Owned(text.into_owned().into_bytes()))
}

fn has_escape(inside: &[u8]) -> bool {
    find(inside, 0, |word| equal(word, b'\\')).is_some()
}

/// Reads what stands after `\u`, and the second half of a surrogate pair.
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

fn hex4(rest: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, tail) = rest.split_first_chunk::<4>()?;
    let code =
        digits.iter().try_fold(0u32, |code, &digit| Some(code << 4 | char::from(digit).to_digit(16)?))?;
    Some((code, tail))
}

/// Appends `text` as a JSON string, quotes included; escapes only what JSON requires.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let (mut start, mut from) = (0usize, 0usize);
    // Two marks that need no escape are among these; they are rare in what is written.
    while let Some(at) = find(bytes, from, |word| below(word, b'#') | equal(word, b'\\')) {
        from = at.wrapping_add(1);
        let Some(&byte) = bytes.get(at).filter(|byte| !matches!(byte, b' ' | b'!')) else { continue };
        out.extend_from_slice(bytes.get(start..at).unwrap_or_default());
        start = from;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ => {
                let low = HEX.get(usize::from(byte & 15)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' | byte >> 4, low]);
            }
        }
    }
    out.extend_from_slice(bytes.get(start..).unwrap_or_default());
    out.push(b'"');
}

/// Appends `value` in decimal. The standard formatting costs the module 9 KB.
pub fn write_number(out: &mut Vec<u8>, mut value: u64) {
    let start = out.len();
    loop {
        out.push(b'0'.wrapping_add((value % 10) as u8));
        value /= 10;
        if value == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
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

    #[test]
    fn written_strings_decode_to_themselves() {
        let text: String = (0..0x250).filter_map(char::from_u32).collect();
        let mut out = Vec::new();
        write_string(&mut out, &text);
        assert_eq!(decode(&out[1..out.len() - 1]).as_deref(), Some(text.as_str()));
    }
}
