//! Laws of [`Module`] and [`Instance`]: what a module that breaks docs/ABI.md leads to.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod common;

use common::{changed, standin};
use tapsieve_host::{ConfigureError, Instance, Module, Outcome, Trap};
use tapsieve_records::Decider;

fn instance() -> Instance {
    Module::new(&standin()).unwrap().instance()
}

/// A module that is refused, and the message.
fn refused(changes: &[(&str, &str)]) -> String {
    match Module::new(&changed(changes)) {
        Ok(_) => panic!("accepted: {changes:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn records_are_unchanged_enriched_or_dropped() {
    let mut instance = instance();
    assert_eq!(instance.process(b"{\"a\":1}"), Ok(Outcome::Unchanged));
    assert_eq!(instance.verdict(), Ok(None));
    assert_eq!(
        instance.process(b"{\"a\":\"TAP!e\"}"),
        Ok(Outcome::Enriched(b"{\"a\":\"TAP!e\",\"mirror\":{\"schema\":1}}"))
    );
    let verdict = r#"{"provider":"aws","action":"create","outcome":"success","severity":"high"}"#;
    assert_eq!(instance.verdict(), Ok(Some(verdict)));
    assert_eq!(instance.process(b"{\"a\":\"TAP!d\"}"), Ok(Outcome::Dropped));
    assert_eq!(instance.verdict(), Ok(Some(verdict)));
    assert_eq!(instance.process(b""), Ok(Outcome::Unchanged));
}

#[test]
fn a_block_is_scanned_and_its_records_processed_where_they_lie() {
    let mut instance = instance();
    let records = b"{\"a\":1}\n{\"b\":\"TAP!e\"}\n{\"c\":2}\n";
    assert_eq!(instance.scan(records), Ok(14));
    assert_eq!(instance.scan(&records[..8]), Ok(8));
    instance.load(records).unwrap();
    assert_eq!(Decider::scan(&mut instance, records, 0), Ok(14));
    let enriched = Outcome::Enriched(b"{\"b\":\"TAP!e\",\"mirror\":{\"schema\":1}}");
    assert_eq!(Decider::process(&mut instance, records, 8..21), Ok(enriched));
    assert_eq!(Decider::scan(&mut instance, records, 22), Ok(30));
    assert_eq!(Decider::process(&mut instance, records, 22..29), Ok(Outcome::Unchanged));
    assert_eq!(Decider::process(&mut instance, records, 22..usize::MAX), Ok(Outcome::Unchanged));
}

#[test]
fn records_of_many_sizes_fit_the_one_input_buffer() {
    let mut instance = instance();
    for len in [1, 70_000, 10, 300_000, 3 << 20, 16 << 20, 5] {
        let mut record = vec![b'x'; len];
        record.extend_from_slice(b"TAP!e}");
        match instance.process(&record) {
            Ok(Outcome::Enriched(out)) => {
                assert_eq!(out.len(), record.len() + 22);
                assert!(out.starts_with(&record[..record.len() - 1]));
            }
            other => panic!("{len}: {other:?}"),
        }
    }
}

#[test]
fn each_failure_is_named_and_the_next_record_meets_a_fresh_instance() {
    let mut instance = instance();
    instance.set_call_seconds(1);
    instance.configure(br#"{"keep":"mirror"}"#).unwrap();
    for (wish, message) in [
        ("t", "`process` trapped: wasm `unreachable` instruction executed"),
        ("m", "`process` trapped: wasm `unreachable` instruction executed"),
        ("l", "`process` did not return, the limit is 1 s"),
        ("w", "`process` returned 1 bytes at the address of a record of 13 bytes"),
    ] {
        let record = format!("{{\"a\":\"TAP!{wish}\"}}");
        assert_eq!(instance.process(record.as_bytes()).unwrap_err().to_string(), message);
        // The policy is in force again.
        assert_eq!(instance.process(b"{\"a\":1}"), Ok(Outcome::Dropped));
    }
    let outside = instance.process(b"{\"a\":\"TAP!b\"}").unwrap_err().to_string();
    assert!(
        outside.starts_with("`process` returned a slice that ends at 4294967344, memory ends at "),
        "{outside}"
    );
    for (wish, message) in [
        ("S", "`scan` trapped: wasm `unreachable` instruction executed"),
        ("L", "`scan` did not return, the limit is 1 s"),
        ("O", "`scan` returned offset 14 in a block of 13 bytes"),
    ] {
        let record = format!("{{\"a\":\"TAP!{wish}\"}}");
        assert_eq!(instance.scan(record.as_bytes()).unwrap_err().to_string(), message);
        assert_eq!(instance.scan(b"{\"a\":1}"), Ok(7));
    }
}

#[test]
fn a_block_is_gone_with_its_instance() {
    let mut instance = instance();
    let block = b"{\"a\":\"TAP!t\"}{}";
    instance.load(block).unwrap();
    assert!(matches!(Decider::process(&mut instance, block, 0..13), Err(Trap::Trapped { .. })));
    assert!(matches!(Decider::process(&mut instance, block, 13..15), Err(Trap::NotStarted(_))));
    assert!(matches!(Decider::scan(&mut instance, block, 0), Err(Trap::NotStarted(_))));
    assert_eq!(instance.process(b"{}"), Ok(Outcome::Unchanged));
}

#[test]
fn a_refused_policy_leaves_the_old_one_in_force() {
    let mut instance = instance();
    assert_eq!(instance.policy(), Ok(None));
    let refused = ConfigureError::Refused("unknown member `colour`".into());
    assert_eq!(instance.configure(b"{\"colour\":1}"), Err(refused.clone()));
    assert_eq!(instance.policy(), Ok(None));
    assert_eq!(instance.configure(br#"{"keep":"mirror"}"#), Ok(()));
    assert_eq!(instance.configure(b"{\"colour\":1}"), Err(refused));
    assert_eq!(instance.policy(), Ok(Some(r#"{"keep":"mirror"}"#.into())));
    assert_eq!(instance.process(b"{}"), Ok(Outcome::Dropped));
}

#[test]
fn a_module_without_memory_for_a_record_says_how_much_was_asked_for() {
    let wasm = changed(&[("(memory (export \"memory\") 1)", "(memory (export \"memory\") 1 4)")]);
    let mut instance = Module::new(&wasm).unwrap().instance();
    assert_eq!(instance.process(&[b'x'; 1 << 20]), Err(Trap::NoMemory { bytes: 1 << 20 }));
    assert_eq!(instance.process(b"{}"), Ok(Outcome::Unchanged));
}

#[test]
fn memory_has_a_limit() {
    let mut instance = instance();
    assert_eq!(instance.process(&vec![b'x'; 513 << 20]), Err(Trap::NoMemory { bytes: 1 << 30 }));
}

#[test]
fn tables_and_the_number_of_memories_have_a_limit() {
    for (grow, limit) in [
        ("(module (table $t 1 funcref)", "(drop (table.grow $t (ref.null func) (i32.const 100000000)))"),
        ("(module", "(drop (memory.grow (i32.const 60000)))"),
    ] {
        let process = "(func (export \"process\") (param $address i32) (param $len i32) (result i64)";
        let start = "(local $at i32) (local $wish i32) (local $out i32)";
        let wasm = changed(&[("(module\n", &format!("{grow}\n")), (start, &format!("{start} {limit}"))]);
        assert!(common::STANDIN.contains(process));
        let mut instance = Module::new(&wasm).unwrap().instance();
        assert_eq!(instance.process(b"{}"), Ok(Outcome::Unchanged), "growing fails, and that is all");
    }
    let table = [("(module\n", "(module (table 20000 funcref)\n")];
    assert!(refused(&table).starts_with("module cannot be started: "), "{}", refused(&table));
    let memory = "(memory (export \"memory\") 1)";
    let two = format!("{memory} (memory $other 1)");
    assert!(
        refused(&[(memory, &two)]).starts_with("module cannot be started: "),
        "{}",
        refused(&[(memory, &two)])
    );
}

#[test]
fn messages_of_a_module_hold_no_control_characters() {
    let escape = changed(&[("unknown member `colour`", "unknown \\1b[31mx `colour`")]);
    let refused = Module::new(&escape).unwrap().instance().configure(b"{\"colour\":1}").unwrap_err();
    assert_eq!(refused, ConfigureError::Refused("unknown \u{fffd}[31mx `colour`".into()));
}

#[test]
fn a_module_that_breaks_the_interface_is_refused_by_name() {
    let version = r#"(func (export "abi_version") (result i32) (i32.const 1))"#;
    for (changes, message) in [
        (
            &[(version, r#"(func (export "abi_version") (result i32) (i32.const 2))"#)][..],
            "module speaks ABI version 2, this tapsieve speaks 1",
        ),
        (&[(version, "")], "module does not export `abi_version`"),
        (&[("(export \"verdict\")", "(export \"verdikt\")")], "module does not export `verdict`"),
        (&[("(memory (export \"memory\")", "(memory")], "module does not export `memory`"),
        (
            &[(
                "(memory (export \"memory\") 1)",
                "(memory 1) (global (export \"memory\") i32 (i32.const 0))",
            )],
            "module exports `memory` as a global, the interface wants a 32-bit memory of one thread",
        ),
        (
            &[(
                "(func (export \"fluent_bit_process\") (param i32 i32 i32 i32 i32 i32) (result i32)",
                "(func (export \"fluent_bit_process\") (param i32 i32 i32 i32 i64) (result i64)",
            )],
            "module exports `fluent_bit_process` as (i32, i32, i32, i32, i64) -> i64, \
             the interface wants (i32, i32, i32, i32, i32, i32) -> i32",
        ),
        (
            &[(version, r#"(global (export "abi_version") i32 (i32.const 1))"#)],
            "module exports `abi_version` as a global, the interface wants () -> i32",
        ),
        (
            &[("(module\n", "(module (import \"env\" \"log\" (func))\n")],
            "module imports `env.log`, a tapsieve module imports nothing",
        ),
        (
            &[(version, r#"(func (export "abi_version") (result i32) unreachable)"#)],
            "module cannot be started: wasm `unreachable` instruction executed",
        ),
    ] {
        let changes: Vec<_> = changes.to_vec();
        // The index of the parameter that changes its place with the type.
        let changes: Vec<(&str, &str)> = changes;
        assert_eq!(refused(&changes), message);
    }
}

#[test]
fn bytes_that_are_no_module_are_refused_in_one_line() {
    for bytes in [&b""[..], b"\0asm", b"(module)", b"{\"a\":1}\n"] {
        let message = match Module::new(bytes) {
            Ok(_) => panic!("accepted"),
            Err(error) => error.to_string(),
        };
        assert!(message.starts_with("not a WebAssembly module that can run here: "), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn what_this_build_carries_is_a_module_or_is_said_to_be_none() {
    match Module::builtin() {
        Ok(module) => {
            let record = b"{\"eventName\":\"DescribeInstances\"}";
            assert_eq!(module.instance().process(record), Ok(Outcome::Unchanged));
        }
        Err(error) => assert_eq!(
            error.to_string(),
            "this build carries no module; pass --module FILE or build with \"cargo xtask build\""
        ),
    }
}
