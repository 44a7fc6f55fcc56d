//! Shippers deliver at least once: which events came before, as far back as is kept.

use std::collections::{HashSet, VecDeque};

use crate::Event;

/// So many events are remembered.
const EVENTS_MAX: usize = 65_536;

/// The last events, by what they say.
#[derive(Debug, Default)]
pub(crate) struct Once {
    seen: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Once {
    /// Whether the same event came before. One with neither time nor id is always another.
    pub(crate) fn is_repeat(&mut self, event: &Event) -> bool {
        if event.time.is_none() && event.said.event_id.is_none() {
            return false;
        }
        let number = number_of(event);
        if !self.seen.insert(number) {
            return true;
        }
        self.order.push_back(number);
        if self.order.len() > EVENTS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        false
    }
}

/// All that an event says: some ids are chosen by whoever calls, and would hide another event alone.
fn number_of(event: &Event) -> u64 {
    let said = &event.said;
    let words = [&said.provider, &said.operation, &said.action, &said.outcome].map(|word| &**word);
    let texts = [
        &said.event_id,
        &event.time,
        &said.account,
        &said.actor,
        &said.source_ip,
        &said.region,
        &said.error,
        &event.approval,
    ]
    .map(|text| text.as_deref().unwrap_or_default());
    let resources = event.resources.iter().flat_map(|(name, id)| [&**name, &**id]);
    fnv(words.into_iter().chain(texts).chain(resources))
}

/// FNV-1a over texts, a zero byte behind each.
pub(crate) fn fnv<'a>(texts: impl Iterator<Item = &'a str>) -> u64 {
    texts
        .flat_map(|text| text.bytes().chain([0]))
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
