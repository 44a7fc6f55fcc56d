//! Who has a connection, and who gives way when there are no more; knows times, bytes and turns, not what is asked.
//!
//! A connection waits for its client, for its turn, or for the answer to a body that is being worked on. When all are
//! taken, the one whose client is furthest behind makes room; what is being worked on never does. How far one is behind is
//! the time since it was opened or last answered, less what its bytes may take at the slowest pace that is patiently
//! borne, so that a byte now and then is worth nothing.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tracing::debug;

use super::budget::Busy;
use super::metrics::ReasonLabel;

/// The slowest pace that is patiently borne, in bytes a second.
const PACE: u64 = 16 << 10;
/// Who has had a body delivered is taken to be so much ahead.
const CREDIT: Duration = Duration::from_secs(1);
/// Who is so far behind gives memory back that another body waits for.
const BEHIND_MAX: Duration = Duration::from_secs(1);
/// So long a connection is not closed for another one, so that who comes amid a thousand others is heard.
const GRACE: Duration = Duration::from_millis(20);
/// At least so many connections may be open beside those that are worked for: probes come over them.
const SPARE_MIN: usize = 16;

/// All open connections.
pub(crate) struct Connections {
    open_max: usize,
    /// So many may wait for their turn before the last of them makes room, so that newcomers are heard.
    queued_max: usize,
    /// Bodies that are worked on at once.
    places: Arc<Semaphore>,
    seats: Mutex<HashMap<u64, Arc<Seat>>>,
    next: AtomicU64,
    gave_way: Family<ReasonLabel, Counter>,
}

impl Connections {
    /// Works on `bodies_max` at once, and keeps a quarter more connections open.
    pub(crate) fn new(bodies_max: usize, gave_way: Family<ReasonLabel, Counter>) -> Arc<Connections> {
        let spare = SPARE_MIN.max(bodies_max / 4);
        Arc::new(Connections {
            open_max: bodies_max.saturating_add(spare),
            queued_max: spare / 2,
            places: Arc::new(Semaphore::new(bodies_max.min(Semaphore::MAX_PERMITS))),
            seats: Mutex::default(),
            next: AtomicU64::new(0),
            gave_way,
        })
    }

    /// How many are open.
    pub(crate) fn open(&self) -> usize {
        lock(&self.seats).len()
    }

    /// How many bodies wait for memory or for their turn.
    pub(crate) fn queued(&self) -> usize {
        let seats = lock(&self.seats);
        seats.values().filter(|seat| matches!(lock(&seat.state).phase, Phase::Queued(_))).count()
    }

