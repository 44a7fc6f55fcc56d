//! Real lines, where there is a corpus: nothing outside the gold file is enriched or changed, and every
//! gold line is detected as its `expect` says. The lines stay outside the repository.

use std::fs;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use tapsieve_host_test::check::{enrichment_laws, show};
use tapsieve_host_test::corpus;
use tapsieve_host_test::engines::{Answer, Engine, Native};

use crate::absent;

const GOLD: &str = "mirror-gold.ndjson";

/// A file's name and its records.
type CorpusFile = (String, Vec<Vec<u8>>);

/// Every corpus file by name, as records; a syslog line is wrapped as `{"message":line}`.
///
/// # Errors
/// There is no corpus, or it cannot be read.
pub(crate) fn files() -> Result<Vec<CorpusFile>, String> {
    let folder = corpus()?;
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = Vec::new();
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let wrap = match path.extension().and_then(|extension| extension.to_str()) {
            Some("ndjson") => |line: &str| line.as_bytes().to_vec(),
            Some("log") => |line: &str| serde_json::json!({ "message": line }).to_string().into_bytes(),
            _ => continue,
        };
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        files.push((name, text.lines().filter(|line| !line.is_empty()).map(wrap).collect()));
    }
    files.sort();
    Ok(files)
}

pub(crate) fn trials() -> Vec<Trial> {
    let files = match files() {
        Ok(files) => files,
        Err(reason) => return vec![absent("corpus".into(), false, reason)],
    };
    files
        .into_iter()
        .map(|(name, lines)| {
            Trial::test(format!("corpus/{name}"), move || {
                let check = if name == GOLD { as_the_gold_line_says } else { not_about_mirroring };
                for (number, line) in lines.iter().enumerate() {
                    check(line).map_err(|problem| format!("line {}: {problem}", number + 1))?;
                }
                if lines.is_empty() { Err(Failed::from("the file is empty")) } else { Ok(()) }
            })
        })
        .collect()
}

fn not_about_mirroring(record: &[u8]) -> Result<(), String> {
    match enrichment_laws(record, None)? {
        Answer::Unchanged => Ok(()),
        other => Err(format!("expected unchanged, got {}", show(&other))),
    }
}

fn as_the_gold_line_says(line: &[u8]) -> Result<(), String> {
    let line: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let record = line["event"].to_string().into_bytes();
    let Answer::Enriched(_) = enrichment_laws(&record, None)? else { return Err("not detected".into()) };
    let mut native = Native::new();
    native.process(&record)?;
    let verdict = native.verdict()?.ok_or("enriched without a verdict")?;
    let verdict: Value = serde_json::from_slice(&verdict).map_err(|error| format!("verdict: {error}"))?;

    let expect = &line["expect"];
    for member in ["provider", "outcome"] {
        if verdict[member] != expect[member] {
            return Err(format!("{member}: expected {}, got {}", expect[member], verdict[member]));
        }
    }
    let (kind, action) = (verdict["kind"].as_str(), verdict["action"].as_str());
    let fits = match expect["class"].as_str() {
        Some("creation") => action == Some("create"),
        Some("read") => action == Some("read"),
        // A packet capture runs from its creation on; a PUT may also be an update.
        Some("packet_capture_start") => {
            kind == Some("packet_capture") && matches!(action, Some("start" | "create" | "create_or_modify"))
        }
        other => return Err(format!("unknown class {other:?}")),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("class {}: got kind {kind:?}, action {action:?}", expect["class"]))
    }
}
