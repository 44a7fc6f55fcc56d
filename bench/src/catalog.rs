//! Stands for the detector's module of this name, for its prefilter compiled once more: a catalog of any size.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::prefilter::ANCHOR_LEN;

/// In the place of the catalog's own.
pub static PACKED_ANCHORS: Anchors = Anchors;

/// As many anchors as [`set_count`] said.
#[derive(Clone, Copy)]
pub struct Anchors;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// How many anchors the next prefilter learns.
pub fn set_count(count: usize) {
    COUNT.store(count, Ordering::Relaxed);
}

impl IntoIterator for &Anchors {
    type Item = &'static [u8];
    type IntoIter = std::iter::Map<std::slice::Iter<'static, &'static str>, fn(&&'static str) -> &'static [u8]>;

    fn into_iter(self) -> Self::IntoIter {
        let all = all();
        all[..COUNT.load(Ordering::Relaxed).min(all.len())].iter().map(|anchor| anchor.as_bytes())
    }
}

/// The real anchors first, then made-up ones, so that a larger catalog can be tried.
fn all() -> &'static [&'static str] {
    static ALL: OnceLock<Vec<&'static str>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = tapsieve_detector::catalog::ANCHORS.to_vec();
        let parts = ["Gateway", "Replica", "Capture", "Segment", "Channel", "Sampler", "Tunnels", "Endpoint"];
        for first in parts {
            for second in parts {
                for third in parts {
                    let name = format!("{}{second}{third}", &first[4..]);
                    let name: &'static str = Box::leak(name[..ANCHOR_LEN].to_owned().into_boxed_str());
                    if !all.contains(&name) {
                        all.push(name);
                    }
                }
            }
        }
        all
    })
}
