//! What shippers and services put around an event, as one list: which members may hold one, and in which form. Knows
//! neither events nor how deep they may lie.

use super::pairs::{columns_in, is_table, row_of};
use super::{base64, gzip};
use crate::json::{Elements, Index, Raw, collect, find_either, joined, paths};
use alloc::borrow::Cow;
use alloc::{string::String, vec, vec::Vec};
use core::cell::Cell;

paths! {
    /// Where an event can be inside an object; what stands in the value of a row before is not taken again.
    WRAPPERS:
    // What stands beside base64.
    DATED => "publishTime",
    DATED => "approximateArrivalTimestamp",
    QUEUED => "bootstrapServers",
    // What stands beside the rows of a table: Log Analytics and Splunk, BigQuery, Snowflake, Databricks, Athena.
    COLUMNS => "columns",
    COLUMNS => "fields",
    COLUMNS => "schema.fields",
    COLUMNS => "resultSetMetaData.rowType",
    COLUMNS => "manifest.schema.columns",
    COLUMNS => "ResultSetMetadata.ColumnInfo",
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
    ANY => "awslogs",
    // Files and queues of AWS, Event Hubs, CloudWatch's subscriptions, SNS.
    TOPICS => "Records",
    ANY => "logEvents",
    ANY => "Sns",
    // Shippers: Fluent Bit, Vector, syslog readers, Splunk, Sumo Logic, Elastic, GELF, LogScale, Datadog, Loki.
    ANY => "log",
    ANY => "message",
    ANY => "msg",
    ANY => "diff",
    ANY => "patch",
    ANY => "_raw",
    NO_LINE => "map",
    ANY => "event.original",
    ANY => "original",
    ANY => "short_message",
    ANY => "full_message",
    ANY => "@rawstring",
    ANY => "rawstring",
    ANY => "messages",
    ANY => "@message",
    ANY => "log_s",
    ANY => "RawData",
    ANY => "line",
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
    // Queries of osquery, lists that services answer with, Event Grid, Defender, a document's source, OCSF, Kafka and its
    // tables, the parsers of LogScale.
    NO_LINE => "snapshot",
    NO_LINE => "diffResults",
    NO_LINE => "added",
    NO_LINE => "events",
    NO_LINE => "items",
    DATA => "value",
    NO_LINE => "hits",
    NO_LINE => "results",
    NO_LINE => "result.data_array",
    NO_LINE => "result",
    NO_LINE => "responses",
    NO_LINE => "tables",
    NO_LINE => "ResultSet",
    NO_LINE => "rows",
    NO_LINE => "receivedMessages",
    ANY => "payload",
    NO_LINE => "content",
    NO_LINE => "record",
    NO_LINE => "RECORD_CONTENT",
    NO_LINE => "raw_event",
    NO_LINE => "Vendor",
    NO_LINE => "entries",
    NO_LINE => "QueryResultRows",
    NO_LINE => "properties",
    NO_LINE => "_source",
    NO_LINE => "kvlistValue",
    REST => "unmapped",
    RAW => "raw_data",
    NO_LINE => "kinesis",
    NO_LINE => "bytes",
    NO_LINE => "logs",
    NO_LINE => "logEntries",
    ANY => "logText",
    NO_LINE => "input",
    NO_LINE => "udm",
    // Alerts of Azure Monitor on the activity log.
    NO_LINE => "alertContext",
    NO_LINE => "context.activityLog",
    // What shippers and products keep of what they parsed, or of the original beside it.
    NO_LINE => "json",
    NO_LINE => "_json",
    NO_LINE => "log_processed",
    NO_LINE => "source_json",
    NO_LINE => "_airbyte_data",
    NO_LINE => "cloud_trail_event",
    ANY => "rawmsg",
    ANY => "raw",
    ANY => "rawLog",
    ANY => "raw_log",
    ANY => "RawMessage",
    ANY => "raw_message",
    ANY => "log_line",
    // Sentinel's tables of syslog.
    ANY => "SyslogMessage",
    ANY => "syslog_message",
    // Items of state: AWS Config's notifications, rules and files, Google's history of assets.
    NO_LINE => "configurationItem",
    NO_LINE => "configurationItems",
    NO_LINE => "configurationItemSummary",
    NO_LINE => "invokingEvent",
    NO_LINE => "assets",
    NO_LINE => "traces",
    NO_LINE => "notification",
    NO_LINE => "ietf-netconf-notifications:netconf-config-change",
    NO_LINE => "netconf-config-change",
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
/// A common name for what is left of an event.
const REST: u8 = 5;
/// In any form the original of what stands beside it as [`REST`], which tells of the same event.
const RAW: u8 = 6;
/// Stands beside lists of messages by their topics, each with its value in base64.
const QUEUED: u8 = 7;
/// May hold an event in any form, or such lists.
const TOPICS: u8 = 8;
/// Stands beside rows and names what each of their values is.
const COLUMNS: u8 = 9;

/// A message of a queue that is shorter holds no event.
const MESSAGE_BYTES_MIN: usize = 32;

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
    /// Whether it tells again what another part tells.
    pub is_again: bool,
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
        match text {
            [0xef, 0xbb, 0xbf, rest @ ..] => text = rest,
            _ => break,
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
    let mut from = 0;
    let begins =
        move |at: &usize| !matches!(shape(text.get(*at..).unwrap_or_default(), true), Shape::Line(_));
    let open = core::iter::from_fn(move || {
        let at = find_either(text, from, b'{', b'[')?;
        from = at.saturating_add(1);
        Some(at)
    });
    open.filter(begins).take(PLACES_MAX)
}

/// What base64 in a text spells, unpacked where it is packed, and whether that is all of it: at most `left` bytes are.
/// Where it need not be base64, what it begins with tells: an object, or a packed file.
fn decoded(code: u8, raw: Raw<'_>, left: &Cell<usize>) -> Option<(Vec<u8>, bool)> {
    let text = raw.string()?;
    let begins = |with: &str| text.starts_with(with);
    (code == DATA || begins("eyJ") || begins(gzip::SPELLED)).then_some(())?;
    let bytes = base64::decode(&text)?;
    if !begins(gzip::SPELLED) {
        return Some((bytes, true));
    }
    let mut unpacked = Vec::new();
    match gzip::unpack(&bytes, &mut unpacked, left) {
        Some(()) => Some((unpacked, true)),
        None => (left.get() == 0).then_some((Vec::new(), false)),
    }
}

/// What the wrappers in an object hold, each with the value that it was read from; only what `has` an anchor. What is
/// packed, and what is written anew, may be so long as there are bytes `left`; tells whether it was longer.
pub fn parts<'a>(
    object: &Index<'a>,
    left: &Cell<usize>,
    has: impl Fn(&[u8]) -> bool,
    mut each: impl FnMut(Raw<'a>, Part<'a>),
) -> bool {
    let (mut is_dated, mut is_queued, mut is_cut) = (false, false, false);
    let (mut tag, mut rest, mut columns) = (None, None, vec![]);
    let mut taken = Vec::new();
    let anew = |bytes: Vec<u8>, is_text: bool, may_be_line: bool| {
        has(&bytes).then_some(Part { bytes: Cow::Owned(bytes), is_text, may_be_line, is_again: false })
    };
    for (code, raw) in collect(object, WRAPPERS) {
        let text = raw.0.starts_with(b"\"");
        if code == DATED {
            is_dated = true;
        } else if code == QUEUED {
            is_queued = true;
        } else if code == COLUMNS {
            if columns.is_empty() {
                columns = columns_in(raw);
            }
        } else if code == TAG {
            tag = tag.or_else(|| raw.string().filter(|text| text.starts_with('%')));
        } else if code == TOPICS
            && is_queued
            && let Some(topics) = raw.object()
        {
            for topic in Index::read(topics, 1).members() {
                for message in Elements::new(topic.value.0).filter(|raw| raw.0.len() >= MESSAGE_BYTES_MIN) {
                    if let Some(value) = Index::read(message.0, 1).at("value")
                        && let Some((bytes, is_whole)) = decoded(DATA, value, left)
                    {
                        is_cut |= !is_whole;
                        anew(bytes, true, true).into_iter().for_each(|part| each(value, part));
                    }
                }
            }
        } else if text
            && (code == DATA && is_dated || has(raw.0))
            && let Some((bytes, is_whole)) = decoded(code, raw, left)
        {
            is_cut |= !is_whole;
            let part = anew(bytes, true, !matches!(code, NO_LINE | REST));
            part.into_iter().for_each(|part| each(raw, part));
        } else if code == ANY
            && !text
            && has(raw.0)
            && let Some(bytes) = of_bytes(raw, left)
        {
            anew(bytes, true, true).into_iter().for_each(|part| each(raw, part));
        } else if text || raw.object().or(raw.array()).is_some() {
            let range = raw.0.as_ptr_range();
            let is_inside = taken.iter().any(|outer: &core::ops::Range<_>| outer.contains(&range.start));
            if is_inside {
                continue;
            }
            taken.push(range);
            if !columns.is_empty() && is_table(raw) {
                for row in Elements::new(raw.0).filter(|row| has(row.0)) {
                    match row_of(&columns, row, left) {
                        Some(object) => {
                            anew(object, false, false).into_iter().for_each(|part| each(row, part))
                        }
                        None => is_cut = true,
                    }
                }
                continue;
            }
            // The message with its tag, where a shipper has put the two apart.
            if code == ANY
                && text
                && let Some(tag) = tag.take()
                && let Some(message) = raw.string()
            {
                let line = joined(&[tag.strip_suffix(':').unwrap_or(&tag), ": ", &message]);
                if let Some(part) = anew(line.into_bytes(), true, true) {
                    each(raw, part);
                    continue;
                }
            }
            if has(raw.0)
                && let Some(part) = part(raw, matches!(code, ANY | RAW | TOPICS))
            {
                if code == REST {
                    rest = Some(raw.0);
                }
                let rest = rest.filter(|_| code == RAW);
                // The same once more, behind a header.
                let is_same = |rest| part.bytes.ends_with(String::from_utf8_lossy(rest).as_bytes());
                if !rest.is_some_and(is_same) {
                    each(raw, Part { is_again: rest.is_some(), ..part });
                }
            }
        }
    }
    is_cut
}

