//! All ways of putting tapsieve before LogScale in one table: what each adds to what its shipper takes without.

use tapsieve_host_test::pipeline::{Shipped, shipped};

use crate::cost::{self, Before};
use crate::fluent_bit;

/// Each way is taken so often, in turn; the run that was least disturbed counts.
const ROUNDS: usize = 3;

/// Prints a table in Markdown.
pub(crate) fn run() -> Result<(), String> {
    let [none, lua, _, every, routed, hec, gateway] = fluent_bit::least(ROUNDS)?;
    let vector = [
        (cost::direct()?, Before::LogScale),
        (shipped(Shipped::All)?, Before::LogScale),
        (shipped(Shipped::Routed)?, Before::LogScale),
        (cost::direct()?, Before::Gateway),
    ];
    let mut least = [f64::INFINITY; 4];
    for round in 1..=ROUNDS {
        for ((text, before), least) in vector.iter().zip(&mut least) {
            let row = cost::measure(text, fluent_bit::line, *before)?;
            // Of the pipelines without tapsieve the idle sidecar takes nothing.
            let all = row.vector + row.sidecar;
            eprintln!("round {round} of {ROUNDS}: {all:.1} µs, of that tapsieve {:.1}", row.sidecar);
            *least = least.min(all);
        }
    }
    let [direct, all, route, behind] = least;
    println!(
        "CPU microseconds per event of all processes but the receiver, the least of {ROUNDS} runs; CloudTrail-like events of 1.2 KB, one in 1,000 about mirroring, uncompressed.\n"
    );
    println!("| way | without | with | added | of Lua's |\n| --- | ---: | ---: | ---: | ---: |");
    for (name, without, with) in [
        ("Lua filter in Fluent Bit with the seed's rule, for comparison", none, lua),
        ("WASM filter in Fluent Bit on every event, `fluent-bit.yaml`", none, every),
        ("WASM filter in Fluent Bit, routed, `fluent-bit-routed.yaml`", none, routed),
        ("HEC behind Fluent Bit, `serve --hec`", hec, gateway),
        ("Vector's loop, `vector.yaml`", direct, all),
        ("Vector's routed loop, `vector-routed.yaml`", direct, route),
        ("HEC behind Vector, `serve --hec`", direct, behind),
    ] {
        let added = with - without;
        println!("| {name} | {without:.1} | {with:.1} | {added:.1} | {:.2} |", added / (lua - none));
    }
    Ok(())
}
