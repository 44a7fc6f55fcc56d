//! How much of Fluent Bit's interpreter stack a call can need; knows frames and the call graph, not what functions do.
//!
//! WAMR's fast interpreter keeps a frame of 40 + 4 × cells bytes for each active function,
//! below them one of 48 bytes for the host's call.
//! It begins a function only where twice its frame is free, so the last frame of a chain counts double.

use std::collections::BTreeMap;

use serde::Serialize;

use super::read::{Body, Contents};

/// The exports that Fluent Bit calls.
pub(super) const CALLED: &[&str] = &["fluent_bit_process", "malloc", "free"];

const FRAME_BYTES: u64 = 40;
const CELL_BYTES: u64 = 4;
/// The frame that stands for the host.
const HOST_FRAME_BYTES: u64 = FRAME_BYTES + 2 * CELL_BYTES;

/// The worst case of one export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StackNeed {
    /// The export.
    pub export: &'static str,
    /// The worst case.
    #[serde(flatten)]
    pub need: Need,
}

/// What a call needs of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// At most so much.
    Bounded {
        /// The size, in bytes.
        bytes: u64,
        /// The functions of the chain that needs most, the export first.
        chain: Vec<String>,
    },
    /// No bound: these functions can call each other in a circle.
    Unbounded {
        /// The functions of the circle, the first one again at the end.
        circle: Vec<String>,
    },
}

/// The worst case of every export that Fluent Bit calls and that the module has.
pub(super) fn needs(contents: &Contents) -> Vec<StackNeed> {
    let mut walk = Walk { contents, known: BTreeMap::new() };
    let mut needs = Vec::new();
    for &export in CALLED {
        if let Some(function) = contents.exported(export) {
            needs.push(StackNeed { export, need: walk.need(function) });
        }
    }
    needs
}

struct Walk<'a> {
    contents: &'a Contents,
    /// For each finished function the bytes from its frame on, and the callee that needs most.
    known: BTreeMap<u32, (u64, Option<u32>)>,
}

/// A function whose callees are being looked at.
struct Open {
    function: u32,
    callees: Vec<u32>,
    next: usize,
}

impl Walk<'_> {
    /// Goes through the call graph without recursion: the chain may be as long as the module has functions.
    fn need(&mut self, export: u32) -> Need {
        let mut path = vec![self.open(export)];
        while let Some(open) = path.last_mut() {
            let Some(&callee) = open.callees.get(open.next) else {
                let function = open.function;
                let need = self.close(function, &path.pop().map(|open| open.callees).unwrap_or_default());
                self.known.insert(function, need);
                continue;
            };
            open.next += 1;
            if let Some(start) = path.iter().position(|open| open.function == callee) {
                let circle = path[start..].iter().map(|open| open.function).chain([callee]);
                return Need::Unbounded {
                    circle: circle.map(|function| self.contents.name(function)).collect(),
                };
            }
            if !self.known.contains_key(&callee) {
                path.push(self.open(callee));
            }
        }
        let bytes = self.known.get(&export).map_or(0, |need| need.0);
        let chain = std::iter::successors(Some(export), |function| self.known.get(function)?.1);
        let chain = chain.map(|function| self.contents.name(function)).collect();
        Need::Bounded { bytes: HOST_FRAME_BYTES + bytes, chain }
    }

    fn open(&self, function: u32) -> Open {
        let callees = match self.contents.body(function) {
            Some(body) => self.callees(body),
            None => Vec::new(),
        };
        Open { function, callees, next: 0 }
    }

    fn callees(&self, body: &Body) -> Vec<u32> {
        let mut callees = body.calls.clone();
        for &ty in &body.indirect {
            callees.extend(self.contents.in_tables.iter().filter(|&&f| self.contents.has_type(f, ty)));
        }
        callees.into_iter().collect()
    }

    fn close(&self, function: u32, callees: &[u32]) -> (u64, Option<u32>) {
        // An imported function has a frame of two cells.
        let cells = self.contents.body(function).map_or(2, |body| body.cells);
        let frame = FRAME_BYTES + CELL_BYTES * cells;
        let need = |callee: &u32| self.known.get(callee).map_or(0, |need| need.0);
        let deepest = callees.iter().copied().max_by_key(need);
        match deepest {
            Some(callee) if frame + need(&callee) > 2 * frame => (frame + need(&callee), Some(callee)),
            _ => (2 * frame, None),
        }
    }
}
