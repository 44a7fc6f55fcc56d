//! The page as one file that works opened from disk. Knows how the page's files name each other, not what they do.
//!
//! Its one script holds every module as a function, and every other part packed. Its content security policy names that
//! script and the one style by their hashes; the worker runs the same script.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// What the script holds packed.
const PACKED: [&str; 3] = ["tapsieve_demo_bg.wasm", "samples.json", "policies.json"];

/// Puts the page, these files of `folder`, into one; `parts` is the module that finds what is packed.
///
/// # Errors
/// A file of the page names others in a way that is not known here.
pub(crate) fn page(folder: &Path, files: &BTreeSet<String>, parts: &Path) -> Result<String, Box<dyn Error>> {
    let script = script(folder, files, parts)?;
    let style = fs::read_to_string(folder.join("style.css"))?;
    let icon =
        format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(fs::read(folder.join("icon.svg"))?));
    let rules = format!(
        "script-src {} 'wasm-unsafe-eval'; worker-src blob:; style-src {}; img-src data:;",
        hash(&script),
        hash(&style)
    );
    let mut html = fs::read_to_string(folder.join("index.html"))?;
    for (there, here) in [
        (
            "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self';",
            rules.as_str(),
        ),
        ("href=\"icon.svg\"", &format!("href=\"{icon}\"")),
        ("src=\"icon.svg\"", &format!("src=\"{icon}\"")),
        ("<link rel=\"stylesheet\" href=\"style.css\">", &format!("<style>{style}</style>")),
        ("<link rel=\"modulepreload\" href=\"tapsieve_demo.js\">\n", ""),
        ("<script type=\"module\" src=\"app.js\"></script>\n", ""),
        // It runs where it stands, so it stands last.
        ("</body>", &format!("<script>{script}</script>\n</body>")),
    ] {
        let (before, after) = html.split_once(there).ok_or_else(|| format!("index.html has no `{there}`"))?;
        html = format!("{before}{here}{after}");
    }
    Ok(html)
}

/// A source of a content security policy for one inline element.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}

fn script(folder: &Path, files: &BTreeSet<String>, parts: &Path) -> Result<String, Box<dyn Error>> {
    let mut script = String::from("(() => {\n'use strict';\nconst PACKED = {\n");
    for name in PACKED {
        let mut packed = Vec::new();
        let bytes = fs::read(folder.join(name))?;
        zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, bytes.as_slice(), &mut packed)?;
        script += &format!("'{name}': '{}',\n", BASE64_STANDARD.encode(packed));
    }
    script += "};\nconst loaded = {};\nconst use = (name) => loaded[name] ??= MODULES[name]();\nconst MODULES = {\n";
    for name in files.iter().filter(|name| name.ends_with(".js")) {
        let path = if name == "parts.js" { parts } else { &folder.join(name) };
        let body = body(&fs::read_to_string(path)?).map_err(|problem| format!("{name}: {problem}"))?;
        script += &format!("'{name}': () => {{\n{body}}},\n");
    }
    script += "};\nuse(globalThis.document ? 'app.js' : 'worker.js');\n})();\n";
    match ["</script", "<!--"].into_iter().find(|end| script.contains(end)) {
        None => Ok(script),
        Some(end) => Err(format!("the script holds `{end}`, which HTML reads").into()),
    }
}

/// A module as the body of a function that returns its exports, without comments on lines of their own and indents.
///
/// # Errors
/// It imports or exports in a form that the page does not use, or a template goes over lines: indents belong to it.
fn body(module: &str) -> Result<String, String> {
    let mut exports = Vec::new();
    let mut body = String::new();
    let mut comment = false;
    for line in module.lines() {
        let unknown = || format!("not understood: {line}");
        let text = line.trim_start();
        if comment || text.starts_with("/**") {
            comment = !text.ends_with("*/");
            continue;
        }
        if text.starts_with("//") {
            continue;
        }
        if text.replace("'`'", "").matches('`').count() % 2 == 1 {
            return Err(unknown());
        }
        if let Some(import) = line.strip_prefix("import ") {
            let (names, from) = import.split_once(" from './").ok_or_else(unknown)?;
            let from = from.strip_suffix("';").ok_or_else(unknown)?;
            body += &format!("const {} = use('{from}');\n", imported(names).ok_or_else(unknown)?);
        } else if let Some(list) = line.strip_prefix("export { ") {
            let list = list.strip_suffix(" };").ok_or_else(unknown)?;
            exports.extend(list.split(", ").map(|export| match export.split_once(" as ") {
                Some((here, there)) => format!("{there}: {here}"),
                None => export.to_owned(),
            }));
        } else if let Some(declaration) = line.strip_prefix("export ") {
            exports.push(declared(declaration).ok_or_else(unknown)?.to_owned());
            body += &format!("{declaration}\n");
        } else {
            body += &format!("{text}\n");
        }
    }
    Ok(format!("{body}return {{ {} }};\n", exports.join(", ")))
}

/// The pattern that takes `name, { other, third as name3 }` out of a module's exports.
fn imported(names: &str) -> Option<String> {
    let (default, named) = names.split_once('{')?;
    let named = named.strip_suffix('}')?.trim().replace(" as ", ": ");
    match default.trim().strip_suffix(',') {
        Some(name) => Some(format!("{{ default: {name}, {named} }}")),
        None => default.is_empty().then(|| format!("{{ {named} }}")),
    }
}

/// The name that an exported declaration declares.
fn declared(declaration: &str) -> Option<&str> {
    let rest = ["const ", "function ", "async function ", "class "]
        .iter()
        .find_map(|word| declaration.strip_prefix(word))?;
    let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))?;
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn a_module_becomes_a_function_body() {
        let module = "// Says.\nimport init, { a, b as c } from './x.js';\nimport { d } from './y.js';\n\
                      export const e = 1;\nexport async function f() {}\nexport class G {\n  // Not said.\n  h() {}\n}\nexport { h, i as default };\n";
        let expected = "const { default: init, a, b: c } = use('x.js');\nconst { d } = use('y.js');\n\
                        const e = 1;\nasync function f() {}\nclass G {\nh() {}\n}\nreturn { e, f, G, h, default: i };\n";
        assert_eq!(body(module).as_deref(), Ok(expected));
    }

    #[test]
    fn other_forms_are_refused() {
        for line in [
            "import './x.js';",
            "import * as x from './x.js';",
            "export let x = 1;",
            "export * from './x.js';",
            "x = `over",
        ] {
            assert!(body(line).is_err(), "{line}");
        }
    }
}
