//! Every test run replays what the fuzzers keep, and goes on from there a fixed number of steps: the same inputs in every
//! run.

use libtest_mimic::{Arguments, Failed, Trial};
use tapsieve_fuzz_targets::{TARGETS, Target, kept, vector_records};
use tapsieve_host_test::spell::Draw;

/// The longest new input.
const BYTES_MAX: usize = 4096;

fn main() {
    let trials = TARGETS.iter().flat_map(|target| {
        let named = |part| format!("{}/{part}", target.name);
        [Trial::test(named("kept"), || replay(target)), Trial::test(named("new"), || mutate(target))]
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn replay(target: &Target) -> Result<(), Failed> {
    let inputs = kept(target.name)?;
    if inputs.is_empty() {
        return Err("no inputs are kept".into());
    }
    inputs.iter().for_each(|input| (target.run)(input));
    Ok(())
}

/// Inputs made of those that are kept, and of the vectors' records.
fn mutate(target: &Target) -> Result<(), Failed> {
    let mut inputs = kept(target.name)?;
    if target.takes_records {
        inputs.extend(vector_records().map(<[u8]>::to_vec));
    }
    let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
    for _ in 0..target.steps {
        let mut input = inputs[draw.below(inputs.len())].clone();
        for _ in 0..=draw.below(4) {
            let other = &inputs[draw.below(inputs.len())];
            change(&mut input, other, &mut draw);
        }
        input.truncate(BYTES_MAX);
        (target.run)(&input);
    }
    Ok(())
}

/// Changes a byte or a run of bytes, or takes a run from another input.
fn change(input: &mut Vec<u8>, other: &[u8], draw: &mut Draw) {
    let at = draw.below(input.len() + 1);
    let run = at..(at + draw.below(24)).min(input.len());
    match draw.below(6) {
        0 => drop(input.drain(run)),
        1 => input.insert(at, draw.below(256) as u8),
        2 => input
            .splice(at..at, other.iter().copied().skip(draw.below(other.len() + 1)).take(draw.below(64)))
            .for_each(drop),
        3 => input.truncate(at),
        4 => {
            let again = input[run].to_vec();
            input.splice(at..at, again).for_each(drop);
        }
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << draw.below(8);
            }
        }
    }
}
