//! Port mirroring of vSphere's distributed switches: finds the sessions in what a switch was asked for, and in what is said
//! of a change. Knows the names of the API in any case, as JSON and as vCenter prints them.

use super::{holds, named, text};
use crate::catalog::Action;
use crate::fields::pieces::pieces;
use crate::fields::{Observation, all, owned};
use crate::json::{Elements, Index, Raw, collect, joined, paths};
use alloc::vec::Vec;

/// More sessions of one event are not looked at.
const SESSIONS_MAX: usize = 64;

/// Ends where a name does.
const NAME_BYTES_MAX: usize = 256;

const SPEC: u8 = 0;
const TOLD: u8 = 1;
const ACTOR: u8 = 2;
const DEVICE: u8 = 3;
const TIME: u8 = 4;
/// In the order of [`SECTIONS`].
const DELETED: u8 = 5;
const MODIFIED: u8 = 6;
const ADDED: u8 = 7;

paths! {
    /// Of an event, and of a call.
    PATHS:
    SPEC => "configSpec.vspanConfigSpec",
    SPEC => "spec.vspanConfigSpec",
    DELETED => "configChanges.deleted",
    MODIFIED => "configChanges.modified",
    ADDED => "configChanges.added",
    TOLD => "fullFormattedMessage",
    TOLD => "text",
    ACTOR => "userName",
    ACTOR => "vc_username",
    DEVICE => "dvs.name",
    TIME => "createdTime",
    TIME => "timestamp";
}

/// What is told of a session.
const NAMES: [&str; 4] = ["session", "session_type", "destination", "source_interface"];
const OPERATION: u8 = 4;
const ENABLED: u8 = 5;

paths! {
    SESSION:
    OPERATION => "operation",
    ENABLED => "vspanSession.enabled",
    0 => "vspanSession.name",
    0 => "vspanSession.key",
    1 => "vspanSession.sessionType",
    2 => "vspanSession.destinationPort.ipAddress",
    2 => "vspanSession.destinationPort.portKey",
    2 => "vspanSession.destinationPort.uplinkPortName",
    3 => "vspanSession.sourcePortTransmitted.portKey",
    3 => "vspanSession.sourcePortReceived.portKey";
}

/// What is done to a session, from the least grave.
const OPERATIONS: [(&str, Action); 3] =
    [("remove", Action::Delete), ("edit", Action::Modify), ("add", Action::Create)];
const SECTIONS: [(&str, Action); 3] =
    [("Deleted:", Action::Delete), ("Modified:", Action::Modify), ("Added:", Action::Create)];

/// Reads an object that may be an event of vCenter, or a call to it; of several sessions the gravest.
pub fn observe_event(object: &Index<'_>) -> Option<Observation<'static>> {
    let found = collect(object, PATHS);
    let value = |code| all(&found, code).into_iter().find_map(Raw::text);
    let mut gravest: Option<Observation<'static>> = None;
    let mut add = |observation: Observation<'static>| {
        if gravest.as_ref().is_none_or(|known| known.gravity() < observation.gravity()) {
            gravest = Some(observation);
        }
    };
    for spec in all(&found, SPEC) {
        for session in Elements::new(spec.array().unwrap_or_default()).take(SESSIONS_MAX) {
            session_of(session).into_iter().for_each(&mut add);
        }
    }
    for (code, raw) in &found {
        let heading = code.checked_sub(DELETED).and_then(|at| SECTIONS.get(usize::from(at)));
        if let Some(told) = raw.text().filter(|_| heading.is_some() || *code == TOLD) {
            let told = joined(&[heading.map_or("", |(heading, _)| heading), " ", &told]);
            observe(told.as_bytes()).map(Observation::into_owned).into_iter().for_each(&mut add);
        }
    }
    let mut observation = gravest?;
    if let Some(actor) = value(ACTOR) {
        observation.actor = Some(owned(actor));
        observation.actor_type = Some("user");
    }
    observation.time = value(TIME).map(owned);
    observation.resource("device", value(DEVICE).map(owned));
    observation.outcome = crate::catalog::EventOutcome::Success;
    Some(observation)
}

fn session_of(session: Raw<'_>) -> Option<Observation<'static>> {
    let index = Index::read(session.object()?, 4);
    index.at("vspanSession").and_then(Raw::object)?;
    let parts = collect(&index, SESSION);
    let is = |code, word: &str| {
        all(&parts, code).iter().any(|raw| raw.0.eq_ignore_ascii_case(word.as_bytes()) || raw.is_word(word))
    };
    let mut observation = Observation::named(named(&[b"DvsReconfiguredEvent"])?);
    observation.action = OPERATIONS.iter().find(|(word, _)| is(OPERATION, word)).map(|(_, action)| *action);
    if observation.action == Some(Action::Modify) && is(ENABLED, "false") {
        observation.action = Some(Action::Stop);
    }
    for (code, raw) in parts {
        let Some(name) = NAMES.get(usize::from(code)) else { continue };
        let list = raw.array().map(|list| Elements::new(list).collect()).unwrap_or_else(|| Vec::from([raw]));
        for text in list.into_iter().filter_map(Raw::text) {
            match code {
                0 => observation.resource(name, Some(owned(text))),
                _ => observation.also(name, owned(text)),
            }
        }
    }
    Some(observation)
}

/// Reads what vCenter prints of a session: the gravest of what is done to one.
pub(super) fn observe(told: &[u8]) -> Option<Observation<'_>> {
    holds(told, "vspanSession").then_some(())?;
    let mut observation = Observation::named(named(&[b"DvsReconfiguredEvent"])?);
    let (mut action, mut section, mut key, mut is_told) = (None, None, &b""[..], false);
    // A key, the value behind it, the next key; of a section the heading.
    for word in pieces(told, b" \t\r\n\"\\=(),{}[]").filter(|word| !word.is_empty()) {
        let at = |list: &[(&str, Action)]| list.iter().position(|(known, _)| known.as_bytes() == word);
        section = at(&SECTIONS).or(section);
        if key == b"operation" {
            action = action.max(at(&OPERATIONS));
        } else if word.starts_with(b"config.vspanSession") {
            (action, is_told) = (action.max(section), true);
        } else if key == b"name" && word.len() < NAME_BYTES_MAX {
            observation.resource("session", text(word));
        }
        key = word;
    }
    observation.action = action.and_then(|at| OPERATIONS.get(at)).map(|(_, action)| *action);
    (is_told || action.is_some()).then_some(observation)
}
