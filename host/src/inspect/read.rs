//! Reads a module once; knows the binary format through wasmparser, not what its parts are for.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{
    CompositeInnerType, ElementItems, ExternalKind, FuncType, FuncValidatorAllocations, KnownCustom, Name,
    Operator, Parser, Payload, TypeRef, ValType, ValidPayload, Validator, WasmFeatures,
};

use super::{Export, Memory, Report, Section, Status};
use crate::abi;

/// What is needed of a module.
#[derive(Default)]
pub(super) struct Contents {
    sections: Vec<Section>,
    types: Vec<Option<FuncType>>,
    /// The type of each function, imported ones first.
    function_types: Vec<u32>,
    imports: Vec<String>,
    imported_functions: usize,
    exports: Vec<(String, ExternalKind, u32)>,
    memory: Option<Memory>,
    names: BTreeMap<u32, String>,
    /// The functions that a table may hold.
    pub(super) in_tables: BTreeSet<u32>,
    /// The functions with a body.
    bodies: Vec<Body>,
}

/// What a function's body needs and calls.
#[derive(Default)]
pub(super) struct Body {
    /// Constants, parameters, locals and the deepest operand stack, in cells of 32 bits.
    pub(super) cells: u64,
    /// Functions that it calls by number.
    pub(super) calls: BTreeSet<u32>,
    /// Types of functions that it calls through a table.
    pub(super) indirect: BTreeSet<u32>,
}

