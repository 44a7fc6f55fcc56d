//! The alert of the package for LogScale, run over events: as much of its query language as the alert uses.

use std::collections::BTreeMap;

use serde_json::Value;

const ALERT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../logscale/alerts/TrafficMirroring.yaml");

/// The alert, and when it last fired for each value of its throttle field.
pub(crate) struct Alert {
    /// Every event that meets all of them fires.
    conditions: Vec<Condition>,
    /// The field that is computed: its name, and the members that it has in a row.
    computed: (String, Vec<String>),
    throttle_millis: i64,
    fired: BTreeMap<String, i64>,
}

/// A member, whether it is to have one of the values or none, and the values; `*` is any.
struct Condition {
    member: String,
    wanted: bool,
    values: Vec<String>,
}

impl Alert {
    /// Reads the alert as it is in the package.
    pub(crate) fn read() -> Alert {
        let text = std::fs::read_to_string(ALERT).expect("the alert lies in logscale/alerts");
        let alert: Value = serde_yaml_ng::from_str(&text).expect("the alert is YAML");
        let text = |name: &str| alert[name].as_str().expect("a text");
        let hours: i64 = text("throttleTime").strip_suffix('h').expect("hours").parse().expect("a number");
        let (filter, group) = text("queryString").split_once("\n| groupBy(").expect("a groupBy");
        assert!(
            group.starts_with(&format!("[{}]", text("throttleField"))),
            "one row for each throttled value"
        );
        let mut conditions = Vec::new();
        let mut computed = None;
        for line in filter.lines().filter(|line| !line.starts_with("//")) {
            let line = line.strip_prefix("| ").unwrap_or(line);
            match line.split_once(" := format(") {
                Some((name, rest)) => {
                    let (_, members) = rest.split_once("field=[").expect("members");
                    computed = Some((name.to_owned(), list(members)));
                }
                None => conditions.push(condition(line)),
            }
        }
        let computed = computed.expect("a computed field");
        assert_eq!(computed.0, text("throttleField"));
        Alert { conditions, computed, throttle_millis: hours * 3_600_000, fired: BTreeMap::new() }
    }

    /// Whether the alert fires on an event, and was not throttled.
    pub(crate) fn fires(&mut self, record: &Value, millis: i64) -> bool {
        if !self.conditions.iter().all(|condition| condition.holds(record)) {
            return false;
        }
        let parts = self.computed.1.iter().map(|name| member(record, name).unwrap_or_default());
        let last = self.fired.entry(parts.collect::<Vec<_>>().join(" ")).or_insert(i64::MIN);
        let due = millis >= last.saturating_add(self.throttle_millis);
        if due {
            *last = millis;
        }
        due
    }
}

impl Condition {
    fn holds(&self, record: &Value) -> bool {
        let value = member(record, &self.member);
        let found =
            value.is_some_and(|value| self.values.iter().any(|known| known == "*" || *known == value));
        found == self.wanted
    }
}

fn condition(line: &str) -> Condition {
    let wanted = !line.starts_with('!');
    if let Some(rest) = line.trim_start_matches('!').strip_prefix("in(field=\"") {
        let (member, values) = rest.split_once("\", values=[").expect("a member and values");
        return Condition { member: member.to_owned(), wanted, values: list(values) };
    }
    match line.split(' ').collect::<Vec<_>>()[..] {
        [member, sign @ ("=" | "!="), value] => {
            Condition { member: member.to_owned(), wanted: sign == "=", values: vec![value.to_owned()] }
        }
        _ => panic!("this part of the alert is not understood: {line}"),
    }
}

/// `"a", "b"])`
fn list(text: &str) -> Vec<String> {
    let text = text.strip_suffix("])").expect("the end of a list");
    text.split(", ").map(|word| word.trim_matches('"').to_owned()).collect()
}

fn member(record: &Value, name: &str) -> Option<String> {
    match record.pointer(&format!("/{}", name.replace('.', "/")))? {
        Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    }
}
