//! The shapes in which devices, servers and hosts write down a command, as data; and what their parts mean.

use super::command::{self, CISCO, JUNOS, NOKIA, SWITCH, SWITCHED};
use super::{
    Readings, WORDS_MAX, add, find, header, holds, is_short_for, is_space, joined, keyed, lookup, named,
    powershell, program, request, skip, stands, text, vspan, words, yang,
};
use crate::catalog::{Action, EventOutcome, Operation, Severity};
use crate::fields::pieces::{head, pieces, tail};
use crate::fields::{Observation, Text};
use alloc::vec::Vec;

/// A command stands among so many fields of a line.
const FIELDS_MAX: usize = 32;

/// A chain's name ends here.
const NAME_BYTES_MAX: usize = 4096;

/// The parts of a line, by the letters of its shape.
pub(super) struct Parts<'a>([&'a [u8]; 26]);

impl<'a> Parts<'a> {
    #[inline(never)]
    pub(super) fn part(&self, letter: u8) -> &'a [u8] {
        self.0.get(usize::from(letter.wrapping_sub(b'a'))).copied().unwrap_or_default()
    }
}

/// Reads the commands that a line of some shape holds.
type Read = for<'a> fn(&Parts<'a>, &mut Vec<Observation<'a>>);

/// Each shape with the reader of its command and what it says of the outcome.
///
/// `{x}` takes in what stands before the next text, `{X}` what stands before the last place of it, `{-}` is left out.
/// c command, d time, e event, f refusal, h header, n number, p path, r result, s source address, t tty, u user,
/// v verb, w value, y device, and k: the header, then the user, the tty and the source address.
/// A shape that begins with a text fits at the beginning of a line, or after the tag of one. Behind each `\n` stands
/// what the line may also have, in whatever order.
const SHAPES: [(&str, Read, EventOutcome); SHAPES_LEN] = [
    // The configuration logger of Cisco IOS.
    ("User:{u}logged command:{c}", logged, EventOutcome::Success),
    ("{h}clogHistMsgText.{-}User:{u}logged command:{c}, CISCO-SYSLOG", logged, EventOutcome::Success),
    // The shell and the accounting of NX-OS, the latter with address and tty or with the name of a session; and the
    // accounting as it is shown and exported.
    ("User:{u} executed the command:{c}", chain, EventOutcome::Success),
    ("update:{s}@{t}:{u}:{C}({r}", chain, EventOutcome::Unknown),
    ("update:{t}:{u}:{C}({r}", chain, EventOutcome::Unknown),
    ("{h}:type=update:id={s}@{t}:user={u}:cmd={C}({r}", chain, EventOutcome::Unknown),
    ("{h}:type=update:id={t}:user={u}:cmd={C}({r}", chain, EventOutcome::Unknown),
    // An applet of Cisco IOS that logs what is typed.
    ("{h}HA_EM-{-}-LOG: {-}: {c}", typed, EventOutcome::Unknown),
    // Cisco ASA.
    ("User '{u}' executed the '{C}' command", typed, EventOutcome::Success),
    ("User '{u}', running '{-}' from IP {s}, executed '{C}'", typed, EventOutcome::Success),
    ("User '{u}' executed cmd: {c}", typed, EventOutcome::Success),
    // Arista EOS, and servers in the same words of TACACS+; then Cisco's own servers.
    ("{k} stop {-}service={-}cmd={c}", typed, EventOutcome::Success),
    ("{k} start {-}service={-}cmd={c}", typed, EventOutcome::Started),
    ("{k} update {-}service={-}cmd={C}({r}", chain, EventOutcome::Unknown),
    ("{h}\t{y}\t{u}\t{t}\t{s}\t{-}\tdeny\tshell\t{c}", typed, EventOutcome::Failure),
    ("{h}\t{y}\t{u}\t{t}\t{s}\t{-}\tpermit\tshell\t{c}", typed, EventOutcome::Unknown),
    ("{h}\t{y}\t{u}\t{t}\t{s}\tstop\tshell\t{c}", typed, EventOutcome::Success),
    (
        "{h}CmdSet=[ CmdAV={C} ],\n{-} User={u},\n{-}Remote-Address={s},\n{-} Port={t},\n{-}NetworkDeviceName={y},",
        typed,
        EventOutcome::Success,
    ),
    // AOS-CX, Huawei, Comware, Dell OS10, and the switches made with FASTPATH, such as Dell OS6.
    (
        "{h}rec=ACCT_CMD{-}user={u} {-}data=\"{C}\"\n{-}hostname={y} \n{-}addr={s} \n{-}res={r}",
        accounted,
        EventOutcome::Unknown,
    ),
    ("{h}CMDRECORD{-}(Task={t}, {-}p={s},{-}User={u},{-}Command={C})", recorded, EventOutcome::Success),
    (
        "{h}SHELL_CMD_EXECUTEFAIL: -User={u}-IPAddr={s}; Command {C} in view ",
        shortened,
        EventOutcome::Failure,
    ),
    ("{h}SHELL_CMD: {-}-Line={t}-IPAddr={s}-User={u}; Command is {c}", shortened, EventOutcome::Success),
    ("{h}SHELL_CMD: -Task={t}-IPAddr={s}-User={u}; Command is {c}", shortened, EventOutcome::Success),
    ("{h}User {u} on {t} from {s} used cmd: '{C}' - {r}", typed, EventOutcome::Unknown),
    ("{h}User {u} on {t} used cmd: '{C}' - {r}", typed, EventOutcome::Unknown),
    ("{h}%% {-}CLI:{s}:{u}:{c}", typed, EventOutcome::Unknown),
    // Ruckus ICX.
    ("{h}CLI CMD: \"{C}\" by {u} from {-}\n{-}\" by {-} client {s}", typed, EventOutcome::Unknown),
    // Extreme EXOS, VOSS and SLX, and F5.
    ("{h}.logRemoteCmd> {s} ({-}) {u}: {c}", typed, EventOutcome::Unknown),
    ("{h}.logRemoteCmd> {-}: {s} ({-}) {u}: {c}", typed, EventOutcome::Unknown),
    ("{h}.logLocalCmd> {t} {u}: {c}", typed, EventOutcome::Unknown),
    ("{h}CLILOG INFO {-} {-}:{s} {u} {c}", typed, EventOutcome::Unknown),
    (
        "{h} DCMCFG, {u}/{-}/{s}/{-},, {y}, {-} Status: {r}, User command: \"configure config {C}\"",
        typed,
        EventOutcome::Unknown,
    ),
    ("{h}AUDIT - pid={-} user={u} {-} status=[{r}] cmd_data={c}", typed, EventOutcome::Unknown),
    // MikroTik, FortiGate and PAN-OS.
    ("{h}system,info {v} by {-}:{u}@{s} ({C})", mangled, EventOutcome::Success),
    ("{v} by {-}:{u}@{s} ({C})", mangled, EventOutcome::Success),
    ("{-} user=\"{u}\" ui=\"{-}({s})\"{-} msg=\"{C}\"\n{-}devname=\"{y}\"", typed, EventOutcome::Success),
    (
        "{-} cfgpath=\"{e}\"\n{-} action=\"{v}\"\n{-} user=\"{u}\" ui=\"{-}({s})\n{-}devname=\"{y}\"\n{-}cfgobj=\"{n}\"\n{-} cfgattr=\"{w}\"",
        message,
        EventOutcome::Success,
    ),
    (
        "{h}CEF:{-}FTNTFGTcfgpath={e} \n{-}deviceExternalId={y} \n{-} duser={u} \n{-} sproc={-}({s})\n{-} act={v} \n{-}FTNTFGTcfgobj={n} \n\
         {-}FTNTFGTcfgattr={w} ",
        message,
        EventOutcome::Success,
    ),
    ("{h},audit,{-},{-},{u},\"{C}\",{r}", debugged, EventOutcome::Unknown),
    ("{h},AUDIT,{c}", audit_fields, EventOutcome::Unknown),
    ("{h},{-},{-},CONFIG,{-},{-},{d},{s},{-},{v},{u},{-},{r},{p},{w}", change, EventOutcome::Unknown),
    // Junos: changes, then commands, whose outcome is not told; without the tag where a shipper took it off; and as
    // structured data alone.
    ("{h}UI_{-}User '{u}' {v}: [{p}]{w}", change, EventOutcome::Success),
    ("User '{u}' {v}: [{p}]{w}", change, EventOutcome::Success),
    ("{h}UI_{-}username=\"{u}\"{-}action=\"{v}\"{-}pathname=\"[{p}\"{w}", change, EventOutcome::Success),
    ("{h}UI_{-}User '{u}'{-}command '{C}'", junos_command, EventOutcome::Unknown),
    ("User '{u}'{-}command '{C}'", junos_command, EventOutcome::Unknown),
    ("{h}UI_{-}username=\"{u}\"{-}command=\"{c}\"", junos_command, EventOutcome::Unknown),
    // Nokia SR OS: its events in syslog and on the console, and what is typed.
    ("{h}Base MIRROR-{-}-{e}-{-}:{c}", message, EventOutcome::Success),
    ("{h}MIRROR #{n} Base Mirror {c}", message, EventOutcome::Success),
    ("{h}cli_{-}_io{-}[{u}]:{-}User from {s}: {c}", nokia_command, EventOutcome::Unknown),
    ("{h}md_cli_io{-}[{u}]:{-}User from {s}: {c}", nokia_command, EventOutcome::Unknown),
    // Cisco ACI, VMware NSX and Meraki.
    ("{h}subj-[uni/{q}/{e}-{n}]/mod-{c}\n{-}]/mod-{X} {v}\n{-} user={u} ", message, EventOutcome::Success),
    (
        "{h}[{-}][{v}][{-}][uni/{-}/{e}-{n}]{-}ess DestGrp \n{-}[user {u}]\n{-}From-{s}-client",
        message,
        EventOutcome::Success,
    ),
    (
        "{h}[{-}][{v}][{-}][uni/{-}/{e}-{n}]{-}ess SrcGrp \n{-}[user {u}]\n{-}From-{s}-client",
        message,
        EventOutcome::Success,
    ),
    (
        "{h}audit=\"true\"{-}UserName=\"{u}\"{-} Operation=\"{e}\"{-} status=\"{r}\"{w}\n{-} Src=\"{s}\"\n{-}\"display_name\":\"{c}\"",
        message,
        EventOutcome::Unknown,
    ),
    ("{h}Meraki {e} from {s}: {r}", message, EventOutcome::Unknown),
    ("{h}Meraki by {u}: {p}\t{c}\tnow{w}", dashboard, EventOutcome::Success),
    // Mist and others whose audit logs say in words what was done; Check Point, and OPNsense.
    ("{h}Audit by {u} from {s}: {c}", audited, EventOutcome::Success),
    (
        "{h}fieldschanges:\"{w}\"\n{-}administrator:\"{u}\"\n{-}client_ip:\"{s}\"\n{-}objectname:\"{n}\"",
        fields_changed,
        EventOutcome::Success,
    ),
    (
        "{h} fieldschanges={w}\n{-} administrator={u} \n{-} src={s} \n{-} objectname={n} ",
        fields_changed,
        EventOutcome::Success,
    ),
    // Allied Telesis.
    ("{h}IMISH[{-}]: [{u}@{s}]{c}", typed, EventOutcome::Unknown),
    ("{h}user {u}@{s} changed configuration to {-} in {p} ", posted, EventOutcome::Success),
    // SONiC; then Linux: sudo, and Open vSwitch, which logs how it was called.
    ("{h}Session: {e} mirror session {c}", message, EventOutcome::Success),
    ("{h}Entry: {e} mirror session {c}", message, EventOutcome::Success),
    ("{k} : {f}TTY={t} {-}; COMMAND={c}", program, EventOutcome::Unknown),
    ("{h}|{-}|{-}|INFO|Called as {c}", program, EventOutcome::Unknown),
    // What else runs commands and tells of it: systemd, by the description that systemd-run gives a unit; doas, pkexec,
    // whose working directory may end as its own words do, cron, containerd, Ansible, the daemon of Cumulus Linux; shells,
    // which log their history or a session; snoopy, whose working directory may end as its own words do; Sysmon.
    ("{h}systemd[{-}]: Started {c}", unit, EventOutcome::Started),
    ("Started {c}", unit, EventOutcome::Started),
    ("{h}doas: {u} ran command {C} as {-}", program, EventOutcome::Unknown),
    ("{h}doas: failed command for {u}: {c}", program, EventOutcome::Failure),
    ("{h}: {u}: Executing command [{-} [COMMAND={C}]", program, EventOutcome::Unknown),
    ("{h}: {u}: Executing command [{X} [COMMAND={C}]", program, EventOutcome::Unknown),
    ("{u}: Executing command [{-} [COMMAND={C}]", program, EventOutcome::Unknown),
    ("{h} ({u}) CMD ({C})", typed_program, EventOutcome::Started),
    ("{h}\" with command [{C}]", program, EventOutcome::Unknown),
    ("{h}Invoked with {-}_raw_params={c}", program, EventOutcome::Unknown),
    ("{h}RXed: user {u}, command \"{C}\"", program, EventOutcome::Unknown),
    ("{h}HISTORY: PID={-} UID={-} {c}", typed_program, EventOutcome::Unknown),
    ("{h}: {u} [{-}]: {C} [", typed_program, EventOutcome::Unknown),
    ("{h}: {u} [{-}]: {n}  {-}:{-}:{-} {C} [", typed_program, EventOutcome::Unknown),
    ("{h}shell[{-}]: [{u}]: {c}", typed_program, EventOutcome::Unknown),
    ("sh-{-}$ {c}", typed_program, EventOutcome::Unknown),
    ("sh-{-}# {c}", typed_program, EventOutcome::Unknown),
    ("{h}snoopy[{-}]: [{-}]: {c}", program, EventOutcome::Unknown),
    ("{h}snoopy[{-}]: [{X}]: {c}", program, EventOutcome::Unknown),
    (
        "{h}<Data Name=\"CommandLine\">{c}</Data>\n{-}<Data Name=\"User\">{u}</Data>\n{-}<Computer>{y}</Computer>\n{-}SystemTime=\"{d}\"",
        marked_up,
        EventOutcome::Unknown,
    ),
    (
        "{h}<Data Name='CommandLine'>{c}</Data>\n{-}<Data Name='User'>{u}</Data>\n{-}<Computer>{y}</Computer>\n{-}SystemTime='{d}'",
        marked_up,
        EventOutcome::Unknown,
    ),
    // Scripts that PowerShell logs, in XML and in a line.
    (
        "{h}<Data Name={-}ScriptBlockText{-}>{c}</Data>\n{-}<Computer>{y}</Computer>",
        marked_up_script,
        EventOutcome::Unknown,
    ),
    ("{h}Creating Scriptblock text ({-}):{c}", script, EventOutcome::Unknown),
    // VMware vCenter: its events, and what it was asked for.
    ("{h}[vim.event.DvsReconfiguredEvent] [{-}] [{u}] [{c}", reconfigured, EventOutcome::Success),
    ("{h}vim.event.DvsReconfiguredEvent{c}", reconfigured, EventOutcome::Success),
    ("{h}vspanConfigSpec = {c}", reconfigured, EventOutcome::Started),
    // FreeRADIUS: what it writes as JSON, and its files of details.
    ("RADIUS {d}\t{y}\t{u}\t{t}\t{s}\t{-}cmd={c}", typed, EventOutcome::Success),
    (
        "{-}Cisco-AVPair = \"cmd={c}\"\n{-}User-Name = \"{u}\"\n{-}Calling-Station-Id = \"{s}\"\n{-}NAS-Port-Id = \"{t}\"",
        typed,
        EventOutcome::Success,
    ),
    (
        "{-}Juniper-Configuration-Change = \"{v}: [{p}]{w}\"\n{-}User-Name = \"{u}\"\n{-}Calling-Station-Id = \"{s}\"",
        change,
        EventOutcome::Unknown,
    ),
    (
        "{-}Juniper-Interactive-Command = \"{c}\"\n{-}User-Name = \"{u}\"\n{-}Calling-Station-Id = \"{s}\"",
        junos_command,
        EventOutcome::Unknown,
    ),
    (
        "{-}HP-Command-String = \"{c}\"\n{-}User-Name = \"{u}\"\n{-}Calling-Station-Id = \"{s}\"",
        typed,
        EventOutcome::Success,
    ),
];