impl Contents {
    /// # Errors
    /// The validator's reason.
    pub(super) fn new(wasm: &[u8]) -> Result<Contents, String> {
        let mut contents = Contents::default();
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        let mut allocations = FuncValidatorAllocations::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.map_err(text)?;
            match validator.payload(&payload).map_err(text)? {
                ValidPayload::Func(function, body) => {
                    let mut function = function.into_validator(std::mem::take(&mut allocations));
                    let params = contents.params(contents.bodies.len() + contents.imported_functions);
                    let body = read_body(&mut function, &body, params).map_err(text)?;
                    contents.bodies.push(body);
                    allocations = function.into_allocations();
                }
                _ => contents.payload(&payload).map_err(text)?,
            }
        }
        Ok(contents)
    }

    fn payload(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        if let Some((id, range)) = payload.as_section() {
            let name = match payload {
                Payload::CustomSection(custom) => format!("custom \"{}\"", custom.name()),
                _ => section_name(id).to_string(),
            };
            self.sections.push(Section { name, bytes: range.len() as u64 });
        }
        match payload {
            Payload::TypeSection(types) => {
                for group in types.clone() {
                    for ty in group?.into_types() {
                        self.types.push(match ty.composite_type.inner {
                            CompositeInnerType::Func(function) => Some(function),
                            _ => None,
                        });
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    let import = import?;
                    self.imports.push(format!("{}.{}", import.module, import.name));
                    if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                        self.function_types.push(ty);
                        self.imported_functions += 1;
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions.clone() {
                    self.function_types.push(ty?);
                }
            }
            Payload::MemorySection(memories) => {
                if let Some(memory) = memories.clone().into_iter().next() {
                    let memory = memory?;
                    self.memory = Some(Memory { initial_pages: memory.initial, pages_max: memory.maximum });
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports.clone() {
                    let export = export?;
                    self.exports.push((export.name.to_string(), export.kind, export.index));
                }
            }
            Payload::ElementSection(elements) => {
                for element in elements.clone() {
                    self.elements(element?.items)?;
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals.clone() {
                    self.references(global?.init_expr)?;
                }
            }
            Payload::CustomSection(custom) => {
                // Names are for reading: a broken name section is as good as none.
                if let KnownCustom::Name(names) = custom.as_known() {
                    for name in names {
                        let Ok(Name::Function(names)) = name else { continue };
                        // Without the hash at the end.
                        let name = |name: &str| format!("{:#}", rustc_demangle::demangle(name));
                        self.names.extend(names.into_iter().flatten().map(|n| (n.index, name(n.name))));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn elements(&mut self, items: ElementItems<'_>) -> wasmparser::Result<()> {
        match items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    self.in_tables.insert(function?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    self.references(expression?)?;
                }
            }
        }
        Ok(())
    }

    fn references(&mut self, expression: wasmparser::ConstExpr<'_>) -> wasmparser::Result<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.in_tables.insert(function_index);
            }
        }
        Ok(())
    }

    fn params(&self, function: usize) -> u64 {
        let Some(ty) = self.function_type(function as u32) else { return 0 };
        ty.params().iter().map(|&ty| cells(ty)).sum()
    }

    fn function_type(&self, function: u32) -> Option<&FuncType> {
        self.type_at(*self.function_types.get(function as usize)?)
    }

    fn type_at(&self, index: u32) -> Option<&FuncType> {
        self.types.get(index as usize)?.as_ref()
    }

    /// The body of a function; None when it is imported.
    pub(super) fn body(&self, function: u32) -> Option<&Body> {
        self.bodies.get((function as usize).checked_sub(self.imported_functions)?)
    }

    /// The number of an exported function.
    pub(super) fn exported(&self, name: &str) -> Option<u32> {
        let is = |(export, kind, _): &&(String, ExternalKind, u32)| {
            export == name && matches!(kind, ExternalKind::Func | ExternalKind::FuncExact)
        };
        self.exports.iter().find(is).map(|&(_, _, index)| index)
    }

    /// Whether a call through a table with the type `ty` can reach `function`.
    pub(super) fn has_type(&self, function: u32, ty: u32) -> bool {
        self.function_type(function).is_some_and(|own| Some(own) == self.type_at(ty))
    }

    /// A name for messages.
    pub(super) fn name(&self, function: u32) -> String {
        let exported = || self.exports.iter().find(|export| self.exported(&export.0) == Some(function));
        match (self.names.get(&function), exported()) {
            (Some(name), _) | (None, Some((name, _, _))) => name.clone(),
            (None, None) => format!("function {function}"),
        }
    }

    /// The parts of the report that are read straight from the file.
    pub(super) fn report(&self, bytes: u64) -> Report {
        let has = |name: &str| self.exports.iter().any(|export| export.0 == name);
        let names = std::iter::once(abi::MEMORY).chain(abi::FUNCTIONS.iter().map(|function| function.name));
        Report {
            bytes,
            sections: self.sections.clone(),
            imports: self.imports.clone(),
            exports: self.exports.iter().map(|export| self.export(export)).collect(),
            missing: names.filter(|name| !has(name)).collect(),
            memory: self.memory,
            ..Report::default()
        }
    }

    fn export(&self, (name, kind, index): &(String, ExternalKind, u32)) -> Export {
        let ty = match kind {
            ExternalKind::Func | ExternalKind::FuncExact => match self.function_type(*index) {
                Some(ty) => {
                    let names = |types: &[ValType]| types.iter().map(ValType::to_string).collect::<Vec<_>>();
                    let (params, results) = (names(ty.params()), names(ty.results()));
                    abi::signature(params.iter().map(String::as_str), results.iter().map(String::as_str))
                }
                None => "function".into(),
            },
            ExternalKind::Table => "table".into(),
            ExternalKind::Memory => "memory".into(),
            ExternalKind::Global => "global".into(),
            ExternalKind::Tag => "tag".into(),
        };
        let wanted = match abi::function(name) {
            Some(function) => Some(function.signature()),
            None => (name == abi::MEMORY).then(|| "memory".to_string()),
        };
        let status = match wanted {
            None => Status::Unknown,
            Some(wanted) if wanted == ty => Status::Documented,
            Some(_) => Status::WrongType,
        };
        Export { name: name.clone(), ty, status }
    }
}

/// Reads one body along with its validation, which knows the height of the operand stack.
fn read_body(
    validator: &mut wasmparser::FuncValidator<wasmparser::ValidatorResources>,
    body: &wasmparser::FunctionBody<'_>,
    params: u64,
) -> wasmparser::Result<Body> {
    let mut read = Body::default();
    let mut locals = 0;
    for local in body.get_locals_reader()? {
        let (count, ty) = local?;
        locals += u64::from(count) * cells(ty);
    }
    validator.read_locals(&mut body.get_binary_reader())?;
    let (mut constants, mut long_constants) = (BTreeSet::new(), BTreeSet::new());
    let mut operands_max = 0;
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset()?;
        match &operator {
            Operator::I32Const { value } => _ = constants.insert(*value as u32),
            Operator::F32Const { value } => _ = constants.insert(value.bits()),
            Operator::I64Const { value } => _ = long_constants.insert(*value as u64),
            Operator::F64Const { value } => _ = long_constants.insert(value.bits()),
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                read.calls.insert(*function_index);
            }
            Operator::CallIndirect { type_index, .. } | Operator::ReturnCallIndirect { type_index, .. } => {
                read.indirect.insert(*type_index);
            }
            _ => {}
        }
        validator.op(offset, &operator)?;
        let operand = |depth| validator.get_operand_type(depth as usize).flatten().map_or(1, cells);
        operands_max = operands_max.max((0..validator.operand_stack_height()).map(operand).sum());
    }
    reader.finish()?;
    let constants = constants.len() as u64 + 2 * long_constants.len() as u64;
    read.cells = constants + params + locals + operands_max;
    Ok(read)
}

/// How many cells of 32 bits a value takes in WAMR's interpreter.
fn cells(ty: ValType) -> u64 {
    match ty {
        ValType::I32 | ValType::F32 | ValType::Ref(_) => 1,
        ValType::I64 | ValType::F64 => 2,
        ValType::V128 => 4,
    }
}

fn section_name(id: u8) -> &'static str {
    match id {
        1 => "types",
        2 => "imports",
        3 => "functions",
        4 => "tables",
        5 => "memories",
        6 => "globals",
        7 => "exports",
        8 => "start",
        9 => "elements",
        10 => "code",
        11 => "data",
        12 => "data count",
        13 => "tags",
        _ => "unknown",
    }
}

fn text(error: wasmparser::Error) -> String {
    error.to_string()
}
