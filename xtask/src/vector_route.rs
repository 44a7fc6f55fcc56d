//! vector-config/vector-routed.yaml: vector.yaml with a route that sends only candidates through tapsieve.
//! Knows the catalog's anchors and the configuration's marks, not what an event is.

use std::fs;

use tapsieve_detector::catalog::ANCHORS;

use crate::task::root;

/// The configuration that the routed one is made from.
const SOURCE: &str = "vector-config/vector.yaml";

/// What differs, as pairs of a text in vector.yaml and what stands in its place.
const CHANGES: [(&str, &str); 4] = [
    (
        "# Every event goes once through tapsieve: audit -> to_tapsieve -> (tapsieve serve) -> from_tapsieve -> logscale.\n",
        "# Generated from vector.yaml and the catalog by `cargo xtask tidy --bless`; edit those.\n\
         # Only events that may be about mirroring go through tapsieve, all others straight from audit to logscale.\n",
    ),
    ("    inputs: [audit]\n    uri:", "    inputs: [candidates.mirror]\n    uri:"),
    ("    inputs: [from_tapsieve]\n", "    inputs: [from_tapsieve, candidates._unmatched]\n"),
    ("transforms:\n", TRANSFORM),
];

/// The route; `CONDITION` is replaced.
const TRANSFORM: &str = r"transforms:
  # Every mirror event holds one of these texts somewhere, as a key, a value or inside a text.
  # The last alternative is for letters that are escaped in a JSON text inside a JSON text.
  candidates:
    type: route
    inputs: [audit]
    route:
      mirror: |
        match(encode_json(.), r'CONDITION')

";

/// vector-routed.yaml as it should be.
///
/// # Errors
/// vector.yaml lacks one of the texts that are replaced, or has it twice.
pub(crate) fn routed(_: &str) -> Result<String, String> {
    let source = fs::read_to_string(root().join(SOURCE)).map_err(|error| format!("{SOURCE}: {error}"))?;
    let mut routed = source;
    for (from, to) in CHANGES {
        if routed.matches(from).count() != 1 {
            return Err(format!("{SOURCE} does not have {from:?} once"));
        }
        routed = routed.replace(from, to);
    }
    Ok(routed.replace("CONDITION", &pattern()))
}

/// A regular expression that finds an anchor in an event written as JSON by a shipper, which escapes no letter itself.
///
/// A character of an anchor may be escaped in a JSON text inside a JSON text. Such events are rare, so any escape of a
/// character that anchors are made of makes an event a candidate; those that web services write (`\u003c`) do not.
fn pattern() -> String {
    let mut escapes: Vec<String> = ANCHORS
        .iter()
        .flat_map(|anchor| anchor.bytes())
        .map(|byte| if byte.is_ascii_alphabetic() { "[4-7]".to_owned() } else { format!("{byte:02x}") })
        .collect();
    escapes.sort();
    escapes.dedup();
    // A quote would end the literal that holds the pattern.
    let anchors: Vec<String> = ANCHORS
        .iter()
        .map(|anchor| {
            anchor
                .replace('\\', r"\\")
                .replace('.', r"\.")
                .replace('[', r"\[")
                .replace('}', r"\}")
                .replace('+', r"\+")
                .replace('|', r"\|")
                .replace('\'', r"\x27")
        })
        .collect();
    let anchors = anchors.join("|");
    format!(r"(?i-u:{anchors}|\\u00(?:{}))", escapes.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_need_no_escape_in_a_pattern_but_those_that_are_written() {
        for anchor in ANCHORS {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" -_%:;=.,/>[]}+&|'\"\\".contains(&byte);
            assert!(anchor.bytes().all(plain), "{anchor}");
        }
    }
}