const SHAPES_LEN: usize = 97;

/// Reads a line by every shape that it has. `before` stands before the line.
///
/// `whole` is for the line from its beginning, where shapes that begin anywhere are looked for too.
pub(super) fn observe<'a>(before: &'a [u8], line: &'a [u8], whole: bool, readings: &mut Readings<'a>) {
    let mut told = Vec::new();
    for (shape, read, outcome) in &SHAPES {
        if !whole && shape.starts_with('{') {
            continue;
        }
        let mut parts = Parts([&[]; 26]);
        if take_apart(shape.as_bytes(), line, &mut parts).is_none() {
            continue;
        }
        let mut header = parts.part(b'h');
        let mut user = parts.part(b'u');
        let mut tty = parts.part(b't');
        let mut source = parts.part(b's');
        // An address has no space, nor has a name that a line begins with: what has one is another shape.
        if source.contains(&b' ') || shape.starts_with("{u}") && user.contains(&b' ') {
            continue;
        }
        source = head(source, b'/');
        let mut device = parts.part(b'y');
        let who = parts.part(b'k');
        if !who.is_empty() {
            header = who;
            if tty.is_empty() {
                (header, source) = last_word(header);
                (header, tty) = last_word(header);
            }
            (header, user) = last_word(header);
            // A server's own header stands before the device that it heard of.
            let (server, heard) = last_word(header);
            if server.trim_ascii_end().ends_with(b"]:")
                && core::str::from_utf8(heard).is_ok_and(header::is_host)
            {
                device = heard;
            }
        }
        // What a browser calls itself may look like a message.
        if [before, header].iter().any(|header| find(header, b" HTTP/").is_some()) {
            continue;
        }
        let result = pieces(parts.part(b'r'), b")'").next().unwrap_or_default();
        // sudo says why it refuses before it names the tty, ISE before it names anything.
        let refused = !parts.part(b'f').is_empty()
            || find(header, b" NOTICE Failed-Attempt: ").is_some()
            || find(header, b"CISE_Failed_Attempts ").is_some();
        read(&parts, &mut told);
        for mut observation in told.drain(..) {
            if observation.actor.is_none()
                && let Some(user) = known(user)
            {
                observation.actor = Some(user);
                observation.actor_type = Some("user");
            }
            if observation.source_ip.is_none() {
                observation.source_ip = known(source);
            }
            observation.resource("tty", known(tty));
            observation.resource("device", known(device));
            observation.time = text(parts.part(b'd'));
            let known = if refused { EventOutcome::Failure } else { *outcome };
            observation.outcome = lookup(&words(result.trim_ascii()), &RESULTS).unwrap_or(known);
            header::fill(header, &mut observation);
            header::fill(before, &mut observation);
            readings.add(observation);
        }
    }
}

