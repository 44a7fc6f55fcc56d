//! Where the event sits in the record: knows the wrappers that shippers and services put around an event, and what stands
//! at a record's top level.

mod base64;
mod wrapper;

pub use wrapper::{Part, Shape, opened, part, parts, shape};

use crate::json::{Index, Known, Raw, known};

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
}

impl<'r, 'a> Record<'r, 'a> {
    /// Reads the top level; `None` unless the index is of one JSON object and nothing else.
    pub fn read(header: &'a [u8], index: &'r Index<'a>) -> Option<Self> {
        index.is_whole().then_some(())?;
        let mut record = Record { header, index, columns: [false; COLUMNS.len()], device: None };
        for member in index.members_like(&TOP) {
            let (key, value) = (member.key()?, member.value);
            note(&COLUMNS, &mut record.columns, &key);
            if let b"host" | b"HOST" | b"hostname" | b"HOSTNAME" | b"_HOSTNAME" = key.as_ref() {
                record.device = Some(value);
            }
        }
        Some(record)
    }
}

/// The keys that [`Record::read`] knows.
const TOP: Known = known(&[&COLUMNS, &["host", "HOST", "hostname", "HOSTNAME", "_HOSTNAME"]]);

fn note(names: &[&str], present: &mut [bool], key: &[u8]) {
    for (name, present) in names.iter().zip(present) {
        // Nearly every key differs in length.
        *present |= name.len() == key.len() && name.as_bytes() == key;
    }
}
