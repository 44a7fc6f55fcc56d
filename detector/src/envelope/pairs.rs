//! Objects that are written as lists: each member apart, as a pair of a key and a value, or as the row of a table whose
//! columns stand beside it. Knows how OpenTelemetry and answers to queries spell them, not what they are about.

use crate::json::{Elements, Index, Raw, joined, write_string};
use alloc::{string::String, vec, vec::Vec};
use core::cell::Cell;

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
    value.object().or(value.array()).is_some()
        || value.string().is_some_and(|text| text.starts_with('{') || text.starts_with("eyJ"))
}

fn member(out: &mut Vec<u8>, key: &str, value: Raw<'_>) {
    out.push(if out.is_empty() { b'{' } else { b',' });
    write_string(out, key);
    out.push(b':');
    out.extend_from_slice(value.0);
}

/// No table of a log has more columns, and none has a longer name.
const COLUMNS_MAX: usize = 1024;
const COLUMN_BYTES_MAX: usize = 256;

/// How the services that answer queries wrap the name of a column, the values of a row, and each of them.
const NAMES: [&str; 2] = ["name", "ColumnName"];
const ROWS: [&str; 2] = ["f", "Data"];
const VALUES: [&str; 2] = ["v", "VarCharValue"];

/// What is wrapped under one of these names, or the value itself.
fn unwrapped<'a>(value: Raw<'a>, names: [&str; 2]) -> Raw<'a> {
    let inside = value.object().and_then(|object| {
        let index = Index::read(object, 1);
        names.iter().find_map(|name| index.at(name))
    });
    inside.unwrap_or(value)
}

/// The columns that a list names, each as JSON has it.
pub(super) fn columns_in(list: Raw<'_>) -> Vec<Raw<'_>> {
    Elements::new(list.0).take(COLUMNS_MAX).map(|column| unwrapped(column, NAMES)).collect()
}

/// Whether a list is one of rows.
pub(super) fn is_table(list: Raw<'_>) -> bool {
    Elements::new(list.0).next().is_some_and(|row| unwrapped(row, ROWS).array().is_some())
}

/// Writes the object that a row stands for and takes its length from the bytes `left`; `None` where it is longer.
pub(super) fn row_of(columns: &[Raw<'_>], row: Raw<'_>, left: &Cell<usize>) -> Option<Vec<u8>> {
    let mut out = vec![];
    for (column, value) in columns.iter().zip(Elements::new(unwrapped(row, ROWS).0)) {
        let value = unwrapped(value, VALUES);
        if column.string().is_none() || column.0.len() > COLUMN_BYTES_MAX {
            continue;
        }
        left.set(left.get().checked_sub(column.0.len().saturating_add(value.0.len()))?);
        out.push(if out.is_empty() { b'{' } else { b',' });
        out.extend_from_slice(column.0);
        out.push(b':');
        out.extend_from_slice(value.0);
    }
    out.push(b'}');
    Some(out)
}
