//! Commands of Cisco IOS, IOS-XE, IOS-XR and NX-OS, which Arista EOS shares, by their first words as devices log them:
//! in full. `*` stands for any words. Words that are cut short are spelled out where they are read.

use crate::catalog::operations;

const CFGLOG: &str = "Cisco IOS configuration logger, %PARSER-5-CFGLOG_LOGGEDCMD";
const TYPES: &str = "Cisco IOS configuration logger; the type follows the session's number";
const MODE: &str =
    "Cisco IOS configuration logger, inside of a monitor session, which the line does not name";
const RSPAN: &str = "Cisco IOS configuration logger, inside of the VLAN that carries the copies";
const ETHANALYZER: &str = "Cisco NX-OS command ethanalyzer; a log line of it was never seen";
const TAP: &str = "Arista EOS tap aggregation, in command accounting; a log line of it was never seen";
const XR: &str = "Cisco IOS-XR configuration; a log line of it was never seen";

operations! { Network,
    "default monitor capture" Delete PacketCapture Medium NetworkSniffing Verified CFGLOG;
    "default monitor session" Delete SpanSession Medium TrafficDuplication Verified CFGLOG;
    "erspan-id" CreateOrModify ErspanSession High TrafficDuplication Documented MODE;
    "ethanalyzer local * write" Start PacketCapture High NetworkSniffing Inferred ETHANALYZER;
    "monitor capture" CreateOrModify PacketCapture High NetworkSniffing Verified CFGLOG;
    "monitor capture buffer" CreateOrModify PacketCapture Medium NetworkSniffing Verified CFGLOG;
    "monitor capture point" CreateOrModify PacketCapture High NetworkSniffing Verified CFGLOG;
    "monitor session" CreateOrModify SpanSession High TrafficDuplication Verified CFGLOG;
    "monitor session * type capture" CreateOrModify PacketCapture High NetworkSniffing Verified TYPES;
    "monitor session * type erspan-destination" CreateOrModify ErspanSession High TrafficDuplication Verified TYPES;
    "monitor session * type erspan-source" CreateOrModify ErspanSession High TrafficDuplication Verified TYPES;
    "monitor-session" CreateOrModify SpanSession High TrafficDuplication Documented XR;
    "no erspan-id" Delete ErspanSession Medium TrafficDuplication Documented MODE;
    "no monitor capture" Delete PacketCapture Medium NetworkSniffing Verified CFGLOG;
    "no monitor capture buffer" Delete PacketCapture Medium NetworkSniffing Verified CFGLOG;
    "no monitor capture point" Delete PacketCapture Medium NetworkSniffing Verified CFGLOG;
    "no monitor session" Delete SpanSession Medium TrafficDuplication Verified CFGLOG;
    "no monitor-session" Delete SpanSession Medium TrafficDuplication Documented XR;
    "no remote-span" Delete SpanSession Medium TrafficDuplication Documented RSPAN;
    "origin ip address" CreateOrModify ErspanSession High TrafficDuplication Documented MODE;
    "remote-span" CreateOrModify SpanSession Medium TrafficDuplication Documented RSPAN;
    "show monitor" Read SpanSession Informational TrafficDuplication Verified CFGLOG;
    "show monitor capture" Read PacketCapture Informational NetworkSniffing Verified CFGLOG;
    "show monitor session" Read SpanSession Informational TrafficDuplication Verified CFGLOG;
    "show monitor-session" Read SpanSession Informational TrafficDuplication Documented XR;
    "source interface * both" CreateOrModify SpanSession High TrafficDuplication Documented MODE;
    "source interface * rx" CreateOrModify SpanSession High TrafficDuplication Documented MODE;
    "source interface * tx" CreateOrModify SpanSession High TrafficDuplication Documented MODE;
    "tap aggregation" CreateOrModify SpanSession High TrafficDuplication Inferred TAP;
}
