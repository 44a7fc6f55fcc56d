//! The rules that keep events which cannot be about mirroring away from the module: written from the catalog.
//! Knows Fluent Bit's record accessors and regular expressions, and where sources put an event.

use std::collections::BTreeSet;

use tapsieve_detector::catalog::{ANCHORS, TABLES};

/// Fields that name an operation, as the sources spell them. A rule looks for the catalog's names in them.
///
/// An accessor cannot name a key with a dot in it, so flattened names are not seen.
/// Every rule costs every event about 25 ns: a place is here because a source or a shipper puts the name there.
const NAMES: &[&str] = &[
    "$eventName",
    "$operationName",
    "$operationName['value']",
    "$operationNameValue",
    "$OperationNameValue",
    "$operation_name",
    "$operation_name['value']",
    "$protoPayload['methodName']",
    "$eventType",
    "$trace_name",
    "$objectRef['resource']",
    "$detail['eventName']",
    "$event['eventName']",
    "$event['eventType']",
    "$Records['eventName']",
    "$data['operationName']",
];

/// Fields that hold a device's line or an event as text. A rule looks for the prefilter's anchors in them,
/// and for escapes, behind which an anchor may hide.
const TEXTS: &[&str] = &[
    "$log",
    "$message",
    "$MESSAGE",
    "$msg",
    "$_raw",
    "$CloudTrailEvent",
    "$event['original']",
    "$ident",
    "$program",
];

/// Texts in the first event of a list. A rule sees no more of a list than that, so every list goes to the module.
const FIRST: &[&str] = &[
    "$Records[0]['eventName']",
    "$Records[0]['eventSource']",
    "$records[0]['operationName']",
    "$records[0]['operationName']['value']",
    "$records[0]['category']",
    "$records[0]['time']",
    "$items[0]['auditID']",
];

/// `fluent-bit-config/filter-routed.yaml`
pub(crate) fn filter_routed(_current: &str) -> Result<String, String> {
    let mut yaml = String::from(HEAD);
    for (field, pattern) in rules() {
        yaml.push_str(&format!("        - '{} {pattern} mirror.$TAG false'\n", field.replace('\'', "''")));
    }
    yaml.push_str(TAIL);
    Ok(yaml)
}

/// Each field with the pattern that sends an event to the module.
fn rules() -> Vec<(&'static str, String)> {
    let names = format!("(?i){}", alternation(&operation_names()));
    let anchors: BTreeSet<Vec<u8>> = ANCHORS.iter().map(|anchor| lower(anchor)).collect();
    let texts = format!(r"(?i){}|\\u00", alternation(&anchors));

    let any = ".".to_owned();
    [(NAMES, names), (TEXTS, texts), (FIRST, any)]
        .into_iter()
        .flat_map(|(fields, pattern)| fields.iter().map(move |field| (*field, pattern.clone())))
        .collect()
}

/// What stands in the names by which events call the operations of the catalog: an anchor, or the whole name
/// where it holds none. Names of device commands stand in texts only.
fn operation_names() -> BTreeSet<Vec<u8>> {
    let mut names = BTreeSet::new();
    for (rows, _) in TABLES {
        for operation in rows {
            match operation.provider.name() {
                "network" | "host" => {}
                // The group of a resource stands in a field of its own.
                "kubernetes" => {
                    names.insert(distinct(operation.name.rsplit('/').next().unwrap_or_default()));
                }
                _ => {
                    names.insert(distinct(&operation.name));
                }
            }
        }
    }
    names
}

fn distinct(name: &str) -> Vec<u8> {
    let name = lower(name);
    let holds = |anchor: &Vec<u8>| name.windows(anchor.len()).any(|window| window == anchor.as_slice());
    ANCHORS.iter().map(|anchor| lower(anchor)).find(holds).unwrap_or(name)
}

fn lower(text: &str) -> Vec<u8> {
    text.to_ascii_lowercase().into_bytes()
}

/// A pattern that finds any of these texts, common beginnings written once. A text that begins with another one
/// is found by it.
fn alternation(texts: &BTreeSet<Vec<u8>>) -> String {
    let mut out = String::new();
    let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
    write_alternation(&texts, &mut out);
    out
}

/// `texts` are sorted, so those with a common first byte lie together.
fn write_alternation(texts: &[&[u8]], out: &mut String) {
    if texts.iter().any(|text| text.is_empty()) {
        return;
    }
    let groups: Vec<&[&[u8]]> = texts.chunk_by(|a, b| a[0] == b[0]).collect();
    let many = groups.len() > 1;
    if many {
        out.push_str("(?:");
    }
    for (index, group) in groups.into_iter().enumerate() {
        if index > 0 {
            out.push('|');
        }
        out.push_str(&escaped(group[0][0]));
        let rest: Vec<&[u8]> = group.iter().map(|text| &text[1..]).collect();
        write_alternation(&rest, out);
    }
    if many {
        out.push(')');
    }
}

/// One character of a pattern. A rule's parts are separated by spaces, so a space is written as a class.
fn escaped(byte: u8) -> String {
    match byte {
        b' ' => r"\s".to_owned(),
        b'\'' => "''".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"_-/%".contains(&byte) => char::from(byte).to_string(),
        byte => format!("\\{}", char::from(byte)),
    }
}

const HEAD: &str = "\
# Only events that may be about mirroring go through the module; the others stay where they are.
# Generated from the catalog by `cargo xtask tidy --bless`.
#
# A rule is: field, pattern, new tag, whether the event also goes on under its old tag.
# A rule may send an event to the module that is not about mirroring; none holds one back.
pipeline:
  filters:
    - name: rewrite_tag
      alias: tapsieve-routes
      match: 'audit.*'
      emitter_name: tapsieve-routed
      emitter_storage.type: filesystem
      emitter_mem_buf_limit: 64M
      rule:
";

const TAIL: &str = "    - name: wasm
      alias: tapsieve
      match: 'mirror.audit.*'
      wasm_path: ${TAPSIEVE_WASM}
      function_name: fluent_bit_process
      event_format: json
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_beginnings_are_written_once() {
        let texts = |texts: &[&str]| texts.iter().map(|text| lower(text)).collect();
        assert_eq!(alternation(&texts(&["a.b", "A.c", "d e"])), r"(?:a\.(?:b|c)|d\se)");
        assert_eq!(alternation(&texts(&["tap", "tapConfiguration"])), "tap");
        assert_eq!(alternation(&texts(&["one"])), "one");
    }

    #[test]
    fn a_name_with_an_anchor_is_found_by_it() {
        assert_eq!(distinct("CreateTrafficMirrorSession"), b"trafficmirr");
        assert_eq!(distinct("compute.forwardingRules.insert"), b"compute.forwardingrules.insert");
    }

    #[test]
    fn no_rule_has_a_space_too_many() {
        for (field, pattern) in rules() {
            assert!(!field.contains(' ') && !pattern.contains(' '), "{field} {pattern}");
        }
    }
}
