//! Texts that a policy compares with texts of events: globs, and regular expressions after `re:`.
//!
//! A regular expression becomes a short program that is run as an NFA, without backtracking, so that the time is at most
//! the product of program and text. There is nothing to go back to, and nothing is captured.

use super::net::Net;
use alloc::{string::String, vec, vec::Vec};

/// Longer texts of an event fit no pattern, so that one event cannot take long.
const TEXT_BYTES_MAX: usize = 4096;

/// A program has at most this many steps.
pub(super) const STEPS_MAX: usize = 500;

/// One pattern of a policy.
#[derive(Debug)]
pub(super) struct Pattern {
    /// The resource that it looks at; empty for any.
    pub(super) resource: String,
    pub(super) test: Test,
}

/// What a text has to be.
#[derive(Debug)]
pub(super) enum Test {
    Glob(String),
    Expression(Program),
    Net(Net),
}

/// What is wrong with an expression.
type Why = &'static str;

/// Characters from one to another, both included.
type Ranges = &'static [(char, char)];

/// Takes the first character off. Not inlined: there is much of it and there are many callers.
#[inline(never)]
fn take(text: &mut &str) -> Option<char> {
    let mut characters = text.chars();
    let first = characters.next();
    *text = characters.as_str();
    first
}

/// Whether the whole text fits: `*` stands for any characters, `?` for one; ASCII letters fit in any case.
///
/// Goes back to the last star, which is fast for what people write, and changes to [`in_step`] when it has tried as
/// often as both are long.
pub(super) fn glob_fits(glob: &str, text: &str) -> bool {
    if text.len() > TEXT_BYTES_MAX {
        return false;
    }
    let mut tries = glob.len().saturating_add(text.len());
    let (mut glob_rest, mut text_rest) = (glob, text);
    let mut retry = None;
    loop {
        let here = text_rest;
        match (take(&mut glob_rest), take(&mut text_rest)) {
            (Some('*'), _) => {
                text_rest = here;
                retry = Some((glob_rest, text_rest));
            }
            (Some('?'), Some(_)) => {}
            (Some(a), Some(b)) if a.eq_ignore_ascii_case(&b) => {}
            (None, None) => return true,
            _ => {
                // The last star takes one character more.
                let Some((after_star, mut from)) = retry else { return false };
                if take(&mut from).is_none() {
                    return false;
                }
                retry = Some((after_star, from));
                (glob_rest, text_rest) = (after_star, from);
            }
        }
        let Some(left) = tries.checked_sub(1) else { return in_step(glob, text) };
        tries = left;
    }
}

/// [`glob_fits`] without going back: all places of the glob go through the text together, one bit each.
#[cold]
#[inline(never)]
fn in_step(glob: &str, text: &str) -> bool {
    let words = (glob.len() / 64).saturating_add(1);
    // For each byte a row of bits: the places of the glob that take it.
    let mut takes = vec![0u64; words.saturating_mul(256)];
    // The places that the text has come to; those at a `*`, at a `?`, and behind a `?`.
    let mut places = vec![[0u64; 4]; words];
    let mut len = 0usize;
    for byte in glob.bytes() {
        let bit = 1u64.unbounded_shl(len as u32 % 64);
        let row = usize::from(byte.to_ascii_lowercase()).wrapping_mul(words);
        match (byte, places.get_mut(len / 64), takes.get_mut(row.wrapping_add(len / 64))) {
            (b'*', Some([_, stars, ..]), _) => {
                *stars |= bit;
                continue;
            }
            (b'?', Some([_, _, any, _]), _) => *any |= bit,
            (_, _, Some(takes)) => *takes |= bit,
            _ => {}
        }
        len = len.wrapping_add(1);
        if let (b'?', Some([.., behind])) = (byte, places.get_mut(len / 64)) {
            *behind |= 1u64.unbounded_shl(len as u32 % 64);
        }
    }
    if let Some([here, ..]) = places.first_mut() {
        *here = 1;
    }
    for byte in text.bytes() {
        let row = usize::from(byte.to_ascii_lowercase()).wrapping_mul(words);
        let takes = takes.get(row..).unwrap_or_default();
        // The bytes of a character after its first go with it.
        let goes_on = matches!(byte, 0x80..=0xbf);
        let mut carry = 0;
        for ([here, stars, any, behind], takes) in places.iter_mut().zip(takes) {
            let (moved, stay) = if goes_on { (*takes, *stars | *behind) } else { (*takes | *any, *stars) };
            let moved = *here & moved;
            *here = moved << 1 | carry | *here & stay;
            carry = moved >> 63;
        }
    }
    places.get(len / 64).is_some_and(|[here, ..]| here.unbounded_shr(len as u32 % 64) & 1 == 1)
}

