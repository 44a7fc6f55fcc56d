//! `cargo xtask logscale`: the package that LogScale imports, out of `logscale/`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;

use crate::task::{root, say};

/// The folders of a package, apart from its manifest and README.
const FOLDERS: [&str; 4] = ["alerts", "dashboards", "parsers", "queries"];

/// `cargo xtask logscale`
pub(crate) fn logscale(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask logscale".into());
    }
    let path = root().join("dist").join(name()?);
    fs::create_dir_all(root().join("dist")).map_err(|error| format!("dist: {error}"))?;
    fs::write(&path, package()?).map_err(|error| format!("{}: {error}", path.display()))?;
    say(&format!("wrote {}", path.display()));
    Ok(())
}

/// The file's name, as LogScale gives it to what it exports: `scope--name--version.zip`.
pub(crate) fn name() -> Result<String, String> {
    let manifest = read(&root().join("logscale/manifest.yaml"))?;
    let name = manifest.lines().find_map(|line| line.strip_prefix("name: "));
    let name = name.ok_or("logscale/manifest.yaml has no name")?;
    Ok(format!("{}--{}.zip", name.replace('/', "--"), env!("CARGO_PKG_VERSION")))
}

/// The package, the same bytes each time.
fn package() -> Result<Vec<u8>, String> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (inside, path) in files()? {
        let text = read(&path)?;
        zip.start_file(&inside, SimpleFileOptions::default())
            .and_then(|()| Ok(zip.write_all(text.as_bytes())?))
            .map_err(|error| format!("{inside}: {error}"))?;
    }
    Ok(zip.finish().map_err(|error| format!("zip: {error}"))?.into_inner())
}

/// Every file with its name in the package, in order.
fn files() -> Result<Vec<(String, PathBuf)>, String> {
    let folder = root().join("logscale");
    let mut files: Vec<(String, PathBuf)> =
        ["README.md", "manifest.yaml"].map(|name| (name.to_owned(), folder.join(name))).into();
    for inside in FOLDERS {
        let entries =
            fs::read_dir(folder.join(inside)).map_err(|error| format!("logscale/{inside}: {error}"))?;
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((format!("{inside}/{name}"), path));
        }
    }
    files.sort();
    Ok(files)
}

