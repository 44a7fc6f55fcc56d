//! Commands that a line introduces by a word, whoever wrote it: `executed command: …`, `cmd="…"`, `CLI: …`. Knows no
//! vendor's header, so it is asked where no shape fits.

use super::{Readings, enter, find, shape};
use alloc::vec::Vec;

/// What introduces a command; the first two do without a mark behind them, and behind any word.
const WORDS: [&[u8]; 5] = [b"executed", b"executing", b"command", b"cmd", b"cli"];
const BARE: usize = 2;

/// What stands before a user's name, for one may look like a command; and before what has shapes of its own.
const OTHERS: [&[u8]; 5] = [b"ser:", b"ser=", b"ame:", b"ame=", b"logged"];

/// So many of these words are looked at.
const PLACES_MAX: usize = 8;

/// Reads the command of a line: what follows the first such word, or the first of several side by side. A word that
/// stands inside of a command, or of a text in quotes, introduces nothing.
#[inline(never)]
pub(super) fn observe<'a>(line: &'a [u8], readings: &mut Readings<'a>) {
    // What a browser calls itself may look like one.
    let end = find(line, b" HTTP/").unwrap_or(line.len());
    let (mut at, mut left) = (0usize, PLACES_MAX);
    while at < end && left > 0 {
        let (before, rest) = line.split_at_checked(at).unwrap_or_default();
        let len = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        at = at.saturating_add(len.max(1));
        let word = rest.get(..len).unwrap_or_default();
        let Some(number) = WORDS.iter().position(|known| known.eq_ignore_ascii_case(word)) else { continue };
        left = left.saturating_sub(1);
        let Some(start) = introduced(before, rest, len, number) else { continue };
        at = line.len().saturating_sub(start.len());
        let before = line.get(..at).unwrap_or_default();
        let quote = before.last().filter(|last| matches!(last, b'"' | b'\''));
        let end = quote.and_then(|quote| start.iter().position(|byte| byte == quote)).unwrap_or(start.len());
        let (command, after) = start.split_at_checked(end).unwrap_or_default();
        let mut told = Vec::new();
        shape::command(command.strip_suffix(b"\\").unwrap_or(command).trim_ascii(), &mut told);
        if !told.is_empty() || quote.is_none() && !is_word(command) {
            return enter(told, before, after, readings);
        }
        at = at.saturating_add(if quote.is_some() { end } else { 0 });
    }
}

fn is_word(text: &[u8]) -> bool {
    WORDS.iter().any(|word| text.get(..word.len()).is_some_and(|is| is.eq_ignore_ascii_case(word)))
}

/// The command that a word with so many bytes introduces, without what stands between.
fn introduced<'a>(before: &[u8], text: &'a [u8], len: usize, number: usize) -> Option<&'a [u8]> {
    let mut rest = text.get(len..)?;
    let behind = shape::last_word(before).1;
    // A word in a sentence is none of these.
    let is_apart = number < BARE
        || !behind.last().is_some_and(u8::is_ascii_alphanumeric)
        || behind.iter().any(|byte| b"=:".contains(byte))
        || is_word(behind);
    let is_part = before.ends_with(b"_") || before.ends_with(b"-");
    let is_quoted = before.iter().filter(|&&byte| byte == b'"').count() % 2 != 0;
    (is_apart
        && !is_part
        && !is_quoted
        && !OTHERS.iter().any(|other| behind.ends_with(other))
        && !text.starts_with(b"COMMAND="))
    .then_some(())?;
    let mut is_marked = number < BARE;
    loop {
        rest = match rest {
            [b' ' | b'\t' | b'\\', after @ ..] => after,
            [b':' | b'=' | b'>' | b'<' | b'"' | b'\'', after @ ..] => {
                is_marked = true;
                after
            }
            [b'i', b's', b' ', after @ ..] | [b't', b'h', b'e', b' ', after @ ..] => after,
            _ => break,
        };
    }
    (is_marked && !rest.is_empty()).then_some(rest)
}
