//! Messages of switches and routers that need no command: by facility and mnemonic, or by application and event.

use crate::catalog::operations;

const SPLUNK: &str = "Splunk rule Detect Traffic Mirroring";
const SIBLING: &str = "sibling of a message in the Splunk rule Detect Traffic Mirroring";
const SROS: &str = "Nokia SR OS log events of the application MIRROR";
const SROS_GAP: &str = "number 2001, between documented Nokia SR OS log events of the application MIRROR";
const BUFCAP: &str = "Cisco IOS and IOS-XE embedded packet capture, messages seen on devices";
const FORTI: &str = "FortiOS event log, object configured: the path of what was configured";
const ACI: &str = "Cisco APIC audit log, class aaaModLR: the name of a SPAN group in the object's path";
const MERAKI: &str = "Meraki API, id of the operation in the log of API requests";
const NSX: &str = "VMware NSX audit log, module PortMirroring; a line with it was never seen";
const SONIC: &str = "SONiC sonic-swss, MirrorOrch";

operations! { Network,
    "%BUFCAP-CREATE" Create PacketCapture High NetworkSniffing Verified BUFCAP;
    "%BUFCAP-DELETE" Delete PacketCapture Medium NetworkSniffing Inferred BUFCAP;
    "%BUFCAP-DISABLE" Stop PacketCapture Medium NetworkSniffing Verified BUFCAP;
    "%BUFCAP-DISABLE_ASYNC" Stop PacketCapture Medium NetworkSniffing Inferred BUFCAP;
    "%BUFCAP-ENABLE" Start PacketCapture High NetworkSniffing Verified BUFCAP;
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
    "Activated mirror session" Start SpanSession High TrafficDuplication Verified SONIC;
    "createOrganizationDevicesPacketCaptureCapture" Start PacketCapture High NetworkSniffing Inferred MERAKI;
    "createOrganizationDevicesPacketCaptureSchedule" Create PacketCapture High NetworkSniffing Inferred MERAKI;
    "CreatePortMirroringSession" Create SpanSession High TrafficDuplication Inferred NSX;
    "Deactivated mirror session" Stop SpanSession Medium TrafficDuplication Inferred SONIC;
    "DeletePortMirroringSession" Delete SpanSession Medium TrafficDuplication Inferred NSX;
    "firewall.decrypted-traffic-mirror" CreateOrModify MirroringRule High TrafficDuplication Inferred FORTI;
    "firewall.sniffer" CreateOrModify PacketCapture High NetworkSniffing Inferred FORTI;
    "MIRROR destinationDisabled" Stop SpanSession Medium TrafficDuplication Documented SROS;
    "MIRROR destinationEnabled" Start SpanSession High TrafficDuplication Documented SROS;
    "MIRROR sourceDisabled" Stop SpanSession Medium TrafficDuplication Documented SROS;
    "MIRROR sourceEnabled" Start SpanSession High TrafficDuplication Inferred SROS_GAP;
    "switch-controller.traffic-sniffer" CreateOrModify SpanSession High TrafficDuplication Inferred FORTI;
    "uni/destgrp" CreateOrModify SpanSession Medium TrafficDuplication Documented ACI;
    "uni/srcgrp" CreateOrModify SpanSession High TrafficDuplication Documented ACI;
    "uni/vdestgrp" CreateOrModify SpanSession Medium TrafficDuplication Documented ACI;
    "uni/vsrcgrp" CreateOrModify SpanSession High TrafficDuplication Documented ACI;
    "UpdatePortMirroringSession" Modify SpanSession High TrafficDuplication Inferred NSX;
}
