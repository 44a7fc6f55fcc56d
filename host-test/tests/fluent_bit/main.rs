//! The real Fluent Bit, end to end, with the shipped configurations. Without the program every trial is ignored and
//! says so; with `FLUENT_BIT` set to something that is not there it fails.

mod collector;
mod restart;
mod whole;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use tapsieve_host_test::engines::module_bytes;
use tapsieve_host_test::fluent_bit::{FILTERS, binary};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let absent = binary().err().or_else(|| module_bytes().err());
    let trial = |name: String, test: fn(&str) -> Result<(), Failed>, filter: &'static str| {
        let absent = absent.clone();
        let required = std::env::var_os("FLUENT_BIT").is_some();
        let name = absent.as_ref().map_or(name.clone(), |why| format!("{name} (absent: {why})"));
        let ignored = absent.is_some() && !required;
        Trial::test(name, move || absent.map_or_else(|| test(filter), |why| Err(why.into())))
            .with_ignored_flag(ignored)
    };
    let mut trials =
        vec![trial("every-configuration-is-accepted".into(), whole::configurations_are_accepted, "")];
    for filter in FILTERS {
        let name = |law: &str| format!("{}/{law}", filter.trim_end_matches(".yaml"));
        trials.push(trial(name("noise-comes-out-as-it-went-in"), whole::noise, filter));
        trials.push(trial(name("events-of-256-KiB-and-1-MiB-are-enriched"), whole::large_events, filter));
        trials.push(trial(name("hostile-records-cost-no-good-one"), whole::hostile_records, filter));
    }
    trials.push(trial("filter/kill-and-restart-loses-nothing".into(), restart::kill, FILTERS[0]));
    trials.push(trial("memory-is-flat".into(), whole::memory_is_flat, FILTERS[0]).with_ignored_flag(true));
    libtest_mimic::run(&arguments, trials).exit_code()
}
