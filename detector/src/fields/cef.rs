//! Lines of CEF and LEEF whose fields are a cloud's event: finds its name in the header or among the fields, and writes the
//! fields as an object's members. Knows both formats and the fields that all products share.

use super::Observation;
use super::schema::{Says, anew};
use crate::json::{Index, LEVELS_MAX, paths, write_string};
use alloc::string::String;
use alloc::{vec, vec::Vec};

/// Either mark begins within so many bytes of a line.
const HEADER_BYTES_MAX: usize = 512;

/// A line is not read beyond this, nor are more of its fields.
const LINE_BYTES_MAX: usize = 32 * 1024;
const FIELDS_MAX: usize = 256;

/// So many names are tried.
const NAMES_MAX: usize = 8;

/// Where a name that is tried stands among the members.
const NAME: &str = "cef.name";

/// Fields that may be the event's name.
const ACTIONS: [&str; 4] = ["act", "deviceAction", "cat", "deviceEventCategory"];

paths! {
    /// Where the formats have what; fields by a provider's own names are found as they are.
    PATHS:
    Says::Name.code() => "cef.name",
    Says::Service.code() => "destinationServiceName",
    Says::Actor.code() => "suser",
    Says::Actor.code() => "sourceUserName",
    Says::Actor.code() => "usrName",
    Says::Actor.code() => "suid",
    Says::Actor.code() => "sourceUserId",
    Says::Source.code() => "src",
    Says::Source.code() => "sourceAddress",
    Says::Agent.code() => "requestClientApplication",
    Says::Time.code() => "eventTime",
    Says::Time.code() => "rt",
    Says::Time.code() => "deviceReceiptTime",
    Says::Time.code() => "end",
    Says::Time.code() => "devTime",
    Says::EventId.code() => "externalId",
    Says::Message.code() => "reason",
    Says::Status.code() => "outcome",
    Says::Status.code() => "eventOutcome",
    Says::Resource.code() => "filePath",
    Says::Resource.code() => "resource";
}

/// Reads a line as either format.
pub fn observe_fields(line: &str) -> Option<Observation<'static>> {
    let whole = line.len();
    let line = line.get(..line.floor_char_boundary(LINE_BYTES_MAX))?;
    let bytes = line.as_bytes();
    let at = bytes.windows(4).take(HEADER_BYTES_MAX).position(|mark| matches!(mark, b"CEF:" | b"EEF:"))?;
    let is_leef = bytes.get(at) == Some(&b'E');
    let mut header = vec![];
    let mut rest = line.get(at..)?;
    // Vendor, product, version and the event's id; CEF goes on with its name and severity, LEEF 2 with a mark.
    let fields = match rest.as_bytes() {
        [_, _, _, _, b'2', ..] if is_leef => 6usize,
        _ if is_leef => 5,
        _ => 7,
    };
    while header.len() < fields {
        let end = ends(rest, '|').next()?;
        let (field, after) = rest.split_at_checked(end)?;
        header.push(plain(field));
        rest = after.get(1..)?;
    }
    let mut object = vec![b'{'];
    let mut names = vec![header.get(4), if is_leef { None } else { header.get(5) }];
    let pairs = if is_leef { leef(rest, header.get(5)) } else { cef(rest) };
    for (key, value) in &pairs {
        // The name of a field that has none of its own stands beside it.
        let label = pairs.iter().find(|(label, _)| label.strip_suffix("Label") == Some(key));
        let label = label.map(|(_, name)| name.chars().filter(|part| *part != ' ').collect::<String>());
        if object.len() > 1 {
            object.push(b',');
        }
        write_string(&mut object, label.as_deref().unwrap_or(key));
        object.push(b':');
        write_string(&mut object, value);
        if ACTIONS.contains(key) && names.len() < NAMES_MAX {
            names.push(Some(value));
        }
    }
    // Fields by a provider's own names say it themselves.
    names.push(None);
    let mut observation = names.into_iter().find_map(|name| {
        let mut object = object.clone();
        if object.len() > 1 {
            object.push(b',');
        }
        write_string(&mut object, NAME);
        object.push(b':');
        write_string(&mut object, name.map_or("", |name| name));
        object.push(b'}');
        anew(&Index::read(&object, LEVELS_MAX), PATHS)
    })?;
    observation.is_cut = line.len() < whole;
    Some(observation)
}

/// The places of a mark before which no backslash stands.
fn ends(text: &str, mark: char) -> impl Iterator<Item = usize> {
    let mut is_escaped = false;
    text.char_indices().filter_map(move |(at, character)| {
        let was = is_escaped;
        is_escaped = character == '\\' && !was;
        (character == mark && !was).then_some(at)
    })
}

/// A value without its escapes.
fn plain(text: &str) -> String {
    let mut is_escaped = false;
    text.chars()
        .filter(|character| {
            is_escaped = *character == '\\' && !is_escaped;
            !is_escaped
        })
        .collect()
}

/// The fields of CEF: a value goes on to the word before the next mark.
fn cef(text: &str) -> Vec<(&str, String)> {
    let mut pairs: Vec<(&str, String)> = vec![];
    // Where the word begins that may be a key, and the field whose value is being read.
    let (mut word, mut field, mut is_escaped) = (0usize, None, false);
    for (at, character) in text.char_indices().chain([(text.len(), '=')]) {
        let was = is_escaped;
        is_escaped = character == '\\' && !was;
        if character == ' ' {
            word = at.saturating_add(1);
        }
        let is_end = at == text.len();
        // A mark in a value has no blank between it and the mark before.
        let is_inside = field.is_some_and(|(_, start)| word < start) && !is_end;
        if character != '=' || was || is_inside || pairs.len() >= FIELDS_MAX {
            continue;
        }
        let end = if is_end { at } else { word };
        if let Some((key, start)) = field {
            pairs.push((key, plain(text.get(start..end).unwrap_or_default().trim_ascii_end())));
        }
        field = text.get(word..at).map(|key| (key, at.saturating_add(1)));
    }
    pairs
}

/// The fields of LEEF, which a tab parts or the mark that its header names.
fn leef<'t>(text: &'t str, mark: Option<&String>) -> Vec<(&'t str, String)> {
    let mark = mark.and_then(|mark| mark.chars().next()).filter(|mark| *mark != 'x').unwrap_or('\t');
    let fields = text.split(mark).filter_map(|field| field.split_once('='));
    fields.map(|(key, value)| (key.trim_ascii(), value.into())).take(FIELDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_not_read_to_its_end_is_said() {
        for (len, is_cut) in [(1, false), (LINE_BYTES_MAX, true)] {
            let name = "CreateTrafficMirrorSession";
            let line =
                std::format!("CEF:0|Amazon|CloudTrail|1|{name}|{name}|3|suser=dana msg={}", "x".repeat(len));
            assert_eq!(observe_fields(&line).map(|it| it.is_cut), Some(is_cut));
        }
    }
}
