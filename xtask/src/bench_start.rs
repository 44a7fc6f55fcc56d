//! `cargo xtask bench start`: what starting costs, over nothing and over files of three sizes, beside jq and ripgrep. Puts
//! the tables into docs/BENCHMARKS.md. `BEFORE` names an older command to measure too.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::build::{build_module, compile_module};
use crate::task::{build_programs, root, run, say, target_dir};
use crate::tidy::between_marks;

const PAGE: &str = "docs/BENCHMARKS.md";

/// How often everything starts.
const ROUNDS: usize = 50;

/// How often with nothing in the page cache, where every start reads the disk.
const COLD_ROUNDS: usize = 11;

/// Events in the files, how large that is, and how often they are read.
const FILES: [(usize, &str, usize); 3] = [(775, "1 MB", 21), (31_000, "40 MB", 7), (775_000, "1 GB", 3)];

/// What an analyst would write.
const JQ_FILTER: &str = r#"select(.eventName // "" | test("TrafficMirror"; "i"))"#;

/// A command with its name in tables; a file may follow its arguments.
struct Contender {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<OsString>,
}

/// Median and quartiles, in seconds.
struct Times {
    median: f64,
    low: f64,
    high: f64,
}

/// `cargo xtask bench start`
pub(crate) fn bench(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask bench start".into());
    }
    build_module()?;
    compile_module()?;
    let programs = build_programs(&["--bins"])?;
    let folder = target_dir().join("bench-start");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let files = files(&programs.join("workload"), &folder)?;
    let table = format!("{}\n{}", starts(&programs.join("tapsieve"), &folder)?, sizes(&programs, &files)?);
    print!("{table}");
    let page = fs::read_to_string(root().join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
    let page = between_marks(&page, "start", &table)?;
    fs::write(root().join(PAGE), page).map_err(|error| format!("{PAGE}: {error}"))
}

/// Everything over nothing, with what is read in the page cache and without.
fn starts(tapsieve: &Path, folder: &Path) -> Result<String, String> {
    let empty = folder.join("empty.ndjson");
    fs::write(&empty, "").map_err(|error| format!("{}: {error}", empty.display()))?;
    let policy = root().join("policy/src/new.toml");
    let module = root().join("dist/tapsieve.wasm");
    let new = |name, program: &Path, arguments: &[&Path]| Contender {
        name,
        program: program.to_owned(),
        arguments: arguments.iter().map(|argument| argument.as_os_str().to_owned()).collect(),
    };
    let word = Path::new;
    let mut contenders = vec![
        new("jq", word("jq"), &[word("."), &empty]),
        new("ripgrep", word("rg"), &[word("-c"), word("--include-zero"), word("x"), &empty]),
        new("`tapsieve run`", tapsieve, &[word("run"), &empty]),
        new("`tapsieve inspect`", tapsieve, &[word("inspect"), &module]),
        new("`tapsieve policy check`", tapsieve, &[word("policy"), word("check"), &policy]),
        new("`tapsieve --help`", tapsieve, &[word("--help")]),
    ];
    if let Some(before) = std::env::var_os("BEFORE") {
        contenders.push(new("`tapsieve run`, before", Path::new(&before), &[word("run"), &empty]));
    }
    say("starting everything");
    let warm = interleaved(&contenders, ROUNDS, || Ok(()))?;
    let cold = drop_caches().and_then(|()| interleaved(&contenders, COLD_ROUNDS, drop_caches));
    let mut table = format!(
        "Milliseconds from start to end over nothing: the median of {ROUNDS} starts in turn, with the quartiles; \
         and of {COLD_ROUNDS} with an empty page cache.\n\n\
         | command | warm | of jq's | cold | of jq's |\n| --- | ---: | ---: | ---: | ---: |\n"
    );
    for (at, contender) in contenders.iter().enumerate() {
        let cold = match &cold {
            Ok(cold) => format!("{} | {:.2}", cold[at].milliseconds(), cold[at].median / cold[0].median),
            Err(_) => "not allowed here |".into(),
        };
        let (time, ratio) = (warm[at].milliseconds(), warm[at].median / warm[0].median);
        table += &format!("| {} | {time} | {ratio:.2} | {cold} |\n", contender.name);
    }
    Ok(table)
}

