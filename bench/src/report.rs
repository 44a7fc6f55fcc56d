//! What is written: the part of docs/BENCHMARKS.md, the CSV and the charts.

use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::chart::{Bar, Plot, bars, plots};
use crate::command::Row;
use crate::engines::{BLOCKS, MEMMEM, NATIVE, SERDE_WASMI, VRL, WASMI, WASMTIME};
use crate::growth::Series;
use crate::instructions::{Count, ENGINES};
use crate::machine;
use crate::measure::Time;

/// The module as it travels and as it lies, see DESIGN's budgets.
const GZIP_BYTES_MAX: usize = 64 * 1024;
const MODULE_BYTES_MAX: usize = 192 * 1024;

/// All engines over one workload.
pub struct Engines {
    /// The workload's name.
    pub workload: &'static str,
    /// What is in it.
    pub about: &'static str,
    /// How many records.
    pub records: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Names, and the time of one pass.
    pub rows: Vec<(&'static str, Time)>,
}

impl Engines {
    /// Nanoseconds per event.
    fn nanoseconds(&self, name: &str) -> f64 {
        let row = self.rows.iter().find(|(known, _)| *known == name);
        row.map_or(f64::NAN, |(_, time)| time.seconds * 1e9 / self.records as f64)
    }

    /// Bytes per nanosecond.
    fn gigabytes_per_second(&self, time: &Time) -> f64 {
        self.bytes as f64 / time.seconds / 1e9
    }
}

/// Everything that was measured in one run.
pub struct Report {
    /// One per workload.
    pub tables: Vec<Engines>,
    /// Nanoseconds per event against bytes.
    pub event_size: Vec<Series>,
    /// Nanoseconds per event against anchors.
    pub catalog_size: Vec<Series>,
    /// Nanoseconds per event against entries, or why not.
    pub policy_size: Result<Vec<Series>, String>,
    /// Instructions per event.
    pub instructions: Vec<Count>,
    /// Steps of starting.
    pub start: Vec<(&'static str, Time)>,
    /// What the files for the commands hold.
    pub about_data: String,
    /// Commands over these files.
    pub commands: Vec<Row>,
    /// The most memory of `tapsieve run` over the small and the large file.
    pub memory: (u64, u64),
    /// `tapsieve run` over nothing.
    pub command_start: Time,
    /// Bytes copied per second.
    pub memcpy: f64,
}

impl Report {
    /// Writes everything into a folder and prints the page.
    pub fn write(&self, out: &Path) -> Result<(), String> {
        let page = self.page()?;
        println!("{page}");
        let files = [
            ("report.md", page),
            ("benchmarks.csv", self.csv()),
            ("throughput.svg", self.throughput_chart()),
            ("growth.svg", self.growth_chart()),
        ];
        for (name, text) in files {
            fs::write(out.join(name), text).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(())
    }

    fn table(&self, workload: &str) -> Option<&Engines> {
        self.tables.iter().find(|table| table.workload == workload)
    }

    fn nanoseconds(&self, workload: &str, name: &str) -> f64 {
        self.table(workload).map_or(f64::NAN, |table| table.nanoseconds(name))
    }

    fn command_speed(&self, name: &str) -> Option<f64> {
        let row = self.commands.iter().find(|row| row.name == name)?;
        row.time.as_ref().ok().map(|time| row.bytes as f64 / time.seconds / 1e9)
    }

    fn page(&self) -> Result<String, String> {
        let mut page = String::from("Measured on\n");
        for fact in machine::facts() {
            let _ = writeln!(page, "- {fact}");
        }
        page.push_str(
            "\nEvery figure is the median of interleaved samples of one run: engines and growth in processor time, starts and commands by the clock.\nEvery pass over a workload is checked for how many records it selected, every command once, on a tenth of its file.\n",
        );
        self.budgets(&mut page)?;
        self.engines(&mut page);
        self.instructions(&mut page);
        self.command_line(&mut page);
        self.growth(&mut page);
        self.starting(&mut page);
        Ok(page)
    }

    fn budgets(&self, page: &mut String) -> Result<(), String> {
        let module = tapsieve_host_test::engines::module_bytes()?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        let gzipped =
            gzip.write_all(&module).and_then(|()| gzip.finish()).map_err(|error| error.to_string())?;
        let noise = |name| self.nanoseconds("noise", name);
        let jq = self.command_speed("jq");
        let size = |what, max: usize, bytes: usize| {
            (what, format!("at most {max} bytes"), bytes.to_string(), bytes <= max)
        };
        let rows = [
            size("module, by `gzip -9`", GZIP_BYTES_MAX, gzipped.len()),
            size("module, as it lies", MODULE_BYTES_MAX, module.len()),
            at_most(
                "not about mirroring, wasmi, of the serde_json module's time",
                1.0 / 35.0,
                noise(WASMI) / noise(SERDE_WASMI),
            ),
            at_least(
                "not about mirroring, wasmtime, times as fast as VRL",
                25.0,
                noise(VRL) / noise(WASMTIME),
            ),
            at_most("the same, of the time of a native memmem search", 3.0, noise(WASMTIME) / noise(MEMMEM)),
            at_least(
                "`tapsieve run --only-mirror`, times as fast as jq",
                50.0,
                self.command_speed("tapsieve run --only-mirror")
                    .zip(jq)
                    .map_or(f64::NAN, |(ours, jq)| ours / jq),
            ),
            at_most(
                "its memory over a file ten times as large",
                1.1,
                self.memory.1 as f64 / self.memory.0 as f64,
            ),
        ];
        page.push_str("\n### Budgets\n\n| what | budget | measured | |\n| --- | ---: | ---: | --- |\n");
        for (what, budget, measured, met) in rows {
            let _ = writeln!(
                page,
                "| {what} | {budget} | {measured} | {} |",
                if met { "met" } else { "**missed**" }
            );
        }
        page.push_str("\n`cargo xtask bench fluent-bit` measures what Fluent Bit adds.\n");
        Ok(())
    }

    fn engines(&self, page: &mut String) {
        page.push_str("\n### Engines and peers\nNanoseconds per event, one core.\n\n| |");
        for table in &self.tables {
            let _ = write!(page, " {} |", table.workload);
        }
        page.push_str("\n| --- |");
        page.push_str(&" ---: |".repeat(self.tables.len()));
        page.push('\n');
        let names: Vec<_> =
            self.tables.first().map_or(vec![], |table| table.rows.iter().map(|row| row.0).collect());
        for name in names {
            let _ = write!(page, "| {name} |");
            for table in &self.tables {
                let _ = write!(page, " {} |", rounded(table.nanoseconds(name)));
            }
            page.push('\n');
        }
        page.push_str(
            "\n| workload | what is in it | events | bytes per event |\n| --- | --- | ---: | ---: |\n",
        );
        for table in &self.tables {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} |",
                table.workload,
                table.about,
                table.records,
                table.bytes / table.records.max(1)
            );
        }
        page.push_str(
            "
- tapsieve in wasmi and the modules beside it are called as Fluent Bit calls them: two blocks are taken, filled and given back for every event. wasmi stands for Fluent Bit's interpreter, which is another one.
- The serde_json module parses the event, compares the seed's names, and writes the event back, as the public example for Fluent Bit does.
- VRL parses the text and decides; writing the event as JSON again is not counted. Lua gets a table made from an event that was parsed before, as in Fluent Bit.
- The peers decide by the seed's names only, tapsieve by its whole catalog.
- `memmem` searches once for every anchor, in one case and one spelling; tapsieve finds any case and any JSON spelling.

![Throughput on noise](throughput.svg)
",
        );
    }

