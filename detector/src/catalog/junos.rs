//! Configuration paths of Juniper Junos, wherever they stand in a command or a change.

use crate::catalog::operations;

const JUNOS: &str = "Juniper Junos UI_CFG_AUDIT and UI_CMDLINE_READ_LINE; the path stands after the verb";

operations! { Network,
    "ethernet-switching-options analyzer" CreateOrModify Analyzer High TrafficDuplication Verified JUNOS;
    "forwarding-options analyzer" CreateOrModify Analyzer High TrafficDuplication Verified JUNOS;
    "forwarding-options packet-capture" CreateOrModify PacketCapture High NetworkSniffing Verified JUNOS;
    "forwarding-options port-mirroring" CreateOrModify Analyzer High TrafficDuplication Verified JUNOS;
    "forwarding-options sampling" CreateOrModify PacketCapture Medium NetworkSniffing Verified JUNOS;
    "then port-mirror" CreateOrModify MirroringRule High TrafficDuplication Verified JUNOS;
    "then port-mirror-instance" CreateOrModify MirroringRule High TrafficDuplication Verified JUNOS;
}