/// What a device knows: some write a word where they do not.
fn known(part: &[u8]) -> Option<Text<'_>> {
    let part = part.trim_ascii();
    text(part.strip_suffix(b",").unwrap_or(part))
        .filter(|text| !matches!(text.as_ref(), "unknown" | "unknown user" | "**" | "*"))
}

/// What stands before the last word, and the word.
pub(super) fn last_word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_end();
    let at = text.iter().rposition(|&byte| is_space(byte)).map_or(0, |at| at.saturating_add(1));
    text.split_at_checked(at).unwrap_or_default()
}

/// Takes a line apart by a shape.
fn take_apart<'a>(shape: &[u8], line: &'a [u8], parts: &mut Parts<'a>) -> Option<()> {
    let mut literals = pieces(shape, b"{");
    let mut rest = line.strip_prefix(literals.next()?)?;
    // Whether the line may lack what follows, and whether it does up to the next `\n`.
    let (mut may_lack, mut lacks) = (false, false);
    for piece in literals {
        let [letter, b'}', literal @ ..] = piece else { return None };
        let (literal, ends) = match literal {
            [literal @ .., b'\n'] => (literal, true),
            _ => (literal, false),
        };
        let at = match literal {
            _ if lacks => None,
            [] => Some(rest.len()),
            _ if letter.is_ascii_uppercase() => (0..rest.len()).rev().find(|&at| stands(rest, at, literal)),
            _ => find(rest, literal),
        };
        if let Some(at) = at {
            let place = usize::from(letter.to_ascii_lowercase().wrapping_sub(b'a'));
            if let Some(part) = parts.0.get_mut(place) {
                *part = rest.get(..at)?;
            }
            rest = rest.get(at.saturating_add(literal.len())..)?;
        } else if may_lack {
            lacks = true;
        } else {
            return None;
        }
        if ends {
            (rest, may_lack, lacks) = (line, true, false);
        }
    }
    Some(())
}

