//! The seed's LogScale query, transcribed line by line, and the documented differences from it.
//! Knows nothing of the detector: it is the yardstick of the seed law, see docs/SEED.md.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// The query as a Vector user would write it: adds the columns to an event that it selects, and says whether it did.
pub const SEED_VRL: &str = include_str!("seed.vrl");

/// The columns of the query's `table()`; `None` is an empty cell.
#[derive(Debug, PartialEq, Eq, Clone, Default)]
pub struct Columns {
    /// `ResolvedEventName`
    pub resolved_event_name: Option<String>,
    /// `mirrorAction`
    pub mirror_action: Option<String>,
    /// `ActorIdentity`
    pub actor_identity: Option<String>,
    /// `SourceIP`
    pub source_ip: Option<String>,
    /// `awsRegion`
    pub aws_region: Option<String>,
    /// `resourceGroupName`
    pub resource_group_name: Option<String>,
}

/// Names of the columns in the order of [`Columns::cells`].
pub const COLUMN_NAMES: [&str; 6] =
    ["ResolvedEventName", "mirrorAction", "ActorIdentity", "SourceIP", "awsRegion", "resourceGroupName"];

impl Columns {
    /// The cells in the order of [`COLUMN_NAMES`].
    pub fn cells(&self) -> [Option<&str>; 6] {
        [
            self.resolved_event_name.as_deref(),
            self.mirror_action.as_deref(),
            self.actor_identity.as_deref(),
            self.source_ip.as_deref(),
            self.aws_region.as_deref(),
            self.resource_group_name.as_deref(),
        ]
    }

    /// The columns as they stand at the top level of a record.
    pub fn at_top_level(record: &Value) -> Self {
        let cell = |name: &str| record.get(name).and_then(cell_text);
        Self {
            resolved_event_name: cell("ResolvedEventName"),
            mirror_action: cell("mirrorAction"),
            actor_identity: cell("ActorIdentity"),
            source_ip: cell("SourceIP"),
            aws_region: cell("awsRegion"),
            resource_group_name: cell("resourceGroupName"),
        }
    }
}

struct Query {
    event_name: Regex,
    operation_name: Regex,
    method_name: Regex,
    creation: Regex,
    modification: Regex,
    deletion: Regex,
    write: Regex,
}

static QUERY: LazyLock<Query> = LazyLock::new(|| {
    let regex = |pattern| Regex::new(pattern).expect("a pattern of the seed");
    Query {
        event_name: regex(
            r"(?i)CreateTrafficMirrorSession|CreateTrafficMirrorTarget|CreateTrafficMirrorFilter|ModifyTrafficMirrorSession|ModifyTrafficMirrorFilterRule|DeleteTrafficMirrorSession",
        ),
        operation_name: regex(r"(?i)virtualNetworkTaps/write|tapConfigurations/write"),
        method_name: regex(r"(?i)insertPacketMirroring|patchPacketMirroring|deletePacketMirroring"),
        creation: regex(r"(?i)Create|Insert"),
        modification: regex(r"(?i)Modify|Patch|Update"),
        deletion: regex(r"(?i)Delete"),
        write: regex(r"(?i)write"),
    }
});

/// The row that the seed's query shows for a record, or `None` when it does not select it.
pub fn seed_row(record: &Value) -> Option<Columns> {
    let fields = log_scale_fields(record);
    let field = |name: &str| fields.get(name).map(String::as_str);
    let matches = |name: &str, pattern: &Regex| field(name).is_some_and(|text| pattern.is_match(text));
    let query = &*QUERY;

    let selected = matches("eventName", &query.event_name)
        || matches("operationName", &query.operation_name)
        || matches("protoPayload.methodName", &query.method_name);
    if !selected {
        return None;
    }

    let mirror_action = if matches("eventName", &query.creation) {
        "Creation"
    } else if matches("eventName", &query.modification) {
        "Modification"
    } else if matches("eventName", &query.deletion) {
        "Deletion"
    } else if matches("operationName", &query.write) {
        "Creation/Modification"
    } else {
        "Other"
    };

    // coalesce() passes over empty text, by its default `ignoreEmpty=true`.
    let coalesce = |names: [&str; 3]| {
        names.into_iter().filter_map(field).find(|text| !text.is_empty()).map(str::to_owned)
    };
    Some(Columns {
        mirror_action: Some(mirror_action.to_owned()),
        actor_identity: coalesce([
            "userIdentity.arn",
            "caller",
            "protoPayload.authenticationInfo.principalEmail",
        ]),
        source_ip: coalesce(["sourceIPAddress", "callerIpAddress", "protoPayload.requestMetadata.callerIp"]),
        resolved_event_name: coalesce(["eventName", "operationName", "protoPayload.methodName"]),
        aws_region: field("awsRegion").map(str::to_owned),
        resource_group_name: field("resourceGroupName").map(str::to_owned),
    })
}

