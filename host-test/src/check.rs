//! What holds for every record and every engine: the laws that trials and properties share.

use serde_json::Value;

use crate::engines::{Answer, Engine, Native};

/// Holds the laws of enrichment against one record on the native engine, with the policy given.
///
/// The prefilter agrees with the full path; an enriched record keeps every byte up to the insertion and after it, stays
/// valid JSON with its members as they were, and comes back unchanged when it is processed again; a scan never rules
/// out what is enriched.
///
/// # Errors
/// The law that is broken.
pub fn enrichment_laws(record: &[u8], policy: Option<&str>) -> Result<Answer, String> {
    let mut native = Native::new();
    if let Some(policy) = policy {
        native.configure(policy)?;
    }
    laws_on(&mut native, record, policy.is_some_and(|policy| policy.contains("\"ocsf\"")))
}

/// [`enrichment_laws`] on an engine that is used again; `is_wrapped` where its policy puts records into events.
///
/// # Errors
/// The law that is broken.
pub fn laws_on(native: &mut Native, record: &[u8], is_wrapped: bool) -> Result<Answer, String> {
    let answer = native.process(record)?;
    let fully = native.process_fully(record);
    if answer != fully {
        return Err(format!("the prefilter path gives {}, the full path {}", show(&answer), show(&fully)));
    }
    if let Answer::Enriched(enriched) = &answer {
        // What is no JSON is no record to a host, or one behind a header.
        let object = record.iter().position(|byte| *byte == b'{').and_then(|at| record.get(at..));
        if object.is_some_and(|object| serde_json::from_slice::<Value>(object).is_ok()) {
            tapsieve_records::keeps(record, enriched).map_err(|what| format!("a host refuses {what}"))?;
        }
        if is_wrapped {
            crate::ocsf::wrapped(record, enriched)?;
        } else {
            spliced(record, enriched)?;
            same_members(record, enriched)?;
        }
        let again = native.process(enriched)?;
        if again != Answer::Unchanged {
            return Err(format!("enriching the enriched record gives {}", show(&again)));
        }
        let offset = native.scan(record)?;
        if offset >= record.len() {
            return Err("a scan rules out a record that is enriched".into());
        }
    }
    Ok(answer)
}

/// The enriched record is the original with one run of bytes inserted before its last brace.
fn spliced(record: &[u8], enriched: &[u8]) -> Result<(), String> {
    let brace =
        record.iter().rposition(|&byte| byte == b'}').ok_or("a record without a brace is enriched")?;
    let (head, tail) = record.split_at(brace);
    match enriched.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail)) {
        Some(inserted) if !inserted.is_empty() => Ok(()),
        Some(_) => Err("enriched, and nothing is inserted".into()),
        None => Err("the original bytes are not all there".into()),
    }
}

/// Where the original is JSON, the enriched record is too, every member of it as it was and no key written twice.
fn same_members(record: &[u8], enriched: &[u8]) -> Result<(), String> {
    let Ok(Value::Object(before)) = serde_json::from_slice(record) else { return Ok(()) };
    let after = match serde_json::from_slice(enriched) {
        Ok(Value::Object(after)) => after,
        Ok(_) => return Err("the enriched record is no object".into()),
        Err(error) => return Err(format!("the enriched record is not JSON: {error}")),
    };
    match before.iter().find(|(key, value)| after.get(*key) != Some(value)) {
        Some((key, _)) => Err(format!("the member `{key}` changed")),
        None => Ok(()),
    }
}

/// Whether two JSON values are the same to a shipper that reads and writes them anew: the order of members does not
/// count, and a number that is no 64-bit integer has 15 significant digits.
pub fn same_values(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same_values(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_values(a, b))
        }
        (Value::Number(a), Value::Number(b)) if a != b => match (a.as_f64(), b.as_f64()) {
            _ if !a.is_f64() && !b.is_f64() => false,
            (Some(a), Some(b)) => (a - b).abs() <= a.abs() * 1e-15 * 8.0,
            _ => false,
        },
        _ => a == b,
    }
}

/// A verdict in four words: provider, kind, action, outcome; `-` where there is none.
///
/// # Errors
/// The verdict is not a JSON object.
pub fn short_verdict(verdict: Option<&[u8]>) -> Result<String, String> {
    let Some(verdict) = verdict else { return Ok("-".into()) };
    let verdict: Value = serde_json::from_slice(verdict).map_err(|error| format!("verdict: {error}"))?;
    let word = |name: &str| verdict.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    Ok(["provider", "kind", "action", "outcome"].map(word).join(" "))
}

/// An answer for a message, cut to a readable length.
pub fn show(answer: &Answer) -> String {
    match answer {
        Answer::Unchanged => "unchanged".into(),
        Answer::Dropped => "dropped".into(),
        Answer::Enriched(bytes) => show_bytes(bytes),
    }
}

/// Bytes for a message: the end of a long record, because that is where insertions are.
pub fn show_bytes(bytes: &[u8]) -> String {
    const SHOWN: usize = 1500;
    let text = String::from_utf8_lossy(bytes);
    if text.len() <= SHOWN {
        return text.into_owned();
    }
    let from = (text.len() - SHOWN..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    format!("[{} bytes] …{}", bytes.len(), &text[from..])
}
