//! A receiver that takes HEC as it is documented, strictly; knows codes and bodies, nothing of mirroring.

use std::io::Read;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tapsieve_host_test::http::{Answer, Message, Server};
use tapsieve_host_test::process::free_address;

pub(crate) const TOKEN: &str = "b0221cd8-c4b4-465a-9a3c-273e3a75aa29";

/// What it has taken.
#[derive(Default)]
pub(crate) struct Taken {
    /// Bodies that were acknowledged, as they came.
    pub(crate) bodies: Mutex<Vec<Vec<u8>>>,
    /// Events and lines that were acknowledged.
    pub(crate) events: Mutex<Vec<Value>>,
    /// Answered instead, while it is not empty.
    pub(crate) faults: Mutex<Vec<(u16, &'static str)>>,
}

pub(crate) fn start(taken: &Arc<Taken>) -> Server {
    let taken = taken.clone();
    Server::start(free_address().unwrap(), move |request| answer(&request, &taken)).unwrap()
}

fn say(status: u16, code: u16, text: &str) -> Answer {
    (status, json!({"text": text, "code": code}).to_string().into_bytes())
}

fn answer(request: &Message, taken: &Taken) -> Answer {
    let (path, query) = request.path().split_once('?').unwrap_or((request.path(), ""));
    let is_raw = match path {
        "/services/collector/health" => return say(200, 17, "HEC is healthy"),
        "/services/collector" | "/services/collector/event" | "/services/collector/event/1.0" => false,
        "/api/v1/ingest/hec" | "/services/collector/ack" => false,
        "/services/collector/raw" | "/api/v1/ingest/hec/raw" => true,
        _ => return say(404, 404, "The requested URL was not found on this server."),
    };
    let Some(authorization) = request.header("authorization") else {
        return say(401, 2, "Token is required");
    };
    match authorization.split_once(' ') {
        Some(("Splunk" | "Bearer", TOKEN)) => {}
        Some(("Splunk" | "Bearer", _)) => return say(403, 4, "Invalid token"),
        _ => return say(401, 3, "Invalid authorization"),
    }
    if let Some((status, text)) = taken.faults.lock().unwrap().pop() {
        return (status, text.into());
    }
    let has_channel = query.starts_with("channel=") || request.header("x-splunk-request-channel").is_some();
    if path.ends_with("/ack") {
        return match has_channel {
            true => (200, br#"{"acks":{"0":true}}"#.to_vec()),
            false => say(400, 10, "Data channel is missing"),
        };
    }
    let mut body = request.body.clone();
    if request.header("content-encoding") == Some("gzip") {
        body = Vec::new();
        if flate2::read::MultiGzDecoder::new(&request.body[..]).read_to_end(&mut body).is_err() {
            return say(400, 6, "Invalid data format");
        }
    }
    if body.trim_ascii().is_empty() {
        return say(400, 5, "No data");
    }
    let events = match is_raw {
        true => {
            let text = String::from_utf8_lossy(&body).into_owned();
            text.split(['\n', '\r']).filter(|line| !line.is_empty()).map(Value::from).collect()
        }
        false => match events(&body) {
            Ok(events) => events,
            Err((code, text)) => return say(400, code, text),
        },
    };
    taken.events.lock().unwrap().extend(events);
    taken.bodies.lock().unwrap().push(request.body.clone());
    match has_channel {
        true => (200, br#"{"text":"Success","code":0,"ackId":0}"#.to_vec()),
        false => say(200, 0, "Success"),
    }
}

fn events(body: &[u8]) -> Result<Vec<Value>, (u16, &'static str)> {
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_slice(body).into_iter::<Value>() {
        match value.map_err(|_| (6, "Invalid data format"))? {
            Value::Array(list) => events.extend(list),
            value => events.push(value),
        }
    }
    for event in &events {
        let Some(event) = event.as_object() else { return Err((6, "Invalid data format")) };
        match event.get("event") {
            None => return Err((12, "Event field is required")),
            Some(Value::String(text)) if text.is_empty() => return Err((13, "Event field cannot be blank")),
            Some(_) => {}
        }
        let is_text = |value: &Value| value.is_string();
        let is_flat =
            |value: &Value| is_text(value) || value.as_array().is_some_and(|all| all.iter().all(is_text));
        if let Some(fields) = event.get("fields")
            && !fields.as_object().is_some_and(|fields| fields.values().all(is_flat))
        {
            return Err((15, "Error in handling indexed fields"));
        }
    }
    Ok(events)
}
