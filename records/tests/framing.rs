//! Where records lie: the same in whatever cuts the bytes arrive.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

use tapsieve_records::{Framer, Framing, Kind, Output, Place, RECORD_BYTES_MAX, Sifted};

/// The records of `input` when it arrives in pieces of `step` bytes, what is written of it, and whether it is whole.
fn cut(input: &[u8], framing: Framing, step: usize) -> (Vec<String>, String, bool) {
    let mut framer = Framer::new(framing);
    let (mut output, mut found, mut written) = (Output::default(), Vec::new(), Vec::new());
    let (mut held, mut frames) = (Vec::new(), Vec::new());
    let mut pieces = input.chunks(step).peekable();
    loop {
        held.extend_from_slice(pieces.next().unwrap_or_default());
        let ended = pieces.peek().is_none();
        loop {
            frames.clear();
            let taken = framer.frame(&mut held, ended, &mut frames);
            assert!(ended || held.len() - taken < RECORD_BYTES_MAX);
            for frame in &frames {
                assert!(frame.from < frame.to, "{frame:?}");
                let text =
                    String::from_utf8_lossy(&held[frame.start as usize..frame.end as usize]).into_owned();
                match frame.kind {
                    Kind::Record => found.push(text),
                    Kind::Other => found.push(format!("not {text}")),
                    Kind::Blank => found.push("blank".into()),
                    Kind::Piece | Kind::TooLong | Kind::Between => {}
                }
            }
            output.each(&held, &frames, &Sifted::default(), |bytes| written.extend_from_slice(bytes));
            held.drain(..taken);
            if taken == 0 || held.is_empty() {
                break;
            }
        }
        if ended {
            assert!(held.is_empty(), "{}", String::from_utf8_lossy(&held));
            return (found, String::from_utf8(written).unwrap(), !framer.is_unfinished());
        }
    }
}

fn check(input: &str, framing: Framing, records: &[&str], written: &str, whole: bool) {
    for step in [1, 2, 3, 7, 40, 100_000] {
        let (found, out, is_whole) = cut(input.as_bytes(), framing, step);
        assert_eq!(found, records, "{input:?} by {step}");
        assert_eq!(out, written, "{input:?} by {step}");
        assert_eq!(is_whole, whole, "{input:?} by {step}");
    }
}

