//! An HTTP event collector as LogScale's: takes events with the right token, and is busy now and then.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// The token that senders must show.
pub(crate) const TOKEN: &str = "0a1b2c3d-tapsieve";

/// Every so many requests one is answered 503.
const BUSY_EVERY: usize = 3;

/// What has arrived.
#[derive(Default)]
pub(crate) struct Arrived {
    /// How often each number arrived, and whether enriched the last time.
    pub(crate) events: Mutex<HashMap<usize, (usize, bool)>>,
    /// Requests answered 503.
    pub(crate) busy: AtomicUsize,
    /// Requests with another token.
    pub(crate) refused: AtomicUsize,
    requests: AtomicUsize,
}

/// Listens on loopback for as long as the test process lives; returns the port.
pub(crate) fn listen() -> Result<(u16, Arc<Arrived>), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let arrived = Arc::new(Arrived::default());
    let shared = Arc::clone(&arrived);
    thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            let arrived = Arc::clone(&shared);
            thread::spawn(move || while answer(&stream, &arrived).is_some() {});
        }
    });
    Ok((port, arrived))
}

/// Reads one request and answers it; `None` when the connection is over.
fn answer(stream: &TcpStream, arrived: &Arrived) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut authorised) = (0, false);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&count| count > 0)?;
    let right_place = line.starts_with("POST /services/collector");
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|&count| count > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => authorised = value.trim() == format!("Splunk {TOKEN}"),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let status = if !right_place || !authorised {
        arrived.refused.fetch_add(1, Ordering::Relaxed);
        "401 Unauthorized"
    } else if arrived.requests.fetch_add(1, Ordering::Relaxed) % BUSY_EVERY == BUSY_EVERY - 1 {
        arrived.busy.fetch_add(1, Ordering::Relaxed);
        "503 Service Unavailable"
    } else {
        let mut events = arrived.events.lock().ok()?;
        for event in serde_json::Deserializer::from_slice(&body).into_iter::<Value>().filter_map(Result::ok) {
            let event = &event["event"];
            if let Some(number) = event["n"].as_u64() {
                let entry = events.entry(number as usize).or_default();
                *entry = (entry.0 + 1, event["mirror"]["schema"].is_number());
            }
        }
        "200 OK"
    };
    let body = "{\"text\":\"-\",\"code\":0}";
    let length = body.len();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .ok()
}
