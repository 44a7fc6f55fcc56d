//! The JSON reader against serde_json.

use std::collections::BTreeMap;

use serde_json::Value;
use tapsieve_detector::json::{Elements, Index, LEVELS_MAX, Raw, Strings, write_string};
use tapsieve_records::value_end;

use crate::common::hold;

/// What serde_json reads, the reader reads alike; on everything else it does not panic.
pub fn reader(bytes: &[u8]) {
    let index = Index::read(bytes, LEVELS_MAX);
    index.every_leaf(|path, value| {
        assert!(path.len() <= 6 * bytes.len());
        let _ = (value.text(), value.is_true(), value.is_false());
        Strings::new(value).count();
        Elements::new(value.0).count();
        false
    });
    let expected: Option<Value> = serde_json::from_slice(bytes).ok();
    if let Some(value) = &expected {
        let trimmed = bytes.trim_ascii();
        same(Raw(trimmed), value);
        if value.is_object() || value.is_array() {
            assert_eq!(value_end(trimmed, 0), Some(trimmed.len()), "the walk ends elsewhere");
        }
    }
}

/// The value in these bytes is that one.
fn same(raw: Raw<'_>, expected: &Value) {
    match expected {
        Value::Object(members) => {
            let index = Index::read(raw.0, LEVELS_MAX);
            assert!(index.is_whole(), "an object is not read to its end");
            let mut read = BTreeMap::new();
            for member in index.members() {
                let key = member.key().expect("a key is read");
                read.insert(String::from_utf8_lossy(&key).into_owned(), member.value);
            }
            assert!(
                read.keys().eq(members.keys().collect::<std::collections::BTreeSet<_>>()),
                "the keys differ"
            );
            for (key, value) in members {
                same(read[key], value);
            }
        }
        Value::Array(items) => {
            let mut elements = Elements::new(raw.0);
            let read: Vec<_> = elements.by_ref().collect();
            assert!(elements.ended() && read.len() == items.len(), "an array is not read to its end");
            for (raw, item) in read.into_iter().zip(items) {
                same(raw, item);
            }
        }
        Value::String(text) => {
            assert_eq!(raw.string().as_deref(), Some(text.as_str()));
            let mut written = Vec::new();
            write_string(&mut written, text);
            assert_eq!(hold(serde_json::from_slice::<String>(&written)), *text);
        }
        scalar => assert_eq!(hold(serde_json::from_slice::<Value>(raw.0)), *scalar),
    }
}
