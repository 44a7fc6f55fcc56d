//! Makes the module smaller without changing what it does: knows WebAssembly, nothing about tapsieve.
//!
//! - Runs of zeros in data are left out: memory begins as zeros.
//! - What formats panic messages is cut off. The module's panic handler is a trap and reads no message, but the
//!   standard library, compiled before that was known, prepares one all the same.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::{CodeSection, ConstExpr, DataSection, Function, Module, RawSection};
use wasmparser::{DataKind, Element, ElementItems, ExternalKind, Name, Operator, Parser, Payload};

/// A zero run shorter than this costs less than the header of one more segment.
const ZEROS_MIN: usize = 12;

/// Parts of the names of functions that only serve to format a panic message.
/// The guest formats nothing itself, and the conformance suite runs on the result.
const PANIC_MESSAGES: [&str; 12] = [
    "core3fmt",
    "core9panicking",
    "slice_error_fail",
    "slice_index_fail",
    "escape_debug",
    "7unicode9printable",
    "grapheme_extend",
    "str5count",
    "rust_begin_unwind",
    "5alloc3fmt",
    "handle_error",
    "capacity_overflow",
];

/// The slimmed module; function names must still be in it, the result has none.
///
/// # Errors
/// The bytes are not a module, or one with features that the guest does not use.
pub(crate) fn slim(wasm: &[u8]) -> Result<Vec<u8>, String> {
    slim_parsed(wasm).map_err(|error| format!("the built module: {error}"))
}

fn slim_parsed(wasm: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let kept = kept_functions(wasm)?;
    let mut module = Module::new();
    let mut code = CodeSection::new();
    let mut index = 0u32;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::CustomSection(_) | Payload::CodeSectionStart { .. } => {}
            Payload::CodeSectionEntry(body) => {
                if kept.contains(&index) {
                    code.raw(&wasm[body.range()]);
                } else {
                    let mut trap = Function::new([]);
                    trap.instructions().unreachable().end();
                    code.function(&trap);
                }
                index += 1;
            }
            Payload::DataSection(segments) => {
                // Code stands before data.
                module.section(&code);
                let mut data = DataSection::new();
                for segment in segments {
                    let segment = segment?;
                    let DataKind::Active { memory_index: 0, offset_expr } = segment.kind else {
                        return Err("a data segment is not active".into());
                    };
                    let Some(Operator::I32Const { value }) =
                        offset_expr.get_operators_reader().into_iter().next().transpose()?
                    else {
                        return Err("a data segment's offset is not constant".into());
                    };
                    for (at, bytes) in without_zeros(segment.data) {
                        data.active(
                            0,
                            &ConstExpr::i32_const(value + i32::try_from(at)?),
                            bytes.iter().copied(),
                        );
                    }
                }
                module.section(&data);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    module.section(&RawSection { id, data: &wasm[range] });
                }
            }
        }
    }
    Ok(module.finish())
}

/// The pieces of `data` between long runs of zeros, each with its offset.
fn without_zeros(data: &[u8]) -> Vec<(usize, &[u8])> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(start) = data[at..].iter().position(|&byte| byte != 0).map(|zeros| at + zeros) {
        let mut end = start;
        let mut zeros = 0;
        while let Some(&byte) = data.get(end + zeros) {
            if byte != 0 {
                end += zeros + 1;
                zeros = 0;
            } else {
                zeros += 1;
                if zeros == ZEROS_MIN {
                    break;
                }
            }
        }
        pieces.push((start, &data[start..end]));
        at = end;
    }
    pieces
}

/// The defined functions that the exports and the table reach without passing one that formats a panic message.
fn kept_functions(wasm: &[u8]) -> Result<BTreeSet<u32>, Box<dyn std::error::Error>> {
    let mut calls: Vec<Vec<u32>> = Vec::new();
    let mut names = BTreeMap::new();
    let mut reached: Vec<u32> = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(_) => return Err("it has imports".into()),
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        reached.push(export.index);
                    }
                }
            }
            Payload::ElementSection(elements) => {
                for element in elements {
                    let Element { items: ElementItems::Functions(functions), .. } = element? else {
                        return Err("an element segment is not a list of functions".into());
                    };
                    for function in functions {
                        reached.push(function?);
                    }
                }
            }
            Payload::StartSection { func, .. } => reached.push(func),
            Payload::CodeSectionEntry(body) => {
                let mut called = Vec::new();
                for operator in body.get_operators_reader()? {
                    match operator? {
                        Operator::Call { function_index } | Operator::RefFunc { function_index } => {
                            called.push(function_index);
                        }
                        _ => {}
                    }
                }
                calls.push(called);
            }
            Payload::CustomSection(section) => {
                if let wasmparser::KnownCustom::Name(subsections) = section.as_known() {
                    for subsection in subsections {
                        if let Name::Function(map) = subsection? {
                            for naming in map {
                                let naming = naming?;
                                names.insert(naming.index, naming.name);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    if names.is_empty() {
        return Err("it has no function names".into());
    }
    let cut = |function: &u32| {
        names.get(function).is_some_and(|name| PANIC_MESSAGES.iter().any(|part| name.contains(part)))
    };
    let mut kept = BTreeSet::new();
    while let Some(function) = reached.pop() {
        if !cut(&function) && kept.insert(function) {
            reached.extend(calls.get(function as usize).into_iter().flatten());
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_of_zeros_are_left_out() {
        let zeros = [0; ZEROS_MIN];
        let data = [&zeros, b"ab".as_slice(), &zeros, b"c", &zeros[1..], b"d", &zeros].concat();
        let pieces = without_zeros(&data);
        let last = [b"c".as_slice(), &zeros[1..], b"d"].concat();
        assert_eq!(pieces, [(ZEROS_MIN, b"ab".as_slice()), (2 * ZEROS_MIN + 2, last.as_slice())]);
        assert_eq!(without_zeros(&[0; 100]), []);
    }
}
