//! Processes that began, as endpoint products tell of them. Knows where each has the command line and whose it is, not
//! what the words mean.

use super::{COMMAND_WORDS_MAX, Observation, Text, observe_arguments, observe_command};
use crate::json::{Elements, Index, Raw, collect, paths};
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
    /// The program, where its words stand elsewhere.
    Program,
    /// Arguments of a system call, each with its name.
    Call,
    /// The words after the program.
    Rest,
    Actor,
    Device,
    Time,
    /// What kind of document it is.
    Kind,
}

paths! {
    /// Laurel, Elastic and Auditbeat, OCSF; Defender; CrowdStrike and Sysmon; Falco; osquery; Tetragon; SentinelOne; Carbon
    /// Black; Docker; Tracee.
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
    Says::Line as u8 => "Action",
    Says::Call as u8 => "args",
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
    Says::Time as u8 => "@timestamp",
    Says::Time as u8 => "properties.Timestamp",
    Says::Time as u8 => "Timestamp",
    Says::Time as u8 => "time_dt",
    Says::Time as u8 => "time",
    Says::Time as u8 => "calendarTime";
}

/// Reads an object that may tell of a process; of several commands in it the first one that copies packets.
pub(super) fn observe(object: &Index<'_>) -> Option<Observation<'static>> {
    let found = collect(object, PATHS);
    let all = |says: Says| found.iter().filter(move |(code, _)| *code == says as u8).map(|(_, raw)| *raw);
    let text = |says: Says| all(says).find_map(Raw::text);
    // An alert tells of a rule; the process has an event of its own.
    if text(Says::Kind).is_some_and(|kind| matches!(&*kind, "signal" | "alert")) {
        return None;
    }
    let lists = all(Says::Call).filter_map(Raw::array).flat_map(Elements::new).filter_map(|argument| {
        let argument = Index::read(argument.0, 1);
        let is_named = argument.at("name").and_then(Raw::string).is_some_and(|name| name == "argv");
        argument.at("value").filter(|_| is_named)
    });
    let by_words = all(Says::Words).chain(lists).filter_map(Raw::array).flat_map(|list| {
        let words: Vec<Text<'_>> =
            Elements::new(list).filter_map(Raw::text).take(COMMAND_WORDS_MAX.saturating_add(1)).collect();
        observe_arguments(&words)
    });
    let by_line =
        all(Says::Line).take(LINES_MAX).filter_map(Raw::text).flat_map(|line| observe_command(&line));
    let by_parts = text(Says::Program)
        .into_iter()
        .flat_map(|program| observe_command(&[&*program, &*text(Says::Rest).unwrap_or_default()].join(" ")));
    let mut observation = by_words.chain(by_line).chain(by_parts).next()?;
    let owned = |text: Text<'_>| Text::Owned(text.into_owned());
    if let Some(actor) = text(Says::Actor) {
        observation.actor = Some(owned(actor));
        observation.actor_type = Some("user");
    }
    observation.time = text(Says::Time).map(owned);
    observation.resource("device", text(Says::Device).map(owned));
    Some(observation)
}