/// Whether a text can be a command of Cisco's about mirroring: most cannot, and reading one is dear.
fn may_monitor(text: &[u8]) -> bool {
    text.windows(3).any(|window| window.eq_ignore_ascii_case(b"mon"))
}

/// Whether a text begins as those do that name no monitor.
fn begins(text: &[u8], first: &str) -> bool {
    let text = text.strip_prefix(b"no ").unwrap_or(text);
    program::place_in(first, head(text, b' ')).is_some()
}

/// A command of the configuration logger, which has those of a session's mode one by one.
fn logged<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let command = parts.part(b'c').trim_ascii();
    if begins(command, "source origin erspan-id remote-span") {
        let all = words(command);
        command::Rows::of(&CISCO).read(&all, all.len(), told);
    } else {
        chained(command, told);
    }
}

/// One command, or several joined by semicolons, as NX-OS writes the modes in which a command was given, and what is
/// done inside of the session that one names. Elsewhere most lines of a sub-mode name none and are not told.
fn chain<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    chained(parts.part(b'c').trim_ascii(), told);
}

fn chained<'a>(chain: &'a [u8], told: &mut Vec<Observation<'a>>) {
    let chain = chain.strip_prefix(b"!exec:").unwrap_or(chain);
    let cisco = command::Rows::of(&CISCO);
    let mut session: Option<Observation<'a>> = None;
    let (mut at, mut grade, mut severity) = (0usize, 0, Severity::High);
    for inner in pieces(chain, b";") {
        let rest = chain.get(at..).unwrap_or_default();
        at = at.saturating_add(inner.len()).saturating_add(1);
        let inner = inner.trim_ascii();
        let named = (may_monitor(inner) || begins(inner, "ethanalyzer")).then(|| words(inner));
        let found = named.and_then(|named| cisco.observe(&named, named.len()));
        if let Some(mut observation) = found {
            if let Some(name) =
                text(rest.get(..rest.len().min(NAME_BYTES_MAX)).unwrap_or_default().trim_ascii())
            {
                observation.name = name;
            }
            (grade, severity) = (0, observation.operation.severity);
            add(told, session.replace(observation));
        } else if let Some(observation) = &mut session {
            let mut full = Vec::new();
            command::spell(&words(inner), false, &mut full);
            let inner = full;
            let done = lookup(&inner, SWITCHED).unwrap_or(Action::Modify);
            // Of what is done inside of a session the gravest counts; what takes a part away is less than what adds one.
            let now = match done {
                Action::Stop => 1,
                Action::Start => 4,
                _ if skip(&inner, "no").is_some() => 2,
                _ => 3,
            };
            if grade < now {
                grade = now;
                observation.action = Some(done);
                observation.operation.severity = if now == 2 { Severity::Medium } else { severity };
            }
            observation.arguments(&inner, CISCO.arguments);
        }
    }
    add(told, session);
}

