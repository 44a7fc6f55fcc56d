//! How much memory request bodies may take together; knows bytes, not what they are.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The semaphore counts pieces of this size: its numbers are 32 bits wide.
const PIECE_BYTES: usize = 1 << 10;
/// How often those are asked to give memory back that hold it for nothing.
const RELIEF_PAUSE: Duration = Duration::from_millis(200);

/// Has so many bytes given back by those that hold them for nothing.
pub(crate) type Relieve = dyn Fn(usize) + Send + Sync;

/// A part of the budget is kept for bodies that take no more than this, so that large ones leave them room.
pub(crate) const SMALL_BYTES_MAX: usize = 1 << 20;
/// Which part that is, where the largest body fits beside it.
const SMALL_SHARE: u32 = 8;
/// Which part is kept for one body at a time, to be finished: bodies that wait for each other would wait for ever.
/// It is more where the largest body is larger, but never all.
const LAST_SHARE: u32 = 4;

/// Bytes that request bodies may take together.
#[derive(Clone)]
pub(crate) struct Budget {
    pieces: Arc<Semaphore>,
    /// For small bodies only.
    small: Arc<Semaphore>,
    /// Whose turn it is to be finished with the last part.
    last: Arc<Semaphore>,
    sizes: Sizes,
    relieve: Arc<Relieve>,
}

/// The parts of the budget, in pieces.
#[derive(Clone, Copy)]
struct Sizes {
    all: u32,
    small: u32,
    last: u32,
}

/// The part of the budget that one body holds; it goes back when this is dropped.
pub(crate) struct Reserved {
    budget: Budget,
    permit: Option<OwnedSemaphorePermit>,
    /// Of the part that is kept for small bodies.
    small: Option<OwnedSemaphorePermit>,
    /// This is the one body that has the last part.
    last: Option<OwnedSemaphorePermit>,
}

/// The budget is used up.
#[derive(Debug)]
pub(crate) struct Busy;

impl Budget {
    /// One body can take up to `body_bytes_max` of it at least.
    pub(crate) fn new(bytes: usize, body_bytes_max: usize, relieve: Arc<Relieve>) -> Budget {
        let (all, body) = (pieces(bytes).max(1), pieces(body_bytes_max));
        let small = (all / SMALL_SHARE).min(all.saturating_sub(body));
        let large = all - small;
        let last = body.max(all / LAST_SHARE).min(large - large / LAST_SHARE);
        let sizes = Sizes { all, small, last };
        Budget {
            pieces: Arc::new(Semaphore::new((large - last) as usize)),
            small: Arc::new(Semaphore::new(small as usize)),
            last: Arc::new(Semaphore::new(1)),
            sizes,
            relieve,
        }
    }

    /// Waits for `bytes` until `patience` ends.
    pub(crate) async fn reserve(&self, bytes: usize, patience: Duration) -> Result<Reserved, Busy> {
        let mut reserved = Reserved { budget: self.clone(), permit: None, small: None, last: None };
        reserved.wait_in_turn(bytes, patience, false).await?;
        Ok(reserved)
    }

    /// Goes on and on.
    async fn relieve(&self, bytes: usize) {
        loop {
            (self.relieve)(bytes);
            tokio::time::sleep(RELIEF_PAUSE).await;
        }
    }

    /// How much is reserved now, in bytes.
    pub(crate) fn used(&self) -> usize {
        let last = self.last.available_permits() * self.sizes.last as usize;
        let free = self.pieces.available_permits() + self.small.available_permits() + last;
        (self.sizes.all as usize - free) * PIECE_BYTES
    }

    /// How much one body can have, in bytes.
    fn most(&self) -> usize {
        (self.sizes.all - self.sizes.small) as usize * PIECE_BYTES
    }
}

fn held(permit: Option<&OwnedSemaphorePermit>) -> u32 {
    permit.map_or(0, |permit| u32::try_from(permit.num_permits()).unwrap_or(u32::MAX))
}

fn add(to: &mut Option<OwnedSemaphorePermit>, more: OwnedSemaphorePermit) {
    match to {
        Some(permit) => permit.merge(more),
        None => *to = Some(more),
    }
}

