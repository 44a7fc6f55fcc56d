//! What approves a target and the role that owns it approves its sessions; knows no policy, only what events say of it.

use std::collections::BTreeMap;

use crate::Event;
use crate::keys::Keys;

/// Targets whose making was approved: which entry, and the identity that made them. Bounded.
#[derive(Debug, Default)]
pub(crate) struct Approvals {
    targets: BTreeMap<String, (String, String)>,
}

impl Approvals {
    /// Learns from an approved target, and approves what its own maker does with it.
    pub(crate) fn apply(&mut self, event: &mut Event, keys: &Keys, targets_max: usize) {
        let Some(actor) = event.actor().map(str::to_owned) else { return };
        let is_target = matches!(&*event.said.kind, "target" | "tap" | "deployment_group");
        if let (true, Some(own), Some(entry)) = (is_target, &keys.own, &event.approval) {
            let made = !event.failed() && matches!(&*event.said.action, "create" | "create_or_modify");
            if made && self.targets.len() < targets_max {
                self.targets.insert(own.clone(), (actor, entry.clone()));
            }
            return;
        }
        if event.approval.is_some() {
            return;
        }
        let approved = |(_, key): &(String, String)| {
            let (owner, entry) = self.targets.get(key)?;
            (*owner == actor).then(|| format!("{entry}, by its target"))
        };
        // What ends a mirroring names no target; the story that it joins is approved as a whole.
        event.approval = keys.references.iter().find_map(approved);
    }
}