/// A command as a device's own log or its accounting has it, or a gNMI request as EOS logs it: each of its texts that
/// is a command.
fn typed<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    device_command(parts.part(b'c'), told);
}

/// The same of Huawei and H3C, whose devices take and log each word as short as it can be told.
fn shortened<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    shorten(parts.part(b'c'), told);
}

/// The same where some quote the command; what is not quoted has its words in full.
fn recorded<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let quoted = parts.part(b'c').strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\""));
    match quoted {
        Some(line) => shorten(line, told),
        None => typed(parts, told),
    }
}

fn shorten<'a>(line: &'a [u8], told: &mut Vec<Observation<'a>>) {
    const WORDS: [(&str, usize); 13] = [
        ("mirroring", 9),
        ("mirroring-group", 4),
        ("mirroring-port", 11),
        ("port-mirroring", 6),
        ("observe-port", 2),
        ("monitor-port", 3),
        ("monitor-egress", 9),
        ("interface", 3),
        ("display", 3),
        ("undo", 3),
        ("inbound", 4),
        ("outbound", 4),
        ("both", 2),
    ];
    let typed = words(line);
    let mut all = typed.clone();
    for word in &mut all {
        let full = WORDS.iter().find(|(full, len_min)| is_short_for(word, full, *len_min));
        *word = full.map_or(*word, |(full, _)| full.as_bytes());
    }
    command::Rows::of(&SWITCH).read(&all, all.len(), told);
    if let Some(observation) = told.last_mut() {
        observation.name = joined(&typed);
    }
}

/// The same in the accounting of AOS-CX, which may name its shell behind the command.
fn accounted<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let line = parts.part(b'c');
    let shell = |at: &usize| line.get(*at..).is_some_and(|rest| rest.starts_with(b"\" exe=\""));
    let end = (0..line.len()).rev().find(shell).unwrap_or(line.len());
    let line = line.get(..end).unwrap_or(line);
    match line.strip_prefix(b"http-method=") {
        Some(request) => add(told, request::accounted(request)),
        None => typed_line(line, told),
    }
}

/// A command of a device, whoever's it is.
pub(super) fn device_command<'a>(line: &'a [u8], told: &mut Vec<Observation<'a>>) {
    typed_line(line, told);
    if told.is_empty() && begins(line, "set delete activate deactivate load-configuration") {
        junos_words(line, told);
    }
}

/// A command of a device or of a host.
pub(super) fn command<'a>(line: &'a [u8], told: &mut Vec<Observation<'a>>) {
    device_command(line, told);
    if told.is_empty() {
        program::observe_text(line, false, told);
    }
}

