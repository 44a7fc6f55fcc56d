//! Texts in pieces between marks: one loop for whatever takes a text apart. Knows no meaning.

/// The pieces of a text between marks, empty ones too.
#[derive(Clone)]
pub(super) struct Pieces<'a> {
    rest: Option<&'a [u8]>,
    marks: &'static [u8],
}

/// Takes a text apart at any of the marks.
pub(super) fn pieces<'a>(text: &'a [u8], marks: &'static [u8]) -> Pieces<'a> {
    Pieces { rest: Some(text), marks }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest.take()?;
        let end = match *self.marks {
            [mark] => head(rest, mark).len(),
            _ => rest.iter().position(|byte| self.marks.contains(byte)).unwrap_or(rest.len()),
        };
        self.rest = rest.get(end.saturating_add(1)..);
        rest.get(..end)
    }
}

/// What stands before the first place of a mark; all of it where there is none.
#[inline(never)]
pub(super) fn head(text: &[u8], mark: u8) -> &[u8] {
    let end = text.iter().position(|&byte| byte == mark).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// What stands behind the last place of a mark.
#[inline(never)]
pub(super) fn tail(text: &[u8], mark: u8) -> &[u8] {
    let start = text.iter().rposition(|&byte| byte == mark).map_or(0, |at| at.saturating_add(1));
    text.get(start..).unwrap_or_default()
}