#[test]
fn records_are_found_and_every_byte_is_kept() {
    let cases: [(&str, &[&str]); 47] = [
        ("", &[]),
        (" \r\n", &["blank"]),
        ("{\"a\":1}", &["{\"a\":1}"]),
        ("\n{\"a\":1}\n{\"b\":2}\n", &["blank", "{\"a\":1}", "{\"b\":2}"]),
        ("\n\r\n {\"a\":1} x\n", &["blank", "blank", "{\"a\":1}", "not x"]),
        ("{\"a\":1}\n{\"b\":2}\r\n\n {\"c\":3} \n", &["{\"a\":1}", "{\"b\":2}", "blank", "{\"c\":3}"]),
        ("{\"a\":1}\nno json\n{\"b\":2}", &["{\"a\":1}", "not no json", "{\"b\":2}"]),
        // A mark is no part of a record, on any line.
        ("\u{feff}{\"a\":1}\n\u{feff}{\"b\":2}\n", &["{\"a\":1}", "{\"b\":2}"]),
        ("\u{feff}[{\"a\":1}]", &["{\"a\":1}"]),
        // Another character begins as a mark does.
        ("\u{ff01}{\"a\":1}\n", &["not \u{ff01}{\"a\":1}"]),
        ("{}\n ", &["{}", "blank"]),
        // Objects of many lines, alone, in a row and among lines.
        ("{\n \"a\": [1]\n}\n", &["{\n \"a\": [1]\n}"]),
        ("{\n \"a\": 1\n}\n{\n \"b\": 2\n}", &["{\n \"a\": 1\n}", "{\n \"b\": 2\n}"]),
        ("{\"a\":1}\n{\n\"b\":2\n}\n{\"c\":3}\n", &["{\"a\":1}", "{\n\"b\":2\n}", "{\"c\":3}"]),
        ("{\n\"a\":1}{\n\"b\":2}\n", &["{\n\"a\":1}", "{\n\"b\":2}"]),
        // A line that was cut off costs no other.
        ("{\"a\":\n{\"b\":2}\n{\"c\":3}\n", &["not {\"a\":", "{\"b\":2}", "{\"c\":3}"]),
        ("{\"a\":1,\n{\"b\":2}\n{\"c\":3}\n", &["not {\"a\":1,", "{\"b\":2}", "{\"c\":3}"]),
        ("{\"a\":\"x\n{\"b\":2}\n{\"c\":3}\n", &["not {\"a\":\"x", "{\"b\":2}", "{\"c\":3}"]),
        ("{\"c\":3}\n{\"a\":[1\n{\"b\":2}\n", &["{\"c\":3}", "not {\"a\":[1", "{\"b\":2}"]),
        ("{\"a\":[\n{\"b\":2}", &["not {\"a\":[", "{\"b\":2}"]),
        ("{\"a\":1\n", &["not {\"a\":1"]),
        // Arrays.
        ("[]", &[]),
        (" [ ] \n", &[]),
        ("[{\"a\":\"]},\\\"\\\\\"},\n {\"b\":[{}]}\n]\n", &["{\"a\":\"]},\\\"\\\\\"}", "{\"b\":[{}]}"]),
        ("[1, \"two, 2\" ,null,[3],true]", &["not 1", "not \"two, 2\"", "not null", "not [3]", "not true"]),
        ("[{\"a\":1}]\n[{\"b\":2}]\n", &["{\"a\":1}", "{\"b\":2}"]),
        ("[{\"a\":1} } x\n{\"b\":2}", &["{\"a\":1}", "not } x\n", "{\"b\":2}"]),
        ("[{\"a\":1}] x\n", &["{\"a\":1}", "not x"]),
        ("\n[{\"a\":1}]", &["{\"a\":1}"]),
        ("[{\"a\":1} } x", &["{\"a\":1}", "not } x"]),
        ("[{\"a\":1}, : x]\n{\"b\":2}\n", &["{\"a\":1}", "not : x]\n", "{\"b\":2}"]),
        ("[{\"a\":1},{\"b\":\"x\n{\"c\":3}\n", &["{\"a\":1}", "not {\"b\":\"x\n", "{\"c\":3}"]),
        // Log lines that begin with a bracket.
        ("[note] y\n", &["not [note] y"]),
        ("[12:30] y\n", &["not [12:30] y"]),
        ("[ note] y\n", &["not [ note] y"]),
        ("[  note] y\n", &["not [  note] y"]),
        ("[ ", &["not ["]),
        ("[12", &["not [12"]),
        ("[1] y\n{\"a\":1}\n", &["not [1] y", "{\"a\":1}"]),
        ("<189>1: x\n[note] y\n", &["not <189>1: x", "not [note] y"]),
        // Objects in a row.
        ("{\"a\":1}{\"b\":2}", &["{\"a\":1}", "{\"b\":2}"]),
        ("{\"a\":1} {\"b\":\"}{\"}\n{\"c\":3}\n", &["{\"a\":1}", "{\"b\":\"}{\"}", "{\"c\":3}"]),
        (
            "{\"a\":1}{\"b\":2}\nno json\n{\"c\":3}\n",
            &["{\"a\":1}", "{\"b\":2}", "blank", "not no json", "{\"c\":3}"],
        ),
        ("{\"Records\":[{\"a\":1}]}{\"b\":2}", &["{\"Records\":[{\"a\":1}]}", "{\"b\":2}"]),
        ("{\"Records\":[{\"a\":1}]} {\n\"b\":2}", &["{\"Records\":[{\"a\":1}]}", "{\n\"b\":2}"]),
        // On a later line: the sieve takes it apart when a scan names it.
        ("{}\n{\"a\":1}{\"b\":2}\n", &["{}", "{\"a\":1}{\"b\":2}"]),
        ("{\"x\":1,\"Records\":[{\"a\":1}]}\n", &["{\"x\":1,\"Records\":[{\"a\":1}]}"]),
    ];
    for (input, records) in cases {
        check(input, Framing::default(), records, input, true);
    }
}

#[test]
fn lines_are_only_lines_where_they_are_said_to_be() {
    let framing = Framing { only_lines: true, ..Framing::default() };
    check(
        "1\n[{}\n{\"a\":1}{}\n{\n\"a\":1}\n",
        framing,
        &["not 1", "not [{}", "{\"a\":1}{}", "not {", "not \"a\":1}"],
        "1\n[{}\n{\"a\":1}{}\n{\n\"a\":1}\n",
        true,
    );
    check("[{},{}]\n", framing, &["not [{},{}]"], "[{},{}]\n", true);
}

#[test]
fn half_a_mark_is_no_record() {
    let mut frames = Vec::new();
    let mut bytes = b"\xef\xbb".to_vec();
    assert_eq!(Framer::new(Framing::default()).frame(&mut bytes, false, &mut frames), 0);
    assert_eq!(Framer::new(Framing::default()).frame(&mut bytes, true, &mut frames), 2);
    assert_eq!(frames.iter().map(|frame| frame.kind).collect::<Vec<_>>(), [Kind::Other]);
}