fn typed_line<'a>(line: &'a [u8], told: &mut Vec<Observation<'a>>) {
    let (cisco, switch) = (command::Rows::of(&CISCO), command::Rows::of(&SWITCH));
    if !line.starts_with(b"Op") {
        if line.contains(&b';') {
            chained(line, told);
        }
        let mut all = described(line);
        for word in &mut all {
            *word = word.strip_prefix(b"CmdArgAV=").or(word.strip_prefix(program::ARGUMENT)).unwrap_or(word);
            *word = word.strip_prefix(b"\"").unwrap_or(word);
            *word = word.strip_suffix(b"\"").unwrap_or(word);
        }
        all.retain(|word| !matches!(*word, b"" | b"<cr>"));
        if may_monitor(line) || begins(line, "tap") {
            cisco.read(&all, all.len(), told);
        }
        switch.read(&all, all.len(), told);
        return;
    }
    add(told, yang::read(line));
    let peer = keyed(line, b"addr=", b' ');
    let port = peer.iter().rposition(|&byte| byte == b':').unwrap_or_default();
    // A newline between commands is spelled with a backslash and an n.
    for text in pieces(line, b"\"\\").filter(|text| may_monitor(text)) {
        for text in [text, text.strip_prefix(b"n").unwrap_or_default()] {
            let all = words(text);
            let known = told.len();
            cisco.read(&all, all.len(), told);
            if let Some(observation) = told.get_mut(known) {
                observation.source_ip = self::text(peer.get(..port).unwrap_or_default());
            }
        }
    }
}

/// The words of a command, of which what describes something is one: it says nothing of what is done.
fn described(line: &[u8]) -> Vec<&[u8]> {
    let start =
        find(line, b"description \"").map_or(line.len(), |at| at.saturating_add(b"description ".len()));
    let (before, value) = line.split_at_checked(start).unwrap_or_default();
    let end =
        value.iter().skip(1).position(|&byte| byte == b'"').map_or(value.len(), |end| end.saturating_add(2));
    let (value, after) = value.split_at_checked(end).unwrap_or_default();
    let mut all = words(before);
    all.extend((!value.is_empty()).then_some(value));
    all.extend(words(after));
    all
}

/// What MikroTik says of a change: the command, whose words are keys with their values.
fn mangled<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    const VALUES: [(&str, &[u8]); 4] = [
        ("destination", b" sniff-target="),
        ("destination", b" mirror-target="),
        ("destination", b" streaming-server="),
        ("source_interface", b" mirror-source="),
    ];
    let command = parts.part(b'c');
    let start =
        command.iter().position(|&byte| byte == b'/').map_or(command.len(), |at| at.saturating_add(1));
    let command = command.get(start..).unwrap_or_default();
    // RouterOS 7 has slashes between the words of a menu.
    let menu = head(command, b' ');
    let mut all: Vec<_> = pieces(menu, b"/").collect();
    all.extend(words(command.get(menu.len()..).unwrap_or_default()));
    command::Rows::of(&SWITCH).read(&all, all.len(), told);
    for observation in told {
        for (name, key) in VALUES {
            let value = keyed(command, key, b' ');
            observation.word(name, if value == b"none" { b"" } else { value });
        }
        observation.action = observation.action.or(done(last_word(parts.part(b'v')).1));
    }
}

/// An entry in the log of changes of Meraki's dashboard: a path, or the words of a page.
fn dashboard<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let (page, label, now) = (parts.part(b'p'), parts.part(b'c'), parts.part(b'w').trim_ascii());
    let is_mirror = |text| ["port mirror", "switch/ports/mirror"].iter().any(|part| holds(text, part));
    if !is_mirror(page) && !is_mirror(label) {
        return audited(parts, told);
    }
    let Some(operation) = named(&[b"switch/ports/mirror"]) else { return };
    let mut observation = Observation::new(operation, text(label).unwrap_or_default());
    let ends = matches!(now, b"" | b"null" | b"[]" | b"{}") || holds(now, "not mirroring");
    observation.action = ends.then_some(Action::Delete);
    told.push(observation);
}

/// What an audit log says in words: that a capture of packets was begun or ended.
fn audited<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    const VERBS: [(&str, Option<Action>); 4] =
        [("start", None), ("creat", None), ("stop", Some(Action::Stop)), ("delet", Some(Action::Delete))];
    let what = parts.part(b'c');
    let verb = VERBS.iter().find(|(verb, _)| holds(what, verb));
    if holds(what, "packet capture")
        && let Some((_, action)) = verb
        && let Some(operation) = named(&[b"Packet Capture"])
    {
        let mut observation = Observation::new(operation, text(what).unwrap_or_default());
        observation.action = *action;
        told.push(observation);
    }
}

/// What Check Point says of an object's fields: `Mirror and Decrypt: Changed from 'Disabled' to 'Enabled'; …`.
fn fields_changed<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    const OFF: [&[u8]; 3] = [b"Disabled", b"None", b""];
    let fields = parts.part(b'w');
    let at = find(fields, b"Mirror and Decrypt").or_else(|| find(fields, b"Mirror gateway traffic"));
    let Some((before, field)) = at.and_then(|at| fields.split_at_checked(at)) else { return };
    // A field's name stands at the beginning, or behind another field.
    if matches!(before.trim_ascii(), [] | [.., b';'])
        && let Some(operation) = named(&[b"Mirror and Decrypt"])
    {
        let became = pieces(field, b"'").nth(3);
        let mut observation = Observation::new(operation, text(field).unwrap_or_default());
        observation.action = became.is_some_and(|value| OFF.contains(&value)).then_some(Action::Delete);
        observation.word("session", parts.part(b'n'));
        told.push(observation);
    }
}

/// A request that changed the configuration of OPNsense.
fn posted<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    add(told, request::read(b"POST", parts.part(b'p')));
}

