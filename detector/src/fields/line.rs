//! What products made of a device's line, where they kept its parts and not the line: writes the line anew, so that
//! what is read from either is the same. Knows where each has the parts, not what they mean.

use super::{Observation, Text, observe_line};
use crate::json::{Elements, Index, Raw};
use crate::prefilter::Prefilter;
use alloc::string::String;

/// The paths that tell a product's document, and the line with the paths of its parts; of paths between bars the first that
/// is there counts.
///
/// Elastic's integrations of Cisco ISE, Cisco ASA, FortiGate and Check Point; FortiGate's own members; Cisco APIC; FreeRADIUS,
/// with types and without; jobs of AWX; Meraki; Check Point's exporter; Mist, and Cisco's SD-WAN manager; changes of Junos
/// and of NETCONF; requests, as OpenStack audits them and Nutanix does; commands, as whoever keeps account of them names
/// theirs.
const LINES: [(&str, &str); 14] = [
    (
        "cisco_ise.log.cmdset",
        "{@timestamp} {host.hostname} CmdSet={cisco_ise.log.cmdset}, User={user.name}, Remote-Address={client.ip}, \
         Port={cisco_ise.log.port}, NetworkDeviceName={cisco_ise.log.network.device.name},",
    ),
    (
        "cisco.asa.command_line_arguments",
        "{@timestamp} {observer.hostname} %ASA-5-111010: User '{server.user.name}', running 'CLI' from IP {source.ip}, \
         executed {cisco.asa.command_line_arguments}",
    ),
    (
        "fortinet.firewall.cfgpath cfgpath",
        " devname=\"{observer.name|devname}\" user=\"{source.user.name|user}\" ui=\"{fortinet.firewall.ui|ui}\" \
         action=\"{fortinet.firewall.action|action}\" cfgpath=\"{fortinet.firewall.cfgpath|cfgpath}\" \
         cfgobj=\"{fortinet.firewall.cfgobj|cfgobj}\" cfgattr=\"{fortinet.firewall.cfgattr|cfgattr}\"",
    ),
    (
        "aaaModLR.attributes.dn dn",
        "{aaaModLR.attributes.created|created} {aaaModLR.attributes.dn|dn} user={aaaModLR.attributes.user|user} \
         {aaaModLR.attributes.ind|ind}",
    ),
    (
        "Cisco-AVPair",
        "RADIUS {Timestamp}\t{NAS-IP-Address|NAS-IP-Address.value}\t{User-Name|User-Name.value}\t{NAS-Port-Id|NAS-Port-Id.value}\t\
         {Calling-Station-Id|Calling-Station-Id.value}\t{Cisco-AVPair|Cisco-AVPair.value}",
    ),
    (
        "HP-Command-String radius.HP-Command-String",
        "RADIUS {timestamp|@timestamp}\t{NAS-IP-Address|NAS-IP-Address.value|radius.NAS-IP-Address}\t\
         {User-Name|User-Name.value|radius.User-Name}\t\t\
         {Calling-Station-Id|Calling-Station-Id.value|radius.Calling-Station-Id}\t\
         cmd={HP-Command-String|HP-Command-String.value|radius.HP-Command-String}",
    ),
    (
        "event_data.res.commands event_data.res.updates",
        "{@timestamp|created} {host_name|event_data.host} %PARSER-5-CFGLOG_LOGGEDCMD: User: logged command:\
         {event_data.res.commands|event_data.res.updates}",
    ),
    ("operationId", "{ts} Meraki {operationId} from {sourceIp}: {responseCode}"),
    ("adminEmail", "{ts} Meraki by {adminEmail}: {page}\t{label}\tnow {newValue}"),
    (
        "fieldschanges checkpoint.fieldschanges",
        "{time|@timestamp} fieldschanges:\"{fieldschanges|checkpoint.fieldschanges}\" \
         administrator:\"{administrator|checkpoint.administrator}\" client_ip:\"{client_ip|checkpoint.client_ip}\" \
         objectname:\"{objectname|checkpoint.objectname}\"",
    ),
    (
        "admin_name logfeature",
        "Audit by {admin_name|loguser} from {src_ip|logusersrcip}: {message|logmessage}",
    ),
    ("pathname", "User '{username}' {action}: {pathname} <> -> \"{value}\""),
    (
        "changed-by",
        "netconf-config-change: user=\"{changed-by.username}\" from {changed-by.source-host} {edit}",
    ),
    (
        "endpoint requestPath",
        "{eventTime}: user=\"{user|initiator.name}\" ip={sourceIp|initiator.host.address} \
         \"{httpMethod|action} {endpoint|requestPath} HTTP/1.1\" {reason.reasonCode}",
    ),
];

/// The members that hold a command, and what stands beside them.
const COMMANDS: &str = "cmd command";
const USERS: &str = "user username user.name";
const COMMAND: &str = "{timestamp|@timestamp} {nas|host|device|hostname}: user=\"{user|username|user.name}\" \
                       addr={client|rem_addr|client_ip|source_ip} command=\"{cmd|command}\"";

/// More elements of a list are not written.
const LIST_MAX: usize = 64;

/// Reads an object that may be made of a device's line.
pub(super) fn observe(object: &Index<'_>, prefilter: &Prefilter) -> Option<Observation<'static>> {
    let has = |paths: &str| paths.split(' ').any(|path| object.at(path).is_some());
    let known = LINES.iter().find(|(tell, _)| has(tell)).map(|(_, line)| *line);
    let line = known.or_else(|| (has(COMMANDS) && has(USERS)).then_some(COMMAND))?;
    let mut whole = String::new();
    for piece in line.split('{') {
        let (path, literal) = piece.split_once('}').unwrap_or(("", piece));
        let mut values = path.split('|').filter_map(|path| object.at(path));
        let Some(value) = values.find(|value| value.object().is_none()) else {
            whole.push_str(literal);
            continue;
        };
        let list = value.array().map(|list| Elements::new(list).take(LIST_MAX).filter_map(element));
        for (at, value) in list.into_iter().flatten().chain(value.text()).enumerate() {
            if at > 0 {
                whole.push(' ');
            }
            // No part ends a text that it stands in.
            whole.extend(value.chars().map(|part| if part == '"' { ' ' } else { part }));
        }
        whole.push_str(literal);
    }
    observe_line(&whole, object.bytes(), prefilter).into_iter().next().map(Observation::into_owned)
}

/// An element of a list: a text, or the members of an object.
fn element(raw: Raw<'_>) -> Option<Text<'_>> {
    raw.text().or_else(|| {
        let mut out = String::new();
        for member in Index::read(raw.object()?, 1).members() {
            let (key, value) = (member.key()?, member.value.text().unwrap_or_default());
            for part in [core::str::from_utf8(&key).ok()?, " : ", &*value, " , "] {
                out.push_str(part);
            }
        }
        Some(Text::Owned(out))
    })
}
