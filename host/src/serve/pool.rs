//! Bodies through instances on all cores; knows generations of the module, not HTTP.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::Semaphore;

use super::framing::Place;
use super::sift::{Sifted, Sifter};
use crate::{Module, Trap};

/// A body is given to several cores in parts of at least this size.
const PART_BYTES_MIN: usize = 1 << 20;

/// A module, with the policy that it carries, and the instances that are idle.
pub(crate) struct Generation {
    module: Module,
    idle: Mutex<Vec<Sifter>>,
}

impl Generation {
    /// Starts one instance to see that the module answers.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn new(module: Module) -> Result<Generation, Trap> {
        let first = Sifter::new(&module)?;
        Ok(Generation { module, idle: Mutex::new(vec![first]) })
    }

    fn sift(&self, body: &[u8], events: &[Place], numbers: Range<usize>) -> Sifted {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let sifter = idle.map_or_else(|| Sifter::new(&self.module), Ok);
        match sifter {
            Ok(mut sifter) => {
                let sifted = sifter.sift(body, events, numbers);
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sifter);
                sifted
            }
            // It worked once, so this is a lack of memory: the events go on as they are.
            Err(error) => {
                Sifted { unanswered: numbers.len() as u64, first_failure: Some(error), ..Sifted::default() }
            }
        }
    }
}

/// The generation in force and the cores that work for it.
pub(crate) struct Pool {
    current: RwLock<Arc<Generation>>,
    cores: Arc<Semaphore>,
    cores_max: usize,
}

impl Pool {
    pub(crate) fn new(generation: Generation, cores: usize) -> Pool {
        let cores_max = cores.max(1);
        Pool {
            current: RwLock::new(Arc::new(generation)),
            cores: Arc::new(Semaphore::new(cores_max)),
            cores_max,
        }
    }

    /// Puts another generation in force; bodies that are being worked on stay with the old one.
    pub(crate) fn replace(&self, generation: Generation) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(generation);
    }

    /// Asks the module about every event of a body.
    pub(crate) async fn sift(&self, body: Arc<Vec<u8>>, events: Arc<Vec<Place>>) -> Vec<Sifted> {
        let generation = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let count = (body.len() / PART_BYTES_MIN).clamp(1, self.cores_max);
        let mut parts = Vec::with_capacity(count);
        for part in 0..count {
            let numbers = events.len() * part / count..events.len() * (part + 1) / count;
            let (generation, body, events) = (generation.clone(), body.clone(), events.clone());
            let core = self.cores.clone().acquire_owned().await;
            let unanswered = numbers.len() as u64;
            let work = tokio::task::spawn_blocking(move || {
                let sifted = generation.sift(&body, &events, numbers);
                drop((core, body, events));
                sifted
            });
            parts.push((work, unanswered));
        }
        let mut sifted = Vec::with_capacity(count);
        for (work, unanswered) in parts {
            sifted.push(work.await.unwrap_or_else(|error| Sifted {
                unanswered,
                first_failure: Some(Trap::NotStarted(error.to_string())),
                ..Sifted::default()
            }));
        }
        sifted
    }
}