/// What PAN-OS was told to do, as it was typed or in elements of XML.
fn debugged<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let all = elements(parts.part(b'c'));
    command::Rows::of(&SWITCH).read(&all, all.len(), told);
}

/// The same where no quotes tell which of the line's first fields is the command.
fn audit_fields<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let switch = command::Rows::of(&SWITCH);
    for field in pieces(parts.part(b'c'), b",").take(FIELDS_MAX).filter(|field| begins(field, "debug")) {
        let all = words(field);
        switch.read(&all, all.len(), told);
    }
}

/// The words of a text and the names of its elements.
fn elements(text: &[u8]) -> Vec<&[u8]> {
    let mut all = Vec::new();
    for word in pieces(text, b" <>").take(WORDS_MAX) {
        if !matches!(word, [] | [b'/', ..]) {
            all.push(word);
        }
    }
    all
}

/// What verbs say was done.
fn done(verb: &[u8]) -> Option<Action> {
    const VERBS: [(&str, Action); 12] = [
        ("Add", Action::Create),
        ("Creat", Action::Create),
        ("Updat", Action::Modify),
        ("added", Action::Create),
        ("creat", Action::Create),
        ("Edit", Action::Modify),
        ("modif", Action::Modify),
        ("chang", Action::Modify),
        ("Delet", Action::Delete),
        ("DELETE", Action::Delete),
        ("delet", Action::Delete),
        ("remov", Action::Delete),
    ];
    VERBS.iter().find(|(begins, _)| verb.starts_with(begins.as_bytes())).map(|(_, action)| *action)
}

/// What stands before a text, and behind it.
fn halves<'a>(line: &'a [u8], text: &[u8]) -> (&'a [u8], &'a [u8]) {
    let at = find(line, text).unwrap_or(line.len());
    (line.get(..at).unwrap_or_default(), line.get(at.saturating_add(text.len())..).unwrap_or_default())
}

/// A verb, a path and what follows it: `"old -> "new"`, or attributes of which the last is the new value.
fn change<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let path = pieces(parts.part(b'p'), b"\\],").next().unwrap_or_default();
    let verb = parts.part(b'v').trim_ascii();
    // PAN-OS says so of a change; of Junos it is none.
    let mut all = words(if verb == b"edit" && parts.part(b'r') != b"" { b"set" } else { verb });
    all.extend(words(path.trim_ascii()));
    all.retain(|word| !word.is_empty());
    let path_len = all.len();
    let junos = command::Rows::of(&JUNOS);
    // PAN-OS has what an object was and became behind its path, with a semicolon behind each part.
    if parts.part(b'r') != b"" {
        junos.read(&all, path_len, told);
        // What stands between doubled quotes is a value.
        let mut rest = parts.part(b'w');
        while !rest.is_empty() {
            let (outside, value) = halves(rest, b"\"\"");
            all.extend(pieces(outside, b" \";,").filter(|word| !word.is_empty()));
            (_, rest) = halves(value, b"\"\"");
        }
        all.truncate(path_len.saturating_add(WORDS_MAX));
        if told.is_empty() {
            junos.read(&all, all.len(), told);
        }
        return;
    }
    let value = parts.part(b'w').rsplit(|&byte| byte == b'"').nth(1).filter(|value| !value.is_empty());
    // `[… then] "port-mirror"`: other values that could end a path stand apart from it, unseen by the prefilter.
    let is_action = value.is_some() && all.last().is_some_and(|last| *last == b"then");
    all.extend(value);
    let path_len = path_len.saturating_add(usize::from(is_action));
    junos.read(&all, path_len, told);
}

/// A Junos command as it was typed or sent.
fn junos_command<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    junos_words(parts.part(b'c').trim_ascii(), told);
}

fn junos_words<'a>(line: &'a [u8], told: &mut Vec<Observation<'a>>) {
    let all = words(line);
    // What is quoted is a value: words in it are no command.
    let path_len = all.iter().position(|word| word.starts_with(b"\"")).unwrap_or(all.len());
    command::Rows::of(&JUNOS).read(&all, path_len, told);
}

/// `A:sr1>config>mirror# mirror-dest 10 create`: the prompt tells where a command is given.
fn nokia_command<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let line = parts.part(b'c').trim_ascii();
    let mut all: Vec<_> = pieces(line, b" >#").take(WORDS_MAX).collect();
    all.retain(|word| !word.is_empty());
    command::Rows::of(&NOKIA).read(&all, all.len(), told);
}

/// A Linux command in an element of XML.
fn marked_up<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let command = unmarked(parts);
    program::observe_text(&command, false, told);
    powershell::observe(&command, true, told);
}

/// A script in one.
fn marked_up_script<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    powershell::observe(&unmarked(parts), false, told);
}

/// A script in a line. Where nothing stands before it, its log is at hand, which says more.
fn script<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    if !parts.part(b'h').is_empty() {
        powershell::observe(parts.part(b'c'), false, told);
    }
}

/// What vCenter says of the sessions of a distributed switch.
fn reconfigured<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    add(told, vspan::observe(parts.part(b'c')));
}

fn unmarked(parts: &Parts<'_>) -> Vec<u8> {
    let mut text = pieces(parts.part(b'c'), b"&");
    let mut command = Vec::from(text.next().unwrap_or_default());
    for part in text {
        let end = part.iter().position(|&byte| byte == b';').unwrap_or_default();
        let (name, after) = part.split_at_checked(end).unwrap_or_default();
        let byte = program::place_in("amp lt gt quot apos", name).and_then(|at| b"&<>\"'".get(at));
        command.push(*byte.unwrap_or(&b'&'));
        command.extend_from_slice(if byte.is_some() { after.get(1..).unwrap_or_default() } else { part });
    }
    command
}

