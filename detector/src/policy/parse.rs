//! From JSON to a policy's values, strictly. Knows the tables of members, not what the values are for.

use super::members::{Compared, Member, PATTERNS_MAX, POLICY, Place, Policy, Table, Takes};
use super::net::Net;
use super::pattern::{Pattern, Program, Test};
use super::time;
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
    /// Reads a policy.
    pub(super) fn policy(&mut self, json: &[u8]) -> Result<Policy, Why> {
        if json.len() > POLICY_BYTES_MAX {
            return Err("is longer than 262144 bytes");
        }
        if core::str::from_utf8(json).is_err() {
            return Err("is not UTF-8");
        }
        let mut policy = Policy::new();
        self.table(json, &[POLICY], &mut policy)?;
        Ok(policy)
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

    /// Goes to an entry of a list at the top.
    pub(super) fn enter_path(&mut self, list: &str, at: usize) {
        self.leave(0);
        self.enter_member(list);
        self.enter(at);
    }

    /// Goes back to where [`Reader::enter`] came from.
    pub(super) fn leave(&mut self, back: usize) {
        self.path.truncate(back);
    }

    fn table(
        &mut self,
        json: &[u8],
        tables: &[&'static [Member]],
        values: &mut dyn Table,
    ) -> Result<(), Why> {
        let rows = tables.concat();
        // One bit for each member that was given.
        let mut given = 0u32;
        let index = Index::read(json, 1);
        for member in index.members() {
            let key = member.key().unwrap_or_default();
            let key = String::from_utf8_lossy(&key);
            let back = self.enter_member(&key);
            let Some((at, row)) = rows.iter().enumerate().find(|(_, row)| row.name == key) else {
                self.expect_all(rows.iter().map(|row| row.name), "");
                return Err("unknown member, expected %");
            };
            let bit = 1u32.unbounded_shl(at as u32);
            if given & bit != 0 {
                return Err("stands there twice");
            }
            given |= bit;
            if let Some(place) = values.place(at) {
                self.value(&row.takes, member.value, place)?;
            }
            self.leave(back);
        }
        if !index.is_whole() {
            return Err("expected a JSON object");
        }
        for (at, row) in rows.iter().enumerate() {
            if row.required && given.unbounded_shr(at as u32) & 1 == 0 {
                self.detail = row.name.to_owned();
                return Err("`%` is missing");
            }
        }
        Ok(())
    }

    fn value(&mut self, takes: &Takes, raw: Raw<'_>, place: Place<'_>) -> Result<(), Why> {
        match (takes, place) {
            (Takes::Entries(tables, max), Place::Entries(entries)) => {
                self.elements(raw, 0, *max, &mut |reader, element| match entries.add() {
                    Some(entry) => reader.table(element.0, tables, entry),
                    None => Ok(()),
                })
            }
            (Takes::Words(words, min), Place::Words(bits)) => {
                self.elements(raw, *min, PATTERNS_MAX, &mut |reader, element| {
                    *bits |= 1u64.unbounded_shl(reader.word(words, element)? as u32);
                    Ok(())
                })
            }
            (Takes::Patterns(compared), Place::Patterns(patterns)) => {
                self.elements(raw, 1, PATTERNS_MAX, &mut |reader, element| {
                    patterns.push(reader.pattern(*compared, element)?);
                    Ok(())
                })
            }
            (Takes::Word(words), Place::Word(place)) => {
                *place = self.word(words, raw)?.saturating_add(1) as u8;
                Ok(())
            }
            (Takes::Time, Place::Time(place)) => {
                *place = time::millis(&self.text(raw)?);
                place.map(drop).ok_or("% is not a date and time such as 2026-03-04T09:36:07Z")
            }
            (_, Place::Text(place)) => {
                *place = self.text(raw)?;
                match takes {
                    Takes::Glob if place.starts_with("re:") => Err("takes `*` and `?`, not `re:`"),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn elements(
        &mut self,
        raw: Raw<'_>,
        min: usize,
        max: usize,
        each: &mut dyn FnMut(&mut Self, Raw<'_>) -> Result<(), Why>,
    ) -> Result<(), Why> {
        let mut elements = Elements::new(raw.array().ok_or("expected a list")?);
        let mut count = 0usize;
        for element in elements.by_ref() {
            let back = self.enter(count);
            if count == max {
                return Err("is one value too many");
            }
            each(self, element)?;
            self.leave(back);
            count = count.saturating_add(1);
        }
        if !elements.ended() {
            Err("is not JSON")
        } else if count < min {
            Err("is empty, so no event would fit")
        } else {
            Ok(())
        }
    }

    fn text(&mut self, raw: Raw<'_>) -> Result<String, Why> {
        let text = raw.string().ok_or("expected a text")?;
        if raw.0.iter().any(|byte| *byte < b' ') {
            return Err("has a control character, which JSON writes as `\\u001f`");
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err("is longer than 512 bytes");
        }
        if text.trim_ascii().is_empty() {
            return Err("is empty");
        }
        self.detail.clear();
        self.expect(&text);
        Ok(text.into_owned())
    }

    /// The place of a word.
    fn word(&mut self, words: &[&str], raw: Raw<'_>) -> Result<usize, Why> {
        let text = self.text(raw)?;
        words.iter().position(|word| *word == text).ok_or_else(|| {
            let known = joined(&[&self.detail, " is not known, expected "]);
            self.expect_all(words.iter().copied(), &known);
            "%"
        })
    }

    fn pattern(&mut self, compared: Compared, raw: Raw<'_>) -> Result<Pattern, Why> {
        let text = self.text(raw)?;
        let mut rest = text.as_str();
        let is_expression = rest.strip_prefix("re:").inspect(|expression| rest = expression).is_some();
        let mut resource = String::new();
        if compared == Compared::Resource
            && let Some((name, id)) = named(rest)
        {
            if name.eq_ignore_ascii_case(super::FREE_TEXT) {
                return Err("is what the event's actor wrote, by which nothing is judged");
            }
            resource.push_str(name);
            rest = id;
        }
        let test = if is_expression {
            let program = Program::compile(rest)?;
            self.steps = self.steps.saturating_add(program.len());
            if self.steps > STEPS_MAX {
                return Err("the policy's `re:` patterns are too large together");
            }
            Test::Expression(program)
        } else if compared == Compared::Address && is_like_address(rest.as_bytes()) {
            Test::Net(Net::parse(rest)?)
        } else {
            Test::Glob(rest.to_owned())
        };
        Ok(Pattern { resource, test })
    }

    /// Lists the words that are expected behind `before`.
    fn expect_all<'w>(&mut self, words: impl Iterator<Item = &'w str>, before: &str) {
        self.detail.clear();
        self.detail.push_str(before);
        for word in words {
            self.expect(word);
        }
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

/// The resource that a pattern names before its first `=`, and the pattern for its id.
fn named(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == b'=')?;
    let (name, id) = (text.get(..at)?, text.get(at.saturating_add(1)..)?);
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    is_name.then_some((name, id))
}

/// Whether somebody who writes this means an address, not the name of a service.
fn is_like_address(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b':' | b'/')) || !text.iter().any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_resource_is_named_by_letters_and_underscores() {
        assert_eq!(named("source_interface=eth*"), Some(("source_interface", "eth*")));
        assert_eq!(named("device=a=b"), Some(("device", "a=b")));
        for text in ["=eth0", "eth0=x", "a b=x", "-=x", "device"] {
            assert_eq!(named(text), None, "{text}");
        }
    }
}
