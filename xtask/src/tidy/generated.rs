//! Files that are generated from others. A file that is stale fails; `--bless` writes it anew.

use std::fs;

use crate::routes::inputs_routed;
use crate::task::root;

/// One generated file.
struct Generated {
    /// Path from the repository's root.
    path: &'static str,
    /// What the file should hold, given what it holds now: a generated part of a page keeps the rest.
    generate: fn(current: &str) -> Result<String, String>,
}

/// Every generated file.
const GENERATED: &[Generated] = &[
    Generated { path: "CONTRIBUTING.md", generate: task_list },
    Generated { path: "README.md", generate: crate::catalog::readme },
    Generated { path: "docs/CATALOG.md", generate: crate::catalog::page },
    Generated { path: "docs/DEPENDENCIES.md", generate: crate::dependencies::page },
    Generated { path: "docs/POLICY.md", generate: crate::policy::page },
    Generated { path: "docs/SCHEMAS.md", generate: crate::members::page },
    Generated { path: "docs/members.json", generate: crate::members::json },
    Generated { path: "docs/policy.schema.json", generate: crate::policy::schema },
    Generated { path: "fluent-bit-config/inputs-routed.yaml", generate: inputs_routed },
    Generated { path: "vector-config/vector-routed.yaml", generate: crate::vector_route::routed },
];

pub(super) fn problems(bless: bool) -> Vec<String> {
    GENERATED.iter().filter_map(|file| problem(file, bless).err()).collect()
}

fn problem(file: &Generated, bless: bool) -> Result<(), String> {
    let path = root().join(file.path);
    let current = fs::read_to_string(&path).unwrap_or_default();
    let fresh = (file.generate)(&current).map_err(|problem| format!("{}: {problem}", file.path))?;
    if current == fresh {
        Ok(())
    } else if bless {
        fs::write(&path, fresh).map_err(|error| format!("{}: {error}", file.path))
    } else {
        Err(format!("{} is stale; `cargo xtask tidy --bless` writes it anew", file.path))
    }
}

/// The table of tasks between its two marks.
fn task_list(current: &str) -> Result<String, String> {
    let mut table = String::from("| task | what it does |\n| --- | --- |\n");
    for task in crate::TASKS {
        table.push_str(&format!("| `cargo xtask {}` | {} |\n", task.name, task.help));
    }
    between_marks(current, "tasks", &table)
}

/// Replaces what stands between `<!-- generated: NAME -->` and `<!-- end -->`.
pub(crate) fn between_marks(current: &str, name: &str, fresh: &str) -> Result<String, String> {
    let mark = format!("<!-- generated: {name} -->\n");
    let (head, rest) = current.split_once(&mark).ok_or_else(|| format!("no mark {}", mark.trim_end()))?;
    let (_, tail) = rest.split_once("<!-- end -->").ok_or("no mark <!-- end -->")?;
    Ok(format!("{head}{mark}{fresh}<!-- end -->{tail}"))
}

#[cfg(test)]
mod tests {
    use super::between_marks;

    #[test]
    fn only_what_stands_between_the_marks_changes() {
        let page = "a\n<!-- generated: t -->\nold\n<!-- end -->\nb\n";
        assert_eq!(
            between_marks(page, "t", "new\n").as_deref(),
            Ok("a\n<!-- generated: t -->\nnew\n<!-- end -->\nb\n")
        );
        assert!(between_marks("a", "t", "new\n").is_err());
    }
}
