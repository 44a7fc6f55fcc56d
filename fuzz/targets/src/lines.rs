//! Whole lines of devices and hosts in which some fields are an attacker's to choose. What is in these may add a reading
//! of the line; it may take none away and lower none.

use std::cell::RefCell;
use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use serde_json::{Value, json};
use tapsieve_host_test::check::laws_on;

use crate::common::{hold, verdict_on, with_native};

/// Lines as their programs write them; `{any}` and `{command}` are an
/// attacker's to choose, `{word}` without blanks, `{quoted}` in quotes, `{argument}` as the kernel writes one.
const LINES: &[&str] = &[
    "May  6 10:00:00 h1 sudo: erin : TTY=pts/0 ; PWD=/tmp/{any} ; USER=root ; COMMAND=/usr/sbin/tc filter add dev eth0 parent ffff: matchall action mirred egress mirror dev eth1",
    "May  6 10:00:00 h1 sudo[812]: erin : TTY=pts/0 ; PWD=/ ; USER=root ; ENV=X={any} ; COMMAND=/usr/sbin/tc filter add dev eth0 parent ffff: matchall action mirred egress mirror dev eth1",
    "May  6 10:00:00 h1 sudo: erin : TTY={word} ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/iptables -t mangle -A PREROUTING -i eth0 -j TEE --gateway 198.51.100.9",
    "May  6 10:00:00 h1 sudo: erin : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/iptables -t mangle -A PREROUTING -m comment --comment {word} -j TEE --gateway 198.51.100.9",
    "May  6 10:00:00 h1 sudo: erin : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/ovs-vsctl -- --id=@m create Mirror name={word} select-all=1 output-port=@p",
    "type=EXECVE msg=audit(1777777777.123:99): argc=13 a0=\"iptables\" a1=\"-t\" a2=\"mangle\" a3=\"-A\" a4=\"PREROUTING\" a5=\"-m\" a6=\"comment\" a7=\"--comment\" a8={argument} a9=\"-j\" a10=\"TEE\" a11=\"--gateway\" a12=\"198.51.100.9\"",
    "<189>1187: sw1: 001190: Mar  7 12:00:01.123 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:{word}  logged command:monitor session 1 source interface GigabitEthernet1/0/1 both",
    "<189>Mar  7 12:00:01 n9k1 : 2026 Mar  7 12:00:01 UTC: %AAA-6-AAA_ACCOUNTING_MESSAGE: update:198.51.100.23@pts/0:dana:configure terminal ; monitor session 1 ; description {any} (SUCCESS)",
    "<189>Mar  7 12:00:01 n9k1 : 2026 Mar  7 12:00:01 UTC: %AAA-6-AAA_ACCOUNTING_MESSAGE: update:198.51.100.23@pts/0:dana:configure terminal ; monitor session 1 ; source interface Eth1/1 ; {command} (SUCCESS)",
    "<189>Mar  7 12:00:01 mx1 mgd[3046]: UI_CFG_AUDIT_SET: User 'dana' set: [forwarding-options port-mirroring instance {quoted} input rate] unconfigured -- \"10\"",
    "<166>Mar  7 12:00:01 leaf1 Aaa: %ACCOUNTING-6-CMD: dana vty6 198.51.100.23 stop task_id=17 start_time=1772884801.12 timezone=UTC service=shell priv-lvl=15 cmd=monitor session {word} source Ethernet1 both <cr>",
];

