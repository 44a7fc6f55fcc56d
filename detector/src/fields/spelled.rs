//! Events whose members a pipeline spelled in its own way: an object as JSON in a text or as Java and Athena print one, a
//! key with the type of a column behind it, the keys of objects joined by underscores, in snake case or behind a parser's
//! prefix, a list's members apart. Writes them anew in the spelling of the provider, of whose names it knows few.

use crate::fields::pieces::head;
use crate::json::{Elements, Index, Known, decode, find_either, known, write_string};
use alloc::{borrow::Cow, string::String, vec, vec::Vec};

/// Members that are objects or lists, and are read as such where they are texts.
const OBJECTS: [&str; 18] = [
    "authorization",
    "claims",
    "httpRequest",
    "identity",
    "objectRef",
    "properties",
    "request",
    "requestObject",
    "requestParameterJson",
    "requestParameters",
    "resource",
    "responseElements",
    "responseObject",
    "responseStatus",
    "sourceIPs",
    "user",
    "userIdentity",
    "protoPayload",
];

/// Under another name than its own.
const RENAMED: (&str, &str) = ("requestParameterJson", "requestParameters");

/// What stands before all keys of an event that a parser has put below its own, joined by dots.
const PREFIXES: [&str; 2] = ["Vendor.", "detail."];

/// The same of the list that files and Event Hubs keep events in, in any case, and its only element.
const RECORDS: &str = "records";
const ELEMENTS: [&str; 2] = ["[0].", "{}."];

/// The names of an event that tell that its keys are in snake case, or that all of them have an underscore before them.
const NAMES: [&str; 9] = [
    "_eventName",
    "_methodName",
    "_operationName",
    "event_name",
    "method_name",
    "operation_name",
    "operation_name_value",
    "proto_payload",
    "proto_payload_method_name",
];

/// Their signatures.
const KNOWN: Known = known(&[&NAMES]);

/// Objects whose members snake case may have joined to their names.
const JOINED: [&str; 7] = [
    "authenticationInfo",
    "httpRequest",
    "protoPayload",
    "requestMetadata",
    "requestParameters",
    "responseElements",
    "userIdentity",
];

/// What stands behind the key of a list whose members a search has put apart: `items{}.id`.
const OF_LIST: &str = "{}";

/// What columns of Log Analytics end with, by their type.
const COLUMN_TYPES: [u8; 5] = [b's', b'd', b'b', b'g', b't'];

/// Writes an object with those members behind it that are to be read in another spelling; `None` where all are as they
/// should be.
pub(super) fn anew(object: &Index<'_>) -> Option<Vec<u8>> {
    if !object.members_like(&KNOWN).any(|member| member.key().is_some_and(|key| is_snake(&key))) {
        return respelled(object);
    }
    let plain = without_underscores(object.bytes().get(..=object.end()?)?);
    let anew = respelled(&Index::read(&plain, 1));
    anew.or(Some(plain))
}

fn respelled(object: &Index<'_>) -> Option<Vec<u8>> {
    let mut out: Option<Vec<u8>> = None;
    let whole = object.bytes().get(..object.end()?)?;
    for member in object.members() {
        let spells = matches!(member.value.0, [b'"', b'{' | b'[' | b' ' | b'\\', ..]);
        // Nearly every member ends here.
        if !spells && member.plain_key().is_some_and(|key| find_either(key, 0, b'_', b'{').is_none()) {
            continue;
        }
        let Some(key) = member.key() else { continue };
        let key = core::str::from_utf8(&key).unwrap_or_default();
        let renamed = renamed(key);
        let name = renamed.as_deref().unwrap_or(key);
        let brace = name.bytes().position(|byte| byte == b'{').and_then(|brace| name.split_at_checked(brace));
        let listed = brace.and_then(|(list, inner)| Some((list, inner.strip_prefix(OF_LIST)?)));
        let value = match (listed, spells && is_object(name.as_bytes())) {
            (Some((_, inner)), _) => Some(element(inner, member.value.0)),
            (None, true) => member.value.string().and_then(object_in),
            (None, false) => None,
        };
        if renamed.is_none() && value.is_none() {
            continue;
        }
        let name = listed.map_or(name, |(list, _)| list);
        let name = if name.eq_ignore_ascii_case(RENAMED.0) { RENAMED.1 } else { name };
        // Of members with the same key the last counts.
        let out = out.get_or_insert_with(|| whole.to_vec());
        out.push(b',');
        write_string(out, name);
        out.push(b':');
        out.extend_from_slice(value.as_deref().unwrap_or(member.value.0));
    }
    out.as_mut()?.push(b'}');
    out
}

