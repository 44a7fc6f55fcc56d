//! The tools that copy packets on a host, each as it parses its own words: abbreviations, joined options, their order.
//! Of several verbs the gravest counts, for what looks like a lesser one may be a value.

use super::command::fits;
use super::program::{ENDED, Word, place_in, quoted};
use super::{is_short_for, skip};
use crate::catalog::{self, Action};
use crate::fields::Observation;
use crate::fields::pieces::{head, pieces};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// More words of a command are not told.
const NAME_WORDS_MAX: usize = 128;

/// What a tool's words say: the row, what they say beyond it, and names with their values.
#[derive(Default)]
struct Reading<'w> {
    row: Cow<'static, str>,
    action: Option<Action>,
    resources: Vec<(&'static str, &'w [u8])>,
}

impl<'w> Reading<'w> {
    #[inline(never)]
    fn add(&mut self, name: &'static str, value: &'w [u8]) {
        // The first value of a name is the one that is kept.
        if !value.is_empty() && self.resources.iter().all(|(known, _)| *known != name) {
            self.resources.push((name, value));
        }
    }
}

type Read = for<'w> fn(&'w [u8], &[Word<'w>], &mut Reading<'w>) -> Option<()>;

/// The tools by their names; the first ones are told by their words too, where the program has another name.
static TOOLS: [(&str, Read); COUNT] = [
    ("tc", tc),
    ("nft", nft),
    ("iptables ip6tables iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy", iptables),
    ("ovs-vsctl ovs-tcpdump pktcap-uw", other),
    ("ovn-nbctl", other),
    ("config", other),
    ("nv net", other),
    ("set delete my_set my_delete", other),
];
pub(super) const COUNT: usize = 8;
const UNNAMED: usize = 3;

/// The place of a tool by its name.
pub(super) fn number(name: &[u8]) -> Option<usize> {
    TOOLS.iter().position(|(known, _)| pieces(known.as_bytes(), b" ").any(|known| known == name))
}

/// Reads the words of a tool, or of a program of another name.
pub(super) fn read(tool: Option<usize>, name: &[u8], words: &[Word<'_>], told: &mut Vec<Observation<'_>>) {
    for (place, (_, read)) in TOOLS.iter().enumerate() {
        let fits = match tool {
            Some(tool) => tool == place,
            None => place < UNNAMED && begins(place, at(words, 0)),
        };
        let mut reading = Reading::default();
        if !fits || read(name, words, &mut reading).is_none() {
            continue;
        }
        let Some(operation) = catalog::HOST.find(&reading.row) else { continue };
        let mut line = name.to_vec();
        for (_, word) in words.iter().take(NAME_WORDS_MAX) {
            line.push(b' ');
            line.extend_from_slice(word);
        }
        let mut observation = Observation::new(operation, owned(&line));
        observation.action = reading.action;
        for (name, value) in reading.resources {
            observation.resource(name, Some(owned(value)));
        }
        told.push(observation);
    }
}

#[inline(never)]
fn owned(bytes: &[u8]) -> Cow<'static, str> {
    Cow::Owned(String::from_utf8_lossy(bytes).into_owned())
}

/// Whether a tool's words can begin with this one.
fn begins(tool: usize, word: &[u8]) -> bool {
    match tool {
        0 => is_object(word),
        1 => place_in("add insert replace rule table", word).is_some(),
        _ => word.first() == Some(&b'-'),
    }
}

#[inline(never)]
fn at<'w>(words: &[Word<'w>], at: usize) -> &'w [u8] {
    words.get(at).map_or(&[], |(_, word)| word)
}

#[inline(never)]
fn after<'v, 'w>(words: &'v [Word<'w>], count: usize) -> &'v [Word<'w>] {
    words.get(count..).unwrap_or_default()
}

fn is_object(word: &[u8]) -> bool {
    is_short_for(word, "filter", 1) || is_short_for(word, "actions", 1)
}

/// `filter add … action mirred egress mirror dev eth1`: each word as short as it can be told.
fn tc<'w>(_: &'w [u8], mut words: &[Word<'w>], reading: &mut Reading<'w>) -> Option<()> {
    const VERBS: [(&str, Option<Action>); 4] = [
        ("add", None),
        ("change", Some(Action::Modify)),
        ("replace", Some(Action::CreateOrModify)),
        ("delete", Some(Action::Delete)),
    ];
    // Options, and their values, stand before the object.
    let is_batch = words.iter().any(|(_, word)| is_short_for(word, "-batch", 2));
    while !is_object(at(words, 0)) {
        (at(words, 0).starts_with(b"-") || is_batch && !words.is_empty()).then_some(())?;
        words = after(words, if is_object(at(words, 1)) { 1 } else { 2 });
    }
    reading.row = Cow::Borrowed("tc * action mirred * mirror");
    reading.action = VERBS.iter().find(|(full, _)| is_short_for(at(words, 1), full, 1))?.1;
    if at(words, 2) == b"dev" {
        reading.add("source_interface", at(words, 3));
    }
    let mut copies = None;
    // The first action may stand right behind the verb.
    let mut is_due = true;
    words = after(words, 2);
    while let Some((_, rest)) = words.split_first() {
        if is_due && at(words, 0) == b"mirred" {
            let rest = past_index(rest);
            let directed = is_short_for(at(rest, 0), "egress", 1) || is_short_for(at(rest, 0), "ingress", 1);
            let rest = past_index(after(rest, 1));
            if directed && is_short_for(at(rest, 0), "mirror", 1) {
                copies = Some(());
                let rest = past_index(after(rest, 1));
                if is_short_for(at(rest, 0), "dev", 1) {
                    reading.add("destination", at(rest, 1));
                }
            }
        }
        is_due = is_short_for(at(words, 0), "action", 1);
        words = rest;
    }
    copies
}

