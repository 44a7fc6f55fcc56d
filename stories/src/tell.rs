//! A story as a short tree of text; knows colours, not whether somebody wants them.

use std::fmt::Write;

use crate::names::brief;
use crate::story::{Part, Severity, Story};
use crate::time;

/// So many flows are shown.
const FLOWS_MAX: usize = 8;
/// So many events are shown at the beginning of a longer story, and at its end.
const EVENTS_SHOWN: (usize, usize) = (16, 8);

/// Writes a story as text; `colours` with the escape codes of terminals.
pub fn text(story: &Story, colours: bool) -> String {
    let paint = |code: &str, text: &str| {
        if colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let mut out = String::new();
    let word = story.severity.name();
    let code = match story.severity {
        Severity::Informational => "2",
        Severity::Low => "36",
        Severity::Medium => "33",
        Severity::High => "31",
        Severity::Critical => "1;31",
    };
    let state = match (story.runs, story.ended_millis) {
        (true, _) => ", still runs",
        (false, Some(_)) => ", ended",
        (false, None) => "",
    };
    let _ = writeln!(out, "{}  {}", paint(code, word), paint("1", &plain(&story.title)));
    let mut line = |name: &str, text: String| {
        if !text.is_empty() {
            let _ = writeln!(out, "├ {} {}", paint("2", &format!("{name:<8}")), plain(&text));
        }
    };
    line("why", story.reasons.iter().map(|reason| &*reason.text).collect::<Vec<_>>().join("; "));
    for who in &story.who {
        let sessions = who.sessions.iter().cloned().collect::<Vec<_>>().join(", ");
        let sessions = if sessions.is_empty() { sessions } else { format!(" as {sessions}") };
        line("who", format!("{}{sessions}", who.actor));
    }
    line("behind", story.behind.join(", "));
    line("from", story.from.join(", "));
    let length = match story.last_millis - story.began_millis {
        0 => String::new(),
        millis => format!(" for {}", time::length(millis)),
    };
    line("when", format!("{}{length}{state}", time::moment(story.began_millis)));
    line("where", [&story.accounts[..], &story.regions[..]].concat().join(", "));
    for flow in story.flows.iter().take(FLOWS_MAX) {
        let mut hops = vec![some(&flow.sources), format!("{} {}", flow.kind.replace('_', " "), flow.session)];
        hops.extend(
            [&flow.targets, &flow.destinations]
                .into_iter()
                .filter(|hop| !hop.is_empty())
                .map(|hop| some(hop)),
        );
        let mut more: Vec<String> = flow.directions.clone();
        more.extend(flow.packets.clone());
        more.extend((!flow.filters.is_empty()).then(|| format!("filter {}", flow.filters.join(", "))));
        let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) };
        line("copied", format!("{}{more}", hops.join(" -> ")));
    }
    if story.flows.len() > FLOWS_MAX {
        line("", format!("and {} more flows", story.flows.len() - FLOWS_MAX));
    }
    line("filter", story.filters.join("; "));
    line("missing", story.missing.join("; "));
    let mut counts = format!("{}", story.events_total);
    let counted = [(story.refused, "refused"), (story.throttled, "throttled"), (story.reads, "reads")];
    for (count, what) in counted {
        if count > 0 {
            let _ = write!(counts, ", {count} {what}");
        }
    }
    line("events", format!("{counts}, story {}", story.id));
    let (first, last) = EVENTS_SHOWN;
    let hidden = match story.events.len() > first + last {
        true => first..story.events.len() - last,
        false => 0..0,
    };
    for (index, part) in story.events.iter().enumerate() {
        if hidden.contains(&index) {
            if index == hidden.start {
                let _ = writeln!(out, "│ ┆ {} more", hidden.len() as u64 + story.events_left_out);
            }
            continue;
        }
        let edge = if index + 1 == story.events.len() { "└" } else { "├" };
        let failed = part.outcome == "failure";
        let text = plain(&event(part));
        let _ = writeln!(out, "│ {edge} {}", if failed { paint("33", &text) } else { text });
    }
    out
}

/// One event on one line.
pub fn event(part: &Part) -> String {
    let day = time::moment(part.millis);
    let mut text = format!("{day}  {} {}", part.action.replace('_', " "), part.kind.replace('_', " "));
    if let Some(id) = &part.part {
        let _ = write!(text, " {}", brief(id.rsplit('/').next().unwrap_or(id)));
    }
    if part.outcome != "success" {
        let _ = write!(text, "  {}", part.outcome);
    }
    if let Some(error) = &part.error {
        let _ = write!(text, " ({error})");
    }
    text
}

fn some(names: &[String]) -> String {
    if names.is_empty() { "?".to_owned() } else { names.join(", ") }
}

/// Texts of events are shown as they are, but control characters never reach the terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_format(c) { '\u{fffd}' } else { c }).collect()
}

/// Turns the direction of writing or is not seen.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