/// The list that has a member of an element, or an element, alone.
fn element(path: &str, value: &[u8]) -> Vec<u8> {
    let mut out = vec![b'['];
    match path.strip_prefix('.') {
        Some(key) => {
            out.push(b'{');
            write_string(&mut out, key);
            out.push(b':');
            out.extend_from_slice(value);
            out.push(b'}');
        }
        None => out.extend_from_slice(value),
    }
    out.push(b']');
    out
}

/// Whether a key is the name of an event in snake case, or begins with it.
fn is_snake(key: &[u8]) -> bool {
    let first = head(key, b'.');
    NAMES.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(first))
}

/// JSON with the underscores of all keys left out, and a dot behind the name of an object that a key goes on from.
fn without_underscores(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut start, mut is_inside, mut is_escaped) = (0usize, false, false);
    for (at, byte) in json.iter().enumerate() {
        out.push(*byte);
        if *byte == b'"' && !is_escaped {
            let rest = json.get(at.saturating_add(1)..).unwrap_or_default();
            if is_inside && rest.trim_ascii_start().starts_with(b":") {
                let key = out.get(start..out.len().saturating_sub(1)).and_then(decode);
                if let Some(plain) = key.and_then(|key| plain_key(&key)) {
                    out.truncate(start.saturating_sub(1));
                    write_string(&mut out, &plain);
                }
            }
            is_inside = !is_inside;
            start = out.len();
        }
        is_escaped = *byte == b'\\' && is_inside && !is_escaped;
    }
    out
}

/// A key in snake case without its underscores; `None` where it has none.
fn plain_key(key: &str) -> Option<String> {
    key.as_bytes().contains(&b'_').then_some(())?;
    let (mut plain, mut start) = (String::new(), 0usize);
    for part in key.chars().filter(|part| *part != '_') {
        let is_object =
            |known: &&str| plain.get(start..).is_some_and(|name| name.eq_ignore_ascii_case(known));
        if part != '.' && JOINED.iter().any(is_object) {
            plain.push('.');
            start = plain.len();
        }
        plain.push(part);
    }
    Some(plain)
}

/// A key without what a pipeline made of it.
fn renamed(key: &str) -> Option<Cow<'_, str>> {
    let mut rest = PREFIXES.iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(key);
    if let Some((records, inner)) = rest.split_at_checked(RECORDS.len())
        && records.eq_ignore_ascii_case(RECORDS)
    {
        rest = ELEMENTS.iter().find_map(|element| inner.strip_prefix(element)).unwrap_or(rest);
    }
    if rest.len() < key.len() {
        return Some(Cow::Borrowed(rest));
    }
    let plain = match key.as_bytes() {
        [.., letter, b'_', kind] if letter.is_ascii_alphanumeric() && COLUMN_TYPES.contains(kind) => {
            key.get(..key.len().saturating_sub(2))?
        }
        _ => key,
    };
    let first = plain.as_bytes().iter().position(|byte| *byte == b'_');
    match first.and_then(|end| plain.as_bytes().get(..end)).is_some_and(is_object) {
        true => {
            let bytes = plain.bytes().map(|byte| if byte == b'_' { b'.' } else { byte });
            String::from_utf8(bytes.collect()).ok().map(Cow::Owned)
        }
        false => (plain.len() < key.len()).then_some(Cow::Borrowed(plain)),
    }
}

