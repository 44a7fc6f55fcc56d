//! The built module in the real Fluent Bit, with the shipped filters: one process for all vectors, matched by number.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;

use super::{Answer, Engine, module_bytes};
use crate::check::same_values;
use crate::fluent_bit::{Source, Wiring, binary, numbered, pass, take_number};
use crate::vectors::{self, Case, Expectation, VectorFile};

/// What became of each record, for one wiring. Fluent Bit takes a batch, so all vectors go through at once.
struct FluentBit {
    wiring: Wiring,
    last: Option<Answer>,
}

type Answers = HashMap<Vec<u8>, Answer>;

/// The module on every event.
pub(super) fn open() -> Result<Box<dyn Engine>, String> {
    open_with(Wiring::Every)
}

/// Of files only events that the generated rules let through to the module.
pub(super) fn open_routed() -> Result<Box<dyn Engine>, String> {
    open_with(Wiring::Routed)
}

fn open_with(wiring: Wiring) -> Result<Box<dyn Engine>, String> {
    binary()?;
    module_bytes()?;
    Ok(Box::new(FluentBit { wiring, last: None }))
}

impl FluentBit {
    fn answers(&self) -> Result<&'static Answers, String> {
        static ANSWERS: [OnceLock<Result<Answers, String>>; 2] = [OnceLock::new(), OnceLock::new()];
        ANSWERS[self.wiring as usize].get_or_init(|| run(self.wiring)).as_ref().map_err(Clone::clone)
    }
}

/// Sends every vector through twice, so that one that leaves something behind shows.
fn run(wiring: Wiring) -> Result<Answers, String> {
    let tests = crate::root().join("tests");
    let files = ["vectors", "scenarios"].map(|folder| vectors::load(&tests.join(folder)).0);
    let once =
        || files.iter().flatten().flat_map(|file| file.cases.iter().map(|case| (source(file, case), case)));
    let cases: Vec<(Source, &Case)> =
        once().chain(once()).filter(|(_, case)| case.shippers && case.policy.is_none()).collect();
    let lines: Result<Vec<_>, String> = cases
        .iter()
        .enumerate()
        .map(|(number, (source, case))| Ok((*source, numbered(&case.record, number)?)))
        .collect();
    let mut found: HashMap<usize, Value> = HashMap::new();
    for mut record in pass(wiring, &lines?)? {
        let number = take_number(&mut record)?;
        if found.insert(number, record).is_some() {
            return Err(format!("record {number} came out twice"));
        }
    }

    let mut answers = Answers::new();
    for (number, (_, case)) in cases.iter().enumerate() {
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

/// The input that carries a case: that of the provider whose event it is, else that of the folder's provider.
fn source(file: &VectorFile, case: &Case) -> Source {
    if let Expectation::Inserted(inserted) = &case.expectation {
        let provider = inserted.split_once("\"provider\":\"").and_then(|(_, rest)| rest.split('"').next());
        return Source::of(provider.unwrap_or_default());
    }
    Source::of(file.name.split('/').next().unwrap_or_default())
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
