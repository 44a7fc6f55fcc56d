//! The rules that keep events which cannot be about mirroring away from the module: checked against the catalog.
//! Knows Fluent Bit's `rewrite_tag` and what stands in the lines of each source.

use std::collections::BTreeSet;
use std::fs;

use tapsieve_detector::catalog::{Operation, TABLES, Test};

use crate::task::root;

/// The inputs that the routed ones are made from.
const SOURCE: &str = "fluent-bit-config/inputs.yaml";

/// One source whose events are lines of a file.
struct Lines {
    /// Its alias in inputs.yaml.
    alias: &'static str,
    /// Whose events the lines are.
    provider: &'static str,
    /// What stands in the line of every event that the catalog describes.
    shown: Shown,
}

/// What the rules look for, in any case.
///
/// What an event costs is almost all in the searches that fail, and those go by how far they skip: a long text of rare
/// letters is fast. Texts that begin with k or s, or hold ss, ff, fi or fl, are slow: Unicode has other cases for those.
enum Shown {
    /// One of these, each looked for on its own, which is much faster than an alternation.
    Texts(&'static [&'static str]),
    /// The key of this member, of which `rare` is the end, and as its value a name that holds one of the subjects.
    ///
    /// So there is one search for a longer text, and what follows the key is compared where it was found.
    Named { key: &'static str, rare: &'static str, subjects: &'static [&'static str] },
}

const LINES: &[Lines] = &[
    Lines {
        alias: "cloudtrail",
        provider: "aws",
        // detector/src/fields/aws.rs reads an operation's name from this member and no other.
        shown: Shown::Named {
            key: "eventName",
            rare: "ventname",
            subjects: &["resourceshare", "tags", "trafficmirror", "resource", "automationexecution"],
        },
    },
    Lines { alias: "azure", provider: "azure", shown: Shown::Texts(&["networktap", "tapconf", "etcaptur"]) },
    Lines { alias: "gcp", provider: "gcp", shown: Shown::Texts(&["mirror"]) },
];

/// A letter of a text may be escaped, once or in a text inside a text.
const ESCAPED: &str = r"\\u00[4-7]";

/// What may stand between a key and the first letter of its value: quotes, a colon, spaces, however often escaped. It
/// is passed over in one go, so that no line makes it slow or large. A letter after a backslash belongs to an escape;
/// such events are rare, and the module looks at them.
const BETWEEN: &str = r"[^A-Za-z]*+(?:(?<=\\)[a-z]|";

/// `fluent-bit-config/inputs-routed.yaml`
pub(crate) fn inputs_routed(_current: &str) -> Result<String, String> {
    let plain = fs::read_to_string(root().join(SOURCE)).map_err(|error| format!("{SOURCE}: {error}"))?;
    let (_, inputs) = plain.split_once('\n').ok_or("inputs.yaml is empty")?;
    let mut yaml = format!("{HEAD}{inputs}");
    for lines in LINES {
        yaml = routed(&yaml, lines)?;
    }
    Ok(yaml)
}

fn rows(provider: &str) -> impl Iterator<Item = &'static Operation> {
    TABLES.iter().flat_map(|(rows, _)| *rows).filter(move |row| row.provider.name() == provider)
}

/// One pattern for each rule.
fn patterns(lines: &Lines) -> Result<Vec<String>, String> {
    let unseen =
        |row: &Operation| Err(format!("no text of {} stands in every event of {}", lines.alias, row.name));
    let mut patterns = match &lines.shown {
        Shown::Texts(texts) => {
            if let Some(row) = rows(lines.provider).find(|row| !covered(row, texts)) {
                return unseen(row);
            }
            texts.iter().map(|text| format!("(?i){text}")).collect()
        }
        Shown::Named { key, rare, subjects } => {
            if !key.to_ascii_lowercase().ends_with(rare) {
                return Err(format!("{key} does not end with {rare}"));
            }
            let mut verbs = vec![BTreeSet::new(); subjects.len()];
            for row in rows(lines.provider) {
                let name = row.name.to_ascii_lowercase();
                let found = subjects.iter().zip(&mut verbs).find_map(|(subject, verbs)| {
                    name.split_once(subject).map(|(verb, _)| verbs.insert(verb.to_owned()))
                });
                if found.is_none() {
                    return unseen(row);
                }
            }
            let names = subjects.iter().zip(verbs).map(|(subject, verbs)| {
                let verbs: Vec<String> = verbs.into_iter().collect();
                format!("(?:{}){subject}", verbs.join("|"))
            });
            vec![format!("(?i:{rare}){BETWEEN}(?i:{}))", names.collect::<Vec<_>>().join("|"))]
        }
    };
    patterns.push(ESCAPED.to_owned());
    Ok(patterns)
}

