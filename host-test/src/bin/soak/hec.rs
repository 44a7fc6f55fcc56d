//! The gateway under faults, with the strict sender and with real ones. Prints tables in Markdown.

use std::time::Duration;

use tapsieve_host_test::hec::{Fault, KINDS, Kind, Mood, Program, Row, Size, Strict, run};

/// How many events a run has, and one of its bodies.
const EVENTS: usize = 40_000;
const BODY_EVENTS: usize = 200;
/// A body that no socket's buffer holds: only such a one can be answered before it was sent.
const LARGE_BODY_EVENTS: usize = 4_000;
const CONNECTIONS: usize = 8;

const EARLY: Fault = Fault::Downstream(Mood::AnswersEarly);
const LASTING: Duration = Duration::from_secs(1);

/// Every fault; fails when something acknowledged is lost.
pub(crate) fn faults() -> Result<(), String> {
    let fluent_bit = KINDS[0];
    println!(
        "Of {EVENTS} events in bodies of {BODY_EVENTS}, {CONNECTIONS} at once, one event in 100 about mirroring.\n"
    );
    println!("| fault | sender | bodies hit | acknowledged | lost | altered | doubled |");
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    let mut bad = 0;
    for (name, fault) in Fault::ALL {
        let (body_events, strikes) = if fault == EARLY { (LARGE_BODY_EVENTS, 1) } else { (BODY_EVENTS, 5) };
        let size = Size { events: EVENTS, strikes, lasting: LASTING };
        let row = run(fault, size, &Strict::new(body_events, CONNECTIONS))
            .map_err(|why| format!("{name}: {why}"))?;
        print_row(name, "strict", &row);
        bad += usize::from(!row.is_good());
    }
    // Its bodies are too small to be answered early.
    for (name, fault) in Fault::ALL.into_iter().filter(|(_, fault)| *fault != EARLY) {
        let Ok(sender) = Program::new(fluent_bit) else {
            eprintln!("Fluent Bit is not here: not run");
            break;
        };
        let size = Size { events: EVENTS, strikes: 2, lasting: LASTING };
        let row = run(fault, size, &sender).map_err(|why| format!("{name}, {}: {why}", fluent_bit.name))?;
        print_row(name, fluent_bit.name, &row);
        // It throws away what is answered with 400.
        bad += usize::from(!row.is_good() && !name.ends_with("400"));
    }
    if bad == 0 { Ok(()) } else { Err(format!("{bad} runs lost, altered or missed something")) }
}

fn print_row(fault: &str, sender: &str, row: &Row) {
    let balance = &row.balance;
    println!(
        "| {fault} | {sender} | {} | {} | {} | {} | {} |",
        row.struck,
        balance.acknowledged - balance.lost,
        balance.lost,
        balance.altered + balance.unenriched + balance.strange,
        balance.doubled
    );
}

/// How many events each real sender sends.
const SENDER_EVENTS: usize = 4_000;

/// Every real sender that is here, undisturbed and with a second of 503; fails when one loses anything undisturbed.
pub(crate) fn senders(only: Option<&str>) -> Result<(), String> {
    println!("{SENDER_EVENTS} events each, through tapsieve to the strict receiver.\n");
    println!("| sender | file | version | lost, undisturbed | doubled | lost, a second of 503 | doubled |");
    println!("| --- | --- | --- | ---: | ---: | ---: | ---: |");
    let mut bad = Vec::new();
    for kind in KINDS.into_iter().filter(|kind| only.is_none_or(|only| kind.file == only)) {
        let version = match kind.version() {
            Ok(version) => version,
            Err(why) => {
                eprintln!("{}: {why}", kind.name);
                println!("| {} | `{}` | not run: not to be had here | | | | |", kind.name, kind.file);
                continue;
            }
        };
        let undisturbed = sender_run(kind, Fault::Nothing)?;
        let busy =
            sender_run(kind, Fault::Downstream(Mood::Answers(503, r#"{"text":"Server is busy","code":9}"#)))?;
        println!(
            "| {} | `{}` | {version} | {} | {} | {} | {} |",
            kind.name,
            kind.file,
            undisturbed.balance.lost,
            undisturbed.balance.doubled,
            busy.balance.lost,
            busy.balance.doubled
        );
        if !undisturbed.is_good() || busy.balance.altered > 0 {
            bad.push(format!("{}: {:?}", kind.name, undisturbed.balance));
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(bad.join("\n")) }
}

fn sender_run(kind: Kind, fault: Fault) -> Result<Row, String> {
    let size = Size { events: SENDER_EVENTS, strikes: 1, lasting: LASTING };
    run(fault, size, &Program::new(kind)?).map_err(|why| format!("{}: {why}", kind.name))
}
