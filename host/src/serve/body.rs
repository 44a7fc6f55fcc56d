//! Reading a request body; knows encodings, limits and slow clients, not what the body means.

use std::fmt;
use std::io::{self, Read};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use super::budget::{Budget, Reserved};
use super::connections::Turn;

/// How much of a body that is refused is read and thrown away, so that its sender gets to see the answer.
const DRAINED_BYTES_MAX: usize = 256 << 20;
/// How long that may take for a request that is refused before its body is looked at.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);
/// What a compressed body is taken to become, until more is known.
const EXPANSION: usize = 8;
/// The largest window of a zstd frame, as a power of two: what the default levels use.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
const READ_BYTES: usize = 64 << 10;
/// Memory for a compressed body is waited for in such steps.
const STEP_BYTES: usize = 1 << 20;

/// What a body may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// After decompression.
    pub(crate) body_bytes_max: usize,
    /// From the request's head to the body's end.
    pub(crate) read_time_max: Duration,
}

/// A body that was read to its end.
pub(crate) struct Plain {
    pub(crate) bytes: Vec<u8>,
    /// As it came, where it was compressed.
    pub(crate) came: Option<Vec<u8>>,
    pub(crate) encoding: Encoding,
    pub(crate) reserved: Reserved,
}

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge { limit: usize },
    Encoding(String),
    Corrupt { encoding: &'static str, why: String },
    Slow { seconds: u64 },
    Broken(String),
    Busy,
}

impl BodyError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            BodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::Encoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            BodyError::Corrupt { .. } | BodyError::Broken(_) => StatusCode::BAD_REQUEST,
            BodyError::Slow { .. } => StatusCode::REQUEST_TIMEOUT,
            BodyError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyError::TooLarge { limit } => {
                write!(f, "the body is too large, the limit is {limit} bytes uncompressed")
            }
            BodyError::Encoding(name) => {
                write!(f, "the content encoding `{name}` is not known; gzip, zstd and none are")
            }
            BodyError::Corrupt { encoding, why } => write!(f, "the body is not whole {encoding} data: {why}"),
            BodyError::Slow { seconds } => {
                write!(f, "the body did not arrive in time, the limit is {seconds} s")
            }
            BodyError::Broken(why) => write!(f, "the body broke off: {why}"),
            BodyError::Busy => f.write_str("too many bytes are being worked on, try again"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Gzip,
    Zstd,
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, BodyError> {
    let Some(value) = headers.get(header::CONTENT_ENCODING) else { return Ok(Encoding::Plain) };
    let name = String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase();
    match name.as_str() {
        "" | "identity" => Ok(Encoding::Plain),
        "gzip" | "x-gzip" => Ok(Encoding::Gzip),
        "zstd" => Ok(Encoding::Zstd),
        _ => Err(BodyError::Encoding(name)),
    }
}

/// Reads a body, decompressed, within its limits and the budget, and takes a place for the work on it.
///
/// # Errors
/// Says which of these it breaks. The rest of a body that is refused has been read and thrown away.
pub(crate) async fn read(
    headers: &HeaderMap,
    mut body: Body,
    limits: Limits,
    budget: &Budget,
    turn: &mut Turn,
) -> Result<Plain, BodyError> {
    let deadline = Instant::now() + limits.read_time_max;
    let result = match collect(headers, &mut body, limits, budget, deadline, turn).await {
        Ok((bytes, reserved, encoding @ Encoding::Plain)) => {
            return Ok(Plain { bytes, came: None, encoding, reserved });
        }
        Ok((bytes, reserved, encoding)) => {
            let limit = limits.body_bytes_max;
            let mut room = Room { reserved, deadline };
            let work = move || {
                decompress(&bytes, encoding, limit, &mut room).map(|plain| Plain {
                    bytes: plain,
                    came: Some(bytes),
                    encoding,
                    reserved: room.reserved,
                })
            };
            match tokio::task::spawn_blocking(work).await {
                Ok(result) => return result,
                Err(error) => Err(BodyError::Broken(error.to_string())),
            }
        }
        Err(error) => Err(error),
    };
    turn.holds(0);
    if !matches!(result, Err(BodyError::Slow { .. } | BodyError::Broken(_))) {
        drain(&mut body, deadline).await;
    }
    result
}

async fn collect(
    headers: &HeaderMap,
    body: &mut Body,
    limits: Limits,
    budget: &Budget,
    deadline: Instant,
    turn: &mut Turn,
) -> Result<(Vec<u8>, Reserved, Encoding), BodyError> {
    let limit = limits.body_bytes_max;
    let encoding = encoding(headers)?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes > limit) {
        return Err(BodyError::TooLarge { limit });
    }
    // Memory is taken and reserved as bytes arrive, whatever was announced.
    let patience = || patience(deadline);
    let first = turn.queue(budget.reserve(READ_BYTES.min(limit), patience())).await;
    let mut reserved = first.map_err(|_| BodyError::Busy)?;
    turn.holds(reserved.bytes());
    // That is address space; where there is none, it grows.
    let mut bytes = Vec::new();
    let _ = bytes.try_reserve_exact(announced.unwrap_or(0));
    let slow = |_| BodyError::Slow { seconds: limits.read_time_max.as_secs() };
    while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(slow)? {
        let frame = frame.map_err(|error| BodyError::Broken(error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(BodyError::TooLarge { limit });
        }
        let growth = Growth::of(&bytes, data.len(), limit);
        if reserved.grow(growth.held).is_err() {
            let more = reserved.wait(bytes.len() + data.len(), patience());
            turn.queue(more).await.map_err(|_| BodyError::Busy)?;
        }
        turn.holds(reserved.bytes());
        bytes.reserve_exact(growth.more);
        bytes.extend_from_slice(&data);
    }
    if encoding != Encoding::Plain {
        let plain = (bytes.len() + bytes.len().saturating_mul(EXPANSION).min(limit)).min(reserved.most());
        turn.queue(reserved.wait(plain, patience())).await.map_err(|_| BodyError::Busy)?;
    }
    turn.work(patience()).await.map_err(|_| BodyError::Busy)?;
    Ok((bytes, reserved, encoding))
}

/// How long memory or a place may be waited for: half of the time that is left.
fn patience(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()) / 2
}

