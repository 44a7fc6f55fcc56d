//! Policies through the command: what it says about broken ones, and a configured module beside one that is
//! configured at run time. Uses the built module where there is one; without it the tests are skipped, and say so.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod common;

use common::Folder;
use tapsieve_host::{Module, bake};
use toml_edit::{DocumentMut, Item};

const BROKEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/policies/broken.toml");

/// The module that `cargo xtask build` writes; a CI run fails without it.
fn built() -> Option<&'static [u8]> {
    let built = Module::builtin_bytes();
    assert!(built.is_some() || std::env::var_os("CI").is_none(), "no module was built");
    if built.is_none() {
        eprintln!("skipped: this build carries no module");
    }
    built
}

#[test]
fn broken_policies_are_refused_with_their_place_and_reason() {
    if built().is_none() {
        return;
    }
    let folder = Folder::new();
    let mut document: DocumentMut = std::fs::read_to_string(BROKEN).unwrap().parse().unwrap();
    let bless = std::env::var_os("TAPSIEVE_BLESS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    let cases = document.get_mut("case").and_then(Item::as_array_of_tables_mut).unwrap();
    assert!(cases.len() >= 20, "{} cases", cases.len());
    for case in cases.iter_mut() {
        let policy = case["policy"].as_str().unwrap().to_owned();
        folder.write("policy.toml", policy.as_bytes());
        let output = folder.command(&["policy", "check", "policy.toml"]).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        let message = text.lines().next().unwrap_or_default();
        let message = message.strip_prefix("tapsieve: policy.toml:").unwrap_or(message).to_owned();
        if output.status.code() != Some(1) || case["message"].as_str() != Some(&message) {
            wrong.push(format!("{policy}\n  expected {}\n  got      {message}", case["message"]));
        }
        if bless {
            case["message"] = format!("'''{message}'''").parse::<toml_edit::Value>().unwrap().into();
        }
    }
    if bless {
        std::fs::write(BROKEN, document.to_string()).unwrap();
    } else {
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn a_configured_module_has_the_policy_and_the_exports_of_the_module() {
    let Some(wasm) = built() else { return };
    let json = br#"{"keep":"mirror","drop":["read"]}"#;
    let baked = bake::bake(wasm, json).unwrap();
    let mut instance = Module::new(&baked).unwrap().instance();
    assert_eq!(instance.policy().unwrap().as_deref(), Some(std::str::from_utf8(json).unwrap()));
    assert!(matches!(instance.process(b"{}"), Ok(tapsieve_host::Outcome::Dropped)));
    let grown = baked.len() - wasm.len();
    assert!(grown < 4096, "a policy of {} bytes takes {grown} bytes of the module", json.len());
    // What is configured can be configured anew.
    let again = bake::bake(&baked, b"{}").unwrap();
    assert!(matches!(
        Module::new(&again).unwrap().instance().process(b"{}"),
        Ok(tapsieve_host::Outcome::Unchanged)
    ));
}

#[test]
fn a_refused_policy_leaves_no_file() {
    if built().is_none() {
        return;
    }
    let folder = Folder::new();
    folder.write("policy.toml", b"keep = 1\n");
    let output = folder.command(&["configure", "policy.toml", "-o", "out.wasm"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.path("out.wasm").exists());
}

#[test]
fn the_policy_to_begin_with_is_taken_and_explained() {
    if built().is_none() {
        return;
    }
    let folder = Folder::new();
    let new = folder.command(&["policy", "new"]).output().unwrap();
    folder.write("policy.toml", &new.stdout);
    folder.write(
        "events.ndjson",
        br#"{"eventName":"RunInstances"}
{"eventSource":"ec2.amazonaws.com","eventName":"DescribeTrafficMirrorTargets","sourceIPAddress":"config.amazonaws.com","readOnly":true}
"#,
    );
    let output = folder.command(&["policy", "explain", "policy.toml", "events.ndjson"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        "2: enriched: aws DescribeTrafficMirrorTargets read success, informational, by - from config.amazonaws.com: approved by \"AWS Config\"

records              2             165 bytes
unchanged            1              29 bytes
enriched             1             136 bytes
dropped              0               0 bytes
the policy drops 0.0 % of the bytes
"
    );
    let run = folder.command(&["run", "--policy", "policy.toml", "events.ndjson"]).output().unwrap();
    assert!(String::from_utf8(run.stdout).unwrap().contains(r#""approved":{"name":"AWS Config"}"#));
}