/// `index 7` may stand anywhere among the words of an action.
#[inline(never)]
fn past_index<'v, 'w>(words: &'v [Word<'w>]) -> &'v [Word<'w>] {
    if is_short_for(at(words, 0), "index", 3) { after(words, 2) } else { words }
}

/// `-A chain … -j TEE … --gateway address`: options joined with their values, behind others, and long ones cut short.
fn iptables<'w>(program: &'w [u8], mut words: &[Word<'w>], reading: &mut Reading<'w>) -> Option<()> {
    /// Long options with the letter of the short one; `G` has none.
    const LONG: [(&str, u8); 8] = [
        ("append", b'A'),
        ("insert", b'I'),
        ("replace", b'R'),
        ("delete", b'D'),
        ("check", b'C'),
        ("jump", b'j'),
        ("gateway", b'G'),
        ("in-interface", b'i'),
    ];
    /// From the least grave to the gravest.
    const VERBS: [(u8, Option<Action>); 5] = [
        (b'C', Some(Action::Read)),
        (b'D', Some(Action::Delete)),
        (b'R', Some(Action::Modify)),
        (b'I', None),
        (b'A', None),
    ];
    let (mut verb, mut jump, mut gateway, mut has_target) = (None, None, None, false);
    let comments = words.iter().filter(|(_, word)| is_comment(word)).count();
    while let Some(((mark, word), rest)) = words.split_first() {
        words = rest;
        let is_long = word.starts_with(b"--");
        let (letter, joined) = if is_long {
            let mut halves = word.get(2..)?.splitn(2, |&byte| byte == b'=');
            let name = halves.next()?;
            if is_comment(word) && comments == 1 {
                // A rule has one target. Where another stands besides, what is quoted or looks like one is the comment's.
                let is_apart =
                    halves.next().is_none() && rest.first().is_some_and(|(before, _)| *before <= *mark);
                let more = after(rest, usize::from(is_apart));
                let behind = after(more, quoted(*mark, more));
                if has_target || behind.iter().any(|(_, word)| is_jump(word)) {
                    words = behind;
                }
                continue;
            }
            let known =
                |(full, letter): &&(&str, u8)| is_short_for(name, full, if *letter == b'j' { 1 } else { 2 });
            (LONG.iter().find(known).map_or(0, |(_, letter)| *letter), halves.next().unwrap_or_default())
        } else if let Some(short) = word.strip_prefix(b"-") {
            let flags = short.iter().take_while(|byte| b"vnx46".contains(byte)).count();
            let (letter, joined) = short.get(flags..).and_then(<[u8]>::split_first).unwrap_or((&0, &[]));
            (*letter, joined)
        } else {
            continue;
        };
        let value = if joined.is_empty() { at(rest, 0) } else { joined };
        has_target |= is_jump(word);
        match letter {
            b'j' if value == b"TEE" => jump = Some(is_long),
            b'i' => reading.add("source_interface", value),
            b'G' if jump.is_some() && !value.is_empty() => {
                reading.add("destination", value);
                gateway = Some(());
            }
            _ => verb = verb.max(VERBS.iter().position(|(known, _)| *known == letter)),
        }
    }
    reading.row = Cow::Borrowed(match (program.get(2), jump?) {
        (Some(b'6'), true) => "ip6tables * --jump TEE --gateway",
        (Some(b'6'), false) => "ip6tables * -j TEE --gateway",
        (_, true) => "iptables * --jump TEE --gateway",
        (_, false) => "iptables * -j TEE --gateway",
    });
    reading.action = verb.and_then(|verb| VERBS.get(verb)).and_then(|(_, action)| *action);
    gateway
}

fn is_comment(word: &[u8]) -> bool {
    let name = head(word, b'=');
    is_short_for(name, "--comment", 6)
}

fn is_jump(word: &[u8]) -> bool {
    [&b"-j"[..], b"--j", b"-g", b"--go"].iter().any(|option| word.starts_with(option))
}