    /// A seat for a connection that was accepted; another makes room for it where all are taken.
    pub(crate) async fn seat(self: &Arc<Self>) -> Seated {
        while self.open() >= self.open_max
            && let Some(pause) = self.make_room()
        {
            tokio::time::sleep(pause).await;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let seat = Arc::new(Seat {
            places: self.places.clone(),
            state: Mutex::new(State {
                phase: Phase::Head,
                since: Instant::now(),
                bytes: 0,
                held: 0,
                is_told: false,
            }),
            told: watch::Sender::new(None),
            opened: Instant::now(),
        });
        lock(&self.seats).insert(number, seat.clone());
        Seated { seat, number, connections: self.clone() }
    }

    /// Tells the one that is furthest behind to give way, or the last that waits for its turn where many do.
    ///
    /// Where that one is new, it is not told yet: it says how long it is.
    pub(crate) fn make_room(&self) -> Option<Duration> {
        let mut seats = lock(&self.seats);
        let mut furthest: Option<(Instant, u64, Duration)> = None;
        let mut last: Option<(Instant, u64)> = None;
        let mut queued = 0;
        for (&number, seat) in seats.iter() {
            let state = lock(&seat.state);
            queued += usize::from(matches!(state.phase, Phase::Queued(_)));
            match state.phase {
                Phase::Working(_) => {}
                Phase::Queued(from) if last.is_none_or(|(latest, _)| from > latest) => {
                    last = Some((from, number));
                }
                Phase::Queued(_) => {}
                _ if furthest.is_none_or(|(earliest, ..)| state.since < earliest) => {
                    furthest = Some((state.since, number, seat.opened.elapsed()));
                }
                _ => {}
            }
        }
        let number = match furthest {
            Some((_, number, age)) if queued <= self.queued_max => {
                if age < GRACE {
                    return Some(GRACE - age);
                }
                number
            }
            _ => last?.1,
        };
        self.tell(&mut seats, number);
        None
    }

    /// Tells those that are behind with their bodies to give way, until they have given so many bytes back.
    pub(crate) fn relieve(&self, bytes: usize) {
        let mut seats = lock(&self.seats);
        let now = Instant::now();
        let mut behind: Vec<(Instant, usize, u64)> = Vec::new();
        for (&number, seat) in seats.iter() {
            let state = lock(&seat.state);
            let is_behind = now.saturating_duration_since(state.since) > BEHIND_MAX;
            if matches!(state.phase, Phase::Body) && state.held > 0 && is_behind {
                behind.push((state.since, state.held, number));
            }
        }
        behind.sort_unstable();
        let mut given = 0;
        for (_, held, number) in behind {
            if given >= bytes {
                return;
            }
            given += held;
            self.tell(&mut seats, number);
        }
    }

    fn tell(&self, seats: &mut HashMap<u64, Arc<Seat>>, number: u64) {
        let Some(seat) = seats.get(&number).cloned() else { return };
        let mut state = lock(&seat.state);
        let (how, reason) = match state.phase {
            // It may have begun since it was looked at.
            Phase::Working(_) => return,
            Phase::Queued(_) => (GiveWay::Answering, "queued"),
            Phase::Body => (GiveWay::AtOnce, "body"),
            Phase::Answer => (GiveWay::AtOnce, "answer"),
            Phase::Head if state.bytes == 0 => (GiveWay::AtOnce, "silent"),
            Phase::Head => (GiveWay::AtOnce, "head"),
        };
        state.is_told = true;
        drop(state);
        seats.remove(&number);
        seat.told.send_replace(Some(how));
        self.count(reason);
    }

    /// Counts one that was closed before its time.
    pub(crate) fn count(&self, reason: &'static str) {
        debug!(reason, "a connection gives way");
        self.gave_way.get_or_create(&ReasonLabel { reason }).inc();
    }
}

/// How a connection gives way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GiveWay {
    /// Its client is waited for: it is closed.
    AtOnce,
    /// Its body is here: it is told to send it again.
    Answering,
}

/// A seat, as long as its connection is open.
pub(crate) struct Seated {
    pub(crate) seat: Arc<Seat>,
    number: u64,
    connections: Arc<Connections>,
}

impl Drop for Seated {
    fn drop(&mut self) {
        lock(&self.connections.seats).remove(&self.number);
    }
}

/// One connection.
pub(crate) struct Seat {
    places: Arc<Semaphore>,
    state: Mutex<State>,
    told: watch::Sender<Option<GiveWay>>,
    opened: Instant,
}

struct State {
    phase: Phase,
    /// The later, the less it is behind.
    since: Instant,
    /// That have come since the last answer.
    bytes: u64,
    /// What its body holds of the memory for bodies, in bytes.
    held: usize,
    is_told: bool,
}

#[derive(Clone, Copy)]
enum Phase {
    /// The client is to send a request.
    Head,
    /// The client is to send a body.
    Body,
    /// Memory or a place is waited for, since then.
    Queued(Instant),
    /// Worked on, since then.
    Working(Instant),
    /// The client is to read the answer.
    Answer,
}

impl State {
    /// What was waited for here is no client's fault.
    fn forgive(&mut self, from: Instant) {
        self.since += from.elapsed();
    }

