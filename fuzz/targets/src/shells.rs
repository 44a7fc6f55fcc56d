//! The exports in any order with any lengths and addresses in the module's memory: no trap, no block of the host's is
//! touched, and a record has the answer of the detector alone.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use tapsieve_host_test::check::{show, show_bytes};
use tapsieve_host_test::engines::{Answer, Engine, Native, Wasmi};

use crate::common::{hold, vector_records};

/// More memory than this for blocks of so few bytes would be a leak.
const MEMORY_BYTES_MAX: usize = 16 << 20;

/// A block that the host has taken.
struct Block {
    address: u32,
    bytes: Vec<u8>,
}

/// What the host knows of an instance.
struct Host {
    wasmi: Wasmi,
    native: Native,
    blocks: Vec<Block>,
    /// Where the last answer lies.
    answer: Range<u32>,
}

/// A sequence of calls; the instance goes on to the next one.
pub fn shells(bytes: &[u8]) {
    thread_local!(static HOST: RefCell<Option<Host>> = const { RefCell::new(None) });
    HOST.with_borrow_mut(|host| {
        let mut from = Unstructured::new(bytes);
        // A find leaves nothing behind for the next input.
        let mut now = host.take().unwrap_or_else(Host::new);
        for _ in 0..40 {
            if from.is_empty() || now.call(&mut from).is_err() {
                break;
            }
            now.blocks_are_whole();
        }
        now.end();
        *host = Some(now);
    });
}

impl Host {
    fn new() -> Host {
        Host { wasmi: hold(Wasmi::new()), native: Native::new(), blocks: Vec::new(), answer: 0..0 }
    }

    fn call(&mut self, from: &mut Unstructured<'_>) -> Result<()> {
        match from.int_in_range(0..=9)? {
            0 | 1 => self.malloc(from.int_in_range(0..=70_000)?, None),
            2 if !self.blocks.is_empty() => {
                let place = from.choose_index(self.blocks.len())?;
                let block = self.blocks.swap_remove(place);
                // An answer that lies in it is the host's no more.
                let end = block.address + block.bytes.len() as u32;
                if self.answer.start < end && block.address < self.answer.end {
                    self.answer = 0..0;
                }
                hold(self.wasmi.call::<_, ()>("free", (block.address,)));
            }
            3 | 4 => {
                static RECORDS: LazyLock<Vec<&[u8]>> = LazyLock::new(|| vector_records().collect());
                let record = from.choose(&RECORDS)?;
                self.malloc(record.len() as u32, Some(record));
            }
            5 => {
                let policy = *from.choose(&[
                    "{}",
                    r#"{"keep":"mirror"}"#,
                    r#"{"drop":["read"],"schema":"ecs"}"#,
                    "{",
                    "[]",
                ])?;
                self.configure(policy);
            }
            6 => {
                let answer = hold(self.wasmi.call::<_, u64>("verdict", ()));
                self.answered(answer);
            }
            _ => {
                let (argument, is_known) = self.argument(from)?;
                self.process(from.int_in_range(0..=3)?, argument, is_known);
            }
        }
        Ok(())
    }

    /// Takes a block and writes into it.
    fn malloc(&mut self, len: u32, bytes: Option<&[u8]>) {
        let address = hold(self.wasmi.call::<_, u32>("malloc", (len,)));
        let bytes = bytes.map_or_else(|| vec![address as u8; len as usize], <[u8]>::to_vec);
        assert!(address != 0 && address.is_multiple_of(8), "malloc({len}) gave {address}");
        let range = address..address + len;
        let memory = self.wasmi.memory();
        assert!(range.end as usize <= memory.len(), "a block outside of the memory");
        let overlaps = |block: &&Block| {
            range.start < block.address + block.bytes.len() as u32 && block.address < range.end
        };
        assert!(self.blocks.iter().find(overlaps).is_none(), "two blocks in one place");
        memory[address as usize..range.end as usize].copy_from_slice(&bytes);
        self.blocks.push(Block { address, bytes });
    }

    fn configure(&mut self, policy: &str) {
        self.malloc(policy.len() as u32, Some(policy.as_bytes()));
        let block = self.blocks.pop().expect("the block just taken");
        let message = hold(self.wasmi.call::<_, u64>("configure", (block.address, policy.len() as u32)));
        assert_eq!(message != 0, self.native.configure(policy).is_err(), "another judgement of a policy");
        hold(self.wasmi.call::<_, ()>("free", (block.address,)));
    }

