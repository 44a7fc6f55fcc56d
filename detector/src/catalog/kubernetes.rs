//! Kubernetes objects that copy traffic, as `group/resource` of an audit event; the verb says what was done.
//! Istio and the Gateway API copy requests, not packets.

use crate::catalog::operations;

const ANTREA: &str = "Antrea's custom resources; an audit event of one was never seen";
const CALICO: &str = "Calico's custom resources; an audit event of one was never seen";
const GATEWAY: &str = "Gateway API, filter RequestMirror; an audit event of one was never seen";
const ISTIO: &str = "Istio's VirtualService, member mirror or mirrors; an audit event of one was never seen";
const OVS: &str =
    "ovs-cni documentation of ovs-mirror-producer and ovs-mirror-consumer; an audit event was never seen";

operations! { Kubernetes,
    "crd.antrea.io/packetcaptures" CreateOrModify PacketCapture High NetworkSniffing Inferred ANTREA;
    "crd.antrea.io/trafficcontrols" CreateOrModify TrafficControl High TrafficDuplication Inferred ANTREA if MirrorAction;
    "crd.projectcalico.org/packetcaptures" CreateOrModify PacketCapture High NetworkSniffing Inferred CALICO;
    "gateway.networking.k8s.io/grpcroutes" CreateOrModify RequestMirror Medium TrafficDuplication Inferred GATEWAY if RequestMirror;
    "gateway.networking.k8s.io/httproutes" CreateOrModify RequestMirror Medium TrafficDuplication Inferred GATEWAY if RequestMirror;
    "k8s.cni.cncf.io/network-attachment-definitions" CreateOrModify NetworkAttachment High TrafficDuplication Inferred OVS if OvsMirror;
    "networking.istio.io/virtualservices" CreateOrModify RequestMirror Medium TrafficDuplication Inferred ISTIO if RouteMirror;
    "projectcalico.org/packetcaptures" CreateOrModify PacketCapture High NetworkSniffing Inferred CALICO;
}
