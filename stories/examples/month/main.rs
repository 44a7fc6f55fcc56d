//! A month of audit records with 60 attacks and 60 decoys: `month [RECORDS [MONTHS [FILE]]]`.
//!
//! Joins them into stories and prints the table; with FILE it also writes the records there, for `tapsieve stories`.

mod acts;
mod logscale;
mod records;
mod score;
#[path = "../../../host-test/src/workload.rs"]
#[allow(dead_code, unreachable_pub, reason = "the benchmarks use the rest")]
mod workload;

use std::io::Write;
use std::time::Instant;

use score::{Score, Scorer};
use tapsieve_stories::Options;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (count, months) = (number(1_000_000), number(1));
    let file = std::env::args().nth(3);
    let mut file =
        file.map(|path| std::io::BufWriter::new(std::fs::File::create(path).expect("FILE can be written")));
    let (truths, acts) = acts::acts(months);
    let mut scorer = Scorer::new(&truths, Options::default());
    let started = Instant::now();
    let noise = workload::noise(10_000.min(count)).records;
    let mut quiet = 0;
    for (index, act) in acts.iter().map(Some).chain([None]).enumerate() {
        while quiet < count * months * (index + 1) / (acts.len() + 1) {
            put(&mut file, &noise[quiet % noise.len()]);
            scorer.noise(&noise[quiet % noise.len()]);
            quiet += 1;
        }
        let Some(act) = act else { break };
        put(&mut file, act.record.as_bytes());
        scorer.act(act);
    }
    let counts = scorer.counts();
    let (scores, stories) = scorer.finish(&truths);
    println!(
        "| acts of | acts | joined rightly | split | merged wrongly | in no story | alerts, one an event | alerts of LogScale | attacks without one | alerts, one a story |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut total = Score::default();
    for (group, score) in &scores {
        println!("{}", row(group, score));
        total.acts += score.acts;
        total.right += score.right;
        total.split += score.split;
        total.merged += score.merged;
        total.lost += score.lost;
        total.alerts_before += score.alerts_before;
        total.alerts_logscale += score.alerts_logscale;
        total.silent += score.silent;
        total.alerts_after += score.alerts_after;
    }
    println!("{}", row("all", &total));
    println!(
        "\n{quiet} records of noise, {} mirror events, {} stories, {:.1} s, at most {} MiB",
        counts.events,
        stories.len(),
        started.elapsed().as_secs_f64(),
        memory_max_mib()
    );
}

fn row(group: &str, score: &Score) -> String {
    let Score { acts, right, split, merged, lost, alerts_before, alerts_logscale, silent, alerts_after } =
        score;
    format!(
        "| {group} | {acts} | {right} | {split} | {merged} | {lost} | {alerts_before} | {alerts_logscale} | {silent} | {alerts_after} |"
    )
}

fn put(file: &mut Option<impl Write>, record: &[u8]) {
    if let Some(file) = file {
        file.write_all(record).and_then(|()| file.write_all(b"\n")).expect("FILE can be written");
    }
}

/// The most memory that was in use, where the system says so.
fn memory_max_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
