//! Base64, the common alphabet and the one for addresses: knows nothing of what it spells.

use alloc::vec::Vec;

/// Decodes a text, padded or not; `None` where another character stands in it.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    // The lowest bits are those that no whole byte has been made of yet.
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in text.bytes() {
        let value = match byte {
            b'=' | b'\n' => continue,
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'G'),
            b'0'..=b'9' => byte.wrapping_add(4),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count = count.wrapping_add(6);
        if count >= 8 {
            count = count.wrapping_sub(8);
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn both_alphabets_are_read_padded_or_not() {
        for (spelled, bytes) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Zm9vYg", b"foob"),
            ("+/+/AZaz09", &[0xfb, 0xff, 0xbf, 0x01, 0x96, 0xb3, 0xd3]),
            ("-_-_AZaz09==\n", &[0xfb, 0xff, 0xbf, 0x01, 0x96, 0xb3, 0xd3]),
        ] {
            assert_eq!(decode(spelled).as_deref(), Some(bytes), "{spelled}");
        }
        for other in ["Zm 9v", "{}", "é"] {
            assert_eq!(decode(other), None, "{other}");
        }
    }
}
