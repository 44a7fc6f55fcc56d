//! What products made of a device's line, where they kept its parts and not the line: writes the line anew, so that
//! what is read from either is the same. Knows where each has the parts, not what they mean.

use super::{Observation, observe_line};
use crate::json::{Elements, Index, Raw};
use alloc::string::String;

/// The path that tells a product's document, and the line with the paths of its parts.
///
/// Elastic's integrations of Cisco ISE, Cisco ASA and FortiGate; FortiGate's own members; Cisco APIC; FreeRADIUS, with types
/// and without; Meraki.
const LINES: [(&str, &str); 9] = [
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
        "fortinet.firewall.cfgpath",
        " devname=\"{observer.name}\" user=\"{source.user.name}\" ui=\"{fortinet.firewall.ui}\" action=\"{fortinet.firewall.action}\" \
         cfgpath=\"{fortinet.firewall.cfgpath}\" cfgobj=\"{fortinet.firewall.cfgobj}\" cfgattr=\"{fortinet.firewall.cfgattr}\"",
    ),
    (
        "cfgpath",
        " devname=\"{devname}\" user=\"{user}\" ui=\"{ui}\" action=\"{action}\" cfgpath=\"{cfgpath}\" cfgobj=\"{cfgobj}\" cfgattr=\"{cfgattr}\"",
    ),
    (
        "aaaModLR.attributes.dn",
        "{aaaModLR.attributes.created} {aaaModLR.attributes.dn} user={aaaModLR.attributes.user} {aaaModLR.attributes.ind}",
    ),
    (
        "Cisco-AVPair.value",
        "RADIUS {Timestamp}\t{NAS-IP-Address.value}\t{User-Name.value}\t{NAS-Port-Id.value}\t{Calling-Station-Id.value}\t\
         {Cisco-AVPair.value}",
    ),
    (
        "Cisco-AVPair",
        "RADIUS {Timestamp}\t{NAS-IP-Address}\t{User-Name}\t{NAS-Port-Id}\t{Calling-Station-Id}\t{Cisco-AVPair}",
    ),
    ("operationId", "{ts} Meraki {operationId} from {sourceIp}: {responseCode}"),
    ("adminEmail", "{ts} Meraki by {adminEmail}: {page}\t{label}\tnow {newValue}"),
];

/// More elements of a list are not written.
const LIST_MAX: usize = 64;

/// Reads an object that may be made of a device's line.
pub(super) fn observe(object: &Index<'_>) -> Option<Observation<'static>> {
    let (_, line) = LINES.iter().find(|(tell, _)| object.at(tell).is_some())?;
    let mut whole = String::new();
    for piece in line.split('{') {
        let (path, literal) = piece.split_once('}').unwrap_or(("", piece));
        let Some(value) = object.at(path) else {
            whole.push_str(literal);
            continue;
        };
        let list = value.array().map(|list| Elements::new(list).take(LIST_MAX).filter_map(Raw::text));
        for (at, value) in list.into_iter().flatten().chain(value.text()).enumerate() {
            if at > 0 {
                whole.push(' ');
            }
            // No part ends a text that it stands in.
            whole.extend(value.chars().map(|part| if part == '"' { ' ' } else { part }));
        }
        whole.push_str(literal);
    }
    observe_line(&whole).into_iter().next().map(Observation::into_owned)
}
