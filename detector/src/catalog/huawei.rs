//! Huawei's traffic mirroring: Cloud Trace Service's `trace_name`.

use crate::catalog::operations;

const SDK: &str = "VPC v3 SDK changelog; the trace's name is taken to be that of the operation";

operations! { Huawei,
    "AddSourcesToTrafficMirrorSession" Modify Session High TrafficDuplication Inferred SDK;
    "CreateTrafficMirrorFilter" Create Filter Medium TrafficDuplication Inferred SDK;
    "CreateTrafficMirrorFilterRule" Create FilterRule Medium TrafficDuplication Inferred SDK;
    "CreateTrafficMirrorSession" Create Session High TrafficDuplication Inferred SDK;
    "DeleteTrafficMirrorFilter" Delete Filter Low TrafficDuplication Inferred SDK;
    "DeleteTrafficMirrorFilterRule" Delete FilterRule Low TrafficDuplication Inferred SDK;
    "DeleteTrafficMirrorSession" Delete Session Medium TrafficDuplication Inferred SDK;
    "ListTrafficMirrorFilterRules" Read FilterRule Informational TrafficDuplication Inferred SDK;
    "ListTrafficMirrorFilters" Read Filter Informational TrafficDuplication Inferred SDK;
    "ListTrafficMirrorSessions" Read Session Informational TrafficDuplication Inferred SDK;
    "RemoveSourcesFromTrafficMirrorSession" Modify Session Medium TrafficDuplication Inferred SDK;
    "ShowTrafficMirrorFilter" Read Filter Informational TrafficDuplication Inferred SDK;
    "ShowTrafficMirrorFilterRule" Read FilterRule Informational TrafficDuplication Inferred SDK;
    "ShowTrafficMirrorSession" Read Session Informational TrafficDuplication Inferred SDK;
    "UpdateTrafficMirrorFilter" Modify Filter Medium TrafficDuplication Inferred SDK;
    "UpdateTrafficMirrorFilterRule" Modify FilterRule Medium TrafficDuplication Inferred SDK;
    "UpdateTrafficMirrorSession" Modify Session High TrafficDuplication Inferred SDK;
}
