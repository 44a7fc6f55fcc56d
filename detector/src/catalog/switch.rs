//! Short commands of other devices, looked for in command accounting and in their own logs of commands only. `*` stands for any words, `_` for one.

use crate::catalog::operations;

const SIGMA: &str = "Sigma rule Cisco Sniffing; CatOS, in command accounting only";
const CX: &str = "AOS-CX commands, in command accounting only; a log line was never seen";
const HPE: &str = "HPE and Aruba switch commands, in command accounting only; a log line was never seen";
const ASA: &str = "Cisco ASA command capture, in messages 111008 and 111010; the line with it was never seen";
const ASA_SHOW: &str = "Cisco ASA command show capture, in message 111009; the line with it was never seen";
const EXOS: &str = "Extreme EXOS mirror commands, in cli.logRemoteCmd; a line with one was never seen";
const VOSS: &str = "Extreme VOSS mirror-by-port, in CLILOG; a line with one was never seen";
const F5: &str = "F5 BIG-IP tmsh, in the audit log; a line with it was never seen";
const FORTI: &str = "FortiOS diagnose sniffer packet, in the event log; a line with it was never seen";
const SRL: &str = "Nokia SR Linux system mirroring, in command accounting only; a log line was never seen";
const VRP: &str = "Huawei VRP port mirroring commands, in SHELL CMDRECORD; a line with one was never seen";
const COMWARE: &str = "H3C and HPE Comware mirroring commands, in SHELL_CMD; a line with one was never seen";
const ROUTEROS: &str =
    "MikroTik RouterOS firewall mangle, action sniff-tzsp; a log line of it was never seen";

operations! { Network,
    "capture * interface" CreateOrModify PacketCapture High NetworkSniffing Inferred ASA;
    "capture-packet" Start PacketCapture High NetworkSniffing Inferred VRP;
    "class * action mirror _" CreateOrModify MirroringRule High TrafficDuplication Inferred HPE;
    "configure mirror" Modify SpanSession High TrafficDuplication Inferred EXOS;
    "create ltm virtual * clone-pools" Create MirroringRule High TrafficDuplication Inferred F5;
    "create mirror" Create SpanSession High TrafficDuplication Inferred EXOS;
    "create net port-mirror" Create SpanSession High TrafficDuplication Inferred F5;
    "delete * mirroring-instance" Delete SpanSession Medium TrafficDuplication Inferred SRL;
    "delete mirror" Delete SpanSession Medium TrafficDuplication Inferred EXOS;
    "delete net port-mirror" Delete SpanSession Medium TrafficDuplication Inferred F5;
    "diagnose sniffer packet" Start PacketCapture High NetworkSniffing Inferred FORTI;
    "disable mirror" Stop SpanSession Medium TrafficDuplication Inferred EXOS;
    "display mirroring-group" Read SpanSession Informational TrafficDuplication Inferred COMWARE;
    "display observe-port" Read SpanSession Informational TrafficDuplication Inferred VRP;
    "enable mirror" Start SpanSession High TrafficDuplication Inferred EXOS;
    "ip firewall mangle * action=sniff-tzsp" CreateOrModify MirroringRule High TrafficDuplication Inferred ROUTEROS;
    "mirror * port" CreateOrModify SpanSession High TrafficDuplication Inferred HPE;
    "mirror * remote ip" CreateOrModify SpanSession High TrafficDuplication Inferred HPE;
    "mirror session" CreateOrModify SpanSession High TrafficDuplication Inferred CX;
    "mirror-by-port" CreateOrModify SpanSession High TrafficDuplication Inferred VOSS;
    "mirroring to observe-port" CreateOrModify MirroringRule High TrafficDuplication Inferred VRP;
    "mirroring-group" CreateOrModify SpanSession High TrafficDuplication Inferred COMWARE;
    "modify ltm virtual * clone-pools" Modify MirroringRule High TrafficDuplication Inferred F5;
    "modify ltm virtual * clone-pools none" Delete MirroringRule Medium TrafficDuplication Inferred F5;
    "no capture" Delete PacketCapture Medium NetworkSniffing Inferred ASA;
    "no mirror" Delete SpanSession Medium TrafficDuplication Inferred HPE;
    "no mirror session" Delete SpanSession Medium TrafficDuplication Inferred CX;
    "no mirror-by-port" Delete SpanSession Medium TrafficDuplication Inferred VOSS;
    "observe-port" CreateOrModify SpanSession High TrafficDuplication Inferred VRP;
    "port-mirroring to observe-port" CreateOrModify SpanSession High TrafficDuplication Inferred VRP;
    "run util bash * tcpdump * -w" Start PacketCapture High NetworkSniffing Inferred F5;
    "set * mirroring-instance" CreateOrModify SpanSession High TrafficDuplication Inferred SRL;
    "set rspan" CreateOrModify SpanSession High TrafficDuplication Claimed SIGMA;
    "set span" CreateOrModify SpanSession High TrafficDuplication Claimed SIGMA;
    "show capture" Read PacketCapture Informational NetworkSniffing Inferred ASA_SHOW;
    "undo mirroring-group" Delete SpanSession Medium TrafficDuplication Inferred COMWARE;
    "undo observe-port" Delete SpanSession Medium TrafficDuplication Inferred VRP;
    "undo port-mirroring" Delete SpanSession Medium TrafficDuplication Inferred VRP;
}
