//! Where the event sits in the record: knows the wrappers that shippers and services put around an event.
//!
//! A layer is looked at first for an event of its own; only then is what it wraps looked at.

use crate::json::{Index, Known, LEVELS_MAX, Raw, collect, joined, known, paths};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The seed's columns, which stand at the top level of an enriched record.
pub const COLUMNS: [&str; 6] =
    ["ResolvedEventName", "mirrorAction", "ActorIdentity", "SourceIP", "awsRegion", "resourceGroupName"];

/// What this project calls itself in the events that it writes.
pub const PRODUCT: &str = "tapsieve";

paths! {
    /// Where an event can be inside a layer, outermost wrapper first.
    WRAPPERS:
    ANY => "detail",
    ANY => "CloudTrailEvent",
    ANY => "event",
    ANY => "logContent",
    ANY => "Records",
    ANY => "log",
    ANY => "message",
    ANY => "msg",
    ANY => "_raw",
    ANY => "event.original",
    // Where a shipper that reads headers leaves the tag of a device's message.
    TAG => "ident",
    TAG => "appname",
    TAG => "program",
    TAG => "tag",
    // Event Grid, a Kubernetes EventList, and queues in front of Azure's export.
    NO_TEXT => "data",
    NO_TEXT => "items",
    NO_TEXT => "body.records";
}

/// May hold an event in any form.
const ANY: u8 = 0;
/// May hold the tag of a device's message.
const TAG: u8 = 1;
/// A common name, which holds an event only where it holds no text.
const NO_TEXT: u8 = 2;

/// The top level of one record: all that is needed to insert members into it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r, 'a> {
    /// Its members.
    pub index: &'r Index<'a>,
    /// For each of [`COLUMNS`] whether the record has it.
    pub columns: [bool; COLUMNS.len()],
    /// The name of the device that sent the line, where the shipper's record tells it.
    pub device: Option<Raw<'a>>,
}

impl<'r, 'a> Record<'r, 'a> {
    /// Reads the top level; `None` unless the bytes are one JSON object and nothing else.
    pub fn read(index: &'r Index<'a>) -> Option<Self> {
        index.is_whole().then_some(())?;
        let mut record = Record { index, columns: [false; COLUMNS.len()], device: None };
        for member in index.members_like(&TOP) {
            let (key, value) = (member.key()?, member.value);
            note(&COLUMNS, &mut record.columns, &key);
            if let b"host" | b"hostname" | b"HOSTNAME" | b"_HOSTNAME" = key.as_ref() {
                record.device = Some(value);
            }
        }
        Some(record)
    }
}

/// The keys that [`Record::read`] knows.
const TOP: Known = known(&[&COLUMNS, &["host", "hostname", "HOSTNAME", "_HOSTNAME"]]);

fn note(names: &[&str], present: &mut [bool], key: &[u8]) {
    for (name, present) in names.iter().zip(present) {
        // Nearly every key differs in length.
        *present |= name.len() == key.len() && name.as_bytes() == key;
    }
}

/// What a wrapper holds.
#[derive(Clone, Debug)]
pub enum Layer<'a> {
    /// An object: an event, or another wrapper.
    Object(Cow<'a, [u8]>),
    /// Several events in one array.
    Many(Cow<'a, [u8]>),
    /// A device's syslog line.
    Line(Cow<'a, str>),
}

/// What the wrappers of one layer hold.
pub fn unwrap<'a>(layer: &Layer<'a>) -> Vec<Layer<'a>> {
    match layer {
        Layer::Object(Cow::Borrowed(object)) => wrapped(&Index::read(object, LEVELS_MAX)),
        Layer::Object(Cow::Owned(object)) => {
            wrapped(&Index::read(object, LEVELS_MAX)).into_iter().map(owned).collect()
        }
        Layer::Many(_) | Layer::Line(_) => Vec::new(),
    }
}

/// What the wrappers in an object hold.
pub fn wrapped<'a>(object: &Index<'a>) -> Vec<Layer<'a>> {
    let (mut layers, mut message, mut tag) = (Vec::new(), None, None);
    for (code, raw) in collect(object, WRAPPERS) {
        let text = raw.string();
        if code == TAG {
            tag = tag.or(text.filter(|text| text.starts_with('%')));
        } else if code == ANY || text.is_none() {
            layers.extend(inside(raw));
            message = message.or(text);
        }
    }
    // The message with its tag, where a shipper has put the two apart.
    if let (Some(message), Some(tag)) = (message, tag) {
        let line = joined(&[tag.strip_suffix(':').unwrap_or(&tag), ": ", &message]);
        layers.push(Layer::Line(Cow::Owned(line)));
    }
    layers
}

fn inside(raw: Raw<'_>) -> Option<Layer<'_>> {
    if let Some(object) = raw.object() {
        return Some(Layer::Object(Cow::Borrowed(object)));
    }
    if let Some(array) = raw.array() {
        return Some(Layer::Many(Cow::Borrowed(array)));
    }
    let text = raw.string()?;
    Some(match text.trim_ascii_start().as_bytes() {
        [b'{', ..] => Layer::Object(bytes(text)),
        [b'[', b'{', ..] => Layer::Many(bytes(text)),
        _ => Layer::Line(text),
    })
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii_start().as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.trim_ascii_start().as_bytes().to_vec()),
    }
}

fn owned<'a>(layer: Layer<'_>) -> Layer<'a> {
    match layer {
        Layer::Object(bytes) => Layer::Object(Cow::Owned(bytes.into_owned())),
        Layer::Many(bytes) => Layer::Many(Cow::Owned(bytes.into_owned())),
        Layer::Line(text) => Layer::Line(Cow::Owned(text.into_owned())),
    }
}