/// A unit of systemd that began, described by the command that it runs.
fn unit<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let told_of = parts.part(b'c');
    // The unit's own name stands before, since systemd 251.
    let at = find(told_of, b" - ").map_or(0, |at| at.saturating_add(3));
    let command = told_of.get(at..).unwrap_or_default();
    program::observe_text(command.strip_suffix(b".").unwrap_or(command), false, told);
}

/// A Linux command in full.
fn program<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    program::observe_text(parts.part(b'c'), false, told);
}

/// What was typed to a shell, where one command ends and another begins.
fn typed_program<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    program::observe_text(parts.part(b'c'), true, told);
}

/// How devices say how a command ended. NX-OS: One that is sent on to be carried out has a second line that tells.
const RESULTS: [(&str, EventOutcome); 12] = [
    ("completed", EventOutcome::Success),
    ("Command OK", EventOutcome::Success),
    ("200", EventOutcome::Success),
    ("201", EventOutcome::Success),
    ("204", EventOutcome::Success),
    ("SUCCESS", EventOutcome::Success),
    ("Succeeded", EventOutcome::Success),
    ("FAILURE", EventOutcome::Failure),
    ("Failed", EventOutcome::Failure),
    ("Unauthorized", EventOutcome::Failure),
    ("REDIRECT", EventOutcome::Started),
    ("Submitted", EventOutcome::Started),
];

/// Nokia's events by their numbers, the first of them 2001.
const NUMBERED: [&[u8]; 4] =
    [b"sourceEnabled", b"sourceDisabled", b"destinationEnabled", b"destinationDisabled"];

/// A message that is told by its event: of Nokia's application MIRROR by name or number, of SONiC, of NSX, and
/// FortiGate's, which names the path of what was configured.
fn message<'a>(parts: &Parts<'a>, told: &mut Vec<Observation<'a>>) {
    let number = parts.part(b'n');
    let event = match (number, parts.part(b'e')) {
        ([b'2', b'0', b'0', digit], b"") => {
            NUMBERED.get(usize::from(digit.wrapping_sub(b'1'))).copied().unwrap_or_default()
        }
        (_, event) => event,
    };
    let Some(operation) = named(&[b"MIRROR ", event])
        .or_else(|| named(&[event]))
        .or_else(|| named(&[b"uni/", event]))
        .or_else(|| named(&[event, b" mirror session"]))
        .or_else(|| of_profile(event, parts.part(b'w')))
    else {
        return;
    };
    let switched = spanned(parts.part(b'w'));
    // Only these have an anchor.
    if !matches!(parts.part(b'q'), [] | [b'f' | b'i' | b't', ..]) {
        return;
    }
    let copied = keyed(parts.part(b'w'), b"-mirror[", b']');
    let mirror = keyed(parts.part(b'w'), b"mirror:", b' ');
    if event.starts_with(b"system.") && switched.is_none()
        || event == b"firewall.policy" && copied.is_empty()
        || event.ends_with(b".managed-switch") && mirror.is_empty()
    {
        return;
    }
    let mut observation = Observation::named(operation);
    observation.arguments(&words(parts.part(b'c')), &[("destination", "session"), ("source", "session")]);
    observation.action = match switched {
        Some((Some(action), _)) => Some(action),
        _ if copied.ends_with(b"disable") || copied.ends_with(b"->") => Some(Action::Stop),
        _ => done(parts.part(b'v')).or(done(event).filter(|_| event.starts_with(b"DELETE"))),
    };
    observation.word("destination", switched.map_or(&[], |(_, destination)| destination));
    // SONiC's session, and the number of FortiGate's object.
    if !event.starts_with(b"source") && !event.starts_with(b"destination") {
        observation.word("session", if number.is_empty() { parts.part(b'c') } else { number });
    }
    told.push(observation);
}

/// NSX: a change of anything else that has a profile of port mirroring in it, or uses one.
fn of_profile(event: &[u8], values: &[u8]) -> Option<Operation> {
    const READS: [&[u8]; 4] = [b"GET", b"Get", b"List", b"Read"];
    let is_named = find(values, b"PortMirroringProfile\"").is_some()
        || find(values, b"\"/infra/port-mirroring-profiles/").is_some()
        || find(event, b"/mirror-sessions").is_some()
        || find(event, b"/port-mirroring-").is_some();
    let is_read = READS.iter().any(|read| event.starts_with(read));
    if is_read && find(event, b"PortMirroringSession").is_some() {
        return named(&[b"ListPortMirroringSessions"]);
    }
    (is_named && !is_read).then(|| named(&[b"PortMirroringProfile"])).flatten()
}

/// What FortiOS has done to the copying of a switch's packets, and where the copies go: `span[disable->enable]`. `None`
/// where its attributes are others.
fn spanned(attributes: &[u8]) -> Option<(Option<Action>, &[u8])> {
    let value = |key: &[u8]| keyed(attributes, key, b']');
    let became = |key: &[u8]| tail(value(key), b'>');
    let destination = became(b"span-dest-port[");
    let ends = value(b"span[") == b"enable->disable";
    (ends || became(b"span[") == b"enable").then_some((ends.then_some(Action::Stop), destination))
}
