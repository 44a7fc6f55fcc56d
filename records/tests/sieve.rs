//! The loop: a failure costs its record and no other, order is kept, and everything is counted.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

use std::ops::Range;

use tapsieve_records::{Decider, Framer, Framing, Outcome, Output, Sieve, SieveOptions, Sifted, Trap};

/// Does what the byte after `!` says: `e` enrich, `d` drop, `t` trap, `l` time out, `S` trap in `scan`, `g` garbage.
#[derive(Default)]
struct Wishes {
    /// A call failed and nothing was taken in since.
    gone: bool,
    answer: Vec<u8>,
    stuck: bool,
}

impl Wishes {
    fn failed<T>(&mut self, trap: Trap) -> Result<T, Trap> {
        self.gone = true;
        Err(trap)
    }
}

fn trapped() -> Trap {
    Trap::Trapped { call: "process", why: "a wish".into() }
}

impl Decider for Wishes {
    fn load(&mut self, _: &[u8]) -> Result<(), Trap> {
        self.gone = false;
        Ok(())
    }

    fn scan(&mut self, block: &[u8], from: usize) -> Result<usize, Trap> {
        assert!(!self.gone, "asked about a block that is gone");
        let found = block[from..].iter().position(|&byte| byte == b'!').map_or(block.len(), |at| from + at);
        if block.get(found + 1) == Some(&b'S') { self.failed(trapped()) } else { Ok(found) }
    }

    fn process(&mut self, block: &[u8], record: Range<usize>) -> Result<Outcome<'_>, Trap> {
        assert!(!self.gone, "asked about a block that is gone");
        let record = &block[record];
        if self.stuck {
            return self.failed(Trap::TimedOut { call: "process", seconds: 1 });
        }
        let wish = record.iter().position(|&byte| byte == b'!').map(|at| record[at + 1]);
        match wish {
            Some(b'd') => Ok(Outcome::Dropped),
            Some(b't') => self.failed(trapped()),
            Some(b'l') => self.failed(Trap::TimedOut { call: "process", seconds: 1 }),
            Some(b'g') => Ok(Outcome::Enriched(b"{}")),
            Some(b'e' | b'S') => {
                self.answer = [&record[..record.len() - 1], b",\"mirror\":{}}"].concat();
                Ok(Outcome::Enriched(&self.answer))
            }
            _ => Ok(Outcome::Unchanged),
        }
    }

    fn verdict(&mut self) -> Result<Option<&str>, Trap> {
        Ok(None)
    }
}

fn sift(decider: Wishes, options: SieveOptions, input: &str) -> (String, Sifted) {
    let mut bytes = input.as_bytes().to_vec();
    let (mut frames, mut sifted) = (Vec::new(), Sifted::default());
    Framer::new(Framing::default()).frame(&mut bytes, true, &mut frames);
    Sieve::new(decider, options).sift(&bytes, &frames, &mut sifted, |_| ());
    let mut written = Vec::new();
    Output::default().each(&bytes, &frames, &sifted, |piece| written.extend_from_slice(piece));
    (String::from_utf8(written).unwrap(), sifted)
}

#[test]
fn any_mix_of_wishes_costs_only_the_records_that_fail() {
    // Every sequence of four wishes.
    let wishes = ["", "!e", "!d", "!t", "!l", "!S", "!g"];
    for code in 0..wishes.len().pow(4) {
        let picked: Vec<&str> = (0..4).map(|at| wishes[code / wishes.len().pow(at) % wishes.len()]).collect();
        let (mut input, mut expected) = (String::new(), String::new());
        for wish in &picked {
            let line = format!("{{\"a\":\"{wish}\"}}\n");
            match *wish {
                "!e" | "!S" => expected += &line.replace("\"}", "\",\"mirror\":{}}"),
                "!d" => {}
                _ => expected += &line,
            }
            input += &line;
        }
        let (written, sifted) = sift(Wishes::default(), SieveOptions::default(), &input);
        assert_eq!(written, expected, "{picked:?}");
        let count = |names: &[&str]| picked.iter().filter(|wish| names.contains(wish)).count() as u64;
        let counts = sifted.counts;
        assert_eq!(counts.records(), 4, "{picked:?}");
        assert_eq!(counts.enriched, count(&["!e", "!S"]), "{picked:?}");
        assert_eq!(counts.dropped, count(&["!d"]), "{picked:?}");
        assert_eq!(counts.unanswered, count(&["!t", "!l", "!g"]), "{picked:?}");
    }
}

#[test]
fn a_decider_that_never_answers_is_not_asked_again() {
    let input = "{\"a\":\"!e\"}\n".repeat(1000);
    let decider = Wishes { stuck: true, ..Wishes::default() };
    let (written, sifted) = sift(decider, SieveOptions::default(), &input);
    assert_eq!(written, input);
    assert_eq!((sifted.counts.unanswered, sifted.counts.unchanged), (1000, 1000));
    assert!(matches!(sifted.first_failure, Some((0, Trap::TimedOut { .. }))));
}

#[test]
fn lines_that_are_no_json_can_be_given_as_records() {
    let options = SieveOptions { wrap_lines: true, ..SieveOptions::default() };
    let (written, sifted) = sift(Wishes::default(), options, "quiet\nsay \"!e\"\t\n{\"a\":\"!e\"}\n");
    let wrapped = "{\"message\":\"say \\\"!e\\\"\",\"mirror\":{}}";
    assert_eq!(written, format!("quiet\n{wrapped}\t\n{{\"a\":\"!e\",\"mirror\":{{}}}}\n"));
    assert_eq!((sifted.counts.enriched, sifted.counts.unchanged), (2, 1));
}

#[test]
fn lines_that_end_as_json_are_asked_about_and_never_dropped() {
    let input = "<13>1 - h a - - [m s=\"1\"] {\"a\":\"!e\"}\n<13> {\"a\":\"!d\"}\n<13> {\"a\":\"!t\"}\nsay \"!e\"\n<13> {\"a\":\"!g\"}\n";
    let (written, sifted) = sift(Wishes::default(), SieveOptions::default(), input);
    assert_eq!(written, input.replacen("\"!e\"}", "\"!e\",\"mirror\":{}}", 1));
    assert_eq!((sifted.counts.enriched, sifted.counts.dropped, sifted.counts.records()), (1, 0, 1));
    assert_eq!((sifted.counts.not_json, sifted.counts.failures), (4, 2));
}
