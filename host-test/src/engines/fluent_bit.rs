//! The built module in the real Fluent Bit, with the shipped filters: one process for all vectors, matched by number.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;

use super::{Answer, Engine, module_bytes};
use crate::check::same_values;
use crate::fluent_bit::{FILTERS, binary, numbered, pass, take_number};
use crate::vectors::{self, Case};

/// What became of each record, for one filter file. Fluent Bit takes a batch, so all vectors go through at once.
struct FluentBit {
    filter: usize,
    last: Option<Answer>,
}

type Answers = HashMap<Vec<u8>, Answer>;

/// The module on every event.
pub(super) fn open() -> Result<Box<dyn Engine>, String> {
    open_with(0)
}

/// Only events that the generated rules let through to the module.
pub(super) fn open_routed() -> Result<Box<dyn Engine>, String> {
    open_with(1)
}

fn open_with(filter: usize) -> Result<Box<dyn Engine>, String> {
    binary()?;
    module_bytes()?;
    Ok(Box::new(FluentBit { filter, last: None }))
}

impl FluentBit {
    fn answers(&self) -> Result<&'static Answers, String> {
        static ANSWERS: [OnceLock<Result<Answers, String>>; 2] = [OnceLock::new(), OnceLock::new()];
        ANSWERS[self.filter].get_or_init(|| run(FILTERS[self.filter])).as_ref().map_err(Clone::clone)
    }
}

/// Sends every vector through twice, so that one that leaves something behind shows.
fn run(filter: &str) -> Result<Answers, String> {
    let tests = crate::root().join("tests");
    let files = ["vectors", "scenarios"].map(|folder| vectors::load(&tests.join(folder)).0);
    let cases = || files.iter().flatten().flat_map(|file| &file.cases);
    let cases: Vec<&Case> =
        cases().chain(cases()).filter(|case| case.shippers && case.policy.is_none()).collect();
    let numbered: Result<Vec<_>, _> =
        cases.iter().enumerate().map(|(number, case)| numbered(&case.record, number)).collect();
    let mut found: HashMap<usize, Value> = HashMap::new();
    for mut record in pass(filter, &numbered?)? {
        let number = take_number(&mut record)?;
        if found.insert(number, record).is_some() {
            return Err(format!("record {number} came out twice"));
        }
    }

    let mut answers = Answers::new();
    for (number, case) in cases.iter().enumerate() {
        let out = found.remove(&number).ok_or_else(|| format!("the record of case {} is lost", case.name))?;
        let record: Value = serde_json::from_slice(&case.record)
            .map_err(|error| format!("case {}: not JSON: {error}; `shippers` should be false", case.name))?;
        let answer = match same_values(&record, &out) {
            true => Answer::Unchanged,
            false => Answer::Enriched(out.to_string().into_bytes()),
        };
        if answers.get(&case.record).is_some_and(|before| *before != answer) {
            return Err(format!("case {} has another answer the second time", case.name));
        }
        answers.insert(case.record.clone(), answer);
    }
    match found.keys().next() {
        Some(number) => Err(format!("record {number} came out and never went in")),
        None => Ok(answers),
    }
}

impl Engine for FluentBit {
    fn configure(&mut self, _policy: &str) -> Result<(), String> {
        Err("Fluent Bit hands no policy to a module; it is baked in with `tapsieve configure`".into())
    }

    fn process(&mut self, record: &[u8]) -> Result<Answer, String> {
        let answer = self.answers()?.get(record).ok_or("the record is none of the vectors'")?.clone();
        self.last = Some(answer.clone());
        Ok(answer)
    }

    fn verdict(&mut self) -> Result<Option<Vec<u8>>, String> {
        let Some(Answer::Enriched(record)) = &self.last else { return Ok(None) };
        let record: Value = serde_json::from_slice(record).map_err(|error| error.to_string())?;
        let ours = |name: &&str| record[*name]["schema"].is_number();
        Ok(["tapsieve", "mirror"]
            .iter()
            .find(|name| ours(name))
            .map(|name| record[*name].to_string().into_bytes()))
    }

    /// Fluent Bit never scans: nothing is ruled out.
    fn scan(&mut self, _block: &[u8]) -> Result<usize, String> {
        Ok(0)
    }
}
