//! Long runs that no test waits for: `cargo xtask soak`, and `fluent-bit`, `hec`, `ways` and `attack` of `cargo xtask bench`. Prints
//! figures; fails when an event is lost.

mod attack;
mod cost;
mod faults;
mod fluent_bit;
mod hec;
mod hec_cost;
mod hosts;
mod module;
mod vector_load;
mod ways;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["fluent-bit"] => fluent_bit::run(),
        ["module"] => module::run(None),
        ["module", events] => module::run(Some(events)),
        ["serve"] => hosts::serve(None),
        ["serve", events] => hosts::serve(Some(events)),
        ["filter"] => hosts::filter(None),
        ["filter", events] => hosts::filter(Some(events)),
        ["hec"] => hec::faults(),
        ["hec-senders"] => hec::senders(None),
        ["hec-senders", file] => hec::senders(Some(file)),
        ["hec-cost"] => hec_cost::run(),
        ["attack"] => attack::run(),
        ["ways"] => ways::run(),
        ["vector"] => faults::run(None).and_then(|()| cost::run()),
        ["vector", "cost"] => cost::run(),
        ["vector", fault] => faults::run(Some(fault)),
        _ => Err(format!(
            "usage: soak attack | soak ways | soak fluent-bit | soak hec | soak hec-senders [FILE] | soak hec-cost | soak module [EVENTS] | soak serve [EVENTS] | soak filter [EVENTS] | soak vector [cost|{}]",
            faults::NAMES.join("|")
        )),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("soak: {problem}");
            ExitCode::FAILURE
        }
    }
}
