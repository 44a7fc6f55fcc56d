//! One page of the browser: opens addresses, runs scripts in it, presses its keys, and remembers what went wrong.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Wire, held};

/// A condition that does not come true in this time never will.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open page.
pub struct Page {
    wire: Arc<Wire>,
    target: String,
    session: String,
}

impl Page {
    pub(super) fn open(wire: Arc<Wire>) -> Result<Self, String> {
        let target = wire.call(None, "Target.createTarget", json!({ "url": "about:blank" }))?;
        let target = target["targetId"].as_str().ok_or("no target")?.to_owned();
        let attached =
            wire.call(None, "Target.attachToTarget", json!({ "targetId": target, "flatten": true }))?;
        let session = attached["sessionId"].as_str().ok_or("no session")?.to_owned();
        let page = Page { wire, target, session };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            page.call(&format!("{domain}.enable"), json!({}))?;
        }
        let workers = json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true });
        page.call("Target.setAutoAttach", workers)?;
        Ok(page)
    }

    /// Sends a DevTools command.
    ///
    /// # Errors
    /// The browser refuses it or is gone.
    pub fn call(&self, method: &str, parameters: Value) -> Result<Value, String> {
        self.wire.call(Some(&self.session), method, parameters)
    }

    /// Goes to an address.
    ///
    /// # Errors
    /// It cannot be reached.
    pub fn go(&self, address: &str) -> Result<(), String> {
        let answer = self.call("Page.navigate", json!({ "url": address }))?;
        match answer["errorText"].as_str() {
            Some(problem) => Err(format!("{address}: {problem}")),
            None => Ok(()),
        }
    }

    /// Runs an expression as if a person had clicked, waits for its promise, and returns its value.
    ///
    /// # Errors
    /// The script throws.
    pub fn run(&self, script: &str) -> Result<Value, String> {
        let parameters =
            json!({ "expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let mut answer = self.call("Runtime.evaluate", parameters)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            let text = thrown["exception"]["description"].as_str().or(thrown["text"].as_str());
            return Err(text.unwrap_or("the script threw").to_owned());
        }
        Ok(answer["result"]["value"].take())
    }

    /// Runs an expression that gives a text.
    ///
    /// # Errors
    /// The script throws, or gives something else.
    pub fn text(&self, script: &str) -> Result<String, String> {
        match self.run(script)? {
            Value::String(text) => Ok(text),
            other => Err(format!("`{script}` gives {other}, not a text")),
        }
    }

    /// Waits until an expression is true.
    ///
    /// # Errors
    /// It never is, or the script throws.
    pub fn wait(&self, condition: &str) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        while self.run(&format!("Boolean({condition})"))? != true {
            if Instant::now() > until {
                return Err(format!("never came true: {condition}"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Types a text where the focus is.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn type_text(&self, text: &str) -> Result<(), String> {
        self.call("Input.insertText", json!({ "text": text })).map(drop)
    }

    /// Presses and releases a key that is named as in `KeyboardEvent.key`.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn press(&self, key: &str) -> Result<(), String> {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            _ => return Err(format!("no code for the key {key}")),
        };
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", event)?;
        }
        Ok(())
    }

    /// Drops a file on the middle of the element with this id, as a person would.
    ///
    /// # Errors
    /// There is no such element.
    pub fn drop_file(&self, id: &str, file: &Path) -> Result<(), String> {
        let middle = self.run(&format!(
            "(() => {{ const box = document.getElementById('{id}').getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ))?;
        let data = json!({ "items": [], "files": [file], "dragOperationsMask": 1 });
        for kind in ["dragEnter", "dragOver", "drop"] {
            let event = json!({ "type": kind, "x": middle[0], "y": middle[1], "data": data });
            self.call("Input.dispatchDragEvent", event)?;
        }
        Ok(())
    }

    /// Gives the page a size in CSS pixels, and a light or dark system.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn look(&self, width: u32, height: u32, scheme: &str) -> Result<(), String> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size)?;
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            // A picture in the middle of a transition would be of neither look.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.call("Emulation.setEmulatedMedia", features).map(drop)
    }

    /// The whole page as a PNG.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn picture(&self, path: &Path) -> Result<(), String> {
        let answer = self.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true }))?;
        let text = answer["data"].as_str().unwrap_or_default();
        fs::write(path, base64(text)).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Everything that went wrong so far: errors and warnings on the console, exceptions, refused requests.
    pub fn complaints(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let complaint = |event: &Value| {
            let parameters = &event["params"];
            match event["method"].as_str()? {
                "Runtime.exceptionThrown" => {
                    let thrown = &parameters["exceptionDetails"];
                    text(&thrown["exception"]["description"]).or_else(|| text(&thrown["text"]))
                }
                "Runtime.consoleAPICalled"
                    if matches!(parameters["type"].as_str(), Some("error" | "warning" | "assert")) =>
                {
                    Some(parameters["args"].to_string())
                }
                "Log.entryAdded"
                    if matches!(parameters["entry"]["level"].as_str(), Some("error" | "warning")) =>
                {
                    Some(parameters["entry"].to_string())
                }
                "Network.loadingFailed" if parameters["canceled"] != true => text(&parameters["errorText"]),
                _ => None,
            }
        };
        held(&self.wire.events).get(&self.session).into_iter().flatten().filter_map(complaint).collect()
    }

    /// The addresses of all requests so far, those of the page's workers included.
    pub fn requests(&self) -> Vec<String> {
        let address = |event: &Value| match event["method"].as_str()? {
            "Network.requestWillBeSent" => event["params"]["request"]["url"].as_str().map(str::to_owned),
            _ => None,
        };
        held(&self.wire.events).get(&self.session).into_iter().flatten().filter_map(address).collect()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.wire.call(None, "Target.closeTarget", json!({ "targetId": self.target }));
        held(&self.wire.events).remove(&self.session);
    }
}

/// The bytes that a text in Base64 stands for; other characters are passed over.
fn base64(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter_map(|byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    });
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in digits {
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
