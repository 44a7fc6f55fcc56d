//! Linux hosts: commands that copy packets. A row's name is the pattern of the command: `*` stands for any words.

use crate::catalog::operations;

const TC: &str = "tc-mirred manual; a log line of it was never seen";
const TEE: &str = "iptables-extensions manual, target TEE; a log line of it was never seen";
const NFT: &str = "nft manual, statement dup; a log line of it was never seen";
const OVS: &str = "ovs-vsctl manual, table Mirror; a log line of it was never seen";

operations! { Host,
    "ip6tables * --jump TEE --gateway" Create MirroringRule High TrafficDuplication Inferred TEE;
    "ip6tables * -j TEE --gateway" Create MirroringRule High TrafficDuplication Inferred TEE;
    "iptables * --jump TEE --gateway" Create MirroringRule High TrafficDuplication Inferred TEE;
    "iptables * -j TEE --gateway" Create MirroringRule High TrafficDuplication Inferred TEE;
    "nft add rule * dup to" Create MirroringRule High TrafficDuplication Inferred NFT;
    "nft insert rule * dup to" Create MirroringRule High TrafficDuplication Inferred NFT;
    "nft replace rule * dup to" Modify MirroringRule High TrafficDuplication Inferred NFT;
    "ovs-vsctl * clear Bridge * mirrors" Delete SpanSession Medium TrafficDuplication Inferred OVS;
    "ovs-vsctl * create Mirror" Create SpanSession High TrafficDuplication Inferred OVS;
    "ovs-vsctl * destroy Mirror" Delete SpanSession Medium TrafficDuplication Inferred OVS;
    "ovs-vsctl * remove Bridge * mirrors" Delete SpanSession Medium TrafficDuplication Inferred OVS;
    "tc * action mirred * mirror" Create MirroringRule High TrafficDuplication Inferred TC;
}
