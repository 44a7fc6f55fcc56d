//! Configuration paths of Juniper Junos, PAN-OS and Nokia SR OS, wherever they stand in a command or a change.

use crate::catalog::operations;

const JUNOS: &str = "Juniper Junos UI_CFG_AUDIT and UI_CMDLINE_READ_LINE; the path stands after the verb";
const TYPED: &str = "Juniper Junos UI_CMDLINE_READ_LINE; the command monitor traffic";
const REQUEST: &str =
    "Juniper Junos operational command on SRX, in UI_CMDLINE_READ_LINE; a line of it was never seen";
const PANOS: &str = "PAN-OS configuration log; the path of an interface that mirrors what was decrypted";
const PROFILE: &str =
    "PAN-OS configuration log; a decryption profile that mirrors to an interface; a line was never seen";
const SROS: &str = "Nokia SR OS event cli_user_io; the path stands in the prompt and after it";

operations! { Network,
    "decrypt-mirror" CreateOrModify SpanSession High TrafficDuplication Inferred PANOS;
    "ethernet-switching-options analyzer" CreateOrModify Analyzer High TrafficDuplication Verified JUNOS;
    "forwarding-options analyzer" CreateOrModify Analyzer High TrafficDuplication Verified JUNOS;
    "forwarding-options packet-capture" CreateOrModify PacketCapture High NetworkSniffing Verified JUNOS;
    "forwarding-options port-mirroring" CreateOrModify Analyzer High TrafficDuplication Verified JUNOS;
    "forwarding-options sampling" CreateOrModify PacketCapture Medium NetworkSniffing Verified JUNOS;
    "mirror-dest" CreateOrModify SpanSession High TrafficDuplication Inferred SROS;
    "mirror-source" CreateOrModify SpanSession High TrafficDuplication Inferred SROS;
    "monitor traffic * write-file" Start PacketCapture High NetworkSniffing Documented TYPED;
    "profiles decryption * { interface * forwarded-only" CreateOrModify SpanSession High TrafficDuplication Inferred PROFILE;
    "request packet-capture start" Start PacketCapture High NetworkSniffing Documented REQUEST;
    "request packet-capture stop" Stop PacketCapture Medium NetworkSniffing Documented REQUEST;
    "then port-mirror" CreateOrModify MirroringRule High TrafficDuplication Verified JUNOS;
    "then port-mirror-instance" CreateOrModify MirroringRule High TrafficDuplication Verified JUNOS;
}
