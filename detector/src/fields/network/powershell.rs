//! Windows: PowerShell that mirrors the ports of Hyper-V's switches or captures packets, and the programs that do. Finds
//! cmdlets where a command begins, with their parameters as short as they can be told. Follows no variable.

use super::program::base;
use super::{holds, is_short_for, joined};
use crate::catalog::{self, Action, Severity};
use crate::envelope::base64;
use crate::fields::pieces::tail;
use crate::fields::{Observation, Text};
use alloc::vec::Vec;

/// A script is not read beyond so many bytes.
const SCRIPT_BYTES_MAX: usize = 64 * 1024;

/// What changes a feature of a port, of whichever kind.
const FEATURES: [&str; 3] = [
    "Add-VMSwitchExtensionPortFeature",
    "Remove-VMSwitchExtensionPortFeature",
    "Set-VMSwitchExtensionPortFeature",
];

/// So many commands of one script or line are told.
const TOLD_MAX: usize = 64;

/// No cmdlet has more words of its own.
const WORDS_MAX: usize = 128;

const PARAMETER: &str = "PortMirroring";
const ADAPTER: &str = "Set-VMNetworkAdapter * -PortMirroring";
/// What changes an adapter; no other cmdlet that is looked for has a shorter name.
const CMDLET: &str = "Set-VMNetworkAdapter";
/// What tells that the feature mirrors: one is where copies go, two is what is copied.
const MODE: &str = ".MonitorMode";

/// The name of the feature that mirrors, and its number.
const SECURITY: [&str; 2] = ["Port Security", "776e0ba7-94a1-41c8-8f28-951f524251b5"];

/// A word, and what stands before it besides blanks.
type Word<'s> = (u8, &'s [u8]);

/// Reads a script, or a command line that calls PowerShell, whose quotes are those of another shell and which may spell a
/// script in base64.
pub(super) fn observe(script: &[u8], is_line: bool, told: &mut Vec<Observation<'_>>) {
    let head = script.get(..SCRIPT_BYTES_MAX).unwrap_or(script);
    if is_line {
        observe_call(head, told);
    } else {
        observe_script(head, told);
    }
    // Something graver may stand where nothing was read.
    let is_cut = head.len() < script.len() || told.len() >= TOLD_MAX;
    for observation in told {
        observation.is_cut |= is_cut;
    }
}

fn observe_call(script: &[u8], told: &mut Vec<Observation<'_>>) {
    let words = lex(script, true);
    observe_captures(&words, told);
    if !holds(script, "powershell") && !holds(script, "pwsh") {
        return;
    }
    observe_cmdlets(script, &words, true, told);
    for script in words.windows(2).filter_map(encoded) {
        observe_script(&script, told);
        if told.len() >= TOLD_MAX {
            break;
        }
    }
}

fn observe_script(script: &[u8], told: &mut Vec<Observation<'_>>) {
    // An accent in a word changes nothing; at the end of a line it joins the next.
    let joins = |at: usize| matches!(script.get(at.saturating_add(1)), Some(b'\r' | b'\n'));
    let plain: Vec<u8> = script
        .iter()
        .enumerate()
        .filter(|(at, byte)| **byte != b'`' || joins(*at))
        .map(|(_, byte)| *byte)
        .collect();
    let words = lex(&plain, false);
    observe_captures(&words, told);
    observe_cmdlets(&plain, &words, false, told);
}

