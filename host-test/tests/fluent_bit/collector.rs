//! An HTTP event collector as LogScale's: takes events with the right token, and is busy now and then.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tapsieve_host_test::http::{Message, Server};
use tapsieve_host_test::pipeline::events;

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

/// Listens on loopback for as long as the server lives.
pub(crate) fn listen() -> Result<(Server, Arc<Arrived>), String> {
    let arrived = Arc::new(Arrived::default());
    let shared = Arc::clone(&arrived);
    let answer = move |request: Message| (shared.take(&request), b"{\"text\":\"-\",\"code\":0}".to_vec());
    let server =
        Server::start(SocketAddr::from(([127, 0, 0, 1], 0)), answer).map_err(|error| error.to_string())?;
    Ok((server, arrived))
}

impl Arrived {
    /// Notes a request's events; returns the status that answers it.
    fn take(&self, request: &Message) -> u16 {
        let authorised = request.header("authorization") == Some(&format!("Splunk {TOKEN}"));
        if !authorised || !request.path().starts_with("/services/collector") {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return 401;
        }
        if self.requests.fetch_add(1, Ordering::Relaxed) % BUSY_EVERY == BUSY_EVERY - 1 {
            self.busy.fetch_add(1, Ordering::Relaxed);
            return 503;
        }
        let mut numbers = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events(&request.body) {
            if let Some(number) = event["n"].as_u64() {
                let entry = numbers.entry(number as usize).or_default();
                *entry = (entry.0 + 1, event["mirror"]["schema"].is_number());
            }
        }
        200
    }
}
