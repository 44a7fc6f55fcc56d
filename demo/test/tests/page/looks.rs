//! How the page looks: pictures for people, and that nothing is cut off at any width.

use std::path::PathBuf;

use crate::Act;
use crate::visit::{Visit, scratch};

pub(crate) const ACTS: &[(&str, Act)] = &[("looks/nothing-is-cut-off", nothing_is_cut_off)];

/// A name, the size, and light or dark.
const SIZES: [(&str, u32, u32, &str); 5] = [
    ("light", 1440, 900, "light"),
    ("dark", 1440, 900, "dark"),
    ("tablet", 820, 1100, "light"),
    ("phone", 390, 844, "light"),
    ("small-phone-dark", 320, 640, "dark"),
];

/// A name and how to get there.
pub(crate) const STATES: [(&str, Act); 10] = [
    ("start", |_| Ok(())),
    ("mirror-event", |visit| visit.choose("sample", "0")),
    ("near-miss", |visit| visit.choose("sample", "12")),
    ("policy", |visit| {
        visit.choose("sample", "0")?;
        policy(visit, APPROVES)
    }),
    ("policy-drops", |visit| {
        visit.choose("sample", "0")?;
        policy(visit, &format!("drop = [\"approved\"]\n\n{APPROVES}"))
    }),
    ("policy-broken", |visit| {
        visit.choose("sample", "0")?;
        policy(visit, APPROVES)?;
        policy(visit, &APPROVES.replace("actions", "action"))?;
        visit.page.wait("document.getElementById('policy').getAttribute('aria-invalid')")
    }),
    ("policy-file", |visit| {
        policy(visit, &format!("keep = \"mirror\"\ndrop = [\"read\"]\n\n{APPROVES}"))?;
        visit.click("tab-file")?;
        visit.click("sample-day")?;
        visit.file_read().map(drop)
    }),
    ("file", |visit| {
        visit.click("tab-file")?;
        visit.click("sample-day")?;
        visit.file_read().map(drop)
    }),
    ("stories", |visit| {
        let file = crate::file::write("looks.ndjson", crate::stories::file().as_bytes())?;
        crate::file::choose(visit, &file)?;
        visit.page.run("document.getElementById('stories-card').scrollIntoView()").map(drop)
    }),
    ("detail", |visit| {
        visit.click("tab-file")?;
        visit.click("sample-day")?;
        visit.file_read()?;
        visit.page.run("document.querySelector('#rows button').click()")?;
        visit.page.wait("document.getElementById('detail').open")
    }),
];

const APPROVES: &str = "# The network team's own sessions.
[[approved]]
name = \"network team\"
ticket = \"CHG-1042\"
accounts = [\"111122223333\"]
actors = [\"arn:aws:*:assumed-role/*/*\", \"arn:aws:iam::*:user/*\"]
actions = [\"create\", \"modify\", \"delete\"]
";

/// Writes a policy.
fn policy(visit: &Visit, text: &str) -> Result<(), String> {
    visit.page.run("document.getElementById('policy-card').open = true")?;
    visit.fill("policy", text)
}

fn nothing_is_cut_off(visit: &Visit) -> Result<(), String> {
    let pictures = match std::env::var_os("TAPSIEVE_PICTURES") {
        Some(folder) => PathBuf::from(folder),
        None => scratch("pictures")?,
    };
    for (state, reach) in STATES {
        visit.go("")?;
        reach(visit)?;
        for (name, width, height, scheme) in SIZES {
            visit.page.look(width, height, scheme)?;
            // Two frames, so that the new size is laid out.
            visit.page.run(
                "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))",
            )?;
            visit.page.picture(&pictures.join(format!("{state}-{name}.png")))?;
            let wide = visit.page.run("document.documentElement.scrollWidth")?;
            if wide.as_u64() > Some(u64::from(width)) {
                return Err(format!("{state} at {width} pixels is {wide} pixels wide"));
            }
        }
    }
    Ok(())
}
