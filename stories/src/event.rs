//! One enriched record as an event; knows the members that tapsieve writes, in every schema it writes them.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{identity, time};

/// Longer texts are cut: what joins and what people read is shorter.
const TEXT_BYTES_MAX: usize = 512;

/// A mirror event, as far as a story needs it.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// The place of the record in whatever was read: the caller's number.
    pub at: u64,
    /// When, in milliseconds; filled in by [`crate::Stories`] where the event does not say.
    pub millis: Option<i64>,
    /// The time as the event spells it.
    pub time: Option<String>,
    /// The words of `mirror`, see docs/SCHEMAS.md.
    pub(crate) said: Said,
    /// Ids by name.
    pub(crate) resources: Vec<(String, String)>,
    /// The person behind the actor, where the record says so.
    pub(crate) person: Option<String>,
    /// Other identities that the record names.
    pub(crate) behind: Vec<String>,
    /// Approved by the policy, or by way of its target.
    pub(crate) approval: Option<String>,
}

/// The texts of `mirror` that stories use.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    pub(crate) provider: String,
    pub(crate) operation: String,
    pub(crate) kind: String,
    pub(crate) action: String,
    pub(crate) outcome: String,
    pub(crate) severity: String,
    pub(crate) raised_by: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) actor_type: Option<String>,
    pub(crate) source_ip: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) event_id: Option<String>,
    pub(crate) story: Option<String>,
}

impl Event {
    /// Reads an enriched record; None where tapsieve has not described it.
    pub fn read(record: &Value, at: u64) -> Option<Event> {
        let mirror = description(record)?;
        let text = |name: &str| mirror.get(name).and_then(Value::as_str);
        let mut said = Said::deserialize(Value::Object(texts(mirror))).ok()?;
        if said.provider.is_empty() || said.kind.is_empty() || said.action.is_empty() {
            return None;
        }
        // A device is what a cloud calls an account: what one actor works on.
        let resources: Vec<(String, String)> = mirror
            .get("resources")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, ids)| Some((name, ids.as_str()?)))
            // Several ids of one name have commas between them; a description is what somebody wrote.
            .flat_map(|(name, ids)| {
                let several = name != "description";
                ids.split(move |c| several && c == ',').map(move |id| (cut(name), cut(id)))
            })
            .collect();
        if said.account.is_none() {
            said.account =
                resources.iter().find(|(name, _)| name == "device").map(|(_, device)| device.clone());
        }
        let person = text("impersonator")
            .or_else(|| identity::declared_person(record))
            .or_else(|| said.actor.as_deref().and_then(identity::person))
            .map(cut);
        let approval = mirror.get("approved").and_then(Value::as_object).map(|approved| {
            let part = |name: &str| approved.get(name).and_then(Value::as_str);
            let name = part("name").unwrap_or("an entry of the policy");
            part("ticket").map_or(name.to_owned(), |ticket| format!("{name} ({ticket})"))
        });
        Some(Event {
            at,
            millis: None,
            time: text("time").map(cut),
            behind: identity::behind(record, said.actor.as_deref()).iter().map(|name| cut(name)).collect(),
            said,
            resources,
            person,
            approval,
        })
    }

    /// The `mirror.story` of the event.
    pub fn key(&self) -> Option<&str> {
        self.said.story.as_deref()
    }

    /// The operation as the catalog spells it.
    pub fn operation(&self) -> &str {
        &self.said.operation
    }

    /// Looks, or labels: nothing that a story would begin with.
    pub fn is_aside(&self) -> bool {
        self.said.action == "read" || self.said.kind == "tags"
    }

    pub(crate) fn failed(&self) -> bool {
        self.said.outcome == "failure"
    }

    /// Failed because there was too much at once: nobody was told no.
    pub(crate) fn throttled(&self) -> bool {
        const WORDS: [&str; 5] = ["throttl", "requestlimitexceeded", "toomanyrequests", "slowdown", "429"];
        let error = self.said.error.as_deref().unwrap_or_default().to_ascii_lowercase();
        self.failed() && WORDS.iter().any(|word| error.contains(word))
    }

    /// Takes something away.
    pub(crate) fn ends(&self) -> bool {
        matches!(&*self.said.action, "delete" | "stop")
    }

    /// Makes packets flow when it succeeds, rather than preparing for it.
    pub(crate) fn copies(&self) -> bool {
        !matches!(
            &*self.said.kind,
            "target"
                | "filter"
                | "filter_rule"
                | "tap"
                | "tags"
                | "resource_share"
                | "service"
                | "collector"
                | "deployment"
                | "deployment_group"
                | "endpoint_group"
                | "firewall_policy"
                | "security_profile"
                | "security_profile_group"
        )
    }

    pub(crate) fn id(&self, name: &str) -> Option<&str> {
        self.resources.iter().find(|(known, _)| known == name).map(|(_, id)| &**id)
    }

    /// The identity that lasts.
    pub(crate) fn actor(&self) -> Option<&str> {
        self.said.actor.as_deref().map(identity::lasting)
    }

    /// Fills in when; `last` is what was seen before, for events that do not say and for years.
    pub(crate) fn date(&mut self, last: Option<i64>) -> i64 {
        let year = last.map(time::year).or(Some(1970));
        let millis = self.millis.or_else(|| time::millis(self.time.as_deref()?, year)).or(last).unwrap_or(0);
        self.millis = Some(millis);
        millis
    }

    pub(crate) fn when(&self) -> (i64, u64) {
        (self.millis.unwrap_or(0), self.at)
    }
}

/// The object that tapsieve has written into a record.
fn description(record: &Value) -> Option<&Map<String, Value>> {
    let ours =
        |value: &'_ Value| value.get("schema").is_some_and(Value::is_number) && value.get("kind").is_some();
    for base in ["", "/event", "/fields"] {
        let Some(base) = record.pointer(base) else { continue };
        for name in ["mirror", "tapsieve"] {
            if let Some(found) = base.get(name).filter(|value| ours(value)) {
                return found.as_object();
            }
        }
    }
    let named = |item: &&Value| item.get("name").and_then(Value::as_str) == Some("mirror");
    record
        .get("enrichments")?
        .as_array()?
        .iter()
        .find(named)?
        .get("data")
        .filter(|data| ours(data))?
        .as_object()
}

/// Only the texts, so that a member of another type is absent and not an error.
fn texts(object: &Map<String, Value>) -> Map<String, Value> {
    let text = |(name, value): (&String, &Value)| Some((name.clone(), Value::from(cut(value.as_str()?))));
    object.iter().filter_map(text).collect()
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}
