//! Objects that are written as lists: each member apart, or as a pair of a key and a value. Knows how OpenTelemetry and
//! rows of tables spell them, not what they are about.

use crate::json::{Elements, Index, Raw, joined, write_string};
use alloc::{string::String, vec, vec::Vec};

/// Pairs inside of pairs are opened so deep.
const DEPTH_MAX: usize = 8;

/// A list of more members is no object.
const MEMBERS_MAX: usize = 256;

/// How OpenTelemetry wraps a value by its type.
const TYPED: [&str; 5] = ["stringValue", "intValue", "boolValue", "doubleValue", "arrayValue.values"];

/// Writes the object that a list stands for, the keys of pairs inside of pairs joined by dots; `None` where it is a list
/// of anything else, such as messages that have a key.
pub fn object_of(list: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut keys) = (vec![], vec![]);
    let mut jobs = vec![(String::new(), list, 0usize)];
    while let Some((prefix, list, depth)) = jobs.pop() {
        for element in Elements::new(list) {
            let index = Index::read(element.object()?, 4);
            let key = match index.at("key").and_then(Raw::string).zip(index.at("value")) {
                Some((key, value)) => {
                    let key = joined(&[&prefix, &key]);
                    if let Some(inner) = index.at("value.kvlistValue.values").filter(|_| depth < DEPTH_MAX) {
                        jobs.push((joined(&[&key, "."]), inner.0, depth.saturating_add(1)));
                        continue;
                    }
                    let typed = TYPED.iter().find_map(|name| index.at(&joined(&["value.", name])));
                    member(&mut out, &key, typed.or((!holds_more(value)).then_some(value))?);
                    key
                }
                // A row of a table has its columns apart.
                None => {
                    let mut members = index.members();
                    let (Some(column), None) = (members.next(), members.next()) else { return None };
                    let key = String::from_utf8(column.key()?.into_owned()).ok()?;
                    member(&mut out, &key, column.value);
                    key
                }
            };
            if keys.len() == MEMBERS_MAX || keys.contains(&key) {
                return None;
            }
            keys.push(key);
        }
    }
    out.push(b'}');
    (keys.len() > 1).then_some(out)
}

/// Whether a value may be an event of its own.
fn holds_more(value: Raw<'_>) -> bool {
    value.object().or(value.array()).is_some() || value.0.starts_with(b"\"{") || value.0.starts_with(b"\"eyJ")
}

fn member(out: &mut Vec<u8>, key: &str, value: Raw<'_>) {
    out.push(if out.is_empty() { b'{' } else { b',' });
    write_string(out, key);
    out.push(b':');
    out.extend_from_slice(value.0);
}
