//! The client of the module's interface, docs/ABI.md; knows its calls and trusts no answer, but runs nothing itself.
//!
//! An engine is a [`Machine`]: memory, and calls by name. [`Guest`] makes of it what a host needs.

use std::ops::Range;

use crate::answer::{Outcome, Trap, plain};

/// The smallest input buffer asked for.
const INPUT_BYTES_MIN: usize = 64 << 10;
/// How long a message of the module may be before it is cut.
const MESSAGE_BYTES_MAX: usize = 4 << 10;

/// The exports that a host calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the export of that name in docs/ABI.md")]
pub enum Export {
    Malloc,
    Free,
    Configure,
    Process,
    Scan,
    Verdict,
    Policy,
}

impl Export {
    /// The name in docs/ABI.md.
    pub fn name(self) -> &'static str {
        match self {
            Export::Malloc => "malloc",
            Export::Free => "free",
            Export::Configure => "configure",
            Export::Process => "process",
            Export::Scan => "scan",
            Export::Verdict => "verdict",
            Export::Policy => "policy",
        }
    }
}

/// One started module in an engine.
pub trait Machine {
    /// The module's memory as it is now.
    fn memory(&self) -> &[u8];

    /// The same, to write arguments into.
    fn memory_mut(&mut self) -> &mut [u8];

    /// Calls an export with as many arguments as it has; a result of 32 bits is widened, no result is 0.
    ///
    /// # Errors
    /// The module trapped or did not return in time.
    fn call(&mut self, export: Export, first: u32, second: u32) -> Result<u64, Trap>;
}

/// A started module with the input buffer that the host owns in it.
#[derive(Debug)]
pub struct Guest<M> {
    machine: M,
    /// The address of the input buffer, 0 when there is none.
    input: u32,
    input_bytes: usize,
}

/// An answer of `process` as addresses, so that the module can be asked for more before it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The record goes on as it came.
    Unchanged,
    /// What lies here goes on instead.
    Enriched(Range<usize>),
    /// The policy drops it.
    Dropped,
}

impl<M: Machine> Guest<M> {
    /// A client of a module that was just started.
    pub fn new(machine: M) -> Guest<M> {
        Guest { machine, input: 0, input_bytes: 0 }
    }

    /// The engine's side.
    pub fn machine(&mut self) -> &mut M {
        &mut self.machine
    }

    /// Ends the client.
    pub fn into_machine(self) -> M {
        self.machine
    }

    /// Copies `input` into the input buffer, which grows by doubling and is never given back.
    ///
    /// # Errors
    /// The module has no memory for it, or the call failed.
    pub fn load(&mut self, input: &[u8]) -> Result<(), Trap> {
        if self.input == 0 || input.len() > self.input_bytes {
            self.grow(input.len())?;
        }
        let at = self.input as usize;
        let buffer = self.machine.memory_mut().get_mut(at..at + input.len());
        buffer.ok_or_else(|| bad("malloc", "an address outside memory"))?.copy_from_slice(input);
        Ok(())
    }

    fn grow(&mut self, len: usize) -> Result<(), Trap> {
        let bytes = len.max(INPUT_BYTES_MIN).next_power_of_two();
        let asked = u32::try_from(bytes).map_err(|_| Trap::NoMemory { bytes })?;
        let old = std::mem::take(&mut self.input);
        self.input_bytes = 0;
        if old != 0 {
            self.machine.call(Export::Free, old, 0)?;
        }
        let address = self.machine.call(Export::Malloc, asked, 0)? as u32;
        if address == 0 {
            return Err(Trap::NoMemory { bytes });
        }
        if address as usize + bytes > self.machine.memory().len() {
            return Err(bad("malloc", "an address outside memory"));
        }
        (self.input, self.input_bytes) = (address, bytes);
        Ok(())
    }

    /// Processes the bytes at `range` of the input buffer.
    ///
    /// # Errors
    /// The call failed, or its answer breaks the interface.
    pub fn process(&mut self, range: Range<usize>) -> Result<Answer, Trap> {
        let (address, len) = self.argument(&range);
        let packed = self.machine.call(Export::Process, address, len)?;
        if packed as u32 == 0 {
            // Nothing to drop in an empty record: it is unchanged.
            return Ok(if len == 0 { Answer::Unchanged } else { Answer::Dropped });
        }
        match (packed >> 32) as u32 == address {
            true if packed as u32 == len => Ok(Answer::Unchanged),
            true => {
                let why = format!("{} bytes at the address of a record of {len} bytes", packed as u32);
                Err(bad("process", why))
            }
            false => Ok(Answer::Enriched(self.slice("process", packed)?)),
        }
    }

