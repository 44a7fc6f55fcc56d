//! The JSON Schema of a policy and the tables of docs/POLICY.md, from the tables that the detector reads policies by.

use tapsieve_detector::policy::TEXT_BYTES_MAX;
use tapsieve_detector::policy::members::{
    APPROVED, APPROVED_DOCS, MATCHERS, MATCHERS_DOCS, Member, OPERATION, OPERATION_DOCS, PATTERNS_MAX,
    POLICY, POLICY_DOCS, SEVERITY, SEVERITY_DOCS, Takes,
};

/// The tables of an entry, in the order that the page has them, each with its sentences.
fn documented(table: &'static [Member]) -> &'static [&'static str] {
    let tables = [
        (POLICY, POLICY_DOCS),
        (MATCHERS, MATCHERS_DOCS),
        (APPROVED, APPROVED_DOCS),
        (SEVERITY, SEVERITY_DOCS),
        (OPERATION, OPERATION_DOCS),
    ];
    let names = |table: &[Member]| table.iter().map(|member| member.name).collect::<Vec<_>>();
    tables.iter().find(|(known, _)| names(known) == names(table)).map_or(&[], |(_, docs)| docs)
}

/// The JSON Schema, for editors.
pub(crate) fn schema(_: &str) -> Result<String, String> {
    let mut out = String::from(
        "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"tapsieve policy\",\n",
    );
    out.push_str(&object(&[POLICY], "  "));
    out.push_str("\n}\n");
    Ok(out)
}

fn object(tables: &[&'static [Member]], indent: &str) -> String {
    let mut properties = Vec::new();
    let mut required = Vec::new();
    // The name of an entry goes before what it matches.
    for table in tables.iter().rev() {
        for (member, doc) in table.iter().zip(documented(table)) {
            let inner = format!("{indent}    ");
            let value = value(&member.takes, &inner);
            properties.push(format!(
                "{indent}  {}: {{\n{inner}\"description\": {},\n{value}\n{indent}  }}",
                quoted(member.name),
                quoted(doc)
            ));
            if member.required {
                required.push(quoted(member.name));
            }
        }
    }
    format!(
        "{indent}\"type\": \"object\",\n{indent}\"additionalProperties\": false,\n{indent}\"required\": [{}],\n{indent}\"properties\": {{\n{}\n{indent}}}",
        required.join(", "),
        properties.join(",\n")
    )
}

fn value(takes: &Takes, indent: &str) -> String {
    let listed = |min: usize, max: usize, items: String| {
        format!(
            "{indent}\"type\": \"array\",\n{indent}\"minItems\": {min},\n{indent}\"maxItems\": {max},\n{indent}\"items\": {{\n{items}\n{indent}}}"
        )
    };
    let inner = format!("{indent}  ");
    match *takes {
        Takes::Word(words) => {
            let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
            format!("{indent}\"enum\": [{}]", words.join(", "))
        }
        Takes::Words(words, min) => listed(min, PATTERNS_MAX, value(&Takes::Word(words), &inner)),
        Takes::Patterns(_) => listed(1, PATTERNS_MAX, value(&Takes::Text, &inner)),
        Takes::Entries(tables, max) => listed(0, max, object(tables, &inner)),
        Takes::Text | Takes::Glob | Takes::Time => {
            format!(
                "{indent}\"type\": \"string\",\n{indent}\"minLength\": 1,\n{indent}\"maxLength\": {TEXT_BYTES_MAX}"
            )
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The tables of members in docs/POLICY.md.
pub(crate) fn page(current: &str) -> Result<String, String> {
    let tables = [
        ("policy", POLICY),
        ("matchers", MATCHERS),
        ("approved", APPROVED),
        ("severity", SEVERITY),
        ("operation", OPERATION),
    ];
    let mut page = current.to_owned();
    for (name, table) in tables {
        let mut rows = String::from("| member | takes | what it says |\n| --- | --- | --- |\n");
        for (member, doc) in table.iter().zip(documented(table)) {
            let required = if member.required { ", required" } else { "" };
            rows.push_str(&format!("| `{}` | {}{required} | {doc} |\n", member.name, words(&member.takes)));
        }
        page = crate::tidy::between_marks(&page, name, &rows)?;
    }
    Ok(page)
}

fn words(takes: &Takes) -> String {
    match *takes {
        Takes::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Takes::Words(names, _) => format!("list of {}", words(&Takes::Word(names))),
        Takes::Text => "text".into(),
        Takes::Glob => "glob".into(),
        Takes::Patterns(_) => format!("list of at most {PATTERNS_MAX} patterns"),
        Takes::Time => "date and time".into(),
        Takes::Entries(_, max) => format!("at most {max} entries"),
    }
}
