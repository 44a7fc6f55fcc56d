//! Device and host lines, one at a time: finds the message wherever the header puts it and reads its command.
//!
//! Detection is by a parsed command or message, never by words somewhere in a line. Commands are compared word
//! by word, however many blanks stand between them.

mod audit;
mod carried;
mod command;
mod diff;
mod header;
mod powershell;
mod program;
mod request;
mod shape;
mod tools;
mod vspan;
mod yang;

use super::{Observation, Text};
use crate::catalog::{self, EventOutcome, Operation};
use crate::fields::pieces::{head, pieces};
use crate::json::find_either;
use crate::prefilter::Prefilter;
use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};
use core::cmp::Ordering;

pub use header::is_host;
pub(crate) use program::COMMAND_WORDS_MAX;
pub use program::{observe_arguments, observe_command};
pub use vspan::observe_event;

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

/// So many readings that are equally grave are told apart.
const READINGS_MAX: usize = 4;

/// The gravest readings of a line.
///
/// Of equals each is kept, for one may be forged so that a policy approves it; of too many none says who did what to
/// which resource.
#[derive(Default)]
struct Readings<'a> {
    found: Vec<Observation<'a>>,
}

impl<'a> Readings<'a> {
    fn add(&mut self, observation: Observation<'a>) {
        if let Some(known) = self.found.first() {
            match known.gravity().cmp(&observation.gravity()) {
                Ordering::Greater => return,
                Ordering::Less => self.found.clear(),
                Ordering::Equal => {}
            }
        }
        let same = |known: &Observation<'_>| {
            known.name == observation.name
                && known.operation.name == observation.operation.name
                && known.actor == observation.actor
        };
        if self.found.iter().any(same) {
            return;
        }
        if self.found.len() < READINGS_MAX {
            self.found.push(observation);
        } else if let Some(first) = self.found.first_mut() {
            (first.actor, first.resources) = (None, Vec::new());
        }
    }
}

/// Reads a line by everything that could be its message; gives the gravest readings, none when it is not about
/// mirroring. What the actor wrote may look like another message: so it can add a reading and take none away.
///
/// A command that no shape introduces is looked for where an anchor is in the bytes that the line was read from.
pub fn observe_line<'a>(line: &'a str, bytes: &[u8], prefilter: &Prefilter) -> Vec<Observation<'a>> {
    let whole = line.trim_ascii().as_bytes();
    // A member of an object ends here, of which the line is the last: it ends no command.
    let whole = whole.strip_suffix(b"\"}").map_or(whole, |text| text.strip_suffix(b"\\").unwrap_or(text));
    let line = whole.get(..LINE_BYTES_MAX).unwrap_or(whole);
    let mut readings = Readings::default();
    if line.is_empty() {
        return readings.found;
    }
    shape::observe(&[], line, true, &mut readings);
    audit::observe(line, &mut readings);
    yang::observe(line, &mut readings);
    let percents = line.iter().take(HEADER_BYTES_MAX).enumerate().filter(|(_, byte)| **byte == b'%');
    let mut tags = 0usize;
    for (at, _) in percents {
        let (before, rest) = line.split_at_checked(at).unwrap_or_default();
        // A tag begins a word.
        let begins = before.last().is_none_or(|&byte| is_space(byte) || matches!(byte, b':' | b'>'));
        if !begins || tags >= TAGS_MAX {
            continue;
        }
        if let Some(text) = tagged(before, rest.get(1..).unwrap_or_default(), &mut readings) {
            tags = tags.saturating_add(1);
            shape::observe(before, text, false, &mut readings);
            // Whoever fails to log in calls himself as he likes.
            if text.starts_with(b"Login ") {
                break;
            }
        }
    }
    request::observe(line, &mut readings);
    if readings.found.is_empty() && prefilter.has(bytes.get(..LINE_BYTES_MAX).unwrap_or(bytes)) {
        carried::observe(line, &mut readings);
        // Who keeps account of commands says whose.
        readings.found.retain(|observation| observation.actor.is_some());
        if readings.found.is_empty() {
            diff::observe(line, &mut readings);
        }
    }
    for observation in &mut readings.found {
        observation.is_cut |= line.len() < whole.len();
    }
    readings.found
}