#[test]
fn lists_are_opened() {
    let framing = Framing { open: true, ..Framing::default() };
    let cases = [
        ("", ""),
        ("{\"a\":1}\n{\"b\":2}", "{\"a\":1}\n{\"b\":2}"),
        ("{\"Records\":[{\"a\":1},{\"b\":[2,{}]}]}\n", "{\"a\":1}\n{\"b\":[2,{}]}\n"),
        ("{\"records\":[{\"a\":1}]}", "{\"a\":1}\n"),
        ("\u{feff}{\"Events\":[{\"a\":1}]}", "{\"a\":1}\n"),
        ("[{\"a\":1},\n {\"b\":2}]\n{\"value\":[{\"c\":3}]}\n", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n"),
        ("{\"Record\":[{\"a\":1}]}", "{\"Record\":[{\"a\":1}]}"),
        ("{\"Records\":[]}\n{\"c\":3}\n", "{\"c\":3}\n"),
        ("{\"Records\":{\"a\":1}}\n", "{\"Records\":{\"a\":1}}\n"),
        ("{\"x\":1,\"Records\":[{\"a\":1}]}\n", "{\"x\":1,\"Records\":[{\"a\":1}]}\n"),
        ("{\"Records\":[{\"a\":\"]},\\\"\\\\\"}]}\n", "{\"a\":\"]},\\\"\\\\\"}\n"),
        (
            "{\r\n  \"Records\" : [\r\n    {\r\n      \"a\": 1,\r\n      \"b\": \"x y\"\r\n    }\r\n  ]\r\n}\r\n",
            "{\"a\": 1,\"b\": \"x y\"}\n",
        ),
        ("{\"Records\":[1, \"two, 2\", null]}\n", "1\n\"two, 2\"\nnull\n"),
        (
            "{\"Records\":[{\"a\":1}],\"next\":{\"t\":2}}\n{\"c\":3}\n",
            "{\"a\":1}\n{\"next\":{\"t\":2}}\n{\"c\":3}\n",
        ),
        ("{\"Records\":[{\"a\":1}]}{\"Records\":[{\"b\":1}]}", "{\"a\":1}\n{\"b\":1}\n"),
        ("{\"Records\":[{\"a\":\"open\n{\"b\":1}\n", "{\"a\":\"open\n{\"b\":1}\n"),
        ("\n\r\n {\"Records\":[{\"a\":1}]}\n\n{\"b\":2}\n", "\n\r\n{\"a\":1}\n\n{\"b\":2}\n"),
        ("{\"Records\":[{\"a\":1}] ?}\n{\"b\":2}\n", "{\"a\":1}\n?}\n{\"b\":2}\n"),
        ("{\"Rec", "{\"Rec"),
        ("{\"a\":1,\n\"b\":2}\n", "{\"a\":1,\"b\":2}\n"),
        ("\n [{\"a\":1}]\n", "\n{\"a\":1}\n"),
        // Only what stands between members is taken away.
        ("{\"ab\":\"x  \\\\\",\n \"c\":2}\n", "{\"ab\":\"x  \\\\\",\"c\":2}\n"),
        ("{\"a\":\"some text \\\"\",\n\"b\":2}\n", "{\"a\":\"some text \\\"\",\"b\":2}\n"),
        ("{\"a\":\"x\n y\",\n\"b\":2}\n", "{\"a\":\"x\n y\",\"b\":2}\n"),
        ("{\"value\":1}{\"b\":2}\n", "{\"value\":1}\n{\"b\":2}\n"),
    ];
    for (input, written) in cases {
        for step in [1, 2, 3, 7, 1000] {
            let (_, out, whole) = cut(input.as_bytes(), framing, step);
            assert_eq!((out.as_str(), whole), (written, true), "{input:?} by {step}");
        }
    }
}

#[test]
fn an_unfinished_list_is_given_out_and_said() {
    let framing = Framing { open: true, ..Framing::default() };
    for (input, written) in [
        ("{\"Records\":[{\"a\":1},{\"b\":", "{\"a\":1}\n{\"b\":"),
        ("{\"Records\":[{\"a\":1}", "{\"a\":1}\n"),
        ("{\"Records\":[{\"a\":1}, ", "{\"a\":1}\n"),
    ] {
        for step in [1, 5, 1000] {
            let (_, out, whole) = cut(input.as_bytes(), framing, step);
            assert_eq!((out.as_str(), whole), (written, false), "{input} by {step}");
        }
    }
    check("[{\"a\":1},{\"b\"", Framing::default(), &["{\"a\":1}", "not {\"b\""], "[{\"a\":1},{\"b\"", false);
}

#[test]
fn a_record_over_the_limit_passes_in_pieces() {
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(RECORD_BYTES_MAX + 5));
    for (before, after, records) in [
        ("{\"b\":1}\n", "\n{\"c\":1}\n", 2),
        ("[{\"b\":1},", ",{\"c\":1}]", 2),
        ("{\"b\":1}{\"b\":2}", "{\"c\":1}", 3),
        ("", "\n{\"c\":1}", 1),
    ] {
        let input = format!("{before}{long}{after}");
        let (found, out, whole) = cut(input.as_bytes(), Framing::default(), 4 << 20);
        assert!(
            found.len() == records && found.last().unwrap() == "{\"c\":1}",
            "{before}: {:?}",
            found.iter().map(|text| &text[..text.len().min(20)]).collect::<Vec<_>>()
        );
        assert!(out == input && whole, "{before}");
    }
}