/// A file's text, with the version where the manifest asks for it.
fn read(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.replace("@VERSION@", env!("CARGO_PKG_VERSION")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Read;

    use serde_json::Value;

    use super::*;

    /// The schema of a folder's files, the members that they all have, and those that some have, as in CrowdStrike's
    /// public packages: whether LogScale takes others is not documented.
    const FORMATS: [(&str, &str, &[&str], &[&str]); 5] = [
        (
            "manifest",
            "manifest/v2.0.0",
            &["name", "author", "description", "version", "minHumioVersion", "type", "licenseUrl"],
            &["logoUrl"],
        ),
        (
            "alerts",
            "alert/v0.3.0",
            &[
                "name",
                "description",
                "enabled",
                "queryString",
                "throttleTime",
                "timeInterval",
                "actionNameReferences",
            ],
            &["throttleField"],
        ),
        (
            "dashboards",
            "dashboard/v0.16.0",
            &["name", "widgets", "sharedTimeInterval", "timeSelector"],
            &["description", "parameters", "updateFrequency"],
        ),
        (
            "parsers",
            "parser/v0.3.0",
            &["name", "script", "tagFields", "fieldsToBeRemovedBeforeParsing"],
            &["testCases"],
        ),
        ("queries", "query/v0.3.0", &["name", "queryString", "timeInterval", "visualization"], &[]),
    ];

    /// What every widget with a search has.
    const WIDGET: [&str; 12] = [
        "type",
        "title",
        "x",
        "y",
        "width",
        "height",
        "visualization",
        "options",
        "queryString",
        "isLive",
        "start",
        "end",
    ];

    fn yaml() -> Vec<(String, Value)> {
        let files = files().expect("the package").into_iter().filter(|(name, _)| name.ends_with(".yaml"));
        files
            .map(|(name, path)| {
                let text = read(&path).expect("a file of the package");
                let value = serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
                (name, value)
            })
            .collect()
    }

    /// Every search of the package.
    fn searches() -> Vec<(String, String)> {
        let mut searches = Vec::new();
        for (name, file) in yaml() {
            let widgets =
                file["widgets"].as_object().into_iter().flatten().map(|(_, widget)| &widget["queryString"]);
            for search in [&file["queryString"], &file["script"]].into_iter().chain(widgets) {
                searches.extend(search.as_str().map(|search| (name.clone(), search.to_owned())));
            }
        }
        searches
    }

    #[test]
    fn files_have_the_format_of_public_packages() {
        let mut folders = BTreeSet::new();
        for (name, file) in yaml() {
            let folder = name.split(['/', '.']).next().unwrap_or_default().to_owned();
            let (_, schema, members, more) = FORMATS
                .iter()
                .find(|(known, ..)| *known == folder)
                .unwrap_or_else(|| panic!("{name}: no format"));
            assert_eq!(file["$schema"], format!("https://schemas.humio.com/{schema}"), "{name}");
            for member in *members {
                assert!(file.get(member).is_some(), "{name} has no {member}");
            }
            for member in file.as_object().expect("an object").keys().filter(|member| *member != "$schema") {
                let known = members.contains(&&**member) || more.contains(&&**member);
                assert!(known, "{name}: no public file has {member}");
            }
            for (id, widget) in file["widgets"].as_object().into_iter().flatten() {
                for member in WIDGET {
                    assert!(widget.get(member).is_some(), "{name}: {id} has no {member}");
                }
                let members = widget.as_object().expect("an object").keys();
                let other = members.filter(|member| !WIDGET.contains(&&***member)).collect::<Vec<_>>();
                assert!(other.iter().all(|member| *member == "description"), "{name}: {id} has {other:?}");
            }
            folders.insert(folder);
        }
        assert_eq!(folders.len(), FORMATS.len());
    }

    #[test]
    fn widgets_do_not_overlap() {
        for (name, file) in yaml() {
            let mut taken = BTreeSet::new();
            for (id, widget) in file["widgets"].as_object().into_iter().flatten() {
                let number = |member: &str| widget[member].as_u64().expect("a number");
                for x in number("x")..number("x") + number("width") {
                    assert!(x < 12, "{name}: {id} is too wide");
                    for y in number("y")..number("y") + number("height") {
                        assert!(taken.insert((x, y)), "{name}: {id} overlaps");
                    }
                }
            }
        }
    }

    #[test]
    fn every_member_that_a_search_names_is_in_the_vectors() {
        let known = members_of_vectors();
        let mut named = BTreeSet::new();
        for (file, search) in searches() {
            for word in search.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_'))) {
                let ours = word.starts_with("mirror.")
                    || [
                        "mirrorAction",
                        "ActorIdentity",
                        "SourceIP",
                        "ResolvedEventName",
                        "awsRegion",
                        "resourceGroupName",
                    ]
                    .contains(&word);
                if ours {
                    assert!(known.contains(word), "{file}: no vector has {word}");
                    named.insert(word.to_owned());
                }
            }
        }
        assert!(named.len() > 20, "{named:?}");
    }

    #[test]
    fn what_throttles_the_alert_is_in_its_rows_and_begins_with_the_story() {
        let alerts: Vec<_> = yaml().into_iter().filter(|(name, _)| name.starts_with("alerts/")).collect();
        assert!(!alerts.is_empty());
        for (name, alert) in alerts {
            let field = alert["throttleField"].as_str().expect("a throttle field");
            let search = alert["queryString"].as_str().expect("a search");
            for part in [
                format!("| {field} := format(\"%s %s\", field=[mirror.story, "),
                format!("| groupBy([{field}], "),
            ] {
                assert!(search.contains(&part), "{name} has no {part}");
            }
        }
    }

    #[test]
    fn the_zip_holds_every_file() {
        let mut zip =
            zip::ZipArchive::new(std::io::Cursor::new(package().expect("a package"))).expect("a zip");
        let files = files().expect("the package");
        assert_eq!(zip.len(), files.len());
        for (name, path) in files {
            let mut text = String::new();
            zip.by_name(&name).expect("in the zip").read_to_string(&mut text).expect("text");
            assert_eq!(text, read(&path).expect("a file"));
        }
        assert_eq!(package(), package());
    }

    /// The names of all members that the vectors expect, joined by dots.
    fn members_of_vectors() -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let folders = fs::read_dir(root().join("tests/vectors")).expect("vectors");
        for folder in folders.filter_map(Result::ok) {
            for file in fs::read_dir(folder.path()).expect("a folder").filter_map(Result::ok) {
                let vectors: toml::Table = read(&file.path()).expect("vectors").parse().expect("TOML");
                for case in vectors.get("case").and_then(toml::Value::as_array).into_iter().flatten() {
                    let inserted = case.get("inserted").and_then(toml::Value::as_str).unwrap_or_default();
                    if let Ok(value) = serde_json::from_str(&format!("{{{inserted}}}")) {
                        add(&mut names, "", &value);
                    }
                }
            }
        }
        names
    }

    fn add(names: &mut BTreeSet<String>, before: &str, value: &Value) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let name = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
            add(names, &name, value);
            names.insert(name);
        }
    }
}
