//! The loop: a failure costs its record and no other, order is kept, and everything is counted.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

use std::ops::Range;

use std::time::Duration;

use tapsieve_records::{
    BLOCK_BYTES, ConfigureError, Counts, Decider, Frame, Framer, Framing, Kind, Outcome, Output, Place,
    Sieve, SieveOptions, Sifted, Trap, keeps, plain, value_end,
};

/// Does what the byte after `!` says: `e` enrich, `d` drop, `t` trap, `l` time out, `S` trap in `scan`, `g` garbage,
/// `v` enrich and trap when asked for the verdict.
#[derive(Default)]
struct Wishes {
    /// A call failed and nothing was taken in since.
    gone: bool,
    answer: Vec<u8>,
    stuck: bool,
    /// What has no wish is dropped.
    drops: bool,
    /// The wish of the last record.
    last: Option<u8>,
    /// How long the blocks were that were taken in.
    loads: Vec<usize>,
    /// What is taken in from this number on fails, or this one alone.
    fails_from: Option<usize>,
    fails_once: bool,
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
    fn load(&mut self, block: &[u8]) -> Result<(), Trap> {
        self.gone = false;
        self.loads.push(block.len());
        let number = self.loads.len() - 1;
        if self.fails_from.is_some_and(|from| number == from || number > from && !self.fails_once) {
            return self.failed(trapped());
        }
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
        self.last = wish;
        match wish {
            Some(b'd') => Ok(Outcome::Dropped),
            Some(b't') => self.failed(trapped()),
            Some(b'l') => self.failed(Trap::TimedOut { call: "process", seconds: 1 }),
            Some(b'g') => Ok(Outcome::Enriched(b"{}")),
            Some(b'e' | b'S' | b'v') => {
                self.answer = [&record[..record.len() - 1], b",\"mirror\":{}}"].concat();
                Ok(Outcome::Enriched(&self.answer))
            }
            _ if self.drops => Ok(Outcome::Dropped),
            _ => Ok(Outcome::Unchanged),
        }
    }

