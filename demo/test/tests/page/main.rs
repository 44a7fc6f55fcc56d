//! The demo's page in headless Chromium, driven the way a person drives it. Each trial has a page of its own, and none
//! may leave a complaint on the console or ask any other origin for anything.
//!
//! What people do with the page is done twice: in `page/…` as served, in `single/…` as one file opened from disk.
//!
//! `TAPSIEVE_PICTURES=DIR` keeps the pictures that the trials of the page's looks take.

mod axe;
mod event;
mod file;
mod looks;
mod policy;
mod stories;
mod visit;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use tapsieve_demo_test::{Browser, absent, serve_demo, single_file};

use visit::Visit;

/// What is done with the page as served only: these ask its server for a file, or write where a file from disk may not.
const SERVED_ONLY: [&str; 3] = [
    "file/everything-is-streamed-to-disk",
    "policy/messages-are-the-command's",
    "policy/examples-do-what-they-say",
];

/// What a trial does on a fresh page.
type Act = fn(&Visit) -> Result<(), String>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let started = serve_demo().and_then(|address| Ok(([address, single_file()?], Browser::start()?)));
    let ([address, single], browser) = match started {
        Ok(started) => started,
        Err(reason) => {
            return libtest_mimic::run(&arguments, vec![absent("page", reason)]).exit_code();
        }
    };
    // The trials live as long as the process; the browser is ended below.
    let [address, single]: [&'static str; 2] = [address.leak(), single.leak()];
    let browser: &'static Browser = Box::leak(Box::new(browser));
    let axe = axe::script();
    let acts = || event::ACTS.iter().chain(file::ACTS).chain(policy::ACTS).chain(stories::ACTS);
    let from_disk = acts().filter(|(name, _)| !SERVED_ONLY.contains(name));
    let looks = looks::ACTS.iter().chain(axe::ACTS.iter().filter(|_| axe.is_ok()));
    let trial = |form, address| {
        move |&(name, act): &(&str, Act)| {
            Trial::test(format!("{form}/{name}"), move || {
                let visit = Visit::new(browser, address)?;
                act(&visit)?;
                visit.end().map_err(Failed::from)
            })
        }
    };
    let trials =
        acts().chain(looks).map(trial("page", address)).chain(from_disk.map(trial("single", single)));
    let without_axe = axe.clone().err().map(|reason| absent("page/axe", reason));
    let conclusion = libtest_mimic::run(&arguments, trials.chain(without_axe).collect());
    browser.close();
    conclusion.exit_code()
}