/// The text that a list of the numbers of its bytes stands for, as the journal writes what is no text.
fn of_bytes(list: Raw<'_>, left: &Cell<usize>) -> Option<Vec<u8>> {
    let list = list.array().filter(|list| {
        list.get(1..).is_some_and(|list| list.trim_ascii_start().first().is_some_and(u8::is_ascii_digit))
    })?;
    left.set(left.get().checked_sub(list.len())?);
    let mut bytes = Vec::new();
    for number in Elements::new(list) {
        bytes.push(number.0.iter().fold(0u8, |sum, digit| sum.wrapping_mul(10).wrapping_add(digit & 15)));
    }
    Some(String::from_utf8_lossy(&bytes).into_owned().into_bytes())
}

paths! {
    /// Where a wrapper says when: Event Grid and clouds, shippers, the journal, parsed syslog.
    TIMES:
    0 => "eventTime",
    0 => "time",
    0 => "@timestamp",
    0 => "timestamp",
    0 => "TimeGenerated",
    0 => "timereported",
    0 => "ISODATE",
    0 => "DATE",
    0 => "timeUnixNano",
    0 => "__REALTIME_TIMESTAMP";
}

/// When what is in a wrapper was, as the wrapper says; a nought stands where it is not known.
pub fn time_in<'b>(wrapper: &[u8]) -> Option<Cow<'b, str>> {
    let times = collect(&Index::read(wrapper, 1), TIMES);
    times
        .iter()
        .find_map(|(_, raw)| raw.text().filter(|time| time != "0"))
        .map(|time| Cow::Owned(time.into_owned()))
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
    Some(Part { bytes, is_text, may_be_line, is_again: false })
}
