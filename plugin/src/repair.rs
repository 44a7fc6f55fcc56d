//! What Fluent Bit writes for values that JSON does not have, and JSON in its place. Knows Fluent Bit's writer only.

use alloc::vec::Vec;

/// Writes the record into `out`, which is empty, with JSON in place of what is none, or returns false when nothing had to
/// be replaced.
///
/// - `nan`, `inf`, `-inf` become texts;
/// - a key without quotes, such as an integer, gets them;
/// - `\x41` in a text, a byte of a MessagePack extension, becomes `\u0041`.
pub(crate) fn repair(record: &[u8], out: &mut Vec<u8>) -> bool {
    let mut repair = Repair { record, out, kept: 0 };
    let mut at = 0usize;
    while let Some(&byte) = record.get(at) {
        at = match byte {
            b'"' => repair.text(at),
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => repair.bare(at),
            _ => at.saturating_add(1),
        };
    }
    let repaired = repair.kept > 0;
    if repaired {
        repair.replace(record.len(), record.len(), &[]);
    }
    repaired
}

struct Repair<'a> {
    record: &'a [u8],
    out: &'a mut Vec<u8>,
    /// The record has been written up to here.
    kept: usize,
}

impl Repair<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.record.get(at).copied().unwrap_or_default()
    }

    /// Writes the parts in place of `start..end`.
    fn replace(&mut self, start: usize, end: usize, parts: &[&[u8]]) {
        self.out.extend_from_slice(self.record.get(self.kept..start).unwrap_or_default());
        for part in parts {
            self.out.extend_from_slice(part);
        }
        self.kept = end;
    }

    /// A text that begins at `at`; returns where it ends.
    fn text(&mut self, at: usize) -> usize {
        let mut at = at.saturating_add(1);
        loop {
            at = match self.byte(at) {
                b'"' => return at.saturating_add(1),
                b'\\' if self.byte(at.saturating_add(1)) == b'x' => self.escape(at),
                b'\\' => at.saturating_add(2),
                0 if at >= self.record.len() => return at,
                _ => at.saturating_add(1),
            };
        }
    }

    /// `\x41`, or `\xffffffc1` for a byte from 128 on, which C takes for a negative number.
    fn escape(&mut self, at: usize) -> usize {
        let digits = at.saturating_add(2);
        let sign = self.record.get(digits..).is_some_and(|rest| {
            rest.starts_with(b"ffffff")
                && rest.iter().skip(6).take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2
        });
        let digits = if sign { digits.saturating_add(6) } else { digits };
        let end = digits.saturating_add(2);
        let Some(two) = self.record.get(digits..end).filter(|two| two.iter().all(u8::is_ascii_hexdigit))
        else {
            return end;
        };
        self.replace(at, end, &[b"\\u00", two]);
        end
    }

    /// A number, a word, or a key without quotes.
    fn bare(&mut self, at: usize) -> usize {
        let rest = self.record.get(at..).unwrap_or_default();
        let len = rest.iter().take_while(|byte| !b"\",:{}[] \t\r\n".contains(byte)).count();
        let token = rest.get(..len).unwrap_or_default();
        let end = at.saturating_add(len);
        if self.byte(end) == b':' || matches!(token, b"nan" | b"-nan" | b"inf" | b"-inf") {
            self.replace(at, end, &[b"\"", token, b"\""]);
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::repair;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn repaired(record: &str) -> Option<String> {
        let mut out = Vec::new();
        repair(record.as_bytes(), &mut out).then(|| String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn what_is_no_json_becomes_json() {
        for (record, json) in [
            (
                r#"{"a":nan,"b":[-nan,inf],"c":{"d":-inf}}"#,
                r#"{"a":"nan","b":["-nan","inf"],"c":{"d":"-inf"}}"#,
            ),
            (r#"{1:2,"a":{-3:null,true:4}}"#, r#"{"1":2,"a":{"-3":null,"true":4}}"#),
            (r#"{"a":"\x01\xfe"}"#, r#"{"a":"\u0001\u00fe"}"#),
            (r#"{"a":"\xffffffc1\x7f"}"#, r#"{"a":"\u00c1\u007f"}"#),
        ] {
            assert_eq!(repaired(record).as_deref(), Some(json));
        }
    }

    #[test]
    fn json_stays_as_it_is() {
        for record in [
            r#"{"a":"nan, inf: \\x41 \" 1:2","b":[1,-2.5e3,true,false,null],"c":{}}"#,
            "{}",
            "",
            r#"{"unfinished":"\"#,
            r#"{"unfinished":"\x"#,
            r#"{"a":"\x4"}"#,
        ] {
            assert_eq!(repaired(record), None, "{record}");
        }
    }
}
