//! What `fluent_bit_repair` makes of a record: JSON stays as it is, and what Fluent Bit writes becomes JSON.

use arbitrary::{Result, Unstructured};
use serde::de::IgnoredAny;

use crate::common::hold;

// Part of the module, which is no library.
#[path = "../../../plugin/src/repair.rs"]
mod plugin;

/// Any bytes, and the record that they are the choices for.
pub fn repair(bytes: &[u8]) {
    let mut repaired = Vec::new();
    let changed = plugin::repair(bytes, &mut repaired);
    assert!(!(changed && is_json(bytes)), "JSON was changed");

    repaired.clear();
    let mut record = String::new();
    if object(&mut Unstructured::new(bytes), &mut record, 3).is_ok() {
        if !plugin::repair(record.as_bytes(), &mut repaired) {
            repaired = record.clone().into_bytes();
        }
        hold(serde_json::from_slice::<IgnoredAny>(&repaired).map_err(|error| format!("{error}: {record}")));
    }
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// An object as Fluent Bit writes it of MessagePack, which has more values than JSON and keys of any kind.
fn object(from: &mut Unstructured<'_>, out: &mut String, depth: usize) -> Result<()> {
    out.push('{');
    for place in 0..from.int_in_range(0..=4)? {
        out.push_str(if place == 0 { "" } else { "," });
        match from.int_in_range(0..=3)? {
            0 => out.push_str(from.choose(&[
                "1",
                "-7",
                "true",
                "null",
                "nan",
                "-inf",
                "18446744073709551615",
            ])?),
            _ => text(from, out)?,
        }
        out.push(':');
        value(from, out, depth)?;
    }
    out.push('}');
    Ok(())
}

fn value(from: &mut Unstructured<'_>, out: &mut String, depth: usize) -> Result<()> {
    match from.int_in_range(0..=5)? {
        0 if depth > 0 => object(from, out, depth - 1)?,
        1 if depth > 0 => {
            out.push('[');
            value(from, out, depth - 1)?;
            out.push(',');
            value(from, out, depth - 1)?;
            out.push(']');
        }
        2 | 3 => text(from, out)?,
        _ => out.push_str(
            from.choose(&["nan", "-nan", "inf", "-inf", "1", "-2.5e3", "true", "false", "null", "0.1"])?,
        ),
    }
    Ok(())
}

fn text(from: &mut Unstructured<'_>, out: &mut String) -> Result<()> {
    out.push('"');
    for _ in 0..from.int_in_range(0..=6)? {
        out.push_str(from.choose(&[
            "a",
            "nan",
            ":",
            ",",
            "{",
            "]",
            "\\\"",
            "\\\\",
            "\\n",
            "\\u00e9",
            "\\x41",
            "\\xfe",
            "\\xffffffc1",
            "\u{e9}",
            " ",
            "-",
        ])?);
    }
    out.push('"');
    Ok(())
}
