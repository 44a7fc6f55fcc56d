//! Writes a workload as lines: `workload NAME SCALE`, see `tapsieve_host_test::workload`.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use tapsieve_host_test::workload::{mirror, mix, noise};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.get(1).and_then(|count| count.parse().ok());
    let (Some(name), Some(count)) = (arguments.first(), count) else {
        eprintln!("usage: workload noise|mirror|mix COUNT");
        return ExitCode::from(2);
    };
    let workload = match name.as_str() {
        "noise" => noise(count),
        "mirror" => mirror(count),
        "mix" => mix(count),
        _ => {
            eprintln!("workload: there are noise, mirror and mix");
            return ExitCode::from(2);
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let written = workload.records.iter().try_for_each(|record| {
        out.write_all(record)?;
        out.write_all(b"\n")
    });
    match written.and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("workload: {error}");
            ExitCode::FAILURE
        }
    }
}
