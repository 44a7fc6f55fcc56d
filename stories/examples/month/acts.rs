//! What happens in a month: 60 attacks of every provider and the devices, and 60 acts that only look like some.

use serde_json::{Value, json};

use crate::records::*;

/// So many attacks a month, and so many decoys.
pub(crate) const STORIES: usize = 60;

/// The policy in force: it approves an automation's targets and filters; its sessions follow from the target.
pub(crate) const POLICY: &str = r#"{"approved":[{"name":"vpc-mirror-automation","ticket":"CHG-1",
 "actors":["arn:aws:sts::*:assumed-role/VpcTrafficMirroring/*"],
 "operations":["CreateTrafficMirrorTarget","CreateTrafficMirrorFilter","CreateTrafficMirrorFilterRule"]}]}"#;

/// What an act is: an attack, which is one story, or a decoy, which is no alert.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    /// Its name in tables.
    pub(crate) name: String,
    /// Cloud or device, or what the decoy looks like.
    pub(crate) group: &'static str,
    /// It copies packets and nobody approved it.
    pub(crate) attack: bool,
}

/// One record, when it happens, and which act it is of.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    /// In milliseconds.
    pub(crate) millis: i64,
    /// The record.
    pub(crate) record: String,
    /// The index of its [`Truth`].
    pub(crate) truth: usize,
}

/// 1 March 2026.
const BEGIN: i64 = 1_772_323_200_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Everything that happens in so many months, in order.
pub(crate) fn acts(months: usize) -> (Vec<Truth>, Vec<Act>) {
    let mut months_told = Teller::default();
    for month in 0..months {
        for number in 0..STORIES {
            months_told.attack(month, number);
        }
        for number in 0..STORIES {
            months_told.decoy(month, number);
        }
    }
    let Teller { truths, mut acts, .. } = months_told;
    acts.sort_by_key(|act| act.millis);
    (truths, acts)
}

#[derive(Default)]
struct Teller {
    truths: Vec<Truth>,
    acts: Vec<Act>,
    at: i64,
    ids: u64,
}

impl Teller {
    fn begin(&mut self, name: String, group: &'static str, attack: bool, at: i64) {
        self.truths.push(Truth { name, group, attack });
        self.at = at;
    }

    /// A record some minutes after the last.
    fn tell(&mut self, minutes: i64, record: impl Fn(i64) -> String) {
        self.at += minutes * MINUTE;
        self.acts.push(Act { millis: self.at, record: record(self.at), truth: self.truths.len() - 1 });
    }

