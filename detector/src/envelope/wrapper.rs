//! What shippers and services put around an event, as one list: which members may hold one, and in which form. Knows
//! neither events nor how deep they may lie.

use super::base64;
use crate::json::{Elements, Index, Raw, collect, joined, paths};
use alloc::borrow::Cow;
use alloc::vec::Vec;

paths! {
    /// Where an event can be inside an object; what stands in the value of a row before is not taken again.
    WRAPPERS:
    // What stands beside base64.
    DATED => "publishTime",
    DATED => "approximateArrivalTimestamp",
    // Where a shipper that reads headers leaves the tag of a device's message.
    TAG => "ident",
    TAG => "appname",
    TAG => "program",
    TAG => "tag",
    // EventBridge, LookupEvents, CloudTrail Lake, ActionTrail, Oracle's service log.
    ANY => "detail",
    ANY => "CloudTrailEvent",
    ANY => "eventJson",
    ANY => "eventData",
    ANY => "event",
    ANY => "logContent",
    // Files and queues of AWS, Event Hubs, CloudWatch's subscriptions, SNS.
    ANY => "Records",
    ANY => "logEvents",
    ANY => "Sns",
    // Shippers: Fluent Bit, Vector, syslog readers, Splunk, Elastic, GELF, LogScale, Datadog, Loki.
    ANY => "log",
    ANY => "message",
    ANY => "msg",
    ANY => "_raw",
    ANY => "result._raw",
    ANY => "event.original",
    ANY => "original",
    ANY => "short_message",
    ANY => "full_message",
    ANY => "@rawstring",
    ANY => "attributes",
    ANY => "streams",
    ANY => "values",
    // OTLP, and queues whose messages have a body.
    ANY => "body",
    ANY => "stringValue",
    ANY => "resourceLogs",
    ANY => "scopeLogs",
    ANY => "logRecords",
    // Google's log with the text or the object that a program wrote.
    ANY => "textPayload",
    ANY => "jsonPayload",
    // Wazuh, and a session that Systems Manager has logged.
    ANY => "full_log",
    ANY => "sessionData",
    // Queries of osquery, lists that services answer with, Event Grid, Defender, a document's source, OCSF.
    NO_LINE => "snapshot",
    NO_LINE => "diffResults",
    NO_LINE => "added",
    NO_LINE => "events",
    NO_LINE => "items",
    NO_LINE => "value",
    NO_LINE => "entries",
    NO_LINE => "QueryResultRows",
    NO_LINE => "properties",
    NO_LINE => "_source",
    NO_LINE => "unmapped",
    NO_LINE => "kinesis",
    NO_LINE => "kubernetes.audit",
    NO_LINE => "RawEventData",
    DATA => "data";
}

/// May hold an event in any form.
const ANY: u8 = 0;
/// A common name, which holds an event only where it holds no other text than JSON.
const NO_LINE: u8 = 1;
/// The same, where the text may be base64.
const DATA: u8 = 2;
/// Stands beside base64.
const DATED: u8 = 3;
/// May hold the tag of a device's message.
const TAG: u8 = 4;

/// Documents that may follow a header are looked for in so many places.
const PLACES_MAX: usize = 3;

/// A text or a JSON value that may hold an event.
#[derive(Clone, Debug, Default)]
pub struct Part<'a> {
    /// The value, or what a text spells.
    pub bytes: Cow<'a, [u8]>,
    /// Whether a text spelled it.
    pub is_text: bool,
    /// Whether it, or an element of it, may be a device's line.
    pub may_be_line: bool,
}

impl Part<'_> {
    /// The same, apart from the bytes that it was read from.
    pub fn into_owned<'b>(self) -> Part<'b> {
        Part { bytes: Cow::Owned(self.bytes.into_owned()), ..self }
    }
}

