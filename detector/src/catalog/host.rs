//! Hosts with Linux or Windows: commands that copy or capture packets, by the words that make a command one of these: `*`
//! stands for any words.
//! How a tool spells and shortens them is known where its words are read.

use crate::catalog::operations;

const TC: &str = "tc-mirred manual; a log line of it was never seen";
const TEE: &str = "iptables-extensions manual, target TEE; a log line of it was never seen";
const NFT: &str = "nft manual, statement dup; a log line of it was never seen";
const OVS: &str = "ovs-vsctl manual, table Mirror; a log line of it was never seen";
const TCPDUMP: &str = "ovs-tcpdump manual: it mirrors a port while it runs; a log line of it was never seen";
const OVN: &str = "ovn-nbctl manual, mirror commands; a log line of it was never seen";
const NCLU: &str = "NVIDIA Cumulus Linux guide, SPAN and ERSPAN with NCLU; a log line of it was never seen";
const NVUE: &str = "NVIDIA Cumulus Linux guide, SPAN and ERSPAN with NVUE; a log line of it was never seen";
const SONIC: &str = "SONiC command reference, config mirror_session; a log line of it was never seen";
const HYPERV: &str = "Hyper-V cmdlet, port mirroring of a network adapter, in scripts that PowerShell logs; a log of it was never seen";
const FEATURE: &str = "Hyper-V cmdlets of port features, of which mirroring is one; Microsoft's guide to mirroring a switch's external port";
const VYOS: &str = "VyOS guide, mirror of an interface, typed to its shell; a log line of it was never seen";

const NETSH: &str =
    "Sigma rule New Network Trace Capture Started Via Netsh.EXE, and netsh's help; a log line was never seen";
const PKTCAP: &str = "VMware ESXi pktcap-uw, in the log of its shell; a line with it was never seen";
const PKTMON: &str =
    "Sigma rule PktMon.EXE Execution, and Microsoft's pages on pktmon; a log line was never seen";
const NETEVENT: &str = "Microsoft's pages on the module NetEventPacketCapture; a log of it was never seen";

operations! { Host,
    "Add-NetEventPacketCaptureProvider" Create PacketCapture High NetworkSniffing Inferred NETEVENT;
    "Add-VMSwitchExtensionPortFeature" CreateOrModify SpanSession Medium TrafficDuplication Documented FEATURE;
    "config mirror_session * add" Create SpanSession High TrafficDuplication Inferred SONIC;
    "config mirror_session * remove" Delete SpanSession Medium TrafficDuplication Inferred SONIC;
    "delete interfaces _ _ mirror ingress" Delete SpanSession Medium TrafficDuplication Inferred VYOS;
    "ip6tables * --jump TEE --gateway" Create MirroringRule High TrafficDuplication Inferred TEE;
    "ip6tables * -j TEE --gateway" Create MirroringRule High TrafficDuplication Inferred TEE;
    "iptables * --jump TEE --gateway" Create MirroringRule High TrafficDuplication Inferred TEE;
    "iptables * -j TEE --gateway" Create MirroringRule High TrafficDuplication Inferred TEE;
    "net add port-mirror" Create SpanSession High TrafficDuplication Inferred NCLU;
    "net del port-mirror" Delete SpanSession Medium TrafficDuplication Inferred NCLU;
    "netsh trace start * capture=yes" Start PacketCapture High NetworkSniffing Inferred NETSH;
    "netsh trace stop" Stop PacketCapture Medium NetworkSniffing Inferred NETSH;
    "nft add rule * dup to" Create MirroringRule High TrafficDuplication Inferred NFT;
    "nft insert rule * dup to" Create MirroringRule High TrafficDuplication Inferred NFT;
    "nft replace rule * dup to" Modify MirroringRule High TrafficDuplication Inferred NFT;
    "nv set * port-mirror" CreateOrModify SpanSession High TrafficDuplication Inferred NVUE;
    "nv unset * port-mirror" Delete SpanSession Medium TrafficDuplication Inferred NVUE;
    "ovn-nbctl * lsp-attach-mirror" Start SpanSession High TrafficDuplication Inferred OVN;
    "ovn-nbctl * lsp-detach-mirror" Stop SpanSession Medium TrafficDuplication Inferred OVN;
    "ovn-nbctl * mirror-add" Create SpanSession High TrafficDuplication Inferred OVN;
    "ovn-nbctl * mirror-del" Delete SpanSession Medium TrafficDuplication Inferred OVN;
    "ovs-tcpdump" Create SpanSession High TrafficDuplication Inferred TCPDUMP;
    "ovs-vsctl * add Bridge * mirrors" Modify SpanSession High TrafficDuplication Inferred OVS;
    "ovs-vsctl * clear Bridge * mirrors" Delete SpanSession Medium TrafficDuplication Inferred OVS;
    "ovs-vsctl * create Mirror" Create SpanSession High TrafficDuplication Inferred OVS;
    "ovs-vsctl * destroy Mirror" Delete SpanSession Medium TrafficDuplication Inferred OVS;
    "ovs-vsctl * remove Bridge * mirrors" Delete SpanSession Medium TrafficDuplication Inferred OVS;
    "ovs-vsctl * set Bridge * mirrors" Modify SpanSession High TrafficDuplication Inferred OVS;
    "ovs-vsctl * set Bridge * mirrors=[]" Delete SpanSession Medium TrafficDuplication Inferred OVS;
    "ovs-vsctl * set Mirror" Modify SpanSession High TrafficDuplication Inferred OVS;
    "pktcap-uw * --outfile" Start PacketCapture High NetworkSniffing Inferred PKTCAP;
    "pktcap-uw * -o" Start PacketCapture High NetworkSniffing Inferred PKTCAP;
    "pktmon start" Start PacketCapture High NetworkSniffing Inferred PKTMON;
    "pktmon stop" Stop PacketCapture Medium NetworkSniffing Inferred PKTMON;
    "Remove-NetEventSession" Delete PacketCapture Medium NetworkSniffing Inferred NETEVENT;
    "Remove-VMSwitchExtensionPortFeature" Delete SpanSession Medium TrafficDuplication Inferred FEATURE;
    "set interfaces _ _ mirror ingress" CreateOrModify SpanSession High TrafficDuplication Inferred VYOS;
    "Set-VMNetworkAdapter * -PortMirroring" CreateOrModify SpanSession High TrafficDuplication Documented HYPERV;
    "Set-VMSwitchExtensionPortFeature" Modify SpanSession Medium TrafficDuplication Inferred FEATURE;
    "Start-NetEventSession" Start PacketCapture High NetworkSniffing Inferred NETEVENT;
    "Stop-NetEventSession" Stop PacketCapture Medium NetworkSniffing Inferred NETEVENT;
    "tc * action mirred * mirror" Create MirroringRule High TrafficDuplication Inferred TC;
}
