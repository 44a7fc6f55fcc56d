//! Google Cloud packet mirroring: `protoPayload.methodName` without its version prefix.

use crate::catalog::operations;

const COMPUTE: &str = "compute.proto and the IAM dataset";
const SEED: &str = "the LogScale query that tapsieve replaces; never seen in a real log";

operations! { Gcp,
    "compute.packetMirrorings.aggregatedList" Read PacketMirroring Informational TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.delete" Delete PacketMirroring Medium TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.get" Read PacketMirroring Informational TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.insert" Create PacketMirroring High TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.list" Read PacketMirroring Informational TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.patch" Modify PacketMirroring High TrafficDuplication Verified COMPUTE;
    "compute.packetMirrorings.testIamPermissions" Read PacketMirroring Informational TrafficDuplication Verified COMPUTE;
    "deletePacketMirroring" Delete PacketMirroring Medium TrafficDuplication Claimed SEED;
    "insertPacketMirroring" Create PacketMirroring High TrafficDuplication Claimed SEED;
    "patchPacketMirroring" Modify PacketMirroring High TrafficDuplication Claimed SEED;
}
