//! Bytes that arrive in any cuts, in every framing, against the same bytes at once.

use std::cell::RefCell;

use tapsieve_detector::Detector;
use tapsieve_records::{Counts, Framer, Framing, Output, Sieve, SieveOptions, Sifted};

use crate::common::Deciding;

/// The first two bytes choose the framing and the cuts.
pub fn framing(bytes: &[u8]) {
    let Some(([how, seed], input)) = bytes.split_first_chunk() else { return };
    let framing = Framing {
        only_lines: how & 1 != 0,
        open: how & 2 != 0,
        frames_max: [1 << 16, 3][usize::from(how >> 2 & 1)],
    };
    let only_enriched = how & 8 != 0;
    // A detector that is used again: a new one learns the catalog first.
    thread_local!(static SIEVES: RefCell<[Sieve<Deciding>; 2]> = RefCell::new([false, true].map(|wrap_lines| {
        Sieve::new(Deciding(Detector::new()), SieveOptions { wrap_lines, ..SieveOptions::default() })
    })));
    SIEVES.with_borrow_mut(|sieves| {
        same_in_cuts(&mut sieves[usize::from(how >> 4 & 1)], input, framing, only_enriched, *seed)
    });
}

fn same_in_cuts(sieve: &mut Sieve<Deciding>, input: &[u8], framing: Framing, only_enriched: bool, seed: u8) {
    let (whole, counts) = written(sieve, input, framing, only_enriched, &mut || usize::MAX);
    let mut state = u32::from(seed) | 0x100;
    let (cut, cut_counts) = written(sieve, input, framing, only_enriched, &mut || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        1 + (state >> 24) as usize % (1 + usize::from(seed))
    });
    assert_eq!(String::from_utf8_lossy(&whole), String::from_utf8_lossy(&cut), "cuts change what is written");
    assert_eq!(counts, cut_counts, "cuts change what is counted");
    if !framing.open && !only_enriched && counts.enriched == 0 {
        assert_eq!(String::from_utf8_lossy(&whole), String::from_utf8_lossy(input), "a byte is lost");
    }
}

/// Sends an input through the three steps, in pieces as long as `step` says.
fn written(
    sieve: &mut Sieve<Deciding>,
    input: &[u8],
    framing: Framing,
    only_enriched: bool,
    step: &mut dyn FnMut() -> usize,
) -> (Vec<u8>, Counts) {
    let (mut framer, mut output) = (Framer::new(framing), Output::new(only_enriched));
    let (mut held, mut frames, mut sifted, mut rest) = (Vec::new(), Vec::new(), Sifted::default(), input);
    let (mut written, mut counts) = (Vec::new(), Counts::default());
    loop {
        let (piece, after) = rest.split_at(step().min(rest.len()));
        held.extend_from_slice(piece);
        rest = after;
        loop {
            frames.clear();
            let taken = framer.frame(&mut held, rest.is_empty(), &mut frames);
            sieve.sift(&held, &frames, &mut sifted, |_| ());
            assert_eq!(sifted.counts.failures, 0, "{:?}", sifted.first_failure);
            counts += sifted.counts;
            output.each(&held, &frames, &sifted, |bytes| written.extend_from_slice(bytes));
            held.drain(..taken);
            if taken == 0 || held.is_empty() {
                break;
            }
        }
        if rest.is_empty() {
            assert!(held.is_empty(), "bytes are left over");
            return (written, counts);
        }
    }
}
