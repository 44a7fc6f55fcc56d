//! What cargo-mutants would change: the judge of what a mutant is. Knows nothing of how one is tried.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::process::Command;

use serde_json::Value;

use crate::task::{output, root};

/// One change to the sources.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    /// The folder of its package.
    pub(crate) package: String,
    /// From the repository's root.
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) genre: Genre,
    /// The bytes of the file that give way.
    pub(crate) span: Range<usize>,
    pub(crate) replacement: String,
    /// What names it in docs/MUTATIONS.md: there is no number in it that an edit elsewhere in the file changes.
    pub(crate) label: String,
}

/// What kind of code gives way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Genre {
    /// A function's body; a value is returned.
    Body,
    /// An operator with two operands.
    Binary,
    /// An operator with one operand; it goes.
    Unary,
    /// The condition of an arm.
    Guard,
    /// A whole arm; it goes.
    Arm,
    /// A member of a struct that the rest is taken from another for; it goes.
    Field,
}

/// Every mutant of a package that cargo-mutants knows.
///
/// # Errors
/// cargo-mutants is not there, or says what this does not understand.
pub(crate) fn listed(package: &str) -> Result<Vec<Mutant>, String> {
    let name = format!("tapsieve-{package}");
    let mut list = Command::new("cargo");
    list.args(["mutants", "--list", "--json", "--package", &name]).current_dir(root());
    let list = output(&mut list).map_err(|why| format!("{why}; `cargo install --locked cargo-mutants`"))?;
    let list: Vec<Value> = serde_json::from_str(&list).map_err(|error| format!("cargo-mutants: {error}"))?;
    let mut texts: HashMap<String, String> = HashMap::new();
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut mutants = Vec::new();
    for entry in &list {
        let file = entry["file"].as_str().unwrap_or_default();
        if !texts.contains_key(file) {
            let text = fs::read_to_string(root().join(file)).map_err(|error| format!("{file}: {error}"))?;
            texts.insert(file.to_owned(), text);
        }
        let mut mutant = mutant(entry, package, &texts[file])
            .ok_or_else(|| format!("cargo-mutants lists what is not understood: {entry}"))?;
        // Of equal changes in one function each has its number.
        let count = seen.entry(mutant.label.clone()).or_default();
        *count += 1;
        if *count > 1 {
            mutant.label.push_str(&format!(" ({count})"));
        }
        mutants.push(mutant);
    }
    Ok(mutants)
}

fn mutant(entry: &Value, package: &str, text: &str) -> Option<Mutant> {
    let genre = match entry["genre"].as_str()? {
        "FnValue" => Genre::Body,
        "BinaryOperator" => Genre::Binary,
        "UnaryOperator" => Genre::Unary,
        "MatchArmGuard" => Genre::Guard,
        "MatchArm" => Genre::Arm,
        "StructField" => Genre::Field,
        _ => return None,
    };
    let span = &entry["span"];
    let line = span["start"]["line"].as_u64()?;
    let span = offset(text, &span["start"])?..offset(text, &span["end"])?;
    let file = entry["file"].as_str()?.to_owned();
    let function = entry["function"]["function_name"].as_str().unwrap_or("const").to_owned();
    let replacement = entry["replacement"].as_str()?.to_owned();
    let label = format!("`{file}` `{function}` `{}`", excerpt(text, genre, &span, &replacement));
    Some(Mutant { package: package.to_owned(), file, line, genre, span, replacement, label })
}

/// Where a line and a column, both from one, are in a text.
fn offset(text: &str, at: &Value) -> Option<usize> {
    let (line, column) = (at["line"].as_u64()? as usize, at["column"].as_u64()? as usize);
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let rest = text.get(start..)?;
    Some(start + rest.char_indices().nth(column.checked_sub(1)?).map_or(rest.len(), |(at, _)| at))
}

/// What is changed, with what stands around it in the line.
fn excerpt(text: &str, genre: Genre, span: &Range<usize>, replacement: &str) -> String {
    const AROUND: usize = 36;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let replacement = if replacement.is_empty() { "∅" } else { replacement };
    if genre == Genre::Body {
        return format!("⟨body → {replacement}⟩");
    }
    let shown = |text: &str, reverse: bool| -> String {
        let all: Vec<char> = text.chars().collect();
        let cut = all.len().saturating_sub(AROUND);
        if reverse { all[cut..].iter().collect() } else { all.iter().take(AROUND).collect() }
    };
    let before = text[..span.start].rsplit('\n').next().unwrap_or_default();
    let after = text[span.end..].split('\n').next().unwrap_or_default();
    let (before, after) = match genre {
        Genre::Arm => (String::new(), String::new()),
        _ => (shown(before.trim_start(), true), shown(after.trim_end(), false)),
    };
    format!("{before}⟨{} → {replacement}⟩{after}", shown(&words(&text[span.clone()]), false))
}
