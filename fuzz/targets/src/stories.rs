//! Mirror events in any order, with any times, actors and ids: every event is accounted for, and what is kept is bounded.

use arbitrary::{Result, Unstructured};
use serde_json::Value;
use tapsieve_stories::{Event, Options, Stories, tell};

use crate::common::{MIRROR_EVENTS, hold};

/// Joins a sequence of events and tells of every story.
pub fn stories(bytes: &[u8]) {
    let mut from = Unstructured::new(bytes);
    let options = Options {
        window_seconds: from.int_in_range(0..=7200).unwrap_or_default(),
        stories_max: from.int_in_range(1..=8).unwrap_or(1),
        events_max: from.int_in_range(1..=6).unwrap_or(1),
        ids_max: from.int_in_range(1..=6).unwrap_or(1),
    };
    let mut stories = Stories::new(options.clone());
    let (mut added, mut told_of) = (0, 0);
    let mut closed = Vec::new();
    while let Ok(Some(event)) = next(&mut from, added) {
        added += 1;
        if let Some(number) = stories.add(event) {
            stories.news(number);
        }
        closed.extend(stories.closed());
    }
    let counts = stories.counts();
    assert_eq!((counts.events, counts.evicted), (added, closed.len() as u64));
    let open = stories.finish();
    assert!(open.len() <= options.stories_max, "{} stories are open", open.len());
    for story in open.iter().chain(&closed) {
        let kept = story.events.len() as u64;
        assert_eq!(kept + story.events_left_out, story.events_total, "the events of a story do not add up");
        assert!(story.events.len() <= options.events_max, "{kept} events are kept");
        told_of += story.events_total;
        printable(&tell::text(story, false));
        hold(serde_json::to_string(story));
    }
    assert_eq!(told_of + counts.asides + counts.repeated, added, "an event is in no story, or in two");
}

/// Nothing that an event says reaches a terminal as a control character.
fn printable(text: &str) {
    let bad = text.chars().find(|character| character.is_control() && *character != '\n');
    assert_eq!(bad, None, "{text}");
}

/// The next event; none when the bytes are used up.
fn next(from: &mut Unstructured<'_>, at: u64) -> Result<Option<Event>> {
    if from.is_empty() || at > 60 {
        return Ok(None);
    }
    let mut record = from.choose(&MIRROR_EVENTS)?.enriched.clone();
    let name = ["mirror", "tapsieve"].into_iter().find(|name| record[name].get("schema").is_some());
    if let Some(mirror) = name.and_then(|name| record[name].as_object_mut()) {
        for _ in 0..from.int_in_range(0..=3)? {
            let (member, value) = change(from)?;
            mirror.insert(member.into(), value);
        }
        if let Some(Value::Object(resources)) = mirror.get_mut("resources") {
            for id in resources.values_mut() {
                if from.ratio(1, 4)? {
                    *id = text(from)?;
                }
            }
        }
    }
    Ok(Event::read(&record, at).or_else(|| Event::read(&MIRROR_EVENTS[0].enriched, at)))
}

/// Another value for a member of `mirror`.
fn change(from: &mut Unstructured<'_>) -> Result<(&'static str, Value)> {
    Ok(match from.int_in_range(0..=3)? {
        0 => ("actor", text(from)?),
        1 => (
            "time",
            (*from.choose(&[
                "2026-03-04T09:03:07Z",
                "Mar  7 12:00:01",
                "1969-12-31T23:59:59Z",
                "9999-99-99",
                "x",
            ])?)
            .into(),
        ),
        2 => ("action", (*from.choose(&["create", "delete", "read", "start", "stop", "other"])?).into()),
        _ => (
            *from.choose(&["account", "source_ip", "story", "error", "region", "severity", "outcome"])?,
            text(from)?,
        ),
    })
}

fn text(from: &mut Unstructured<'_>) -> Result<Value> {
    const TEXTS: &[&str] =
        &["a", "b", "tms-1,tms-2", "", "\u{1b}[31m", "high", "success", "dana", "arn:aws:iam::1:user/dana"];
    if from.ratio(1, 8)? { Ok(from.arbitrary::<String>()?.into()) } else { Ok((*from.choose(TEXTS)?).into()) }
}