/// What stands before who asked, and what behind.
const USERS: [(&[u8], u8); 13] = [
    (b"serName='", b'\''),
    (b"USER:", b'@'),
    (b"ser '", b'\''),
    (b"ser \"", b'"'),
    (b"user=\"", b'"'),
    (b"sername=\"", b'"'),
    (b"ser=", b' '),
    (b"sername=", b' '),
    (b"ser: ", b' '),
    (b"ser:", b' '),
    (b"ser ", b' '),
    (b"by ", b' '),
    (b"admin ", b' '),
];

/// What stands before the address of whoever asked.
const SOURCES: [&[u8]; 5] = [b"from ", b"ip=", b"ip ", b"addr=", b"src="];

/// Adds readings with who asked, from where and how it ended, as most write it in words before a command and behind it.
#[inline(never)]
fn enter<'a>(told: Vec<Observation<'a>>, before: &'a [u8], after: &'a [u8], readings: &mut Readings<'a>) {
    // A priority opens a header that ends with brackets; others end with the name of the program.
    let end = if before.starts_with(b"<") { find(before, b"[") } else { find(before, b": ") };
    let header = before.get(..end.unwrap_or_default()).unwrap_or_default();
    for mut observation in told {
        for line in [before, after] {
            if observation.actor.is_none() {
                let mut users = USERS.iter().map(|(before, end)| keyed(line, before, *end));
                observation.actor = users.find_map(|user| text(without_colon(head(user, b','))));
                observation.actor_type = observation.actor.as_ref().map(|_| "user");
            }
            if observation.source_ip.is_none() {
                let mut sources = SOURCES.iter().map(|before| without_colon(keyed(line, before, b' ')));
                observation.source_ip = sources.find(|word| is_address(word)).and_then(text);
            }
            let ended = ENDS.iter().find(|(word, _)| holds(line, word));
            if observation.outcome == EventOutcome::Unknown
                && let Some((_, outcome)) = ended
            {
                observation.outcome = *outcome;
            }
        }
        header::fill(header, &mut observation);
        readings.add(observation);
    }
}

fn without_colon(word: &[u8]) -> &[u8] {
    word.strip_suffix(b":").unwrap_or(word)
}

/// What says how something ended.
const ENDS: [(&str, EventOutcome); 5] = [
    ("fail", EventOutcome::Failure),
    ("denied", EventOutcome::Failure),
    ("rejected", EventOutcome::Failure),
    ("unauthorized", EventOutcome::Failure),
    ("succe", EventOutcome::Success),
];

/// What messages name.
const TOLD: &[(&str, &str)] = &[
    ("wireshark session", "reason"),
    ("session", "session"),
    ("capture point", "packet_capture"),
    ("capture buffer", "packet_capture"),
];

/// The text after the tag `FACILITY[-SUB]-SEVERITY-MNEMONIC:`.
fn tagged<'a>(before: &'a [u8], line: &'a [u8], readings: &mut Readings<'a>) -> Option<&'a [u8]> {
    let colon = line.iter().take(TAG_BYTES_MAX).position(|&byte| byte == b':')?;
    let (tag, text) =
        (line.get(..colon)?.trim_ascii_end(), line.get(colon.saturating_add(1)..)?.trim_ascii());
    tag.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).then_some(())?;
    let mut parts = tag.rsplit(|&byte| byte == b'-');
    let (mnemonic, severity, facility) = (parts.next()?, parts.next()?, parts.next_back()?);
    (severity.len() == 1).then_some(())?;
    if [&b"SPAN"[..], b"MIRROR", b"BUFCAP"].contains(&facility)
        && let Some(operation) = named(&[b"%", facility, b"-", mnemonic])
    {
        let mut observation = Observation::named(operation);
        observation.outcome = EventOutcome::Success;
        observation.arguments(&words(text), TOLD);
        header::fill(before, &mut observation);
        readings.add(observation);
    }
    Some(text)
}

/// Adds what was found.
#[inline(never)]
fn add<'a>(told: &mut Vec<Observation<'a>>, found: Option<Observation<'a>>) {
    told.extend(found);
}

/// The row of a message.
#[inline(never)]
fn named(parts: &[&[u8]]) -> Option<Operation> {
    catalog::NETWORK.find(core::str::from_utf8(&parts.concat()).ok()?)
}

/// A part of a line as text: a line is cut at ASCII characters only.
#[inline(never)]
fn text(bytes: &[u8]) -> Option<Text<'_>> {
    core::str::from_utf8(bytes).ok().filter(|text| !text.is_empty()).map(Cow::Borrowed)
}

