//! The vectors of `tests/`: reads, checks and blesses them. Knows the file format and no engine.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use tapsieve_policy::Policy;
use toml_edit::{DocumentMut, Item, Table, Value};

/// One TOML file of cases.
#[derive(Debug)]
pub struct VectorFile {
    /// Path below `tests/vectors` or `tests/scenarios` without `.toml`, with `/` between folders.
    pub name: String,
    /// Where it was read.
    pub path: PathBuf,
    /// The cases in the file's order.
    pub cases: Vec<Case>,
    /// A scenario's verdicts, one per case; empty for a plain vector file.
    pub verdicts: Vec<String>,
}

/// One record and what becomes of it.
#[derive(Debug)]
pub struct Case {
    /// Unique in its file.
    pub name: String,
    /// The record's bytes.
    pub record: Vec<u8>,
    /// What becomes of them.
    pub expectation: Expectation,
    /// The policy as JSON, or the default policy.
    pub policy: Option<String>,
    /// Whether Fluent Bit and Vector can deliver these bytes.
    pub shippers: bool,
    /// The row of the catalog that this record comes close to.
    pub near: Option<String>,
}

/// What becomes of a record.
#[derive(Debug, PartialEq, Eq)]
pub enum Expectation {
    /// These bytes go in before the object's last brace; empty: not blessed yet.
    Inserted(String),
    /// Exactly these bytes come out; empty: not blessed yet.
    Written(String),
    /// The same bytes come back.
    Unchanged,
    /// The policy drops the record.
    Dropped,
}

impl Case {
    /// The enriched record that the case expects; `None` where there is none.
    pub fn enriched(&self) -> Option<Vec<u8>> {
        let inserted = match &self.expectation {
            Expectation::Inserted(inserted) => inserted,
            Expectation::Written(written) => return Some(written.clone().into_bytes()),
            Expectation::Unchanged | Expectation::Dropped => return None,
        };
        let brace = self.record.iter().rposition(|&byte| byte == b'}')?;
        let (head, tail) = self.record.split_at(brace);
        let last = head.iter().rev().find(|byte| !byte.is_ascii_whitespace());
        let comma: &[u8] = if last == Some(&b'{') { b"" } else { b"," };
        Some([head, comma, inserted.as_bytes(), tail].concat())
    }

    /// The bytes that `enriched` has over the record, without the joining comma; the inverse of [`Case::enriched`].
    ///
    /// # Errors
    /// Says what is wrong when `enriched` is not the record with bytes inserted before its last brace.
    pub fn inserted_in(&self, enriched: &[u8]) -> Result<String, String> {
        let brace = self.record.iter().rposition(|&byte| byte == b'}').ok_or("the record has no brace")?;
        let (head, tail) = self.record.split_at(brace);
        let inner = enriched
            .strip_prefix(head)
            .and_then(|rest| rest.strip_suffix(tail))
            .ok_or("bytes other than those before the last brace differ from the record")?;
        let inner = inner.strip_prefix(b",").unwrap_or(inner);
        String::from_utf8(inner.to_vec()).map_err(|_| "the inserted bytes are not UTF-8".to_owned())
    }
}

/// Reads every `*.toml` below `folder`, in order of name.
///
/// Returns the cases that are well formed and one message per problem, each naming its file and case.
pub fn load(folder: &Path) -> (Vec<VectorFile>, Vec<String>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in toml_files(folder, &mut problems) {
        let relative = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
        let name = relative.to_string_lossy().replace('\\', "/");
        let scenario = folder.ends_with("scenarios");
        match fs::read_to_string(&path) {
            Ok(text) => files.push(parse_file(name, path, &text, scenario, &mut problems)),
            Err(error) => problems.push(format!("{name}: {error}")),
        }
    }
    (files, problems)
}

/// The members that hold what a detector writes.
const BLESSED: [&str; 2] = ["inserted", "written"];

/// Rewrites `inserted` or `written` of the named cases in a file's text and keeps every other byte.
///
/// # Errors
/// The text is not TOML.
pub fn bless(text: &str, inserted: &[(String, String)]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let cases = document.get_mut("case").and_then(Item::as_array_of_tables_mut);
    for table in cases.into_iter().flat_map(|cases| cases.iter_mut()) {
        let name = table.get("name").and_then(Item::as_str).unwrap_or_default();
        let Some((_, bytes)) = inserted.iter().find(|(case, _)| case == name) else { continue };
        let literal = if bytes.contains("'''") || bytes.ends_with('\'') {
            Value::from(bytes.as_str())
        } else {
            format!("'''{bytes}'''").parse().map_err(|error| format!("{name}: {error}"))?
        };
        for key in BLESSED {
            if let Some(Item::Value(value)) = table.get_mut(key) {
                let decor = value.decor().clone();
                *value = literal.clone();
                *value.decor_mut() = decor;
            }
        }
    }
    Ok(document.to_string())
}

fn toml_files(folder: &Path, problems: &mut Vec<String>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(format!("{}: {error}", folder.display()));
            return Vec::new();
        }
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(toml_files(&path, problems));
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    found
}