fn is_object(name: &[u8]) -> bool {
    OBJECTS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

/// The JSON of an object or a list that a text spells.
pub(super) fn object_in(text: Cow<'_, str>) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let mut elements = Elements::new(text.as_bytes());
    let is_list = elements.by_ref().count() > 0 && elements.ended() && text.ends_with(']');
    match is_list || Index::read(text.as_bytes(), 1).is_whole() {
        true => Some(text.as_bytes().to_vec()),
        false => printed(text),
    }
}

/// The JSON of an object as Java prints one: `{Name=value, Inner={Id=tms-1}, List=[a, b]}`. A value may be JSON itself.
fn printed(text: &str) -> Option<Vec<u8>> {
    let mut out = vec![];
    let mut rest = text.strip_prefix('{')?;
    out.push(b'{');
    let mut depth = 1usize;
    while depth > 0 {
        while let Some(after) = rest.strip_prefix(' ').or_else(|| rest.strip_prefix(',')) {
            rest = after;
        }
        if let Some(after) = rest.strip_prefix('}') {
            (rest, depth) = (after, depth.saturating_sub(1));
            out.push(b'}');
            continue;
        }
        if !out.ends_with(b"{") {
            out.push(b',');
        }
        let (key, value) = rest.split_once('=')?;
        write_string(&mut out, key);
        out.push(b':');
        // JSON, an inner object, or anything up to the next key or the end.
        let json = Index::read(value.as_bytes(), 1)
            .end()
            .and_then(|end| value.split_at_checked(end.saturating_add(1)));
        rest = match (json, value.strip_prefix('{')) {
            (Some((json, after)), _) if json.starts_with("{\"") => {
                out.extend_from_slice(json.as_bytes());
                after
            }
            (_, Some(inner)) => {
                out.push(b'{');
                depth = depth.saturating_add(1);
                inner
            }
            _ => {
                let (scalar, after) = value.split_at_checked(value_len(value))?;
                if scalar == "null" {
                    out.extend_from_slice(scalar.as_bytes());
                } else {
                    write_string(&mut out, scalar);
                }
                after
            }
        };
    }
    rest.is_empty().then_some(out)
}

/// How long a value is that ends before a brace that closes or before `, key=`; commas may stand in it.
fn value_len(value: &str) -> usize {
    let mut end = value.len();
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            b'}' => return at,
            b'=' if end < value.len() => return end,
            b',' => end = at,
            _ => {}
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: Option<Vec<u8>>) -> Option<String> {
        bytes.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn printed_objects_are_read() {
        for (print, json) in [
            ("{}", Some("{}")),
            ("{a=1}", Some(r#"{"a":"1"}"#)),
            ("{a={b=x, c=y, z}, d=null}", Some(r#"{"a":{"b":"x","c":"y, z"},"d":null}"#)),
            (r#"{a={"b":[1,{"c":"}"}]}, d=e=f}"#, Some(r#"{"a":{"b":[1,{"c":"}"}]},"d":"e=f"}"#)),
            ("{a=[x, y], b={}, c=}", Some(r#"{"a":"[x, y]","b":{},"c":""}"#)),
            ("{a=\"}", Some(r#"{"a":"\""}"#)),
            ("{a=1", None),
            ("{a=1}}", None),
            ("{a}", None),
        ] {
            assert_eq!(text(printed(print)).as_deref(), json, "{print}");
        }
    }

    #[test]
    fn a_text_is_an_object_a_list_with_something_in_it_or_neither() {
        for (spelled, json) in [
            ("[1, 2]", Some("[1, 2]")),
            (r#" {"a":1} "#, Some(r#"{"a":1}"#)),
            ("{a=1}", Some(r#"{"a":"1"}"#)),
            ("[]", None),
            ("x]", None),
            ("[1", None),
        ] {
            assert_eq!(text(object_in(Cow::Borrowed(spelled))).as_deref(), json, "{spelled}");
        }
    }

    #[test]
    fn keys_are_freed_of_what_was_made_of_them() {
        for (key, plain) in [
            ("Vendor.eventName", Some("eventName")),
            ("eventName_s", Some("eventName")),
            ("identity_claims_appid", Some("identity.claims.appid")),
            ("protoPayload_methodName_s", Some("protoPayload.methodName")),
            ("eventName", None),
            ("resource_group_name", Some("resource.group.name")),
            ("user_s", Some("user")),
            ("_s", None),
            ("is_b", Some("is")),
            ("Records{}.eventName", Some("eventName")),
            ("Vendor.records[0].operationName", Some("operationName")),
            ("records", None),
            ("event_type", None),
            ("event_x", None),
            ("name__s", None),
        ] {
            assert_eq!(renamed(key).as_deref(), plain, "{key}");
        }
    }

    #[test]
    fn snake_case_is_told_by_a_name() {
        for (key, is) in [
            ("event_name", true),
            ("_eventName", true),
            ("OPERATION_NAME.value", true),
            ("eventName", false),
            ("event_names", false),
            ("event_names.x", false),
        ] {
            assert_eq!(is_snake(key.as_bytes()), is, "{key}");
        }
    }

    #[test]
    fn keys_lose_their_underscores_and_texts_keep_them() {
        for (snake, plain) in [
            (r#"{"a_b" : "c_d", "e_":{"\"_f":[{"g_h":1}]}}"#, r#"{"ab" : "c_d", "e":{"\"f":[{"gh":1}]}}"#),
            (r#"{"user_identity_type":1,"user_agent":2}"#, r#"{"userIdentity.type":1,"useragent":2}"#),
            (
                r#"{"proto_payload_request_metadata_caller_ip":1}"#,
                r#"{"protopayload.requestmetadata.callerip":1}"#,
            ),
            (
                r#"{"user_identity":{"principal_id":1},"x_\\":""}"#,
                r#"{"useridentity":{"principalid":1},"x\\":""}"#,
            ),
        ] {
            let plain_case = |text: &str| text.to_ascii_lowercase();
            let out = String::from_utf8(without_underscores(snake.as_bytes())).unwrap();
            assert_eq!(plain_case(&out), plain_case(plain), "{snake}");
        }
    }
}
