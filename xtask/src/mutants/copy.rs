//! A copy of the repository with mutants in it, built: which of them compile, and the tests' programs.
//!
//! Files that stay as they are are not written again, so that cargo builds only what changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::PACKAGES;
use super::listed::Mutant;
use super::place::{Placed, place};
use super::trial::STAGES;
use crate::task::{output, root, say, target_dir};

/// The package that is asked which mutant is picked, and the program that holds rows against mutants.
const CHOSEN: &str = include_str!("chosen.rs");
const CHOSEN_MANIFEST: &str =
    "[package]\nname = \"tapsieve-mutant\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
const ROWS: &str = include_str!("rows.rs");
const ROWS_MANIFEST: &str =
    "[package]\nname = \"tapsieve-mutant-rows\"\nversion = \"0.0.0\"\nedition = \"2024\"\n
[dependencies]\ntapsieve-host-test.workspace = true\ntapsieve-mutant.path = \"../mutant\"\n
[lib]\npath = \"lib.rs\"\n\n[[test]]\nname = \"rows\"\npath = \"rows.rs\"\nharness = false\n";

/// What a copy's packages are not to be refused for.
const ALLOWED: &str =
    "#![allow(warnings, arithmetic_overflow, unconditional_panic, unconditional_recursion)] ";

/// What became of mutants on the way into a build.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// Those that a run can pick.
    pub(crate) there: Vec<u32>,
    /// Those that do not compile.
    pub(crate) unviable: Vec<u32>,
    /// Those there is no place for where something runs at compile time, or that the copy cannot hold.
    pub(crate) left_out: Vec<u32>,
    /// The choice that a mutant is in.
    pub(crate) choice_of: HashMap<u32, u32>,
    /// The tests' programs by package and name.
    pub(crate) programs: HashMap<(String, String), PathBuf>,
}

/// Copies the repository, puts the mutants in and builds the tests. The numbers count from one.
///
/// # Errors
/// The copy does not compile, for another reason than a mutant.
pub(crate) fn build(mutants: &[Mutant], packages: &[String]) -> Result<Built, String> {
    // Another copy is for finding out what compiles, so that a build is new only where something changed.
    let (copy, tried) = (folder().join("source"), folder().join("tried"));
    for copy in [&copy, &tried] {
        mirror(copy)?;
        prepare(copy, packages)?;
    }
    let mut built = Built::default();
    let mut gone: HashSet<u32> = HashSet::new();
    say("finding the mutants that compile");
    for round in 1.. {
        let files = put_in(mutants, &gone, &tried)?;
        built.left_out.extend(files.values().flat_map(|placed| &placed.left_out));
        built.unviable.extend(files.values().flat_map(|placed| &placed.unviable));
        gone.extend(built.left_out.iter().chain(&built.unviable));
        let errors = check(&tried, packages)?;
        if errors.is_empty() {
            break;
        }
        let mut count = 0;
        for error in &errors {
            let placed = files.get(&error.file).ok_or_else(|| error.tell())?;
            let blamed: Vec<u32> = blamed(placed, error).filter(|number| gone.insert(*number)).collect();
            count += blamed.len();
            if error.text.contains("in constants") { &mut built.left_out } else { &mut built.unviable }
                .extend(blamed);
        }
        if count == 0 {
            return Err(errors[0].tell());
        }
        say(&format!("round {round}: {count} do not"));
    }
    built.there = (1..=mutants.len() as u32).filter(|number| !gone.contains(number)).collect();
    let files = put_in(mutants, &gone, &copy)?;
    built.choice_of = files.values().flat_map(|placed| placed.choice_of.iter().copied()).collect();
    say("building the tests with the others in them (the engine takes a few minutes the first time)");
    built.programs = programs(&copy)?;
    Ok(built)
}

/// Where the copy and what is built of it are.
pub(crate) fn folder() -> PathBuf {
    target_dir().join("mutants")
}