impl Reserved {
    /// How much is reserved, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        (held(self.permit.as_ref()) + held(self.small.as_ref()) + self.of_last()) as usize * PIECE_BYTES
    }

    /// How much of the last part it has.
    fn of_last(&self) -> u32 {
        if self.last.is_some() { self.budget.sizes.last } else { 0 }
    }

    /// How much can be reserved at most, in bytes.
    pub(crate) fn most(&self) -> usize {
        self.budget.most()
    }

    /// Reserves up to `bytes` in all, and waits for them until `patience` ends.
    pub(crate) async fn wait(&mut self, bytes: usize, patience: Duration) -> Result<(), Busy> {
        self.wait_in_turn(bytes, patience, true).await
    }

    async fn wait_in_turn(&mut self, bytes: usize, patience: Duration, is_begun: bool) -> Result<(), Busy> {
        if self.grow(bytes).is_ok() {
            return Ok(());
        }
        let budget = self.budget.clone();
        let missing = self.missing(bytes).0 as usize * PIECE_BYTES;
        tokio::select! {
            biased;
            result = self.acquire(bytes, is_begun) => result,
            () = budget.relieve(missing) => Err(Busy),
            () = tokio::time::sleep(patience) => Err(Busy),
        }
    }

    /// Waits for ever.
    async fn acquire(&mut self, bytes: usize, is_begun: bool) -> Result<(), Busy> {
        while self.grow(bytes).is_err() {
            let (of_all, of_small) = self.missing(bytes);
            let Budget { pieces: all, small, last, sizes, .. } = self.budget.clone();
            // Whoever waited for more than there is would keep it from all behind.
            let can_have = of_all + held(self.permit.as_ref()) <= sizes.all - sizes.small - sizes.last;
            tokio::select! {
                biased;
                more = small.acquire_many_owned(of_small.unwrap_or(0)), if of_small.is_some() => {
                    add(&mut self.small, more.map_err(|_| Busy)?);
                }
                more = all.acquire_many_owned(of_all), if can_have => self.outgrow(bytes, more.map_err(|_| Busy)?),
                last = last.acquire_owned(), if is_begun && self.last.is_none() => {
                    self.last = Some(last.map_err(|_| Busy)?);
                }
                else => return Err(Busy),
            }
        }
        Ok(())
    }

    /// How much is missing of the budget, and, for a small body, of the part that is kept for those.
    fn missing(&self, bytes: usize) -> (u32, Option<u32>) {
        let (wanted, of_all) = (pieces(bytes), held(self.permit.as_ref()) + self.of_last());
        let of_both = wanted.saturating_sub(of_all + held(self.small.as_ref()));
        match bytes <= SMALL_BYTES_MAX {
            true => (of_both, Some(of_both)),
            // What was small gives its part back.
            false => (wanted.saturating_sub(of_all), None),
        }
    }

    fn outgrow(&mut self, bytes: usize, more: OwnedSemaphorePermit) {
        add(&mut self.permit, more);
        if bytes > SMALL_BYTES_MAX {
            self.small = None;
        }
    }

    /// Reserves up to `bytes` in all, if they are there now.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Busy> {
        let (of_all, of_small) = self.missing(bytes);
        if of_all == 0 {
            return Ok(());
        }
        if let Some(of_small) = of_small
            && let Ok(more) = self.budget.small.clone().try_acquire_many_owned(of_small)
        {
            add(&mut self.small, more);
            return Ok(());
        }
        let more = self.budget.pieces.clone().try_acquire_many_owned(of_all).map_err(|_| Busy)?;
        self.outgrow(bytes, more);
        Ok(())
    }

    /// Reserves up to `bytes` in all without waiting, of the last part too if no other body has it.
    pub(crate) fn grow_at_last(&mut self, bytes: usize) -> Result<(), Busy> {
        if self.grow(bytes).is_ok() {
            return Ok(());
        }
        if self.last.is_none() {
            self.last = Some(self.budget.last.clone().try_acquire_owned().map_err(|_| Busy)?);
        }
        self.grow(bytes)
    }
}

fn pieces(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics says where")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_reserved_comes_back() {
        let budget = Budget::new(16 << 10, 4 << 10, Arc::new(|_| ()));
        let mut one = budget.reserve(4 << 10, Duration::ZERO).await.unwrap();
        one.grow(8 << 10).unwrap();
        one.grow(1).unwrap();
        assert_eq!(budget.used(), 8 << 10);
        assert!(budget.reserve(3 << 10, Duration::ZERO).await.is_err());
        assert!(one.grow(11 << 10).is_err());
        drop(one);
        assert_eq!(budget.used(), 0);
        assert!(budget.reserve(10 << 10, Duration::ZERO).await.is_ok());
    }

    #[tokio::test]
    async fn large_bodies_leave_room_for_small_ones() {
        let budget = Budget::new(32 << 20, 8 << 20, Arc::new(|_| ()));
        let mut large = budget.reserve(1 << 20, Duration::ZERO).await.unwrap();
        large.grow(20 << 20).unwrap();
        assert!(large.grow((20 << 20) + 1).is_err());
        let mut small = Vec::new();
        for _ in 0..3 {
            small.push(budget.reserve(1 << 20, Duration::ZERO).await.unwrap());
        }
        let mut other = budget.reserve(1 << 20, Duration::ZERO).await.unwrap();
        assert!(budget.reserve(1, Duration::ZERO).await.is_err());
        assert!(other.grow(2 << 20).is_err());
        drop(large);
        // One that is small no more gives its part of theirs back.
        other.grow(2 << 20).unwrap();
        assert_eq!(budget.used(), 5 << 20);
        other.grow(20 << 20).unwrap();
        assert!(budget.reserve(1 << 20, Duration::ZERO).await.is_ok());
    }

    #[tokio::test]
    async fn one_body_at_a_time_has_the_last_part_and_all_stay_within_the_budget() {
        let budget = Budget::new(32 << 20, 8 << 20, Arc::new(|_| ()));
        let mut one = budget.reserve(11 << 20, Duration::ZERO).await.unwrap();
        let mut other = budget.reserve(9 << 20, Duration::ZERO).await.unwrap();
        one.grow_at_last(19 << 20).unwrap();
        assert!(one.grow_at_last(20 << 20).is_err());
        assert!(other.grow_at_last(10 << 20).is_err());
        assert_eq!(budget.used(), 28 << 20);
        drop(one);
        // One that is alone may have all but what is kept for small ones.
        other.wait(28 << 20, Duration::ZERO).await.unwrap();
        assert_eq!(budget.used(), budget.most());
        assert!(other.grow_at_last(other.most() + 1).is_err());
    }

    #[tokio::test]
    async fn the_largest_body_fits_into_the_smallest_budget() {
        let budget = Budget::new(4 << 20, 4 << 20, Arc::new(|_| ()));
        let mut one = budget.reserve(1, Duration::ZERO).await.unwrap();
        one.wait(4 << 20, Duration::ZERO).await.unwrap();
        assert_eq!(budget.used(), 4 << 20);
    }
}