/// The memory that a compressed body grows into.
struct Room {
    reserved: Reserved,
    deadline: Instant,
}

impl Room {
    /// Takes memory for `held` bytes if it is there, and else waits for `least`, on a thread of its own.
    fn grow(&mut self, least: usize, held: usize) -> Result<(), Expansion> {
        let most = self.reserved.most();
        if least > most {
            return Err(Expansion::TooLarge);
        }
        if self.reserved.grow(held).is_ok() {
            return Ok(());
        }
        let more = self.reserved.wait(least.next_multiple_of(STEP_BYTES).min(most), patience(self.deadline));
        tokio::runtime::Handle::current().block_on(more).map_err(|_| Expansion::Busy)
    }
}

/// Reads and throws away the body of a request that is refused for another reason.
pub(crate) async fn drain_briefly(mut body: Body) {
    drain(&mut body, Instant::now() + DRAIN_TIME_MAX).await;
}

/// Reads on without keeping anything.
async fn drain(body: &mut Body, deadline: Instant) {
    let mut left = DRAINED_BYTES_MAX;
    while left > 0 {
        match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len())),
            _ => return,
        }
    }
}

fn decompress(bytes: &[u8], encoding: Encoding, limit: usize, room: &mut Room) -> Result<Vec<u8>, BodyError> {
    let (name, result) = match encoding {
        Encoding::Plain => return Ok(bytes.to_vec()),
        Encoding::Gzip => {
            // The last four bytes of a member say its size.
            let said = bytes.last_chunk().map_or(0, |said| u32::from_le_bytes(*said) as usize);
            ("gzip", expand(flate2::read::MultiGzDecoder::new(bytes), bytes.len(), said, limit, room))
        }
        Encoding::Zstd => {
            let said = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten().unwrap_or(0);
            let decoder = zstd::Decoder::with_buffer(bytes).and_then(|mut decoder| {
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                Ok(decoder)
            });
            let expanded = decoder.map_err(Expansion::Corrupt).and_then(|decoder| {
                expand(decoder, bytes.len(), usize::try_from(said).unwrap_or(0), limit, room)
            });
            ("zstd", expanded)
        }
    };
    result.map_err(|error| match error {
        Expansion::Corrupt(error) => {
            BodyError::Corrupt { encoding: name, why: crate::ndjson::io_text(&error) }
        }
        Expansion::TooLarge => BodyError::TooLarge { limit },
        Expansion::Busy => BodyError::Busy,
    })
}

/// How a buffer grows.
struct Growth {
    /// How much memory it holds while it does, in bytes.
    held: usize,
    /// For how many more bytes than it has.
    more: usize,
}

impl Growth {
    fn of(buffer: &Vec<u8>, more: usize, limit: usize) -> Growth {
        let (len, wanted) = (buffer.len(), buffer.len() + more);
        if wanted <= buffer.capacity() {
            return Growth { held: wanted, more: 0 };
        }
        // It lies in memory twice while it moves.
        let capacity = (len * 2).max(READ_BYTES).min(limit).max(wanted);
        Growth { held: len + wanted, more: capacity - len }
    }
}

enum Expansion {
    Corrupt(io::Error),
    TooLarge,
    Busy,
}

/// `said` is the size that the body says it has. It is believed no further than that no memory is touched before it is
/// reserved.
fn expand(
    mut from: impl Read,
    compressed: usize,
    said: usize,
    limit: usize,
    room: &mut Room,
) -> Result<Vec<u8>, Expansion> {
    let mut plain = Vec::with_capacity(said.min(limit));
    let mut piece = vec![0; READ_BYTES];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(plain),
            Ok(read) if plain.len() + read > limit => return Err(Expansion::TooLarge),
            Ok(read) => {
                let growth = Growth::of(&plain, read, limit);
                room.grow(compressed + plain.len() + read, compressed + growth.held)?;
                plain.reserve_exact(growth.more);
                plain.extend_from_slice(&piece[..read]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Expansion::Corrupt(error)),
        }
    }
}