    fn progress(&mut self, bytes: usize) {
        let worth = Duration::from_micros(bytes as u64 * 1_000_000 / PACE);
        self.since = self.since.max((self.since + worth).min(Instant::now()));
        self.bytes += bytes as u64;
    }
}

impl Seat {
    /// Ready when it is to give way.
    pub(crate) async fn told(&self) -> GiveWay {
        let mut told = self.told.subscribe();
        let how = told.wait_for(Option::is_some).await.ok().and_then(|how| *how);
        how.unwrap_or(GiveWay::AtOnce)
    }

    /// Ready when its client has left an answer unread for so long.
    pub(crate) async fn unread(&self, time_max: Duration) {
        loop {
            tokio::time::sleep(time_max).await;
            let state = lock(&self.state);
            if matches!(state.phase, Phase::Answer) && state.since.elapsed() >= time_max {
                return;
            }
        }
    }

    /// A request with a body begins.
    pub(crate) fn turn(self: &Arc<Self>) -> Turn {
        lock(&self.state).phase = Phase::Body;
        Turn { seat: self.clone(), place: None, is_delivered: false }
    }
}

/// From a request's head to its answer.
pub(crate) struct Turn {
    seat: Arc<Seat>,
    place: Option<OwnedSemaphorePermit>,
    is_delivered: bool,
}

impl Turn {
    /// Notes how much memory the body holds.
    pub(crate) fn holds(&self, bytes: usize) {
        lock(&self.seat.state).held = bytes;
    }

    /// Waits for something that is no client's to give.
    pub(crate) async fn queue<T>(&self, wait: impl Future<Output = Result<T, Busy>>) -> Result<T, Busy> {
        let from = Instant::now();
        lock(&self.seat.state).phase = Phase::Queued(from);
        let result = tokio::select! {
            biased;
            _ = self.seat.told() => Err(Busy),
            result = wait => result,
        };
        let mut state = lock(&self.seat.state);
        state.phase = Phase::Body;
        state.forgive(from);
        result
    }

    /// The body is here: waits for a place until `patience` ends. From here to its end it does not give way.
    pub(crate) async fn work(&mut self, patience: Duration) -> Result<(), Busy> {
        let place = self.seat.places.clone().acquire_owned();
        let place =
            async { tokio::time::timeout(patience, place).await.map_err(|_| Busy)?.map_err(|_| Busy) };
        let place = self.queue(place).await?;
        let mut state = lock(&self.seat.state);
        if state.is_told {
            return Err(Busy);
        }
        state.phase = Phase::Working(Instant::now());
        self.place = Some(place);
        Ok(())
    }

    /// The downstream has taken the body.
    pub(crate) fn is_delivered(&mut self) {
        self.is_delivered = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = lock(&self.seat.state);
        if let Phase::Working(from) = state.phase {
            state.forgive(from);
        }
        if self.is_delivered {
            state.since = Instant::now() + CREDIT;
        }
        (state.phase, state.bytes, state.held) = (Phase::Head, 0, 0);
    }
}

/// A connection's stream, of which every byte is noted.
pub(crate) struct Watched {
    stream: TcpStream,
    seat: Arc<Seat>,
}

impl Watched {
    pub(crate) fn new(stream: TcpStream, seat: Arc<Seat>) -> Watched {
        Watched { stream, seat }
    }

    /// Notes what became of writing.
    fn wrote(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let mut state = lock(&self.seat.state);
        match (&result, state.phase) {
            (Poll::Pending, Phase::Head) => state.phase = Phase::Answer,
            (Poll::Ready(_), Phase::Answer) => state.phase = Phase::Head,
            _ => {}
        }
        if let Poll::Ready(Ok(bytes)) = result {
            let read = state.bytes;
            state.progress(bytes);
            state.bytes = read;
        }
        result
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        lock(&self.seat.state).progress(into.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
