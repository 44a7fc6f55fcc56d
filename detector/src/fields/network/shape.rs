//! The shapes in which devices, servers and hosts write down a command, as data; and what their parts mean.

use super::command::{self, CISCO, HOST, JUNOS, SWITCH, SWITCHED};
use super::{graver, header, lookup, named, text, words};
use crate::catalog::EventOutcome;
use crate::fields::{Observation, Text};
use alloc::vec::Vec;

/// The parts of a line, by the letters of its shape.
pub(super) struct Parts<'a>([&'a [u8]; 26]);

impl<'a> Parts<'a> {
    #[inline(never)]
    pub(super) fn part(&self, letter: u8) -> &'a [u8] {
        self.0.get(usize::from(letter.wrapping_sub(b'a'))).copied().unwrap_or_default()
    }
}

/// Reads the command that a line of some shape holds.
type Read = for<'a> fn(&Parts<'a>) -> Option<Observation<'a>>;

/// Each shape with the reader of its command and what it says of the outcome.
///
/// `{x}` takes in what stands before the next text, `{X}` what stands before the last place of it, `{-}` is left out.
/// c command, d time, e event, f refusal, h header, n number, p path, r result, s source address, t tty, u user,
/// v verb, w value, and k: the header, then the user, the tty and the source address.
const SHAPES: [(&str, Read, EventOutcome); 17] = [
    // The configuration logger of Cisco IOS.
    ("User:{u}logged command:{c}", chain, EventOutcome::Success),
    // The shell and the accounting of NX-OS, the latter with address and tty or with the name of a session.
    ("User:{u} executed the command:{c}", chain, EventOutcome::Success),
    ("update:{s}@{t}:{u}:{C}({r}", chain, EventOutcome::Unknown),
    ("update:{t}:{u}:{C}({r}", chain, EventOutcome::Unknown),
    // Arista EOS, and servers in the same words of TACACS+.
    ("{k} stop {-}service=shell{-}cmd={c}", accounted, EventOutcome::Success),
    ("{k} start {-}service=shell{-}cmd={c}", accounted, EventOutcome::Started),
    // Junos: changes, then commands, whose outcome is not told; without the tag where a shipper took it off; and as
    // structured data alone.
    ("{h}UI_{-}User '{u}' {v}: [{p}]{w}", change, EventOutcome::Success),
    ("User '{u}' {v}: [{p}]{w}", change, EventOutcome::Success),
    ("{h}UI_{-}username=\"{u}\"{-}action=\"{v}\"{-}pathname=\"[{p}\"{w}", change, EventOutcome::Success),
    ("{h}UI_{-}User '{u}'{-}command '{C}'", junos_command, EventOutcome::Unknown),
    ("User '{u}'{-}command '{C}'", junos_command, EventOutcome::Unknown),
    ("{h}UI_{-}username=\"{u}\"{-}command=\"{c}\"", junos_command, EventOutcome::Unknown),
    // Nokia SR OS, in syslog and on the console.
    ("{h}Base MIRROR-{-}-{e}-{-}:{c}", nokia, EventOutcome::Success),
    ("{h}MIRROR #{n} Base Mirror {c}", nokia, EventOutcome::Success),
    // Linux: sudo, and the audit system with the host's name and without.
    ("{k} : {f}TTY={t} ;{-}COMMAND={c}", program, EventOutcome::Unknown),
    ("node={h} type=EXECVE msg=audit({d}:{-} {c}", audited, EventOutcome::Unknown),
    ("{h}type=EXECVE msg=audit({d}:{-} {c}", audited, EventOutcome::Unknown),
];

/// Reads a line by every shape that it has: the gravest command that is about mirroring.
pub(super) fn observe(line: &[u8]) -> Option<Observation<'_>> {
    let read = |(shape, read, outcome): &(&str, Read, EventOutcome)| {
        let parts = parts(shape.as_bytes(), line)?;
        let mut header = parts.part(b'h');
        let mut user = parts.part(b'u');
        let mut tty = parts.part(b't');
        let mut source = parts.part(b's');
        // An address has no space: what has one is another shape.
        (!source.contains(&b' ')).then_some(())?;
        let mut observation = read(&parts)?;
        let who = parts.part(b'k');
        if !who.is_empty() {
            header = who;
            if tty.is_empty() {
                (header, source) = last_word(header);
                (header, tty) = last_word(header);
            }
            (header, user) = last_word(header);
        }
        if let Some(user) = known(user) {
            observation.actor = Some(user);
            observation.actor_type = Some("user");
        }
        if observation.source_ip.is_none() {
            observation.source_ip = known(source);
        }
        observation.resource("tty", known(tty));
        observation.time = text(parts.part(b'd'));
        let result = parts.part(b'r').split(|&byte| byte == b')').next().unwrap_or_default();
        // sudo says why it refuses before it names the tty.
        let known = if parts.part(b'f').is_empty() { *outcome } else { EventOutcome::Failure };
        observation.outcome = lookup(&[result], &RESULTS).unwrap_or(known);
        header::fill(header, &mut observation);
        Some(observation)
    };
    SHAPES.iter().map(read).fold(None, graver)
}

