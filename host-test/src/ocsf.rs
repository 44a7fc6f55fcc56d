//! Holds an event against the definitions of OCSF's API Activity, which stand in tests/schemas as the schema's own
//! repository has them: attributes, types, values of enumerations, what is required.

use std::fs;
use std::net::IpAddr;

use serde_json::Value;

use crate::root;

/// What an OCSF event breaks, if anything.
///
/// # Errors
/// The first attribute that is missing, unknown or of another type, by its path.
pub fn validate(event: &Value) -> Result<(), String> {
    let path = root().join("tests/schemas/ocsf-api-activity.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let definitions: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let metadata = &event["metadata"];
    if metadata["version"] != definitions["version"] {
        return Err(format!("metadata.version: {}", metadata["version"]));
    }
    let in_force = |profile: &Value| {
        profile.is_null()
            || metadata["profiles"].as_array().is_some_and(|profiles| profiles.contains(profile))
    };
    let class = &definitions["class"];
    for (name, attribute) in members(&class["attributes"]) {
        if !in_force(&attribute["profile"]) && event.get(name).is_some() {
            return Err(format!("{name}: its profile is not named"));
        }
    }
    let (activity, r#type) = (event["activity_id"].as_u64(), event["type_uid"].as_u64());
    if activity.map(|activity| 600_300 + activity) != r#type {
        return Err(format!("type_uid: {type:?} with activity_id {activity:?}"));
    }
    object(&definitions["objects"], class, event, "", &in_force)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn object(
    objects: &Value,
    definition: &Value,
    value: &Value,
    path: &str,
    in_force: &dyn Fn(&Value) -> bool,
) -> Result<(), String> {
    let attributes = &definition["attributes"];
    for (name, attribute) in members(attributes) {
        if attribute["required"] == true && in_force(&attribute["profile"]) && value.get(name).is_none() {
            return Err(format!("{path}{name}: is required"));
        }
    }
    if let Some(names) = definition["at_least_one"].as_array()
        && !names.iter().filter_map(Value::as_str).any(|name| value.get(name).is_some())
    {
        return Err(format!("{path}: has none of {names:?}"));
    }
    for (name, value) in members(value) {
        let path = format!("{path}{name}");
        let attribute = attributes.get(name).ok_or_else(|| format!("{path}: no such attribute"))?;
        let values = match (attribute["is_array"] == true, value) {
            (true, Value::Array(values)) => values.as_slice(),
            (true, _) => return Err(format!("{path}: no list")),
            (false, value) => std::slice::from_ref(value),
        };
        for value in values {
            typed(objects, attribute, value, &path, in_force)?;
        }
    }
    Ok(())
}

fn typed(
    objects: &Value,
    attribute: &Value,
    value: &Value,
    path: &str,
    in_force: &dyn Fn(&Value) -> bool,
) -> Result<(), String> {
    let name = attribute["type"].as_str().unwrap_or_default();
    let fits = match name {
        "integer_t" | "long_t" | "timestamp_t" => value.is_i64() || value.is_u64(),
        "ip_t" => value.as_str().is_some_and(|text| text.parse::<IpAddr>().is_ok()),
        "boolean_t" => value.is_boolean(),
        "string_t" | "username_t" | "resource_uid_t" => value.is_string(),
        "json_t" => true,
        // An object without attributes of its own: anything may be in it.
        "object" => return if value.is_object() { Ok(()) } else { Err(format!("{path}: no object")) },
        _ => {
            let definition =
                objects.get(name).ok_or_else(|| format!("{path}: type {name} is not defined"))?;
            return object(objects, definition, value, &format!("{path}."), in_force);
        }
    };
    let listed = attribute["enum"].as_array().is_none_or(|values| values.contains(value));
    if fits && listed { Ok(()) } else { Err(format!("{path}: {value} is no {name} of its values")) }
}

/// The record stands in `unmapped` byte for byte, and the event around it is valid.
///
/// # Errors
/// What does not hold.
pub fn wrapped(record: &[u8], written: &[u8]) -> Result<(), String> {
    let original = record.trim_ascii_end();
    // A header before the object stands in another member.
    let ends =
        |object: &[u8]| written.trim_ascii_end().ends_with(&[br#""unmapped":"#, object, b"}"].concat());
    let is_behind_header =
        |(at, byte): (usize, &u8)| *byte == b'{' && ends(original.get(at..).unwrap_or_default());
    let header_is_there = || written.windows(11).any(|window| window == br#""raw_data":"#);
    if !(ends(original) || header_is_there() && original.iter().enumerate().any(is_behind_header)) {
        return Err("the record is not all there".into());
    }
    // What is no JSON to a strict reader stays so inside.
    match serde_json::from_slice(written) {
        Ok(event) => validate(&event),
        Err(_) if serde_json::from_slice::<Value>(record).is_err() => Ok(()),
        Err(error) => Err(format!("the event is not JSON: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> Value {
        json!({
            "category_uid": 6, "class_uid": 6003, "activity_id": 1, "type_uid": 600_301, "severity_id": 4, "time": 1,
            "metadata": {"version": "1.6.0", "profiles": ["cloud"], "product": {"name": "tapsieve"}},
            "api": {"operation": "x"}, "actor": {"user": {"name": "x"}}, "src_endpoint": {"ip": "192.0.2.1"},
            "cloud": {"provider": "aws"},
        })
    }

    #[test]
    fn the_least_event_is_valid_and_less_is_not() {
        assert_eq!(validate(&event()), Ok(()));
        for name in event().as_object().into_iter().flatten().map(|(name, _)| name) {
            let mut less = event();
            less.as_object_mut().map(|members| members.remove(name));
            assert!(validate(&less).is_err(), "{name}");
        }
    }

    #[test]
    fn what_breaks_a_definition_is_found() {
        for (pointer, value) in [
            ("/severity_id", json!(7)),
            ("/time", json!("now")),
            ("/src_endpoint", json!({"ip": "config.amazonaws.com"})),
            ("/src_endpoint", json!({"port": 1})),
            ("/actor/user", json!({"nickname": "x"})),
            ("/type_uid", json!(600_302)),
            ("/metadata/profiles", json!([])),
            ("/metadata/version", json!("1.0.0")),
        ] {
            let mut broken = event();
            *broken.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
            assert!(validate(&broken).is_err(), "{pointer}");
        }
    }
}
