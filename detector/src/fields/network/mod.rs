//! Device and host lines, one at a time: finds the message wherever the header puts it and reads its command.
//!
//! Detection is by a parsed command or message, never by words somewhere in a line. Commands are compared with single
//! spaces between their words, as devices log them and as the prefilter sees them.

mod command;
mod header;
mod shape;

use super::{Observation, Text};
use crate::catalog::{self, EventOutcome, Operation};
use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};

pub use header::is_host;

/// More words of one command are not looked at.
const WORDS_MAX: usize = 128;

const DIRECTIONS: [&[u8]; 5] = [b"both", b"rx", b"tx", b"in", b"out"];

/// A tag is not longer than this.
const TAG_BYTES_MAX: usize = 80;

/// No more tags of one line are looked at.
const TAGS_MAX: usize = 4;

/// A tag begins within so many bytes of a line.
const HEADER_BYTES_MAX: usize = 512;

/// A line is not read beyond this.
const LINE_BYTES_MAX: usize = 32 * 1024;

/// Reads a line by everything that could be its message; `None` when it is not about mirroring.
///
/// What the actor wrote may look like another message: the gravest reading is told, the first of equals.
pub fn observe_line(line: &str) -> Option<Observation<'_>> {
    let line = line.trim_ascii().as_bytes();
    let line = line.get(..LINE_BYTES_MAX).unwrap_or(line);
    let mut gravest = shape::observe(line);
    let mut tags = 0usize;
    for at in 0..line.len().min(HEADER_BYTES_MAX) {
        let (before, rest) = line.split_at_checked(at).unwrap_or_default();
        // A tag begins a word.
        let begins = before.last().is_none_or(|byte| b" \t:>".contains(byte));
        if begins
            && tags < TAGS_MAX
            && let Some(after) = rest.strip_prefix(b"%")
        {
            tags = tags.saturating_add(1);
            let found = tagged(after).map(|mut observation| {
                header::fill(before, &mut observation);
                observation
            });
            gravest = graver(found, gravest);
        }
    }
    gravest
}

/// The graver of two readings, the first of equals.
fn graver<'a>(first: Option<Observation<'a>>, second: Option<Observation<'a>>) -> Option<Observation<'a>> {
    let grave = |reading: &Option<Observation<'a>>| reading.as_ref().map(Observation::severity);
    if grave(&first) < grave(&second) { second } else { first }
}

/// The tag `FACILITY[-SUB]-SEVERITY-MNEMONIC:` and the text after it.
fn tagged(line: &[u8]) -> Option<Observation<'_>> {
    let colon = line.iter().take(TAG_BYTES_MAX).position(|&byte| byte == b':')?;
    let (tag, text) =
        (line.get(..colon)?.trim_ascii_end(), line.get(colon.saturating_add(1)..)?.trim_ascii());
    tag.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).then_some(())?;
    let mut parts = tag.rsplit(|&byte| byte == b'-');
    let (mnemonic, severity, facility) = (parts.next()?, parts.next()?, parts.next_back()?);
    (severity.len() == 1).then_some(())?;
    if ![&b"SPAN"[..], b"MIRROR"].contains(&facility) {
        return shape::observe(text);
    }
    let operation = named(&[b"%", facility, b"-", mnemonic])?;
    let mut observation = Observation::named(operation);
    observation.outcome = EventOutcome::Success;
    observation.arguments(&words(text), &[("session", "session")]);
    Some(observation)
}

/// The row of a message.
fn named(parts: &[&[u8]]) -> Option<Operation> {
    catalog::NETWORK.find(core::str::from_utf8(&parts.concat()).ok()?)
}

/// A part of a line as text: a line is cut at ASCII characters only.
#[inline(never)]
fn text(bytes: &[u8]) -> Option<Text<'_>> {
    core::str::from_utf8(bytes).ok().filter(|text| !text.is_empty()).map(Cow::Borrowed)
}

impl<'a> Observation<'a> {
    fn word(&mut self, name: &'static str, word: &'a [u8]) {
        self.resource(name, text(word));
    }

    /// Notes what a vendor's words introduce: each row is the words before a value and the value's name, or the names of
    /// as many values.
    ///
    /// Where several rows fit the first counts.
    fn arguments(&mut self, mut words: &[&'a [u8]], table: &'static [(&str, &'static str)]) {
        while let Some((word, after)) = words.split_first() {
            let Some((left, names)) =
                table.iter().find_map(|(before, names)| Some((skip(words, before)?, *names)))
            else {
                if DIRECTIONS.contains(word) {
                    self.word("direction", word);
                }
                words = after;
                continue;
            };
            words = left;
            for name in names.split(' ') {
                let Some((value, after)) = words.split_first() else { break };
                words = after;
                let name =
                    if name == "source_interface" && is_address(value) { "source_address" } else { name };
                // `GigabitEthernet 1/0/1` is one interface.
                if let [number, after @ ..] = words
                    && name != "session"
                    && is_digit_first(number)
                    && value.iter().all(u8::is_ascii_alphabetic)
                    && let Ok(whole) = String::from_utf8([*value, *number].concat())
                {
                    self.resource(name, Some(Cow::Owned(whole)));
                    words = after;
                } else {
                    self.word(name, value);
                }
            }
        }
    }
}

fn is_digit_first(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_digit)
}

/// An IP address: interfaces have a slash in their number, or a name before it.
pub(crate) fn is_address(word: &[u8]) -> bool {
    word.iter().any(|byte| matches!(byte, b'.' | b':'))
        && word.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'))
}

/// The words after the expected ones, which are separated by single spaces; ASCII case does not count.
///
/// `_` stands for any word, `#` for one that begins with a digit.
#[inline(never)]
fn skip<'w, 'a>(mut words: &'w [&'a [u8]], expected: &str) -> Option<&'w [&'a [u8]]> {
    for expected in expected.as_bytes().split(|&byte| byte == b' ') {
        let (word, after) = words.split_first()?;
        let fits = match expected {
            [b'_'] => true,
            [b'#'] => is_digit_first(word),
            expected => word.eq_ignore_ascii_case(expected),
        };
        fits.then_some(())?;
        words = after;
    }
    Some(words)
}

/// What the first fitting row says of the words.
#[inline(never)]
fn lookup<T: Copy>(words: &[&[u8]], table: &[(&str, T)]) -> Option<T> {
    table.iter().find(|(expected, _)| skip(words, expected).is_some()).map(|(_, value)| *value)
}

#[inline(never)]
fn words(text: &[u8]) -> Vec<&[u8]> {
    text.split(|&byte| byte == b' ').take(WORDS_MAX).collect()
}

fn joined<'a>(words: &[&[u8]]) -> Text<'a> {
    Cow::Owned(String::from_utf8(words.join(&b' ')).unwrap_or_default())
}
