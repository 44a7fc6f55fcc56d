//! Command lines of hosts: knows shells, the programs that run others, and where a command begins. Follows no variable
//! and opens no file; what a tool does is its reader's to say.
//!
//! Words stand in one text, each behind a byte that tells what is before it.

use super::tools;
use super::{Readings, find, is_space};
use crate::envelope::base64;
use crate::fields::Observation;
use crate::fields::pieces::{pieces, tail};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Stands before a word: nothing but space, as many quotes as are open, an end of a shell's command, a new command line.
const NEXT: u8 = 0;
const QUOTES_MAX: usize = 2;
pub(super) const ENDED: u8 = 3;
const BEGUN: u8 = 4;

/// A word and the byte before it.
pub(super) type Word<'w> = (u8, &'w [u8]);

/// The number of a program that is no tool.
const UNKNOWN: usize = tools::COUNT;

/// A command is not read beyond so many bytes and words.
const COMMAND_BYTES_MAX: usize = 64 * 1024;
pub(crate) const COMMAND_WORDS_MAX: usize = 2048;

/// Introduces each word of a command in accounting.
pub(super) const ARGUMENT: &[u8] = b"cmd-arg=";

/// What is part of no word, with what it has to stand behind and what it stands for. A log of sudo has the command behind a
/// semicolon: elsewhere this is part of a folder's name or a variable.
const MARKS: [(u8, &[u8], u8); 2] = [(ENDED, b"COMMAND=", BEGUN), (NEXT, ARGUMENT, NEXT)];

/// A shorter word in base64 spells no command that copies packets.
const SPELLED_BYTES_MIN: usize = 32;

/// Programs that run others, with how many words of their own stand before it.
const RUNNERS: [(&str, u8); 4] = [
    (
        "env nice nohup stdbuf setsid busybox toybox nsenter unshare exec command builtin eval time ionice sudo doas \
         strace ltrace watch xargs parallel setpriv systemd-run runuser xtables-nft-multi xtables-legacy-multi lxc-attach if then else do \
         while ! { exec_create: exec_start:",
        0,
    ),
    ("timeout chroot taskset chrt", 1),
    ("docker podman kubectl nerdctl crictl lxc incus tmux", 2),
    ("ip", 3),
];

/// Programs that have a shell run the words which follow; the later ones have one of their own before it.
const SHELLS: [(&str, u8); 2] = [("sh bash dash ash zsh ksh fish script", 0), ("su ssh flock", 1)];

/// Programs that run a text in a language of their own, and what calls others in these.
const INTERPRETERS: &str = "python perl ruby awk gawk mawk node php lua";
const CALLS: &str = "system popen Popen run call check_call check_output getoutput exec spawn passthru shell_exec \
                     execSync spawnSync";

/// Reads a host's command line that is one text, as a log has it, or as it was `typed` to a shell. Gives the gravest
/// readings.
pub fn observe_command(command: &str, typed: bool) -> Vec<Observation<'static>> {
    let mut readings = Readings::default();
    let mut told = Vec::new();
    observe_text(command.as_bytes(), typed, &mut told);
    told.into_iter().for_each(|observation| readings.add(observation));
    readings.found
}

