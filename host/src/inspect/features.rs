//! Which WebAssembly features a module uses; knows their names and Fluent Bit's answer, not instructions.

use serde::Serialize;
use wasmparser::{Validator, WasmFeatures};

/// A feature beyond WebAssembly 1.0 that a module uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// The proposal's name.
    pub name: &'static str,
    /// Whether the engine in Fluent Bit has it.
    pub fluent_bit: bool,
}

/// Every feature, and whether Fluent Bit's engine has it (WAMR 2.4, without SIMD); those that most modules use first.
const FEATURES: &[(&str, WasmFeatures, bool)] = &[
    ("sign extension", WasmFeatures::SIGN_EXTENSION, true),
    ("bulk memory", WasmFeatures::BULK_MEMORY, true),
    ("mutable globals", WasmFeatures::MUTABLE_GLOBAL, true),
    ("saturating float to int", WasmFeatures::SATURATING_FLOAT_TO_INT, true),
    // Since Fluent Bit 4.0.3.
    ("reference types", WasmFeatures::REFERENCE_TYPES, true),
    ("multi-value", WasmFeatures::MULTI_VALUE, true),
    ("SIMD", WasmFeatures::SIMD.union(WasmFeatures::RELAXED_SIMD), false),
    ("relaxed SIMD", WasmFeatures::RELAXED_SIMD, false),
    ("threads", WasmFeatures::THREADS.union(WasmFeatures::SHARED_EVERYTHING_THREADS), false),
    ("tail calls", WasmFeatures::TAIL_CALL, false),
    ("several memories", WasmFeatures::MULTI_MEMORY, false),
    ("exceptions", WasmFeatures::EXCEPTIONS, false),
    ("old exceptions", WasmFeatures::LEGACY_EXCEPTIONS, false),
    ("64-bit memory", WasmFeatures::MEMORY64, false),
    ("extended constants", WasmFeatures::EXTENDED_CONST, false),
    ("function references", WasmFeatures::FUNCTION_REFERENCES, false),
    ("garbage collection", WasmFeatures::GC, false),
    ("custom page sizes", WasmFeatures::CUSTOM_PAGE_SIZES, false),
    ("memory control", WasmFeatures::MEMORY_CONTROL, false),
    ("stack switching", WasmFeatures::STACK_SWITCHING, false),
    ("wide arithmetic", WasmFeatures::WIDE_ARITHMETIC, false),
    ("custom descriptors", WasmFeatures::CUSTOM_DESCRIPTORS, false),
    ("compact imports", WasmFeatures::COMPACT_IMPORTS, false),
];

/// The features without which a valid module is not valid any more.
pub(super) fn used(wasm: &[u8]) -> Vec<Feature> {
    let mut used = Vec::new();
    without(wasm, FEATURES, &mut used);
    used
}

/// A module that is valid without all of these uses none of them, so the rare ones are asked about at once.
fn without(wasm: &[u8], features: &[(&'static str, WasmFeatures, bool)], used: &mut Vec<Feature>) {
    let these = features.iter().fold(WasmFeatures::empty(), |these, (_, feature, _)| these.union(*feature));
    let others = WasmFeatures::all().difference(these);
    if Validator::new_with_features(others).validate_all(wasm).is_ok() {
        return;
    }
    if let [(name, _, fluent_bit)] = *features {
        used.push(Feature { name, fluent_bit });
        return;
    }
    let (first, second) = features.split_at((features.len() / 4).max(1));
    without(wasm, first, used);
    without(wasm, second, used);
}
