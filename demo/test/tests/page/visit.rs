//! One visit to the page: helpers for its trials, and the laws that hold for every visit.

use std::path::PathBuf;

use serde_json::{Value, json};
use tapsieve_demo_test::{Browser, Page};

/// An open page and where it came from.
pub(crate) struct Visit {
    pub(crate) page: Page,
    pub(crate) browser: &'static Browser,
    pub(crate) address: &'static str,
}

impl Visit {
    pub(crate) fn new(browser: &'static Browser, address: &'static str) -> Result<Self, String> {
        let visit = Visit { page: browser.page()?, browser, address };
        visit.go("")?;
        Ok(visit)
    }

    /// Loads the page anew with a fragment.
    pub(crate) fn go(&self, fragment: &str) -> Result<(), String> {
        // Without a page in between, a new fragment alone loads nothing.
        self.page.go("about:blank")?;
        self.page.go(&format!("{}{fragment}", self.address))?;
        self.page.wait("document.documentElement?.dataset.ready")
    }

    /// The text of the element with this id.
    pub(crate) fn text(&self, id: &str) -> Result<String, String> {
        self.page.text(&format!("document.getElementById('{id}').innerText"))
    }

    /// Whether the element with this id can be seen.
    pub(crate) fn seen(&self, id: &str) -> Result<bool, String> {
        Ok(self.page.run(&format!("document.getElementById('{id}').checkVisibility()"))? == true)
    }

    pub(crate) fn click(&self, id: &str) -> Result<(), String> {
        self.page.run(&format!("document.getElementById('{id}').click()")).map(drop)
    }

    /// Replaces what a field holds by typing.
    pub(crate) fn fill(&self, id: &str, text: &str) -> Result<(), String> {
        self.page.run(&format!(
            "document.getElementById('{id}').focus(), document.getElementById('{id}').select?.()"
        ))?;
        self.page.type_text(text)
    }

    /// Chooses an option as a person does.
    pub(crate) fn choose(&self, id: &str, value: &str) -> Result<(), String> {
        let value = json!(value);
        let script = format!(
            "(() => {{ const field = document.getElementById('{id}'); field.value = {value}; \
             field.dispatchEvent(new Event('change', {{ bubbles: true }})); return field.value === {value}; }})()"
        );
        match self.page.run(&script)? {
            Value::Bool(true) => Ok(()),
            _ => Err(format!("#{id} has no option {value}")),
        }
    }

    /// Waits until a file has been read, and returns what is said of it.
    pub(crate) fn file_read(&self) -> Result<String, String> {
        self.page.wait("document.getElementById('panel-file').dataset.done")?;
        self.text("file-status")
    }

    /// Holds the laws of every visit: nothing on the console, no request to another origin.
    pub(crate) fn end(&self) -> Result<(), String> {
        let complaints = self.page.complaints();
        if !complaints.is_empty() {
            return Err(format!("complaints: {complaints:#?}"));
        }
        let own = |address: &String| {
            ["about:", "blob:http://127.0.0.1:", "blob:null/", "data:"]
                .iter()
                .any(|start| address.starts_with(start))
                || address.starts_with(self.address)
        };
        let requests = self.page.requests();
        let foreign: Vec<_> = requests.iter().filter(|address| !own(address)).collect();
        if !foreign.is_empty() {
            return Err(format!("requests to other origins: {foreign:#?}"));
        }
        // The single file asks for nothing but itself.
        let requests_min = if self.address.starts_with("file:") { 1 } else { 3 };
        if requests.len() < requests_min {
            return Err(format!("the page's own requests were not seen: {requests:#?}"));
        }
        Ok(())
    }
}

/// The text holds each of these.
pub(crate) fn holds(text: &str, parts: &[&str]) -> Result<(), String> {
    match parts.iter().find(|part| !text.contains(**part)) {
        None => Ok(()),
        Some(part) => Err(format!("`{part}` is not in: {text}")),
    }
}

/// A folder of this test run's own.
pub(crate) fn scratch(name: &str) -> Result<PathBuf, String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}