/// Makes the copy what the working folder is.
fn mirror(copy: &Path) -> Result<(), String> {
    let mut list = Command::new("git");
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let listed = output(&mut list)?;
    let mut files: HashSet<&str> = listed.split('\0').filter(|file| root().join(file).is_file()).collect();
    // The properties compare the detector with the module.
    files.extend(
        ["dist/tapsieve.wasm", "dist/tapsieve.cwasm"].iter().filter(|file| root().join(file).is_file()),
    );
    for file in &files {
        // Those are written with the mutants in them.
        if file.ends_with(".rs")
            && PACKAGES.iter().any(|package| file.starts_with(&format!("{package}/src/")))
        {
            continue;
        }
        let bytes = fs::read(root().join(file)).map_err(|error| format!("{file}: {error}"))?;
        write(&copy.join(file), &bytes)?;
    }
    let kept = copy.join("files.txt");
    for old in fs::read_to_string(&kept).unwrap_or_default().lines().filter(|old| !files.contains(old)) {
        drop(fs::remove_file(copy.join(old)));
    }
    let mut files: Vec<&str> = files.into_iter().collect();
    files.sort_unstable();
    write(&kept, files.join("\n").as_bytes())
}

/// Has the packages ask which mutant is picked.
fn prepare(copy: &Path, packages: &[String]) -> Result<(), String> {
    write(&copy.join("mutant/Cargo.toml"), CHOSEN_MANIFEST.as_bytes())?;
    write(&copy.join("mutant/src/lib.rs"), CHOSEN.as_bytes())?;
    write(&copy.join("mutant-rows/Cargo.toml"), ROWS_MANIFEST.as_bytes())?;
    write(&copy.join("mutant-rows/lib.rs"), b"")?;
    write(&copy.join("mutant-rows/rows.rs"), ROWS.as_bytes())?;
    let manifest =
        fs::read_to_string(root().join("Cargo.toml")).map_err(|error| format!("Cargo.toml: {error}"))?;
    let manifest = manifest.replacen("members = [", "members = [\"mutant-rows\", ", 1);
    write(&copy.join("Cargo.toml"), manifest.as_bytes())?;
    for package in packages {
        let manifest = format!("{package}/Cargo.toml");
        let text =
            fs::read_to_string(root().join(&manifest)).map_err(|error| format!("{manifest}: {error}"))?;
        let text = format!("{text}\n[dependencies.tapsieve-mutant]\npath = \"../mutant\"\n");
        write(&copy.join(manifest), text.as_bytes())?;
    }
    Ok(())
}

/// Writes the sources of the packages with the mutants that are left.
fn put_in(mutants: &[Mutant], gone: &HashSet<u32>, copy: &Path) -> Result<BTreeMap<String, Placed>, String> {
    let mut of_file: BTreeMap<String, Vec<(u32, &Mutant)>> = BTreeMap::new();
    for (file, _) in PACKAGES.iter().flat_map(|package| crate::tidy::rust_files(&format!("{package}/src"))) {
        of_file.insert(file, Vec::new());
    }
    for (number, mutant) in (1..).zip(mutants).filter(|(number, _)| !gone.contains(number)) {
        of_file.entry(mutant.file.clone()).or_default().push((number, mutant));
    }
    let mut files = BTreeMap::new();
    for (file, mutants) in of_file {
        let text = fs::read_to_string(root().join(&file)).map_err(|error| format!("{file}: {error}"))?;
        let mut placed = place(&text, &mutants).map_err(|error| format!("{file}: {error}"))?;
        if file.ends_with("/src/lib.rs") {
            placed.put_before(ALLOWED);
        }
        write(&copy.join(&file), placed.text.as_bytes())?;
        files.insert(file, placed);
    }
    Ok(files)
}

