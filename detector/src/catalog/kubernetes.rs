//! Kubernetes objects that copy traffic, as `group/resource` of an audit event; the verb says what was done.
//! Proxies copy requests, not packets.

use crate::catalog::operations;

const ANTREA: &str = "Antrea's custom resources; an audit event of one was never seen";
const CALICO: &str = "Calico's custom resources; an audit event of one was never seen";
const CILIUM: &str = "Cilium's Envoy configurations with Envoy's request_mirror_policies; an audit event of one was never seen";
const GATEWAY: &str = "Gateway API, filter RequestMirror; an audit event of one was never seen";
const INGRESS: &str = "ingress-nginx, annotations mirror-target and mirror-host, in its documentation; an audit event was never seen";
const ISTIO: &str = "Istio's VirtualService, member mirror or mirrors; an audit event of one was never seen";
const ISTIO_ENVOY: &str =
    "Istio's EnvoyFilter with Envoy's request_mirror_policies; an audit event of one was never seen";
const KUMA: &str =
    "Kuma's MeshHTTPRoute, filter RequestMirror, in its documentation; an audit event of one was never seen";
const OVS: &str =
    "ovs-cni documentation of ovs-mirror-producer and ovs-mirror-consumer; an audit event was never seen";

const RETINA: &str = "Retina's Capture, in its documentation; an audit event of one was never seen";
const TRAEFIK: &str =
    "Traefik's TraefikService, member mirroring, in its documentation; an audit event of one was never seen";

const CONTOUR: &str = "Contour's HTTPProxy, member mirror of a service, in its documentation; an audit event of one was never seen";
const KUBE_OVN: &str = "Kube-OVN's annotation of a pod, in its documentation; an event was never seen";

operations! { Kubernetes,
    "/pods" CreateOrModify TrafficControl High TrafficDuplication Inferred KUBE_OVN if PodMirror;
    "cilium.io/ciliumclusterwideenvoyconfigs" CreateOrModify RequestMirror Medium TrafficDuplication Inferred CILIUM if EnvoyMirror;
    "cilium.io/ciliumenvoyconfigs" CreateOrModify RequestMirror Medium TrafficDuplication Inferred CILIUM if EnvoyMirror;
    "crd.antrea.io/packetcaptures" CreateOrModify PacketCapture High NetworkSniffing Inferred ANTREA;
    "crd.antrea.io/trafficcontrols" CreateOrModify TrafficControl High TrafficDuplication Inferred ANTREA if MirrorAction;
    "crd.projectcalico.org/packetcaptures" CreateOrModify PacketCapture High NetworkSniffing Inferred CALICO;
    "extensions/ingresses" CreateOrModify RequestMirror Medium TrafficDuplication Inferred INGRESS if IngressMirror;
    "gateway.networking.k8s.io/grpcroutes" CreateOrModify RequestMirror Medium TrafficDuplication Inferred GATEWAY if RequestMirror;
    "gateway.networking.k8s.io/httproutes" CreateOrModify RequestMirror Medium TrafficDuplication Inferred GATEWAY if RequestMirror;
    "k8s.cni.cncf.io/network-attachment-definitions" CreateOrModify NetworkAttachment High TrafficDuplication Inferred OVS if OvsMirror;
    "kuma.io/meshhttproutes" CreateOrModify RequestMirror Medium TrafficDuplication Inferred KUMA if RequestMirror;
    "networking.istio.io/envoyfilters" CreateOrModify RequestMirror Medium TrafficDuplication Inferred ISTIO_ENVOY if EnvoyMirror;
    "networking.istio.io/virtualservices" CreateOrModify RequestMirror Medium TrafficDuplication Inferred ISTIO if RouteMirror;
    "networking.k8s.io/ingresses" CreateOrModify RequestMirror Medium TrafficDuplication Inferred INGRESS if IngressMirror;
    "projectcalico.org/packetcaptures" CreateOrModify PacketCapture High NetworkSniffing Inferred CALICO;
    "projectcontour.io/httpproxies" CreateOrModify RequestMirror Medium TrafficDuplication Inferred CONTOUR if ServiceMirror;
    "retina.sh/captures" CreateOrModify PacketCapture High NetworkSniffing Inferred RETINA;
    "traefik.containo.us/traefikservices" CreateOrModify RequestMirror Medium TrafficDuplication Inferred TRAEFIK if Mirroring;
    "traefik.io/traefikservices" CreateOrModify RequestMirror Medium TrafficDuplication Inferred TRAEFIK if Mirroring;
}
