//! What products made of a device's line, where they kept its parts and not the line: writes the line anew, so that
//! what is read from either is the same. Knows where each has the parts, not what they mean.

use super::{Observation, observe_line};
use crate::json::{Index, Raw};
use alloc::string::String;

/// The path that tells a product's document, and the line with the paths of its parts.
///
/// Elastic's integrations of Cisco ISE, Cisco ASA and FortiGate; FortiGate's own members; Cisco APIC; Meraki.
const LINES: [(&str, &str); 6] = [
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
         cfgpath=\"{fortinet.firewall.cfgpath}\" cfgobj=\"{fortinet.firewall.cfgobj}\"",
    ),
    (
        "cfgpath",
        " devname=\"{devname}\" user=\"{user}\" ui=\"{ui}\" action=\"{action}\" cfgpath=\"{cfgpath}\" cfgobj=\"{cfgobj}\"",
    ),
    (
        "aaaModLR.attributes.dn",
        "{aaaModLR.attributes.created} {aaaModLR.attributes.dn} user={aaaModLR.attributes.user} {aaaModLR.attributes.ind}",
    ),
    ("operationId", "{ts} Meraki {operationId} from {sourceIp}: {responseCode}"),
];

/// Reads an object that may be made of a device's line.
pub(super) fn observe(object: &Index<'_>) -> Option<Observation<'static>> {
    let (_, line) = LINES.iter().find(|(tell, _)| object.at(tell).is_some())?;
    let mut whole = String::new();
    for piece in line.split('{') {
        let (path, literal) = piece.split_once('}').unwrap_or(("", piece));
        let value = object.at(path).and_then(Raw::text).unwrap_or_default();
        // No part ends a text that it stands in.
        whole.extend(value.chars().map(|part| if part == '"' { ' ' } else { part }));
        whole.push_str(literal);
    }
    observe_line(&whole).into_iter().next().map(Observation::into_owned)
}