    fn instructions(&self, page: &mut String) {
        page.push_str(
            "\n### Instructions\nPer event: native instructions as callgrind counts them, which depend on the compiler and the processor's extensions; fuel of the module as wasmtime and wasmi count it, each in its own units, which is the same on every machine.\n`tests/instructions.toml` is the baseline that every test run compares.\n\n| | native | wasmtime | wasmi |\n| --- | ---: | ---: | ---: |\n",
        );
        for count in &self.instructions {
            let native = count.native.as_ref().map_or_else(|why| why.clone(), |count| rounded(*count));
            let [wasmtime, wasmi] = count.fuel.map(|fuel| fuel.map_or("?".into(), rounded));
            let _ = writeln!(page, "| {} | {native} | {wasmtime} | {wasmi} |", count.workload);
        }
    }

    fn command_line(&self, page: &mut String) {
        let _ = write!(
            page,
            "\n### Command line\nOver {}, one mirror event in 10,000 lines; output goes nowhere.\n\n| command | bytes read | GB/s | times jq | processor seconds per GB | cores used | memory, MB |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
            self.about_data
        );
        let jq = self.command_speed("jq");
        for row in &self.commands {
            match &row.time {
                Err(reason) => {
                    let _ = writeln!(page, "| {} | absent: {reason} | | | | | |", row.name);
                }
                Ok(time) => {
                    let speed = row.bytes as f64 / time.seconds / 1e9;
                    let times = jq.map_or(String::new(), |jq| rounded(speed / jq));
                    let _ = writeln!(
                        page,
                        "| {} | {:.2e} | {} | {times} | {} | {} | {:.0} |",
                        row.name,
                        row.bytes as f64,
                        rounded(speed),
                        rounded(row.processor_seconds / row.bytes as f64 * 1e9),
                        rounded(row.processor_seconds / time.seconds),
                        row.memory as f64 / 1e6
                    );
                }
            }
        }
        let _ = writeln!(page, "| memcpy, blocks of 1 MiB | | {} | | | | |", rounded(self.memcpy / 1e9));
    }

