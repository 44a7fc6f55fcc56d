//! Requests to the HTTP interfaces of devices and of what manages them, as servers and audit logs have them: a method and
//! a path. The rows whose names have a slash tell the paths; whose server wrote the line is not known.

use super::shape::last_word;
use super::{Readings, enter, find, is_address, is_digit_first, keyed, lookup, text, words};
use crate::catalog::{self, Action, EventOutcome};
use crate::fields::Observation;
use crate::fields::pieces::{head, pieces};
use alloc::vec;

/// What a method does, and what audit logs have in its place.
const METHODS: [(&str, Action); 8] = [
    ("POST", Action::Create),
    ("PUT", Action::Modify),
    ("PATCH", Action::CreateOrModify),
    ("DELETE", Action::Delete),
    ("GET", Action::Read),
    ("create", Action::Create),
    ("update", Action::Modify),
    ("delete", Action::Delete),
];

/// Reads a line that may tell of a request: `"POST /api/… HTTP/1.1" 200`. Where a browser comes from stands behind it.
#[inline(never)]
pub(super) fn observe<'a>(line: &'a [u8], readings: &mut Readings<'a>) {
    let Some(at) = find(line, b" HTTP/") else { return };
    let (before, after) = line.split_at_checked(at).unwrap_or_default();
    let (before, path) = last_word(before);
    let (before, method) = last_word(before);
    let Some(mut observation) = read(method.strip_prefix(b"\"").unwrap_or(method), path) else { return };
    let status = pieces(after, b" ").find(|part| part.len() == 3 && is_digit_first(part));
    observation.outcome = match status.and_then(<[u8]>::first) {
        Some(b'2') => EventOutcome::Success,
        Some(b'4' | b'5') => EventOutcome::Failure,
        _ => EventOutcome::Unknown,
    };
    // `192.0.2.1 - dana [7/Mar/2026…`, or several addresses behind each other.
    let user = keyed(before, b" - ", b' ');
    observation.actor = text(user).filter(|_| !matches!(user, b"-" | [b'[', ..]));
    observation.actor_type = observation.actor.as_ref().map(|_| "user");
    let mut addresses =
        words(before).into_iter().map(|word| head(word, b',')).filter(|word| is_address(word));
    observation.source_ip = addresses.rfind(|word| pieces(word, b".").count() == 4).and_then(text);
    enter(vec![observation], before, after, readings);
}

/// What a request does.
pub(super) fn read<'a>(method: &[u8], path: &'a [u8]) -> Option<Observation<'a>> {
    let path = head(path, b'?');
    let mut rows = catalog::NETWORK
        .rows()
        .into_iter()
        .filter(|row| row.name.contains('/') && !row.name.starts_with("uni/"));
    let (operation, at) = rows.find_map(|row| {
        let at = find(path, row.name.as_bytes())?;
        Some((row, at))
    })?;
    let rest = path.get(at.saturating_add(operation.name.len())..)?;
    // A part of a path ends where its name does, unless the name is only how it begins.
    let is_whole = matches!(rest, [] | [b'/' | b'.' | b':' | b'=', ..]);
    (is_whole || operation.name.ends_with(['-', '_'])).then_some(())?;
    let done = lookup(&[method], &METHODS)?;
    let mut observation = Observation::new(operation, text(path)?);
    observation.action = match (done, observation.operation.action) {
        (Action::Read, _) | (_, Action::CreateOrModify) => Some(done),
        (Action::Delete, Action::Start) => Some(Action::Stop),
        _ => None,
    };
    let below = rest.strip_prefix(b"/").unwrap_or_default();
    observation.word("session", head(below.strip_prefix(b"session/").unwrap_or(below), b'/'));
    Some(observation)
}

/// A request as AOS-CX keeps account of it: `http-method=POST http-uri=/rest/v10.09/system/mirrors`.
pub(super) fn accounted(request: &[u8]) -> Option<Observation<'_>> {
    let method = head(request, b' ');
    read(method, keyed(request, b" http-uri=", b' '))
}
