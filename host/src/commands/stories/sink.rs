//! What comes out of the module, line by line into stories; knows which lines are worth reading, and writes stories.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use memchr::{memchr, memchr_iter, memmem, memrchr};
use tapsieve_stories::{Counts, Event, Options, Severity, Stories, Story, tell};

/// How stories are shown.
pub(super) struct Show {
    pub(super) json: bool,
    pub(super) follow: bool,
    pub(super) severity: Severity,
    pub(super) colours: bool,
}

/// Joins records and shows stories.
pub(super) struct Teller {
    open: Stories,
    show: Show,
    records: u64,
    pub(super) stories: u64,
    pub(super) alerts: u64,
}

impl Teller {
    pub(super) fn new(options: Options, show: Show) -> Teller {
        Teller { open: Stories::new(options), show, records: 0, stories: 0, alerts: 0 }
    }

    pub(super) fn counts(&self) -> Counts {
        self.open.counts()
    }

    /// Takes whole lines in.
    fn lines(&mut self, text: &[u8]) -> io::Result<()> {
        let mut at = 0;
        while let Some(found) = described(&text[at..]) {
            let start = memrchr(b'\n', &text[at..at + found]).map_or(at, |line| at + line + 1);
            let end = memchr(b'\n', &text[at + found..]).map_or(text.len(), |line| at + found + line);
            self.records += memchr_iter(b'\n', &text[at..start]).count() as u64;
            self.record(&text[start..end])?;
            at = end;
        }
        self.records += memchr_iter(b'\n', &text[at..]).count() as u64;
        Ok(())
    }

    fn record(&mut self, line: &[u8]) -> io::Result<()> {
        let Ok(record) = serde_json::from_slice(line) else { return Ok(()) };
        let Some(event) = Event::read(&record, self.records + 1) else { return Ok(()) };
        let number = self.open.add(event);
        for story in self.open.closed() {
            self.tell(&story)?;
        }
        if self.show.follow
            && let Some(story) = number.and_then(|number| self.open.news(number))
        {
            self.write(&story)?;
        }
        Ok(())
    }

    /// Tells every story that is still open.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.open.finish().iter().try_for_each(|story| self.tell(story))
    }

    fn tell(&mut self, story: &Story) -> io::Result<()> {
        self.stories += 1;
        self.alerts += u64::from(story.alert);
        if self.show.follow || story.severity < self.show.severity {
            return Ok(());
        }
        self.write(story)
    }

    fn write(&self, story: &Story) -> io::Result<()> {
        let text = match self.show.json {
            true => serde_json::to_string(story)? + "\n",
            false => tell::text(story, self.show.colours) + "\n",
        };
        let mut output = io::stdout().lock();
        output.write_all(text.as_bytes())?;
        output.flush()
    }
}

/// Where the first name of a description stands that tapsieve may have written.
fn described(text: &[u8]) -> Option<usize> {
    // Both names in one go over the text: they share their quotes and little else, so the rarer part is looked for.
    let first = memmem::find(text, b"\"mirror\"");
    let before = first.map_or(text, |at| &text[..at]);
    memmem::find(before, b"\"tapsieve\"").or(first)
}

/// The end of the pipeline: cuts what is written into lines.
pub(super) struct Sink {
    teller: Arc<Mutex<Teller>>,
    /// A line whose end has not come yet.
    open: Vec<u8>,
}

impl Sink {
    pub(super) fn new(teller: Arc<Mutex<Teller>>) -> Sink {
        Sink { teller, open: Vec::new() }
    }

    fn teller(&self) -> std::sync::MutexGuard<'_, Teller> {
        self.teller.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(last) = memrchr(b'\n', bytes) else {
            self.open.extend_from_slice(bytes);
            return Ok(bytes.len());
        };
        let mut rest = &bytes[..=last];
        if !self.open.is_empty() {
            let first = memchr(b'\n', rest).map_or(rest.len(), |line| line + 1);
            self.open.extend_from_slice(&rest[..first]);
            rest = &rest[first..];
            self.teller().lines(&self.open)?;
            self.open.clear();
        }
        self.teller().lines(rest)?;
        self.open.extend_from_slice(&bytes[last + 1..]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // A last line without a line end.
        let open = std::mem::take(&mut self.open);
        let _ = self.teller().lines(&open);
    }
}
