//! What a hostile record costs: in proportion to its length, and never much more than noise of that length.
//!
//! A shape is a record made of one piece again and again, at whatever length. Counted in the fuel of wasmtime, which is
//! the same on every machine.

use std::cell::RefCell;
use std::sync::OnceLock;

use libtest_mimic::{Failed, Trial};
use tapsieve_host_test::engines::module_bytes;
use tapsieve_host_test::workload::noise;

use crate::absent;
use crate::instructions::Counter;

/// The lengths at which a shape is tried, in bytes, and at twice that.
const BYTES: [usize; 3] = [16 << 10, 128 << 10, 512 << 10];

/// How much more a record of twice the length may cost, in tenths.
const TENFOLD_MAX: u64 = 22;

/// How many times as much as noise of its length a record of 1 MiB may cost.
const TIMES_NOISE_MAX: u64 = 50;

/// Fuel that means nothing: what is bounded by a limit of its own is spent before it is in proportion to the length.
const FREE: u64 = 4_000_000;

/// Where the pieces stand.
#[derive(Clone, Copy)]
enum Place {
    /// They are the record, as it is written.
    Bare,
    /// In the JSON string `message`.
    Message,
    /// In the JSON string `message` of an element of a list.
    Listed,
    /// In a JSON string of the request of a mirror event.
    Request,
}

use Place::{Bare, Listed, Message, Request};

/// Its name, where it stands, and what it is made of: a head, a piece that is repeated, a tail.
type Shape = (&'static str, Place, &'static str, &'static str, &'static str);

const SUDO: &str = "sudo: eve : PWD=/ ; USER=root ; COMMAND=";
const TC: &str = "/sbin/tc filter add dev eth0 ingress matchall action mirred egress mirror dev eth1";

