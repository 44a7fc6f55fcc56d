//! Google Cloud packet mirroring: `protoPayload.methodName` without its package and version.

use crate::catalog::operations;

const COMPUTE: &str = "compute.proto and the IAM dataset";
const FORWARDING: &str = "compute.proto; an event with this member was never seen";
const NSI: &str = "networksecurity protos and the audit logging page of Cloud NGFW";
const POLICIES: &str = "compute.proto; the name in the audit log follows the convention of compute";
const URLMAPS: &str = "compute.proto, requestMirrorPolicy; an event with this member was never seen";
const SEED: &str = "the LogScale query that tapsieve replaces; never seen in a real log";

operations! { Gcp,
    "compute.firewallPolicies.addPacketMirroringRule" Create MirroringRule High TrafficDuplication Inferred POLICIES;
    "compute.firewallPolicies.getPacketMirroringRule" Read MirroringRule Informational TrafficDuplication Inferred POLICIES;
    "compute.firewallPolicies.insert" Create FirewallPolicy High TrafficDuplication Inferred POLICIES if MirroringRules;
    "compute.firewallPolicies.patch" Modify FirewallPolicy High TrafficDuplication Inferred POLICIES if MirroringRules;
    "compute.firewallPolicies.patchPacketMirroringRule" Modify MirroringRule High TrafficDuplication Inferred POLICIES;
    "compute.firewallPolicies.removePacketMirroringRule" Delete MirroringRule Medium TrafficDuplication Inferred POLICIES;
    "compute.forwardingRules.insert" Create Collector Medium TrafficDuplication Inferred FORWARDING if MirroringCollector;
    "compute.networkFirewallPolicies.addPacketMirroringRule" Create MirroringRule High TrafficDuplication Inferred POLICIES;
    "compute.networkFirewallPolicies.getPacketMirroringRule" Read MirroringRule Informational TrafficDuplication Inferred POLICIES;
    "compute.networkFirewallPolicies.insert" Create FirewallPolicy High TrafficDuplication Inferred POLICIES if MirroringRules;
    "compute.networkFirewallPolicies.patch" Modify FirewallPolicy High TrafficDuplication Inferred POLICIES if MirroringRules;
    "compute.networkFirewallPolicies.patchPacketMirroringRule" Modify MirroringRule High TrafficDuplication Inferred POLICIES;
    "compute.networkFirewallPolicies.removePacketMirroringRule" Delete MirroringRule Medium TrafficDuplication Inferred POLICIES;
    "compute.packetMirrorings.aggregatedList" Read PacketMirroring Informational TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.delete" Delete PacketMirroring Medium TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.get" Read PacketMirroring Informational TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.insert" Create PacketMirroring High TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.list" Read PacketMirroring Informational TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.patch" Modify PacketMirroring High TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.testIamPermissions" Read PacketMirroring Informational TrafficDuplication Verified COMPUTE;
    "compute.regionUrlMaps.insert" Create RequestMirror Medium TrafficDuplication Inferred URLMAPS if UrlMapMirror;
    "compute.regionUrlMaps.patch" Modify RequestMirror Medium TrafficDuplication Inferred URLMAPS if UrlMapMirror;
    "compute.regionUrlMaps.update" Modify RequestMirror Medium TrafficDuplication Inferred URLMAPS if UrlMapMirror;
    "compute.urlMaps.insert" Create RequestMirror Medium TrafficDuplication Inferred URLMAPS if UrlMapMirror;
    "compute.urlMaps.patch" Modify RequestMirror Medium TrafficDuplication Inferred URLMAPS if UrlMapMirror;
    "compute.urlMaps.update" Modify RequestMirror Medium TrafficDuplication Inferred URLMAPS if UrlMapMirror;
    "deletePacketMirroring" Delete PacketMirroring Medium TrafficDuplication Claimed SEED;
    "insertPacketMirroring" Create PacketMirroring High TrafficDuplication Claimed SEED;
    "Mirroring.CreateMirroringDeployment" Create Deployment Medium TrafficDuplication Documented NSI;
    "Mirroring.CreateMirroringDeploymentGroup" Create DeploymentGroup Medium TrafficDuplication Documented NSI;
    "Mirroring.CreateMirroringEndpointGroup" Create EndpointGroup Medium TrafficDuplication Documented NSI;
    "Mirroring.CreateMirroringEndpointGroupAssociation" Create EndpointGroupAssociation High TrafficDuplication Documented NSI;
    "Mirroring.DeleteMirroringDeployment" Delete Deployment Low TrafficDuplication Documented NSI;
    "Mirroring.DeleteMirroringDeploymentGroup" Delete DeploymentGroup Low TrafficDuplication Documented NSI;
    "Mirroring.DeleteMirroringEndpointGroup" Delete EndpointGroup Low TrafficDuplication Documented NSI;
    "Mirroring.DeleteMirroringEndpointGroupAssociation" Delete EndpointGroupAssociation Medium TrafficDuplication Documented NSI;
    "Mirroring.GetMirroringDeployment" Read Deployment Informational TrafficDuplication Documented NSI;
    "Mirroring.GetMirroringDeploymentGroup" Read DeploymentGroup Informational TrafficDuplication Documented NSI;
    "Mirroring.GetMirroringEndpointGroup" Read EndpointGroup Informational TrafficDuplication Documented NSI;
    "Mirroring.GetMirroringEndpointGroupAssociation" Read EndpointGroupAssociation Informational TrafficDuplication Documented NSI;
    "Mirroring.ListMirroringDeploymentGroups" Read DeploymentGroup Informational TrafficDuplication Documented NSI;
    "Mirroring.ListMirroringDeployments" Read Deployment Informational TrafficDuplication Documented NSI;
    "Mirroring.ListMirroringEndpointGroupAssociations" Read EndpointGroupAssociation Informational TrafficDuplication Documented NSI;
    "Mirroring.ListMirroringEndpointGroups" Read EndpointGroup Informational TrafficDuplication Documented NSI;
    "Mirroring.UpdateMirroringDeployment" Modify Deployment Medium TrafficDuplication Documented NSI;
    "Mirroring.UpdateMirroringDeploymentGroup" Modify DeploymentGroup Medium TrafficDuplication Documented NSI;
    "Mirroring.UpdateMirroringEndpointGroup" Modify EndpointGroup Medium TrafficDuplication Documented NSI;
    "Mirroring.UpdateMirroringEndpointGroupAssociation" Modify EndpointGroupAssociation High TrafficDuplication Documented NSI;
    "OrganizationSecurityProfileGroupService.CreateSecurityProfile" Create SecurityProfile Medium TrafficDuplication Documented NSI if MirroringProfile;
    "OrganizationSecurityProfileGroupService.CreateSecurityProfileGroup" Create SecurityProfileGroup Medium TrafficDuplication Documented NSI if MirroringProfile;
    "OrganizationSecurityProfileGroupService.UpdateSecurityProfile" Modify SecurityProfile Medium TrafficDuplication Documented NSI if MirroringProfile;
    "OrganizationSecurityProfileGroupService.UpdateSecurityProfileGroup" Modify SecurityProfileGroup Medium TrafficDuplication Documented NSI if MirroringProfile;
    "patchPacketMirroring" Modify PacketMirroring High TrafficDuplication Claimed SEED;
}
