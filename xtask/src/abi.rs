//! The table of exports in docs/ABI.md, the one place that lists them.

use std::collections::BTreeSet;
use std::fs;

use crate::task::root;

/// The names of the documented exports.
///
/// # Errors
/// The page cannot be read or has no table.
pub(crate) fn documented_exports() -> Result<BTreeSet<String>, String> {
    let page =
        fs::read_to_string(root().join("docs/ABI.md")).map_err(|error| format!("docs/ABI.md: {error}"))?;
    let names: BTreeSet<String> = page
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned()))
        .collect();
    if names.is_empty() { Err("docs/ABI.md has no table of exports".into()) } else { Ok(names) }
}
