//! The table that `--summary` prints; knows counts, not records.

use std::fmt::Write;

use tapsieve_host::ndjson::{Counts, MirrorKey, Report};

/// Severities from grave to harmless; what is not here comes last.
const SEVERITIES: &[&str] = &["critical", "high", "medium", "low", "informational"];

/// Prints the table to standard error.
pub(crate) fn print(report: &Report) {
    eprint!("{}", table(report));
}

fn table(report: &Report) -> String {
    let mut text = String::new();
    let mut rows: Vec<(&MirrorKey, &u64)> = report.tally.iter().collect();
    rows.sort_by_key(|(key, _)| (rank(&key.severity), *key));
    let mut cells = vec![["provider", "action", "outcome", "severity", "records"].map(str::to_string)];
    for (key, count) in rows {
        let known = |text: &String| if text.is_empty() { "-".to_string() } else { text.clone() };
        let MirrorKey { provider, action, outcome, severity } = key;
        cells.push([known(provider), known(action), known(outcome), known(severity), count.to_string()]);
    }
    if cells.len() > 1 {
        let width = |column: usize| cells.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3), width(4)];
        for row in &cells {
            let [provider, action, outcome, severity, records] = row;
            let [a, b, c, d, e] = widths;
            let _ = writeln!(text, "{provider:a$}  {action:b$}  {outcome:c$}  {severity:d$}  {records:>e$}");
        }
        text.push('\n');
    }
    totals(&report.counts, &mut text);
    text
}

fn totals(counts: &Counts, text: &mut String) {
    let rows = [
        ("records", counts.records(), true),
        ("  unchanged", counts.unchanged, true),
        ("  enriched", counts.enriched, true),
        ("  dropped", counts.dropped, true),
        ("  without an answer", counts.unanswered, false),
        ("not JSON", counts.not_json, true),
        ("blank lines", counts.blank, false),
        ("too long", counts.too_long, false),
        ("bytes in", counts.bytes_in, true),
        ("bytes out", counts.bytes_out, true),
    ];
    let width = rows.iter().map(|row| row.1.to_string().len()).max().unwrap_or(0);
    for (name, count, always) in rows {
        if always || count > 0 {
            let _ = writeln!(text, "{name:20}{count:>width$}");
        }
    }
}

fn rank(severity: &str) -> usize {
    SEVERITIES.iter().position(|known| *known == severity).unwrap_or(SEVERITIES.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_come_first_and_columns_line_up() {
        let mut report = Report::default();
        let key = |provider: &str, severity: &str| MirrorKey {
            provider: provider.into(),
            action: "create".into(),
            outcome: String::new(),
            severity: severity.into(),
        };
        report.tally.insert(key("aws", "low"), 12);
        report.tally.insert(key("azure", "critical"), 3);
        report.counts =
            Counts { unchanged: 1000, enriched: 15, bytes_in: 99999, bytes_out: 100, ..Default::default() };
        assert_eq!(
            table(&report),
            "\
provider  action  outcome  severity  records
azure     create  -        critical        3
aws       create  -        low            12

records              1015
  unchanged          1000
  enriched             15
  dropped               0
not JSON                0
bytes in            99999
bytes out             100
"
        );
    }
}
