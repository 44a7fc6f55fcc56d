//! Time: samples of all competitors in turn, so that what else the machine does falls on all alike; then the median.
//! Counted is the processor's time of this thread, which other programs take less from than from the clock's.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Something whose passes are timed. A pass returns how many records it selected.
pub struct Competitor<'a> {
    /// Its name in tables.
    pub name: &'static str,
    /// How many records a pass has to select.
    pub expected: usize,
    /// One pass.
    pub pass: Box<dyn FnMut() -> Result<usize, String> + 'a>,
}

/// How long and how often.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Rounds through all competitors.
    pub rounds: usize,
    /// The least time of one sample.
    pub sample: Duration,
}

/// Seconds per pass: the median of the samples, and by how much the middle half of them differs, as a share of it.
#[derive(Clone, Copy)]
pub struct Time {
    /// The median.
    pub seconds: f64,
    /// The distance between the quartiles, divided by the median.
    pub spread: f64,
}

/// Times all competitors in turn.
///
/// # Errors
/// One failed, or selected another number of records than it has to.
pub fn interleaved(competitors: &mut [Competitor<'_>], effort: Effort) -> Result<Vec<Time>, String> {
    let mut samples = vec![Vec::new(); competitors.len()];
    let mut passes = vec![1u32; competitors.len()];
    // The round before the first warms up and finds how many passes a sample takes.
    for round in 0..=effort.rounds {
        for (index, competitor) in competitors.iter_mut().enumerate() {
            if round == 0 {
                checked_pass(competitor)?;
            }
            let begin = thread_seconds();
            for _ in 0..passes[index] {
                checked_pass(competitor)?;
            }
            let seconds = (thread_seconds() - begin) / f64::from(passes[index]);
            if round == 0 {
                passes[index] = (effort.sample.as_secs_f64() / seconds).ceil().clamp(1.0, 1e6) as u32;
            } else {
                samples[index].push(seconds);
            }
        }
    }
    Ok(samples.into_iter().map(middle).collect())
}

fn thread_seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

fn checked_pass(competitor: &mut Competitor<'_>) -> Result<(), String> {
    let (name, expected) = (competitor.name, competitor.expected);
    match (competitor.pass)().map_err(|problem| format!("{name}: {problem}"))? {
        found if found == expected => Ok(()),
        found => Err(format!("{name}: selected {found} records, expected {expected}")),
    }
}

/// The middle of some samples.
pub fn middle(mut samples: Vec<f64>) -> Time {
    samples.sort_by(f64::total_cmp);
    let at = |share: f64| samples[(share * (samples.len() - 1) as f64).round() as usize];
    Time { seconds: at(0.5), spread: (at(0.75) - at(0.25)) / at(0.5) }
}
