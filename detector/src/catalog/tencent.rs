//! Tencent Cloud's traffic mirroring: CloudAudit's `eventName`.

use crate::catalog::operations;

const SDK: &str = "VPC API 2017-03-12 in tencentcloud-sdk-python-vpc 3.1.193; the event's name is the API's, as CloudAudit documents it";

operations! { Tencent,
    "CheckTrafficMirror" Read Session Informational TrafficDuplication Documented SDK;
    "CreateTrafficMirror" Create Session High TrafficDuplication Documented SDK;
    "CreateTrafficMirrorFilterRules" Create FilterRule Medium TrafficDuplication Documented SDK;
    "DeleteTrafficMirror" Delete Session Medium TrafficDuplication Documented SDK;
    "DeleteTrafficMirrorFilterRules" Delete FilterRule Low TrafficDuplication Documented SDK;
    "DescribeTrafficMirrorFilterRules" Read FilterRule Informational TrafficDuplication Documented SDK;
    "DescribeTrafficMirrors" Read Session Informational TrafficDuplication Documented SDK;
    "ModifyTrafficMirrorAttribute" Modify Session High TrafficDuplication Documented SDK;
    "ModifyTrafficMirrorFilterRules" Modify FilterRule Medium TrafficDuplication Documented SDK;
    "ResetTrafficMirrorFilter" Modify Session High TrafficDuplication Documented SDK;
    "ResetTrafficMirrorSrcs" Modify Session High TrafficDuplication Documented SDK;
    "ResetTrafficMirrorTarget" Modify Session High TrafficDuplication Documented SDK;
    "StartTrafficMirror" Start Session High TrafficDuplication Documented SDK;
    "StopTrafficMirror" Stop Session Medium TrafficDuplication Documented SDK;
    "UpdateTrafficMirrorAllFilter" Modify Session High TrafficDuplication Documented SDK;
    "UpdateTrafficMirrorDirection" Modify Session High TrafficDuplication Documented SDK;
}
