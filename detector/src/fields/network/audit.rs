//! The Linux audit system's lines of a program's start: its arguments, quoted or in hexadecimal, and its title. Knows
//! them with their record's type and without, and several records in one line.

use super::{Readings, find, header, keyed, program, text, tools};
use crate::catalog::EventOutcome;
use crate::fields::Observation;
use crate::fields::pieces::pieces;
use alloc::vec::Vec;

/// Reads the arguments and the title that a line has.
pub(super) fn observe<'a>(line: &'a [u8], readings: &mut Readings<'a>) {
    for key in [&b"argc="[..], b"proctitle=", b" cmd="] {
        let Some(at) = find(line, key) else { continue };
        let (before, fields) = line.split_at_checked(at).unwrap_or_default();
        let fields = fields.get(key.len()..).unwrap_or_default();
        let mut told: Vec<Observation<'a>> = Vec::new();
        let value = pieces(fields, b" \n").next().unwrap_or_default();
        let is_plain = !value.starts_with(b"\"") && !is_hexadecimal(value);
        let is_title = key.starts_with(b"p");
        if key.starts_with(b"a") || is_title && !is_plain {
            let mut words = program::Words::default();
            if is_title {
                pieces(&decoded(value), b"\0").for_each(|word| words.push(word));
            } else {
                arguments(line, fields, &mut words);
            }
            program::observe(&words.text, &mut told);
        } else {
            // As it was typed, or as a reader of the log has decoded it.
            let text = if is_plain { pieces(fields, b"\n").next() } else { None };
            program::observe_text(&text.map_or_else(|| decoded(value), <[u8]>::to_vec), false, &mut told);
        }
        let kind =
            [&b"type="[..], b"EXECVE", b"PROCTITLE", b"USER_CMD"].iter().find_map(|kind| find(before, kind));
        let is_refused = !is_plain && find(fields, b" res=failed").is_some();
        for mut observation in told {
            observation.resource("device", text(keyed(before, b"node=", b' ')));
            observation.time = text(keyed(before, b"audit(", b':'));
            // Who has logged in; behind what the actor wrote.
            observation.actor =
                text(keyed(fields, b"AUID=\"", b'"')).filter(|_| key == b" cmd=" && !is_plain);
            observation.actor_type = observation.actor.as_ref().map(|_| "user");
            if key == b" cmd=" && is_refused {
                observation.outcome = EventOutcome::Failure;
            }
            header::fill(before.get(..kind.unwrap_or(at)).unwrap_or_default(), &mut observation);
            readings.add(observation);
        }
    }
}

/// `a0="tc" a1="filter" … a7=2D2D`; a long one comes in pieces, `a7_len=9000 a7[0]=… a7[1]=…`.
fn arguments(line: &[u8], fields: &[u8], words: &mut program::Words) {
    let mut argument = Vec::new();
    // Whoever starts a program names it as he likes; what was run stands in another record.
    let run = [&b"exe=\""[..], b"comm=\""]
        .map(|key| keyed(line, key, b'"'))
        .into_iter()
        .rfind(|run| tools::number(program::base(run)).is_some());
    for field in pieces(fields, b" \n") {
        let end = field.iter().position(|&byte| byte == b'=').unwrap_or_default();
        let (key, value) = field.split_at_checked(end).unwrap_or_default();
        let mut value = decoded(value.get(1..).unwrap_or_default());
        match key {
            [b'a', b'0'..=b'9', .., b']'] => argument.append(&mut value),
            [b'a', b'0'] => {
                value = run.map_or(value, <[u8]>::to_vec);
                words.push(&value);
            }
            [b'a', b'0'..=b'9', ..] => {
                if !argument.is_empty() {
                    words.push(&core::mem::take(&mut argument));
                }
                if key.last().is_some_and(u8::is_ascii_digit) {
                    words.push(&value);
                }
            }
            _ => {}
        }
    }
    if !argument.is_empty() {
        words.push(&argument);
    }
}

/// Whether the audit system wrote this in hexadecimal.
fn is_hexadecimal(text: &[u8]) -> bool {
    text.len().is_multiple_of(2) && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

/// Bytes that are quoted, or written in hexadecimal.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map_or(0, |digit| digit as u8);
    match text {
        [b'"', plain @ .., b'"'] => plain.to_vec(),
        _ if is_hexadecimal(text) => {
            text.chunks(2).map(|pair| pair.iter().fold(0, |byte, &hex| byte << 4 | digit(hex))).collect()
        }
        _ => text.to_vec(),
    }
}