/// A compiled regular expression.
#[derive(Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    ranges: Vec<(char, char)>,
    any_case: bool,
}

/// One place of a program. Distances count from the place itself, so that parts can be moved and copied.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Reads a character that lies in so many ranges from the first on, or in none of them.
    Read { first: u16, count: u16, inverted: bool },
    /// Goes on at both places.
    Both(i16, i16),
    /// Goes on where the text begins.
    Begin,
    /// Goes on where the text ends.
    End,
}

/// A way to the end of its group, which is not yet known.
const EXIT: Step = Step::Both(0, 0);

const DIGIT: Ranges = &[('0', '9')];
const WORD: Ranges = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const SPACE: Ranges = &[('\t', '\r'), (' ', ' ')];

impl Program {
    /// How many steps it has.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it or not supported.
    pub(super) fn compile(mut rest: &str) -> Result<Program, Why> {
        let any_case = skip(&mut rest, "(?i)");
        let mut compiler =
            Compiler { program: Program { steps: Vec::new(), ranges: Vec::new(), any_case }, rest };
        compiler.expression()?;
        Ok(compiler.program)
    }

    /// Whether the whole text fits.
    pub(super) fn fits(&self, mut text: &str) -> bool {
        if text.len() > TEXT_BYTES_MAX {
            return false;
        }
        let mut seen = vec![0usize; self.steps.len().saturating_add(1)];
        let (mut places, mut next) = (vec![0usize], Vec::new());
        let mut round = 0usize;
        loop {
            let character = take(&mut text);
            round = round.saturating_add(1);
            while let Some(place) = places.pop() {
                // Places are looked at once for each character; what a step adds is looked at in this round.
                match seen.get_mut(place) {
                    Some(seen) if *seen != round => *seen = round,
                    _ => continue,
                }
                let go = |distance: i16| place.wrapping_add_signed(distance.into());
                match (self.steps.get(place), character) {
                    (None, None) => return true,
                    (Some(&Step::Both(a, b)), _) => {
                        places.push(go(a));
                        places.push(go(b));
                    }
                    (Some(Step::Begin), _) if round == 1 => places.push(go(1)),
                    (Some(Step::End), None) => places.push(go(1)),
                    (Some(&Step::Read { first, count, inverted }), Some(character))
                        if self.reads(first, count, character) != inverted =>
                    {
                        next.push(go(1));
                    }
                    _ => {}
                }
            }
            if next.is_empty() {
                return false;
            }
            core::mem::swap(&mut places, &mut next);
        }
    }

    fn reads(&self, first: u16, count: u16, character: char) -> bool {
        let ranges = self.ranges.iter().skip(first.into()).take(count.into());
        let (lower, upper) = match self.any_case {
            true => (character.to_ascii_lowercase(), character.to_ascii_uppercase()),
            false => (character, character),
        };
        ranges.into_iter().any(|&(from, to)| from <= lower && lower <= to || from <= upper && upper <= to)
    }
}

struct Compiler<'e> {
    program: Program,
    rest: &'e str,
}

fn skip(rest: &mut &str, text: &str) -> bool {
    let after = rest.strip_prefix(text);
    *rest = after.unwrap_or(rest);
    after.is_some()
}

