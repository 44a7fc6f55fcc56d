//! Asks for memory before it is needed: a module whose host denies it then leaves a record as it is, instead of a trap that
//! costs the record. Knows how much reading takes, nothing about what is read.

use alloc::vec::Vec;
use core::hint::black_box;

/// Reading a text takes at most so many bytes for each of its own: the places of its members, what it spells, the jobs that
/// it gives. The trials `module/denied-memory` fail at 2 and pass at 6.
const TIMES: usize = 16;

/// There are places of members in so many bytes at most, see [`Index`](crate::json::Index).
const PLACES_MAX: usize = 8 << 20;

/// What reading takes besides, whatever the length.
const BESIDES: usize = 64 << 10;

/// Whether there is memory for reading a text of so many bytes. Outside of a module nobody is asked: a process ends where
/// its memory does.
pub(crate) fn has_room(bytes: usize) -> bool {
    let places = bytes.saturating_mul(TIMES).min(bytes.saturating_mul(4).saturating_add(PLACES_MAX));
    !cfg!(target_arch = "wasm32") || can_be_had(places.saturating_add(BESIDES))
}

#[inline(never)]
fn can_be_had(bytes: usize) -> bool {
    // Where nothing looks at what was reserved, a compiler may leave the asking out.
    black_box(Vec::<u8>::new()).try_reserve_exact(black_box(bytes)).is_ok()
}
