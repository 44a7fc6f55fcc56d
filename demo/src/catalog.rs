//! The catalog with its sources, for "why it matched" and "why not".

use tapsieve_detector::catalog::TABLES;
use tapsieve_detector::json::write_string;
use wasm_bindgen::prelude::wasm_bindgen;

/// Every row as a JSON array of objects, in the catalog's order.
#[wasm_bindgen]
#[must_use]
pub fn catalog() -> String {
    let mut out = b"[".to_vec();
    for (rows, sources) in TABLES {
        for (row, source) in rows.iter().zip(sources.iter()) {
            let members = [
                ("name", &*row.name),
                ("provider", row.provider.name()),
                ("action", row.action.name()),
                ("kind", row.kind.name()),
                ("severity", row.severity.name()),
                ("technique", row.technique.name()),
                ("source", source.text),
                ("evidence", source.evidence.name()),
            ];
            for (at, (name, text)) in members.into_iter().enumerate() {
                let opening: &[u8] = match (at, out.len()) {
                    (0, 1) => b"{",
                    (0, _) => b",{",
                    _ => b",",
                };
                out.extend_from_slice(opening);
                write_string(&mut out, name);
                out.push(b':');
                write_string(&mut out, text);
            }
            out.push(b'}');
        }
    }
    out.push(b']');
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_row_is_an_object_with_its_source() {
        let text = super::catalog();
        let rows: usize = tapsieve_detector::catalog::TABLES.iter().map(|(rows, _)| rows.len()).sum();
        assert_eq!(text.matches("\"evidence\":").count(), rows);
        assert_eq!(text.matches("},{").count(), rows - 1);
    }
}