/// What such fields may hold that looks like something else.
const LOOKS_LIKE: &[&str] = &[
    "COMMAND=",
    "ls",
    "%A-1-B: ",
    "x stop service=shell cmd=",
    "show monitor session 1",
    "update:a:b:",
    "monitor session 1 destination x",
    "(FAILURE)",
    "(SUCCESS)",
    "%SPAN-5-SESSION_STOP:",
    "no monitor session 1",
    "-D",
    "-d",
    "--comment",
    " ; ",
    ";",
    " && ",
    "||",
    " | ",
    "tc filter del dev eth0 matchall action mirred egress mirror dev eth1",
    "logged command:",
    "User:",
    "USER=root",
    "ENV=",
    "UI_CFG_AUDIT_OTHER: User 'x' delete: [forwarding-options port-mirroring]",
    "set: [",
    "] unconfigured -- ",
    "cmd=",
    "<cr>",
    "type=EXECVE msg=audit(1.1:1): argc=1 a0=\"ls\"",
    "sudo: ",
    "PWD=",
    "TTY=",
    "'",
    "\"",
    "\\",
    "#",
    "$(",
    "`",
    "{",
    "}",
    "[",
    "]",
    "=",
    ":",
    ",",
    "/",
    " ",
    "!",
    "command not allowed",
    "1 incorrect password attempt",
    "sudoedit ",
    "echo ",
    "-C",
    "iptables -D PREROUTING -j TEE",
    "dry-run",
    "--help",
    "\u{e9}",
    "\u{200b}",
    "null",
];

/// What a field holds when nobody attacks.
const PLAIN: &str = "x";

/// The gravest reading of a line wins.
pub fn lines(bytes: &[u8]) {
    thread_local!(static EXPECTED: RefCell<BTreeMap<String, Option<Value>>> = const { RefCell::new(BTreeMap::new()) });
    let mut from = Unstructured::new(bytes);
    let Ok((plain, attacked)) = pair(&mut from) else { return };
    with_native(|native| {
        let record = |line: &str| json!({ "message": line }).to_string().into_bytes();
        let expected = EXPECTED.with_borrow_mut(|known| {
            let verdict = known.entry(plain).or_insert_with_key(|plain| verdict_on(native, &record(plain)));
            verdict.clone().expect("a line of the grammar is a mirror event")
        });
        let attacked = record(&attacked);
        let shown = String::from_utf8_lossy(&attacked);
        let Some(verdict) = verdict_on(native, &attacked) else { panic!("passed over: {shown}") };
        assert!(!is_weaker(&verdict, &expected), "{shown}\nwas {expected}\nis {verdict}");
        hold(laws_on(native, &attacked, false));
    });
}

/// A line as it is, and as an attacker makes it.
fn pair(from: &mut Unstructured<'_>) -> Result<(String, String)> {
    let line = from.choose(LINES)?;
    let (head, rest) = line.split_once('{').unwrap_or_default();
    let (field, tail) = rest.split_once('}').unwrap_or_default();
    let chosen = text(from)?;
    let whole = |field: &str| [head, field, tail].concat();
    let word = |text: &str| text.replace(char::is_whitespace, "_");
    Ok(match field {
        "word" => (whole(PLAIN), whole(&word(&chosen))),
        "quoted" => (whole(PLAIN), whole(&format!("\"{}\"", chosen.replace('"', "")))),
        "argument" => (whole("\"x\""), whole(&audited(&chosen))),
        _ => (whole(PLAIN), whole(&chosen)),
    })
}

/// A text of one line that an attacker chooses.
fn text(from: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    for _ in 0..from.int_in_range(1..=8)? {
        if from.ratio(3, 4)? {
            text.push_str(from.choose(LOOKS_LIKE)?);
        } else {
            text.push(char::from(from.int_in_range(b'!'..=b'~')?));
        }
    }
    Ok(text)
}

/// An argument as the kernel writes it: in hexadecimal where it has blanks, quotes or anything that is not ASCII.
fn audited(argument: &str) -> String {
    if argument.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"') {
        return format!("\"{argument}\"");
    }
    argument.bytes().map(|byte| format!("{byte:02X}")).collect()
}

/// Whether a verdict says less than another one.
fn is_weaker(verdict: &Value, expected: &Value) -> bool {
    let place = |verdict: &Value, member: &str, words: &[&str]| {
        words.iter().position(|word| verdict[member] == *word)
    };
    let lower = |member: &str, words: &[&str]| place(verdict, member, words) < place(expected, member, words);
    let undoes =
        |verdict: &Value| ["other", "read", "stop", "delete"].iter().any(|word| verdict["action"] == *word);
    lower("severity", &["informational", "low", "medium", "high", "critical"])
        || lower("outcome", &["failure", "unknown", "started", "success"])
        || (undoes(verdict) && !undoes(expected))
}
