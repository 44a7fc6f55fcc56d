//! Processes that began, as endpoint products tell of them. Knows where each has the command line and whose it is, not
//! what the words mean.

use super::{
    COMMAND_WORDS_MAX, Observation, Text, observe_arguments, observe_command, owned, schema::is_alert,
};
use crate::json::{Elements, Index, Raw, Strings, collect, joined, paths};
use alloc::string::String;
use alloc::vec::Vec;

/// No product tells a command in more ways.
const LINES_MAX: usize = 4;

/// What a path says.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Says {
    /// The words of the command, apart.
    Words,
    /// The command in one text.
    Line,
    /// The words among the parameters of a request.
    Uri,
    /// The program, where its words stand elsewhere.
    Program,
    /// Arguments of a system call, each with its name.
    Call,
    /// The words after the program.
    Rest,
    Actor,
    Source,
    Device,
    Time,
    /// What kind of document it is.
    Kind,
}

paths! {
    /// Laurel, Elastic and Auditbeat, OCSF; Defender; CrowdStrike and Sysmon; Falco; osquery; Tetragon; SentinelOne; Carbon
    /// Black; Docker; Tracee; Kubernetes, of what is executed in a pod.
    PATHS:
    Says::Kind as u8 => "event.kind",
    Says::Words as u8 => "EXECVE.ARGV",
    Says::Words as u8 => "PROCTITLE.ARGV",
    Says::Words as u8 => "process.args",
    Says::Line as u8 => "process.command_line",
    Says::Line as u8 => "process.cmd_line",
    Says::Line as u8 => "ProcessCommandLine",
    Says::Line as u8 => "properties.ProcessCommandLine",
    Says::Line as u8 => "CommandLine",
    Says::Line as u8 => "EventData.CommandLine",
    Says::Line as u8 => "Event.EventData.CommandLine",
    Says::Line as u8 => "winlog.event_data.CommandLine",
    Says::Line as u8 => "output_fields.proc.cmdline",
    Says::Line as u8 => "columns.cmdline",
    Says::Line as u8 => "cmdline",
    Says::Line as u8 => "tgt.process.cmdline",
    Says::Line as u8 => "target_cmdline",
    Says::Line as u8 => "childproc_cmdline",
    Says::Line as u8 => "process_cmdline",
    Says::Line as u8 => "Action",
    Says::Call as u8 => "args",
    Says::Uri as u8 => "requestURI",
    Says::Program as u8 => "process_exec.process.binary",
    Says::Rest as u8 => "process_exec.process.arguments",
    Says::Actor as u8 => "SYSCALL.AUID",
    Says::Actor as u8 => "user.name",
    Says::Actor as u8 => "process.user.name",
    Says::Actor as u8 => "actor.user.name",
    Says::Actor as u8 => "AccountName",
    Says::Actor as u8 => "properties.AccountName",
    Says::Actor as u8 => "UserName",
    Says::Actor as u8 => "EventData.User",
    Says::Actor as u8 => "Event.EventData.User",
    Says::Actor as u8 => "winlog.event_data.User",
    Says::Actor as u8 => "output_fields.user.name",
    Says::Actor as u8 => "columns.username",
    Says::Actor as u8 => "tgt.process.user",
    Says::Actor as u8 => "childproc_username",
    Says::Actor as u8 => "user.username",
    Says::Source as u8 => "sourceIPs",
    Says::Device as u8 => "NODE",
    Says::Device as u8 => "host.name",
    Says::Device as u8 => "host.hostname",
    Says::Device as u8 => "device.hostname",
    Says::Device as u8 => "DeviceName",
    Says::Device as u8 => "properties.DeviceName",
    Says::Device as u8 => "ComputerName",
    Says::Device as u8 => "Computer",
    Says::Device as u8 => "hostIdentifier",
    Says::Device as u8 => "node_name",
    Says::Device as u8 => "endpoint.name",
    Says::Device as u8 => "device_name",
    Says::Device as u8 => "hostName",
    Says::Device as u8 => "hostname",
    Says::Device as u8 => "objectRef.name",
    Says::Time as u8 => "@timestamp",
    Says::Time as u8 => "properties.Timestamp",
    Says::Time as u8 => "Timestamp",
    Says::Time as u8 => "time_dt",
    Says::Time as u8 => "time",
    Says::Time as u8 => "calendarTime",
    Says::Time as u8 => "requestReceivedTimestamp";
}

/// Reads an object that may tell of a process; of several commands in it the first one that copies packets.
pub(super) fn observe(object: &Index<'_>) -> Option<Observation<'static>> {
    let found = collect(object, PATHS);
    let all = |says: Says| super::all(&found, says as u8);
    let text = |says: Says| all(says).into_iter().find_map(Raw::text);
    // An alert tells of a rule; the process has an event of its own.
    if is_alert(&all(Says::Kind)) {
        return None;
    }
    let mut told = Vec::new();
    let mut arguments = |words: &mut dyn Iterator<Item = Text<'_>>| {
        if told.is_empty() {
            let mut all = Vec::new();
            for word in words.take(COMMAND_WORDS_MAX.saturating_add(1)) {
                all.push(word);
            }
            told = observe_arguments(&all);
        }
    };
    let mut lists = all(Says::Words);
    for call in all(Says::Call) {
        for argument in Elements::new(call.array().unwrap_or_default()) {
            let argument = Index::read(argument.0, 1);
            if argument.at("name").is_some_and(|name| name.is_word("argv")) {
                lists.extend(argument.at("value"));
            }
        }
    }
    for list in lists {
        arguments(&mut Elements::new(list.array().unwrap_or_default()).filter_map(Raw::text));
    }
    for uri in all(Says::Uri).iter().take(LINES_MAX) {
        let uri = uri.text().unwrap_or_default();
        let mut parts = uri.as_bytes().split(|byte| matches!(byte, b'?' | b'&'));
        arguments(&mut parts.by_ref().filter_map(|part| decoded(part.strip_prefix(b"command=")?)));
    }
    for line in all(Says::Line).iter().take(LINES_MAX) {
        if told.is_empty()
            && let Some(line) = line.text()
        {
            told = observe_command(&line);
        }
    }
    if told.is_empty()
        && let Some(program) = text(Says::Program)
    {
        told = observe_command(&joined(&[&program, " ", &text(Says::Rest).unwrap_or_default()]));
    }
    let mut observation = told.into_iter().next()?;
    if let Some(actor) = text(Says::Actor) {
        observation.actor = Some(owned(actor));
        observation.actor_type = Some("user");
    }
    // A proxy adds the address that it sees behind those that it was told.
    let sources = all(Says::Source).into_iter().find_map(|list| Strings::new(list).last());
    observation.source_ip = sources.map(|(_, source)| owned(source));
    observation.time = text(Says::Time).map(owned);
    observation.resource("device", text(Says::Device).map(owned));
    Some(observation)
}

/// A parameter of an address without its escapes; `None` where it is no text.
fn decoded(parameter: &[u8]) -> Option<Text<'_>> {
    let mut out = Vec::with_capacity(parameter.len());
    let mut bytes = parameter.iter().copied();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                (digit()?.wrapping_shl(4) | digit()?) as u8
            }
            _ => byte,
        });
    }
    String::from_utf8(out).ok().map(Text::Owned)
}