impl<'a> Observation<'a> {
    #[inline(never)]
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
                if name == "_" {
                    continue;
                }
                let name =
                    if name == "source_interface" && is_address(value) { "source_address" } else { name };
                let mut whole = Cow::Borrowed(*value);
                // `GigabitEthernet 1/0/1` is one interface, and `1 , 5 - 9` one list.
                while let [next, after @ ..] = words {
                    let is_number = name != "session"
                        && is_digit_first(next)
                        && whole.iter().all(u8::is_ascii_alphabetic);
                    let joins = |word: &[u8]| matches!(word, [.., b',' | b'-']);
                    if !(is_number || joins(next) && next.len() == 1 && !after.is_empty() || joins(&whole)) {
                        break;
                    }
                    whole.to_mut().extend_from_slice(next);
                    words = after;
                }
                // The parts of a list stand side by side, also where another word names more of them.
                if let Cow::Owned(list) = whole {
                    for part in pieces(&list, b",").filter_map(|part| core::str::from_utf8(part).ok()) {
                        self.also(name, Cow::Owned(String::from(part)));
                    }
                } else {
                    self.word(name, value);
                }
            }
        }
    }
}

/// Reads a script of PowerShell, or a command line that calls it. Gives the gravest readings.
pub fn observe_script(script: &str, is_line: bool) -> Vec<Observation<'static>> {
    let mut readings = Readings::default();
    let mut told = Vec::new();
    powershell::observe(script.as_bytes(), is_line, &mut told);
    told.into_iter().for_each(|observation| readings.add(observation));
    readings.found
}

/// Whether a text stands in another, in any case.
fn holds(text: &[u8], part: &str) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
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
/// `_` stands for any word, `#` for one that begins with a digit, and what ends with `=` for a key with any value.
#[inline(never)]
fn skip<'w, 'a>(mut words: &'w [&'a [u8]], expected: &str) -> Option<&'w [&'a [u8]]> {
    for expected in pieces(expected.as_bytes(), b" ") {
        let (word, after) = words.split_first()?;
        let fits = match expected {
            [b'_'] => true,
            [b'#'] => is_digit_first(word),
            [.., b'='] => word.get(..expected.len()).is_some_and(|key| key.eq_ignore_ascii_case(expected)),
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
    pieces(text, b" ").filter(|word| !word.is_empty()).take(WORDS_MAX).collect()
}

fn joined<'a>(words: &[&[u8]]) -> Text<'a> {
    Cow::Owned(String::from_utf8(words.join(&b' ')).unwrap_or_default())
}

/// Servers write tabs where devices write spaces.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether a word of at least so many letters is the beginning of another.
#[inline(never)]
fn is_short_for(word: &[u8], full: &str, len_min: usize) -> bool {
    word.len() >= len_min
        && full.as_bytes().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether a text stands at a place; a tab counts as a space.
fn stands(line: &[u8], at: usize, text: &[u8]) -> bool {
    let here = line.get(at..).unwrap_or_default();
    here.len() >= text.len()
        && here.iter().zip(text).all(|(&is, &wanted)| is == wanted || (wanted == b' ' && is == b'\t'))
}

/// The first place of a text.
#[inline(never)]
fn find(line: &[u8], text: &[u8]) -> Option<usize> {
    let first = *text.first()?;
    let tab = if first == b' ' { b'\t' } else { first };
    let mut from = 0usize;
    loop {
        let at = find_either(line, from, first, tab)?;
        if stands(line, at, text) {
            return Some(at);
        }
        from = at.saturating_add(1);
    }
}

/// What stands between a key and the end of its value.
fn keyed<'a>(text: &'a [u8], key: &[u8], end: u8) -> &'a [u8] {
    let Some(at) = find(text, key) else { return &[] };
    let value = text.get(at.saturating_add(key.len())..).unwrap_or_default();
    head(value, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_the_same_when_name_row_and_actor_are() {
        let mut readings = Readings::default();
        let add = "nft add rule * dup to";
        for (row, name, actor, count) in [
            (add, "a", None, 1),
            (add, "a", None, 1),
            (add, "b", None, 2),
            (add, "a", Some("dana"), 3),
            ("nft insert rule * dup to", "a", None, 4),
            ("nft insert rule * dup to", "a", None, 4),
        ] {
            let mut observation = Observation::new(catalog::HOST.find(row).unwrap(), Cow::Borrowed(name));
            observation.actor = actor.map(Cow::Borrowed);
            readings.add(observation);
            assert_eq!(readings.found.len(), count, "{row} {name} {actor:?}");
        }
    }
}
