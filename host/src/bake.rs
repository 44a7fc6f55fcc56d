//! Puts a policy into a module's memory image: one file to deploy, nothing to parse at its start.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tapsieve_records::Trap;
use tapsieve_records::guest::{Guest, Machine};
use wasmparser::{ConstExpr, DataKind, Operator, Parser, Payload, ValType};
use wasmtime::{Instance, Store, StoreLimits, Val};
use wasmtime_wizer::{InstanceState, SnapshotVal, Wizer};

use crate::instance::{CALL_SECONDS, Live};
use crate::module::one_line;
use crate::{Module, ModuleError};

/// Why a module was not configured.
#[derive(Debug)]
pub enum BakeError {
    /// The module cannot be used.
    Module(ModuleError),
    /// The module refuses the policy, with this message.
    Refused(String),
    /// The result is not what it should be; the module was not built for this.
    Result(String),
}

impl std::fmt::Display for BakeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BakeError::Module(error) => error.fmt(f),
            BakeError::Refused(message) => f.write_str(message),
            BakeError::Result(why) => write!(f, "the policy cannot be put into this module: {why}"),
        }
    }
}

impl std::error::Error for BakeError {}

/// The module with this policy in force from its start; has the exports that `wasm` has.
///
/// # Errors
/// Says what is wrong with the module or the policy.
pub fn bake(wasm: &[u8], json: &[u8]) -> Result<Vec<u8>, BakeError> {
    // Checked as it came, so that messages are about the operator's file.
    Module::new(wasm).map_err(BakeError::Module)?;
    let failed = |error: wasmtime::Error| BakeError::Result(one_line(&error));
    let wizer = Wizer::new();
    let (context, instrumented) = wizer.instrument(wasm).map_err(failed)?;
    let module = Module::new(&instrumented).map_err(BakeError::Module)?;
    let failed_call = |trap: Trap| BakeError::Result(trap.to_string());
    let mut store = Store::new(module.pre.module().engine(), crate::instance::limits());
    store.limiter(|limits| limits);
    store.set_epoch_deadline(crate::instance::CALL_TICKS);
    let instance = module.pre.instantiate(&mut store).map_err(failed)?;
    let live = Live::of(store, &instance, CALL_SECONDS).map_err(failed)?;
    let mut guest = Guest::new(live);
    if let Some(message) = guest.configure(json).map_err(failed_call)? {
        return Err(BakeError::Refused(message));
    }
    if let Some(top) = stack_top(wasm) {
        clear_stack(guest.machine().memory_mut(), top);
    }
    let store = guest.into_machine().into_store();
    let mut state = State { store, instance };
    let baked = finished(wizer.snapshot(&context, &mut state))
        .ok_or_else(|| BakeError::Result("the snapshot does not end".to_owned()))?
        .map_err(failed)?;
    check(wasm, &baked, json)?;
    Ok(baked)
}

/// Where the module's own stack begins, where it lies below all data: the start of its first changeable global, by
/// the convention of its linker.
fn stack_top(wasm: &[u8]) -> Option<usize> {
    let mut top = None;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::GlobalSection(section)) => {
                let global = section.into_iter().next()?.ok()?;
                let is_stack = global.ty.mutable && global.ty.content_type == ValType::I32;
                top = constant(&global.init_expr).filter(|_| is_stack);
            }
            Ok(Payload::DataSection(section)) => {
                for data in section {
                    if let DataKind::Active { offset_expr, .. } = data.ok()?.kind {
                        let offset = constant(&offset_expr)?;
                        top = top.filter(|top| *top <= offset);
                    }
                }
            }
            _ => {}
        }
    }
    top
}

fn constant(expression: &ConstExpr<'_>) -> Option<usize> {
    match expression.get_operators_reader().read() {
        Ok(Operator::I32Const { value }) => usize::try_from(value).ok(),
        _ => None,
    }
}

/// Clears what calls have left below the top of the stack, back to what was never used.
fn clear_stack(memory: &mut [u8], top: usize) {
    /// A run of zeros of this length was not reached by any call.
    const GAP: usize = 4096;
    let Some(stack) = memory.get_mut(..top) else { return };
    let mut zeros = 0;
    for byte in stack.iter_mut().rev() {
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        *byte = 0;
        if zeros == GAP {
            break;
        }
    }
}

/// What the snapshot is taken of.
struct State {
    store: Store<StoreLimits>,
    instance: Instance,
}

impl InstanceState for State {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        let global = self.instance.get_global(&mut self.store, name);
        match global.map(|global| global.get(&mut self.store)) {
            Some(Val::I64(value)) => SnapshotVal::I64(value),
            Some(Val::F32(value)) => SnapshotVal::F32(value),
            Some(Val::F64(value)) => SnapshotVal::F64(value),
            Some(Val::V128(value)) => SnapshotVal::V128(value.as_u128()),
            Some(Val::I32(value)) => SnapshotVal::I32(value),
            // The instrumented module exports every global that is asked for; tapsieve's has none of references.
            _ => SnapshotVal::I32(0),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        if let Some(memory) = self.instance.get_memory(&mut self.store, name) {
            contents(memory.data(&self.store));
        }
    }
}

/// The result of a future that never waits: nothing in a snapshot is asynchronous here.
fn finished<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Holds the result against the interface: the same exports, and the policy in force.
fn check(wasm: &[u8], baked: &[u8], json: &[u8]) -> Result<(), BakeError> {
    let (before, after) = (exports(wasm), exports(baked));
    if before != after {
        return Err(BakeError::Result(format!("exports {after:?} in place of {before:?}")));
    }
    let module = Module::new(baked).map_err(BakeError::Module)?;
    let policy = module.instance().policy().map_err(|trap| BakeError::Result(trap.to_string()))?;
    match policy.as_deref().map(str::as_bytes) == Some(json) {
        true => Ok(()),
        false => Err(BakeError::Result("the policy is not in force".to_owned())),
    }
}

fn exports(wasm: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Ok(Payload::ExportSection(section)) = payload {
            names.extend(section.into_iter().flatten().map(|export| export.name.to_owned()));
        }
    }
    names
}
