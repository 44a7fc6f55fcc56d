//! Who may use whom: modules within the detector, and packages among each other.

use std::fs;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{ItemUse, Macro, Path, UseTree, Visibility};

use super::rust_files;
use crate::task::root;

/// The detector's layers, lowest first; a module may use only modules of lower layers.
const LAYERS: &[&[&str]] = &[
    &["json", "catalog", "room"],
    &["prefilter", "envelope"],
    &["fields"],
    &["classify"],
    &["policy"],
    &["enrich", "gather"],
    &["detector"],
];

/// Which packages of this workspace a package may depend on. Development dependencies count too.
const PACKAGES: &[(&str, &[&str])] = &[
    ("json", &[]),
    ("detector", &["tapsieve-json"]),
    ("plugin", &["tapsieve-detector"]),
    ("demo", &["tapsieve-detector", "tapsieve-policy", "tapsieve-records", "tapsieve-stories"]),
    ("demo/build", &["tapsieve-policy"]),
    ("demo/serve", &[]),
    ("demo/test", &["tapsieve-detector", "tapsieve-demo-serve"]),
    ("compile", &[]),
    ("host", &["tapsieve-compile", "tapsieve-policy", "tapsieve-records", "tapsieve-stories"]),
    (
        "host-test",
        &["tapsieve-detector", "tapsieve-host", "tapsieve-policy", "tapsieve-records", "tapsieve-demo-test"],
    ),
    ("bench", &["tapsieve-detector", "tapsieve-host", "tapsieve-host-test"]),
    (
        "fuzz/targets",
        &[
            "tapsieve-detector",
            "tapsieve-host-test",
            "tapsieve-policy",
            "tapsieve-records",
            "tapsieve-stories",
        ],
    ),
    ("fuzz", &["tapsieve-fuzz-targets"]),
    ("policy", &[]),
    ("redpanda", &["tapsieve-detector", "tapsieve-policy"]),
    ("stories", &["tapsieve-detector", "tapsieve-policy"]),
    ("xtask", &["tapsieve-detector", "tapsieve-demo-serve"]),
];

pub(super) fn problems() -> Vec<String> {
    let mut problems = Vec::new();
    for (file, text) in rust_files("detector/src") {
        problems.extend(module_problems(&file, &text));
    }
    for (package, allowed) in PACKAGES {
        let manifest = format!("{package}/Cargo.toml");
        let Ok(text) = fs::read_to_string(root().join(&manifest)) else { continue };
        let used = text.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        for other in used.filter(|name| name.starts_with("tapsieve-") && !allowed.contains(name)) {
            problems.push(format!("{manifest}: {package} may not use {other}"));
        }
    }
    problems
}

/// Every `crate::…` in a file that its layer may not use. lib.rs only lists modules and is exempt.
fn module_problems(file: &str, text: &str) -> Vec<String> {
    let inner = file.trim_start_matches("detector/src/").trim_end_matches(".rs");
    let module = inner.split('/').next().unwrap_or(inner);
    if module == "lib" {
        return Vec::new();
    }
    let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let Some(own) = layer(module) else { return vec![format!("{file}: `{module}` has no layer")] };
    let syntax = match syn::parse_file(text) {
        Ok(syntax) => syntax,
        Err(error) => return vec![format!("{file}: {error}")],
    };
    let mut found = CratePaths(Vec::new());
    found.visit_file(&syntax);
    let above = |used: &str| used != module && layer(used).is_none_or(|layer| layer >= own);
    let uses = found.0.into_iter().filter(|used| above(&used.to_string()));
    uses.map(|used| format!("{file}:{}: `{module}` may not use `crate::{used}`", used.span().start().line))
        .collect()
}

/// The first names after `crate::`, wherever a path may stand.
struct CratePaths(Vec<Ident>);

impl CratePaths {
    /// The first names of what a `use crate::…` brings in.
    fn visit_tree(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.0.push(path.ident.clone()),
            UseTree::Name(name) => self.0.push(name.ident.clone()),
            UseTree::Rename(name) => self.0.push(name.ident.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.visit_tree(tree)),
            // A layer that takes everything takes what is above it too.
            UseTree::Glob(glob) => self.0.push(Ident::new("everything", glob.star_token.span)),
        }
    }

    /// Macros are not parsed: in them every `crate::name` counts.
    fn visit_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |token: &TokenTree, text: &str| token.to_string() == text;
        for window in tokens.windows(4) {
            if let [first, one, two, TokenTree::Ident(name)] = window
                && is(first, "crate")
                && is(one, ":")
                && is(two, ":")
            {
                self.0.push(name.clone());
            }
        }
        for token in tokens {
            if let TokenTree::Group(group) = token {
                self.visit_tokens(group.stream());
            }
        }
    }
}

impl<'ast> Visit<'ast> for CratePaths {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        match &item.tree {
            UseTree::Path(path) if path.ident == "crate" => self.visit_tree(&path.tree),
            UseTree::Group(group) => {
                for tree in &group.items {
                    if let UseTree::Path(path) = tree
                        && path.ident == "crate"
                    {
                        self.visit_tree(&path.tree);
                    }
                }
            }
            _ => {}
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.segments.len() > 1 && path.segments[0].ident == "crate" {
            self.0.push(path.segments[1].ident.clone());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, it: &'ast Macro) {
        self.visit_tokens(it.tokens.clone());
    }

    /// `pub(in crate::…)` gives nothing away and takes nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_layer_is_named_with_its_line() {
        let text = "use crate::json;\nuse crate::{json::Raw, policy::{Policy, Keep}};\n// crate::detector\n";
        let problems = module_problems("detector/src/fields/aws.rs", text);
        assert_eq!(problems, ["detector/src/fields/aws.rs:2: `fields` may not use `crate::policy`"]);
    }

    #[test]
    fn a_higher_layer_is_found_wherever_a_path_may_stand() {
        for text in [
            "use crate::{\n    json::Raw,\n    policy::{Policy, Keep},\n};",
            "use {std::fmt, crate::{policy as settings}};",
            "use crate :: policy;",
            "use crate::*;",
            "fn f() -> crate::policy::Keep { g() }",
            "fn f() { let _ = vec![crate::policy::keep()]; }",
            "macro_rules! m { () => { $crate::policy::keep() } }",
            "struct S { #[expect(dead_code)] keep: Vec<crate::policy::Keep> }",
        ] {
            assert_eq!(module_problems("detector/src/fields/aws.rs", text).len(), 1, "{text}");
        }
        let text = "/// As crate::policy does.\nconst S: &str = \"crate::policy\"; // crate::policy\n";
        assert_eq!(module_problems("detector/src/fields/aws.rs", text), [""; 0]);
    }

    #[test]
    fn neighbours_and_unknown_names_are_no_lower_layer() {
        assert_eq!(module_problems("detector/src/catalog/mod.rs", "use crate::policy::Policy;").len(), 1);
        assert_eq!(module_problems("detector/src/enrich.rs", "use crate::Outcome;").len(), 1);
        assert_eq!(module_problems("detector/src/helper.rs", "").len(), 1);
        assert_eq!(module_problems("detector/src/fields/aws.rs", "use crate::json::Raw;").len(), 0);
    }
}
