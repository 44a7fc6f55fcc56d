//! Switches and routers: commands by their first words, messages by facility and mnemonic.

use crate::catalog::operations;

const CFGLOG: &str = "Cisco IOS configuration logger, %PARSER-5-CFGLOG_LOGGEDCMD";
const SPLUNK: &str = "Splunk rule Detect Traffic Mirroring";
const SIBLING: &str = "sibling of a message in the Splunk rule Detect Traffic Mirroring";

operations! { Network,
    "%MIRROR-ETH_SPAN_SESSION_CREATED" Create SpanSession High TrafficDuplication Inferred SIBLING;
    "%MIRROR-ETH_SPAN_SESSION_DELETED" Delete SpanSession Medium TrafficDuplication Inferred SIBLING;
    "%MIRROR-ETH_SPAN_SESSION_DOWN" Stop SpanSession Medium TrafficDuplication Inferred SIBLING;
    "%MIRROR-ETH_SPAN_SESSION_START" Start SpanSession High TrafficDuplication Inferred SIBLING;
    "%MIRROR-ETH_SPAN_SESSION_STOP" Stop SpanSession Medium TrafficDuplication Inferred SIBLING;
    "%MIRROR-ETH_SPAN_SESSION_UP" Start SpanSession High TrafficDuplication Claimed SPLUNK;
    "%SPAN-PKTCAP_START" Start PacketCapture High NetworkSniffing Claimed SPLUNK;
    "%SPAN-PKTCAP_STOP" Stop PacketCapture Medium NetworkSniffing Inferred SIBLING;
    "%SPAN-SESSION_CREATED" Create SpanSession High TrafficDuplication Inferred SIBLING;
    "%SPAN-SESSION_DELETED" Delete SpanSession Medium TrafficDuplication Inferred SIBLING;
    "%SPAN-SESSION_DOWN" Stop SpanSession Medium TrafficDuplication Inferred SIBLING;
    "%SPAN-SESSION_START" Start SpanSession High TrafficDuplication Inferred SIBLING;
    "%SPAN-SESSION_STOP" Stop SpanSession Medium TrafficDuplication Inferred SIBLING;
    "%SPAN-SESSION_UP" Start SpanSession High TrafficDuplication Claimed SPLUNK;
    "default monitor session" Delete SpanSession Medium TrafficDuplication Verified CFGLOG;
    "monitor capture" CreateOrModify PacketCapture High NetworkSniffing Verified CFGLOG;
    "monitor session" CreateOrModify SpanSession High TrafficDuplication Verified CFGLOG;
    "no monitor capture" Delete PacketCapture Medium NetworkSniffing Verified CFGLOG;
    "no monitor session" Delete SpanSession Medium TrafficDuplication Verified CFGLOG;
    "show monitor capture" Read PacketCapture Informational NetworkSniffing Verified CFGLOG;
    "show monitor session" Read SpanSession Informational TrafficDuplication Verified CFGLOG;
}
