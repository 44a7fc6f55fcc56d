//! The table of docs/ABI.md as data; knows names and types, not what the functions do.

/// The ABI version that this crate speaks.
pub const VERSION: u32 = 1;

/// The name of the exported memory.
pub const MEMORY: &str = "memory";

/// A value type of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A 32-bit integer: an address or a length.
    I32,
    /// A 64-bit integer: a packed slice.
    I64,
}

impl Value {
    /// The name in the text format.
    pub fn name(self) -> &'static str {
        match self {
            Value::I32 => "i32",
            Value::I64 => "i64",
        }
    }
}

/// An exported function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The export's name.
    pub name: &'static str,
    /// Its parameters.
    pub params: &'static [Value],
    /// Its result, if it has one.
    pub result: Option<Value>,
}

use Value::{I32, I64};

/// Every exported function, in the order of docs/ABI.md.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "abi_version", params: &[], result: Some(I32) },
    Function { name: "malloc", params: &[I32], result: Some(I32) },
    Function { name: "free", params: &[I32], result: None },
    Function { name: "configure", params: &[I32, I32], result: Some(I64) },
    Function { name: "process", params: &[I32, I32], result: Some(I64) },
    Function { name: "scan", params: &[I32, I32], result: Some(I32) },
    Function { name: "verdict", params: &[], result: Some(I64) },
    Function { name: "policy", params: &[], result: Some(I64) },
    Function { name: "fluent_bit_process", params: &[I32, I32, I32, I32, I32, I32], result: Some(I32) },
    Function { name: "fluent_bit_repair", params: &[I32, I32, I32, I32, I32, I32], result: Some(I32) },
];

/// The function called `name`, if the interface has it.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Writes a signature as docs/ABI.md does: `(i32, i32) -> i64`, `()` for no result.
pub fn signature<'a>(
    params: impl IntoIterator<Item = &'a str>,
    results: impl IntoIterator<Item = &'a str>,
) -> String {
    let params: Vec<_> = params.into_iter().collect();
    let results: Vec<_> = results.into_iter().collect();
    let results = match results.as_slice() {
        [one] => (*one).to_string(),
        several => format!("({})", several.join(", ")),
    };
    format!("({}) -> {results}", params.join(", "))
}

impl Function {
    /// The function's type as docs/ABI.md writes it.
    pub fn signature(&self) -> String {
        signature(self.params.iter().map(|value| value.name()), self.result.iter().map(|value| value.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_in_the_abi_page() {
        let page = include_str!("../../docs/ABI.md");
        let rows: Vec<String> = page
            .lines()
            .filter(|line| line.starts_with("| `") && !line.contains("| memory |"))
            .map(str::to_string)
            .collect();
        let ours: Vec<String> =
            FUNCTIONS.iter().map(|f| format!("| `{}` | `{}` |", f.name, f.signature())).collect();
        assert_eq!(rows, ours);
    }
}