/// Reads the cmdlets that mirror.
fn observe_cmdlets(script: &[u8], words: &[Word<'_>], is_line: bool, told: &mut Vec<Observation<'_>>) {
    let other = holds(script, "-Feature") && !SECURITY.iter().any(|name| holds(script, name));
    let modes = words.windows(2).filter_map(|pair| match pair {
        [(_, name), (b'=', mode)] => ends_with(name, MODE).then_some(*mode),
        _ => None,
    });
    // Of several the first one that copies counts.
    let mode = modes.clone().find(|mode| *mode != b"0").or_else(|| modes.clone().next());
    let given = words.iter().position(|(_, word)| word.eq_ignore_ascii_case(PARAMETER.as_bytes()));
    let given = given.and_then(|at| match words.get(at.saturating_add(1)..)? {
        [(b';', b"value"), (_, value), ..] | [(b'=', value), ..] => Some(*value),
        _ => None,
    });
    let long = words.iter().enumerate().filter(|(_, (_, word))| word.len() >= CMDLET.len());
    for (at, (before, word)) in long {
        let name = program_name(word);
        let is = |full: &str| (is_line || *before != 0) && name.eq_ignore_ascii_case(full.as_bytes());
        let adapter = is(CMDLET);
        let feature = FEATURES.iter().find(|feature| !other && is(feature));
        if !adapter && feature.is_none() {
            continue;
        }
        let own = own_words(words, at, b";|\n}");
        let adapter = if adapter { mirroring(own, given) } else { None };
        let Some(row) = adapter.map(|_| ADAPTER).or(feature.copied()) else { continue };
        let known = adapter.or(mode);
        let Some(mut operation) = catalog::HOST.find(row) else { continue };
        let mode = known.unwrap_or_default();
        if known.is_some() && operation.action != Action::Delete {
            operation.severity = Severity::High;
        }
        let mut observation = Observation::new(operation, command_line(name, own));
        observation.action = (is_short_for(mode, "None", 1) || mode == b"0").then_some(Action::Stop);
        let is_target = is_short_for(mode, "Destination", 1) || mode == b"1";
        for (parameter, resource) in
            [("VMName", if is_target { "destination" } else { "source_instance" }), ("SwitchName", "bridge")]
        {
            let is = |word: &[u8]| matches!(word, [b'-', name @ ..] if is_short_for(name, parameter, 2));
            observation.resource(resource, value_of(own, is));
        }
        told.push(observation);
    }
}

/// The script behind a parameter that says it is in base64, two bytes for each character.
fn encoded(pair: &[Word<'_>]) -> Option<Vec<u8>> {
    let [(_, [b'-' | b'/', name @ ..]), (_, value)] = pair else { return None };
    (is_short_for(name, "EncodedCommand", 1) || name.eq_ignore_ascii_case(b"ec")).then_some(())?;
    let bytes = base64::decode(core::str::from_utf8(value).ok()?)?;
    Some(bytes.into_iter().step_by(2).collect())
}

/// What captures packets: programs of Windows by their name and what they are told to do, and cmdlets by their name.
const CAPTURES: [(&str, &str, &str); 8] = [
    ("netsh", "trace start", "netsh trace start * capture=yes"),
    ("netsh", "trace stop", "netsh trace stop"),
    ("pktmon", "start", "pktmon start"),
    ("pktmon", "stop", "pktmon stop"),
    ("Add-NetEventPacketCaptureProvider", "", "Add-NetEventPacketCaptureProvider"),
    ("Remove-NetEventSession", "", "Remove-NetEventSession"),
    ("Start-NetEventSession", "", "Start-NetEventSession"),
    ("Stop-NetEventSession", "", "Stop-NetEventSession"),
];

/// Reads the commands that capture packets, wherever one may begin: behind a separator, or what runs another program.
fn observe_captures(words: &[Word<'_>], told: &mut Vec<Observation<'_>>) {
    let mut last = &b""[..];
    for (at, (before, word)) in words.iter().enumerate() {
        let runs = core::mem::replace(&mut last, word);
        let name = program_name(word);
        let name =
            if ends_with(name, ".exe") { name.get(..name.len().saturating_sub(4)) } else { Some(name) };
        let name = name.unwrap_or_default();
        let mut rows =
            CAPTURES.iter().filter(|(program, ..)| name.eq_ignore_ascii_case(program.as_bytes())).peekable();
        // Most words name no program, and finding a command's own words is dear.
        if told.len() >= TOLD_MAX || rows.peek().is_none() {
            continue;
        }
        let own = own_words(words, at, b";|&\n}");
        let Some((_, _, row)) = rows.find(|(_, verb, _)| {
            let mut own = own.iter().map(|(_, word)| *word);
            verb.is_empty()
                || verb
                    .split(' ')
                    .all(|verb| own.next().is_some_and(|word| word.eq_ignore_ascii_case(verb.as_bytes())))
        }) else {
            continue;
        };
        let begins = *before != 0
            || [&b"/c"[..], b"/k", b"-c", b"-command"].iter().any(|option| runs.eq_ignore_ascii_case(option));
        // What traces and captures nothing, or counts only.
        let captures = match *row {
            "netsh trace start * capture=yes" => own.windows(2).any(|pair| {
                matches!(pair, [(_, name), (b'=', value)] if is_short_for(name, "capture", 7) && is_short_for(value, "yes", 1))
            }),
            "pktmon start" => own.iter().any(|(_, word)| matches!(*word, b"-c" | b"--capture" | b"--etw" | b"/c")),
            _ => true,
        };
        if !begins || !captures {
            continue;
        }
        let Some(operation) = catalog::HOST.find(row) else { continue };
        let mut observation = Observation::new(operation, command_line(name, own));
        for parameter in ["tracefile", "--file-name", "-f", "-LocalFilePath"] {
            let is = |word: &[u8]| word.eq_ignore_ascii_case(parameter.as_bytes());
            observation.resource("file", value_of(own, is));
        }
        told.push(observation);
    }
}

/// A program's or cmdlet's name without its folder, whichever slash that is written with.
fn program_name(word: &[u8]) -> &[u8] {
    tail(base(word), b'\\')
}

/// The words of the command whose name stands at a place, up to one of those that end a command.
fn own_words<'w, 's>(words: &'w [Word<'s>], at: usize, ends: &[u8]) -> &'w [Word<'s>] {
    let rest = words.get(at.saturating_add(1)..).unwrap_or_default();
    let rest = rest.get(..WORDS_MAX).unwrap_or(rest);
    let end = rest.iter().position(|(before, _)| ends.contains(before)).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn command_line<'a>(name: &[u8], own: &[Word<'_>]) -> Text<'a> {
    let mut all = Vec::from([name]);
    all.extend(own.iter().map(|(_, word)| *word));
    joined(&all)
}

