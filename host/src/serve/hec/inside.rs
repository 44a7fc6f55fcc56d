//! Has the event inside a HEC envelope decided; knows `event` and `fields`, nothing of HTTP or mirroring.

use std::ops::Range;

use serde_json::Value;
use tapsieve_records::{Decider, Outcome, Trap, keeps, value_end};

/// What the records of a body are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// Events, or lines of text: the module is given them as they are.
    #[default]
    Plain,
    /// HEC envelopes: the module is given what stands in `event`.
    Envelopes,
}

/// Says whether there is memory for so many bytes of answers.
pub(crate) type Room = Box<dyn FnMut(usize) -> bool + Send>;

/// A decider about records, or about the events in them; stops asking where there is no memory for its answers.
pub(crate) struct Inside<D> {
    inner: D,
    form: Form,
    room: Option<Room>,
    is_full: bool,
    /// The inner decider has taken in another block than the one that it was last given from outside.
    is_stale: bool,
    wrapped: Vec<u8>,
    out: Vec<u8>,
}

impl<D: Decider> Inside<D> {
    pub(crate) fn new(inner: D) -> Inside<D> {
        Inside {
            inner,
            form: Form::Plain,
            room: None,
            is_full: false,
            is_stale: false,
            wrapped: Vec::new(),
            out: Vec::new(),
        }
    }

    /// For the next body.
    pub(crate) fn begin(&mut self, form: Form, room: Room) {
        (self.form, self.room, self.is_full) = (form, Some(room), false);
    }

    /// After a body; whether there was no memory for all answers, so that they are not whole.
    pub(crate) fn end(&mut self) -> bool {
        (self.form, self.room) = (Form::Plain, None);
        std::mem::take(&mut self.is_full)
    }

    fn fresh(&mut self, block: &[u8]) -> Result<(), Trap> {
        if std::mem::take(&mut self.is_stale) {
            self.inner.load(block)?;
        }
        Ok(())
    }

    /// Whether an answer was written to `out`, or the event is dropped.
    fn envelope(&mut self, block: &[u8], record: Range<usize>) -> Result<Made, Trap> {
        let bytes = &block[record.clone()];
        let Some(Places { event, fields, names }) = places(bytes) else {
            // Without an event it is the downstream's to refuse.
            let outcome = self.inner.process(block, record)?;
            return Ok(if outcome == Outcome::Dropped { Made::Dropped } else { Made::Nothing });
        };
        self.out.clear();
        if bytes[event.start] == b'{' {
            let place = record.start + event.start..record.start + event.end;
            let enriched = match self.inner.process(block, place)? {
                Outcome::Unchanged => return Ok(Made::Nothing),
                Outcome::Dropped => return Ok(Made::Dropped),
                Outcome::Enriched(enriched) => enriched,
            };
            keeps(&bytes[event.clone()], enriched)
                .map_err(|why| Trap::BadResult { call: "process", why: why.into() })?;
            for part in [&bytes[..event.start], enriched, &bytes[event.end..]] {
                self.out.extend_from_slice(part);
            }
            return Ok(Made::Answer);
        }
        // A text, or a list of events: what is said of it goes beside it, where HEC has a place for that.
        let name = if bytes[event.start] == b'[' { "Records" } else { "message" };
        self.wrapped.clear();
        self.wrapped.extend_from_slice(format!("{{\"{name}\":").as_bytes());
        self.wrapped.extend_from_slice(&bytes[event.clone()]);
        self.wrapped.push(b'}');
        self.is_stale = true;
        self.inner.load(&self.wrapped)?;
        let enriched = match self.inner.process(&self.wrapped, 0..self.wrapped.len())? {
            Outcome::Unchanged => return Ok(Made::Nothing),
            Outcome::Dropped => return Ok(Made::Dropped),
            Outcome::Enriched(enriched) => enriched,
        };
        let Some(members) = added(&self.wrapped, enriched) else {
            // The policy wants another event around this one: that is an object, and stands where the text stood.
            for part in [&bytes[..event.start], enriched, &bytes[event.end..]] {
                self.out.extend_from_slice(part);
            }
            return Ok(Made::Answer);
        };
        let new = flat(&members).into_iter().filter(|(name, _)| !names.contains(name));
        let mut text = String::new();
        for (name, value) in new {
            let comma = if text.is_empty() { "" } else { "," };
            text.push_str(&format!("{comma}{}:{value}", Value::String(name)));
        }
        if text.is_empty() {
            return Ok(Made::Nothing);
        }
        let (at, text) = match fields {
            Some(fields) if bytes[fields.start] != b'{' => return Ok(Made::Nothing),
            Some(fields) if names.is_empty() => (fields.end - 1, text),
            Some(fields) => (fields.end - 1, format!(",{text}")),
            None => (bytes.len() - 1, format!(",\"fields\":{{{text}}}")),
        };
        for part in [&bytes[..at], text.as_bytes(), &bytes[at..]] {
            self.out.extend_from_slice(part);
        }
        Ok(Made::Answer)
    }
}

