//! Policies as operators write them: from TOML to the JSON that a module takes, and from a module's message back to
//! line and column. Knows no member and no module: what a policy may say is the module's to judge.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A policy to begin with, with comments.
pub const NEW: &str = include_str!("new.toml");

/// A policy file that was read.
pub struct Policy {
    text: String,
    json: String,
}

/// What is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The message, with the member's path where it has one.
    pub message: String,
    /// The place in the text, in bytes, where it is known.
    pub span: Option<Range<usize>>,
    /// The line and the column of its first character, counted from 1.
    pub place: Option<(usize, usize)>,
    /// That line with a mark below the place.
    pub excerpt: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for PolicyError {}

impl PolicyError {
    /// An error that has no place.
    pub fn without_place(message: String) -> PolicyError {
        PolicyError { message, span: None, place: None, excerpt: String::new() }
    }
}

impl Policy {
    /// Reads TOML.
    ///
    /// # Errors
    /// The text is not TOML, or holds what JSON has no word for.
    pub fn parse(text: &str) -> Result<Policy, PolicyError> {
        let table = DeTable::parse(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            at(text, format!("not TOML: {message}"), error.span())
        })?;
        let mut json = String::new();
        object(&mut json, text, table.get_ref())?;
        Ok(Policy { text: text.to_owned(), json })
    }

    /// The policy as a module takes it.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// A module's message about the policy with its place, and with what may have been meant.
    pub fn refused(&self, message: &str) -> PolicyError {
        let span = self.span(message);
        // Who gets a word nearly right need not read all the others.
        let message = match (suggestion(message), message.split_once(", expected ")) {
            (Some(word), Some((before, _))) => format!("{before}; did you mean `{word}`?"),
            _ => message.to_owned(),
        };
        at(&self.text, message, span)
    }

    /// Where the member stands whose path, like `approved[2].source_ips[0]`, a message begins with, or the nearest
    /// that is there.
    fn span(&self, message: &str) -> Option<Range<usize>> {
        let root = DeValue::Table(DeTable::parse(&self.text).ok()?.into_inner());
        let mut here = &root;
        let (mut name, mut place) = (None, None);
        let mut rest = message;
        while let Some(step) = step(here, rest) {
            name = step.name.or(name);
            (place, rest) = (Some(step.place), step.rest);
            here = step.value;
        }
        if rest.starts_with(": unknown member") { name } else { place }
    }
}

/// A value that a path leads to.
struct Step<'d, 't, 'p> {
    value: &'d DeValue<'t>,
    /// Where its name stands; elements have none.
    name: Option<Range<usize>>,
    /// Where to look for it: of tables the names are better places.
    place: Range<usize>,
    /// The rest of the path.
    rest: &'p str,
}

/// The member or element that a path leads to next.
fn step<'d, 't, 'p>(here: &'d DeValue<'t>, path: &'p str) -> Option<Step<'d, 't, 'p>> {
    if let Some((index, rest)) = path.strip_prefix('[').and_then(|path| path.split_once(']')) {
        let value = here.as_array()?.get(index.parse::<usize>().ok()?)?;
        return Some(Step { value: value.get_ref(), name: None, place: value.span(), rest });
    }
    let path = path.strip_prefix('.').unwrap_or(path);
    // Names may hold dots and brackets themselves, so they are found in the path, the longest first.
    let leads = |key: &str| path.strip_prefix(key).filter(|rest| rest.starts_with(['.', '[', ':']));
    let members = here.as_table()?.iter();
    let members = members.filter_map(|(key, value)| Some((key, value, leads(key.get_ref())?)));
    let (key, value, rest) = members.max_by_key(|(key, ..)| key.get_ref().len())?;
    let place = if value.get_ref().is_table() { key.span() } else { value.span() };
    Some(Step { value: value.get_ref(), name: Some(key.span()), place, rest })
}

/// Of the words that a message expects the one that was probably meant.
fn suggestion(message: &str) -> Option<String> {
    let (before, expected) = message.split_once(", expected ")?;
    let found = match before.split_once('`') {
        Some((_, rest)) => rest.split_once('`')?.0,
        None => before.split(": ").next()?.rsplit('.').next()?,
    };
    let words = expected.split('`').skip(1).step_by(2);
    let (distance, word) = words.map(|word| (strsim::levenshtein(found, word), word)).min()?;
    (distance <= 1 + found.len() / 4).then(|| word.to_owned())
}

fn at(text: &str, message: String, span: Option<Range<usize>>) -> PolicyError {
    let Some(span) = span.filter(|span| text.is_char_boundary(span.start)) else {
        return PolicyError::without_place(message);
    };
    let before = &text[..span.start];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let column = before[start..].chars().count() + 1;
    let marked =
        text.get(span.clone()).unwrap_or_default().lines().next().unwrap_or_default().chars().count();
    let gutter = " ".repeat(number.to_string().len());
    let marks = "^".repeat(marked.max(1));
    let excerpt = format!(
        "{gutter} |\n{number} | {line}\n{gutter} | {}{marks}\n",
        " ".repeat(column.saturating_sub(1))
    );
    PolicyError { message, span: Some(span), place: Some((number, column)), excerpt }
}

/// Writes a table as JSON.
fn object(out: &mut String, text: &str, table: &DeTable<'_>) -> Result<(), PolicyError> {
    for (index, (key, item)) in table.iter().enumerate() {
        out.push(if index == 0 { '{' } else { ',' });
        quoted(out, key.get_ref());
        out.push(':');
        value(out, text, item)?;
    }
    out.push_str(if table.is_empty() { "{}" } else { "}" });
    Ok(())
}

fn value(out: &mut String, text: &str, item: &Spanned<DeValue<'_>>) -> Result<(), PolicyError> {
    match item.get_ref() {
        DeValue::String(string) => quoted(out, string),
        // No member takes a number, and the module says so, whichever it is.
        DeValue::Integer(_) | DeValue::Float(_) => out.push('0'),
        DeValue::Boolean(flag) => out.push_str(if *flag { "true" } else { "false" }),
        DeValue::Datetime(time) if time.date.is_none() => {
            return Err(at(text, "a time needs its date".to_owned(), Some(item.span())));
        }
        DeValue::Datetime(time) => quoted(out, &time.to_string()),
        DeValue::Array(values) => {
            out.push('[');
            for (index, item) in values.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                value(out, text, item)?;
            }
            out.push(']');
        }
        DeValue::Table(table) => object(out, text, table)?,
    }
    Ok(())
}

fn quoted(out: &mut String, text: &str) {
    // Writing a text into memory cannot fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::Policy;

    #[test]
    fn deep_nesting_is_refused() {
        for text in [
            format!("{} = 1", ["a"; 100_000].join(".")),
            format!("a = {}", "[".repeat(100_000)),
            format!("[{}]", ["a"; 100_000].join(".")),
        ] {
            let error = Policy::parse(&text).err().map(|error| error.message);
            assert!(error.is_some_and(|message| message.contains("recursion")), "{}", &text[..20]);
        }
    }
}
