//! Descriptions that a record brings along: finds where one may stand, and tells one that says what this module says
//! from one that only claims to be from here. Knows the names and the comparison, nothing about events.

use crate::envelope::PRODUCT;
use crate::json::{Elements, Index, LEVELS_MAX, Raw, Strings, joined};
use alloc::string::String;

/// The name of the description where nothing of that name stands in the record.
const NAME: &str = "mirror";

/// What a shipper may add to a record between two hops, so that a description may lack it, and what follows from it.
const ADDED_LATER: [&str; 3] = [DEVICE, "related", "story"];
const DEVICE: &str = "resources.device";

/// Of more enrichments of an OCSF event none is believed to be from here.
const ENRICHMENTS_MAX: usize = 64;

/// The descriptions that a record brings along, ours or not.
#[derive(Debug)]
pub struct Claims<'r, 'a> {
    record: &'r Index<'a>,
    /// Whether the record has a member of the preferred name, or one whose key begins with it and a dot.
    mirror: bool,
    /// So many `_` behind [`PRODUCT`] make a name that the record does not have.
    underscores: usize,
    enrichments: Option<Raw<'a>>,
    /// The record that stands in an OCSF event which claims to be from here.
    pub wrapped: Option<&'a [u8]>,
}

impl<'r, 'a> Claims<'r, 'a> {
    /// Looks through the keys of a record.
    pub fn read(record: &'r Index<'a>) -> Self {
        let mut claims = Claims { record, mirror: false, underscores: 0, enrichments: None, wrapped: None };
        let mut wrapped = None;
        for member in record.members() {
            // Nearly every key ends here.
            if member.plain_key().is_some_and(|key| !matches!(key, [b'e' | b'm' | b't' | b'u', ..])) {
                continue;
            }
            let Some(key) = member.key() else { continue };
            match key.as_ref() {
                b"enrichments" => claims.enrichments = member.value.array().map(Raw),
                b"unmapped" => wrapped = member.value.object(),
                key => claims.note(key.split(|byte| *byte == b'.').next().unwrap_or_default()),
            }
        }
        claims.wrapped = wrapped.filter(|_| claims.described().next().is_some());
        claims
    }

    fn note(&mut self, name: &[u8]) {
        self.mirror |= name == NAME.as_bytes();
        if let Some(rest) = name.strip_prefix(PRODUCT.as_bytes())
            && rest.iter().all(|byte| *byte == b'_')
        {
            self.underscores = self.underscores.max(rest.len().saturating_add(1));
        }
    }

    /// Whether the record has anything of that kind.
    pub fn any(&self) -> bool {
        self.mirror || self.underscores > 0 || self.wrapped.is_some()
    }

    /// A name for the description that the record does not have.
    pub fn free_name(&self) -> String {
        match self.mirror {
            false => NAME.into(),
            true => other_name(self.underscores),
        }
    }

    /// Whether the record says all that a description says and nothing else.
    pub fn say(&self, description: &[u8]) -> bool {
        let ours = Index::read(description, LEVELS_MAX);
        // How much is read before something stays unread differs from hop to hop.
        let unread = ours.at("unread").is_some();
        let says = |index: &Index<'_>, name: &str| {
            let added = ours.at(DEVICE).is_some() && index.at(&below(name, DEVICE)).is_none();
            let spare = |path: &str| added && ADDED_LATER.contains(&path) || unread && path == "matches";
            covers(&ours, "", index, name, spare) && covers(index, name, &ours, "", spare)
        };
        let said_at = |name: &str| {
            // Where a record has too many members, those of the description were not read with it.
            let mut is_there = false;
            let differs = self.record.is_cut()
                && self.record.any_at(name, |value| {
                    is_there = true;
                    !value.object().is_some_and(|object| says(&Index::read(object, LEVELS_MAX), ""))
                });
            if is_there { !differs } else { says(self.record, name) }
        };
        self.mirror && said_at(NAME)
            // Ours had the longest name when it was written.
            || self.underscores > 0 && said_at(&other_name(self.underscores.saturating_sub(1)))
            || self.wrapped.is_some() && self.described().any(|data| says(&Index::read(data, LEVELS_MAX), ""))
    }

    /// The descriptions among an OCSF event's enrichments that claim to be from here.
    fn described(&self) -> impl Iterator<Item = &'a [u8]> {
        self.enrichments.into_iter().flat_map(|list| Elements::new(list.0).take(ENRICHMENTS_MAX)).filter_map(
            |enrichment| {
                let enrichment = Index::read(enrichment.0, 1);
                let provider = enrichment.at("provider").and_then(Raw::string);
                enrichment.at("data")?.object().filter(|_| provider.as_deref() == Some(PRODUCT))
            },
        )
    }
}

fn other_name(underscores: usize) -> String {
    let mut name = String::from(PRODUCT);
    name.extend(core::iter::repeat_n('_', underscores));
    name
}

/// A path below a name, which may be empty.
fn below(name: &str, path: &str) -> String {
    joined(&[name, if name.is_empty() { "" } else { "." }, path])
}

/// Whether everything that stands below `name` in one object stands below `other_name` in the other, but for what is
/// spared.
fn covers(
    object: &Index<'_>,
    name: &str,
    other: &Index<'_>,
    other_name: &str,
    spare: impl Fn(&str) -> bool,
) -> bool {
    object.every_leaf(|path, value| {
        let rest = match name {
            "" => Some(path),
            _ => path.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b".")),
        };
        // What stands beside the description is of no interest, a value in its place is.
        let Some(rest) = rest else { return path != name.as_bytes() };
        let Ok(rest) = core::str::from_utf8(rest) else { return false };
        spare(rest) || other.at(&below(other_name, rest)).is_some_and(|other| is_same(value, other))
    })
}

/// Whether two values are the same to shippers, which write text and lists in their own way.
fn is_same(a: Raw<'_>, b: Raw<'_>) -> bool {
    match (a.array(), b.array()) {
        (Some(a), Some(b)) => Strings::new(Raw(a)).eq(Strings::new(Raw(b))),
        (None, None) => a.text().is_some_and(|a| b.text().is_some_and(|b| a == b)),
        _ => false,
    }
}
