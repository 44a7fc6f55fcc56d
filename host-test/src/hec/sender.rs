//! A sender that believes nothing but `{"text":"Success","code":0}`: it sends a body again until it is told so.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use serde_json::Value;

use super::{EVENT, TOKEN};
use crate::http::Client;
use crate::load::{Ledger, line};

/// How long it waits before it sends a body again.
const PAUSE: Duration = Duration::from_millis(20);

/// Whoever sends numbered events through the gateway.
pub trait Sender {
    /// Sends these events and notes in the ledger which are acknowledged; ends when no more will be.
    ///
    /// # Errors
    /// It cannot be started.
    fn send(&self, to: SocketAddr, ledger: &Ledger, numbers: Range<usize>) -> Result<(), String>;

    /// Ends in the midst of its bodies and starts anew; says how many were cut off.
    ///
    /// # Errors
    /// It cannot be started again.
    fn break_off(&self) -> Result<usize, String>;
}

/// The sender of the tests.
pub struct Strict {
    body_events: usize,
    connections: usize,
    /// How many bodies are still to be broken off.
    break_offs: AtomicUsize,
}

impl Strict {
    /// With bodies of so many events, over so many connections.
    pub fn new(body_events: usize, connections: usize) -> Strict {
        Strict { body_events, connections, break_offs: AtomicUsize::new(0) }
    }

    fn is_to_break_off(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        self.break_offs.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }
}

impl Sender for Strict {
    fn send(&self, to: SocketAddr, ledger: &Ledger, numbers: Range<usize>) -> Result<(), String> {
        let next = AtomicUsize::new(numbers.start);
        let authorization = format!("Splunk {TOKEN}");
        let headers = [("Authorization", authorization.as_str())];
        thread::scope(|scope| {
            for _ in 0..self.connections {
                scope.spawn(|| {
                    let mut client = Client::new(to);
                    loop {
                        let from = next.fetch_add(self.body_events, Ordering::SeqCst);
                        if from >= numbers.end {
                            return;
                        }
                        let numbers = from..(from + self.body_events).min(numbers.end);
                        let body: String = numbers
                            .clone()
                            .map(|number| format!("{{\"event\":{}}}\n", line(number)))
                            .collect();
                        if self.is_to_break_off() {
                            // What does not come about was not sent either.
                            let _ = client.break_off(EVENT, &headers, body.as_bytes(), body.len() / 2);
                            let _ = client.break_off(EVENT, &headers, body.as_bytes(), body.len());
                        }
                        while !is_taken(&mut client, &headers, body.as_bytes()) {
                            sleep(PAUSE);
                        }
                        ledger.acknowledge(numbers);
                    }
                });
            }
        });
        Ok(())
    }

    fn break_off(&self) -> Result<usize, String> {
        self.break_offs.store(self.connections, Ordering::SeqCst);
        while self.break_offs.load(Ordering::SeqCst) > 0 {
            sleep(Duration::from_millis(1));
        }
        Ok(2 * self.connections)
    }
}

fn is_taken(client: &mut Client, headers: &[(&str, &str)], body: &[u8]) -> bool {
    client.send("POST", EVENT, headers, body).is_ok_and(|answer| {
        let said = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
        answer.status() == 200 && said["code"] == 0
    })
}
