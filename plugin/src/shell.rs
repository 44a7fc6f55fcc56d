//! What an instance keeps between calls. Knows the shape of each host's answer, nothing about addresses.

use crate::repair::repair;
use alloc::string::String;
use alloc::vec::Vec;
use tapsieve_detector::json::write_number;
use tapsieve_detector::{Detector, Outcome};

/// One instance of the module.
#[derive(Debug)]
pub(crate) struct Shell {
    detector: Detector,
    /// The answer to Fluent Bit, which ends with a zero byte.
    answer: Vec<u8>,
    /// The last record that had to be repaired.
    repaired: Vec<u8>,
    /// A record that was an answer before.
    copied: Vec<u8>,
    /// The policy in force, as it was given.
    policy: Vec<u8>,
    /// Why the last policy was refused.
    message: String,
}

impl Shell {
    /// An instance with the default policy.
    pub(crate) const fn new() -> Self {
        Shell {
            detector: Detector::new(),
            answer: Vec::new(),
            repaired: Vec::new(),
            copied: Vec::new(),
            policy: Vec::new(),
            message: String::new(),
        }
    }

    /// Puts a policy in force, or returns why not.
    pub(crate) fn configure(&mut self, json: Vec<u8>) -> Option<&str> {
        match self.detector.configure(&json) {
            Ok(()) => {
                self.policy = json;
                None
            }
            Err(message) => {
                self.message = message;
                Some(&self.message)
            }
        }
    }

    /// The policy in force, empty when none was given.
    pub(crate) fn policy(&self) -> &[u8] {
        &self.policy
    }

    /// Decides about one record.
    pub(crate) fn process(&mut self, record: &[u8]) -> Outcome<'_> {
        self.detector.process(record)
    }

    /// Keeps a copy of a record that lies in a buffer of this instance, with a zero byte after it as Fluent Bit's have;
    /// `None` where there is no memory for it.
    pub(crate) fn copied(&mut self, record: &[u8]) -> Option<&[u8]> {
        // Before the old one goes: it may be the argument.
        let mut copy = Vec::new();
        ended(&mut copy, record)?;
        self.copied = copy;
        self.copied.get(..record.len())
    }

    /// Whether bytes lie in one of the buffers that are written to: an answer that a host hands in again.
    #[inline(always)]
    pub(crate) fn holds(&self, address: usize, len: usize) -> bool {
        let [enriched, description] = self.detector.buffers();
        // Written out, for what is compiled for size would loop.
        overlaps(&self.answer, address, len)
            | overlaps(&self.repaired, address, len)
            | overlaps(enriched, address, len)
            | overlaps(description, address, len)
    }

    /// Where in a block of records to look, see [`Detector::scan`].
    pub(crate) fn scan(&mut self, block: &[u8]) -> Option<usize> {
        self.detector.scan(block)
    }

    /// The description of the last record, empty when it was not about mirroring.
    pub(crate) fn verdict(&self) -> &[u8] {
        self.detector.verdict().unwrap_or_default()
    }

    /// Answers Fluent Bit: `None` to give back the record itself, otherwise text that ends with a zero byte.
    #[inline(always)]
    pub(crate) fn fluent_bit_process(&mut self, record: &[u8]) -> Option<&[u8]> {
        match self.detector.rule_out(record) {
            Some(outcome) => answered(&mut self.answer, outcome),
            None => self.fluent_bit_decide(record),
        }
    }

    /// The same for a record that the prefilter has not ruled out.
    #[inline(never)]
    fn fluent_bit_decide(&mut self, record: &[u8]) -> Option<&[u8]> {
        answered(&mut self.answer, self.detector.process_fully(record))
    }

    /// Answers Fluent Bit as [`Shell::fluent_bit_process`] does, and turns values that JSON does not have into JSON.
    pub(crate) fn fluent_bit_repair(&mut self, record: &[u8]) -> Option<&[u8]> {
        self.repaired.clear();
        // Quotes around a key of one character double it.
        if self.repaired.try_reserve(record.len().saturating_mul(2)).is_err() {
            return None;
        }
        let is_repaired = repair(record, &mut self.repaired);
        match self.detector.process(if is_repaired { &self.repaired } else { record }) {
            Outcome::Unchanged if is_repaired => ended(&mut self.answer, &self.repaired),
            outcome => answered(&mut self.answer, outcome),
        }
    }

    /// The visible answer for a record that the host could not copy into the module, maybe for want of memory.
    pub(crate) fn uncopied_record(&mut self, len: u32) -> &[u8] {
        const DIGITS_MAX: usize = 10;
        let [before, after] = [
            b"{\"tapsieve_error\":\"record of ".as_slice(),
            b" bytes could not be copied into the module\"}\0",
        ];
        self.answer.clear();
        let room = before.len().saturating_add(DIGITS_MAX).saturating_add(after.len());
        if self.answer.try_reserve(room).is_err() {
            return b"{\"tapsieve_error\":\"record could not be copied into the module\"}\0";
        }
        self.answer.extend_from_slice(before);
        write_number(&mut self.answer, len.into());
        self.answer.extend_from_slice(after);
        &self.answer
    }
}

/// Whether bytes lie in a buffer, in whole or in part.
#[inline(always)]
fn overlaps(buffer: &Vec<u8>, address: usize, len: usize) -> bool {
    let start = buffer.as_ptr() as usize;
    (address.wrapping_sub(start) < buffer.capacity()) | (start.wrapping_sub(address) < len)
}

/// An outcome as Fluent Bit takes it.
#[inline(always)]
fn answered<'a>(answer: &'a mut Vec<u8>, outcome: Outcome<'_>) -> Option<&'a [u8]> {
    match outcome {
        Outcome::Unchanged => None,
        Outcome::Enriched(enriched) => ended(answer, enriched),
        Outcome::Dropped => Some(b"\0"),
    }
}

/// The text with a zero byte after it; `None` where there is no memory for it.
fn ended<'a>(answer: &'a mut Vec<u8>, text: &[u8]) -> Option<&'a [u8]> {
    answer.clear();
    answer.try_reserve(text.len().checked_add(1)?).ok()?;
    answer.extend_from_slice(text);
    answer.push(0);
    Some(answer)
}
