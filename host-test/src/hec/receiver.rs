//! A receiver that takes HEC as it is documented, strictly, and that fails as it is told; knows codes and bodies.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{Answer, Message, Server};
use crate::process::free_address;

/// The only token that it takes.
pub const TOKEN: &str = "b0221cd8-c4b4-465a-9a3c-273e3a75aa29";

/// What it does with a body that is sent to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// Takes it, if it is right.
    #[default]
    Takes,
    /// Reads it and answers this instead.
    Answers(u16, &'static str),
    /// Reads it, and closes the connection once it is in another mood.
    Hangs,
    /// Reads half of it and closes the connection.
    ClosesMidway,
    /// Takes it and closes the connection without an answer.
    ClosesUnanswered,
    /// Says that it has it before it has read it, and throws it away.
    AnswersEarly,
}

/// What is done with a body that was taken, and with its events or lines.
type Take = dyn Fn(&[u8], Vec<Value>) + Send + Sync;

struct State {
    mood: Mutex<Mood>,
    /// From a body's end to the answer.
    pause: Duration,
    take: Box<Take>,
    under_way: AtomicUsize,
    struck: AtomicUsize,
}

impl State {
    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In the place of LogScale.
pub struct Receiver {
    address: SocketAddr,
    server: Option<Server>,
    state: Arc<State>,
}

impl Receiver {
    /// Listens on a free port, and lets `pause` pass between taking a body and answering.
    ///
    /// # Errors
    /// There is none.
    pub fn start(
        pause: Duration,
        take: impl Fn(&[u8], Vec<Value>) + Send + Sync + 'static,
    ) -> Result<Receiver, String> {
        let state = State {
            mood: Mutex::default(),
            pause,
            take: Box::new(take),
            under_way: AtomicUsize::new(0),
            struck: AtomicUsize::new(0),
        };
        let address = free_address().map_err(|error| error.to_string())?;
        let mut receiver = Receiver { address, server: None, state: Arc::new(state) };
        receiver.restart()?;
        Ok(receiver)
    }

    /// Breaks all connections and listens again.
    ///
    /// # Errors
    /// The port is taken.
    pub fn restart(&mut self) -> Result<(), String> {
        self.stop();
        let state = self.state.clone();
        let server = Server::with(self.address, move |stream| converse(stream, &state));
        self.server = Some(server.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Breaks all connections and refuses new ones.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it does from now on.
    pub fn set(&self, mood: Mood) {
        *self.state.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// How many bodies it is reading or has not answered yet.
    pub fn under_way(&self) -> usize {
        self.state.under_way.load(Ordering::SeqCst)
    }

    /// How many bodies it has treated badly.
    pub fn struck(&self) -> usize {
        self.state.struck.load(Ordering::SeqCst)
    }
}

const SUCCESS: (u16, u16, &str) = (200, 0, "Success");

fn say((status, code, text): (u16, u16, &str)) -> Answer {
    (status, json!({"text": text, "code": code}).to_string().into_bytes())
}

/// Answers requests until the other side closes, or as the mood is.
fn converse(stream: TcpStream, state: &State) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(mut request)) = Message::head(&mut stream) {
        let mood = if takes_events(&request) { state.mood() } else { Mood::Takes };
        state.under_way.fetch_add(1, Ordering::SeqCst);
        state.struck.fetch_add(usize::from(mood != Mood::Takes), Ordering::SeqCst);
        let stays = exchange(&mut stream, &mut request, mood, state);
        state.under_way.fetch_sub(1, Ordering::SeqCst);
        if stays.is_none() {
            // The server has a copy of the stream, so dropping this one closes nothing.
            let _ = stream.get_ref().shutdown(Shutdown::Both);
            return;
        }
    }
}

/// None ends the connection.
fn exchange(
    stream: &mut BufReader<TcpStream>,
    request: &mut Message,
    mood: Mood,
    state: &State,
) -> Option<()> {
    if mood == Mood::ClosesMidway {
        let mut half = vec![0; request.body_bytes() / 2];
        // Who sends less has closed before.
        let _ = stream.read_exact(&mut half);
        return None;
    }
    if mood == Mood::AnswersEarly {
        write(stream, request, &say(SUCCESS))?;
        // Read at once, the body might have been sent as a whole before the answer is looked at.
        while state.mood() == Mood::AnswersEarly {
            sleep(Duration::from_millis(10));
        }
        return None;
    }
    request.read_body(stream).ok()?;
    match mood {
        Mood::Answers(status, text) => write(stream, request, &(status, text.into())),
        Mood::Hangs => {
            while state.mood() == Mood::Hangs {
                sleep(Duration::from_millis(10));
            }
            None
        }
        _ => {
            let answer = answer(request, state);
            sleep(state.pause);
            if mood == Mood::ClosesUnanswered { None } else { write(stream, request, &answer) }
        }
    }
}

fn write(stream: &mut BufReader<TcpStream>, request: &Message, (status, body): &Answer) -> Option<()> {
    let mut bytes = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    if !request.first.starts_with("HEAD ") {
        bytes.extend_from_slice(body);
    }
    stream.get_mut().write_all(&bytes).ok()
}

const NOT_FOUND: (u16, u16, &str) = (404, 404, "The requested URL was not found on this server.");

fn takes_events(request: &Message) -> bool {
    let path = request.path().split('?').next().unwrap_or_default();
    !path.ends_with("/ack") && !path.ends_with("/health")
}

fn answer(request: &Message, state: &State) -> Answer {
    let (path, query) = request.path().split_once('?').unwrap_or((request.path(), ""));
    let is_raw = match path {
        "/services/collector/health" => return say((200, 17, "HEC is healthy")),
        "/services/collector" | "/services/collector/event" | "/services/collector/event/1.0" => false,
        "/api/v1/ingest/hec" | "/services/collector/ack" => false,
        "/services/collector/raw" | "/api/v1/ingest/hec/raw" => true,
        _ => return say(NOT_FOUND),
    };
    if !request.first.starts_with("POST ") {
        return say((405, 405, "Method Not Allowed"));
    }
    let Some(authorization) = request.header("authorization") else {
        return say((401, 2, "Token is required"));
    };
    match authorization.split_once(' ') {
        Some(("Splunk" | "Bearer", TOKEN)) => {}
        Some(("Splunk" | "Bearer", _)) => return say((403, 4, "Invalid token")),
        _ => return say((401, 3, "Invalid authorization")),
    }
    let has_channel = query.starts_with("channel=") || request.header("x-splunk-request-channel").is_some();
    if path.ends_with("/ack") {
        return match has_channel {
            true => (200, br#"{"acks":{"0":true}}"#.to_vec()),
            false => say((400, 10, "Data channel is missing")),
        };
    }
    let mut body = request.body.clone();
    if request.header("content-encoding") == Some("gzip") {
        body = Vec::new();
        if flate2::read::MultiGzDecoder::new(&request.body[..]).read_to_end(&mut body).is_err() {
            return say((400, 6, "Invalid data format"));
        }
    }
    if body.trim_ascii().is_empty() {
        return say((400, 5, "No data"));
    }
    let events = match is_raw {
        true => {
            let text = String::from_utf8_lossy(&body).into_owned();
            text.split(['\n', '\r']).filter(|line| !line.is_empty()).map(Value::from).collect()
        }
        false => match events(&body) {
            Ok(events) => events,
            Err((code, text)) => return say((400, code, text)),
        },
    };
    (state.take)(&request.body, events);
    match has_channel {
        true => (200, br#"{"text":"Success","code":0,"ackId":0}"#.to_vec()),
        false => say(SUCCESS),
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