/// Whether one of the texts stands in the operation's name, or in everything else that it may ask of an event.
fn covered(row: &Operation, texts: &[&str]) -> bool {
    let holds = |text: &str| texts.iter().any(|part| text.to_ascii_lowercase().contains(part));
    let asked = row.requires.conditions();
    let shown = |(path, test): &(&str, Test)| {
        holds(path) || matches!(test, Test::Holds(text) | Test::Has(text) if holds(text))
    };
    holds(&row.name) || (!asked.is_empty() && asked.iter().all(shown))
}

/// The inputs with one of them routed: it reads lines as text, and hands those that may matter to the module's tag.
fn routed(yaml: &str, lines: &Lines) -> Result<String, String> {
    let alias = format!("      alias: {}\n", lines.alias);
    let (head, rest) = yaml.split_once(&alias).ok_or_else(|| format!("no input {}", lines.alias))?;
    // The input ends with an empty line, or with the file.
    let (input, tail) = rest.split_once("\n\n").unwrap_or((rest.trim_end(), ""));
    let (before, tagged) = input.split_once("tag: audit.").ok_or("an input has no tag")?;
    let (tag, options) = tagged.split_once('\n').ok_or("an input has only a tag")?;
    let (options, parser) = (options.replace("      parser: audit-json\n", ""), options);
    if options == parser {
        return Err(format!("input {} has no parser audit-json", lines.alias));
    }
    let rules: String = patterns(lines)?
        .iter()
        .map(|pattern| format!("              - '$log {pattern} audit.{tag} false'\n"))
        .collect();
    Ok(format!(
        "{head}{alias}{before}tag: plain.{tag}\n{options}\n      processors:\n        logs:\n          \
         - name: rewrite_tag\n            match: 'plain.*'\n            emitter_name: routed-{tag}\n            rule:\n\
         {rules}\n{tail}"
    ))
}

const HEAD: &str = "\
# The inputs of inputs.yaml, of which files are read as text: a line that may be about mirroring is tagged `audit.…`,
# every other one `plain.…`. Generated from inputs.yaml and checked against the catalog by `cargo xtask tidy --bless`.
#
# A rule is: field, pattern, tag of an event that fits, whether the event also goes on under its old tag.
# As a processor, rewrite_tag writes an event into its new chunk at once; as a filter it would keep it in memory.
";

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: Lines = Lines { alias: "a", provider: "gcp", shown: Shown::Texts(&["mirror"]) };

    #[test]
    fn a_routed_input_has_rules_in_place_of_its_parser() {
        let yaml = "    - name: tail\n      alias: a\n      tag: audit.x\n      parser: audit-json\n      db: d\n\n    - name: http\n";
        let routed = routed(yaml, &LINES).unwrap_or_default();
        let expected = "    - name: tail\n      alias: a\n      tag: plain.x\n      db: d\n      processors:\n        logs:\n          - name: rewrite_tag\n            match: 'plain.*'\n            emitter_name: routed-x\n            rule:\n              - '$log (?i)mirror audit.x false'\n              - '$log \\\\u00[4-7] audit.x false'\n\n    - name: http\n";
        assert_eq!(routed, expected);
    }

    #[test]
    fn a_row_that_no_text_finds_is_told() {
        let found = |row: &Operation| covered(row, &["mirror"]);
        assert!(rows("gcp").all(found));
        assert!(!rows("azure").any(found));
    }

    #[test]
    fn a_name_is_looked_for_behind_its_key() {
        let shown = |subjects| Shown::Named { key: "eventName", rare: "ventname", subjects };
        let lines = |subjects| Lines { alias: "a", provider: "aws", shown: shown(subjects) };
        assert!(patterns(&lines(&["tags", "trafficmirror"])).is_err());
        let patterns = patterns(&lines(&["resourceshare", "tags", "trafficmirror", "resource", "execution"]))
            .unwrap_or_default();
        let names = "(?:associate|create)resourceshare|(?:create|delete)tags|(?:create|delete|describe|modify)trafficmirror|(?:create|delete|update)resource|(?:startautomation)execution";
        let rule = format!(r"(?i:ventname)[^A-Za-z]*+(?:(?<=\\)[a-z]|(?i:{names}))");
        assert_eq!(patterns, [rule.as_str(), ESCAPED]);
    }
}
