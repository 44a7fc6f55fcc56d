//! Which mutant is picked: a number in the environment, or what a program picks. Not compiled here: the copy of the
//! repository with the mutants in it is given this file as a package.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Nothing is picked yet, or it is noted which choices are come to.
const ASK: u32 = u32::MAX;

static CHOSEN: AtomicU32 = AtomicU32::new(ASK);
static REACHED: Mutex<Option<Vec<u64>>> = Mutex::new(None);

/// The mutant's number, at a choice; zero is none.
#[inline(always)]
pub fn chosen(choice: u32) -> u32 {
    match CHOSEN.load(Ordering::Relaxed) {
        ASK => ask(choice),
        chosen => chosen,
    }
}

#[cold]
#[inline(never)]
fn ask(choice: u32) -> u32 {
    if let Ok(mut noted) = REACHED.lock()
        && let Some(bits) = &mut *noted
    {
        let place = choice as usize / 64;
        if bits.len() <= place {
            bits.resize(place + 1, 0);
        }
        bits[place] |= 1 << (choice % 64);
        return 0;
    }
    let chosen = std::env::var("TAPSIEVE_MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    CHOSEN.store(chosen, Ordering::Relaxed);
    chosen
}

/// Picks a mutant, or notes from here on which choices are come to.
pub fn pick(mutant: Option<u32>) {
    if let Ok(mut noted) = REACHED.lock() {
        *noted = mutant.is_none().then(Vec::new);
    }
    CHOSEN.store(mutant.unwrap_or(ASK), Ordering::Relaxed);
}

/// The choices that were come to, bit by bit.
pub fn reached() -> Vec<u64> {
    REACHED.lock().map(|noted| noted.clone()).ok().flatten().unwrap_or_default()
}
