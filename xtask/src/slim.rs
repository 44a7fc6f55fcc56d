//! Makes the module smaller without changing what it does: knows WebAssembly, nothing about tapsieve.
//!
//! - Runs of zeros in data are left out: memory begins as zeros.
//! - Nothing may format text the standard library's way. The module's panic handler is a trap and reads no message; what
//!   prepares one all the same would be a fifth of the module, and nobody would see where it came from.

use wasm_encoder::{ConstExpr, DataSection, Module, RawSection};
use wasmparser::{DataKind, Name, Operator, Parser, Payload};

/// A zero run shorter than this costs less than the header of one more segment.
const ZEROS_MIN: usize = 12;

/// Part of the names of the functions that format text.
const FORMATTING: &str = "4core3fmt";

/// The slimmed module; function names must still be in it, the result has none.
///
/// # Errors
/// The bytes are not a module, one with features that the guest does not use, or one that formats text.
pub(crate) fn slim(wasm: &[u8]) -> Result<Vec<u8>, String> {
    slim_parsed(wasm).map_err(|error| format!("the built module: {error}"))
}

fn slim_parsed(wasm: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut module = Module::new();
    let mut named = false;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::CustomSection(section) => {
                let wasmparser::KnownCustom::Name(subsections) = section.as_known() else { continue };
                for subsection in subsections {
                    let Name::Function(map) = subsection? else { continue };
                    named = true;
                    for naming in map {
                        let name = naming?.name;
                        if name.contains(FORMATTING) {
                            return Err(format!("it formats text: {name}").into());
                        }
                    }
                }
            }
            Payload::DataSection(segments) => {
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
    if named { Ok(module.finish()) } else { Err("it has no function names".into()) }
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