    fn verdict(&mut self) -> Result<Option<&str>, Trap> {
        match self.last {
            Some(b'v') => self.failed(trapped()),
            Some(b'e' | b'S' | b'd') => Ok(Some("{}")),
            _ => Ok(None),
        }
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
        // A scan that fails is one more failure, whatever it was about.
        let fails = |wish: &&str| ["!t", "!l", "!g", "!S"].contains(wish);
        assert!(counts.failures >= count(&["!t", "!l", "!g"]), "{picked:?}");
        let first = picked.iter().position(fails);
        assert_eq!(sifted.first_failure.is_some(), first.is_some(), "{picked:?}");
        if let (Some(first), false) = (first, picked.contains(&"!S")) {
            assert_eq!(counts.failures, count(&["!t", "!l", "!g"]), "{picked:?}");
            assert!(sifted.first_failure.is_some_and(|(number, _)| number == first), "{picked:?}");
        }
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

#[test]
fn verdicts_are_told_with_what_became_of_their_records_and_one_that_fails_costs_nothing() {
    let options = SieveOptions { verdicts: true, ..SieveOptions::default() };
    let wishes = ["", "!e", "!d", "!v"];
    for code in 0..wishes.len().pow(3) {
        let picked: Vec<&str> = (0..3).map(|at| wishes[code / wishes.len().pow(at) % wishes.len()]).collect();
        let lines: Vec<String> = picked.iter().map(|wish| format!("{{\"a\":\"{wish}\"}}\n")).collect();
        let mut bytes = lines.concat().into_bytes();
        let (mut frames, mut sifted, mut told) = (Vec::new(), Sifted::default(), Vec::new());
        Framer::new(Framing::default()).frame(&mut bytes, true, &mut frames);
        Sieve::new(Wishes::default(), options).sift(&bytes, &frames, &mut sifted, |it| {
            assert_eq!(it.verdict, "{}");
            assert_eq!(it.record, lines[it.frame].trim_end().as_bytes());
            let enriched = enriched(&lines[it.frame]);
            let right = match it.outcome {
                Outcome::Enriched(bytes) => {
                    picked[it.frame] == "!e" && bytes == enriched.trim_end().as_bytes()
                }
                Outcome::Dropped => picked[it.frame] == "!d",
                Outcome::Unchanged => false,
            };
            assert!(right, "{picked:?}");
            told.push(it.frame);
        });
        let expected: Vec<usize> = (0..3).filter(|&at| ["!e", "!d"].contains(&picked[at])).collect();
        assert_eq!(told, expected, "{picked:?}");
        let mut written = Vec::new();
        Output::default().each(&bytes, &frames, &sifted, |piece| written.extend_from_slice(piece));
        let expected: String = (0..3)
            .map(|at| match picked[at] {
                "!d" => String::new(),
                "" => lines[at].clone(),
                _ => enriched(&lines[at]),
            })
            .collect();
        assert_eq!(String::from_utf8(written).unwrap(), expected, "{picked:?}");
        let failures = picked.iter().filter(|wish| **wish == "!v").count() as u64;
        assert_eq!((sifted.counts.failures, sifted.counts.unanswered), (failures, 0), "{picked:?}");
    }
}

fn enriched(line: &str) -> String {
    line.replace("\"}", "\",\"mirror\":{}}")
}

#[test]
fn a_long_block_is_taken_in_by_parts_and_comes_out_as_lines_do() {
    let wishes = ["", "!e", "", "!d", "!t", "", "!S", "", "!g", ""];
    // Lines of other lengths end where parts do.
    for pad in [0, 1, 999, 70_000, BLOCK_BYTES / 4 + 10] {
        let count = (BLOCK_BYTES / (pad + 12)).clamp(9, 3000);
        let (mut input, mut expected) = (String::new(), String::new());
        for number in 0..count {
            let wish = wishes[number % wishes.len()];
            let line = format!("{{\"p\":\"{}\",\"a\":\"{wish}\"}}\n", "x".repeat(pad));
            match wish {
                "!e" | "!S" => expected += &enriched(&line),
                "!d" => {}
                _ => expected += &line,
            }
            input += &line;
        }
        let mut bytes = input.into_bytes();
        let (mut frames, mut sifted) = (Vec::new(), Sifted::default());
        Framer::new(Framing::default()).frame(&mut bytes, true, &mut frames);
        let mut sieve = Sieve::new(Wishes::default(), SieveOptions::default());
        // What a block left behind is not in the next.
        for _ in 0..2 {
            sieve.sift(&bytes, &frames, &mut sifted, |_| ());
            let mut written = Vec::new();
            Output::default().each(&bytes, &frames, &sifted, |piece| written.extend_from_slice(piece));
            assert!(written == expected.as_bytes(), "{pad}");
            assert_eq!(sifted.counts.records(), count as u64);
        }
        let line = pad + 30;
        let longest = sieve.decider().loads.iter().copied().max().unwrap();
        assert!(longest <= (BLOCK_BYTES / 4).max(line), "{longest} of {pad}");
        assert!(longest + line >= (bytes.len() / 2).min(BLOCK_BYTES / 4), "{longest} of {pad}");
    }
}

#[test]
fn what_a_scan_rules_out_is_dropped_where_a_record_about_nothing_is() {
    let decider = Wishes { drops: true, ..Wishes::default() };
    let (written, sifted) = sift(decider, SieveOptions::default(), "{}\n\nno json\n{\"a\":\"!e\"}\n{}\n");
    assert_eq!(written, "\nno json\n{\"a\":\"!e\",\"mirror\":{}}\n");
    let counts = sifted.counts;
    assert_eq!((counts.dropped, counts.enriched, counts.unchanged), (2, 1, 0));
    assert_eq!((counts.not_json, counts.blank), (1, 1));
    let decider = Wishes { drops: true, ..Wishes::default() };
    let options = SieveOptions { wrap_lines: true, ..SieveOptions::default() };
    let (written, sifted) = sift(decider, options, "no json\n{}\nsay !e\n");
    assert_eq!(written, "{\"message\":\"say !e\",\"mirror\":{}}\n");
    assert_eq!((sifted.counts.dropped, sifted.counts.not_json), (2, 0));
}

#[test]
fn what_takes_too_long_passes_unanswered() {
    let input = "{\"a\":\"!e\"}\nno json\n";
    for (max, unanswered) in [(Duration::ZERO, 1), (Duration::from_secs(3600), 0)] {
        let options = SieveOptions { time_max: Some(max), ..SieveOptions::default() };
        let (written, sifted) = sift(Wishes::default(), options, input);
        assert_eq!(written == input, unanswered == 1);
        assert_eq!((sifted.counts.unanswered, sifted.counts.not_json), (unanswered, 1));
        // That time is up is no failure of the decider.
        assert_eq!((sifted.counts.failures, sifted.first_failure), (0, None));
    }
}

#[test]
fn that_nothing_is_answered_is_said_once() {
    let mut sieve = Sieve::new(Wishes { stuck: true, ..Wishes::default() }, SieveOptions::default());
    assert_eq!(sieve.failed(), Some(&Trap::TimedOut { call: "process", seconds: 1 }));
    let mut bytes = b"{}\n".to_vec();
    let (mut frames, mut sifted) = (Vec::new(), Sifted::default());
    Framer::new(Framing::default()).frame(&mut bytes, true, &mut frames);
    for failures in [1, 0] {
        sieve.sift(&bytes, &frames, &mut sifted, |_| ());
        assert_eq!((sifted.counts.unanswered, sifted.counts.failures), (1, failures));
        assert_eq!(sifted.first_failure.is_some(), failures == 1);
    }
    let mut sieve = Sieve::new(Wishes::default(), SieveOptions::default());
    assert_eq!(sieve.failed(), None);
    sieve.options().verdicts = true;
    assert!(sieve.options().verdicts);
}

#[test]
fn of_objects_in_a_row_each_has_its_answer() {
    let wishes = ["", "!e", "!d"];
    for code in 0..wishes.len().pow(3) {
        let picked: Vec<&str> = (0..3).map(|at| wishes[code / wishes.len().pow(at) % wishes.len()]).collect();
        let objects: Vec<String> = picked.iter().map(|wish| format!("{{\"a\":\"{wish}\"}}")).collect();
        let kept: Vec<String> = (0..3)
            .filter(|&at| picked[at] != "!d")
            .map(|at| if picked[at] == "!e" { enriched(&objects[at]) } else { objects[at].clone() })
            .collect();
        // On a first line objects are frames of their own.
        let input = format!("{{}}\n{}\n", objects.join("  "));
        let (written, sifted) = sift(Wishes::default(), SieveOptions::default(), &input);
        let expected = if kept.is_empty() { String::new() } else { format!("{}\n", kept.join("  ")) };
        assert_eq!(written, format!("{{}}\n{expected}"), "{picked:?}");
        let dropped = picked.iter().filter(|wish| **wish == "!d").count() as u64;
        assert_eq!(sifted.counts.dropped, dropped, "{picked:?}");
    }
    // What only looks like a row is one record.
    let line = "{\"a\":\"!e\"} {\"b\":2} x}";
    let (written, _) = sift(Wishes::default(), SieveOptions::default(), &format!("{{}}\n{line}\n"));
    assert_eq!(written, format!("{{}}\n{},\"mirror\":{{}}}}\n", line.trim_end_matches('}')));
    let line = "{\"a\":\"} {\",\"b\":\"!e\"}";
    let (written, sifted) = sift(Wishes::default(), SieveOptions::default(), &format!("{{}}\n{line}\n"));
    assert_eq!(written, format!("{{}}\n{},\"mirror\":{{}}}}\n", line.trim_end_matches('}')));
    assert_eq!(sifted.counts.records(), 2);
}

#[test]
fn only_what_is_enriched_is_written_where_that_is_asked_for() {
    for (input, expected) in [
        ("{\"a\":\"!e\"}\n{}\nno json\n{\"a\":\"!d\"}\n", "{\"a\":\"!e\",\"mirror\":{}}\n"),
        (
            "[{\"a\":1},{\"a\":\"!e\"}, {\"b\":\"!e\"}]",
            "{\"a\":\"!e\",\"mirror\":{}}\n{\"b\":\"!e\",\"mirror\":{}}\n",
        ),
    ] {
        let mut bytes = input.as_bytes().to_vec();
        let (mut frames, mut sifted) = (Vec::new(), Sifted::default());
        Framer::new(Framing::default()).frame(&mut bytes, true, &mut frames);
        Sieve::new(Wishes::default(), SieveOptions::default()).sift(&bytes, &frames, &mut sifted, |_| ());
        let mut written = Vec::new();
        Output::new(true).each(&bytes, &frames, &sifted, |piece| written.extend_from_slice(piece));
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}

#[test]
fn what_is_dropped_from_a_list_leaves_a_list() {
    let wishes = ["", "!e", "!d"];
    for code in 0..wishes.len().pow(4) {
        let picked: Vec<&str> = (0..4).map(|at| wishes[code / wishes.len().pow(at) % wishes.len()]).collect();
        let object = |wish: &&str| format!("{{\"a\":\"{wish}\"}}");
        let kept: Vec<String> =
            picked.iter().filter(|wish| **wish != "!d").map(|wish| enriched_if(wish, object(wish))).collect();
        let input = format!("[{}]\n", picked.iter().map(object).collect::<Vec<_>>().join(","));
        let (written, _) = sift(Wishes::default(), SieveOptions::default(), &input);
        assert_eq!(written, format!("[{}]\n", kept.join(",")), "{picked:?}");
    }
}

fn enriched_if(wish: &str, object: String) -> String {
    if wish == "!e" { enriched(&object) } else { object }
}

#[test]
fn pieces_of_a_block_are_as_long_as_they_can_be_and_never_empty() {
    let input = "{}\n\n{\"a\":\"!e\"}\n{}\nx\n{\"a\":\"!d\"}\n{}\n";
    let mut bytes = input.as_bytes().to_vec();
    let (mut frames, mut sifted) = (Vec::new(), Sifted::default());
    Framer::new(Framing::default()).frame(&mut bytes, true, &mut frames);
    Sieve::new(Wishes::default(), SieveOptions::default()).sift(&bytes, &frames, &mut sifted, |_| ());
    let mut pieces = Vec::new();
    Output::default().each(&bytes, &frames, &sifted, |piece| pieces.push(String::from_utf8_lossy(piece)));
    assert_eq!(pieces, ["{}\n\n", "{\"a\":\"!e\",\"mirror\":{}}", "\n{}\nx\n", "{}\n"]);
}

#[test]
fn lines_are_spelled_as_json_spells_them() {
    let options = SieveOptions { wrap_lines: true, ..SieveOptions::default() };
    let (written, _) = sift(Wishes::default(), options, "a\u{1}b\t\"\\ü\u{1f} !e\n");
    assert_eq!(written, "{\"message\":\"a\\u0001b\\u0009\\\"\\\\ü\\u001f !e\",\"mirror\":{}}\n");
}

#[test]
fn an_answer_is_one_object_with_the_whole_record_in_it() {
    const LOST: &str = "a record without the original in it";
    const NO_OBJECT: &str = "a record that is no JSON object";
    const BROKEN: &str = "a record with a line break";
    let cases: [(&str, &str, Result<(), &str>); 26] = [
        ("{}", "{\"m\":1}", Ok(())),
        ("{\"a\":1}", "{\"a\":1,\"m\":{\"b\":[\"}\"]}}", Ok(())),
        ("{\"a\":1} ", "{\"a\":1,\"m\":2} ", Ok(())),
        ("{\"a\":1}", "{\"a\":1}", Ok(())),
        // Every byte is there, and it is an object.
        ("{\"a\":1}", "{\"a\":12}", Ok(())),
        // A header stays before it.
        ("<13> {\"a\":1}", "<13> {\"a\":1,\"m\":2}", Ok(())),
        // Grown where no member may stand.
        ("{\"a\":1}", "{\"a\":1}x", Err(NO_OBJECT)),
        ("{\"a\":1}", "{\"a\":1},\"m\":2", Err(NO_OBJECT)),
        ("{\"a\":1}", "{\"a\":1}}", Err(NO_OBJECT)),
        ("{\"a\":1} ", "{\"a\":1} ,\"m\":2", Err(NO_OBJECT)),
        ("{\"a\":1}", "{\"a\":1,\"m\":{}", Err(NO_OBJECT)),
        ("{\"a\":1}", "{\"a\":1,\"m\":\"}", Err(NO_OBJECT)),
        ("{\"a\":1}", "x{\"a\":1}", Err(NO_OBJECT)),
        ("no json", "no json, more", Err(NO_OBJECT)),
        // Around it.
        ("{\"a\":1}", "{\"raw\":{\"a\":1},\"m\":2}", Ok(())),
        ("{\"a\":1}\r", "{\"raw\":{\"a\":1},\"m\":2}", Ok(())),
        ("<1>{\"a\":1}", "{\"raw\":\"<1>{\\\"a\\\":1}\",\"m\":2}", Ok(())),
        ("<1>{\"a\":1}", "{\"raw\":\"<1>{\\\"a\\\":2}\",\"m\":2}", Err(LOST)),
        ("{\"a\":1}", "{\"raw\":\"{\\\"a\\\":1}\"}", Err(LOST)),
        ("{\"a\":1}", "{\"b\":2}", Err(LOST)),
        ("{\"a\":1}", "{}", Err(LOST)),
        ("{\"a\":1}", "", Err(NO_OBJECT)),
        ("{\"a\":1}", "[{\"a\":1}, 2]", Err(NO_OBJECT)),
        ("{\"a\":1}", "{\"raw\":{\"a\":1},\"m\":2} x", Err(NO_OBJECT)),
        // A line stays one.
        ("{\"a\":1}", "{\"a\":1,\n\"m\":2}", Err(BROKEN)),
        ("{\n\"a\":1}", "{\n\"a\":1,\n\"m\":2}", Ok(())),
    ];
    for (original, enriched, expected) in cases {
        assert_eq!(keeps(original.as_bytes(), enriched.as_bytes()), expected, "{original} {enriched}");
    }
}

#[test]
fn a_value_ends_where_it_closes() {
    let cases =
        [("{}", Some(2)), ("{\"a\":[{}]} x", Some(10)), ("[1]", Some(3)), ("{", None), ("{\"}", None)];
    for (text, end) in cases {
        assert_eq!(value_end(text.as_bytes(), 0), end, "{text}");
    }
}

#[test]
fn a_line_break_in_a_string_stays_in_it_and_a_record_after_it_does_not() {
    for (text, end) in [
        ("{\"a\":\"x\ny\"}", Some(11)),
        ("{\"a\":\"x\n{\"}", None),
        ("{\"a\":1 \"b\":2}", None),
        ("{{}}", None),
    ] {
        assert_eq!(value_end(text.as_bytes(), 0), end, "{text}");
    }
}

#[test]
fn a_line_as_a_record_is_taken_in_by_itself_and_its_block_again() {
    let options = SieveOptions { wrap_lines: true, ..SieveOptions::default() };
    let (line, record) = ("say !e\n", "{\"a\":\"!e\"}\n");
    let wrapped = "{\"message\":\"say !e\"}".len();
    let both = line.len() + record.len();
    for (input, loads) in [
        (line.to_owned(), vec![2, line.len(), wrapped]),
        (format!("{line}{record}"), vec![2, both, wrapped, both]),
        (format!("{record}{line}"), vec![2, both, wrapped]),
    ] {
        let mut bytes = input.into_bytes();
        let (mut frames, mut sifted) = (Vec::new(), Sifted::default());
        Framer::new(Framing::default()).frame(&mut bytes, true, &mut frames);
        let mut sieve = Sieve::new(Wishes::default(), options);
        sieve.sift(&bytes, &frames, &mut sifted, |_| ());
        assert_eq!(sieve.decider().loads, loads);
    }
    // Taking the block in again fails once: what has its answer is not asked about twice.
    let decider = Wishes { fails_from: Some(3), fails_once: true, ..Wishes::default() };
    let (written, sifted) = sift(decider, options, &format!("{line}{record}"));
    assert_eq!(written, "{\"message\":\"say !e\",\"mirror\":{}}\n{\"a\":\"!e\",\"mirror\":{}}\n");
    assert_eq!((sifted.counts.enriched, sifted.counts.failures), (2, 1));
    assert_eq!(sifted.first_failure, Some((1, trapped())));
}

#[test]
fn where_nothing_can_be_taken_in_everything_passes() {
    let decider = Wishes { fails_from: Some(1), ..Wishes::default() };
    let input = "{\"a\":\"!e\"}\n{\"a\":\"!d\"}\n";
    let (written, sifted) = sift(decider, SieveOptions::default(), input);
    assert_eq!(written, input);
    assert_eq!((sifted.counts.unanswered, sifted.counts.records()), (2, 2));
}

#[test]
fn what_is_too_long_is_counted_and_never_taken_in() {
    let frame = |kind| Frame { from: 0, start: 0, end: 3, to: 3, kind, place: Place::Line };
    let mut sieve = Sieve::new(Wishes::default(), SieveOptions::default());
    let mut sifted = Sifted::default();
    for (kind, too_long) in [(Kind::Piece, 0), (Kind::TooLong, 1), (Kind::Between, 0)] {
        sieve.sift(b"!e}", &[frame(kind)], &mut sifted, |_| ());
        assert_eq!((sifted.counts.too_long, sifted.counts.records()), (too_long, 0));
    }
    assert_eq!(sieve.decider().loads, [2]);
}

#[test]
fn counts_add_up_each_by_itself() {
    let counts = |factor: u64| Counts {
        unchanged: factor,
        enriched: 2 * factor,
        dropped: 3 * factor,
        not_json: 4 * factor,
        blank: 5 * factor,
        too_long: 6 * factor,
        unanswered: 7 * factor,
        failures: 8 * factor,
        bytes_in: 9 * factor,
        bytes_out: 10 * factor,
    };
    let mut sum = counts(3);
    sum += counts(4);
    assert_eq!(sum, counts(7));
    assert_eq!(sum.records(), 42);
}

#[test]
fn failures_say_what_failed() {
    let why = || "unreachable".to_owned();
    let cases = [
        (Trap::Trapped { call: "scan", why: why() }, "`scan` trapped: unreachable"),
        (Trap::TimedOut { call: "process", seconds: 2 }, "`process` did not return, the limit is 2 s"),
        (Trap::BadResult { call: "process", why: why() }, "`process` returned unreachable"),
        (Trap::NoMemory { bytes: 7 }, "`malloc` has no memory for 7 bytes"),
        (Trap::NotStarted(why()), "module cannot be started: unreachable"),
    ];
    for (trap, text) in cases {
        assert_eq!(trap.to_string(), text);
        assert_eq!(ConfigureError::Trap(trap).to_string(), text);
    }
    assert_eq!(ConfigureError::Refused(why()).to_string(), "unreachable");
}

#[test]
fn no_control_character_and_no_turn_of_direction_reaches_a_terminal() {
    assert_eq!(
        plain("a\u{1b}[31m\n\u{202e}\u{2066}\u{200f}ü"),
        "a\u{fffd}[31m\u{fffd}\u{fffd}\u{fffd}\u{fffd}ü"
    );
    assert_eq!(plain("a b"), "a b");
}
