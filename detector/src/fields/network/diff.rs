//! Differences of whole configurations, as Oxidized, RANCID and others tell of them: the lines that came and went, each a
//! command in the words of its device, or a line between the braces of Junos. Knows no product's message.

use super::command::{JUNOS, Rows};
use super::{Readings, enter, find, shape, words};
use crate::catalog::{Action, EventOutcome};
use crate::fields::Observation;
use crate::fields::pieces::pieces;
use alloc::vec::Vec;

/// One of these is in every line that is read as a command: most lines of a configuration are about something else.
const PARTS: [&[u8]; 7] = [b"mon", b"irror", b"span", b"analyzer", b"observe-port", b"sniffer", b"capture"];

/// No more lines are read.
const LINES_MAX: usize = 64;

/// Reads a text that may be a difference.
#[inline(never)]
pub(super) fn observe<'a>(whole: &'a [u8], readings: &mut Readings<'a>) {
    let mut left = if find(whole, b"@@ -").is_some() { LINES_MAX } else { 0 };
    let mut told: Vec<Observation<'a>> = Vec::new();
    // The blocks of Junos that are open.
    let mut open: Vec<&'a [u8]> = Vec::new();
    for line in pieces(whole, b"\n") {
        let Some((sign @ (b'+' | b'-' | b' '), body)) = line.split_first() else { continue };
        let statement = body.trim_ascii();
        let is_moved = |other: &[u8]| matches!(other, [b'+' | b'-', rest @ ..] if !other.starts_with(&[*sign]) && rest.trim_ascii() == statement);
        // A line that only moved has changed nothing.
        if left > 0
            && *sign != b' '
            && PARTS.iter().any(|part| find(body, part).is_some())
            && !pieces(whole, b"\n").any(is_moved)
        {
            left = left.saturating_sub(1);
            let known = told.len();
            changed(*sign, statement, &open, &mut told);
            if let Some(now) = told.get_mut(known) {
                now.outcome = EventOutcome::Success;
                if *sign == b'-' && now.done() != Action::Read {
                    now.action = Some(Action::Delete);
                }
            }
        }
        match statement.split_last() {
            Some((b'{', block)) => open.push(block),
            Some((b'}', _)) => drop(open.pop()),
            _ => {}
        }
    }
    enter(told, b"", b"", readings);
}

/// What one line that came or went says.
fn changed<'a>(sign: u8, line: &'a [u8], open: &[&'a [u8]], told: &mut Vec<Observation<'a>>) {
    if let Some(statement) = line.strip_suffix(b"{").or_else(|| line.strip_suffix(b";")) {
        let verb: &[u8] = if sign == b'+' { b"set" } else { b"delete" };
        let mut all = Vec::from([verb]);
        for block in open {
            all.append(&mut words(block));
        }
        all.append(&mut words(statement));
        Rows::of(&JUNOS).read(&all, all.len(), told);
        return;
    }
    shape::device_command(line, told);
}
