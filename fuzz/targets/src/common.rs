//! What several targets need: how a broken law is told, detectors that are used again, the records of tests/vectors.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::Range;
use std::sync::LazyLock;

use serde_json::Value;
use tapsieve_detector::Detector;
use tapsieve_host_test::engines::{Engine, Native};
use tapsieve_host_test::root;
use tapsieve_host_test::vectors::{Case, Expectation, load};
use tapsieve_records::{Decider, Outcome, Trap};

/// A find is a panic that says what is broken.
#[track_caller]
pub(crate) fn hold<T, E: Display>(law: Result<T, E>) -> T {
    match law {
        Ok(value) => value,
        Err(problem) => panic!("{problem}"),
    }
}

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let (files, problems) = load(&root().join("tests/vectors"));
    assert!(problems.is_empty(), "{problems:?}");
    files.into_iter().flat_map(|file| file.cases).filter(|case| case.record.len() <= 4096).collect()
});

/// The shorter records of tests/vectors.
pub fn vector_records() -> impl Iterator<Item = &'static [u8]> {
    CASES.iter().map(|case| case.record.as_slice())
}

/// A mirror event of tests/vectors.
pub(crate) struct MirrorEvent {
    pub(crate) record: Value,
    pub(crate) enriched: Value,
    /// Whether the words that tell stand apart in it. Anchors know the commas between them as programs write these.
    pub(crate) is_apart: bool,
}

/// Whether a record tells of nft by words that stand apart, without its path, or of iptables by another name: in a text no
/// anchor finds it, see docs/FUZZING.md.
pub(crate) fn is_short(record: &str) -> bool {
    let has = |part| record.contains(part);
    has(r#""dup","to""#) && !has(r#"bin/nft""#) || has(r#""TEE","--gateway""#) && !has(r#"tables",""#)
}

/// The mirror events of tests/vectors that are still such where equal keys are one.
pub(crate) static MIRROR_EVENTS: LazyLock<Vec<MirrorEvent>> = LazyLock::new(|| {
    let inserted =
        |case: &&Case| matches!(case.expectation, Expectation::Inserted(_)) && case.policy.is_none();
    let mut native = Native::new();
    let mut read = |case: &Case| {
        let record: Value = serde_json::from_slice(&case.record).ok()?;
        let text = record.to_string();
        verdict_on(&mut native, text.as_bytes())?;
        let words = [r#""mirred""#, r#""dup","to""#, r#"tables",""#, r#"ovs-vsctl",""#];
        let is_apart = words.iter().any(|words| text.contains(words));
        Some(MirrorEvent { record, enriched: serde_json::from_slice(&case.enriched()?).ok()?, is_apart })
    };
    CASES.iter().filter(inserted).filter_map(&mut read).collect()
});

/// Works with a detector that is used again and again.
pub(crate) fn with_native<T>(work: impl FnOnce(&mut Native) -> T) -> T {
    thread_local!(static NATIVE: RefCell<Native> = RefCell::new(Native::new()));
    NATIVE.with_borrow_mut(work)
}

/// What a detector says about a record, if it is about mirroring.
pub(crate) fn verdict_on(native: &mut Native, record: &[u8]) -> Option<Value> {
    hold(native.process(record));
    hold(native.verdict()).map(|verdict| hold(serde_json::from_slice(&verdict)))
}

/// The detector behind the loop over records.
pub(crate) struct Deciding(pub(crate) Detector);

impl Decider for Deciding {
    fn scan(&mut self, block: &[u8], from: usize) -> Result<usize, Trap> {
        Ok(self.0.scan(&block[from..]).map_or(block.len(), |at| from + at))
    }

    fn process(&mut self, block: &[u8], record: Range<usize>) -> Result<Outcome<'_>, Trap> {
        use tapsieve_detector::Outcome as Decided;
        Ok(match self.0.process(&block[record]) {
            Decided::Unchanged => Outcome::Unchanged,
            Decided::Enriched(record) => Outcome::Enriched(record),
            Decided::Dropped => Outcome::Dropped,
        })
    }

    fn verdict(&mut self) -> Result<Option<&str>, Trap> {
        Ok(self.0.verdict().and_then(|verdict| std::str::from_utf8(verdict).ok()))
    }
}