/// The mutants that an error is about.
fn blamed(placed: &Placed, error: &CompileError) -> impl Iterator<Item = u32> {
    let at = error.span.start;
    let within = |spans: &[(Range<usize>, Vec<u32>)]| {
        let holding = spans.iter().filter(|(span, _)| span.contains(&at));
        holding.min_by_key(|(span, _)| span.len()).map_or(Vec::new(), |(_, numbers)| numbers.clone())
    };
    let change = || {
        let holding = placed.changes.iter().filter(|(span, _)| span.contains(&at));
        holding.min_by_key(|(span, _)| span.len()).map(|(_, number)| *number)
    };
    let blamed = if error.is_unmatched {
        // The last of the arms that can go is the widest.
        within(&placed.matches).pop().into_iter().collect()
    } else {
        change().map_or_else(|| within(&placed.choices), |number| vec![number])
    };
    blamed.into_iter()
}

struct CompileError {
    file: String,
    /// Whether a match lacks an arm.
    is_unmatched: bool,
    span: Range<usize>,
    text: String,
}

impl CompileError {
    fn tell(&self) -> String {
        format!("the copy does not compile, and no mutant is to blame: {}: {}", self.file, self.text)
    }
}

/// What a compiler has against the copy.
fn check(copy: &Path, packages: &[String]) -> Result<Vec<CompileError>, String> {
    let mut check = cargo(copy, &["check", "--release", "--message-format=json"]);
    for package in packages {
        check.arg("-p").arg(format!("tapsieve-{package}"));
    }
    let (messages, is_right) = messages(check.stderr(Stdio::null()))?;
    let mut errors = Vec::new();
    for message in messages.iter().map(|message| &message["message"]) {
        if message["level"] != "error" {
            continue;
        }
        let text = message["message"].as_str().unwrap_or_default().to_owned();
        let spans = message["spans"].as_array();
        let primary = spans.and_then(|spans| spans.iter().find(|span| span["is_primary"] == true));
        let Some(mut span) = primary else { continue };
        // An error in a macro is where the macro is called.
        while span["expansion"].is_object()
            && !span["file_name"].as_str().is_some_and(|file| root().join(file).is_file())
        {
            span = &span["expansion"]["span"];
        }
        let byte = |name: &str| span[name].as_u64().unwrap_or_default() as usize;
        let file = span["file_name"].as_str().unwrap_or_default().to_owned();
        let is_unmatched = message["code"]["code"] == "E0004";
        errors.push(CompileError { file, is_unmatched, span: byte("byte_start")..byte("byte_end"), text });
    }
    if errors.is_empty() && !is_right {
        return Err("`cargo check` of the copy fails and says no place".into());
    }
    Ok(errors)
}

/// Builds the tests and says where they are.
fn programs(copy: &Path) -> Result<HashMap<(String, String), PathBuf>, String> {
    let mut tests = cargo(copy, &["test", "--no-run", "--release", "--workspace", "--message-format=json"]);
    tests
        .args(["--lib", "--test", "rows"])
        .args(STAGES.iter().filter(|stage| !stage.is_lib()).flat_map(|stage| ["--test", stage.test]));
    let (messages, is_right) = messages(&mut tests)?;
    if !is_right {
        return Err("the tests of the copy do not build".into());
    }
    let found = messages.iter().filter_map(|message| {
        let program = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?;
        let package = Path::new(message["manifest_path"].as_str()?).parent()?.strip_prefix(copy).ok()?;
        let name = message["target"]["name"].as_str()?;
        Some(((package.to_string_lossy().into_owned(), name.to_owned()), program.into()))
    });
    Ok(found.collect())
}

fn cargo(copy: &Path, arguments: &[&str]) -> Command {
    let mut command = crate::task::cargo(arguments);
    command.current_dir(copy).arg("--target-dir").arg(folder().join("build"));
    command
}

/// What cargo says, and whether it was content.
fn messages(command: &mut Command) -> Result<(Vec<Value>, bool), String> {
    let output = command.stdout(Stdio::piped()).spawn().and_then(std::process::Child::wait_with_output);
    let output = output.map_err(|error| format!("cargo: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Ok((messages, output.status.success()))
}

/// Writes a file unless it is so already.
fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|current| current == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|error| format!("{}: {error}", path.display()))
}