    fn growth(&self, page: &mut String) {
        page.push_str("\n### How cost grows\n\n![Growth](growth.svg)\n\n");
        page.push_str("- **Event size**: one event of noise, from 1 KiB to 1 MiB, both axes logarithmic.\n");
        page.push_str("- **Catalog size**: the detector's prefilter, compiled natively with the first anchors of the catalog only, and with made-up ones beyond it, over the noise workload. Nothing else of the catalog is reached by noise.\n");
        match &self.policy_size {
            Ok(_) => {
                page.push_str("- **Policy size**: approved entries in force, over the noise workload.\n")
            }
            Err(why) => {
                let _ = writeln!(page, "- **Policy size**: not measured: {why}");
            }
        }
        page.push_str("- **Cores**: `tapsieve run --threads` over the gigabyte above. Where \"cores used\" there is below the number of threads, the machine was busy with other work, and the plot shows that and not how threads scale.\n");
        page.push_str("\n| what | given | measured |\n| --- | --- | --- |\n");
        for (what, series) in self.series() {
            for line in series {
                let given: Vec<_> = line.points.iter().map(|point| rounded(point.0)).collect();
                let measured: Vec<_> = line.points.iter().map(|point| rounded(point.1)).collect();
                let _ = writeln!(
                    page,
                    "| {what}: {} | {} | {} |",
                    line.name,
                    given.join(", "),
                    measured.join(", ")
                );
            }
        }
    }

    fn series(&self) -> Vec<(&'static str, Vec<Series>)> {
        let copy = |series: &[Series]| -> Vec<Series> {
            series.iter().map(|line| Series { name: line.name, points: line.points.clone() }).collect()
        };
        let threads = self.commands.iter().filter_map(|row| {
            let threads = row.name.strip_prefix("tapsieve run --threads ")?.parse().ok()?;
            Some((threads, self.command_speed(&row.name)?))
        });
        let cores = vec![Series { name: "tapsieve run", points: threads.collect() }];
        vec![
            ("bytes, ns per event", copy(&self.event_size)),
            ("anchors, ns per event", copy(&self.catalog_size)),
            ("approved entries, ns per event", copy(self.policy_size.as_deref().unwrap_or_default())),
            ("threads, GB/s", cores),
        ]
    }

