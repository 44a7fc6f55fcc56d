//! The detector in the demo's page, in headless Chromium: the same files that a person's browser loads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tapsieve_demo_test::{Browser, Page, serve_demo};

use super::{Answer, Engine};

/// Turns bytes into hexadecimal and back in the page, and numbers the engines.
const HELPERS: &str = "(async () => {
  const { Engine } = await import('./tapsieve_demo.js');
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const engines = new Map();
  globalThis.suite = {
    open: (id) => { engines.set(id, new Engine()); },
    close: (id) => { engines.get(id)?.free(); engines.delete(id); },
    configure: (id, policy) => {
      try { engines.get(id).configure(policy); return null; } catch (problem) { return String(problem); }
    },
    process: (id, record) => {
      const engine = engines.get(id);
      const answer = engine.process(bytes(record));
      return [answer, hex(engine.enriched()), engine.verdict() ?? null];
    },
    scan: (id, block) => engines.get(id).scan(bytes(block)),
  };
})()";

/// The one browser of this process, with the demo open in it.
struct Shared {
    page: Page,
    _browser: Browser,
    opened: u64,
}

static SHARED: Mutex<Option<Result<Shared, String>>> = Mutex::new(None);

struct InBrowser {
    id: u64,
    verdict: Option<Vec<u8>>,
}

/// A fresh engine with the default policy, or why there is none.
pub(super) fn open() -> Result<Box<dyn Engine>, String> {
    let mut shared = held();
    let shared = shared.get_or_insert_with(start).as_mut().map_err(|problem| problem.clone())?;
    shared.opened += 1;
    let id = shared.opened;
    shared.page.run(&format!("suite.open({id})"))?;
    Ok(Box::new(InBrowser { id, verdict: None }))
}

/// Ends the browser, if there is one: what is static is never dropped.
pub fn close_browser() {
    drop(held().take());
}

fn held() -> MutexGuard<'static, Option<Result<Shared, String>>> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start() -> Result<Shared, String> {
    let address = serve_demo()?;
    let browser = Browser::start()?;
    let page = browser.page()?;
    page.go(&address)?;
    page.wait("document.documentElement?.dataset.ready")?;
    page.run(HELPERS)?;
    Ok(Shared { page, _browser: browser, opened: 0 })
}

impl InBrowser {
    fn call(&self, function: &str, argument: &str) -> Result<Value, String> {
        let shared = held();
        let Some(Ok(shared)) = shared.as_ref() else { return Err("the browser is closed".into()) };
        shared.page.run(&format!("suite.{function}({}, {})", self.id, json!(argument)))
    }
}

impl Engine for InBrowser {
    fn configure(&mut self, policy: &str) -> Result<(), String> {
        match self.call("configure", policy)? {
            Value::Null => Ok(()),
            problem => Err(problem.as_str().unwrap_or("refused").to_owned()),
        }
    }

    fn process(&mut self, record: &[u8]) -> Result<Answer, String> {
        let answer = self.call("process", &hex(record))?;
        self.verdict = answer[2].as_str().map(|verdict| verdict.as_bytes().to_vec());
        match answer[0].as_u64() {
            Some(0) => Ok(Answer::Unchanged),
            Some(1) => Ok(Answer::Enriched(bytes(answer[1].as_str().unwrap_or_default()))),
            Some(2) => Ok(Answer::Dropped),
            _ => Err(format!("the page answers {answer}")),
        }
    }

    fn verdict(&mut self) -> Result<Option<Vec<u8>>, String> {
        Ok(self.verdict.clone())
    }

    fn scan(&mut self, block: &[u8]) -> Result<usize, String> {
        let offset = self.call("scan", &hex(block))?;
        offset.as_u64().map(|offset| offset as usize).ok_or_else(|| format!("the page scans to {offset}"))
    }
}

impl Drop for InBrowser {
    fn drop(&mut self) {
        // An engine that outlives its page has nothing to free.
        let _ = self.call("close", "");
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|&byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
    hex.as_bytes().as_chunks().0.iter().map(|&[high, low]| digit(high) << 4 | digit(low)).collect()
}
