//! The real Fluent Bit, end to end, with the shipped configurations. Without the program every trial is ignored and
//! says so; with `FLUENT_BIT` set to something that is not there it fails.

mod baked;
mod collector;
mod restart;
mod whole;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use tapsieve_host_test::engines::module_bytes;
use tapsieve_host_test::fluent_bit::{Wiring, binary};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let absent = binary().err().or_else(|| module_bytes().err());
    let trial = |name: String, test: fn(Wiring) -> Result<(), Failed>, wiring: Wiring| {
        let absent = absent.clone();
        let required = std::env::var_os("FLUENT_BIT").is_some();
        let name = absent.as_ref().map_or(name.clone(), |why| format!("{name} (absent: {why})"));
        let ignored = absent.is_some() && !required;
        Trial::test(name, move || absent.map_or_else(|| test(wiring), |why| Err(why.into())))
            .with_ignored_flag(ignored)
    };
    let mut trials = vec![trial(
        "every-configuration-is-accepted".into(),
        |_| whole::configurations_are_accepted(),
        Wiring::Every,
    )];
    trials.push(trial(
        "values-that-JSON-does-not-have-come-through".into(),
        |_| whole::odd_values(),
        Wiring::Every,
    ));
    trials.push(trial(
        "a-baked-policy-behaves-as-a-configured-one".into(),
        |_| baked::behaves_as_configured(),
        Wiring::Every,
    ));
    for wiring in Wiring::ALL {
        let name = |law: &str| format!("{}/{law}", wiring.name());
        trials.push(trial(name("noise-comes-out-as-it-went-in"), whole::noise, wiring));
        trials.push(trial(name("events-of-256-KiB-and-1-MiB-are-enriched"), whole::large_events, wiring));
        trials.push(trial(name("hostile-records-cost-no-good-one"), whole::hostile_records, wiring));
        trials.push(trial(name("kill-and-restart-loses-nothing"), restart::kill, wiring));
        trials.push(trial(name("stop-and-restart-loses-nothing"), restart::stop, wiring));
        trials.push(trial(name("memory-is-flat"), whole::memory_is_flat, wiring).with_ignored_flag(true));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
