//! Policies as operators write them: from TOML to the JSON that a module takes, and from a module's message back to
//! line and column. Knows no member: what a policy may say is the module's to judge.

use std::fmt;
use std::ops::Range;

use serde_json::{Map, Value as Json};
use toml_edit::{Document, Item, TableLike, Value};

use crate::{ConfigureError, Module};

/// A policy file that was read.
pub struct Policy {
    text: String,
    document: Document<String>,
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

impl Policy {
    /// Reads TOML.
    ///
    /// # Errors
    /// The text is not TOML, or holds what JSON has no word for.
    pub fn parse(text: &str) -> Result<Policy, PolicyError> {
        let document = Document::parse(text.to_owned()).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            at(text, format!("not TOML: {message}"), error.span())
        })?;
        let json = members(text, document.as_table())?.to_string();
        Ok(Policy { text: text.to_owned(), document, json })
    }

    /// The policy as a module takes it.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The module with the policy in force in every new instance.
    ///
    /// # Errors
    /// The module's message with its place, or the trap.
    pub fn configure(&self, module: Module) -> Result<Module, PolicyError> {
        match module.with_policy(self.json.as_bytes()) {
            Ok(module) => Ok(module),
            Err(ConfigureError::Refused(message)) => Err(self.refused(message)),
            Err(trap @ ConfigureError::Trap(_)) => Err(at(&self.text, trap.to_string(), None)),
        }
    }

    /// A module's message with its place, and with what may have been meant.
    fn refused(&self, message: String) -> PolicyError {
        let path = message.split(": ").next().unwrap_or_default();
        let span = self.span(path);
        let message = match suggestion(&message) {
            Some(word) => format!("{message}; did you mean `{word}`?"),
            None => message,
        };
        at(&self.text, message, span)
    }

    /// Where the member at a path like `approved[2].source_ips[0]` stands, or the nearest that is there.
    fn span(&self, path: &str) -> Option<Range<usize>> {
        let mut span = None;
        let mut here = Here::Item(self.document.as_item());
        for step in path.split(['.', '[']) {
            let next = match (step.strip_suffix(']'), &here) {
                (Some(index), _) => here.element(index.parse().ok()?),
                (None, _) => here.member(step, &mut span),
            };
            let Some(next) = next else { break };
            span = next.span().or(span);
            here = next;
        }
        span
    }
}

/// A place in a document.
enum Here<'d> {
    Item(&'d Item),
    Value(&'d Value),
    Table(&'d toml_edit::Table),
}

impl<'d> Here<'d> {
    fn table(&self) -> Option<&'d dyn TableLike> {
        match self {
            Here::Item(item) => item.as_table_like(),
            Here::Value(value) => value.as_inline_table().map(|table| table as &dyn TableLike),
            Here::Table(table) => Some(*table),
        }
    }

    /// The member, and the span of its name in `span`.
    fn member(&self, name: &str, span: &mut Option<Range<usize>>) -> Option<Here<'d>> {
        let (key, item) = self.table()?.get_key_value(name)?;
        *span = key.span().or(span.take());
        Some(Here::Item(item))
    }

    fn element(&self, index: usize) -> Option<Here<'d>> {
        match self {
            Here::Item(Item::ArrayOfTables(tables)) => tables.get(index).map(Here::Table),
            Here::Item(item) => item.as_array()?.get(index).map(Here::Value),
            Here::Value(value) => value.as_array()?.get(index).map(Here::Value),
            _ => None,
        }
    }

    /// The place of a value; of tables the names are better places.
    fn span(&self) -> Option<Range<usize>> {
        match self {
            Here::Item(item) => item.as_value().and_then(Value::span),
            Here::Value(value) => value.span(),
            Here::Table(table) => table.span(),
        }
    }
}

/// Of the words that a message expects the one that was probably meant.
fn suggestion(message: &str) -> Option<String> {
    let (before, expected) = message.split_once(", expected ")?;
    let found = match before.split_once('`') {
        Some((_, rest)) => rest.split_once('`')?.0,
        None => before.split(": ").next()?.rsplit('.').next()?,
    };
    let words = expected.split('`').skip(1).step_by(2);
    let (distance, word) = words.map(|word| (distance(found, word), word)).min()?;
    (distance <= 1 + found.len() / 4).then(|| word.to_owned())
}

/// How many characters have to be changed, added or removed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn at(text: &str, message: String, span: Option<Range<usize>>) -> PolicyError {
    let Some(span) = span.filter(|span| text.is_char_boundary(span.start)) else {
        return PolicyError { message, span: None, place: None, excerpt: String::new() };
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

fn members(text: &str, table: &dyn TableLike) -> Result<Json, PolicyError> {
    let mut object = Map::new();
    for (key, item) in table.iter() {
        object.insert(key.to_owned(), of_item(text, item)?);
    }
    Ok(Json::Object(object))
}

fn of_item(text: &str, item: &Item) -> Result<Json, PolicyError> {
    match item {
        Item::None => Ok(Json::Null),
        Item::Value(value) => of_value(text, value),
        Item::Table(table) => members(text, table),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| members(text, table)).collect(),
    }
}

fn of_value(text: &str, value: &Value) -> Result<Json, PolicyError> {
    Ok(match value {
        Value::String(string) => Json::from(string.value().as_str()),
        Value::Integer(number) => Json::from(*number.value()),
        Value::Float(number) => Json::from(*number.value()),
        Value::Boolean(flag) => Json::from(*flag.value()),
        Value::Datetime(time) if time.value().date.is_none() => {
            return Err(at(text, "a time needs its date".to_owned(), value.span()));
        }
        Value::Datetime(time) => Json::from(time.value().to_string()),
        Value::Array(values) => return values.iter().map(|value| of_value(text, value)).collect(),
        Value::InlineTable(table) => return members(text, table),
    })
}
