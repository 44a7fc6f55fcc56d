//! Amazon EC2 traffic mirroring: the names that CloudTrail logs as `eventName`, and operations of EC2 and RAM that
//! count only where they touch its parts.

use crate::catalog::operations;

const EC2: &str = "botocore EC2 API 2016-11-15";
const MITRE: &str = "ATT&CK analytic AN1131; the EC2 API has no such operation";
const RAM: &str = "RAM API; a request that names a mirror target was never seen";
const CONFIG: &str = "AWS Config: a filter whose item was updated; the EC2 API has no such operation";
const CONTROL: &str = "Cloud Control API; a request that names a part of a mirroring was never seen";
const RUNBOOK: &str = "Systems Manager automation runbook AWSSupport-ConfigureTrafficMirroring";
const TAGS: &str = "EC2 API; a request that names a part of a mirroring was never seen";

operations! { Aws,
    "AssociateResourceShare" Modify ResourceShare Medium TrafficDuplication Inferred RAM if TargetShared;
    "CreateResource" Create Session High TrafficDuplication Inferred CONTROL if TypeMirror;
    "CreateResourceShare" Create ResourceShare Medium TrafficDuplication Inferred RAM if TargetShared;
    "CreateTags" Modify Tags Low TrafficDuplication Inferred TAGS if MirrorTagged;
    "CreateTrafficMirrorFilter" Create Filter Medium TrafficDuplication Verified EC2;
    "CreateTrafficMirrorFilterRule" Create FilterRule Medium TrafficDuplication Verified EC2;
    "CreateTrafficMirrorSession" Create Session High TrafficDuplication Verified EC2;
    "CreateTrafficMirrorTarget" Create Target Medium TrafficDuplication Verified EC2;
    "DeleteResource" Delete Session Medium TrafficDuplication Inferred CONTROL if TypeMirror;
    "DeleteTags" Modify Tags Low TrafficDuplication Inferred TAGS if MirrorTagged;
    "DeleteTrafficMirrorFilter" Delete Filter Low TrafficDuplication Verified EC2;
    "DeleteTrafficMirrorFilterRule" Delete FilterRule Low TrafficDuplication Verified EC2;
    "DeleteTrafficMirrorSession" Delete Session Medium TrafficDuplication Verified EC2;
    "DeleteTrafficMirrorTarget" Delete Target Low TrafficDuplication Verified EC2;
    "DescribeTrafficMirrorFilterRules" Read FilterRule Informational TrafficDuplication Verified EC2;
    "DescribeTrafficMirrorFilters" Read Filter Informational TrafficDuplication Verified EC2;
    "DescribeTrafficMirrorSessions" Read Session Informational TrafficDuplication Verified EC2;
    "DescribeTrafficMirrorTargets" Read Target Informational TrafficDuplication Verified EC2;
    "ModifyTrafficMirrorFilter" Modify Filter Medium TrafficDuplication Inferred CONFIG;
    "ModifyTrafficMirrorFilterNetworkServices" Modify Filter Medium TrafficDuplication Verified EC2;
    "ModifyTrafficMirrorFilterRule" Modify FilterRule Medium TrafficDuplication Verified EC2;
    "ModifyTrafficMirrorSession" Modify Session High TrafficDuplication Verified EC2;
    "ModifyTrafficMirrorTarget" Modify Target Medium TrafficDuplication Claimed MITRE;
    "StartAutomationExecution" Create Session High TrafficDuplication Documented RUNBOOK if MirrorRunbook;
    "UpdateResource" Modify Session High TrafficDuplication Inferred CONTROL if TypeMirror;
}
