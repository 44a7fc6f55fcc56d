//! What `tapsieve inspect` says of modules that keep to the interface and of those that do not.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod common;

use common::{Ended, Folder, changed, standin};
use tapsieve_host::Module;
use tapsieve_host::inspect::{self, Need, Report, Status};

fn report(changes: &[(&str, &str)]) -> Report {
    inspect::inspect(&changed(changes), Module::new).unwrap()
}

/// Adds functions to the stand-in.
fn with(functions: &str) -> Report {
    report(&[(
        "\n  (func (export \"abi_version\")",
        &format!("\n{functions}\n  (func (export \"abi_version\")"),
    )])
}

const FLUENT_BIT: &str = "(result i32) (local.get 4))";

#[test]
fn a_module_that_keeps_to_the_interface_is_taken() {
    let report = inspect::inspect(&standin(), Module::new).unwrap();
    assert_eq!(report.refused, None);
    assert_eq!(report.fluent_bit_problems, [""; 0]);
    assert_eq!(report.abi_version, Some(1));
    assert_eq!(report.imports, [""; 0]);
    assert_eq!(report.missing, [""; 0]);
    assert!(report.exports.iter().all(|export| export.status == Status::Documented));
    assert_eq!(report.memory.map(|memory| (memory.initial_pages, memory.pages_max)), Some((1, None)));
    assert_eq!(report.policy, None);
    assert_eq!(report.features.iter().map(|f| f.name).collect::<Vec<_>>(), ["bulk memory"]);
    assert_eq!(report.bytes, standin().len() as u64);
    let sections: Vec<_> = report.sections.iter().map(|section| section.name.as_str()).collect();
    let expected =
        ["types", "functions", "memories", "globals", "exports", "code", "data", "custom \"name\""];
    assert_eq!(sections, expected);
}

#[test]
fn exports_are_compared_with_the_interface() {
    let report = report(&[("(export \"policy\")", "(export \"politics\")"), ("(export \"free\")", "")]);
    assert_eq!(report.missing, ["free", "policy"]);
    let unknown: Vec<_> = report.exports.iter().filter(|export| export.status == Status::Unknown).collect();
    assert_eq!(unknown.len(), 1);
    assert_eq!((unknown[0].name.as_str(), unknown[0].ty.as_str()), ("politics", "() -> i64"));
    assert_eq!(report.refused.as_deref(), Some("module does not export `free`"));
    assert_eq!(report.fluent_bit_problems, ["does not export `free`"]);
}

