//! What an event has to show besides its name where an operation serves other ends too. Data only.

/// What an operation asks of an event; one of the conditions has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    /// The name is enough.
    Nothing,
    /// AWS: the tagged resource is a part of a mirroring.
    MirrorTagged,
    /// AWS: the shared resource is a mirror target.
    TargetShared,
    /// AWS: the resource is a part of a mirroring.
    TypeMirror,
    /// AWS: the runbook sets up a mirroring.
    MirrorRunbook,
    /// GCP: the firewall policy carries mirroring rules.
    MirroringRules,
    /// GCP: the forwarding rule takes in mirrored packets.
    MirroringCollector,
    /// GCP: the security profile, or the group of profiles, is one for mirroring.
    MirroringProfile,
    /// GCP: a route of the URL map copies requests.
    UrlMapMirror,
    /// OCI: the capture filter is one for taps.
    VtapFilter,
    /// Antrea: the traffic is copied, not redirected.
    MirrorAction,
    /// Gateway API: a filter copies requests.
    RequestMirror,
    /// ovs-cni: the network mirrors ports or receives what is mirrored.
    OvsMirror,
    /// Istio: a route copies requests.
    RouteMirror,
    /// Envoy: a route copies requests.
    EnvoyMirror,
    /// ingress-nginx: an annotation copies requests.
    IngressMirror,
    /// Traefik: the service copies requests.
    Mirroring,
    /// Contour: a service of a route gets copies of requests.
    ServiceMirror,
    /// Kube-OVN: an annotation copies a pod's packets.
    PodMirror,
}

/// What a condition asks of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is true.
    True,
    /// It is there, and it is neither null nor empty.
    Present,
    /// It is there, or taken away by a null.
    There,
    /// It is a text, or somewhere in it stands one, that has this in it in any case.
    Holds(&'static str),
    /// Somewhere in it stands a member of this name, in any case.
    Has(&'static str),
}

impl Requires {
    /// Every value, in order.
    pub const ALL: [Requires; 19] = [
        Requires::Nothing,
        Requires::MirrorTagged,
        Requires::TargetShared,
        Requires::TypeMirror,
        Requires::MirrorRunbook,
        Requires::MirroringRules,
        Requires::MirroringCollector,
        Requires::MirroringProfile,
        Requires::UrlMapMirror,
        Requires::VtapFilter,
        Requires::MirrorAction,
        Requires::RequestMirror,
        Requires::OvsMirror,
        Requires::RouteMirror,
        Requires::EnvoyMirror,
        Requires::IngressMirror,
        Requires::Mirroring,
        Requires::ServiceMirror,
        Requires::PodMirror,
    ];

    /// Where to look and what has to stand there; empty where nothing is asked. What a cluster is asked for stands in
    /// `requestObject`, and what became of it in the same places of `responseObject`.
    pub fn conditions(self) -> &'static [(&'static str, Test)] {
        match self {
            Requires::Nothing => &[],
            Requires::MirrorTagged => &[
                ("requestParameters.resourcesSet.items", Test::Holds("tms-")),
                ("requestParameters.resourcesSet.items", Test::Holds("tmt-")),
                ("requestParameters.resourcesSet.items", Test::Holds("tmf-")),
                ("requestParameters.resourcesSet.items", Test::Holds("tmfr-")),
            ],
            Requires::TargetShared => {
                &[("requestParameters.resourceArns", Test::Holds(":traffic-mirror-target/"))]
            }
            Requires::TypeMirror => &[("requestParameters.typeName", Test::Holds("::TrafficMirror"))],
            Requires::MirrorRunbook => {
                &[("requestParameters.documentName", Test::Holds("-ConfigureTrafficMirroring"))]
            }
            Requires::MirroringRules => &[("protoPayload.request.packetMirroringRules", Test::Present)],
            Requires::MirroringCollector => &[("protoPayload.request.isMirroringCollector", Test::True)],
            Requires::MirroringProfile => &[
                ("protoPayload.request.securityProfile.customMirroringProfile", Test::Present),
                ("protoPayload.request.securityProfile.type", Test::Holds("CUSTOM_MIRRORING")),
                ("protoPayload.request.securityProfileGroup.customMirroringProfile", Test::Present),
            ],
            Requires::UrlMapMirror => &[("protoPayload.request", Test::Has("requestMirrorPolicy"))],
            Requires::VtapFilter => &[
                ("data.response.payload.filterType", Test::Holds("VTAP")),
                ("data.stateChange.current.filterType", Test::Holds("VTAP")),
                ("data.stateChange.previous.filterType", Test::Holds("VTAP")),
            ],
            Requires::MirrorAction => &[("requestObject.spec.action", Test::Holds("Mirror"))],
            Requires::RequestMirror => &[
                ("requestObject.spec.rules", Test::Has("requestMirror")),
                ("requestObject.spec.to", Test::Has("requestMirror")),
            ],
            Requires::OvsMirror => &[("requestObject.spec.config", Test::Holds("ovs-mirror-"))],
            Requires::RouteMirror => &[
                ("requestObject.spec.http", Test::Has("mirror")),
                ("requestObject.spec.http", Test::Has("mirrors")),
            ],
            Requires::EnvoyMirror => &[
                ("requestObject.spec", Test::Has("request_mirror_policies")),
                ("requestObject.spec", Test::Has("requestMirrorPolicies")),
            ],
            Requires::IngressMirror => &[
                ("requestObject.metadata.annotations.nginx.ingress.kubernetes.io/mirror-target", Test::There),
                ("requestObject.metadata.annotations.nginx.ingress.kubernetes.io/mirror-host", Test::There),
            ],
            Requires::ServiceMirror => &[("requestObject.spec.routes", Test::Has("mirror"))],
            Requires::PodMirror => {
                &[("requestObject.metadata.annotations.ovn.kubernetes.io/mirror", Test::There)]
            }
            Requires::Mirroring => &[("requestObject.spec.mirroring", Test::Present)],
        }
    }
}
