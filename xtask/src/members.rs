//! The members of `mirror` as docs/SCHEMAS.md and docs/members.json have them, from the table that the detector writes by
//! and the paths that it reads by.

use tapsieve_detector::catalog::Provider;
use tapsieve_detector::enrich::{MEMBER_DOCS, MEMBERS, SCHEMA};
use tapsieve_detector::fields::sources;

use crate::tidy::between_marks;

/// The tables of members and of resources in docs/SCHEMAS.md.
pub(crate) fn page(current: &str) -> Result<String, String> {
    let mut members =
        String::from("| member | type | says | example | read from |\n| --- | --- | --- | --- | --- |\n");
    for ((name, holds), (says, example)) in MEMBERS.iter().zip(MEMBER_DOCS) {
        members.push_str(&format!(
            "| `{name}` | {} | {says} | `{example}` | {} |\n",
            holds.type_name(),
            read_from(name)
        ));
    }
    let mut names: Vec<&str> =
        Provider::ALL.iter().flat_map(|provider| sources(*provider)).map(|(name, _)| name).collect();
    names.retain(|name| MEMBERS.iter().all(|(member, _)| member != name));
    names.sort_unstable();
    names.dedup();
    let mut resources = String::from("| resource | read from |\n| --- | --- |\n");
    for name in names {
        resources.push_str(&format!("| `{name}` | {} |\n", read_from(name)));
    }
    let page = between_marks(current, "members", &members)?;
    between_marks(&page, "resources", &resources)
}

/// For each provider the first place where a member is looked for.
fn read_from(name: &str) -> String {
    let first = |provider: &Provider| {
        let path = sources(*provider).into_iter().find(|(known, _)| *known == name)?.1;
        Some(format!("{} `{path}`", provider.name()))
    };
    Provider::ALL.iter().filter_map(first).collect::<Vec<_>>().join(", ")
}

/// The same for programs: every member with its type in Spark's words.
pub(crate) fn json(_: &str) -> Result<String, String> {
    let members: Vec<_> = MEMBERS
        .iter()
        .zip(MEMBER_DOCS)
        .map(|((name, holds), (says, example))| {
            let says = says.replace('\\', "\\\\").replace('"', "\\\"");
            format!(
                "    {{\"name\": \"{name}\", \"type\": \"{}\", \"says\": \"{says}\", \"example\": {example}}}",
                holds.type_name()
            )
        })
        .collect();
    Ok(format!("{{\n  \"schema\": {SCHEMA},\n  \"members\": [\n{}\n  ]\n}}\n", members.join(",\n")))
}