fn parse_file(
    name: String,
    path: PathBuf,
    text: &str,
    scenario: bool,
    problems: &mut Vec<String>,
) -> VectorFile {
    let mut file = VectorFile { name, path, cases: Vec::new(), verdicts: Vec::new() };
    let document: DocumentMut = match text.parse() {
        Ok(document) => document,
        Err(error) => {
            problems.push(format!("{}: {error}", file.name));
            return file;
        }
    };
    let known: &[&str] = if scenario { &["case", "why", "verdicts"] } else { &["case"] };
    for (key, _) in document.iter().filter(|(key, _)| !known.contains(key)) {
        problems.push(format!("{}: unknown key `{key}`", file.name));
    }
    let mut names = HashSet::new();
    let tables = document.get("case").and_then(Item::as_array_of_tables);
    for (index, table) in tables.into_iter().flat_map(|tables| tables.iter()).enumerate() {
        let label = table.get("name").and_then(Item::as_str).map_or(format!("#{}", index + 1), str::to_owned);
        if !names.insert(label.clone()) {
            problems.push(format!("{}: case {label}: the name occurs twice", file.name));
        }
        match parse_case(table) {
            Ok(case) => file.cases.push(case),
            Err(problem) => problems.push(format!("{}: case {label}: {problem}", file.name)),
        }
    }
    if names.is_empty() {
        problems.push(format!("{}: no case", file.name));
    }
    if scenario {
        match scenario_verdicts(&document, names.len()) {
            Ok(verdicts) => file.verdicts = verdicts,
            Err(problem) => problems.push(format!("{}: {problem}", file.name)),
        }
    }
    file
}

fn scenario_verdicts(document: &DocumentMut, cases: usize) -> Result<Vec<String>, String> {
    non_empty_text(document.get("why"), "why")?;
    let list = document.get("verdicts").and_then(Item::as_array).ok_or("`verdicts` is not a list")?;
    let verdicts: Vec<_> = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if verdicts.len() != cases || list.len() != cases {
        return Err(format!("{} verdicts for {cases} cases", list.len()));
    }
    Ok(verdicts)
}

fn parse_case(table: &Table) -> Result<Case, String> {
    const KNOWN: [&str; 12] = [
        "name",
        "why",
        "record",
        "record_hex",
        "record_parts",
        "inserted",
        "written",
        "unchanged",
        "dropped",
        "policy",
        "shippers",
        "near",
    ];
    if let Some((key, _)) = table.iter().find(|(key, _)| !KNOWN.contains(key)) {
        return Err(format!("unknown key `{key}`"));
    }
    let name = non_empty_text(table.get("name"), "name")?;
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Err("the name is not in kebab-case".into());
    }
    non_empty_text(table.get("why"), "why")?;
    let shippers = match table.get("shippers") {
        None => true,
        Some(item) => item.as_bool().ok_or("`shippers` is not true or false")?,
    };
    let policy = table.get("policy").map(policy_json).transpose()?;
    let near = table.get("near").map(|_| non_empty_text(table.get("near"), "near")).transpose()?;
    let (record, expectation) = (parse_record(table)?, parse_expectation(table)?);
    if let (Some(row), Expectation::Inserted(text)) = (&near, &expectation)
        && text.contains(&format!("\"operation\":\"{row}\""))
    {
        return Err("a near miss is no event of the row that it comes close to".into());
    }
    Ok(Case { name, record, expectation, policy, shippers, near })
}

fn non_empty_text(item: Option<&Item>, key: &str) -> Result<String, String> {
    match item.and_then(Item::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(format!("`{key}` is missing or empty")),
    }
}

