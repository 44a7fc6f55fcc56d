//! What Fluent Bit's `filter_wasm` asks of a module; knows its engine's limits, not how a module is read.

use super::{Need, Report, Status, stack};

/// Fluent Bit's `wasm_stack_size` unless a configuration says otherwise, in bytes.
pub const STACK_BYTES_DEFAULT: u64 = 8192;

/// Exports that make its engine cut the module's own stack.
const LINKER_EXPORTS: &[&str] = &["__heap_base", "__data_end"];

/// Why Fluent Bit with its default settings does not take a module, one sentence each.
pub fn problems(report: &Report) -> Vec<String> {
    let mut problems = Vec::new();
    for feature in report.features.iter().filter(|feature| !feature.fluent_bit) {
        problems.push(format!("uses {}, which its engine does not have", feature.name));
    }
    for import in &report.imports {
        problems.push(format!("imports `{import}`, which it does not provide"));
    }
    for &name in stack::CALLED {
        match report.exports.iter().find(|export| export.name == name) {
            None => problems.push(format!("does not export `{name}`")),
            Some(export) if export.status != Status::Documented => {
                problems.push(format!("exports `{name}` as {}", export.ty));
            }
            Some(_) => {}
        }
    }
    for &name in LINKER_EXPORTS {
        if report.exports.iter().any(|export| export.name == name) {
            problems.push(format!("exports `{name}`, which lets its engine cut the module's own stack"));
        }
    }
    for need in &report.stack {
        match &need.need {
            Need::Bounded { bytes, .. } if *bytes <= STACK_BYTES_DEFAULT => {}
            Need::Bounded { bytes, .. } => problems.push(format!(
                "`{}` can need {bytes} bytes of its stack, the default is {STACK_BYTES_DEFAULT}",
                need.export
            )),
            Need::Unbounded { circle } => {
                let circle = match circle.as_slice() {
                    [one, _] => format!("{one} calls itself"),
                    several => format!("{} call each other", several.join(" → ")),
                };
                problems.push(format!("`{}` can need any amount of its stack: {circle}", need.export));
            }
        }
    }
    problems
}