    fn starting(&self, page: &mut String) {
        page.push_str("\n### Start\n\n| step | ms |\n| --- | ---: |\n");
        for (name, time) in &self.start {
            let _ = writeln!(page, "| {name} | {} |", rounded(time.seconds * 1e3));
        }
        let _ =
            writeln!(page, "| `tapsieve run` over nothing | {} |", rounded(self.command_start.seconds * 1e3));
    }

    fn csv(&self) -> String {
        let mut csv = String::from("section,what,given,value,unit,spread\n");
        let mut line = |section: &str, what: &str, given: String, value: f64, unit: &str, spread: f64| {
            let _ = writeln!(csv, "{section},\"{what}\",{given},{value:.6},{unit},{spread:.3}");
        };
        for table in &self.tables {
            for (name, time) in &table.rows {
                let value = time.seconds * 1e9 / table.records as f64;
                line("engines", name, table.workload.into(), value, "ns/event", time.spread);
            }
        }
        for row in &self.commands {
            if let Ok(time) = &row.time {
                let value = row.bytes as f64 / time.seconds / 1e9;
                line("commands", &row.name, row.bytes.to_string(), value, "GB/s", time.spread);
            }
        }
        for (what, series) in self.series() {
            for one in series {
                for (given, value) in one.points {
                    let unit = what.rsplit(", ").next().unwrap_or_default();
                    line("growth", &format!("{what}: {}", one.name), given.to_string(), value, unit, 0.0);
                }
            }
        }
        for count in &self.instructions {
            let fuel = count.fuel.iter().zip(ENGINES).filter_map(|(fuel, engine)| Some((engine, (*fuel)?)));
            let native = count.native.as_ref().ok().map(|count| ("native", *count));
            for (engine, per_event) in native.into_iter().chain(fuel) {
                line("instructions", engine, count.workload.into(), per_event, "instructions/event", 0.0);
            }
        }
        for (name, time) in &self.start {
            line("start", name, String::new(), time.seconds * 1e3, "ms", time.spread);
        }
        csv
    }

    fn throughput_chart(&self) -> String {
        let Some(noise) = self.table("noise") else { return String::new() };
        let mut rows: Vec<Bar> = noise
            .rows
            .iter()
            .map(|(name, time)| {
                let value = noise.gigabytes_per_second(time);
                let ours = [NATIVE, WASMTIME, BLOCKS, WASMI].contains(name);
                Bar { name: (*name).to_owned(), value, label: format!("{} GB/s", rounded(value)), ours }
            })
            .collect();
        rows.sort_by(|one, other| other.value.total_cmp(&one.value));
        bars("Events that are not about mirroring: throughput of one core (logarithmic)", &rows)
    }

    fn growth_chart(&self) -> String {
        let series = self.series();
        let plot = |index: usize, title, x, y, logarithmic| Plot {
            title,
            x,
            y,
            logarithmic,
            lines: series[index].1.iter().map(|line| (line.name, line.points.as_slice())).collect(),
        };
        let all = [
            plot(0, "Event size", "bytes per event", "ns per event", true),
            plot(1, "Catalog size, noise", "anchors", "ns per event", false),
            plot(2, "Policy size, noise", "approved entries", "ns per event", false),
            plot(3, "Cores", "threads", "GB/s", false),
        ];
        let shown: Vec<Plot<'_>> = all.into_iter().filter(|plot| !plot.lines.is_empty()).collect();
        plots("How cost grows", &shown)
    }
}

fn at_most(what: &str, budget: f64, measured: f64) -> (&str, String, String, bool) {
    (what, format!("at most {}", rounded(budget)), rounded(measured), measured <= budget)
}

fn at_least(what: &str, budget: f64, measured: f64) -> (&str, String, String, bool) {
    (what, format!("at least {}", rounded(budget)), rounded(measured), measured >= budget)
}

/// Three digits that count.
fn rounded(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "?".into(),
        size if size >= 100.0 => {
            let digits = format!("{value:.0}");
            let mut text = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index).is_multiple_of(3) {
                    text.push(',');
                }
                text.push(digit);
            }
            text
        }
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