/// What a device knows: some write a word where they do not.
fn known(part: &[u8]) -> Option<Text<'_>> {
    let part = part.trim_ascii();
    text(part.strip_suffix(b",").unwrap_or(part))
        .filter(|text| !matches!(text.as_ref(), "unknown" | "unknown user"))
}

/// What stands before the last word, and the word.
fn last_word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_end();
    let at = text.iter().rposition(|&byte| is_space(byte)).map_or(0, |at| at.saturating_add(1));
    text.split_at_checked(at).unwrap_or_default()
}

/// Servers write tabs where devices write spaces.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Takes a line apart by a shape.
fn parts<'a>(shape: &[u8], line: &'a [u8]) -> Option<Parts<'a>> {
    let mut pieces = shape.split(|&byte| byte == b'{');
    let mut rest = line.strip_prefix(pieces.next()?)?;
    let mut parts = Parts([&[]; 26]);
    for piece in pieces {
        let [letter, b'}', literal @ ..] = piece else { return None };
        let found = |window: &[u8]| {
            window.iter().zip(literal).all(|(&is, &wanted)| is == wanted || (wanted == b' ' && is == b'\t'))
        };
        let at = match literal.len() {
            0 => rest.len(),
            len if letter.is_ascii_uppercase() => rest.windows(len).rposition(found)?,
            len => rest.windows(len).position(found)?,
        };
        let place = usize::from(letter.to_ascii_lowercase().wrapping_sub(b'a'));
        if let Some(part) = parts.0.get_mut(place) {
            *part = rest.get(..at)?;
        }
        rest = rest.get(at.saturating_add(literal.len())..)?;
    }
    Some(parts)
}

/// One command, or several joined by semicolons, as NX-OS writes the modes in which a command was given: the last that
/// names a session, and what is done inside of it. Elsewhere the lines of a sub-mode name none and are not told.
fn chain<'a>(parts: &Parts<'a>) -> Option<Observation<'a>> {
    let chain = parts.part(b'c').trim_ascii();
    let chain = chain.strip_prefix(b"!exec:").unwrap_or(chain);
    let mut found: Option<Observation<'a>> = None;
    let mut at = 0usize;
    for inner in chain.split(|&byte| byte == b';') {
        let rest = chain.get(at..).unwrap_or_default();
        at = at.saturating_add(inner.len()).saturating_add(1);
        let inner = words(inner.trim_ascii());
        if let Some(mut observation) = command::observe(&CISCO, &inner, inner.len()) {
            if let Some(name) = text(rest.trim_ascii()) {
                observation.name = name;
            }
            found = Some(observation);
        } else if let Some(observation) = &mut found {
            observation.action = lookup(&inner, SWITCHED);
            observation.arguments(&inner, CISCO.arguments);
        }
    }
    found
}

/// `<command> <cr>`, or a gNMI request as EOS logs it: the first of its texts that is a command.
fn accounted<'a>(parts: &Parts<'a>) -> Option<Observation<'a>> {
    let line = parts.part(b'c').trim_ascii_end();
    let line = line.strip_suffix(b"<cr>").unwrap_or(line).trim_ascii_end();
    let all = words(line);
    let [b'O', .., b'S', b'e', b't'] = all.first()? else {
        return command::observe(&CISCO, &all, all.len())
            .or_else(|| command::observe(&SWITCH, &all, all.len()));
    };
    let peer = all.iter().find_map(|word| word.strip_prefix(b"addr=")).unwrap_or_default();
    let port = peer.iter().rposition(|&byte| byte == b':').unwrap_or_default();
    // A newline between commands is spelled with a backslash and an n.
    line.split(|&byte| matches!(byte, b'"' | b'\\'))
        .find_map(|text| {
            [text, text.strip_prefix(b"n").unwrap_or_default()].iter().find_map(|text| {
                let all = words(text);
                command::observe(&CISCO, &all, all.len())
            })
        })
        .map(|mut observation| {
            observation.source_ip = self::text(peer.get(..port).unwrap_or_default());
            observation
        })
}

