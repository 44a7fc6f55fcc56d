//! Amazon EC2 traffic mirroring: the names that CloudTrail logs as `eventName`.

use crate::catalog::operations;

const EC2: &str = "botocore EC2 API 2016-11-15";

operations! { Aws,
    "CreateTrafficMirrorFilter" Create Filter Medium TrafficDuplication Verified EC2;
    "CreateTrafficMirrorFilterRule" Create FilterRule Medium TrafficDuplication Verified EC2;
    "CreateTrafficMirrorSession" Create Session High TrafficDuplication Verified EC2;
    "CreateTrafficMirrorTarget" Create Target Medium TrafficDuplication Verified EC2;
    "DeleteTrafficMirrorFilter" Delete Filter Low TrafficDuplication Verified EC2;
    "DeleteTrafficMirrorFilterRule" Delete FilterRule Low TrafficDuplication Verified EC2;
    "DeleteTrafficMirrorSession" Delete Session Medium TrafficDuplication Verified EC2;
    "DeleteTrafficMirrorTarget" Delete Target Low TrafficDuplication Verified EC2;
    "DescribeTrafficMirrorFilterRules" Read FilterRule Informational TrafficDuplication Verified EC2;
    "DescribeTrafficMirrorFilters" Read Filter Informational TrafficDuplication Verified EC2;
    "DescribeTrafficMirrorSessions" Read Session Informational TrafficDuplication Verified EC2;
    "DescribeTrafficMirrorTargets" Read Target Informational TrafficDuplication Verified EC2;
    "ModifyTrafficMirrorFilterNetworkServices" Modify Filter Medium TrafficDuplication Verified EC2;
    "ModifyTrafficMirrorFilterRule" Modify FilterRule Medium TrafficDuplication Verified EC2;
    "ModifyTrafficMirrorSession" Modify Session High TrafficDuplication Verified EC2;
}
