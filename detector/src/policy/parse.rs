//! From JSON to a policy's values, strictly. Knows the tables of members, not what the values are for.

use super::members::{MATCHERS, Member, POLICY, Takes};
use super::net::Net;
use super::pattern::Program;
use super::{Pattern, Value, time};
use crate::json::{Elements, Index, Raw, joined, write_number};
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// The longest policy.
pub const POLICY_BYTES_MAX: usize = 256 * 1024;

/// The longest text in a policy.
pub const TEXT_BYTES_MAX: usize = 512;

/// All programs of a policy together have at most this many steps.
pub const STEPS_MAX: usize = 20_000;

/// What is wrong; a `%` stands for [`Reader::detail`].
pub(super) type Why = &'static str;

/// Reads values and knows where it is.
#[derive(Default)]
pub(super) struct Reader {
    /// The member that is being read: `approved[2].source_ips[0]`.
    path: String,
    /// What the message is about.
    detail: String,
    /// Steps of all programs so far.
    steps: usize,
}

impl Reader {
    /// Reads a policy: one value for each row of its table.
    pub(super) fn policy(&mut self, json: &[u8]) -> Result<Vec<Value>, Why> {
        if json.len() > POLICY_BYTES_MAX {
            return Err("is longer than 262144 bytes");
        }
        self.table(json, &[POLICY])
    }

    /// The message for an error.
    pub(super) fn message(&self, why: Why) -> String {
        let path = if self.path.is_empty() { "policy" } else { &self.path };
        let (before, after) = match why.as_bytes().iter().position(|&byte| byte == b'%') {
            Some(at) => (why.get(..at), why.get(at.saturating_add(1)..)),
            None => (Some(why), None),
        };
        let detail = if after.is_some() { self.detail.as_str() } else { "" };
        joined(&[path, ": ", before.unwrap_or_default(), detail, after.unwrap_or_default()])
    }

    /// Goes on to an element of a list; returns the way back.
    pub(super) fn enter(&mut self, at: usize) -> usize {
        let back = self.path.len();
        let mut digits = Vec::new();
        write_number(&mut digits, at as u64);
        self.path.push('[');
        self.path.push_str(core::str::from_utf8(&digits).unwrap_or_default());
        self.path.push(']');
        back
    }

    /// Goes on to a member; returns the way back.
    pub(super) fn enter_member(&mut self, name: &str) -> usize {
        let back = self.path.len();
        if back > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        back
    }

    /// Goes back to where [`Reader::enter`] came from.
    pub(super) fn leave(&mut self, back: usize) {
        self.path.truncate(back);
    }

    fn table(&mut self, json: &[u8], tables: &[&'static [Member]]) -> Result<Vec<Value>, Why> {
        let rows = tables.concat();
        let mut values = Vec::new();
        values.resize_with(rows.len(), || Value::Absent);
        let index = Index::read(json, 1);
        for member in index.members() {
            let key = member.key().unwrap_or_default();
            let key = String::from_utf8_lossy(&key);
            let back = self.enter_member(&key);
            let Some((row, place)) = rows.iter().zip(&mut values).find(|(row, _)| row.name == key) else {
                self.detail.clear();
                for row in &rows {
                    self.expect(row.name);
                }
                return Err("unknown member, expected %");
            };
            if !matches!(place, Value::Absent) {
                return Err("stands there twice");
            }
            *place = self.value(&row.takes, member.value)?;
            self.leave(back);
        }
        if !index.is_whole() {
            return Err("expected a JSON object");
        }
        for (row, value) in rows.iter().zip(&values) {
            if let (true, Value::Absent) = (row.required, value) {
                self.detail = row.name.to_owned();
                return Err("`%` is missing");
            }
        }
        // Entries that fit events begin with the matchers; the last two are times.
        if tables.len() > 1 {
            if let Some([Value::Time(from), Value::Time(until)]) =
                values.get(MATCHERS.len().saturating_sub(2)..MATCHERS.len())
                && from >= until
            {
                self.enter_member("until");
                return Err("is not after `from`");
            }
            let matchers = MATCHERS.len().saturating_sub(2);
            if values.iter().take(matchers).all(|value| matches!(value, Value::Absent)) {
                return Err("fits every event; say which, for example with `actors`");
            }
        }
        Ok(values)
    }

    fn value(&mut self, takes: &Takes, raw: Raw<'_>) -> Result<Value, Why> {
        match *takes {
            Takes::Entry(tables) => return self.table(raw.0, tables).map(Value::List),
            Takes::List(each, min, max) => {
                let mut elements = Elements::new(raw.array().ok_or("expected a list")?);
                let mut values = Vec::new();
                for element in elements.by_ref() {
                    let back = self.enter(values.len());
                    values.push(self.value(each, element)?);
                    self.leave(back);
                }
                return match values.len() {
                    _ if !elements.ended() => Err("is not JSON"),
                    len if len < min => Err("is empty, so no event would fit"),
                    len if len > max => {
                        self.detail.clear();
                        self.enter(max);
                        Err("is one value too many")
                    }
                    _ => Ok(Value::List(values)),
                };
            }
            _ => {}
        }
        let text = raw.string().ok_or("expected a text")?;
        if text.len() > TEXT_BYTES_MAX {
            return Err("is longer than 512 bytes");
        }
        if text.trim_ascii().is_empty() {
            return Err("is empty");
        }
        self.detail.clear();
        self.detail.push('`');
        self.detail.push_str(&text);
        self.detail.push('`');
        Ok(match *takes {
            Takes::Word(words, _) => {
                let Some(word) = words.iter().position(|word| *word == text) else {
                    self.detail.push_str(" is not known, expected ");
                    for word in words {
                        self.expect(word);
                    }
                    return Err("%");
                };
                Value::Word(word)
            }
            Takes::Time(_) => Value::Time(
                time::millis(&text).ok_or("% is not a date and time such as 2026-03-04T09:36:07Z")?,
            ),
            Takes::Pattern(subject) => Value::Pattern(if let Some(expression) = text.strip_prefix("re:") {
                let program = Program::compile(expression)?;
                self.steps = self.steps.saturating_add(program.len());
                if self.steps > STEPS_MAX {
                    return Err("the policy's `re:` patterns are too large together");
                }
                Pattern::Expression(program)
            } else if subject == super::members::Subject::SourceIp && is_like_address(text.as_bytes()) {
                Pattern::Net(Net::parse(&text)?)
            } else {
                Pattern::Glob(text.into_owned())
            }),
            Takes::Glob if text.starts_with("re:") => return Err("takes `*` and `?`, not `re:`"),
            _ => Value::Text(text.into_owned()),
        })
    }

    /// Adds a word to those that are expected.
    fn expect(&mut self, word: &str) {
        if self.detail.ends_with('`') {
            self.detail.push_str(", ");
        }
        self.detail.push('`');
        self.detail.push_str(word);
        self.detail.push('`');
    }
}

/// Whether somebody who writes this means an address, not the name of a service.
fn is_like_address(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b':' | b'/')) || !text.iter().any(u8::is_ascii_alphabetic)
}