#[test]
fn blanks_over_the_limit_make_no_record_long() {
    let blanks = " ".repeat(RECORD_BYTES_MAX + (6 << 20));
    let input = format!("[{{\"a\":1}},{blanks}{{\"b\":2}}]");
    let (found, out, whole) = cut(input.as_bytes(), Framing::default(), 4 << 20);
    assert_eq!(found, ["{\"a\":1}", "{\"b\":2}"]);
    assert!(out == input && whole);
    // Where so many stand before the first record, no list is looked for behind them.
    let input = format!("{}[{{\"a\":1}}]\n", &blanks[..RECORD_BYTES_MAX / 2 + 1]);
    let (found, out, _) = cut(input.as_bytes(), Framing::default(), RECORD_BYTES_MAX / 2 + 1);
    assert_eq!(found, ["not [{\"a\":1}]"]);
    assert!(out == input);
}

#[test]
fn a_long_record_at_the_end_of_an_unfinished_list_is_still_too_long() {
    let input = format!("[{{\"a\":\"{}", "x".repeat(RECORD_BYTES_MAX + 5));
    let (found, out, whole) = cut(input.as_bytes(), Framing::default(), 4 << 20);
    assert!(found.is_empty() && out == input && !whole);
}

/// How long a record may be does not depend on how much stands before it in the same bytes.
#[test]
fn a_record_under_the_limit_is_whole_wherever_it_begins() {
    let x = "x".repeat(RECORD_BYTES_MAX / 4);
    let half = format!("{{\"a\":\"{x}{x}\"}}");
    for (before, record, first, after) in [
        ("\n", format!("{{\"b\":\"{x}\"}}"), "", "\n"),
        ("\n", format!("{{\n\"b\":\"{x}\"}}"), "", "\n"),
        (",", format!("not }} {x}\n"), "[", "{\"c\":1}\n"),
        (" ]\n\n", "{\"b\":1}".to_owned(), "[", "]\n"),
    ] {
        let opening = if before.len() > 2 { "\n[" } else { "" };
        let text = record.strip_prefix("not ").unwrap_or(&record);
        let input = format!("{first}{half}{before}{opening}{text}{after}");
        // The bytes end in the middle of the record, or before its list.
        let step = first.len() + half.len() + if opening.is_empty() { x.len() } else { before.len() };
        let (found, out, whole) = cut(input.as_bytes(), Framing::default(), step);
        assert!(found.get(1) == Some(&record), "{before:?} {first}: {}", found.len());
        assert!(out == input && whole, "{before:?} {first}");
    }
}

#[test]
fn a_line_that_is_no_list_is_not_waited_for() {
    for input in [format!("[{}\nx\n", "a".repeat(60)), "\u{ff01}\nx\n".to_owned()] {
        let mut bytes = input.into_bytes();
        let len = bytes.len();
        assert_eq!(Framer::new(Framing::default()).frame(&mut bytes, false, &mut Vec::new()), len);
    }
}

#[test]
fn places_say_what_goes_on() {
    let mut frames = Vec::new();
    let mut bytes = b"[ {} , {} ]\n".to_vec();
    assert_eq!(Framer::new(Framing::default()).frame(&mut bytes, true, &mut frames), bytes.len());
    let places: Vec<_> = frames.iter().map(|frame| (frame.kind, frame.place, frame.from..frame.to)).collect();
    let expected = [
        (Kind::Record, Place::First, 0..4),
        (Kind::Record, Place::Next, 4..9),
        (Kind::Between, Place::Line, 9..12),
    ];
    assert_eq!(places, expected);
}
