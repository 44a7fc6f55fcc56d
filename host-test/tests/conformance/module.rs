//! The built module against docs/ABI.md: no imports, exactly the documented exports, the size limit, and the answers to
//! calls that no record makes.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use libtest_mimic::{Failed, Trial};
use tapsieve_host::Module;
use tapsieve_host::inspect::Need;
use tapsieve_host_test::engines::{Engine, Wasmi, WasmiFluentBit, module_bytes, wasmi_module};
use tapsieve_host_test::root;

use crate::absent;

/// What `cargo xtask build` holds it to.
const GZIP_BYTES_MAX: usize = 117 * 1024;
const MODULE_BYTES_MAX: usize = 272 * 1024;

pub(crate) fn trials() -> Vec<Trial> {
    if let Err(reason) = module_bytes() {
        return vec![absent("module".into(), true, reason)];
    }
    let trial = |name: &str, test: fn() -> Result<(), Failed>| Trial::test(format!("module/{name}"), test);
    vec![
        trial("has-no-imports", has_no_imports),
        trial("exports-are-those-of-the-page", exports_are_those_of_the_page),
        trial("fits-its-budgets", fits_its_budgets),
        trial("inspect-finds-nothing-that-fluent-bit-minds", fluent_bit_takes_it),
        trial("a-record-that-was-not-copied-is-said", a_record_that_was_not_copied_is_said),
        trial("a-bad-policy-is-refused-and-changes-nothing", a_bad_policy_is_refused),
        trial("memory-is-bounded-by-the-largest-record", memory_is_bounded),
    ]
}

fn has_no_imports() -> Result<(), Failed> {
    let names: Vec<_> = wasmi_module()?.imports().map(|import| format!("{:?}", import.name())).collect();
    if names.is_empty() { Ok(()) } else { Err(format!("imports {names:?}").into()) }
}

fn exports_are_those_of_the_page() -> Result<(), Failed> {
    let page = fs::read_to_string(root().join("docs/ABI.md"))?;
    let documented: BTreeMap<String, String> = page
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
            let name = cells.next()?.trim_end_matches('`');
            Some((name.to_owned(), cells.next()?.trim_matches('`').to_owned()))
        })
        .collect();
    let exported: BTreeMap<String, String> =
        wasmi_module()?.exports().map(|export| (export.name().to_owned(), type_text(export.ty()))).collect();
    if documented == exported {
        Ok(())
    } else {
        Err(format!("docs/ABI.md says {documented:#?}\nthe module has {exported:#?}").into())
    }
}

fn type_text(ty: &wasmi::ExternType) -> String {
    let names = |types: &[wasmi::ValType]| {
        types.iter().map(|ty| format!("{ty:?}").to_lowercase()).collect::<Vec<_>>().join(", ")
    };
    match ty {
        wasmi::ExternType::Func(ty) => {
            let results = names(ty.results());
            let results = if results.is_empty() { "()".to_owned() } else { results };
            format!("({}) -> {results}", names(ty.params()))
        }
        wasmi::ExternType::Memory(_) => "memory".into(),
        wasmi::ExternType::Global(_) => "global".into(),
        wasmi::ExternType::Table(_) => "table".into(),
    }
}

fn fits_its_budgets() -> Result<(), Failed> {
    let module = module_bytes()?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&module)?;
    let gzipped = encoder.finish()?.len();
    for (what, len, max) in
        [("as it lies", module.len(), MODULE_BYTES_MAX), ("as gzip -9", gzipped, GZIP_BYTES_MAX)]
    {
        println!("{what}: {len} of {max} bytes");
        if len > max {
            return Err(format!("the module is {len} bytes {what}, the limit is {max}").into());
        }
    }
    Ok(())
}

/// The features, exports and stack that Fluent Bit's engine asks for, by what `tapsieve inspect` reads from the file.
fn fluent_bit_takes_it() -> Result<(), Failed> {
    let report = tapsieve_host::inspect::inspect(&module_bytes()?, Module::new)?;
    let bounded = report.stack.iter().filter(|need| matches!(need.need, Need::Bounded { .. })).count();
    match (report.fluent_bit_problems.is_empty(), bounded) {
        (true, 3) => Ok(()),
        (true, _) => Err(format!("not three bounds: {:?}", report.stack).into()),
        (false, _) => Err(report.fluent_bit_problems.join("\n").into()),
    }
}

fn a_record_that_was_not_copied_is_said() -> Result<(), Failed> {
    let answer = WasmiFluentBit::new()?.process_uncopied(9000)?;
    let expected = r#"{"tapsieve_error":"record of 9000 bytes could not be copied into the module"}"#;
    let answer = String::from_utf8_lossy(&answer);
    if answer == expected { Ok(()) } else { Err(format!("got {answer}").into()) }
}

fn a_bad_policy_is_refused() -> Result<(), Failed> {
    let mut engine = Wasmi::new()?;
    engine.configure("{}")?;
    for (policy, named) in
        [(r#"{"keeep":"all"}"#, "keeep"), (r#"{"approoved":[]}"#, "approoved"), ("{", ""), ("[]", "")]
    {
        match engine.configure(policy) {
            Ok(()) => return Err(format!("{policy} was accepted").into()),
            Err(message) if message.contains(named) && !message.is_empty() => {}
            Err(message) => {
                return Err(format!("{policy}: the message does not name `{named}`: {message}").into());
            }
        }
        match engine.policy()? {
            Some(policy) if policy == b"{}" => {}
            other => return Err(format!("{policy}: the policy in force is now {other:?}").into()),
        }
    }
    Ok(())
}

/// After three thousand records the memory is what it was after the first round of them.
fn memory_is_bounded() -> Result<(), Failed> {
    let mut engine = Wasmi::new()?;
    let pad = "x".repeat(100_000);
    let records = [
        format!(
            r#"{{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession","pad":"{pad}"}}"#
        ),
        r#"{"eventName":"RunInstances"}"#.to_owned(),
        r#"{"eventSource":"ec2.amazonaws.com","eventName":"DeleteTrafficMirrorTarget"}"#.to_owned(),
    ];
    let mut round = |rounds: usize| -> Result<usize, String> {
        for _ in 0..rounds {
            for record in &records {
                engine.process(record.as_bytes())?;
            }
        }
        Ok(engine.memory_bytes())
    };
    let first = round(3)?;
    let last = round(1000)?;
    if first == last { Ok(()) } else { Err(format!("{first} bytes grew to {last}").into()) }
}