impl Compiler<'_> {
    fn expression(&mut self) -> Result<(), Why> {
        // Where the open groups begin, and the current branch of each.
        let mut groups = Vec::new();
        let mut group = (0usize, 0usize);
        // Where the last thing begins that can be repeated.
        let mut last = None;
        while let Some(character) = take(&mut self.rest) {
            let start = self.program.len();
            let before = last.take();
            match character {
                '(' => {
                    if self.rest.starts_with('?') && !skip(&mut self.rest, "?:") {
                        return Err("`(?` is supported as `(?:` only, and as `(?i)` at the start");
                    }
                    groups.push(group);
                    group = (start, start);
                    continue;
                }
                ')' => {
                    self.close(group.0);
                    last = Some(group.0);
                    group = groups.pop().ok_or("`)` has no `(`")?;
                    continue;
                }
                '|' => {
                    let len = self.distance(group.1);
                    self.program.steps.insert(group.1, Step::Both(1, len.saturating_add(2)));
                    self.push(EXIT)?;
                    group.1 = self.program.len();
                    continue;
                }
                '*' | '+' | '?' | '{' => {
                    self.repeat(character, before)?;
                    continue;
                }
                '^' | '$' => {
                    self.push(if character == '^' { Step::Begin } else { Step::End })?;
                    continue;
                }
                '.' => self.read(&[('\n', '\n')], true)?,
                '[' => self.class()?,
                _ => {
                    let (ranges, character) = self.escape(character)?;
                    match ranges {
                        [] => self.read(&[(character, character)], false)?,
                        _ => self.read(ranges, character.is_ascii_uppercase())?,
                    }
                }
            }
            last = Some(start);
        }
        self.close(group.0);
        if groups.is_empty() { Ok(()) } else { Err("`(` has no `)`") }
    }

    fn push(&mut self, step: Step) -> Result<(), Why> {
        self.program.steps.push(step);
        match self.program.len() > STEPS_MAX {
            true => Err(TOO_LARGE),
            false => Ok(()),
        }
    }

    fn read(&mut self, ranges: &[(char, char)], inverted: bool) -> Result<(), Why> {
        let first = self.program.ranges.len() as u16;
        self.program.ranges.extend_from_slice(ranges);
        self.push(Step::Read { first, count: ranges.len() as u16, inverted })
    }

    /// The ways of a group end here.
    fn close(&mut self, start: usize) {
        let end = self.program.len();
        for (at, step) in self.program.steps.iter_mut().enumerate().skip(start) {
            if let Step::Both(0, 0) = step {
                let distance = end.saturating_sub(at) as i16;
                *step = Step::Both(distance, distance);
            }
        }
    }

    /// How far the program's end is from a place; programs are short.
    fn distance(&self, from: usize) -> i16 {
        self.program.len().saturating_sub(from) as i16
    }

    fn repeat(&mut self, sign: char, last: Option<usize>) -> Result<(), Why> {
        let start = last.ok_or("a repetition has nothing before it to repeat")?;
        let (min, max) = match sign {
            '*' => (0, None),
            '+' => (1, None),
            '?' => (0, Some(1)),
            _ => {
                let min = self.number()?.ok_or(BOUNDS)?;
                let max = if skip(&mut self.rest, ",") { self.number()? } else { Some(min) };
                if !skip(&mut self.rest, "}") || max.is_some_and(|max| max < min) {
                    return Err(BOUNDS);
                }
                (min, max)
            }
        };
        // Whether few or many are tried first makes no difference to whether the text fits.
        skip(&mut self.rest, "?");
        let len = self.distance(start);
        let body = self.program.steps.get(start..).unwrap_or_default().to_vec();
        self.program.steps.truncate(start);
        let times = max.unwrap_or(min.max(1));
        for time in 0..times {
            if time >= min {
                self.push(Step::Both(1, len.saturating_add(if max.is_some() { 1 } else { 2 })))?;
            }
            for &step in &body {
                self.push(step)?;
            }
        }
        if max.is_none() {
            let back = len.saturating_add((min == 0).into()).saturating_neg();
            self.push(Step::Both(back, 1))?;
        }
        Ok(())
    }

    /// A number, where one stands there.
    fn number(&mut self) -> Result<Option<usize>, Why> {
        let mut number = None;
        while let Some(digit @ b'0'..=b'9') = self.rest.as_bytes().first() {
            number = Some(number.unwrap_or(0usize).saturating_mul(10).saturating_add((digit & 15).into()));
            take(&mut self.rest);
        }
        if number.is_some_and(|number| number > STEPS_MAX) { Err(TOO_LARGE) } else { Ok(number) }
    }

    /// What a character means that may be a backslash: ranges, all but which where it is a capital, or itself.
    fn escape(&mut self, character: char) -> Result<(Ranges, char), Why> {
        if character != '\\' {
            return Ok((&[], character));
        }
        let character = take(&mut self.rest).unwrap_or_default();
        Ok(match character {
            'd' | 'D' => (DIGIT, character),
            'w' | 'W' => (WORD, character),
            's' | 'S' => (SPACE, character),
            'n' => (&[], '\n'),
            't' => (&[], '\t'),
            'r' => (&[], '\r'),
            // Elsewhere these are the two ends of a word.
            '<' | '>' => return Err("`\\<` and `\\>` are not supported; the signs need no `\\`"),
            _ if character.is_ascii_punctuation() => (&[], character),
            _ => {
                return Err(
                    "of escapes `\\d`, `\\w`, `\\s`, `\\n`, `\\r`, `\\t` and those of signs are supported",
                );
            }
        })
    }

    /// A class, after its opening bracket.
    fn class(&mut self) -> Result<(), Why> {
        let inverted = skip(&mut self.rest, "^");
        let mut ranges = Vec::new();
        loop {
            let character = take(&mut self.rest).ok_or("`[` has no `]`")?;
            if matches!(character, '&' | '~' | '-' if self.rest.starts_with(character)) || character == '[' {
                return Err("classes cannot be combined; write `\\[`, `\\-`, `\\&`, `\\~` for the sign");
            }
            if character == ']' {
                return if ranges.is_empty() {
                    Err("`[]` is empty; write `\\]` for the sign")
                } else {
                    self.read(&ranges, inverted)
                };
            }
            let (class, from) = self.escape(character)?;
            if !class.is_empty() {
                if from.is_ascii_uppercase() {
                    return Err("`\\D`, `\\S` and `\\W` are not supported in a class");
                }
                ranges.extend_from_slice(class);
                continue;
            }
            let mut to = from;
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                take(&mut self.rest);
                let end = take(&mut self.rest).unwrap_or_default();
                let (class, end) = self.escape(end)?;
                if end < from || end == '[' || !class.is_empty() {
                    return Err("a range in a class has its ends the wrong way round");
                }
                to = end;
            }
            ranges.push((from, to));
        }
    }
}