/// Reads a host's command line whose words are apart, the program's name first. Gives the gravest readings.
pub fn observe_arguments(arguments: &[Cow<'_, str>]) -> Vec<Observation<'static>> {
    let mut words = Words::default();
    for argument in arguments {
        words.push(argument.as_bytes());
    }
    let mut readings = Readings::default();
    let mut told = Vec::new();
    arguments.iter().for_each(|argument| observe_fed(argument.as_bytes(), &mut told));
    observe(&words.text, &mut told);
    told.into_iter().for_each(|observation| readings.add(observation));
    readings.found
}

pub(super) fn observe_text(command: &[u8], typed: bool, told: &mut Vec<Observation<'_>>) {
    let head = command.get(..COMMAND_BYTES_MAX).unwrap_or(command);
    observe_fed(head, told);
    let mut words = Vec::from([BEGUN]);
    let is_code = pieces(head, b" \t").any(|word| is_interpreter(base(word)));
    lex(head, is_code, &mut words);
    observe_words(&words, typed, head.len() < command.len(), told);
}

/// Reads what a command hands to a program on its standard input: to a shell what base64 spells; to nft the text before
/// it; to tc its commands without its name, and to iptables-restore those of an iptables, each on a line of its own, whose
/// end printf or syslog may write.
fn observe_fed(command: &[u8], told: &mut Vec<Observation<'_>>) {
    let mut feed = |program: &[u8], text: &[u8]| {
        let mut words = Vec::from([BEGUN]);
        words.extend_from_slice(program);
        words.push(NEXT);
        lex(text, false, &mut words);
        observe_words(&words, false, false, told);
    };
    if find(command, b"base64 -").is_some() {
        for word in pieces(command, b" \t\n\"'\\|<>();,").filter(|word| word.len() >= SPELLED_BYTES_MIN) {
            let text = core::str::from_utf8(word).ok().and_then(base64::decode).unwrap_or_default();
            feed(b"sh", &text);
        }
    }
    if find(command, b"tc -b").is_some() {
        for line in pieces(command, b"\n#").filter(|line| find(line, b" mirred ").is_some()) {
            feed(b"tc", line.strip_prefix(b"012").unwrap_or(line));
        }
    }
    if let Some(at) = find(command, b"| nft -f") {
        let before = command.get(..at).unwrap_or_default();
        let start = find(before, b"table ").or_else(|| find(before, b"add rule "));
        feed(b"nft", start.and_then(|start| before.get(start..)).unwrap_or_default());
    }
    let Some(at) = find(command, b"tables-restore") else { return };
    let program = if command.get(..at).is_some_and(|before| before.ends_with(b"ip6")) {
        &b"ip6tables"[..]
    } else {
        b"iptables"
    };
    let mut ends = false;
    let lines = command.split(|&byte| {
        let is_end = byte == b'\n' || ends && byte == b'n';
        ends = byte == b'\\';
        is_end
    });
    for line in lines.filter(|line| find(line, b"TEE").is_some()) {
        let is_verb =
            |at: &usize| matches!(line.get(*at..), Some([b'-', b'A' | b'I' | b'R' | b'D', b' ', ..]));
        let Some(rule) = (0..line.len()).find(is_verb).and_then(|at| line.get(at..)) else { continue };
        feed(program, rule);
    }
}

/// A command line whose words are apart.
#[derive(Default)]
pub(super) struct Words {
    pub(super) text: Vec<u8>,
    opened: bool,
    is_code: bool,
}

impl Words {
    /// Adds a word.
    pub(super) fn push(&mut self, word: &[u8]) {
        let before = if self.text.is_empty() { BEGUN } else { NEXT };
        // Shells are given commands as one word, and nft joins its words before it reads them.
        if self.opened && word.contains(&b' ') {
            self.text.push(ENDED);
            lex(word, self.is_code, &mut self.text);
            return;
        }
        self.text.push(before);
        self.text.extend_from_slice(word);
        let name = base(word);
        self.is_code |= is_interpreter(name);
        self.opened |= self.is_code || name == b"nft" || own_words(&SHELLS, name).is_some();
    }
}

/// How many of the words before others belong to the same quote, which opens behind a word that stands behind `mark`.
pub(super) fn quoted(mark: u8, words: &[Word<'_>]) -> usize {
    words.iter().take_while(|(before, _)| (mark.saturating_add(1)..ENDED).contains(before)).count()
}

/// Takes a text apart as a shell does, but for one thing: what is quoted is words too. In code lists are words.
fn lex(text: &[u8], is_code: bool, words: &mut Vec<u8>) {
    let (mut open, mut at, mut substituted) = (Vec::new(), 0usize, None);
    // One that stands alone is an apostrophe.
    let pairs = text.iter().filter(|&&byte| byte == b'\'').count().is_multiple_of(2);
    while let Some(&byte) = text.get(at) {
        at = at.saturating_add(1);
        if substituted == Some(byte) {
            substituted = None;
            continue;
        }
        let before = match byte {
            b'$' | b'`' if let Some((len, end)) = finds(text.get(at..).unwrap_or_default(), byte) => {
                at = at.saturating_add(len);
                substituted = Some(end);
                continue;
            }
            b'"' | b'\'' => {
                if open.last() == Some(&byte) {
                    open.pop();
                } else if open.len() < QUOTES_MAX && (pairs || byte == b'"') {
                    open.push(byte);
                }
                continue;
            }
            b'\\' => continue,
            // As syslog writes the end of a line.
            b'#' if text.get(at..).is_some_and(|rest| rest.starts_with(b"012")) => {
                at = at.saturating_add(3);
                ENDED
            }
            _ if is_space(byte) || is_code && matches!(byte, b',' | b'[' | b']') => {
                NEXT.saturating_add(open.len() as u8)
            }
            b';' | b'|' | b'&' | b'(' | b')' | b'`' | b'\n' => ENDED,
            _ if let Some((_, mark, stands_for)) = MARKS.iter().find(|(behind, mark, _)| {
                words.last() == Some(behind)
                    && text.get(at.saturating_sub(1)..).is_some_and(|rest| rest.starts_with(mark))
            }) =>
            {
                at = at.saturating_add(mark.len()).saturating_sub(1);
                *stands_for
            }
            _ => {
                words.push(byte);
                continue;
            }
        };
        // Of what stands between two words the strongest counts.
        match words.last_mut() {
            Some(last) if *last <= BEGUN => *last = before.max(*last),
            _ => words.push(before),
        }
    }
}

/// Whether what follows a dollar or an accent only finds the program of a name: how long it is, and what ends the name.
fn finds(text: &[u8], opened: u8) -> Option<(usize, u8)> {
    const FINDERS: [&str; 4] = ["command -v ", "which ", "type -p ", "type -P "];
    let inside = if opened == b'$' { text.strip_prefix(b"(")? } else { text };
    let finder = FINDERS.iter().find(|finder| inside.starts_with(finder.as_bytes()))?;
    let len = text.len().saturating_sub(inside.len()).saturating_add(finder.len());
    Some((len, if opened == b'$' { b')' } else { b'`' }))
}

/// A program's name without its folder.
pub(super) fn base(word: &[u8]) -> &[u8] {
    tail(word, b'/')
}

/// `python3.11` is one, too.
fn is_interpreter(name: &[u8]) -> bool {
    let end = name
        .iter()
        .rposition(|byte| !matches!(byte, b'0'..=b'9' | b'.'))
        .map_or(0, |at| at.saturating_add(1));
    place_in(INTERPRETERS, name.get(..end).unwrap_or_default()).is_some()
}

/// Whether a word of code calls another program: `os.system`, `BEGIN{system`.
fn is_call(word: &[u8]) -> bool {
    let name = word.rsplit(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').next();
    name.is_some_and(|name| place_in(CALLS, name).is_some())
}

fn own_words(programs: &[(&str, u8)], name: &[u8]) -> Option<u8> {
    programs.iter().find(|(names, _)| place_in(names, name).is_some()).map(|(_, own)| *own)
}

/// The place of a word in a list.
#[inline(never)]
pub(super) fn place_in(list: &str, word: &[u8]) -> Option<usize> {
    pieces(list.as_bytes(), b" ").position(|known| known == word)
}

/// Reads every command: of a tool that was met before up to the next command, otherwise up to the end, for what looks
/// like another command may be a value. So each word is read once for each tool and once more.
pub(super) fn observe(words: &[u8], told: &mut Vec<Observation<'_>>) {
    let head = words.get(..COMMAND_BYTES_MAX).unwrap_or(words);
    observe_words(head, false, head.len() < words.len(), told);
}

/// `is_cut` where more words follow that are not read.
fn observe_words(words: &[u8], typed: bool, mut is_cut: bool, told: &mut Vec<Observation<'_>>) {
    let mut split: Vec<Word<'_>> = Vec::new();
    let mut before = BEGUN;
    let mut rest = words.get(1..).unwrap_or_default();
    loop {
        if split.len() >= COMMAND_WORDS_MAX {
            is_cut = true;
            break;
        }
        let end = rest.iter().position(|&byte| byte <= BEGUN).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or_default();
        split.push((before, word));
        let Some((&next, after)) = after.split_first() else { break };
        (before, rest) = (next, after);
    }
    // How many more words of a program may stand before the next; none where no program is expected.
    let mut own = None;
    // Which tools were not met yet.
    let (mut shell, mut option, mut met) = (false, false, [true; UNKNOWN + 1]);
    let (mut code, mut last) = (false, &b""[..]);
    let mut rest = split.as_slice();
    while let Some((&(before, word), after)) = rest.split_first() {
        rest = after;
        let called = core::mem::replace(&mut last, word);
        if before == BEGUN {
            (shell, code) = (typed, false);
        }
        let is_next =
            before == ENDED && shell || code && is_call(called) || matches!(called, b"-exec" | b"-execdir");
        if before == BEGUN || is_next {
            (own, option) = (Some(0u8), false);
        }
        let Some(left) = own else { continue };
        let name = base(word);
        let tool = tools::number(name);
        if tool.is_none() {
            if left == 0 && is_interpreter(name) {
                (own, code) = (None, true);
                continue;
            }
            let by_shell = own_words(&SHELLS, name);
            if let (0, Some(words)) = (left, own_words(&RUNNERS, name).or(by_shell)) {
                (own, option) = (Some(words), false);
                shell |= by_shell.is_some();
                continue;
            }
            let was_option = core::mem::replace(&mut option, matches!(name, [b'-' | b'+', ..]));
            // A shell's options have no value.
            if option || was_option && !shell || word.contains(&b'=') {
                continue;
            }
            own = left.checked_sub(1);
            if own.is_some() {
                continue;
            }
        }
        own = None;
        let first = met.get_mut(tool.unwrap_or(UNKNOWN)).is_some_and(core::mem::take);
        // nft ends its own commands as a shell does.
        let whole = first && (!shell || name == b"nft");
        let ends = |(before, _): &Word<'_>| !whole && (*before == BEGUN || *before == ENDED && shell);
        let end = rest.iter().position(ends).unwrap_or(rest.len());
        tools::read(tool, name, rest.get(..end).unwrap_or_default(), told);
    }
    for observation in told {
        observation.is_cut |= is_cut;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_to_its_end_is_said() {
        let command = "tc filter add dev eth0 ingress matchall action mirred egress mirror dev eth1";
        let long = [command, " ", &"x".repeat(COMMAND_BYTES_MAX)].concat();
        for (text, is_cut) in [(command, false), (&*long, true)] {
            let told = observe_command(text, false);
            assert!(!told.is_empty() && told.iter().all(|it| it.is_cut == is_cut), "{is_cut}");
            let words: Vec<Cow<'_, str>> = text.split(' ').map(Cow::Borrowed).collect();
            let told = observe_arguments(&words);
            assert!(!told.is_empty() && told.iter().all(|it| it.is_cut == is_cut), "{is_cut}");
        }
    }
}
