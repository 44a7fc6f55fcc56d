//! Device syslog, one line at a time: finds the message's tag wherever the header puts it.

use super::Observation;
use crate::catalog::{self, Action, EventOutcome};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Reads a syslog line; `None` when it is not about mirroring.
pub fn observe_line(line: &str) -> Option<Observation<'_>> {
    read(line)
}

/// The tag `%FACILITY[-SUB]-SEVERITY-MNEMONIC:` and the text after it.
struct Message<'a> {
    facility: &'a str,
    mnemonic: &'a str,
    text: &'a str,
}

impl<'a> Message<'a> {
    /// The messages of a line: every place that looks like a tag.
    fn all(line: &'a str) -> impl Iterator<Item = Message<'a>> {
        line.match_indices('%').filter_map(|(at, _)| {
            let (tag, text) = line.get(at.saturating_add(1)..)?.split_once(':')?;
            let mut parts = tag.trim_ascii_end().rsplit('-');
            let (mnemonic, severity, facility) = (parts.next()?, parts.next()?, parts.next_back()?);
            let word = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            (severity.len() == 1 && word(mnemonic) && word(facility)).then_some(Message {
                facility,
                mnemonic,
                text: text.trim_ascii(),
            })
        })
    }
}

fn read(line: &str) -> Option<Observation<'_>> {
    Message::all(line).find_map(|message| match (message.facility, message.mnemonic) {
        ("PARSER", "CFGLOG_LOGGEDCMD") => logged_command(message.text),
        ("SPAN" | "MIRROR", _) => {
            let operation =
                catalog::NETWORK.find(&["%", message.facility, "-", message.mnemonic].concat())?;
            let mut observation = Observation::new(operation, Cow::Borrowed(operation.name));
            observation.outcome = EventOutcome::Success;
            Some(observation)
        }
        _ => None,
    })
}

/// `User:<name>  logged command:<command>`, the command perhaps after `!exec: `.
fn logged_command(text: &str) -> Option<Observation<'_>> {
    let (user, command) = split_at_text(text.strip_prefix("User:")?, "logged command:")?;
    let command = command.trim_ascii_start();
    let command = command.strip_prefix("!exec:").unwrap_or(command).trim_ascii();
    let mut observation = observe_command(command)?;
    let user = user.trim_ascii();
    if !user.is_empty() {
        observation.actor = Some(Cow::Borrowed(user));
        observation.actor_type = Some("user");
    }
    observation.outcome = EventOutcome::Success;
    Some(observation)
}

/// A configuration or exec command, by its first words.
fn observe_command(command: &str) -> Option<Observation<'_>> {
    let verbs = usize::from(["no ", "default ", "show "].iter().any(|verb| command.starts_with(verb)));
    let name = words(command, verbs.saturating_add(2))?;
    let operation = catalog::NETWORK.find(name)?;
    let mut observation = Observation::new(operation, Cow::Borrowed(command));
    let mut rest = command.get(name.len()..)?.split_ascii_whitespace();
    let session = rest.next()?;
    observation.resource("session", Some(Cow::Borrowed(session)));
    let more: Vec<_> = rest.collect();
    observation.action = match more.first() {
        // Taking one source away changes a session, it does not delete it.
        Some(_) if operation.action == Action::Delete => Some(Action::Modify),
        Some(&"start") => Some(Action::Start),
        Some(&"stop") => Some(Action::Stop),
        _ => None,
    };
    if let ["source" | "destination", "interface", interface @ ..] = more.as_slice() {
        let name = if more.first() == Some(&"source") { "source_interface" } else { "destination" };
        let count = if interface.get(1).is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
            2
        } else {
            1
        };
        let text = interface.get(..count).map(|words| words.concat());
        observation.resource(name, text.map(Cow::Owned));
    }
    Some(observation)
}

/// The first `count` words of a text whose words are separated by one space each.
fn words(text: &str, count: usize) -> Option<&str> {
    match text.match_indices(' ').nth(count.checked_sub(1)?) {
        Some((end, _)) => text.get(..end),
        None => Some(text),
    }
}

/// `str::split_once`, without the general searcher that would cost the module 2.5 KB.
fn split_at_text<'t>(text: &'t str, separator: &str) -> Option<(&'t str, &'t str)> {
    let at = text.as_bytes().windows(separator.len()).position(|window| window == separator.as_bytes())?;
    Some((text.get(..at)?, text.get(at.checked_add(separator.len())?..)?))
}
