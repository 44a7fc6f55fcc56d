//! The demo's page in headless Chromium, driven the way a person drives it. Each trial has a page of its own, and none
//! may leave a complaint on the console or ask any other origin for anything.
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
use tapsieve_demo_test::{Browser, absent, serve_demo};

use visit::Visit;

/// What a trial does on a fresh page.
type Act = fn(&Visit) -> Result<(), String>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let started = serve_demo().and_then(|address| Ok((address, Browser::start()?)));
    let (address, browser) = match started {
        Ok(started) => started,
        Err(reason) => {
            return libtest_mimic::run(&arguments, vec![absent("page", reason)]).exit_code();
        }
    };
    // The trials live as long as the process; the browser is ended below.
    let address: &'static str = address.leak();
    let browser: &'static Browser = Box::leak(Box::new(browser));
    let axe = axe::script();
    let acts =
        event::ACTS.iter().chain(file::ACTS).chain(policy::ACTS).chain(stories::ACTS).chain(looks::ACTS);
    let acts = acts.chain(axe::ACTS.iter().filter(|_| axe.is_ok()));
    let trials = acts.map(|&(name, act)| {
        Trial::test(format!("page/{name}"), move || {
            let visit = Visit::new(browser, address)?;
            act(&visit)?;
            visit.end().map_err(Failed::from)
        })
    });
    let without_axe = axe.clone().err().map(|reason| absent("page/axe", reason));
    let conclusion = libtest_mimic::run(&arguments, trials.chain(without_axe).collect());
    browser.close();
    conclusion.exit_code()
}
