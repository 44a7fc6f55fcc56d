//! Alibaba's traffic mirroring: ActionTrail's `eventName`. Some names are those of Amazon EC2; the service tells them apart.

use crate::catalog::operations;

const TERRAFORM: &str = "VPC API 2016-04-28 in terraform-provider-alicloud";

operations! { Alibaba,
    "AddSourcesToTrafficMirrorSession" Modify Session High TrafficDuplication Verified TERRAFORM;
    "CreateTrafficMirrorFilter" Create Filter Medium TrafficDuplication Verified TERRAFORM;
    "CreateTrafficMirrorFilterRules" Create FilterRule Medium TrafficDuplication Verified TERRAFORM;
    "CreateTrafficMirrorSession" Create Session High TrafficDuplication Verified TERRAFORM;
    "DeleteTrafficMirrorFilter" Delete Filter Low TrafficDuplication Verified TERRAFORM;
    "DeleteTrafficMirrorFilterRules" Delete FilterRule Low TrafficDuplication Verified TERRAFORM;
    "DeleteTrafficMirrorSession" Delete Session Medium TrafficDuplication Verified TERRAFORM;
    "GetTrafficMirrorServiceStatus" Read Service Informational TrafficDuplication Verified TERRAFORM;
    "ListTrafficMirrorFilters" Read Filter Informational TrafficDuplication Verified TERRAFORM;
    "ListTrafficMirrorSessions" Read Session Informational TrafficDuplication Verified TERRAFORM;
    "OpenTrafficMirrorService" Start Service Medium TrafficDuplication Verified TERRAFORM;
    "RemoveSourcesFromTrafficMirrorSession" Modify Session Medium TrafficDuplication Verified TERRAFORM;
    "UpdateTrafficMirrorFilterAttribute" Modify Filter Medium TrafficDuplication Verified TERRAFORM;
    "UpdateTrafficMirrorFilterRuleAttribute" Modify FilterRule Medium TrafficDuplication Verified TERRAFORM;
    "UpdateTrafficMirrorSessionAttribute" Modify Session High TrafficDuplication Verified TERRAFORM;
}