/// What a part is.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    /// An object: an event, or another wrapper.
    Object(&'a [u8]),
    /// Several of either.
    Many(&'a [u8]),
    /// A device's line, or JSON behind a header.
    Line(&'a [u8]),
}

/// Tells what a value, or a text, is by its first characters: a text may begin with a bracket and be a line.
pub fn shape(mut text: &[u8], is_text: bool) -> Shape<'_> {
    loop {
        text = text.trim_ascii_start();
        match text.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => text = rest,
            None => break,
        }
    }
    match text {
        [b'{', ..] => Shape::Object(text),
        [b'[', rest @ ..] if !is_text || matches!(rest.trim_ascii_start(), [b'{' | b'[' | b'"', ..]) => {
            Shape::Many(text)
        }
        _ => Shape::Line(text),
    }
}

/// Where the JSON begins that ends a text, behind a header: objects, or one array.
pub fn opened(text: &[u8]) -> Option<usize> {
    starts(text).find(|start| {
        let rest = text.get(*start..).unwrap_or_default();
        match shape(rest, true) {
            Shape::Object(object) => {
                let end = Index::read(object, 1).end().and_then(|end| object.get(end.saturating_add(1)..));
                end.is_some_and(|rest| matches!(rest.trim_ascii_start(), [] | [b'{', ..]))
            }
            Shape::Many(array) => {
                let mut elements = Elements::new(array);
                elements.by_ref().for_each(drop);
                elements.ended()
            }
            Shape::Line(_) => false,
        }
    })
}

/// The first places where an object or an array with something in it may begin.
fn starts(text: &[u8]) -> impl Iterator<Item = usize> {
    let begins =
        move |at: &usize| !matches!(shape(text.get(*at..).unwrap_or_default(), true), Shape::Line(_));
    let is_open = |(at, byte): (usize, &u8)| matches!(byte, b'{' | b'[').then_some(at);
    text.iter().enumerate().filter_map(is_open).filter(begins).take(PLACES_MAX)
}

/// What the wrappers in an object hold, each with the value that it was read from; only what `has` an anchor.
pub fn parts<'a>(object: &Index<'a>, has: impl Fn(&[u8]) -> bool, mut each: impl FnMut(Raw<'a>, Part<'a>)) {
    let (mut is_dated, mut tag) = (false, None);
    let mut taken = Vec::new();
    for (code, raw) in collect(object, WRAPPERS) {
        let text = raw.0.starts_with(b"\"");
        if code == DATED {
            is_dated = true;
        } else if code == TAG {
            tag = tag.or_else(|| raw.string().filter(|text| text.starts_with('%')));
        } else if code == DATA
            && text
            && (is_dated || has(raw.0))
            && let Some(bytes) = raw.string().and_then(|text| base64::decode(&text))
        {
            if has(&bytes) {
                each(raw, Part { bytes: Cow::Owned(bytes), is_text: true, may_be_line: true });
            }
        } else if text || raw.object().or(raw.array()).is_some() {
            let range = raw.0.as_ptr_range();
            let is_inside = taken.iter().any(|outer: &core::ops::Range<_>| outer.contains(&range.start));
            if is_inside {
                continue;
            }
            taken.push(range);
            // The message with its tag, where a shipper has put the two apart.
            if code == ANY
                && text
                && let Some(tag) = tag.take()
                && let Some(message) = raw.string()
            {
                let line = joined(&[tag.strip_suffix(':').unwrap_or(&tag), ": ", &message]);
                if has(line.as_bytes()) {
                    each(
                        raw,
                        Part { bytes: Cow::Owned(line.into_bytes()), is_text: true, may_be_line: true },
                    );
                    continue;
                }
            }
            if has(raw.0)
                && let Some(part) = part(raw, code == ANY)
            {
                each(raw, part);
            }
        }
    }
}

/// A value, or what a text spells.
pub fn part(raw: Raw<'_>, may_be_line: bool) -> Option<Part<'_>> {
    let is_text = raw.0.starts_with(b"\"");
    let bytes = match is_text.then(|| raw.string()) {
        None => Cow::Borrowed(raw.0),
        Some(text) => match text? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
    };
    Some(Part { bytes, is_text, may_be_line })
}
