//! Processes that began, as endpoint products tell of them. Knows where each has the command line and whose it is, not
//! what the words mean.

use super::{
    COMMAND_WORDS_MAX, Observation, Text, observe_arguments, observe_command, observe_script, owned,
    schema::is_alert,
};
use crate::fields::pieces::pieces;
use crate::json::{Elements, Index, Raw, Strings, collect, joined, paths};
use alloc::string::String;
use alloc::vec::Vec;

/// What a message begins with that says which script was run.
const SCRIPT: &str = "Creating Scriptblock text";

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
    /// Containers that a request to a cluster describes, each with its command and the arguments to it.
    Containers,
    /// The words after the program.
    Rest,
    /// The same, apart.
    RestWords,
    /// A script of PowerShell.
    Script,
    /// What is said of one.
    Told,
    Actor,
    Source,
    Device,
    Time,
    /// What kind of document it is.
    Kind,
}

paths! {
    /// Laurel, Elastic and Auditbeat, OCSF; Defender; CrowdStrike and Sysmon; Falco; osquery; Tetragon; SentinelOne; Carbon
    /// Black; Docker; Tracee; Kubernetes, of what is executed in a pod and what a pod or a workload runs.
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
    Says::Line as u8 => "data.win.eventdata.commandLine",
    Says::Line as u8 => "output_fields.proc.cmdline",
    Says::Line as u8 => "columns.cmdline",
    Says::Line as u8 => "cmdline",
    Says::Line as u8 => "tgt.process.cmdline",
    Says::Line as u8 => "target_cmdline",
    Says::Line as u8 => "childproc_cmdline",
    Says::Line as u8 => "process_cmdline",
    Says::Words as u8 => "sudo.accept.runargv",
    Says::RestWords as u8 => "argv",
    Says::Script as u8 => "ScriptBlockText",
    Says::Script as u8 => "EventData.ScriptBlockText",
    Says::Script as u8 => "Event.EventData.ScriptBlockText",
    Says::Script as u8 => "winlog.event_data.ScriptBlockText",
    Says::Script as u8 => "data.win.eventdata.scriptBlockText",
    Says::Script as u8 => "powershell.file.script_block_text",
    Says::Script as u8 => "winlog.event_data.Payload",
    Says::Script as u8 => "EventData.Payload",
    Says::Script as u8 => "ScriptContent",
    Says::Told as u8 => "message",
    Says::Line as u8 => "Action",
    Says::Call as u8 => "args",
    Says::Uri as u8 => "requestURI",
    Says::Containers as u8 => "requestObject.spec.containers",
    Says::Containers as u8 => "requestObject.spec.initContainers",
    Says::Containers as u8 => "requestObject.spec.ephemeralContainers",
    Says::Containers as u8 => "requestObject.spec.template.spec.containers",
    Says::Containers as u8 => "requestObject.spec.template.spec.initContainers",
    Says::Containers as u8 => "requestObject.spec.jobTemplate.spec.template.spec.containers",
    Says::Program as u8 => "program",
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
    Says::Actor as u8 => "SubjectUserName",
    Says::Actor as u8 => "EventData.SubjectUserName",
    Says::Actor as u8 => "Event.EventData.SubjectUserName",
    Says::Actor as u8 => "winlog.event_data.SubjectUserName",
    Says::Actor as u8 => "data.win.eventdata.subjectUserName",
    Says::Actor as u8 => "winlog.user.name",
    Says::Actor as u8 => "sudo.accept.submituser",
    Says::Actor as u8 => "user",
    Says::Actor as u8 => "login",
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
    Says::Device as u8 => "winlog.computer_name",
    Says::Device as u8 => "data.win.system.computer",
    Says::Device as u8 => "Event.System.Computer",
    Says::Device as u8 => "server_hostname",
    Says::Device as u8 => "sudo.accept.submithost",
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
        let mut parts = pieces(uri.as_bytes(), b"?&");
        arguments(&mut parts.by_ref().filter_map(|part| decoded(part.strip_prefix(b"command=")?)));
    }
    for container in all(Says::Containers).iter().filter_map(|list| list.array()).flat_map(Elements::new) {
        let container = Index::read(container.0, 1);
        let lists = ["command", "args"].map(|key| container.at(key).and_then(Raw::array).unwrap_or_default());
        arguments(&mut lists.into_iter().flat_map(Elements::new).filter_map(Raw::text));
    }
    // A shell's history, as osquery reads it; what Teleport has a shell run.
    let in_history = object.at("columns.command").or_else(|| {
        let is_run = object.at("event").is_some_and(|event| event.is_word("exec"));
        object.at("command").filter(|_| is_run || object.at("history_file").is_some())
    });
    if let Some(line) = in_history.and_then(Raw::text) {
        told = observe_command(&line, true);
    }
    for line in all(Says::Line).iter().take(LINES_MAX) {
        if told.is_empty()
            && let Some(line) = line.text()
        {
            told = observe_command(&line, false);
            if told.is_empty() {
                told = observe_script(&line, true);
            }
        }
    }
    let scripts = all(Says::Script).into_iter().take(LINES_MAX).filter_map(Raw::text);
    let message = text(Says::Told).filter(|message| message.starts_with(SCRIPT));
    for script in scripts.chain(message) {
        if told.is_empty() {
            let script = script
                .strip_prefix(SCRIPT)
                .and_then(|rest| rest.split_once(':'))
                .map_or(&*script, |halves| halves.1);
            told = observe_script(script, false);
        }
    }
    // Teleport has the words without the program.
    if told.is_empty()
        && let Some(program) = text(Says::Program)
        && let Some(words) = all(Says::RestWords).into_iter().find_map(Raw::array)
    {
        let mut all = Vec::from([program]);
        all.extend(Elements::new(words).take(COMMAND_WORDS_MAX).filter_map(Raw::text));
        told = observe_arguments(&all);
    }
    if told.is_empty()
        && let Some(program) = text(Says::Program)
    {
        told = observe_command(&joined(&[&program, " ", &text(Says::Rest).unwrap_or_default()]), false);
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