/// The fields that LogScale's parseJson() makes of a record: nested members joined by dots, every value a text,
/// null the text `null` (its default `handleNull=keep`).
pub fn log_scale_fields(record: &Value) -> BTreeMap<String, String> {
    fn walk(name: String, value: &Value, fields: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                    walk(name, member, fields);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(format!("{name}[{index}]"), item, fields);
                }
            }
            scalar => {
                fields.insert(name, cell_text(scalar).unwrap_or_default());
            }
        }
    }
    let mut fields = BTreeMap::new();
    walk(String::new(), record, &mut fields);
    fields
}

fn cell_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(_) | Value::Array(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

/// One record that the seed selects, seen by both sides.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The record before processing.
    pub record: &'a Value,
    /// The seed's row.
    pub seed: &'a Columns,
    /// Whether the record was detected: enriched now, or by an earlier hop.
    pub detected: bool,
    /// The columns as they stand in the record after processing.
    pub ours: &'a Columns,
}

/// One difference that docs/SEED.md allows.
pub struct Difference {
    /// Its id in docs/SEED.md.
    pub id: &'static str,
    /// `None`: the record is not detected. Otherwise the index into [`COLUMN_NAMES`] of a cell that differs.
    explains: fn(&Comparison<'_>, Option<usize>) -> bool,
}

const MIRROR_ACTION: usize = 1;

/// Every difference that docs/SEED.md allows, each a checked predicate.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        id: "whole-name",
        explains: |comparison, cell| {
            let fields = log_scale_fields(comparison.record);
            cell.is_none()
                && !["eventName", "operationName", "protoPayload.methodName"]
                    .iter()
                    .any(|name| fields.get(*name).is_some_and(|text| is_whole_name(text)))
        },
    },
    Difference {
        id: "other-vendor",
        explains: |comparison, cell| cell.is_none() && names_another_service(comparison.record),
    },
    Difference {
        id: "gcp-classified",
        explains: |comparison, cell| {
            let fields = log_scale_fields(comparison.record);
            let method = fields.get("protoPayload.methodName").map(|name| name.to_ascii_lowercase());
            let method = method.unwrap_or_default();
            let expected = ["insert", "patch", "delete"]
                .into_iter()
                .zip(["Creation", "Modification", "Deletion"])
                .find(|(verb, _)| {
                    let name = format!("{verb}packetmirroring");
                    // A rule of a firewall policy has a name that the seed's pattern is a part of.
                    method.ends_with(&name) || method.ends_with(&format!("{name}rule"))
                });
            cell == Some(MIRROR_ACTION)
                && comparison.seed.mirror_action.as_deref() == Some("Other")
                && expected
                    .is_some_and(|(_, action)| comparison.ours.mirror_action.as_deref() == Some(action))
        },
    },
    Difference {
        id: "empty-cell-filled",
        explains: |comparison, cell| {
            cell.is_some_and(|cell| {
                comparison.seed.cells()[cell].is_none_or(str::is_empty)
                    && comparison.ours.cells()[cell].is_some()
            })
        },
    },
    Difference {
        id: "null-is-absent",
        explains: |comparison, cell| cell.is_some_and(|cell| comparison.seed.cells()[cell] == Some("null")),
    },
    Difference {
        id: "existing-column",
        explains: |comparison, cell| {
            cell.is_some_and(|cell| {
                Columns::at_top_level(comparison.record).cells()[cell] == comparison.ours.cells()[cell]
                    && comparison.record.get(COLUMN_NAMES[cell]).is_some()
            })
        },
    },
];