#[rustfmt::skip]
const SHAPES: &[Shape] = &[
    // Device lines.
    ("tags", Message, "", "%A-1-B:", " monitor session 1 "),
    ("tags-with-commands", Message, "", "%A-1-B: monitor session 1 ", ""),
    ("tags-of-configuration", Message, "", "%PARSER-5-CFGLOG_LOGGEDCMD: User:x  logged command:", "monitor session 1 source interface Gi1"),
    ("span-tags", Message, "", "%SPAN-5-SESSION_UP:", ""),
    ("chain-of-sessions", Message, "%ACCT-6-X: ", "monitor session 1;", ""),
    ("chain-with-blanks", Message, "%ACCT-6-X: ", "monitor session 1 ; ", ""),
    ("chain-of-shows", Message, "%ACCT-6-X: ", "show monitor session 1 ; ", "monitor session 1 destination interface Gi1"),
    ("listed-chain", Listed, "%ACCT-6-X: ", "monitor session 1 ; ", ""),
    ("accounting", Message, "", "update:a:b:monitor session 1 destination x(FAILURE)", ""),
    ("accounting-pairs", Message, "x stop ", "service=shell cmd=show ", "cmd=monitor session 1"),
    ("junos-sets", Message, "mgd[1]: UI_CFG_AUDIT_SET: User 'x' set: ", "[forwarding-options port-mirroring] ", ""),
    ("junos-tags", Message, "", "UI_CFG_AUDIT_SET: User 'x' set: [", "forwarding-options port-mirroring"),
    ("junos-commands", Message, "mgd[1]: UI_CMDLINE_READ_LINE: User 'x', command '", "set forwarding-options analyzer a ", "'"),
    ("priorities", Message, "", "<189>", "%SPAN-5-SESSION_UP: x"),
    ("mirror-words", Message, "%A-1-B: ", "mirror ", ""),
    ("monitor-words", Message, "%A-1-B: ", "monitor ", "session 1"),
    ("logged-commands", Message, "%A-1-B: ", "logged command:", "monitor session 1"),
    ("percents", Message, "", "%", "SPAN-5-SESSION_UP: x"),
    ("lines-in-text", Message, "", "%A-1-B: monitor session 1\\n", ""),
    // Commands of hosts.
    ("commands", Message, "sudo: ", "COMMAND=", TC),
    ("whole-commands", Message, "sudo: ", "COMMAND=/sbin/tc filter add dev eth0 matchall action mirred egress mirror dev eth1 ", ""),
    ("whole-lines", Message, "", "sudo: x : PWD=/ ; COMMAND=/sbin/tc filter add dev eth0 matchall action mirred egress mirror dev eth1\\n", ""),
    ("chain-of-commands", Message, SUDO, "tc filter add dev eth0 matchall action mirred egress mirror dev eth1 && ", ""),
    ("prefixes", Message, SUDO, "env ", TC),
    ("namespaces", Message, SUDO, "ip netns exec a ", TC),
    ("shells", Message, SUDO, "bash -c '", TC),
    ("shells-quoted-twice", Message, SUDO, "sh -c \\\"", TC),
    ("quotes", Message, SUDO, "''", TC),
    ("backslashes", Message, SUDO, "\\\\", TC),
    ("arguments", Message, "sudo: x : COMMAND=/sbin/iptables -t mangle ", "-j TEE ", "--gateway 10.0.0.1"),
    ("options", Message, "sudo: x : COMMAND=/sbin/iptables -t mangle ", "-m comment --comment x ", "-j TEE --gateway 10.0.0.1"),
    ("mirreds", Message, "sudo: x : COMMAND=/sbin/tc filter add dev eth0 matchall ", "action mirred egress mirror dev eth1 ", ""),
    ("nft-rules", Message, "sudo: x : COMMAND=/sbin/nft ", "add rule ip a b dup to 10.0.0.1; ", ""),
    ("ovs-commands", Message, "sudo: x : COMMAND=/bin/ovs-vsctl ", "-- --id=@m create Mirror name=m ", ""),
    ("auditd", Message, "", "type=EXECVE msg=audit(1.1:1): argc=2 a0=\\\"tc\\\" ", "a1=\\\"mirred\\\""),
    ("auditd-arguments", Message, "type=EXECVE msg=audit(1.1:1): argc=9 a0=\\\"tc\\\" a1=\\\"mirred\\\" ", "a2=\\\"mirror\\\" ", ""),
    ("auditd-hex", Message, "type=PROCTITLE msg=audit(1.1:1): proctitle=", "6D6972726564", ""),
    ("auditd-titles", Message, "type=PROCTITLE msg=audit(1.1:1): ", "proctitle=7463006D6972726564 ", ""),
    ("substitutions", Message, SUDO, "$(", TC),
    ("words-in-base64", Message, "sudo: eve : PWD=/ ; USER=root ; COMMAND=/bin/sh -c ", "echo dGMgZmlsdGVyIGFkZCBkZXYgZXRoMCBpbmdyZXNzIG1hdGNoYWxsIGFjdGlvbiBtaXJyZWQgZWdyZXNzIG1pcnJvciBkZXYgZXRoMQo= | base64 -d | sh; ", ""),
    ("plain-words-in-base64", Message, "sudo: eve : PWD=/ ; USER=root ; COMMAND=/bin/sh -c echo | base64 -d ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ", ""),
    ("lines-for-tc", Message, "sudo: eve : PWD=/ ; USER=root ; COMMAND=/bin/sh -c tc -b - ", "#012filter add dev a matchall action mirred egress mirror dev b", ""),
    ("scripts-in-base64", Bare, r#"{"CommandLine":"powershell.exe "#, "-e UwBlAHQALQBWAE0ATgBlAHQAdwBvAHIAawBBAGQAYQBwAHQAZQByACAALQBWAE0ATgBhAG0AZQAgAGEAIAAtAFAAbwByAHQATQBpAHIAcgBvAHIAaQBuAGcAIABTAG8AdQByAGMAZQA= ", r#""}"#),
    ("words-of-a-script", Bare, r#"{"CommandLine":"powershell.exe "#, "a ", r#""}"#),
    ("cmdlets", Bare, r#"{"ScriptBlockText":""#, "Start-NetEventSession a ", r#""}"#),
    ("accents", Bare, r#"{"ScriptBlockText":"Set-VMNetworkAdapter -PortMirroring Source "#, "`a", r#""}"#),
    ("audit-fields", Message, "1,2026/03/07 17:44:51,021201112233,AUDIT,", "debug dataplane packet-diag set capture on,", ""),
    ("arguments-in-accounting", Message, "a b c stop task_id=1 service=shell cmd=monitor ", "cmd-arg=session ", "cmd-arg=1"),
    ("semicolons", Message, SUDO, ";", TC),
    ("blanks", Message, SUDO, " ", TC),
    // Wrappers.
    ("texts-in-texts", Message, "", "{\\\"message\\\":\\\"", "CreateTrafficMirrorSession"),
    ("objects-in-text", Message, "", "{\\\"eventName\\\":\\\"CreateTrafficMirrorSession\\\"}", ""),
    ("objects-in-a-row", Bare, "", r#"{"eventName":"CreateTrafficMirrorSession"}"#, ""),
    ("elements", Bare, r#"{"Records":["#, r#"{"eventName":"CreateTrafficMirrorSession"},"#, "{}]}"),
    ("elements-with-messages", Bare, r#"{"Records":["#, r#"{"message":"{\"eventName\":\"CreateTrafficMirrorSession\"}"},"#, "{}]}"),
    ("elements-of-texts", Bare, r#"{"Records":["#, r#""{\"eventName\":\"CreateTrafficMirrorSession\"}","#, r#"""]}"#),
    ("sessions-whole", Bare, r#"{"Records":["#, r#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession","requestParameters":{"CreateTrafficMirrorSessionRequest":{"NetworkInterfaceId":"eni-1","TrafficMirrorTargetId":"tmt-1"}}},"#, "{}]}"),
    ("lists-in-lists", Bare, r#"{"Records":"#, "[", "CreateTrafficMirrorSession"),
    ("objects-in-objects", Bare, "", r#"{"detail":"#, r#""CreateTrafficMirrorSession"}"#),
    ("lists-of-objects", Bare, r#"{"a":"#, "[{\"Records\":", r#""CreateTrafficMirrorSession"}"#),
    ("kubernetes-lists", Bare, r#"{"kind":"EventList","items":["#, r#"{"kind":"Event","verb":"create","requestObject":{"spec":{"action":"Mirror"}}},"#, "{}]}"),
    ("base64", Bare, r#"{"message":{"data":""#, "eyJldmVudE5hbWUiOiJDcmVhdGVUcmFmZmljTWlycm9yU2Vzc2lvbiJ9", r#""}}"#),
    ("base64-records", Bare, r#"{"Records":["#, r#"{"kinesis":{"data":"eyJldmVudE5hbWUiOiJDcmVhdGVUcmFmZmljTWlycm9yU2Vzc2lvbiJ9"}},"#, "{}]}"),
    ("pairs", Bare, r#"{"attributes":["#, r#"{"key":"eventName","value":{"stringValue":"CreateTrafficMirrorSession"}},"#, "{}]}"),
    ("escapes", Message, "", "\\\\u0043", "CreateTrafficMirrorSession"),
    ("byte-order-marks", Message, "", "\u{feff}", "{\\\"eventName\\\":\\\"CreateTrafficMirrorSession\\\"}"),
    ("headers", Message, "", "@cee: ", "{\\\"eventName\\\":\\\"CreateTrafficMirrorSession\\\"}"),
    // Members.
    ("short-keys", Bare, r#"{"eventName":"CreateTrafficMirrorSession""#, r#","a":1"#, "}"),
    ("short-keys-inside", Bare, r#"{"eventName":"CreateTrafficMirrorSession","requestParameters":{"b":1"#, r#","a":1"#, "}}"),
    ("empty-keys", Bare, r#"{"eventName":"CreateTrafficMirrorSession""#, r#","":1"#, "}"),
    ("escaped-keys", Bare, r#"{"eventName":"CreateTrafficMirrorSession""#, r#","\u0061":1"#, "}"),
    ("dotted-keys", Bare, r#"{"eventName":"CreateTrafficMirrorSession""#, r#","a.b.c":1"#, "}"),
    ("dotted-paths", Bare, r#"{"eventName":"CreateTrafficMirrorSession""#, r#","requestParameters.a.b":1"#, "}"),
    ("same-keys", Bare, r#"{"eventSource":"ec2.amazonaws.com""#, r#","eventName":"CreateTrafficMirrorSession""#, "}"),
    ("known-keys", Bare, r#"{"eventName":"CreateTrafficMirrorSession","eventSource":"ec2.amazonaws.com""#, r#","sourceIPAddress":"1.2.3.4","userIdentity":{"arn":"a","accountId":"1"}"#, "}"),
    ("empty-objects", Bare, r#"{"eventName":"CreateTrafficMirrorSession""#, r#","a":{}"#, "}"),
    ("empty-lists", Bare, r#"{"eventName":"CreateTrafficMirrorSession","a":[[]"#, ",[]", "]}"),
    ("white-space", Bare, r#"{"eventName":"CreateTrafficMirrorSession""#, " ", "}"),
    ("deep-keys", Bare, r#"{"eventName":"CreateTrafficMirrorSession","requestParameters":"#, r#"{"a":"#, "1"),
    ("patches", Bare, r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"patch","objectRef":{"resource":"virtualservices"},"requestObject":["#, r#"{"op":"replace","path":"/spec/action","value":"Mirror"},"#, "{}]}"),
    ("mirror-members", Bare, r#"{"eventName":"CreateTrafficMirrorSession""#, r#","mirror":{"schema":1}"#, "}"),
    ("tags-of-sets", Bare, r#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession","requestParameters":{"CreateTrafficMirrorSessionRequest":{"TagSpecification":["#, r#"{"Key":"a","Value":"CreateTrafficMirrorSession"},"#, "{}]}}}"),
    ("anchors", Request, "", "CreateTrafficMirrorSession ", ""),
    ("all-anchors", Message, "", "CreateTrafficMirrorSession packetMirrorings virtualNetworkTaps mirred monitor session COMMAND= ", ""),
    ("near-anchors", Message, "", "TrafficMirro ", ""),
    ("anchors-as-keys", Bare, r#"{"a":1"#, r#","CreateTrafficMirrorSession":1"#, "}"),
    ("request-as-text", Bare, r#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession","requestParameters":""#, r#"{\"a\":"#, r#""}"#),
];

pub(crate) fn trials() -> Vec<Trial> {
    if let Err(reason) = module_bytes() {
        return vec![absent("cost".into(), true, reason)];
    }
    SHAPES.iter().map(|shape| Trial::test(format!("cost/{}", shape.0), || hold(shape))).collect()
}

/// Holds a shape to both bounds.
fn hold(shape: &Shape) -> Result<(), Failed> {
    let mut last = 0;
    for bytes in BYTES {
        let (less, more) = (record(shape, bytes), record(shape, 2 * bytes));
        // The first call of an instance makes its table, and buffers grow.
        fuel_of(&more)?;
        let (once, twice) = (fuel_of(&less)?, fuel_of(&more)?);
        if twice > once / 10 * TENFOLD_MAX + FREE {
            return Err(format!("{} bytes took {once}, {} took {twice}", less.len(), more.len()).into());
        }
        last = twice;
    }
    let ordinary = *noise_of_a_mebibyte()?;
    println!("cost/{}: {}.{} times noise", shape.0, last / ordinary, last * 10 / ordinary % 10);
    match last <= ordinary * TIMES_NOISE_MAX {
        true => Ok(()),
        false => {
            Err(format!("1 MiB took {last}, which is {} times noise's {ordinary}", last / ordinary).into())
        }
    }
}

/// The shapes by name, at so many bytes.
pub(crate) fn records(bytes: usize) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    SHAPES.iter().map(move |shape| (shape.0, record(shape, bytes)))
}

/// A record of at least so many bytes.
fn record(&(_, place, head, piece, tail): &Shape, bytes: usize) -> Vec<u8> {
    let line = [head, &piece.repeat(bytes / piece.len()), tail].concat();
    let record = match place {
        Bare => line,
        Message => format!(r#"{{"message":"{line}"}}"#),
        Listed => format!(r#"{{"Records":[{{"message":"{line}"}}]}}"#),
        Request => format!(
            r#"{{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession","requestParameters":{{"a":"{line}"}}}}"#
        ),
    };
    record.into_bytes()
}

/// The fuel for one record of 1 MiB that is made of ordinary events.
fn noise_of_a_mebibyte() -> Result<&'static u64, Failed> {
    static NOISE: OnceLock<Result<u64, String>> = OnceLock::new();
    let fuel = NOISE.get_or_init(|| {
        let mut record = br#"{"Records":["#.to_vec();
        for event in noise(2_000).records {
            record.extend([&event, &b","[..]].concat());
        }
        record.truncate(1 << 20);
        fuel_of(&record)?;
        fuel_of(&record)
    });
    fuel.as_ref().map_err(|error| error.as_str().into())
}

/// What it takes to process one record, in wasmtime's units of fuel.
fn fuel_of(record: &[u8]) -> Result<u64, String> {
    thread_local!(static COUNTER: RefCell<Option<Counter>> = const { RefCell::new(None) });
    COUNTER.with_borrow_mut(|counter| {
        if counter.is_none() {
            *counter = Some(Counter::new(&module_bytes()?)?);
        }
        let Some(counter) = counter else { return Err("no counter".into()) };
        counter.count(record).map(|(fuel, _)| fuel)
    })
}
