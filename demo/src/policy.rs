//! Policies as a person writes them in the page: the same TOML and the same messages as the command's.

use tapsieve_policy::{Policy, PolicyError};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::Engine;

/// What is wrong with a policy, and where.
#[wasm_bindgen(getter_with_clone)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The message, with what may have been meant.
    pub message: String,
    /// The line, counted from 1; 0 when the place is not known.
    pub line: usize,
    /// The column, counted from 1.
    pub column: usize,
    /// Where the place begins, counted the way JavaScript counts characters.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Problem {
    fn new(text: &str, error: PolicyError) -> Self {
        let span = error.span.unwrap_or_default();
        let units = |end: usize| text.get(..end).map_or(0, |before| before.encode_utf16().count());
        let (line, column) = error.place.unwrap_or_default();
        Problem { message: error.message, line, column, start: units(span.start), end: units(span.end) }
    }
}

#[wasm_bindgen]
impl Engine {
    /// Puts a policy in force, given as TOML; returns it as JSON.
    ///
    /// # Errors
    /// What is wrong and where; the old policy stays in force.
    pub fn use_policy(&mut self, text: &str) -> Result<String, Problem> {
        let policy = Policy::parse(text).map_err(|error| Problem::new(text, error))?;
        match self.configure(policy.json()) {
            Ok(()) => Ok(policy.json().to_owned()),
            Err(message) => Err(Problem::new(text, policy.refused(&message))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_as_javascript_counts() {
        let text = "# \u{1f600}\n[[approved]]\nname = \"x\"\nactor = [\"a\"]\n";
        let problem = Engine::new().use_policy(text).err();
        let problem = problem.unwrap_or_else(|| panic!("it was taken"));
        assert_eq!((problem.line, problem.column), (4, 1));
        let units: Vec<u16> = text.encode_utf16().collect();
        assert_eq!(String::from_utf16_lossy(&units[problem.start..problem.end]), "actor");
        assert!(problem.message.ends_with("did you mean `actors`?"), "{}", problem.message);
    }

    #[test]
    fn a_refused_policy_leaves_the_one_before_in_force() {
        let mut engine = Engine::new();
        assert_eq!(engine.use_policy("keep = \"mirror\"").as_deref(), Ok("{\"keep\":\"mirror\"}"));
        for broken in ["keep = ", "keep = \"most\"", "a b"] {
            assert!(engine.use_policy(broken).is_err());
            assert_eq!(engine.process(b"{}"), crate::Answer::Dropped);
        }
        assert!(engine.use_policy("").is_ok());
        assert_eq!(engine.process(b"{}"), crate::Answer::Unchanged);
    }
}
