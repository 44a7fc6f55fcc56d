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
/// Which part that is, where the budget is at least so many small bodies.
const SMALL_SHARE: usize = 8;

/// Bytes that request bodies may take together.
#[derive(Clone)]
pub(crate) struct Budget {
    pieces: Arc<Semaphore>,
    /// For small bodies only.
    small: Arc<Semaphore>,
    /// One body at a time may go beyond the budget to be finished: bodies that wait for each other would wait for ever.
    last: Arc<Semaphore>,
    total: usize,
    relieve: Arc<Relieve>,
}

/// The part of the budget that one body holds; it goes back when this is dropped.
pub(crate) struct Reserved {
    budget: Budget,
    permit: Option<OwnedSemaphorePermit>,
    /// Of the part that is kept for small bodies.
    small: Option<OwnedSemaphorePermit>,
    /// This is the one body that may go beyond the budget.
    last: Option<OwnedSemaphorePermit>,
}

/// The budget is used up.
#[derive(Debug)]
pub(crate) struct Busy;

impl Budget {
    pub(crate) fn new(bytes: usize, relieve: Arc<Relieve>) -> Budget {
        let total = pieces(bytes).max(1) as usize;
        let small = if bytes >= SMALL_SHARE * SMALL_BYTES_MAX { total / SMALL_SHARE } else { 0 };
        Budget {
            pieces: Arc::new(Semaphore::new(total - small)),
            small: Arc::new(Semaphore::new(small)),
            last: Arc::new(Semaphore::new(1)),
            total,
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
        (self.total - self.pieces.available_permits() - self.small.available_permits()) * PIECE_BYTES
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
        (held(self.permit.as_ref()) + held(self.small.as_ref())) as usize * PIECE_BYTES
    }

    /// So much can never be reserved.
    pub(crate) fn is_too_much(&self, bytes: usize) -> bool {
        pieces(bytes) as usize > self.budget.total.saturating_mul(2)
    }

    /// Reserves up to `bytes` in all, and waits for them until `patience` ends.
    pub(crate) async fn wait(&mut self, bytes: usize, patience: Duration) -> Result<(), Busy> {
        self.wait_in_turn(bytes, patience, true).await
    }

    async fn wait_in_turn(&mut self, bytes: usize, patience: Duration, is_begun: bool) -> Result<(), Busy> {
        if self.grow(bytes).is_ok() {
            return Ok(());
        }
        let (of_all, of_small) = self.missing(bytes);
        let Budget { pieces: all, small, last, .. } = self.budget.clone();
        tokio::select! {
            biased;
            more = small.acquire_many_owned(of_small.unwrap_or(0)), if of_small.is_some() => {
                add(&mut self.small, more.map_err(|_| Busy)?);
            }
            more = all.acquire_many_owned(of_all) => self.outgrow(bytes, more.map_err(|_| Busy)?),
            last = last.acquire_owned(), if is_begun => self.last = Some(last.map_err(|_| Busy)?),
            () = self.budget.relieve(of_all as usize * PIECE_BYTES) => return Err(Busy),
            () = tokio::time::sleep(patience) => return Err(Busy),
        }
        Ok(())
    }

    /// How much is missing of the budget, and, for a small body, of the part that is kept for those.
    fn missing(&self, bytes: usize) -> (u32, Option<u32>) {
        let (wanted, of_all) = (pieces(bytes), held(self.permit.as_ref()));
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
        if of_all == 0 || self.last.is_some() {
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

    /// Reserves up to `bytes` in all without waiting, beyond the budget if no other body is.
    pub(crate) fn grow_at_last(&mut self, bytes: usize) -> Result<(), Busy> {
        if self.grow(bytes).is_err() {
            self.last = Some(self.budget.last.clone().try_acquire_owned().map_err(|_| Busy)?);
        }
        Ok(())
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
        let budget = Budget::new(10 << 10, Arc::new(|_| ()));
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
        let budget = Budget::new(16 << 20, Arc::new(|_| ()));
        let mut large = budget.reserve(1 << 20, Duration::ZERO).await.unwrap();
        large.grow(14 << 20).unwrap();
        assert!(large.grow((14 << 20) + 1).is_err());
        let small = budget.reserve(1 << 20, Duration::ZERO).await.unwrap();
        let mut other = budget.reserve(1 << 20, Duration::ZERO).await.unwrap();
        assert!(budget.reserve(1, Duration::ZERO).await.is_err());
        assert!(other.grow(2 << 20).is_err());
        drop(large);
        // One that is small no more gives its part of theirs back.
        other.grow(2 << 20).unwrap();
        assert_eq!(budget.used(), 3 << 20);
        other.grow(14 << 20).unwrap();
        assert!(budget.reserve(1 << 20, Duration::ZERO).await.is_ok());
        // One body at a time goes beyond the budget.
        let mut third = budget.reserve(1, Duration::ZERO).await.unwrap();
        other.grow_at_last(20 << 20).unwrap();
        assert!(third.grow_at_last(20 << 20).is_err());
        drop((small, other));
        third.grow_at_last(20 << 20).unwrap();
    }
}