    /// An answer with its bytes.
    pub fn outcome(&self, answer: Answer) -> Outcome<'_> {
        match answer {
            Answer::Unchanged => Outcome::Unchanged,
            Answer::Dropped => Outcome::Dropped,
            Answer::Enriched(range) => Outcome::Enriched(self.bytes(range)),
        }
    }

    /// Scans the bytes at `range` of the input buffer; the answer counts from the buffer's start.
    ///
    /// # Errors
    /// As [`Guest::process`].
    pub fn scan(&mut self, range: Range<usize>) -> Result<usize, Trap> {
        let (address, len) = self.argument(&range);
        let offset = self.machine.call(Export::Scan, address, len)? as u32;
        if offset > len {
            return Err(bad("scan", format!("offset {offset} in a block of {len} bytes")));
        }
        Ok(range.start + offset as usize)
    }

    /// Where the verdict on the last record lies, as UTF-8; empty where that was not about mirroring.
    ///
    /// # Errors
    /// As [`Guest::process`].
    pub fn verdict(&mut self) -> Result<Range<usize>, Trap> {
        self.text(Export::Verdict)
    }

    /// The policy in force as JSON, or None when none was given.
    ///
    /// # Errors
    /// As [`Guest::process`].
    pub fn policy(&mut self) -> Result<Option<String>, Trap> {
        let range = self.text(Export::Policy)?;
        let text = String::from_utf8_lossy(self.bytes(range)).into_owned();
        Ok((!text.is_empty()).then_some(text))
    }

    fn text(&mut self, export: Export) -> Result<Range<usize>, Trap> {
        let packed = self.machine.call(export, 0, 0)?;
        let range = self.slice(export.name(), packed)?;
        match std::str::from_utf8(self.bytes(range.clone())) {
            Ok(_) => Ok(range),
            Err(_) => Err(bad(export.name(), "bytes that are not UTF-8")),
        }
    }

    /// Puts a policy in force and leaves no copy of it behind; returns the message of a module that refuses it.
    ///
    /// # Errors
    /// As [`Guest::process`].
    pub fn configure(&mut self, json: &[u8]) -> Result<Option<String>, Trap> {
        let bytes = json.len();
        let len = u32::try_from(bytes).map_err(|_| Trap::NoMemory { bytes })?;
        let address = self.machine.call(Export::Malloc, len, 0)? as u32;
        if address == 0 {
            return Err(Trap::NoMemory { bytes });
        }
        let place = address as usize..address as usize + bytes;
        let buffer = self.machine.memory_mut().get_mut(place.clone());
        buffer.ok_or_else(|| bad("malloc", "an address outside memory"))?.copy_from_slice(json);
        let packed = self.machine.call(Export::Configure, address, len)?;
        let message = match packed {
            0 => None,
            _ => {
                let mut range = self.slice("configure", packed)?;
                range.end = range.end.min(range.start + MESSAGE_BYTES_MAX);
                Some(plain(&String::from_utf8_lossy(self.bytes(range))))
            }
        };
        if let Some(place) = self.machine.memory_mut().get_mut(place) {
            place.fill(0);
        }
        self.machine.call(Export::Free, address, 0)?;
        Ok(message)
    }

    /// A part of the input buffer as an argument; it lies in memory of 32 bits, so nothing is cut off.
    fn argument(&self, range: &Range<usize>) -> (u32, u32) {
        (self.input + range.start as u32, range.len() as u32)
    }

    /// The range that a packed slice describes, inside memory.
    ///
    /// # Errors
    /// It is not.
    pub fn slice(&self, call: &'static str, packed: u64) -> Result<Range<usize>, Trap> {
        let start = (packed >> 32) as usize;
        let end = start + packed as u32 as usize;
        let size = self.machine.memory().len();
        if end > size {
            return Err(bad(call, format!("a slice that ends at {end}, memory ends at {size}")));
        }
        Ok(start..end)
    }

    /// The bytes of memory at `range`; none when it lies outside.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.machine.memory().get(range).unwrap_or_default()
    }
}

fn bad(call: &'static str, why: impl Into<String>) -> Trap {
    Trap::BadResult { call, why: why.into() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics says where")]
mod tests {
    use super::*;

    /// Gives out the end of its memory, answers as it is told and notes what it is asked.
    struct Fake {
        memory: Vec<u8>,
        answer: u64,
        asked: Vec<(Export, u32)>,
    }

    impl Machine for Fake {
        fn memory(&self) -> &[u8] {
            &self.memory
        }

        fn memory_mut(&mut self) -> &mut [u8] {
            &mut self.memory
        }

        fn call(&mut self, export: Export, first: u32, _: u32) -> Result<u64, Trap> {
            self.asked.push((export, first));
            Ok(match export {
                Export::Malloc => self.memory.len() as u64 - u64::from(first),
                Export::Free => 0,
                _ => self.answer,
            })
        }
    }

    fn guest(answer: u64) -> Guest<Fake> {
        Guest::new(Fake { memory: vec![b'm'; 8 * INPUT_BYTES_MIN], answer, asked: Vec::new() })
    }

    #[test]
    fn the_buffer_may_end_with_memory_and_grows_only_where_it_must() {
        let mut guest = guest(0);
        for len in [1, INPUT_BYTES_MIN, 2, INPUT_BYTES_MIN + 1, 3] {
            guest.load(&vec![b'x'; len]).unwrap();
        }
        let (min, size) = (INPUT_BYTES_MIN as u32, 8 * INPUT_BYTES_MIN as u32);
        let asked = [(Export::Malloc, min), (Export::Free, size - min), (Export::Malloc, 2 * min)];
        assert_eq!(guest.machine().asked, asked);
        let bytes = guest.bytes(6 * INPUT_BYTES_MIN..6 * INPUT_BYTES_MIN + 4);
        assert_eq!(bytes, b"xxxx");
    }

    #[test]
    fn an_answer_may_end_with_memory_and_not_behind_it() {
        let size = 8 * INPUT_BYTES_MIN as u64;
        assert_eq!(guest((size - 2) << 32 | 2).policy().unwrap().as_deref(), Some("mm"));
        assert!(guest((size - 2) << 32 | 3).policy().is_err());
    }

    #[test]
    fn a_long_message_is_cut() {
        for (len, cut) in [(3, 3), (MESSAGE_BYTES_MAX + 9, MESSAGE_BYTES_MAX)] {
            let message = guest(5000 << 32 | len as u64).configure(b"{}").unwrap();
            assert_eq!(message, Some("m".repeat(cut)));
        }
    }
}
