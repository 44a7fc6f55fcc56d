//! Oracle's virtual test access points: the last word of the audit log's `eventType`. A capture filter counts where the
//! event says that it is one of type VTAP; those for flow logs copy no packets.

use crate::catalog::operations;

const SDK: &str = "oci-python-sdk VirtualNetworkClient; the audit log's eventType follows that of other operations on virtual networks";

operations! { Oci,
    "ChangeCaptureFilterCompartment" Modify Filter Medium TrafficDuplication Inferred SDK if VtapFilter;
    "ChangeVtapCompartment" Modify Vtap Medium TrafficDuplication Inferred SDK;
    "CreateCaptureFilter" Create Filter Medium TrafficDuplication Inferred SDK if VtapFilter;
    "CreateVtap" Create Vtap High TrafficDuplication Inferred SDK;
    "DeleteCaptureFilter" Delete Filter Low TrafficDuplication Inferred SDK if VtapFilter;
    "DeleteVtap" Delete Vtap Medium TrafficDuplication Inferred SDK;
    "GetCaptureFilter" Read Filter Informational TrafficDuplication Inferred SDK if VtapFilter;
    "GetVtap" Read Vtap Informational TrafficDuplication Inferred SDK;
    "ListCaptureFilters" Read Filter Informational TrafficDuplication Inferred SDK if VtapFilter;
    "ListVtaps" Read Vtap Informational TrafficDuplication Inferred SDK;
    "UpdateCaptureFilter" Modify Filter Medium TrafficDuplication Inferred SDK if VtapFilter;
    "UpdateVtap" Modify Vtap High TrafficDuplication Inferred SDK;
}