/// Files of three sizes, the start included.
fn sizes(programs: &Path, files: &[PathBuf]) -> Result<String, String> {
    let mut table = String::from(
        "Milliseconds over files, the start included, output to nowhere; events like the workload `mix`.\n\n\
         | file | jq | `tapsieve run --only-mirror` | times jq |\n| --- | ---: | ---: | ---: |\n",
    );
    for ((_, size, rounds), file) in FILES.iter().zip(files) {
        say(&format!("reading {size}"));
        let file = file.as_os_str();
        let contenders = [
            Contender {
                name: "jq",
                program: "jq".into(),
                arguments: vec!["-c".into(), JQ_FILTER.into(), file.into()],
            },
            Contender {
                name: "tapsieve",
                program: programs.join("tapsieve"),
                arguments: vec!["run".into(), "--only-mirror".into(), file.into()],
            },
        ];
        let times = interleaved(&contenders, *rounds, || Ok(()))?;
        let ratio = times[0].median / times[1].median;
        table +=
            &format!("| {size} | {} | {} | {ratio:.1} |\n", times[0].milliseconds(), times[1].milliseconds());
    }
    Ok(table)
}

/// Times all in turn, so that what else the machine does falls on all alike; `before` runs before each.
fn interleaved(
    contenders: &[Contender],
    rounds: usize,
    before: impl Fn() -> Result<(), String>,
) -> Result<Vec<Times>, String> {
    let mut samples = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            before()?;
            let seconds = contender.seconds()?;
            // The first round warms up.
            if round > 0 {
                samples.push(seconds);
            }
        }
    }
    Ok(samples.into_iter().map(Times::of).collect())
}

impl Contender {
    fn seconds(&self) -> Result<f64, String> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let status = command.status().map_err(|error| format!("{}: {error}", self.name))?;
        let seconds = begin.elapsed().as_secs_f64();
        // ripgrep says by its status that it found nothing.
        let ended = status.success() || (self.name == "ripgrep" && status.code() == Some(1));
        if ended { Ok(seconds) } else { Err(format!("{}: {status}", self.name)) }
    }
}

impl Times {
    fn of(mut samples: Vec<f64>) -> Times {
        samples.sort_by(f64::total_cmp);
        let at = |part: usize| samples[(samples.len() - 1) * part / 4];
        Times { low: at(1), median: at(2), high: at(3) }
    }

    fn milliseconds(&self) -> String {
        let digits = if self.median < 0.1 { 1 } else { 0 };
        let [median, low, high] = [self.median, self.low, self.high].map(|time| time * 1e3);
        format!("{median:.digits$} ({low:.digits$}–{high:.digits$})")
    }
}

/// Takes everything out of the page cache; only root may.
fn drop_caches() -> Result<(), String> {
    run(&mut Command::new("sync"))?;
    fs::write("/proc/sys/vm/drop_caches", "3").map_err(|error| format!("/proc/sys/vm/drop_caches: {error}"))
}

/// Writes what is not there yet.
fn files(workload: &Path, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for (events, ..) in FILES {
        let path = folder.join(format!("{events}.ndjson"));
        if !path.exists() {
            let file = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            run(Command::new(workload).args(["mix", &events.to_string()]).stdout(file))?;
        }
        files.push(path);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::Times;

    #[test]
    fn the_middle_of_the_samples_is_told() {
        let times = Times::of(vec![0.005, 0.001, 0.003, 0.002, 0.004]);
        assert_eq!(times.milliseconds(), "3.0 (2.0–4.0)");
    }
}