/// The word behind the first one that is a parameter.
fn value_of<'a>(own: &[Word<'_>], is: impl Fn(&[u8]) -> bool) -> Option<Text<'a>> {
    own.windows(2).find_map(|pair| match pair {
        [(_, name), (_, value)] if is(name) => Some(joined(&[value])),
        _ => None,
    })
}

fn ends_with(word: &[u8], end: &str) -> bool {
    let at = word.len().checked_sub(end.len());
    at.and_then(|at| word.get(at..)).is_some_and(|rest| rest.eq_ignore_ascii_case(end.as_bytes()))
}

/// The value of the parameter that mirrors: beside the cmdlet, in a table that it is `given`, or as a log of modules has it.
fn mirroring<'s>(own: &[Word<'s>], given: Option<&'s [u8]>) -> Option<&'s [u8]> {
    let mut rest = own;
    while let Some(((_, word), after)) = rest.split_first() {
        rest = after;
        if let [b'-', name @ ..] = word {
            let mut halves = name.splitn(2, |&byte| byte == b':');
            if is_short_for(halves.next()?, PARAMETER, 2) {
                let joined = halves.next().filter(|value| !value.is_empty());
                return joined.or(rest.first().map(|(_, value)| *value));
            }
        }
    }
    given.filter(|_| own.iter().any(|(_, word)| word.starts_with(b"@") || *word == b"name"))
}

/// The words of a script. In one, what is quoted is one word; in a line of another shell, quotes are blanks.
fn lex(script: &[u8], is_line: bool) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut before, mut at) = (b'\n', 0usize);
    while let Some(&byte) = script.get(at) {
        let rest = script.get(at..).unwrap_or_default();
        let end = |ends: fn(&u8) -> bool| {
            rest.iter().skip(1).position(ends).map_or(rest.len(), |end| end.saturating_add(1))
        };
        let len = match byte {
            b'"' | b'\'' if !is_line => {
                let len = if byte == b'"' { end(|byte| *byte == b'"') } else { end(|byte| *byte == b'\'') };
                let text = rest.get(1..len).unwrap_or_default();
                words.push((before, text.strip_suffix(b"\\").unwrap_or(text)));
                before = 0;
                len.saturating_add(1)
            }
            // Escaped where a log is part of another.
            b'\\' if matches!(rest.get(1), Some(b'\\' | b'"')) => 1,
            b'#' if !is_line => end(|byte| *byte == b'\n'),
            // Goes on in the next line.
            b'`' => {
                rest.iter().skip(1).take_while(|byte| matches!(byte, b'\r' | b'\n')).count().saturating_add(1)
            }
            b';' | b'|' | b'{' | b'}' | b'(' | b')' | b'&' | b'=' | b'\n' => {
                before = byte;
                1
            }
            b'"' | b'\'' | b' ' | b'\t' | b'\r' | b',' => 1,
            _ => {
                let len = end(|byte| b" \t\r\n,;|{}()&=\"'".contains(byte));
                words.push((before, rest.get(..len).unwrap_or_default()));
                before = 0;
                len
            }
        };
        at = at.saturating_add(len);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{SCRIPT_BYTES_MAX, TOLD_MAX};
    use crate::fields::observe_script;
    use alloc::borrow::ToOwned;

    #[test]
    fn what_is_not_read_to_its_end_is_said() {
        let stop = "Stop-NetEventSession a;";
        let (long, many) = (stop.to_owned() + &" ".repeat(SCRIPT_BYTES_MAX), stop.repeat(TOLD_MAX));
        for (script, is_cut) in [(stop, false), (&*long, true), (&*many, true)] {
            for is_line in [false, true] {
                let told = observe_script(script, is_line);
                assert!(!told.is_empty() && told.iter().all(|it| it.is_cut == is_cut), "{is_line} {is_cut}");
            }
        }
    }
}
