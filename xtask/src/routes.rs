//! The rules that keep events which cannot be about mirroring away from the module: checked against the catalog.
//! Knows Fluent Bit's `rewrite_tag` and what stands in the lines of each source.

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
    /// One of these stands in the line of every event that the catalog describes, in any case.
    ///
    /// Each text is looked for on its own, which is much faster than an alternation. Longer ones are faster. Texts that
    /// begin with k or s, or hold ss, ff, fi or fl, are slow: Unicode has other cases for those.
    texts: &'static [&'static str],
}

const LINES: &[Lines] = &[
    Lines { alias: "cloudtrail", provider: "aws", texts: &["mirror", "tetag"] },
    Lines { alias: "azure", provider: "azure", texts: &["networktap", "tapconf", "etcaptur"] },
    Lines { alias: "gcp", provider: "gcp", texts: &["mirror"] },
];

/// A letter of a text may be escaped, once or in a text inside a text.
const ESCAPED: &str = r"\\u00[4-7]";

/// `fluent-bit-config/inputs-routed.yaml`
pub(crate) fn inputs_routed(_current: &str) -> Result<String, String> {
    let plain = fs::read_to_string(root().join(SOURCE)).map_err(|error| format!("{SOURCE}: {error}"))?;
    let (_, inputs) = plain.split_once('\n').ok_or("inputs.yaml is empty")?;
    let mut yaml = format!("{HEAD}{inputs}");
    for lines in LINES {
        if let Some(row) = rows(lines.provider).find(|row| !covered(row, lines.texts)) {
            return Err(format!("no text of {} stands in every event of {}", lines.alias, row.name));
        }
        yaml = routed(&yaml, lines)?;
    }
    Ok(yaml)
}

fn rows(provider: &str) -> impl Iterator<Item = &'static Operation> {
    TABLES.iter().flat_map(|(rows, _)| *rows).filter(move |row| row.provider.name() == provider)
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
    let texts = lines.texts.iter().map(|text| format!("(?i){text}"));
    let rules: String = texts
        .chain([ESCAPED.to_owned()])
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

    const LINES: Lines = Lines { alias: "a", provider: "gcp", texts: &["mirror"] };

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
}
