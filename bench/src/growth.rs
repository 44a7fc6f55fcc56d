//! How cost grows: with the size of an event, of the catalog and of the policy.

use tapsieve_detector::Detector;
use tapsieve_detector::prefilter::Prefilter;
use tapsieve_host_test::workload::{Random, Workload, of_size};

use crate::catalog::anchors;
use crate::engines::{Modules, NATIVE, WASMI, WASMTIME};
use crate::guest::Guest;
use crate::measure::{Competitor, Effort, interleaved};

/// One line of a plot: a name and points.
pub struct Series {
    /// Its name.
    pub name: &'static str,
    /// What was given, and nanoseconds per byte or per event.
    pub points: Vec<(f64, f64)>,
}

/// Nanoseconds per event against bytes per event.
pub fn event_size(modules: &Modules, effort: Effort) -> Result<Vec<Series>, String> {
    let mut series: Vec<Series> =
        [NATIVE, WASMTIME, WASMI].map(|name| Series { name, points: Vec::new() }).into();
    for bytes in [1200, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20] {
        let record = of_size(&mut Random(bytes as u64), bytes);
        let mut detector = Detector::new();
        let mut instance = modules.instance();
        let mut guest = modules.interpreted()?;
        let mut competitors = [
            one(NATIVE, &record, move |record| {
                Ok(detector.process(record) != tapsieve_detector::Outcome::Unchanged)
            }),
            one(WASMTIME, &record, move |record| {
                let outcome = instance.process(record).map_err(|trap| trap.to_string())?;
                Ok(!matches!(outcome, tapsieve_host::Outcome::Unchanged))
            }),
            one(WASMI, &record, move |record| guest.event(record)),
        ];
        for (series, time) in series.iter_mut().zip(interleaved(&mut competitors, effort)?) {
            series.points.push((record.len() as f64, time.seconds * 1e9));
        }
    }
    Ok(series)
}

fn one<'a>(
    name: &'static str,
    record: &'a [u8],
    mut selects: impl FnMut(&[u8]) -> Result<bool, String> + 'a,
) -> Competitor<'a> {
    Competitor { name, expected: 0, pass: Box::new(move || selects(record).map(usize::from)) }
}

/// Nanoseconds per event of noise against anchors in the catalog: the prefilter alone, compiled natively.
pub fn catalog_size(noise: &Workload, effort: Effort) -> Result<Vec<Series>, String> {
    let mut filters = Vec::new();
    for count in [1, 4, 10, 20, tapsieve_detector::catalog::ANCHORS.len(), 75, 150, 300] {
        let mut filter = Box::new(Prefilter::of(&anchors(count)));
        let found = noise.records.iter().filter(|record| filter.find(record).is_some()).count();
        filters.push((count, found, filter));
    }
    let mut competitors: Vec<_> = filters
        .iter_mut()
        .map(|(_, found, filter)| Competitor {
            name: "prefilter",
            expected: *found,
            pass: Box::new(|| {
                Ok(noise.records.iter().filter(|record| filter.find(record).is_some()).count())
            }),
        })
        .collect();
    let times = interleaved(&mut competitors, effort)?;
    drop(competitors);
    let per_event = |seconds: f64| seconds * 1e9 / noise.records.len() as f64;
    let points =
        filters.iter().zip(times).map(|((count, _, _), time)| (*count as f64, per_event(time.seconds)));
    Ok(vec![Series { name: "prefilter, native", points: points.collect() }])
}

/// Nanoseconds per event of noise against approved entries in the policy, or why it cannot be measured.
pub fn policy_size(modules: &Modules, noise: &Workload, effort: Effort) -> Result<Vec<Series>, String> {
    let mut sizes = Vec::new();
    for entries in [0, 10, 100, 1000] {
        let mut instance = modules.instance();
        instance.configure(policy(entries).as_bytes()).map_err(|problem| problem.to_string())?;
        sizes.push((entries, instance));
    }
    let mut competitors: Vec<_> = sizes
        .iter_mut()
        .map(|(_, instance)| Competitor {
            name: WASMTIME,
            expected: 0,
            pass: Box::new(|| {
                for record in &noise.records {
                    instance.process(record).map_err(|trap| trap.to_string())?;
                }
                Ok(0)
            }),
        })
        .collect();
    let times = interleaved(&mut competitors, effort)?;
    drop(competitors);
    let per_event = |seconds: f64| seconds * 1e9 / noise.records.len() as f64;
    let points =
        sizes.iter().zip(times).map(|((entries, _), time)| (f64::from(*entries), per_event(time.seconds)));
    Ok(vec![Series { name: WASMTIME, points: points.collect() }])
}

/// A policy with so many approved entries.
fn policy(entries: i32) -> String {
    let entry = |number| {
        format!(
            r#"{{"name":"change {number}","ticket":"CHG-{number}","actors":["arn:aws:sts::*:assumed-role/net-{number}/*"],"source_ips":["10.{}.0.0/16"]}}"#,
            number % 256
        )
    };
    if entries == 0 {
        return "{}".to_owned();
    }
    format!(r#"{{"approved":[{}]}}"#, (0..entries).map(entry).collect::<Vec<_>>().join(","))
}
