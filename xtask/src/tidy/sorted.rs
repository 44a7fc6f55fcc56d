//! The catalog's rows stand in order of name, without regard to case: a row of the module holds only what its name does not
//! share with the one before it.

use super::rust_files;

pub(super) fn problems() -> Vec<String> {
    rust_files("detector/src/catalog").iter().flat_map(|(file, text)| file_problems(file, text)).collect()
}

/// Every row of an `operations!` table, and every anchor of a list, that does not come after the row before it.
fn file_problems(file: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut before: Option<String> = None;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("operations!") || line.starts_with("pub const") {
            before = None;
        }
        // An escaped quote sorts as its neighbour does.
        let line = line.replace("\\\"", "!");
        let Some((name, _)) = line.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'))
        else {
            continue;
        };
        let name = name.to_ascii_lowercase();
        if before.as_ref().is_some_and(|before| *before >= name) {
            problems.push(format!("{file}:{}: {name} does not come after the row before it", index + 1));
        }
        before = Some(name);
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::file_problems;

    #[test]
    fn a_row_out_of_order_or_twice_is_named() {
        let table = |rows: &str| file_problems("f.rs", &format!("operations! {{ Aws,\n{rows}}}\n"));
        assert!(table("    \"a\" x;\n    \"B\" x;\n    \"c\" x;\n").is_empty());
        assert_eq!(
            table("    \"b\" x;\n    \"A\" x;\n"),
            ["f.rs:3: a does not come after the row before it"]
        );
        assert_eq!(table("    \"a\" x;\n    \"A\" x;\n").len(), 1);
    }
}