#[test]
fn a_policy_inside_is_shown() {
    let keep = "(global $keep (mut i32) (i32.const 0))";
    let report = report(&[(keep, "(global $keep (mut i32) (i32.const 1))")]);
    assert_eq!(report.policy.as_deref(), Some(r#"{"keep":"mirror"}"#));
}

#[test]
fn what_the_engine_in_fluent_bit_lacks_is_named() {
    for (functions, problem) in [
        ("(func (drop (v128.const i32x4 0 0 0 0)))", "uses SIMD, which its engine does not have"),
        ("(func $t return_call $t)", "uses tail calls, which its engine does not have"),
        (
            "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
            "uses extended constants, which its engine does not have",
        ),
        ("(tag) (func throw 0)", "uses exceptions, which its engine does not have"),
        ("(memory i64 1)", "uses 64-bit memory, which its engine does not have"),
        ("(memory 1 1 shared)", "uses threads, which its engine does not have"),
    ] {
        let report = with(functions);
        assert!(report.fluent_bit_problems.iter().any(|p| p == problem), "{:?}", report.fluent_bit_problems);
    }
    for (functions, feature) in [
        ("(func (result i32 i32) i32.const 1 i32.const 2)", "multi-value"),
        ("(func (drop (i32.extend8_s (i32.const 1))))", "sign extension"),
        ("(func (drop (i32.trunc_sat_f32_s (f32.const 1))))", "saturating float to int"),
        ("(table 1 externref)", "reference types"),
        ("(global (export \"g\") (mut i32) (i32.const 0))", "mutable globals"),
    ] {
        let report = with(functions);
        assert!(report.features.iter().any(|f| f.name == feature && f.fluent_bit), "{:?}", report.features);
        assert_eq!(report.fluent_bit_problems, [""; 0]);
    }
}

#[test]
fn exports_and_imports_that_hurt_in_fluent_bit_are_named() {
    let report = report(&[
        ("(module\n", "(module (import \"env\" \"log\" (func))\n"),
        (
            "(memory (export \"memory\") 1)",
            "(memory (export \"memory\") 1) (global (export \"__heap_base\") i32 (i32.const 0))",
        ),
        (
            "(export \"malloc\") (param $len i32) (result i32)",
            "(export \"malloc\") (param $len i32) (param i64) (result i32)",
        ),
    ]);
    assert_eq!(
        report.fluent_bit_problems,
        [
            "imports `env.log`, which it does not provide",
            "exports `malloc` as (i32, i64) -> i32",
            "exports `__heap_base`, which lets its engine cut the module's own stack",
        ]
    );
}

/// The need of `fluent_bit_process` when its body is `body` and these functions are there.
fn stack(functions: &str, body: &str) -> Need {
    let report = report(&[
        (FLUENT_BIT, &format!("(result i32) {body} (local.get 4))")),
        ("\n  (func (export \"abi_version\")", &format!("\n{functions}\n  (func (export \"abi_version\")")),
    ]);
    report.stack.iter().find(|need| need.export == "fluent_bit_process").unwrap().need.clone()
}

fn bounded(bytes: u64, chain: &[&str]) -> Need {
    Need::Bounded { bytes, chain: chain.iter().map(|name| name.to_string()).collect() }
}

#[test]
fn stack_needs_follow_the_call_graph() {
    // The host's frame, and a frame of six parameters and one operand, which counts double as the last one.
    let own = 40 + 4 * 7;
    assert_eq!(stack("", ""), bounded(48 + 2 * own, &["fluent_bit_process"]));
    // Two locals of two cells, two different constants (one of two cells), three operands (one of two cells).
    let leaf = "(func $leaf (param i64) (local i64 f64)
        (drop (i32.add (i32.const 1) (i32.add (i32.const 1) (i32.wrap_i64 (i64.const 2))))))";
    let frame = 40 + 4 * (2 + 4 + 3 + 4);
    // The argument is one more cell, and a constant of two.
    let call = "(call $leaf (i64.const 3))";
    let chain = ["fluent_bit_process", "leaf"];
    assert_eq!(stack(leaf, call), bounded(48 + (own + 4 * 3) + 2 * frame, &chain));
    // The deeper of two, and no matter how often.
    let two = format!("{leaf} (func $small) (func $middle (call $leaf (i64.const 3)) (call $small))");
    let middle = 40 + 4 * 4;
    let chain = ["fluent_bit_process", "middle", "leaf"];
    let need = bounded(48 + own + middle + 2 * frame, &chain);
    assert_eq!(stack(&two, "(call $small) (call $middle) (call $middle)"), need);
}

#[test]
fn a_call_through_a_table_reaches_every_function_of_its_type() {
    let functions = "(table 2 funcref) (elem (i32.const 0) $near $far $other)
        (func $near (param i32)) (func $far (param i32) (local i64 i64 i64)) (func $other (local i64 i64 i64 i64))
        (func $absent (param i32) (local i64 i64 i64 i64 i64))";
    let call = "(call_indirect (param i32) (i32.const 1) (i32.const 0))";
    match stack(functions, call) {
        Need::Bounded { chain, .. } => assert_eq!(chain, ["fluent_bit_process", "far"]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn circles_have_no_bound() {
    let circle = "(func $a (call $b)) (func $b (call $c)) (func $c (call $b))";
    assert_eq!(
        stack(circle, "(call $a)"),
        Need::Unbounded { circle: ["b", "c", "b"].map(String::from).to_vec() }
    );
    assert_eq!(stack(circle, ""), bounded(48 + 2 * 68, &["fluent_bit_process"]), "out of reach");
}

#[test]
fn a_chain_as_long_as_the_module_is_no_trouble() {
    let mut functions: String = (0..5000).map(|n| format!("(func $f{n} (call $f{}))", n + 1)).collect();
    functions += "(func $f5000)";
    let report = report(&[
        (FLUENT_BIT, "(result i32) (call $f0) (local.get 4))"),
        ("\n  (func (export \"abi_version\")", &format!("\n{functions}\n  (func (export \"abi_version\")")),
    ]);
    assert_eq!(
        report.fluent_bit_problems,
        [format!(
            "`fluent_bit_process` can need {} bytes of its stack, the default is 8192",
            48 + 68 + 5000 * 40 + 80
        )]
    );
}

#[test]
fn the_command_prints_and_its_exit_code_tells() {
    let folder = Folder::new();
    let taken = folder.tapsieve(&["inspect", "m.wasm"]);
    assert_eq!((taken.code, taken.stderr.as_str()), (Some(0), ""));
    for line in [
        "ABI version  1\n",
        "imports      none\n",
        "  process            (i32, i32) -> i64\n",
        "memory       1 pages of 64 KiB, no limit\n",
        "features     bulk memory\n",
        "policy       none\n",
        "  malloc                260  malloc → reserve\n",
        "tapsieve     takes it\nFluent Bit   takes it\n",
    ] {
        assert!(taken.stdout.contains(line), "{line} is not in\n{}", taken.stdout);
    }
    folder.write("bad.wasm", &changed(&[("(export \"malloc\")", "(export \"alloc\")")]));
    let refused = folder.tapsieve(&["inspect", "bad.wasm"]);
    assert_eq!(refused.code, Some(1));
    for line in [
        "  alloc              (i32) -> i32  not in the interface\n",
        "  malloc             missing\n",
        "tapsieve     module does not export `malloc`\n",
        "Fluent Bit   does not take it\n  it does not export `malloc`\n",
    ] {
        assert!(refused.stdout.contains(line), "{line} is not in\n{}", refused.stdout);
    }
    folder.write("no.wasm", b"\0asm");
    let ended = folder.tapsieve(&["inspect", "no.wasm"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert!(ended.stderr.starts_with("tapsieve: no.wasm: not a valid WebAssembly module: "));
    assert_eq!(
        folder.tapsieve(&["inspect", "none.wasm"]),
        Ended::with(1, "", "none.wasm: no such file or directory")
    );
}

#[test]
fn json_says_the_same() {
    let folder = Folder::new();
    let ended = folder.tapsieve(&["inspect", "--json", "m.wasm"]);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["abi_version"], 1);
    assert_eq!(json["stack"][1]["export"], "malloc");
    assert_eq!(json["stack"][1]["bounded"]["bytes"], 260);
    assert_eq!(json["exports"][1]["name"], "abi_version");
    assert_eq!(json["exports"][1]["status"], "documented");
    assert_eq!(json["fluent_bit_problems"], serde_json::json!([]));
}

#[test]
fn a_function_that_calls_itself_is_named_readably() {
    let recursive =
        "(func $_ZN4core3str4next17h0123456789abcdefE (call $_ZN4core3str4next17h0123456789abcdefE))";
    let body = "(result i32) (call $_ZN4core3str4next17h0123456789abcdefE) (local.get 4))";
    let report = report(&[
        (FLUENT_BIT, body),
        ("\n  (func (export \"abi_version\")", &format!("\n{recursive}\n  (func (export \"abi_version\")")),
    ]);
    assert_eq!(
        report.fluent_bit_problems,
        ["`fluent_bit_process` can need any amount of its stack: core::str::next calls itself"]
    );
}