    /// An id that nothing else has.
    fn id(&mut self, kind: &str) -> String {
        self.ids += 1;
        format!("{kind}-0{:016x}", self.ids.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn attack(&mut self, month: usize, number: usize) {
        // Five at a time, so that they interleave; every hour of the day comes up.
        let group = (number / 5) as i64;
        let at = BEGIN
            + month as i64 * 30 * DAY
            + group * 2 * DAY
            + group * 97 * MINUTE
            + (number % 5) as i64 * 3 * MINUTE;
        let name = |what: &str| format!("m{month}-{number:02}-{what}");
        let who = format!("p{month}x{number}");
        let address = format!("203.0.113.{}", number + 1);
        let of = |name: String, account: &str| Actor {
            name,
            address: address.clone(),
            account: account.to_owned(),
        };
        // Accounts are shared by several attacks at once.
        let account = ["111122223333", "222233334444"][number / 10 % 2];
        let arn = |role: &str, session: &str| format!("arn:aws:sts::{account}:assumed-role/{role}/{session}");
        let sub = format!("00000000-1111-4222-8333-{:012}", number / 10 % 2);
        match number % 15 {
            0..6 => {
                let shape = number / 15 * 6 + number % 15;
                self.begin(name(AWS[shape % AWS.len()]), "aws", true, at);
                // One role that several persons share, and one of each attacker.
                let actor = match number % 2 {
                    0 => of(arn("Admin", &format!("{who}@example.com")), account),
                    _ => of(arn(&format!("Role{who}"), "cli"), account),
                };
                self.aws(shape % AWS.len(), &actor, &who);
            }
            shape @ (6 | 7) => {
                self.begin(name("azure"), "azure", true, at);
                // One person in two subscriptions at once is two stories.
                let caller = of(
                    format!("p{month}x{}@example.com", number / 15),
                    &if shape == 6 { sub } else { sub.replace("1111", "2222") },
                );
                self.azure(number / 15 + shape, &caller, &who);
            }
            shape @ (8 | 9) => {
                self.begin(name("gcp"), "gcp", true, at);
                let actor = of(format!("{who}@example.com"), ["demo-net", "demo-web"][number / 15 % 2]);
                self.gcp(number / 15 * 2 + shape, &actor, &who);
            }
            10 => {
                self.begin(name("oci"), "oci", true, at);
                self.oci(&of(who.clone(), "ocid1.tenancy.oc1..t1"), &who);
            }
            11 if number < 30 => {
                self.begin(name("alibaba"), "alibaba", true, at);
                self.alibaba(&of(who.clone(), "1000000000000001"), &who);
            }
            11 if number < 45 => {
                self.begin(name("huawei"), "huawei", true, at);
                let actor = of(who.clone(), "d1");
                let (filter, session) = (self.id("f"), self.id("s"));
                self.tell(0, |at| huawei(&actor, at, "createTrafficMirrorFilter", &filter));
                self.tell(4, |at| huawei(&actor, at, "createTrafficMirrorSession", &session));
                self.tell(20, |at| huawei(&actor, at, "deleteTrafficMirrorSession", &session));
            }
            11 => {
                self.begin(name("kubernetes"), "kubernetes", true, at);
                let actor = of(who.clone(), "");
                self.tell(0, |at| kubernetes(&actor, at, "create", &who));
                self.tell(5, |at| kubernetes(&actor, at, "patch", &who));
            }
            12 | 13 => {
                self.begin(name("nx-os"), "nx-os", true, at);
                // The same session number on two switches at once.
                let actor = of(who.clone(), &format!("n9k{month}x{}", number % 15 + number / 30 * 2));
                for command in [
                    "",
                    " ; source interface Ethernet1/1 both",
                    " ; destination interface Ethernet1/2",
                    " ; no shut",
                ] {
                    self.tell(1, |at| nx_os(&actor, at, &format!("monitor session 1{command}")));
                }
                // Removed, so that the next on this switch can take the number.
                if (number / 15).is_multiple_of(2) {
                    self.tell(200, |at| nx_os(&actor, at, "no monitor session 1"));
                }
            }
            14 if number < 30 => {
                self.begin(name("ios"), "ios", true, at);
                let actor = of(who.clone(), &format!("sw{month}x{number}"));
                self.tell(0, |at| {
                    ios(&actor, at, "monitor session 2 source interface GigabitEthernet1/0/1 both")
                });
                self.tell(1, |at| {
                    ios(&actor, at, "monitor session 2 destination interface GigabitEthernet1/0/24")
                });
                self.tell(90, |at| ios(&actor, at, "no monitor session 2"));
            }
            14 if number < 45 => {
                self.begin(name("junos"), "junos", true, at);
                let actor = of(who.clone(), &format!("mx{month}"));
                let path = "forwarding-options port-mirroring instance PM1 family inet output interface";
                self.tell(0, |at| junos(&actor, at, path, Some("ge-0/0/9.0")));
                self.tell(300, |at| {
                    junos(&actor, at, "forwarding-options port-mirroring instance PM1", None)
                });
            }
            _ => {
                self.begin(name("host"), "host", true, at);
                let actor = of(who.clone(), &format!("web{month}"));
                for verb in ["add", "del"] {
                    self.tell(30, |at| sudo(&actor, at, &format!("/usr/sbin/tc filter {verb} dev eth0 parent ffff: protocol all u32 match u32 0 0 action mirred egress mirror dev eth1")));
                }
            }
        }
    }

    fn aws(&mut self, shape: usize, actor: &Actor, who: &str) {
        let (target, filter, session) = (self.id("tmt"), self.id("tmf"), self.id("tms"));
        let (source, sink) = (self.id("eni"), self.id("eni"));
        let role = |role: &str| Actor {
            name: format!("arn:aws:sts::{}:assumed-role/{role}/{who}@example.com", actor.account),
            ..actor.clone()
        };
        match AWS[shape] {
            "plain" => {
                self.aws_target(actor, &target, &sink);
                self.aws_filter(actor, &filter, "0.0.0.0/0");
                self.aws_session(5, actor, &session, &target, &filter, &source, None);
            }
            "cleaned-up" => {
                self.aws_target(actor, &target, &sink);
                self.aws_filter(actor, &filter, "10.0.0.0/8");
                self.aws_session(5, actor, &session, &target, &filter, &source, None);
                self.aws_delete(20, actor, "Session", &session);
                self.aws_delete(1, actor, "Filter", &filter);
                self.aws_delete(1, actor, "Target", &target);
            }
            "refused-first" => {
                for _ in 0..3 {
                    let request = json!({"CreateTrafficMirrorTargetRequest": {"NetworkInterfaceId": sink}});
                    self.tell(2, |at| {
                        aws_refused(
                            actor,
                            at,
                            "CreateTrafficMirrorTarget",
                            request.clone(),
                            "Client.UnauthorizedOperation",
                        )
                    });
                }
                self.aws_target(actor, &target, &sink);
                self.aws_filter(actor, &filter, "10.0.0.0/8");
                self.aws_session(5, actor, &session, &target, &filter, &source, Some(128));
            }
            "several-roles" => {
                self.aws_target(&role("NetAdmin"), &target, &sink);
                self.at += 3 * HOUR;
                self.aws_filter(&role("SecOps"), &filter, "10.0.0.0/8");
                self.aws_session(10, &role("BuildAgent"), &session, &target, &filter, &source, None);
            }
            "shared-target" => {
                self.aws_target(actor, &target, &sink);
                self.aws_filter(actor, &filter, "10.0.0.0/8");
                for (days, role_name) in [(0, "Admin"), (2, "Admin"), (5, "Helper")] {
                    self.at += days * DAY;
                    let (session, source) = (self.id("tms"), self.id("eni"));
                    let other = Actor {
                        name: format!(
                            "arn:aws:sts::{}:assumed-role/{role_name}/{who}-{days}@example.com",
                            actor.account
                        ),
                        ..actor.clone()
                    };
                    self.aws_session(5, &other, &session, &target, &filter, &source, None);
                }
            }
            "another-account" => {
                let theirs = Actor {
                    name: format!("arn:aws:sts::999900001111:assumed-role/Owner{who}/cli"),
                    address: "198.51.100.66".into(),
                    account: "999900001111".into(),
                };
                self.aws_target(&theirs, &target, &sink);
                let share = json!({
                    "name": "share",
                    "resourceArns": [format!("arn:aws:ec2:eu-west-1:999900001111:traffic-mirror-target/{target}")],
                    "principals": [actor.account],
                });
                self.tell(3, |at| {
                    aws_of(
                        &theirs,
                        at,
                        "ram.amazonaws.com",
                        "CreateResourceShare",
                        share.clone(),
                        Value::Null,
                        None,
                    )
                });
                self.aws_filter(actor, &filter, "10.0.0.0/8");
                self.aws_session(60 * 26, actor, &session, &target, &filter, &source, None);
            }
            "retried" => {
                self.aws_target(actor, &target, &sink);
                self.aws_filter(actor, &filter, "10.0.0.0/8");
                let request = session_request(&target, &filter, &source);
                self.tell(3, |at| {
                    aws_refused(
                        actor,
                        at,
                        "CreateTrafficMirrorSession",
                        request.clone(),
                        "Client.InvalidParameterValue",
                    )
                });
                self.aws_session(1, actor, &session, &target, &filter, &source, None);
                self.aws_delete(2, actor, "Session", &session);
                let again = self.id("tms");
                self.aws_session(3, actor, &again, &target, &filter, &source, None);
            }
            _ => {
                self.aws_target(actor, &target, &sink);
                self.at += 9 * DAY;
                let later = Actor { address: "198.51.100.99".into(), ..actor.clone() };
                self.aws_filter(&later, &filter, "10.0.0.0/8");
                self.aws_session(5, &later, &session, &target, &filter, &source, None);
                self.at += 6 * DAY;
                let modify = json!({"ModifyTrafficMirrorSessionRequest": {"TrafficMirrorSessionId": session, "PacketLength": 9001}});
                self.tell(1, |at| aws(&later, at, "ModifyTrafficMirrorSession", modify.clone(), Value::Null));
                self.aws_delete(60, &later, "Session", &session);
            }
        }
    }

    fn aws_target(&mut self, actor: &Actor, target: &str, sink: &str) {
        let request = json!({"CreateTrafficMirrorTargetRequest": {"NetworkInterfaceId": sink}});
        let response = json!({"CreateTrafficMirrorTargetResponse": {"trafficMirrorTarget": {
            "trafficMirrorTargetId": target, "networkInterfaceId": sink, "ownerId": actor.account}}});
        self.tell(1, |at| aws(actor, at, "CreateTrafficMirrorTarget", request.clone(), response.clone()));
    }

    fn aws_filter(&mut self, actor: &Actor, filter: &str, cidr: &str) {
        let response = json!({"CreateTrafficMirrorFilterResponse": {"trafficMirrorFilter": {"trafficMirrorFilterId": filter}}});
        self.tell(1, |at| aws(actor, at, "CreateTrafficMirrorFilter", json!({}), response.clone()));
        for direction in ["ingress", "egress"] {
            let rule = self.id("tmfr");
            let request = json!({"CreateTrafficMirrorFilterRuleRequest": {
                "TrafficMirrorFilterId": filter, "TrafficDirection": direction, "RuleNumber": 100,
                "RuleAction": "accept", "SourceCidrBlock": cidr, "DestinationCidrBlock": cidr}});
            let response = json!({"CreateTrafficMirrorFilterRuleResponse": {"trafficMirrorFilterRule": {
                "trafficMirrorFilterRuleId": rule, "trafficMirrorFilterId": filter}}});
            self.tell(1, |at| {
                aws(actor, at, "CreateTrafficMirrorFilterRule", request.clone(), response.clone())
            });
        }
    }

    #[allow(clippy::too_many_arguments, reason = "a session names everything")]
    fn aws_session(
        &mut self,
        minutes: i64,
        actor: &Actor,
        session: &str,
        target: &str,
        filter: &str,
        source: &str,
        length: Option<u32>,
    ) {
        let mut request = session_request(target, filter, source);
        if let Some(length) = length {
            request["CreateTrafficMirrorSessionRequest"]["PacketLength"] = length.into();
        }
        let response = json!({"CreateTrafficMirrorSessionResponse": {"trafficMirrorSession": {
            "trafficMirrorSessionId": session, "trafficMirrorTargetId": target, "trafficMirrorFilterId": filter,
            "networkInterfaceId": source, "sessionNumber": 1, "virtualNetworkId": 991, "ownerId": actor.account}}});
        self.tell(minutes, |at| {
            aws(actor, at, "CreateTrafficMirrorSession", request.clone(), response.clone())
        });
    }

    fn aws_delete(&mut self, minutes: i64, actor: &Actor, what: &str, id: &str) {
        let name = format!("DeleteTrafficMirror{what}");
        let mut request = json!({});
        request[format!("{name}Request")] = json!({ format!("TrafficMirror{what}Id"): id });
        self.tell(minutes, |at| aws(actor, at, &name, request.clone(), Value::Null));
    }

    fn azure(&mut self, shape: usize, actor: &Actor, who: &str) {
        let (run, other) = (self.id("run"), self.id("run"));
        if shape.is_multiple_of(4) {
            let capture = format!("networkWatchers/nw1/packetCaptures/{who}");
            self.tell(0, |at| {
                azure(actor, at, &capture, "networkWatchers/packetCaptures/write", "Success", &run, None)
            });
            self.tell(120, |at| {
                azure(
                    actor,
                    at,
                    &capture,
                    "networkWatchers/packetCaptures/stop/action",
                    "Success",
                    &other,
                    None,
                )
            });
            return;
        }
        let tap = format!("virtualNetworkTaps/tap{who}");
        let nic = format!("networkInterfaces/nic{who}/tapConfigurations/cfg");
        let target = format!(
            "/subscriptions/{}/resourceGroups/rg-net/providers/Microsoft.Network/{tap}",
            actor.account
        );
        let body = json!({"properties": {"virtualNetworkTap": {"id": target}}});
        if shape.is_multiple_of(2) {
            self.tell(0, |at| {
                azure(actor, at, &tap, "virtualNetworkTaps/write", "Failure", &format!("refused-{who}"), None)
            });
        }
        for result in ["Start", "Success"] {
            self.tell(1, |at| azure(actor, at, &tap, "virtualNetworkTaps/write", result, &run, None));
        }
        // Long after the window: only the tap's id joins the two.
        for (minutes, result) in [(60 * 30, "Start"), (1, "Success")] {
            self.tell(minutes, |at| {
                azure(
                    actor,
                    at,
                    &nic,
                    "networkInterfaces/tapConfigurations/write",
                    result,
                    &other,
                    Some(body.clone()),
                )
            });
        }
        if shape.is_multiple_of(3) {
            self.tell(30, |at| {
                azure(
                    actor,
                    at,
                    &nic,
                    "networkInterfaces/tapConfigurations/delete",
                    "Success",
                    &format!("gone-{who}"),
                    None,
                )
            });
            self.tell(1, |at| {
                azure(actor, at, &tap, "virtualNetworkTaps/delete", "Success", &format!("gone2-{who}"), None)
            });
        }
    }

    fn gcp(&mut self, shape: usize, actor: &Actor, who: &str) {
        let project = format!("projects/{}", actor.account);
        if shape.is_multiple_of(4) {
            let part = |kind: &str| format!("{project}/locations/global/{kind}/{who}");
            let (groups, endpoints) = (part("mirroringDeploymentGroups"), part("mirroringEndpointGroups"));
            let create = |what: &str| format!("google.cloud.networksecurity.v1.Mirroring.Create{what}");
            self.tell(0, |at| gcp(actor, at, &create("MirroringDeploymentGroup"), &groups, json!({}), None));
            let request = json!({"mirroringDeployment": {
                "forwardingRule": format!("{project}/regions/europe-west1/forwardingRules/{who}"), "mirroringDeploymentGroup": groups}});
            self.tell(3, |at| {
                gcp(
                    actor,
                    at,
                    &create("MirroringDeployment"),
                    &part("mirroringDeployments"),
                    request.clone(),
                    None,
                )
            });
            // Days apart: only the names join them.
            let request = json!({"mirroringEndpointGroup": {"mirroringDeploymentGroup": groups}});
            self.tell(60 * 50, |at| {
                gcp(actor, at, &create("MirroringEndpointGroup"), &endpoints, request.clone(), None)
            });
            let request = json!({"mirroringEndpointGroupAssociation": {
                "mirroringEndpointGroup": endpoints, "network": format!("{project}/global/networks/prod")}});
            self.tell(60 * 5, |at| {
                gcp(
                    actor,
                    at,
                    &create("MirroringEndpointGroupAssociation"),
                    &part("mirroringEndpointGroupAssociations"),
                    request.clone(),
                    None,
                )
            });
            return;
        }
        let name = format!("{project}/regions/europe-west1/packetMirrorings/{who}");
        let request = json!({
            "name": who,
            "network": {"url": format!("{project}/global/networks/prod")},
            "collectorIlb": {"url": format!("{project}/regions/europe-west1/forwardingRules/{who}")},
            "mirroredResources": {"subnetworks": [{"url": format!("{project}/regions/europe-west1/subnetworks/web")}]},
            "filter": {"direction": "BOTH"},
        });
        let run = self.id("operation");
        self.tell(0, |at| {
            gcp(actor, at, "v1.compute.packetMirrorings.insert", &name, request.clone(), Some((&run, false)))
        });
        self.tell(1, |at| {
            gcp(actor, at, "v1.compute.packetMirrorings.insert", &name, Value::Null, Some((&run, true)))
        });
        if shape.is_multiple_of(2) {
            self.tell(60 * 24, |at| {
                gcp(actor, at, "v1.compute.packetMirrorings.delete", &name, Value::Null, None)
            });
        }
    }

    fn oci(&mut self, actor: &Actor, who: &str) {
        let filter = format!("ocid1.capturefilter.oc1.eu-frankfurt-1.{who}");
        let vtap = format!("ocid1.vtap.oc1.eu-frankfurt-1.{who}");
        let payload = json!({
            "id": vtap, "sourceId": format!("ocid1.vnic.oc1.eu-frankfurt-1.{who}"),
            "targetId": format!("ocid1.networkloadbalancer.oc1.eu-frankfurt-1.{who}"), "captureFilterId": filter,
            "encapsulationProtocol": "VXLAN", "vxlanNetworkIdentifier": 7001, "isVtapEnabled": true,
        });
        self.tell(0, |at| {
            oci(actor, at, "CreateCaptureFilter", &filter, "200", json!({"filterType": "VTAP"}))
        });
        self.tell(60 * 4, |at| oci(actor, at, "CreateVtap", &vtap, "200", payload.clone()));
        self.tell(60 * 20, |at| oci(actor, at, "DeleteVtap", &vtap, "404", json!({})));
        self.tell(1, |at| oci(actor, at, "DeleteVtap", &vtap, "200", json!({})));
    }

    fn alibaba(&mut self, actor: &Actor, who: &str) {
        let request = json!({
            "TrafficMirrorSourceIds": [format!("eni-{who}")], "TrafficMirrorTargetId": format!("eni-{who}t"),
            "TrafficMirrorFilterId": format!("tmf-{who}"), "Enabled": true,
        });
        self.tell(0, |at| alibaba(actor, at, "CreateTrafficMirrorSession", request.clone(), "Forbidden.RAM"));
        self.tell(5, |at| alibaba(actor, at, "CreateTrafficMirrorSession", request.clone(), ""));
        let id = json!({"TrafficMirrorSessionId": format!("tms-{who}")});
        self.tell(25, |at| alibaba(actor, at, "AddSourcesToTrafficMirrorSession", id.clone(), ""));
    }

    fn decoy(&mut self, month: usize, number: usize) {
        // Spread over the month and across the attacks.
        let at = BEGIN + month as i64 * 30 * DAY + number as i64 * 11 * HOUR + 7 * MINUTE;
        let account = ["111122223333", "222233334444"][number / 10 % 2];
        let actor = |role: &str, session: &str| Actor {
            name: format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
            address: "198.51.100.200".into(),
            account: account.into(),
        };
        let name = |what: &str| format!("m{month}-decoy{number:02}-{what}");
        let (target, filter, sink) = (self.id("tmt"), self.id("tmf"), self.id("eni"));
        match number % 6 {
            0 | 1 => {
                self.begin(name("reads"), "reads", false, at);
                let posture = actor("PostureTool", "scan");
                for what in ["Sessions", "Targets", "Filters"] {
                    self.tell(1, |at| {
                        aws(&posture, at, &format!("DescribeTrafficMirror{what}"), json!({}), Value::Null)
                    });
                }
            }
            2 => {
                self.begin(name("tags"), "tags", false, at);
                let request = json!({"resourcesSet": {"items": [{"resourceId": target}]}, "tagSet": {"items": [{"key": "team", "value": "net"}]}});
                self.tell(0, |at| {
                    aws(&actor("Tagger", "cron"), at, "CreateTags", request.clone(), Value::Null)
                });
            }
            3 => {
                self.begin(name("approved"), "approved automation", false, at);
                let automation = actor("VpcTrafficMirroring", "lambda");
                self.aws_target(&automation, &target, &sink);
                self.aws_filter(&automation, &filter, "0.0.0.0/0");
                for _ in 0..3 {
                    let (session, source) = (self.id("tms"), self.id("eni"));
                    self.aws_session(30, &automation, &session, &target, &filter, &source, None);
                    self.aws_delete(200, &automation, "Session", &session);
                }
            }
            4 => {
                self.begin(name("half"), "half stories", false, at);
                let curious = actor(&format!("Curious{month}x{number}"), "cli");
                self.aws_target(&curious, &target, &sink);
                self.aws_delete(9, &curious, "Target", &target);
            }
            _ => {
                self.begin(name("refused"), "refused, removals", false, at);
                let denied = actor(&format!("Denied{month}x{number}"), "cli");
                let request = session_request(&target, &filter, &sink);
                for _ in 0..2 {
                    self.tell(3, |at| {
                        aws_refused(
                            &denied,
                            at,
                            "CreateTrafficMirrorSession",
                            request.clone(),
                            "Client.UnauthorizedOperation",
                        )
                    });
                }
                let gone = self.id("tms");
                self.aws_delete(9, &denied, "Session", &gone);
            }
        }
    }
}

const AWS: [&str; 8] = [
    "plain",
    "cleaned-up",
    "refused-first",
    "several-roles",
    "shared-target",
    "another-account",
    "retried",
    "weeks-apart",
];

fn session_request(target: &str, filter: &str, source: &str) -> Value {
    json!({"CreateTrafficMirrorSessionRequest": {"NetworkInterfaceId": source, "TrafficMirrorTargetId": target,
        "TrafficMirrorFilterId": filter, "SessionNumber": 1}})
}