/// Holds the seed law against one comparison and returns the ids of the differences that it needed.
///
/// # Errors
/// What differs and is not allowed.
pub fn check_seed_law(comparison: &Comparison<'_>) -> Result<Vec<&'static str>, String> {
    let explain = |cell| DIFFERENCES.iter().find(|difference| (difference.explains)(comparison, cell));
    if !comparison.detected {
        return match explain(None) {
            Some(difference) => Ok(vec![difference.id]),
            None => Err("the seed selects it, tapsieve does not detect it".into()),
        };
    }
    let mut needed = Vec::new();
    for (cell, name) in COLUMN_NAMES.iter().enumerate() {
        let (seed, ours) = (comparison.seed.cells()[cell], comparison.ours.cells()[cell]);
        if seed == ours {
            continue;
        }
        match explain(Some(cell)) {
            Some(difference) => needed.push(difference.id),
            None => return Err(format!("{name}: the seed has {seed:?}, tapsieve has {ours:?}")),
        }
    }
    Ok(needed)
}

/// Whether a text is, in any case, one whole operation name that the seed's patterns mean.
fn is_whole_name(text: &str) -> bool {
    const WHOLE_NAMES: [&str; 12] = [
        "CreateTrafficMirrorFilter",
        "CreateTrafficMirrorFilterRule",
        "CreateTrafficMirrorSession",
        "CreateTrafficMirrorTarget",
        "DeleteTrafficMirrorSession",
        "ModifyTrafficMirrorFilterRule",
        "ModifyTrafficMirrorSession",
        "Microsoft.Network/networkInterfaces/tapConfigurations/write",
        "Microsoft.Network/virtualNetworkTaps/write",
        "deletePacketMirroring",
        "insertPacketMirroring",
        "patchPacketMirroring",
    ];
    WHOLE_NAMES.iter().any(|name| name.eq_ignore_ascii_case(text))
}

/// Whether the record names a service, and it is not the one whose operations the seed lists.
fn names_another_service(record: &Value) -> bool {
    let fields = log_scale_fields(record);
    let named = |name: &str, ours: &str| {
        fields.get(name).is_some_and(|service| !service.is_empty() && !service.eq_ignore_ascii_case(ours))
    };
    named("eventSource", "ec2.amazonaws.com")
        || fields.contains_key("serviceName")
        || named("protoPayload.serviceName", "compute.googleapis.com")
}

/// Whether a record carries the description of an earlier hop, as an object or with its keys joined.
pub fn is_described(record: &Value) -> bool {
    ["mirror", "tapsieve"]
        .iter()
        .any(|name| record[name].get("schema").is_some() || record.get(format!("{name}.schema")).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(record: &str) -> Option<Columns> {
        seed_row(&serde_json::from_str(record).expect("JSON"))
    }

    #[test]
    fn the_query_reads_as_in_the_seed() {
        let table = [
            (r#"{"eventName":"createtrafficmirrorsession"}"#, Some("Creation")),
            (r#"{"eventName":"XModifyTrafficMirrorFilterRuleY"}"#, Some("Modification")),
            (r#"{"eventName":"DeleteTrafficMirrorSession"}"#, Some("Deletion")),
            (r#"{"eventName":"DeleteTrafficMirrorTarget"}"#, None),
            (
                r#"{"operationName":"MICROSOFT.NETWORK/VIRTUALNETWORKTAPS/WRITE"}"#,
                Some("Creation/Modification"),
            ),
            (r#"{"protoPayload":{"methodName":"insertPacketMirroring"}}"#, Some("Other")),
            (r#"{"protoPayload.methodName":"insertPacketMirroring"}"#, Some("Other")),
            (r#"{"protoPayload":{"methodName":"v1.compute.packetMirrorings.insert"}}"#, None),
            (r#"{"detail":{"eventName":"CreateTrafficMirrorSession"}}"#, None),
        ];
        for (record, action) in table {
            assert_eq!(row(record).and_then(|row| row.mirror_action).as_deref(), action, "{record}");
        }
    }

    #[test]
    fn coalesce_passes_over_empty_text_and_keeps_null_as_text() {
        let record = r#"{"eventName":"CreateTrafficMirrorSession","userIdentity":{"arn":""},"caller":"c",
                         "sourceIPAddress":null,"callerIpAddress":"192.0.2.1"}"#;
        let row = row(record).expect("selected");
        assert_eq!(row.actor_identity.as_deref(), Some("c"));
        assert_eq!(row.source_ip.as_deref(), Some("null"));
    }
}