const TOO_LARGE: &str = "it is too large once its repetitions are written out";

const BOUNDS: &str = "`{` does not begin `{2}`, `{2,}` or `{2,5}`; write `\\{` for the sign";

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{borrow::ToOwned, string::String};
    use std::format;

    #[test]
    fn a_range_may_be_one_character() {
        assert!(Program::compile("[a-a]").is_ok_and(|program| program.fits("a") && !program.fits("b")));
        assert!(Program::compile("[b-a]").is_err());
    }

    /// Numbers that are the same in every run.
    struct Draw(u64);

    impl Draw {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 33) as usize % bound
        }

        fn expression(&mut self, depth: usize) -> String {
            let mut text = String::new();
            for _ in 0..self.below(4) {
                let atom = match self.below(if depth == 0 { 8 } else { 11 }) {
                    0 => ".".to_owned(),
                    1 => ["\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\.", "\\-", "\\n", "\\r", "\\t", "é"]
                        [self.below(12)]
                    .to_owned(),
                    2 => ["[ab]", "[^a]", "[a-c0]", "[\\d_-]", "[^\\w]", "[é-ü]", "[\\]a]", "[B-D]"]
                        [self.below(8)]
                    .to_owned(),
                    3 => ["^", "$", "a", "B"][self.below(4)].to_owned(),
                    4..8 => ["a", "b", "B", "1", "-"][self.below(5)].to_owned(),
                    8 => format!("({})", self.expression(depth - 1)),
                    9 => format!("(?:{}|{})", self.expression(depth - 1), self.expression(depth - 1)),
                    _ => format!(
                        "({}|{}|{})",
                        self.expression(depth - 1),
                        self.expression(depth - 1),
                        self.expression(depth - 1)
                    ),
                };
                text += &atom;
                if atom != "^" && atom != "$" {
                    text += ["", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "{1,3}", "*?", "{0}"]
                        [self.below(12)];
                }
            }
            text
        }
    }

    #[test]
    fn the_engine_agrees_with_regex_lite() {
        let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
        let (mut fitting, mut others) = (0, 0);
        for _ in 0..6000 {
            let fold = ["", "(?i)"][draw.below(2)];
            let expression = draw.expression(3);
            let ours = Program::compile(&format!("{fold}{expression}"));
            let theirs = regex_lite::Regex::new(&format!("{fold}^(?:{expression})$"));
            let (Ok(ours), Ok(theirs)) = (&ours, &theirs) else {
                let too_large = matches!(&ours, Err(why) if why.contains("too large"));
                assert!(too_large, "{expression}: ours {:?} theirs {:?}", ours.err(), theirs.err());
                continue;
            };
            for _ in 0..24 {
                let text: String = (0..draw.below(7))
                    .map(|_| {
                        ['a', 'b', 'A', 'B', 'c', '1', '-', ' ', '\n', 'é', '.', '_', '\r', '\t']
                            [draw.below(14)]
                    })
                    .collect();
                let expected = theirs.is_match(&text);
                assert_eq!(ours.fits(&text), expected, "{fold}{expression} on {text:?}");
                *(if expected { &mut fitting } else { &mut others }) += 1;
            }
        }
        assert!(fitting > 5000 && others > 5000, "{fitting} fit, {others} do not");
    }

    #[test]
    fn what_is_not_supported_is_refused_and_nothing_panics() {
        for bad in [
            "(",
            ")",
            "a)",
            "(a",
            "*",
            "a**",
            "a|*",
            "(*)",
            "^*",
            "[",
            "[]",
            "[]a]",
            "[a",
            "[b-a]",
            "[a-\\d]",
            "[[:alpha:]]",
            "[a&&b]",
            "\\",
            "\\b",
            "\\B",
            "\\A",
            "\\z",
            "\\pL",
            "\\1",
            "\\x41",
            "(?i:a)",
            "(?=a)",
            "(?<n>a)",
            "a(?i)b",
            "a{",
            "a{,3}",
            "a{3,2}",
            "a{x}",
            "a{2",
            "{2}",
            "a{501}",
            "a{2,501}",
            "a{0,99999999999999999999}",
            "\\<a\\>",
            "[\\<]",
            "(a{100}){100}",
            "a{99999}",
            "[a-",
            "[^",
            "[\\D]",
        ] {
            assert!(Program::compile(bad).is_err(), "{bad} was taken");
        }
        let mut draw = Draw(88_172_645_463_325_252);
        for _ in 0..20_000 {
            let text: String = (0..draw.below(12))
                .map(|_| {
                    [
                        '(', ')', '[', ']', '{', '}', '*', '+', '?', '|', '\\', '^', '$', '-', ',', '2', 'a',
                        'é', '<', '>', '0', '9', '5', '1', '\t', '/',
                    ][draw.below(26)]
                })
                .collect();
            if let Ok(program) = Program::compile(&text) {
                program.fits("aé2a-");
                assert!(regex_lite::Regex::new(&text).is_ok(), "{text} is taken here only");
            }
        }
    }

    #[test]
    fn globs_fit_whole_texts() {
        for (glob, text, fits) in [
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
            ("a?c", "aéc", true),
            ("arn:*:assumed-role/NetOps/*", "ARN:aws:sts::1:assumed-role/netops/dana", true),
            ("*a*b", "aab-ab", true),
            ("*a*b", "aab-aba", false),
            ("a*", "ba", false),
            ("**x**", "x", true),
            ("É", "é", false),
        ] {
            assert_eq!(glob_fits(glob, text), fits, "{glob} {text}");
        }
        assert!(!glob_fits("*", &"x".repeat(TEXT_BYTES_MAX + 1)));
    }

    /// Both ways to compare a glob, against the expression that says the same.
    #[test]
    fn globs_agree_with_regex_lite() {
        let mut draw = Draw(0x2545_f491_4f6c_dd1d);
        let mut fitting = 0;
        for _ in 0..20_000 {
            let longest = [8, 70, 200][draw.below(3)];
            let glob: String = (0..draw.below(longest))
                .map(|_| ['a', 'a', 'A', 'b', '*', '?', 'é', '*'][draw.below(8)])
                .collect();
            let text: String = match draw.below(2) {
                0 => (0..draw.below(longest)).map(|_| ['a', 'a', 'B', 'é', '-'][draw.below(5)]).collect(),
                _ => glob
                    .replace('*', ["", "ab", "é-", "aaa"][draw.below(4)])
                    .replace('?', ["é", "a"][draw.below(2)]),
            };
            let mut expression = String::from("(?s)^");
            for character in glob.chars() {
                match character {
                    '*' => expression.push_str(".*"),
                    '?' => expression.push('.'),
                    'a' | 'A' => expression.push_str("[aA]"),
                    'b' => expression.push_str("[bB]"),
                    other => expression.push(other),
                }
            }
            expression.push('$');
            let expected = regex_lite::Regex::new(&expression).unwrap().is_match(&text);
            assert_eq!(glob_fits(&glob, &text), expected, "{glob} {text}");
            assert_eq!(in_step(&glob, &text), expected, "{glob} {text} in step");
            fitting += usize::from(expected);
        }
        assert!((4000..16_000).contains(&fitting), "{fitting} fit");
    }
}
