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

/// Bytes that request bodies may take together.
#[derive(Clone)]
pub(crate) struct Budget {
    pieces: Arc<Semaphore>,
    /// One body at a time may go beyond the budget to be finished: bodies that wait for each other would wait for ever.
    last: Arc<Semaphore>,
    total: usize,
    relieve: Arc<Relieve>,
}

/// The part of the budget that one body holds; it goes back when this is dropped.
pub(crate) struct Reserved {
    budget: Budget,
    permit: OwnedSemaphorePermit,
    /// This is the one body that may go beyond the budget.
    last: Option<OwnedSemaphorePermit>,
}

/// The budget is used up.
#[derive(Debug)]
pub(crate) struct Busy;

impl Budget {
    pub(crate) fn new(bytes: usize, relieve: Arc<Relieve>) -> Budget {
        let total = pieces(bytes).max(1) as usize;
        Budget { pieces: Arc::new(Semaphore::new(total)), last: Arc::new(Semaphore::new(1)), total, relieve }
    }

    /// Waits for `bytes` until `patience` ends.
    pub(crate) async fn reserve(&self, bytes: usize, patience: Duration) -> Result<Reserved, Busy> {
        let wanted = self.pieces.clone().acquire_many_owned(pieces(bytes));
        tokio::select! {
            biased;
            permit = wanted => {
                let permit = permit.map_err(|_| Busy)?;
                Ok(Reserved { budget: self.clone(), permit, last: None })
            }
            () = self.relieve(bytes) => Err(Busy),
            () = tokio::time::sleep(patience) => Err(Busy),
        }
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
        (self.total - self.pieces.available_permits()) * PIECE_BYTES
    }
}

impl Reserved {
    /// How much is reserved, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.permit.num_permits() * PIECE_BYTES
    }

    /// So much can never be reserved.
    pub(crate) fn is_too_much(&self, bytes: usize) -> bool {
        pieces(bytes) as usize > self.budget.total.saturating_mul(2)
    }

    /// Reserves up to `bytes` in all, and waits for them until `patience` ends.
    pub(crate) async fn wait(&mut self, bytes: usize, patience: Duration) -> Result<(), Busy> {
        if self.grow(bytes).is_ok() {
            return Ok(());
        }
        let missing = self.missing(bytes);
        let (all, last) = (self.budget.pieces.clone(), self.budget.last.clone());
        tokio::select! {
            more = all.acquire_many_owned(missing) => self.permit.merge(more.map_err(|_| Busy)?),
            last = last.acquire_owned() => self.last = Some(last.map_err(|_| Busy)?),
            () = self.budget.relieve(missing as usize * PIECE_BYTES) => return Err(Busy),
            () = tokio::time::sleep(patience) => return Err(Busy),
        }
        Ok(())
    }

    fn missing(&self, bytes: usize) -> u32 {
        pieces(bytes).saturating_sub(u32::try_from(self.permit.num_permits()).unwrap_or(u32::MAX))
    }

    /// Reserves up to `bytes` in all, if they are there now.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Busy> {
        let missing = self.missing(bytes);
        if missing > 0 && self.last.is_none() {
            let more = self.budget.pieces.clone().try_acquire_many_owned(missing).map_err(|_| Busy)?;
            self.permit.merge(more);
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
}
