//! Where the event sits in the record: knows the wrappers that shippers and services put around an event, and what stands
//! at a record's top level.

pub(crate) mod base64;
mod gzip;
mod pairs;
mod wrapper;

pub use pairs::object_of;
pub use wrapper::{Part, Shape, opened, part, parts, shape, time_in};

use crate::json::{Index, Known, Raw, collect, known, paths};

/// The seed's columns, which stand at the top level of an enriched record.
pub const COLUMNS: [&str; 6] =
    ["ResolvedEventName", "mirrorAction", "ActorIdentity", "SourceIP", "awsRegion", "resourceGroupName"];

/// What this project calls itself in the events that it writes.
pub const PRODUCT: &str = "tapsieve";

/// The top level of one record: all that is needed to insert members into it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r, 'a> {
    /// What stands before the object: a header that a line of a file may have.
    pub header: &'a [u8],
    /// Its members.
    pub index: &'r Index<'a>,
    /// For each of [`COLUMNS`] whether the record has it.
    pub columns: [bool; COLUMNS.len()],
    /// The name of the device that sent the line, where the shipper's record tells it.
    pub device: Option<Raw<'a>>,
    /// When, where the shipper's record tells it beside the line.
    pub time: Option<Raw<'a>>,
}

paths! {
    /// Where shippers keep what they have read in a line's header.
    HEADERS:
    DEVICE => "host",
    DEVICE => "HOST",
    DEVICE => "hostname",
    DEVICE => "HOSTNAME",
    DEVICE => "_HOSTNAME",
    DEVICE => "host.hostname",
    DEVICE => "host.name",
    DEVICE => "log.syslog.hostname",
    DEVICE => "observer.hostname",
    DEVICE => "observer.name",
    TIME => "timereported",
    TIME => "timestamp",
    TIME => "time",
    TIME => "DATE",
    TIME => "ISODATE",
    TIME => "@timestamp",
    TIME => "_SOURCE_REALTIME_TIMESTAMP",
    TIME => "__REALTIME_TIMESTAMP";
}

const DEVICE: u8 = 0;
const TIME: u8 = 1;

impl<'r, 'a> Record<'r, 'a> {
    /// Reads the top level; `None` unless the index is of one JSON object and nothing else.
    pub fn read(header: &'a [u8], index: &'r Index<'a>) -> Option<Self> {
        index.is_whole().then_some(())?;
        let found = collect(index, HEADERS);
        let first = |code| {
            found.iter().find(|(known, raw)| *known == code && raw.text().is_some()).map(|(_, raw)| *raw)
        };
        let mut record = Record {
            header,
            index,
            columns: [false; COLUMNS.len()],
            device: first(DEVICE),
            time: first(TIME),
        };
        for member in index.members_like(&TOP) {
            note(&COLUMNS, &mut record.columns, &member.key()?);
        }
        Some(record)
    }
}

/// The keys that [`Record::read`] knows.
const TOP: Known = known(&[&COLUMNS]);

fn note(names: &[&str], present: &mut [bool], key: &[u8]) {
    for (name, present) in names.iter().zip(present) {
        // Nearly every key differs in length.
        *present |= name.len() == key.len() && name.as_bytes() == key;
    }
}