/// A verb, a path and what follows it: `"old -> "new"`, or attributes of which the last is the new value.
fn change<'a>(parts: &Parts<'a>) -> Option<Observation<'a>> {
    let path = parts.part(b'p').split(|&byte| matches!(byte, b'\\' | b']')).next()?;
    let mut all = words(parts.part(b'v').trim_ascii());
    all.extend(words(path));
    let path_len = all.len();
    let value = parts.part(b'w').rsplit(|&byte| byte == b'"').nth(1).filter(|value| !value.is_empty());
    // `[… then] "port-mirror"`: other values that could end a path stand apart from it, unseen by the prefilter.
    let is_action = value.is_some() && all.last().is_some_and(|last| *last == b"then");
    all.extend(value);
    command::observe(&JUNOS, &all, path_len.saturating_add(usize::from(is_action)))
}

/// A Junos command as it was typed or sent.
fn junos_command<'a>(parts: &Parts<'a>) -> Option<Observation<'a>> {
    let all = words(parts.part(b'c').trim_ascii());
    // What is quoted is a value: words in it are no command.
    let path_len = all.iter().position(|word| word.starts_with(b"\"")).unwrap_or(all.len());
    command::observe(&JUNOS, &all, path_len)
}

/// More of what looks like another command of the same line is not read.
const MARKS_MAX: usize = 64;

/// Introduces the command in a line of sudo.
const MARK: &[u8] = b"COMMAND=";

/// A Linux command in full.
fn program<'a>(parts: &Parts<'a>) -> Option<Observation<'a>> {
    let mut line = parts.part(b'c');
    let mut gravest = run(words(line));
    // The command that is logged may itself hold what introduces it, or what stands before it may.
    for _ in 0..MARKS_MAX {
        let Some(at) = line.windows(MARK.len()).position(|window| window == MARK) else { break };
        let before = run(words(line.get(..at)?));
        line = line.get(at.saturating_add(MARK.len())..)?;
        gravest = graver(graver(gravest, before), run(words(line)));
    }
    gravest
}

/// `argc=2 a0="tc" a1="word"`; a word with a space in it is written in hexadecimal, and none is looked for.
fn audited<'a>(parts: &Parts<'a>) -> Option<Observation<'a>> {
    let mut all = words(parts.part(b'c'));
    all.retain_mut(|field| {
        let mut halves = field.splitn(2, |&byte| byte == b'"');
        let key = halves.next().unwrap_or_default();
        *field = halves.next().and_then(|value| value.strip_suffix(b"\"")).unwrap_or_default();
        matches!(key, [b'a', b'0'..=b'9', .., b'='])
    });
    run(all)
}

fn run<'a>(mut all: Vec<&'a [u8]>) -> Option<Observation<'a>> {
    // `--gateway=` and its value are two words in one.
    let joined = all.iter().position(|word| word.starts_with(b"--gateway="));
    if let Some((at, word)) = joined.and_then(|at| Some((at, all.get_mut(at)?))) {
        let (option, value) = word.split_at_checked(b"--gateway".len())?;
        *word = option;
        all.insert(at.saturating_add(1), value.get(1..)?);
    }
    let program = all.first_mut()?;
    *program = program.rsplit(|&byte| byte == b'/').next()?;
    let mut observation = command::observe(&HOST, &all, all.len())?;
    let name = all.iter().find_map(|word| word.strip_prefix(b"name="));
    observation.word("session", name.unwrap_or_default());
    Some(observation)
}

/// How NX-OS says how a command ended. One that is sent on to be carried out has a second line that tells.
const RESULTS: [(&str, EventOutcome); 3] = [
    ("SUCCESS", EventOutcome::Success),
    ("FAILURE", EventOutcome::Failure),
    ("REDIRECT", EventOutcome::Started),
];

/// Nokia's events by their numbers, the first of them 2001.
const NUMBERED: [&[u8]; 4] =
    [b"sourceEnabled", b"sourceDisabled", b"destinationEnabled", b"destinationDisabled"];

/// An event of Nokia's application MIRROR, by its name or its number.
fn nokia<'a>(parts: &Parts<'a>) -> Option<Observation<'a>> {
    let event = match parts.part(b'n') {
        [b'2', b'0', b'0', digit] => NUMBERED.get(usize::from(digit.wrapping_sub(b'1')))?,
        _ => parts.part(b'e'),
    };
    let operation = named(&[b"MIRROR ", event])?;
    let mut observation = Observation::named(operation);
    observation.arguments(&words(parts.part(b'c')), &[("destination", "session"), ("source", "session")]);
    Some(observation)
}