enum Made {
    Nothing,
    Dropped,
    Answer,
}

impl<D: Decider> Decider for Inside<D> {
    fn load(&mut self, block: &[u8]) -> Result<(), Trap> {
        self.is_stale = false;
        self.inner.load(block)
    }

    fn scan(&mut self, block: &[u8], from: usize) -> Result<usize, Trap> {
        if self.is_full {
            return Ok(block.len());
        }
        self.fresh(block)?;
        self.inner.scan(block, from)
    }

    fn process(&mut self, block: &[u8], record: Range<usize>) -> Result<Outcome<'_>, Trap> {
        if self.is_full {
            return Ok(Outcome::Unchanged);
        }
        self.fresh(block)?;
        let outcome = match self.form {
            Form::Plain => self.inner.process(block, record)?,
            Form::Envelopes => match self.envelope(block, record)? {
                Made::Nothing => Outcome::Unchanged,
                Made::Dropped => Outcome::Dropped,
                Made::Answer => Outcome::Enriched(&self.out),
            },
        };
        if let (Outcome::Enriched(enriched), Some(room)) = (outcome, &mut self.room)
            && !room(enriched.len())
        {
            self.is_full = true;
            return Ok(Outcome::Unchanged);
        }
        Ok(outcome)
    }

    fn verdict(&mut self) -> Result<Option<&str>, Trap> {
        self.inner.verdict()
    }

    fn is_checked(&self) -> bool {
        self.form == Form::Envelopes
    }
}

/// Where the members of an envelope lie that matter.
struct Places {
    event: Range<usize>,
    fields: Option<Range<usize>>,
    /// The names in `fields`.
    names: Vec<String>,
}

/// None where there is not exactly one `event`, or more than one `fields`.
fn places(envelope: &[u8]) -> Option<Places> {
    let (mut event, mut fields) = (None, None);
    for (name, value) in members(envelope)? {
        let before = match name.as_str() {
            "event" => event.replace(value),
            "fields" => fields.replace(value),
            _ => None,
        };
        if before.is_some() {
            return None;
        }
    }
    let names = match &fields {
        Some(place) if envelope[place.start] == b'{' => {
            members(&envelope[place.clone()])?.into_iter().map(|(name, _)| name).collect()
        }
        _ => Vec::new(),
    };
    Some(Places { event: event?, fields, names })
}

/// The members of an object: names, and where the values lie.
fn members(object: &[u8]) -> Option<Vec<(String, Range<usize>)>> {
    let skip = |at: usize| at + object[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let mut found = Vec::new();
    let mut at = skip(1);
    if object.get(at) == Some(&b'}') {
        return Some(found);
    }
    loop {
        if object.get(at) != Some(&b'"') {
            return None;
        }
        let end = value_end(object, at)?;
        let name = serde_json::from_slice(&object[at..end]).ok()?;
        at = skip(end);
        if object.get(at) != Some(&b':') {
            return None;
        }
        at = skip(at + 1);
        let end = value_end(object, at)?;
        found.push((name, at..end));
        at = skip(end);
        match object.get(at)? {
            b',' => at = skip(at + 1),
            b'}' => return Some(found),
            _ => return None,
        }
    }
}

/// The members that were added to a record at its end, if they were.
pub(crate) fn added(record: &[u8], enriched: &[u8]) -> Option<Value> {
    let rest = enriched.strip_prefix(record.strip_suffix(b"}")?)?.strip_prefix(b",")?;
    serde_json::from_slice(&[b"{", rest].concat()).ok()
}

/// Members as HEC's `fields` take them: one level, each value a text or a list of texts.
pub(crate) fn flat(members: &Value) -> Vec<(String, Value)> {
    fn into(name: &str, value: &Value, out: &mut Vec<(String, Value)>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                    into(&name, value, out);
                }
            }
            Value::Array(values) => out.push((name.into(), values.iter().map(text).collect())),
            value => out.push((name.into(), text(value))),
        }
    }
    fn text(value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(text.clone()),
            other => Value::String(other.to_string()),
        }
    }
    let mut out = Vec::new();
    into("", members, &mut out);
    out
}
