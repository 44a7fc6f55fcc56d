//! Drives headless Chromium over its DevTools pipe: JSON messages that end with a zero byte. Knows no page.
//!
//! No client library: the pipe needs no socket, no port and no driver, and the browser ends when the pipe closes.

mod page;

pub use page::Page;

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// An answer that takes longer is given up.
const ANSWER_WAIT: Duration = Duration::from_secs(120);

const PROGRAMS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// A running browser with a fresh profile.
pub struct Browser {
    child: Mutex<Child>,
    profile: TempDir,
    wire: Arc<Wire>,
}

/// What the browser and its pages share.
struct Wire {
    input: Mutex<ChildStdin>,
    next_id: AtomicU64,
    waiting: Mutex<HashMap<u64, Sender<Result<Value, String>>>>,
    /// What happened in each session, in order.
    events: Mutex<HashMap<String, Vec<Value>>>,
    /// The page's session of each worker's session.
    parents: Mutex<HashMap<String, String>>,
}

impl Browser {
    /// Starts Chromium.
    ///
    /// # Errors
    /// There is none on this machine, or it does not answer.
    pub fn start() -> Result<Self, String> {
        let program = program().ok_or("no Chromium on this machine; set CHROME or install chromium")?;
        let profile = tempfile::Builder::new()
            .prefix("tapsieve-browser-")
            .tempdir()
            .map_err(|error| format!("the browser's profile: {error}"))?;
        // The browser reads its commands from descriptor 3 and answers on 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh"])
            .arg(program)
            .args([
                "--headless",
                "--remote-debugging-pipe",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
            ])
            .args(["--no-first-run", "--disable-background-networking", "--disable-component-update"])
            .args(["--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio"])
            // Nothing but loopback has an address.
            .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the browser has no pipe".into());
        };
        let wire = Arc::new(Wire {
            input: Mutex::new(input),
            next_id: AtomicU64::new(1),
            waiting: Mutex::default(),
            events: Mutex::default(),
            parents: Mutex::default(),
        });
        let reader = Arc::clone(&wire);
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                if let Ok(message) = serde_json::from_slice(&message) {
                    reader.hear(message);
                }
            }
            // The pipe is closed: nobody will be answered any more.
            held(&reader.waiting).clear();
        });
        let browser = Browser { child: Mutex::new(child), profile, wire };
        browser.wire.call(None, "Browser.getVersion", json!({}))?;
        Ok(browser)
    }

    /// The browser's name and version.
    ///
    /// # Errors
    /// It does not answer.
    pub fn version(&self) -> Result<String, String> {
        let version = self.wire.call(None, "Browser.getVersion", json!({}))?;
        Ok(version["product"].as_str().unwrap_or_default().to_owned())
    }

    /// Opens an empty page.
    ///
    /// # Errors
    /// The browser does not answer.
    pub fn page(&self) -> Result<Page, String> {
        Page::open(Arc::clone(&self.wire))
    }

    /// Lets pages save files into a folder without asking.
    ///
    /// # Errors
    /// The browser does not answer.
    pub fn save_into(&self, folder: &Path) -> Result<(), String> {
        let settings = json!({ "behavior": "allow", "downloadPath": folder });
        self.wire.call(None, "Browser.setDownloadBehavior", settings).map(drop)
    }

    /// Ends the browser and removes its profile; what it answered last is of no interest.
    pub fn close(&self) {
        let _ = self.wire.call(None, "Browser.close", json!({}));
        let mut child = held(&self.child);
        let _ = child.kill();
        let _ = child.wait();
        let _ = fs::remove_dir_all(self.profile.path());
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.close();
    }
}

impl Wire {
    /// Sends a command and waits for its answer.
    fn call(&self, session: Option<&str>, method: &str, parameters: Value) -> Result<Value, String> {
        let (sender, answer) = channel();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        held(&self.waiting).insert(id, sender);
        self.send(id, session, method, parameters)?;
        let answer = answer.recv_timeout(ANSWER_WAIT);
        held(&self.waiting).remove(&id);
        answer
            .map_err(|_| format!("the browser did not answer {method}"))?
            .map_err(|problem| format!("{method}: {problem}"))
    }

    fn send(&self, id: u64, session: Option<&str>, method: &str, parameters: Value) -> Result<(), String> {
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let mut input = held(&self.input);
        input
            .write_all(&bytes)
            .and_then(|()| input.flush())
            .map_err(|error| format!("the browser is gone: {error}"))
    }

    /// Takes a message of the browser: an answer, or an event of a session.
    fn hear(&self, mut message: Value) {
        if let Some(id) = message["id"].as_u64() {
            let Some(sender) = held(&self.waiting).remove(&id) else { return };
            let answer = match message.get("error") {
                Some(error) => Err(error["message"].as_str().unwrap_or("refused").to_owned()),
                None => Ok(message["result"].take()),
            };
            // Whoever asked may have given up.
            let _ = sender.send(answer);
            return;
        }
        let session = message["sessionId"].as_str().unwrap_or_default().to_owned();
        if !session.is_empty()
            && message["method"] == "Target.attachedToTarget"
            && let Some(worker) = message["params"]["sessionId"].as_str()
        {
            // A worker waits until it is listened to; what happens in it belongs to its page.
            held(&self.parents).insert(worker.to_owned(), session.clone());
            for method in ["Runtime.enable", "Network.enable", "Runtime.runIfWaitingForDebugger"] {
                let id = self.next_id.fetch_add(1, Ordering::Relaxed);
                let _ = self.send(id, Some(worker), method, json!({}));
            }
        }
        let page = held(&self.parents).get(&session).cloned().unwrap_or(session);
        held(&self.events).entry(page).or_default().push(message);
    }
}

/// A lock is held for a few lines that do not panic.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROME") {
        return Some(named.into());
    }
    PROGRAMS.iter().find_map(|name| which::which(name).ok())
}
