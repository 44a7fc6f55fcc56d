//! A JSON reader over borrowed bytes, and a writer: knows JSON's grammar, nothing about events.
//!
//! One pass finds where all members stand ([`Index`]); every table of paths is then looked for among them ([`collect`]).
//! It validates only what it reads, never recurses, and never panics: what it cannot read is `None`.

#![no_std]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::arithmetic_side_effects,
        reason = "a test that panics has failed, as it should"
    )
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod collect;
mod index;
mod paths;
mod scan;
mod strings;
mod text;
mod word;
mod write;

pub use collect::{Found, collect};
pub use index::{Index, LEVELS_MAX, Member};
pub use paths::{Known, TREE_BYTES_MAX, codes, known, prefix, tree};
pub use paths::{PATHS_MAX, Paths};
pub use scan::{Elements, find_either};
pub use strings::Strings;
pub use text::decode;
pub use write::{Object, joined, write_number, write_string};

use alloc::borrow::Cow;

/// One JSON value as it stands in the input, without white space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a>(pub &'a [u8]);

impl<'a> Raw<'a> {
    /// The bytes of an object, braces included.
    pub fn object(self) -> Option<&'a [u8]> {
        self.0.starts_with(b"{").then_some(self.0)
    }

    /// The bytes of an array, brackets included.
    pub fn array(self) -> Option<&'a [u8]> {
        self.0.starts_with(b"[").then_some(self.0)
    }

    /// A string, decoded. Allocates only where the string has escapes or is not UTF-8.
    pub fn string(self) -> Option<Cow<'a, str>> {
        decode(self.0.strip_prefix(b"\"")?.strip_suffix(b"\"")?)
    }

    /// A string, number or boolean as text; `None` for null, containers and the empty string.
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self.0.first()? {
            b'"' => self.string().filter(|text| !text.is_empty()),
            b'{' | b'[' | b'n' => None,
            _ => core::str::from_utf8(self.0).ok().map(Cow::Borrowed),
        }
    }

    /// Whether this is the boolean `true` or a string that says so in any case.
    pub fn is_true(self) -> bool {
        self.is_word("true")
    }

    /// Whether this is the boolean `false` or a string that says so in any case.
    pub fn is_false(self) -> bool {
        self.is_word("false")
    }

    /// Whether this is a text that is the same in any case, or a number or boolean that is spelled so.
    #[inline(never)]
    pub fn is_word(self, word: &str) -> bool {
        self.text().is_some_and(|text| text.eq_ignore_ascii_case(word))
    }
}
