//! The rows of one provider, packed at compile time: what a name has in common with the one before it is not stored
//! again. Knows how to find a name, not what it means.

use super::{Action, Kind, Operation, Provider, Requires, Severity, Technique};
use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};

/// One provider's operations, sorted by name without regard to case.
#[derive(Debug)]
pub struct Table {
    /// Who offers them.
    pub provider: Provider,
    /// Row after row: how much of the name before is kept, how many bytes follow, those bytes, three bytes of facts.
    pub packed: &'static [u8],
}

/// Bytes of a row besides its name.
const FACTS: usize = 5;

/// How many bytes [`pack`] needs.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub(super) const fn packed_len(rows: &[Operation]) -> usize {
    let (mut len, mut at) = (0, 0);
    while at < rows.len() {
        len += FACTS + name(&rows[at]).len() - shared(rows, at);
        at += 1;
    }
    len
}

/// Packs rows.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub(super) const fn pack<const N: usize>(rows: &[Operation]) -> [u8; N] {
    let mut out = [0; N];
    let (mut end, mut at) = (0, 0);
    while at < rows.len() {
        let row = &rows[at];
        let (text, kept) = (name(row), shared(rows, at));
        assert!(text.len() < 256, "too long a name");
        out[end] = kept as u8;
        out[end + 1] = (text.len() - kept) as u8;
        end += 2;
        let mut next = kept;
        while next < text.len() {
            out[end] = text[next];
            end += 1;
            next += 1;
        }
        out[end] = row.kind as u8;
        out[end + 1] = row.action as u8 | (row.severity as u8) << 3 | (row.technique as u8) << 6;
        out[end + 2] = row.requires as u8;
        end += 3;
        at += 1;
    }
    out
}

#[expect(clippy::panic, reason = "runs at compile time")]
const fn name(row: &Operation) -> &[u8] {
    match &row.name {
        Cow::Borrowed(name) => name.as_bytes(),
        Cow::Owned(_) => panic!("a row with a name that is not a literal"),
    }
}

/// How many bytes a name has in common with the one before it.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn shared(rows: &[Operation], at: usize) -> usize {
    if at == 0 {
        return 0;
    }
    let (before, name) = (name(&rows[at - 1]), name(&rows[at]));
    let mut same = 0;
    while same < before.len() && same < name.len() && before[same] == name[same] {
        same += 1;
    }
    same
}

impl Table {
    /// All rows, for those whose names are patterns.
    pub fn rows(&self) -> Vec<Operation> {
        let (mut packed, mut name, mut rows) = (self.packed, Vec::new(), Vec::new());
        while let [kept, len, rest @ ..] = packed {
            let (suffix, rest) = rest.split_at_checked(usize::from(*len)).unwrap_or_default();
            let [kind, facts, requires, rest @ ..] = rest else { break };
            packed = rest;
            name.truncate(usize::from(*kept));
            name.extend_from_slice(suffix);
            rows.extend(self.row(name.clone(), [*kind, *facts, *requires]));
        }
        rows
    }

    fn row(&self, name: Vec<u8>, [kind, facts, requires]: [u8; 3]) -> Option<Operation> {
        Some(Operation {
            name: Cow::Owned(String::from_utf8(name).ok()?),
            provider: self.provider,
            action: *Action::ALL.get(usize::from(facts & 7))?,
            kind: *Kind::ALL.get(usize::from(kind))?,
            severity: *Severity::ALL.get(usize::from(facts >> 3 & 7))?,
            technique: *Technique::ALL.get(usize::from(facts >> 6))?,
            requires: *Requires::ALL.get(usize::from(requires))?,
        })
    }

    /// Finds an operation by its whole name, without regard to ASCII case.
    pub fn find(&self, wanted: &str) -> Option<Operation> {
        let (mut packed, mut matched) = (self.packed, 0usize);
        let mut spelled = Vec::new();
        while let [kept, len, rest @ ..] = packed {
            let kept = usize::from(*kept);
            let (suffix, rest) = rest.split_at_checked(usize::from(*len))?;
            let [kind, facts, requires, rest @ ..] = rest else { return None };
            packed = rest;
            // Where the name before already went another way, one that keeps more of it does too.
            if kept > matched {
                continue;
            }
            let left = wanted.as_bytes().get(kept..).unwrap_or_default();
            let same = suffix.iter().zip(left).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
            matched = kept.saturating_add(same);
            spelled.truncate(kept);
            spelled.extend_from_slice(suffix.get(..same).unwrap_or_default());
            if same == suffix.len() && matched == wanted.len() {
                return self.row(spelled, [*kind, *facts, *requires]);
            }
        }
        None
    }
}

