//! Azure network taps and packet captures: the names that the activity log has as `operationName`.

use crate::catalog::operations;

const RBAC: &str = "Microsoft RBAC permissions list";
const OVERVIEW: &str = "virtual network tap overview page; a slip for networkInterfaces/tapConfigurations";
const PANTHER: &str =
    "panther-analysis rule Azure.MonitorActivity.Network.PacketCaptureEnabled; not in Microsoft's list";

operations! { Azure,
    "Microsoft.Network/networkInterfaces/tapConfigurations/delete" Delete TapConfiguration Medium TrafficDuplication Verified RBAC;
    "Microsoft.Network/networkInterfaces/tapConfigurations/read" Read TapConfiguration Informational TrafficDuplication Verified RBAC;
    "Microsoft.Network/networkInterfaces/tapConfigurations/write" CreateOrModify TapConfiguration High TrafficDuplication Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/delete" Delete PacketCapture Medium NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/queryStatus/action" Read PacketCapture Informational NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/queryStatus/read" Read PacketCapture Informational NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/read" Read PacketCapture Informational NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/stop/action" Stop PacketCapture Low NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/packetCaptures/write" Start PacketCapture High NetworkSniffing Verified RBAC;
    "Microsoft.Network/networkWatchers/startPacketCapture/action" Start PacketCapture High NetworkSniffing Claimed PANTHER;
    "Microsoft.Network/tapConfigurations/delete" Delete TapConfiguration Medium TrafficDuplication Documented OVERVIEW;
    "Microsoft.Network/tapConfigurations/read" Read TapConfiguration Informational TrafficDuplication Documented OVERVIEW;
    "Microsoft.Network/tapConfigurations/write" CreateOrModify TapConfiguration High TrafficDuplication Documented OVERVIEW;
    "Microsoft.Network/virtualNetworkTaps/delete" Delete Tap Medium TrafficDuplication Verified RBAC;
    "Microsoft.Network/virtualNetworkTaps/join/action" Other Tap Medium TrafficDuplication Verified RBAC;
    "Microsoft.Network/virtualNetworkTaps/read" Read Tap Informational TrafficDuplication Verified RBAC;
    "Microsoft.Network/virtualNetworkTaps/write" CreateOrModify Tap Medium TrafficDuplication Verified RBAC;
}
