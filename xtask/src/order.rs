//! Puts functions and locals into the order that compresses best, without changing what they do: knows WebAssembly,
//! nothing about tapsieve.
//!
//! Functions of one length are alike more often than those of one crate, and `gzip` sees only the last 32 KiB.
//! The locals that are used most have the smallest numbers, so the same few stand everywhere.

use std::cmp::Reverse;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Instruction, Module};
use wasmparser::{
    BinaryReaderError, CodeSectionReader, FunctionBody, FunctionSectionReader, Operator, Parser, Payload,
};

/// The module in that order.
///
/// # Errors
/// The bytes are not a module that imports nothing.
pub(crate) fn order(wasm: &[u8]) -> Result<Vec<u8>, String> {
    ordered(wasm).map_err(|error| format!("the module to be ordered: {error}"))
}

fn ordered(wasm: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut module = Module::new();
    Order::read(wasm)?.parse_core_module(&mut module, Parser::new(0), wasm)?;
    Ok(module.finish())
}

struct Order {
    /// The old places of the functions in their new order.
    functions: Vec<usize>,
    /// The new place of each function.
    places: Vec<u32>,
    /// How many parameters each function has, by its old place.
    params: Vec<usize>,
}

impl Order {
    fn read(wasm: &[u8]) -> Result<Self, Box<dyn std::error::Error>> {
        let (mut types, mut params, mut lens) = (Vec::new(), Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        types.push(ty?.params().len());
                    }
                }
                Payload::ImportSection(section) if section.count() > 0 => {
                    return Err("it imports something".into());
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        params.push(types[ty? as usize]);
                    }
                }
                Payload::CodeSectionEntry(body) => lens.push(body.range().len()),
                _ => {}
            }
        }
        let mut functions: Vec<usize> = (0..lens.len()).collect();
        functions.sort_by_key(|&place| lens[place]);
        let mut places = vec![0; lens.len()];
        for (new, &old) in (0..).zip(&functions) {
            places[old] = new;
        }
        Ok(Order { functions, places, params })
    }
}

impl Reencode for Order {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        Ok(self.places[function as usize])
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for &old in &self.functions {
            functions.function(types[old]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for old in self.functions.clone() {
            let body = &bodies[old];
            let locals = by_use(body, self.params[old])?;
            let mut function = self.new_function_with_parsed_locals(body)?;
            let mut operators = body.get_operators_reader()?;
            while !operators.eof() {
                let local = |old: u32| locals[old as usize];
                function.instruction(&match self.parse_instruction(&mut operators)? {
                    Instruction::LocalGet(at) => Instruction::LocalGet(local(at)),
                    Instruction::LocalSet(at) => Instruction::LocalSet(local(at)),
                    Instruction::LocalTee(at) => Instruction::LocalTee(local(at)),
                    other => other,
                });
            }
            code.function(&function);
        }
        Ok(())
    }
}

/// The new number of each local: those of one declaration by how often they are used, parameters as they are.
fn by_use(body: &FunctionBody<'_>, params: usize) -> Result<Vec<u32>, BinaryReaderError> {
    let groups = body.get_locals_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
    let len = params + groups.iter().map(|(count, _)| *count as usize).sum::<usize>();
    let mut uses = vec![0u32; len];
    for operator in body.get_operators_reader()? {
        if let Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } = operator?
        {
            uses[local_index as usize] += 1;
        }
    }
    let mut old: Vec<usize> = (0..len).collect();
    let mut start = params;
    for (count, _) in groups {
        let end = start + count as usize;
        old[start..end].sort_by_key(|&local| Reverse(uses[local]));
        start = end;
    }
    let mut numbers = vec![0; len];
    for (new, old) in (0..).zip(old) {
        numbers[old] = new;
    }
    Ok(numbers)
}