/// Orders names without regard to ASCII case.
pub fn compare(a: &str, b: &str) -> core::cmp::Ordering {
    a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;
    use std::string::{String, ToString};

    const ALL: [(&Table, &[Operation]); 13] = [
        (AWS, aws::ROWS),
        (AZURE, azure::ROWS),
        (GCP, gcp::ROWS),
        (OCI, oci::ROWS),
        (ALIBABA, alibaba::ROWS),
        (HUAWEI, huawei::ROWS),
        (TENCENT, tencent::ROWS),
        (KUBERNETES, kubernetes::ROWS),
        (NETWORK, network::ROWS),
        (CISCO, cisco::ROWS),
        (JUNOS, junos::ROWS),
        (SWITCH, switch::ROWS),
        (HOST, host::ROWS),
    ];

    fn rows() -> impl Iterator<Item = &'static Operation> {
        ALL.iter().flat_map(|(_, rows)| rows.iter())
    }

    #[test]
    fn every_row_is_found_by_its_name_in_any_case_and_by_no_other() {
        for (table, row) in ALL.iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row))) {
            for name in [row.name.to_string(), row.name.to_ascii_uppercase(), row.name.to_ascii_lowercase()] {
                let found = table.find(&name).unwrap();
                assert_eq!(found.name, row.name);
                assert_eq!((found.action, found.kind, found.severity), (row.action, row.kind, row.severity));
                assert_eq!((found.technique, found.requires), (row.technique, row.requires));
            }
            for name in [[&*row.name, "X"].concat(), ["X", &*row.name].concat(), row.name[1..].to_string()] {
                assert!(table.find(&name).is_none(), "{name}");
            }
        }
    }

    #[test]
    fn rows_stand_in_order_and_have_a_source() {
        for (rows, sources) in TABLES {
            assert_eq!(rows.len(), sources.len());
            assert!(rows.is_sorted_by(|a, b| compare(&a.name, &b.name).is_lt()));
        }
    }

    /// What stands in every event of a row: its name with what goes before it, and what it requires.
    ///
    /// Names of device and host rows are patterns over words; the conformance suite holds anchors against their lines.
    #[test]
    fn every_row_has_an_anchor() {
        let has_anchor = |text: &str| {
            let text = text.to_ascii_lowercase();
            ANCHORS.iter().any(|anchor| text.contains(&anchor.to_ascii_lowercase()))
        };
        for row in rows().filter(|row| !matches!(row.provider, Provider::Network | Provider::Host)) {
            // A name that is a whole value stands after a quote.
            let before = match row.provider {
                Provider::Oci => "com.oraclecloud.virtualNetwork.",
                Provider::Aws => "\"",
                _ => "",
            };
            let conditions = row.requires.conditions();
            let required = |(path, test): &(&str, Test)| {
                // A path ends with a key; a word that is held is one, or a filter's type beside the key of that name.
                let is_held = |text: &str| has_anchor(&[text, "\":"].concat());
                is_held(path) || matches!(test, Test::Holds(text) | Test::Has(text) if is_held(text))
            };
            let by_condition = !conditions.is_empty() && conditions.iter().all(required);
            let in_name = |name: &str| name.split('/').any(has_anchor);
            // The address of an object has the version between the two.
            let in_address = row.provider == Provider::Kubernetes
                && has_anchor(&["/apis/", &row.name.replace('/', "/v1alpha1/")].concat());
            assert!(in_name(&[before, &row.name].concat()) || in_address || by_condition, "{}", row.name);
        }
    }

    /// docs/SEVERITY.md: what copies is high, its parts are medium, and so on.
    #[test]
    fn severities_follow_the_table() {
        for row in rows() {
            let copies = row.kind.copies();
            let allowed: &[Severity] = match row.action {
                Action::Read => &[Severity::Informational],
                Action::Delete | Action::Stop if copies => &[Severity::Medium],
                Action::Delete | Action::Stop => &[Severity::Low],
                // Compartments and sources taken away change a session and copy nothing more.
                _ if copies => &[Severity::High, Severity::Medium],
                _ if row.kind == Kind::Tags => &[Severity::Low],
                _ => &[Severity::Medium],
            };
            assert!(allowed.contains(&row.severity), "{}: {:?}", row.name, row.severity);
        }
    }

    #[test]
    fn unknown_names_are_no_rows() {
        let long: String = core::iter::repeat_n('x', 1000).collect();
        for name in ["", "C", "CreateTrafficMirro", "createtrafficmirrorsessionn", "\u{e9}", &long] {
            assert!(ALL.iter().all(|(table, _)| table.find(name).is_none()), "{name}");
        }
    }
}
