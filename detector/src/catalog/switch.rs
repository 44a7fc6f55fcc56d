//! Short commands of other devices, looked for in command accounting and in their own logs of commands only. `*` stands for any words, `_` for one.

use crate::catalog::operations;

const SIGMA: &str = "Sigma rule Cisco Sniffing; CatOS, in command accounting only";
const CX: &str = "AOS-CX commands, in command accounting only; a log line was never seen";
const HPE: &str = "HPE and Aruba switch commands, in command accounting only; a log line was never seen";
const ASA: &str = "Cisco ASA command capture, in messages 111008 and 111010; the line with it was never seen";
const VRP: &str = "Huawei VRP port mirroring commands, in SHELL CMDRECORD; a line with one was never seen";
const COMWARE: &str = "H3C and HPE Comware mirroring commands, in SHELL_CMD; a line with one was never seen";
const ROUTEROS: &str =
    "MikroTik RouterOS firewall mangle, action sniff-tzsp; a log line of it was never seen";

operations! { Network,
    "capture * interface" CreateOrModify PacketCapture High NetworkSniffing Inferred ASA;
    "class * action mirror _" CreateOrModify MirroringRule High TrafficDuplication Inferred HPE;
    "display mirroring-group" Read SpanSession Informational TrafficDuplication Inferred COMWARE;
    "display observe-port" Read SpanSession Informational TrafficDuplication Inferred VRP;
    "ip firewall mangle * action=sniff-tzsp" CreateOrModify MirroringRule High TrafficDuplication Inferred ROUTEROS;
    "mirror * port" CreateOrModify SpanSession High TrafficDuplication Inferred HPE;
    "mirror * remote ip" CreateOrModify SpanSession High TrafficDuplication Inferred HPE;
    "mirror session" CreateOrModify SpanSession High TrafficDuplication Inferred CX;
    "mirroring to observe-port" CreateOrModify MirroringRule High TrafficDuplication Inferred VRP;
    "mirroring-group" CreateOrModify SpanSession High TrafficDuplication Inferred COMWARE;
    "no capture" Delete PacketCapture Medium NetworkSniffing Inferred ASA;
    "no mirror" Delete SpanSession Medium TrafficDuplication Inferred HPE;
    "no mirror session" Delete SpanSession Medium TrafficDuplication Inferred CX;
    "observe-port" CreateOrModify SpanSession High TrafficDuplication Inferred VRP;
    "port-mirroring to observe-port" CreateOrModify SpanSession High TrafficDuplication Inferred VRP;
    "set rspan" CreateOrModify SpanSession High TrafficDuplication Claimed SIGMA;
    "set span" CreateOrModify SpanSession High TrafficDuplication Claimed SIGMA;
    "undo mirroring-group" Delete SpanSession Medium TrafficDuplication Inferred COMWARE;
    "undo observe-port" Delete SpanSession Medium TrafficDuplication Inferred VRP;
    "undo port-mirroring" Delete SpanSession Medium TrafficDuplication Inferred VRP;
}
