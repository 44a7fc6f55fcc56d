//! Vector with the shipped configurations and the sidecar: one pipeline of each for all trials, one event at a time.
//! Knows that Vector acknowledges an event once it is delivered, and what Vector itself adds to one.

use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;

use super::{Answer, Engine};
use crate::http::Client;
use crate::pipeline::{Pipeline, Receiver, Shipped, Taken, shipped};

/// What the LogScale sink adds to an event: the part of its time below a millisecond.
const ADDED: &str = "@timestamp.nanos";

/// A pipeline that trials take turns with.
struct Line {
    taken: Taken,
    client: Client,
    /// Ends Vector and the sidecar with the test's process.
    _pipeline: Pipeline,
}

type Shared = OnceLock<Result<Mutex<Line>, String>>;

static ALL: Shared = OnceLock::new();
static ROUTED: Shared = OnceLock::new();

/// The detector behind Vector.
struct Vector {
    line: &'static Mutex<Line>,
    /// The description that the last record came back with.
    verdict: Option<Vec<u8>>,
}

/// Every event through the sidecar.
pub(super) fn open() -> Result<Box<dyn Engine>, String> {
    opened(&ALL, Shipped::All)
}

/// Candidates through the sidecar.
pub(super) fn open_routed() -> Result<Box<dyn Engine>, String> {
    opened(&ROUTED, Shipped::Routed)
}

fn opened(shared: &'static Shared, configuration: Shipped) -> Result<Box<dyn Engine>, String> {
    match shared.get_or_init(|| line(configuration).map(Mutex::new)) {
        Ok(line) => Ok(Box::new(Vector { line, verdict: None })),
        Err(error) => Err(error.clone()),
    }
}

fn line(configuration: Shipped) -> Result<Line, String> {
    let taken = Taken::default();
    let take = taken.clone();
    let receiver = Receiver::start(move |body| take.push(body)).map_err(|error| error.to_string())?;
    let pipeline = Pipeline::start(&shipped(configuration)?, receiver)?;
    Ok(Line { taken, client: Client::new(pipeline.input), _pipeline: pipeline })
}

impl Engine for Vector {
    fn configure(&mut self, _: &str) -> Result<(), String> {
        Err("the sidecar of the shared pipeline keeps its policy".into())
    }

    fn process(&mut self, record: &[u8]) -> Result<Answer, String> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        // A line break between members would end the line.
        let body: Vec<u8> =
            record.iter().map(|&byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }).collect();
        line.taken.drain();
        Pipeline::post(&mut line.client, &body)?;
        let mut events = line.taken.drain();
        drop(line);
        self.verdict = None;
        let Some(mut event) = events.pop() else { return Ok(Answer::Dropped) };
        if !events.is_empty() {
            return Err(format!("one event in, {} out", events.len() + 1));
        }
        if let Value::Object(members) = &mut event {
            members.remove(ADDED);
        }
        let original = serde_json::from_slice::<Value>(record).map_err(|error| error.to_string())?;
        if event == original {
            return Ok(Answer::Unchanged);
        }
        let is_ours = |name: &str| {
            matches!(name.trim_end_matches('_'), "mirror" | "tapsieve") && original.get(name).is_none()
        };
        let ours = event.as_object().into_iter().flatten().find(|(name, _)| is_ours(name));
        self.verdict = ours.map(|(_, description)| description.to_string().into_bytes());
        Ok(Answer::Enriched(event.to_string().into_bytes()))
    }

    fn verdict(&mut self) -> Result<Option<Vec<u8>>, String> {
        Ok(self.verdict.clone())
    }

    fn scan(&mut self, _: &[u8]) -> Result<usize, String> {
        Err("Vector does not scan blocks".into())
    }
}
