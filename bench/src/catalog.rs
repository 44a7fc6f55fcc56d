//! Anchors for catalogs of any size: the real ones first, then made-up ones.

use tapsieve_detector::catalog::PACKED_ANCHORS;
use tapsieve_detector::prefilter::ANCHOR_LEN;

/// What the made-up anchors are put together from.
const PARTS: [&str; 8] =
    ["Gateway", "Replica", "Capture", "Segment", "Channel", "Sampler", "Tunnels", "Endpoint"];

/// The first `count` anchors.
pub fn anchors(count: usize) -> Vec<[u8; ANCHOR_LEN]> {
    let names = PARTS.iter().flat_map(|first| {
        PARTS.iter().flat_map(move |second| PARTS.map(|third| format!("{}{second}{third}", &first[4..])))
    });
    let mut all = PACKED_ANCHORS.to_vec();
    for name in names {
        if let Some(anchor) = name.as_bytes().first_chunk().filter(|anchor| !all.contains(anchor)) {
            all.push(*anchor);
        }
    }
    all.truncate(count);
    all
}