fn parse_record(table: &Table) -> Result<Vec<u8>, String> {
    let given: Vec<_> = ["record", "record_hex", "record_parts"]
        .into_iter()
        .filter_map(|key| table.get(key).map(|item| (key, item)))
        .collect();
    match given[..] {
        [("record", item)] => {
            item.as_str().map(|text| text.as_bytes().to_vec()).ok_or("`record` is not text".into())
        }
        [("record_hex", item)] => {
            item.as_str().and_then(from_hex).ok_or("`record_hex` is not hexadecimal".into())
        }
        [("record_parts", item)] => {
            from_parts(item).ok_or("`record_parts` is not a list of pairs of text and count".into())
        }
        [] => Err("no record".into()),
        _ => Err("more than one of `record`, `record_hex`, `record_parts`".into()),
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.split_whitespace().collect();
    if digits.len() % 2 == 1 || !digits.is_ascii() {
        return None;
    }
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

fn from_parts(item: &Item) -> Option<Vec<u8>> {
    let mut record = Vec::new();
    for pair in item.as_array()? {
        let pair = pair.as_array().filter(|pair| pair.len() == 2)?;
        let (text, count) = (pair.get(0)?.as_str()?, pair.get(1)?.as_integer()?);
        record.extend_from_slice(text.repeat(usize::try_from(count).ok()?).as_bytes());
    }
    Some(record)
}

fn parse_expectation(table: &Table) -> Result<Expectation, String> {
    let given: Vec<_> = ["inserted", "written", "unchanged", "dropped"]
        .into_iter()
        .filter_map(|key| table.get(key).map(|item| (key, item)))
        .collect();
    match given[..] {
        [("inserted", item)] => item
            .as_str()
            .map(|text| Expectation::Inserted(text.to_owned()))
            .ok_or("`inserted` is not text".into()),
        [("written", item)] => item
            .as_str()
            .map(|text| Expectation::Written(text.to_owned()))
            .ok_or("`written` is not text".into()),
        [("unchanged", item)] if item.as_bool() == Some(true) => Ok(Expectation::Unchanged),
        [("dropped", item)] if item.as_bool() == Some(true) => Ok(Expectation::Dropped),
        [(key, _)] => Err(format!("`{key}` can only be true")),
        [] => Err("no expectation".into()),
        _ => Err("more than one expectation".into()),
    }
}

/// A policy table as the JSON that `configure` takes.
fn policy_json(item: &Item) -> Result<String, String> {
    let table = item.clone().into_table().map_err(|_| "`policy` is not a table")?;
    let policy = Policy::parse(&DocumentMut::from(table).to_string()).map_err(|error| error.to_string())?;
    Ok(policy.json().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        parse_file("f".into(), PathBuf::new(), text, false, &mut problems);
        problems
    }

    #[test]
    fn a_bad_case_is_named() {
        let head = "[[case]]\nname = 'a'\nwhy = 'w'\n";
        let table = [
            ("record = '{}'\n", "f: case a: no expectation"),
            ("record = '{}'\nunchanged = true\ndropped = true\n", "f: case a: more than one expectation"),
            ("record = '{}'\nunchanged = false\n", "f: case a: `unchanged` can only be true"),
            ("unchanged = true\n", "f: case a: no record"),
            ("record = '{}'\nunchanged = true\nexpect = 1\n", "f: case a: unknown key `expect`"),
            ("record_hex = '7'\nunchanged = true\n", "f: case a: `record_hex` is not hexadecimal"),
        ];
        for (body, problem) in table {
            assert_eq!(problems_of(&format!("{head}{body}")), [problem], "{body}");
        }
        let twice = format!("{head}record = '{{}}'\nunchanged = true\n").repeat(2);
        assert_eq!(problems_of(&twice), ["f: case a: the name occurs twice"]);
        assert_eq!(problems_of("other = 1\n"), ["f: unknown key `other`", "f: no case"]);
    }

    #[test]
    fn records_are_hex_or_parts() {
        let text = "[[case]]\nname = 'h'\nwhy = 'w'\nrecord_hex = '7b ff 7d'\nunchanged = true\n\
                    [[case]]\nname = 'p'\nwhy = 'w'\nrecord_parts = [['{', 1], ['x', 3], ['}', 1]]\nunchanged = true\n";
        let mut problems = Vec::new();
        let file = parse_file("f".into(), PathBuf::new(), text, false, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(file.cases[0].record, b"{\xff}");
        assert_eq!(file.cases[1].record, b"{xxx}");
    }

    #[test]
    fn a_policy_becomes_json() {
        let text = "[[case]]\nname = 'a'\nwhy = 'w'\nrecord = '{}'\nunchanged = true\n\
                    [case.policy]\nkeep = 'mirror'\ndrop = ['read']\n\
                    [[case.policy.approved]]\nname = 'n'\nfrom = 2026-01-02T03:04:05Z\n";
        let mut problems = Vec::new();
        let file = parse_file("f".into(), PathBuf::new(), text, false, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(
            file.cases[0].policy.as_deref(),
            Some(
                r#"{"approved":[{"from":"2026-01-02T03:04:05Z","name":"n"}],"drop":["read"],"keep":"mirror"}"#
            )
        );
    }

    #[test]
    fn inserted_and_enriched_are_inverse() {
        for (record, enriched) in [("{}", r#"{"a":1}"#), ("{\"b\":2 }\n", "{\"b\":2 ,\"a\":1}\n")] {
            let case = Case {
                name: "a".into(),
                record: record.into(),
                expectation: Expectation::Inserted(r#""a":1"#.into()),
                policy: None,
                near: None,
                shippers: true,
            };
            assert_eq!(case.enriched().as_deref(), Some(enriched.as_bytes()), "{record}");
            assert_eq!(case.inserted_in(enriched.as_bytes()).as_deref(), Ok(r#""a":1"#), "{record}");
        }
    }

    #[test]
    fn blessing_keeps_comments_and_order() {
        let text =
            "# head\n[[case]]\nname = \"a\" # why not\ninserted = '' # old\n\n[[case]]\nname = \"b\"\n";
        let blessed = bless(text, &[("a".into(), r#""x":"\n""#.into())]);
        let expected = text.replace("inserted = ''", "inserted = '''\"x\":\"\\n\"'''");
        assert_eq!(blessed, Ok(expected));
    }
}
