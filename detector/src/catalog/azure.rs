//! Azure network taps and packet captures, those of gateways included: the names that the activity log has as `operationName`.

use crate::catalog::operations;

const FABRIC: &str = "Azure REST API of Operator Nexus, networkTaps; an event was never seen";
const RBAC: &str = "Microsoft RBAC permissions list";
const OVERVIEW: &str = "virtual network tap overview page; a slip for networkInterfaces/tapConfigurations";
const PANTHER: &str =
    "panther-analysis rule Azure.MonitorActivity.Network.PacketCaptureEnabled; not in Microsoft's list";
const OPERATION: &str = "path of the REST API that PowerShell calls for captures of a firewall; the name in the log follows the convention";

operations! { Azure,
    "Microsoft.ManagedNetworkFabric/networkTaps/delete" Delete Tap Low TrafficDuplication Inferred FABRIC;
    "Microsoft.ManagedNetworkFabric/networkTaps/read" Read Tap Informational TrafficDuplication Inferred FABRIC;
    "Microsoft.ManagedNetworkFabric/networkTaps/updateAdminState/action" Modify Tap Medium TrafficDuplication Inferred FABRIC;
    "Microsoft.ManagedNetworkFabric/networkTaps/write" CreateOrModify Tap Medium TrafficDuplication Inferred FABRIC;
    "Microsoft.Network/azureFirewalls/packetCapture/action" Start PacketCapture High NetworkSniffing Verified RBAC;
    "Microsoft.Network/azureFirewalls/packetCaptureOperation/action" Start PacketCapture High NetworkSniffing Inferred OPERATION;
    "Microsoft.Network/connections/startPacketCapture/action" Start PacketCapture High NetworkSniffing Verified RBAC;
    "Microsoft.Network/connections/stopPacketCapture/action" Stop PacketCapture Medium NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkInterfaces/tapConfigurations/delete" Delete TapConfiguration Medium TrafficDuplication Verified RBAC;
    "Microsoft.Network/networkInterfaces/tapConfigurations/read" Read TapConfiguration Informational TrafficDuplication Verified RBAC;
    "Microsoft.Network/networkInterfaces/tapConfigurations/write" CreateOrModify TapConfiguration High TrafficDuplication Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/delete" Delete PacketCapture Medium NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/queryStatus/action" Read PacketCapture Informational NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/queryStatus/read" Read PacketCapture Informational NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/read" Read PacketCapture Informational NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/stop/action" Stop PacketCapture Medium NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/write" Start PacketCapture High NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/startPacketCapture/action" Start PacketCapture High NetworkSniffing Claimed PANTHER;
    "Microsoft.Network/networkWatchers/vpnConnections/startPacketCapture/action" Start PacketCapture High NetworkSniffing Claimed PANTHER;
    "Microsoft.Network/tapConfigurations/delete" Delete TapConfiguration Medium TrafficDuplication Documented OVERVIEW;
    "Microsoft.Network/tapConfigurations/read" Read TapConfiguration Informational TrafficDuplication Documented OVERVIEW;
    "Microsoft.Network/tapConfigurations/write" CreateOrModify TapConfiguration High TrafficDuplication Documented OVERVIEW;
    "Microsoft.Network/virtualNetworkGateways/startPacketCapture/action" Start PacketCapture High NetworkSniffing Verified RBAC;
    "Microsoft.Network/virtualNetworkGateways/stopPacketCapture/action" Stop PacketCapture Medium NetworkSniffing Verified RBAC;
    "Microsoft.Network/virtualNetworkTaps/delete" Delete Tap Low TrafficDuplication Verified RBAC;
    "Microsoft.Network/virtualNetworkTaps/join/action" Other Tap Medium TrafficDuplication Verified RBAC;
    "Microsoft.Network/virtualNetworkTaps/networkInterfaceTapConfigurationProxies/delete" Delete TapProxy Medium TrafficDuplication Verified RBAC;
    "Microsoft.Network/virtualNetworkTaps/networkInterfaceTapConfigurationProxies/read" Read TapProxy Informational TrafficDuplication Verified RBAC;
    "Microsoft.Network/virtualNetworkTaps/networkInterfaceTapConfigurationProxies/write" CreateOrModify TapProxy High TrafficDuplication Verified RBAC;
    "Microsoft.Network/virtualNetworkTaps/read" Read Tap Informational TrafficDuplication Verified RBAC;
    "Microsoft.Network/virtualNetworkTaps/write" CreateOrModify Tap Medium TrafficDuplication Verified RBAC;
    "Microsoft.Network/vpnGateways/startPacketCapture/action" Start PacketCapture High NetworkSniffing Verified RBAC;
    "Microsoft.Network/vpnGateways/stopPacketCapture/action" Stop PacketCapture Medium NetworkSniffing Verified RBAC;
    "Microsoft.Network/vpnGateways/vpnConnections/startPacketCapture/action" Start PacketCapture High NetworkSniffing Verified RBAC;
    "Microsoft.Network/vpnGateways/vpnConnections/stopPacketCapture/action" Stop PacketCapture Medium NetworkSniffing Verified RBAC;
}
