//! Sends numbered events to Vector until they are acknowledged.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tapsieve_host_test::http::Client;
use tapsieve_host_test::pipeline::Pipeline;

/// How many events are sent at once.
const BATCH_EVENTS: usize = 250;
/// How many senders there are; many, because each waits most of the time for an acknowledgement.
const SENDERS: usize = 32;

/// Sends events number 0 to `count`, each until it is acknowledged, and returns how many batches were sent again.
pub(crate) fn send(
    input: SocketAddr,
    count: usize,
    sent: &AtomicUsize,
    line: impl Fn(usize) -> String + Sync,
) -> u64 {
    let next = AtomicUsize::new(0);
    let again = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                let mut client = Client::new(input);
                loop {
                    let from = next.fetch_add(BATCH_EVENTS, Ordering::SeqCst);
                    if from >= count {
                        return;
                    }
                    let to = (from + BATCH_EVENTS).min(count);
                    let body: String = (from..to).map(|number| line(number) + "\n").collect();
                    while Pipeline::post(&mut client, body.as_bytes()).is_err() {
                        again.fetch_add(1, Ordering::SeqCst);
                        thread::sleep(Duration::from_millis(100));
                    }
                    sent.fetch_add(to - from, Ordering::SeqCst);
                }
            });
        }
    });
    again.load(Ordering::SeqCst)
}
