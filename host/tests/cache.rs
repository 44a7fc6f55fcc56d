//! Laws of the cache of compiled modules: what was changed or may be changed by others is not run.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::{Ended, Folder, INSERTED};

/// Runs one record through the stand-in, with machine code kept in `cache`.
fn run(folder: &Folder, cache: &Path) -> String {
    folder.write("in.ndjson", b"{\"a\":\"TAP!e\"}\n");
    let mut command = folder.command(&["run", "--module", "m.wasm", "in.ndjson"]);
    let ended = Ended::from(command.env("TAPSIEVE_CACHE", cache).output().unwrap());
    assert_eq!(ended, Ended::well(format!("{{\"a\":\"TAP!e\",{INSERTED}}}\n")));
    ended.stdout
}

/// The one file in a folder.
fn kept(cache: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn what_was_compiled_is_kept_for_its_user_alone_and_used_again() {
    let folder = Folder::new();
    let cache = folder.path("cache");
    let first = run(&folder, &cache);
    let file = kept(&cache);
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    assert_eq!(run(&folder, &cache), first);
    assert_eq!(fs::metadata(kept(&cache)).unwrap().modified().unwrap(), modified);
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_was_changed_or_cut_short_is_compiled_anew() {
    let folder = Folder::new();
    let cache = folder.path("cache");
    let expected = run(&folder, &cache);
    let whole = fs::read(kept(&cache)).unwrap();
    for broken in [&whole[..whole.len() / 2], &[&whole[..whole.len() - 1], b"x"].concat(), b"", &whole[1..]] {
        fs::write(kept(&cache), broken).unwrap();
        assert_eq!(run(&folder, &cache), expected);
        assert_eq!(fs::read(kept(&cache)).unwrap(), whole, "it was made anew");
    }
}

#[test]
fn a_folder_or_a_file_that_others_may_change_is_not_used() {
    let folder = Folder::new();
    let cache = folder.path("cache");
    let expected = run(&folder, &cache);
    let file = kept(&cache);
    fs::remove_file(&file).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(run(&folder, &cache), expected);
    assert!(!file.exists(), "nothing is kept where others may write");
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o700)).unwrap();
    run(&folder, &cache);
    // What others may change is replaced.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(run(&folder, &cache), expected);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // A link leads to where somebody else may write.
    let link = folder.path("link");
    std::os::unix::fs::symlink(&cache, &link).unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(run(&folder, &link), expected);
    assert!(!file.exists());
}

#[test]
fn it_can_be_turned_off() {
    let folder = Folder::new();
    run(&folder, Path::new("off"));
    assert!(!folder.path("off").exists());
}
