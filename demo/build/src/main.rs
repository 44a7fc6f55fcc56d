//! `tapsieve-demo-build WASM OUT`: the page's files, its samples and policies, and the bindings of the built wasm in one
//! flat folder, and the same page as one file, `tapsieve.html`.

mod single;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use toml_edit::{DocumentMut, Table};
use wasm_bindgen_cli_support::Bindgen;

/// How large the single file may be.
const SINGLE_BYTES_MAX: usize = 512 << 10;

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [wasm, out] = arguments.as_slice() else {
        eprintln!("usage: tapsieve-demo-build WASM OUT");
        return ExitCode::from(2);
    };
    match build(wasm, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("tapsieve-demo-build: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn build(wasm: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::create_dir_all(out)?;
    Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate(out)?;
    let mut files = BTreeSet::from(["tapsieve_demo.js".to_owned()]);
    for entry in fs::read_dir(demo.join("page"))? {
        let name =
            entry?.file_name().into_string().map_err(|name| format!("{}: no UTF-8", name.display()))?;
        fs::copy(demo.join("page").join(&name), out.join(&name))?;
        files.insert(name);
    }
    fs::write(out.join("samples.json"), samples(&demo)?)?;
    fs::write(out.join("policies.json"), policies(&demo)?)?;
    let single = single::page(out, &files, &demo.join("single/parts.js"))?;
    if single.len() > SINGLE_BYTES_MAX {
        return Err(
            format!("the single file has {} bytes, the limit is {SINGLE_BYTES_MAX}", single.len()).into()
        );
    }
    fs::write(out.join("tapsieve.html"), single)?;
    Ok(())
}

/// The samples that demo/samples.toml lists, with their records out of `tests/`.
fn samples(demo: &Path) -> Result<String, Box<dyn Error>> {
    let list: DocumentMut = fs::read_to_string(demo.join("samples.toml"))?.parse()?;
    let mut files: BTreeMap<String, DocumentMut> = BTreeMap::new();
    let mut samples = Vec::new();
    for sample in list["sample"].as_array_of_tables().ok_or("samples.toml has no [[sample]]")? {
        let (group, title) = (text(sample, "group")?, text(sample, "title")?);
        let record = match sample.get("record").and_then(|record| record.as_str()) {
            Some(record) => record.trim().to_owned(),
            None => {
                let case = text(sample, "case")?;
                let (file, name) =
                    case.rsplit_once('/').ok_or_else(|| format!("`{case}` is no FILE/CASE"))?;
                if !files.contains_key(file) {
                    let path = demo.join("../tests").join(format!("{file}.toml"));
                    let read = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
                    files.insert(file.to_owned(), read.parse()?);
                }
                record(&files[file], name)
                    .ok_or_else(|| format!("no case `{name}` with a record in {file}"))?
            }
        };
        samples.push(json!({ "group": group, "title": title, "record": record }));
    }
    Ok(serde_json::to_string(&Value::Array(samples))?)
}

/// The policy to begin with, and the examples of docs/POLICY.md with the words before them.
fn policies(demo: &Path) -> Result<String, Box<dyn Error>> {
    let page = fs::read_to_string(demo.join("../docs/POLICY.md"))?;
    let section = page.split("\n## ").find(|section| section.starts_with("The three false positives"));
    let mut policies = vec![json!({ "title": "A policy to begin with", "text": tapsieve_policy::NEW })];
    let mut rest = section.ok_or("docs/POLICY.md has no section of examples")?;
    while let Some((words, after)) = rest.split_once("\n```toml\n") {
        let (toml, after) = after.split_once("```\n").ok_or("an example of docs/POLICY.md has no end")?;
        let words = words.trim().rsplit("\n\n").next().unwrap_or_default();
        let title = words.lines().next().unwrap_or_default().trim_end_matches('.');
        let comment: String = words.lines().map(|line| format!("# {line}\n")).collect();
        policies.push(json!({ "title": title, "text": format!("{comment}\n{toml}") }));
        rest = after;
    }
    Ok(serde_json::to_string(&policies)?)
}

fn record(file: &DocumentMut, name: &str) -> Option<String> {
    let cases = file.get("case")?.as_array_of_tables()?;
    let case = cases.iter().find(|case| case.get("name").and_then(|text| text.as_str()) == Some(name))?;
    Some(case.get("record")?.as_str()?.to_owned())
}

fn text<'t>(table: &'t Table, name: &str) -> Result<&'t str, String> {
    table.get(name).and_then(|text| text.as_str()).ok_or_else(|| format!("a [[sample]] lacks `{name}`"))
}
