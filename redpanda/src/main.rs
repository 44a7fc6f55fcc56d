//! The shell for Redpanda's data transforms, in the broker or in Redpanda Connect: a record's value in, what becomes of
//! it out. Knows the SDK's records, not what is decided; key and headers go on as they came.

use std::cell::RefCell;

use redpanda_transform_sdk::{BorrowedRecord, RecordWriter, WriteError, WriteEvent, on_record_written};
use tapsieve_detector::{Detector, Outcome};

/// The policy that this transform was built with, as JSON; empty when there is none.
const POLICY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policy.json"));

fn main() {
    let mut detector = Detector::new();
    if !POLICY.is_empty()
        && let Err(message) = detector.configure(POLICY)
    {
        // The build has tried it; without its policy nothing may pass.
        eprintln!("tapsieve: {message}");
        std::process::exit(1);
    }
    let detector = RefCell::new(detector);
    on_record_written(|event, writer| write(&mut detector.borrow_mut(), &event, writer))
}

/// Writes what goes on to the output topic. A record that cannot be written stops the transform, and the broker starts
/// it again at the same record.
fn write(
    detector: &mut Detector,
    event: &WriteEvent<'_>,
    writer: &mut RecordWriter<'_>,
) -> Result<(), WriteError> {
    let record = &event.record;
    let Some(value) = record.value() else { return writer.write(record) };
    match detector.process(value) {
        Outcome::Unchanged => writer.write(record),
        Outcome::Enriched(enriched) => {
            let headers = record.headers().iter().map(Into::into).collect();
            writer.write(BorrowedRecord::new_with_headers(record.key(), Some(enriched), headers))
        }
        Outcome::Dropped => Ok(()),
    }
}
