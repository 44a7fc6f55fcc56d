//! Other spellings of a JSON value: knows what JSON leaves to the writer, nothing of events.

use serde_json::Value;

/// Writes a value with whitespace, order of members and `\uXXXX` escapes drawn from `seed`.
pub fn spell(value: &Value, seed: u64) -> Vec<u8> {
    let (mut draw, mut out) = (Draw(seed | 1), Vec::new());
    spell_value(value, &mut draw, &mut out);
    out
}

/// A xorshift generator: enough to vary a spelling.
pub struct Draw(pub u64);

impl Draw {
    /// A number below a bound; 0 below none.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }
}

fn spell_value(value: &Value, draw: &mut Draw, out: &mut Vec<u8>) {
    spell_space(draw, out);
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            for at in (1..members.len()).rev() {
                members.swap(at, draw.below(at + 1));
            }
            out.push(b'{');
            for (index, (key, member)) in members.into_iter().enumerate() {
                out.extend_from_slice(if index == 0 { b"" } else { b"," });
                spell_space(draw, out);
                spell_text(key, draw, out);
                spell_space(draw, out);
                out.push(b':');
                spell_value(member, draw, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                out.extend_from_slice(if index == 0 { b"" } else { b"," });
                spell_value(item, draw, out);
            }
            out.push(b']');
        }
        Value::String(text) => spell_text(text, draw, out),
        scalar => out.extend_from_slice(scalar.to_string().as_bytes()),
    }
    spell_space(draw, out);
}

fn spell_space(draw: &mut Draw, out: &mut Vec<u8>) {
    out.extend_from_slice([" ".as_bytes(), b"\n\t", b"\r\n  ", b"", b"", b"", b"", b""][draw.below(8)]);
}

fn spell_text(text: &str, draw: &mut Draw, out: &mut Vec<u8>) {
    out.push(b'"');
    let one_in = [1, 2, 8, 1000][draw.below(4)];
    for character in text.chars() {
        if draw.below(one_in) == 0 {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let upper = draw.below(2) == 0;
                let escape = if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
                out.extend_from_slice(escape.as_bytes());
            }
        } else {
            let quoted = Value::from(character.to_string()).to_string();
            out.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
        }
    }
    out.push(b'"');
}