    /// Bytes of a block or of the last answer, or, not known to the host, of anywhere in the memory.
    fn argument(&mut self, from: &mut Unstructured<'_>) -> Result<(Range<u32>, bool)> {
        let memory = self.wasmi.memory().len() as u32;
        let (whole, is_known) = match from.int_in_range(0..=5)? {
            0..=2 if !self.blocks.is_empty() => {
                let block = from.choose(&self.blocks)?;
                (block.address..block.address + block.bytes.len() as u32, true)
            }
            3 | 4 => (self.answer.clone(), true),
            _ => {
                let start = from.int_in_range(1..=memory)?;
                (start..start.saturating_add(from.int_in_range(0..=4096)?).min(memory), false)
            }
        };
        let start = from.int_in_range(0..=3)?.min(whole.len() as u32) + whole.start;
        let part = start..whole.end.saturating_sub(1).max(start);
        Ok((if from.ratio(1, 2)? { whole } else { part }, is_known))
    }

    /// Gives bytes to one of the calls that take a record. What is not the host's may change meanwhile: the answer to it
    /// is any.
    fn process(&mut self, call: u32, argument: Range<u32>, is_known: bool) {
        let (address, len) = (argument.start, argument.len() as u32);
        let record = self.wasmi.memory()[argument.start as usize..argument.end as usize].to_vec();
        if call == 0 {
            let found = hold(self.wasmi.call::<_, u32>("scan", (address, len)));
            let same = !is_known || address == 0 || found as usize == hold(self.native.scan(&record));
            assert!(same, "a scan differs");
            return;
        }
        if call == 1 {
            let answer = hold(self.wasmi.call::<_, u64>("process", (address, len)));
            if address == 0 {
                return assert_eq!(answer, u64::from(len), "what is no record is unchanged");
            }
            let expected = hold(self.native.process(&record));
            let bytes = self.answered(answer);
            self.forget(address, is_known);
            let same = match &expected {
                _ if !is_known => true,
                Answer::Unchanged => bytes == record,
                Answer::Enriched(enriched) => bytes == *enriched,
                Answer::Dropped => answer == 0,
            };
            return assert!(
                same,
                "the detector says {} of {}, the module {}",
                show(&expected),
                show_bytes(&record),
                show_bytes(&bytes)
            );
        }
        let name = if call == 2 { "fluent_bit_process" } else { "fluent_bit_repair" };
        let answer = hold(self.wasmi.call::<_, u32>(name, (0u32, 0u32, 1u32, 2u32, address, len)));
        let memory = self.wasmi.memory();
        assert!(answer != 0 && (answer as usize) < memory.len(), "{name} answered {answer}");
        let end = memory[answer as usize..].iter().position(|byte| *byte == 0);
        self.answer = answer..end.map_or(answer, |end| answer + end as u32);
        self.forget(address, is_known);
        // The detector's state is that of the last record.
        hold(self.native.process(&record));
    }

    /// An unchanged record is no answer to keep where what lies there is not the host's.
    fn forget(&mut self, address: u32, is_known: bool) {
        if !is_known && self.answer.start == address {
            self.answer = 0..0;
        }
    }

    /// The bytes of an answer.
    fn answered(&mut self, packed: u64) -> Vec<u8> {
        let (address, len) = ((packed >> 32) as u32, packed as u32);
        self.answer = address..address + len;
        let memory = self.wasmi.memory();
        let bytes = memory.get(address as usize..address as usize + len as usize);
        bytes.expect("an answer in the memory").to_vec()
    }

    /// Nothing that the host owns was written to.
    fn blocks_are_whole(&mut self) {
        let memory = self.wasmi.memory();
        for Block { address, bytes } in &self.blocks {
            assert!(memory[*address as usize..].starts_with(bytes), "a block of the host's was written to");
        }
    }

    /// Gives everything back; memory does not grow from one sequence to the next.
    fn end(&mut self) {
        self.configure("{}");
        for block in std::mem::take(&mut self.blocks) {
            hold(self.wasmi.call::<_, ()>("free", (block.address,)));
        }
        self.answer = 0..0;
        let len = self.wasmi.memory().len();
        assert!(len <= MEMORY_BYTES_MAX, "the memory has {len} bytes");
    }
}