/// `add rule … dup to address`, after options, and several commands in one; the text of a comment is none.
fn nft<'w>(_: &'w [u8], mut words: &[Word<'w>], reading: &mut Reading<'w>) -> Option<()> {
    const ROWS: [&str; 5] = [
        "nft replace rule * dup to",
        "nft insert rule * dup to",
        "nft add rule * dup to",
        "nft add rule * dup to",
        "nft add rule * dup to",
    ];
    let mut row = None;
    let mut last = None;
    while let Some(((mark, word), rest)) = words.split_first() {
        words = rest;
        let next = at(rest, 0);
        // What stands behind another file's name is not read from here.
        let is_fed = matches!(next, b"-" | [b'<', ..]) || next.starts_with(b"/dev/");
        if *word == b"-f" && !is_fed {
            return None;
        }
        let verb = place_in("replace insert add create rule delete list", word);
        // Without a verb something is added; a script begins with its tables.
        let is_part = place_in("rule chain table", next).is_some() || last.is_none() && *word == b"rule";
        if verb.is_some() && is_part {
            row = verb.and_then(|verb| ROWS.get(verb));
        } else if row.is_none()
            && *word == b"table"
            && last.is_none_or(|last| place_in("list delete destroy flush reset", last).is_none())
        {
            row = ROWS.get(2);
        }
        last = Some(*word);
        match place_in("comment iif iifname dup", word) {
            Some(0) => {
                let more = after(rest, 1);
                words = after(more, quoted(*mark, more));
            }
            Some(1 | 2) => reading.add("source_interface", next),
            Some(3) if next == b"to" && row.is_some() => {
                reading.add("destination", at(rest, 1));
                if reading.row.is_empty() {
                    reading.row = Cow::Borrowed(row?);
                }
            }
            _ => {}
        }
    }
    (!reading.row.is_empty()).then_some(())
}

/// A tool whose commands are words of a row: the gravest that fits.
///
/// Open vSwitch takes the names of tables in any case and cut short, and what `@p` stands for from another command of
/// the same line: `--id=@p get Port eth1`.
fn other<'w>(name: &'w [u8], words: &[Word<'w>], reading: &mut Reading<'w>) -> Option<()> {
    /// The words before values, and the values' names.
    const VALUES: [(&str, &str); 17] = [
        ("Bridge", "bridge"),
        ("destroy Mirror", "session"),
        ("set Mirror", "session"),
        ("mirror-add", "session encapsulation index direction destination"),
        ("mirror-del", "session"),
        ("lsp-attach-mirror", "source_interface session"),
        ("lsp-detach-mirror", "source_interface session"),
        ("span add", "session destination source_interface direction"),
        ("erspan add", "session source_address destination"),
        ("mirror_session add", "session source_address destination"),
        ("mirror_session remove", "session"),
        ("port-mirror session", "session"),
        ("span destination", "destination"),
        ("span source-port", "source_interface"),
        ("dst-port", "destination"),
        ("interfaces _", "source_interface"),
        ("mirror ingress", "destination"),
    ];
    // VyOS calls its programs so.
    let mut all: Vec<&[u8]> = Vec::from([name.strip_prefix(b"my_").unwrap_or(name)]);
    let (mut verb, mut is_value) = (false, false);
    let outside = words.first().map_or(0, |(mark, _)| *mark);
    for (mark, word) in words {
        // What is quoted behind a key is a value, whatever stands in it.
        if is_value && *mark > outside && *mark < ENDED {
            continue;
        }
        is_value = word.contains(&b'=');
        all.push(match *word {
            word if verb && is_short_for(word, "Mirror", 2) => b"Mirror",
            word if verb && is_short_for(word, "Bridge", 2) => b"Bridge",
            word if word.starts_with(b"mirrors=") && word != b"mirrors=[]" => b"mirrors",
            word => word,
        });
        verb = place_in("create destroy set add clear remove", word).is_some();
    }
    // Of what is equally grave, what begins something goes before what changes or ends it.
    let rows = catalog::HOST.rows();
    let row = rows
        .iter()
        .filter(|row| fits(&row.name, &all).is_some())
        .min_by_key(|row| (core::cmp::Reverse(row.severity), row.action))?;
    reading.row.clone_from(&row.name);
    for place in 0..all.len() {
        let rest = all.get(place..).unwrap_or_default();
        for (before, names) in VALUES {
            for (name, value) in names.split(' ').zip(skip(rest, before).unwrap_or_default()) {
                reading.add(name, value);
            }
        }
        let word = *rest.first()?;
        let end = word.iter().position(|&byte| byte == b'=').unwrap_or_default();
        let (column, value) = word.split_at_checked(end)?;
        let name = match column {
            b"name" => "session",
            b"output-port" | b"output_port" => "destination",
            b"output-vlan" | b"output_vlan" => "destination_vlan",
            _ => continue,
        };
        reading.add(name, value.get(1..)?);
    }
    for place in 0..all.len() {
        let rest = all.get(place..).unwrap_or_default();
        // What `@p` stands for elsewhere in the command.
        if let [id, b"get", _, port, ..] = rest
            && let Some(value) =
                reading.resources.iter_mut().find(|(_, value)| id.strip_prefix(b"--id=") == Some(value))
        {
            value.1 = port;
        }
    }
    // Nothing in the line says what it stands for.
    reading.resources.retain(|(_, value)| !value.starts_with(b"@"));
    Some(())
}
