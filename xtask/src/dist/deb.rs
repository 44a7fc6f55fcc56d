//! The Debian package: where each file goes, and the texts of `debian/`. It holds the static command, so that it needs no
//! library of one release of Debian.

use std::io;
use std::process::Command;

use super::tree::{Tree, gzip};
use super::{VERSION, documents, read, root_file};
use crate::task::output;

/// Where the documents go.
const DOC: &str = "usr/share/doc/tapsieve";

/// The package's name.
///
/// # Errors
/// Debian has no name for this processor.
pub(super) fn name() -> Result<String, String> {
    Ok(format!("tapsieve_{VERSION}-1_{}.deb", architecture()?))
}

/// The package with this command, everything in it of `time`.
///
/// # Errors
/// A file is missing or has not the lines that are changed for the package.
pub(super) fn package(command: &[u8], time: u64) -> Result<Vec<u8>, String> {
    let data = data(command, time)?;
    let kib: usize = data.files().map(|(_, bytes)| bytes.len().div_ceil(1024)).sum();
    let mut control = Tree::default();
    let text = debian("control")?.replace("@ARCHITECTURE@", architecture()?);
    control.add("control", text.replace("@KIB@", &kib.to_string()));
    control.add("conffiles", debian("conffiles")?);
    for script in ["postinst", "prerm", "postrm"] {
        control.add_program(script, debian(script)?);
    }
    wrap(&control, &data, time).map_err(|error| format!("the Debian package: {error}"))
}

fn wrap(control: &Tree, data: &Tree, time: u64) -> io::Result<Vec<u8>> {
    let mut package = ar::Builder::new(Vec::new());
    for (name, bytes) in [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.gz", control.tar_gz("./", time)?),
        ("data.tar.gz", data.tar_gz("./", time)?),
    ] {
        let mut header = ar::Header::new(name.into(), bytes.len() as u64);
        header.set_mode(0o100_644);
        header.set_mtime(time);
        package.append(&header, bytes.as_slice())?;
    }
    package.into_inner()
}

fn data(command: &[u8], time: u64) -> Result<Tree, String> {
    let mut data = Tree::default();
    data.add_program("usr/bin/tapsieve", command);
    data.add("usr/share/tapsieve/tapsieve.wasm", read("dist/tapsieve.wasm")?);
    data.add("lib/systemd/system/tapsieve.service", unit(&text("vector-config/tapsieve.service")?)?);
    data.add("etc/tapsieve/serve.env", debian("serve.env")?);
    data.add("etc/tapsieve/policy.toml", read("policy/src/new.toml")?);
    documents(&mut data, DOC)?;
    data.add(&format!("{DOC}/copyright"), debian("copyright")?);
    let date = output(Command::new("date").args(["-R", "-u", "-d", &format!("@{time}")]))?;
    let changelog = debian("changelog")?.replace("@DATE@", date.trim());
    for (name, text) in [("changelog", text("CHANGELOG.md")?), ("changelog.Debian", changelog)] {
        let packed = gzip(text.as_bytes()).map_err(|error| format!("{name}: {error}"))?;
        data.add(&format!("{DOC}/{name}.gz"), packed);
    }
    Ok(data)
}

/// The unit of `vector-config/` with the package's paths and user.
fn unit(by_hand: &str) -> Result<String, String> {
    let mut unit = String::new();
    for line in by_hand.lines() {
        match line {
            "DynamicUser=yes" => unit += "User=tapsieve\n",
            _ if line.starts_with("# /etc/") => {}
            _ if line.starts_with("ExecStart=") => {
                unit +=
                    "EnvironmentFile=/etc/tapsieve/serve.env\nExecStart=/usr/bin/tapsieve serve $OPTIONS\n";
            }
            _ => unit += &format!("{line}\n"),
        }
    }
    let whole = ["User=tapsieve\n", "ExecStart=/usr/bin/tapsieve"].iter().all(|line| unit.contains(line));
    whole.then_some(unit).ok_or_else(|| "vector-config/tapsieve.service has no user or no command".into())
}

fn architecture() -> Result<&'static str, String> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("amd64"),
        "aarch64" => Ok("arm64"),
        other => Err(format!("Debian's name for {other} is not known here")),
    }
}

/// A text of `debian/` for this version.
fn debian(name: &str) -> Result<String, String> {
    Ok(text(&format!("debian/{name}"))?.replace("@VERSION@", VERSION))
}

fn text(path: &str) -> Result<String, String> {
    String::from_utf8(read(path)?).map_err(|_| format!("{}: not UTF-8", root_file(path).display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_names_what_the_package_holds() {
        let unit = unit(&text("vector-config/tapsieve.service").expect("the unit")).expect("a unit");
        let user = debian("postinst").expect("a script");
        assert!(user.contains("--shell /usr/sbin/nologin tapsieve\n"), "{user}");
        for (line, path) in [
            ("ExecStart=/usr/bin/tapsieve ", "tapsieve"),
            ("EnvironmentFile=/etc/tapsieve/serve.env\n", "serve.env"),
        ] {
            assert!(unit.contains(line), "{path}: {unit}");
        }
        let kept = debian("conffiles").expect("a list");
        assert_eq!(kept, "/etc/tapsieve/policy.toml\n/etc/tapsieve/serve.env\n");
        assert!(debian("serve.env").expect("options").contains("--policy /etc/tapsieve/policy.toml"));
    }

    #[test]
    fn a_package_has_three_members_and_the_same_bytes_each_time() {
        let mut tree = Tree::default();
        tree.add("a", "A");
        let package = wrap(&tree, &tree, 7).expect("a package");
        assert_eq!(package, wrap(&tree, &tree, 7).expect("a package"));
        let mut archive = ar::Archive::new(package.as_slice());
        let mut names = Vec::new();
        while let Some(entry) = archive.next_entry() {
            let header = entry.expect("a member").header().clone();
            assert_eq!((header.mtime(), header.uid(), header.gid()), (7, 0, 0));
            names.push(String::from_utf8_lossy(header.identifier()).into_owned());
        }
        assert_eq!(names, ["debian-binary", "control.tar.gz", "data.tar.gz"]);
    }
}
