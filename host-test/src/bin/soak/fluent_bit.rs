//! What tapsieve costs with Fluent Bit: the module as a filter next to no filter, a Lua filter and the floor of the WASM
//! filter, and the gateway behind the `splunk` output next to that output alone.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use tapsieve_host_test::fluent_bit::{
    FILE, Folder, Process, Source, Wiring, binary, configuration, line_count,
};
use tapsieve_host_test::hec::{Gateway, Receiver, TOKEN};

/// Events of one run.
const EVENTS: usize = 100_000;
/// One event in so many is about mirroring.
const MIRROR_EVERY: usize = 1000;
/// Each pipeline runs so often, in turn; the run that was least disturbed counts.
const ROUNDS: usize = 9;

/// How many events are enough to have everything started.
const FIRST: usize = 1_000;

/// What stands between the inputs and the output.
struct Pipeline {
    name: &'static str,
    wiring: Wiring,
    /// In place of the shipped filter.
    filters: Option<&'static str>,
    /// In place of the built module.
    module: Option<&'static str>,
    to: To,
}

/// Where events go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    File,
    /// With the `splunk` output to a receiver.
    Hec,
    /// The same, through `tapsieve serve --hec`.
    Gateway,
}

const EVERY: Pipeline =
    Pipeline { name: "`fluent-bit.yaml`", wiring: Wiring::Every, filters: None, module: None, to: To::File };

const PIPELINES: [Pipeline; 7] = [
    Pipeline { name: "no filter", filters: Some(""), ..EVERY },
    Pipeline { name: "Lua, seed rule", filters: Some(LUA), ..EVERY },
    Pipeline { name: "WASM, returns its input", module: Some(FLOOR), ..EVERY },
    EVERY,
    Pipeline { name: "`fluent-bit-routed.yaml`", wiring: Wiring::Routed, ..EVERY },
    Pipeline { name: "no filter, `splunk` output", filters: Some(""), to: To::Hec, ..EVERY },
    Pipeline { name: "the same through `tapsieve serve --hec`", filters: Some(""), to: To::Gateway, ..EVERY },
];

const LUA: &str = "  filters:
    - name: lua
      match: '*'
      script: ${TAPSIEVE_STATE}/seed.lua
      call: seed
";

/// The original query's selection: parts of names in three fields, in any case.
const SEED: &str = r#"
local rules = {
  { "createtrafficmirrorsession", "createtrafficmirrortarget", "createtrafficmirrorfilter",
    "modifytrafficmirrorsession", "modifytrafficmirrorfilterrule", "deletetrafficmirrorsession" },
  { "virtualnetworktaps/write", "tapconfigurations/write" },
  { "insertpacketmirroring", "patchpacketmirroring", "deletepacketmirroring" },
}
local function holds(value, names)
  if type(value) ~= "string" then return false end
  value = value:lower()
  for i = 1, #names do
    if value:find(names[i], 1, true) then return true end
  end
  return false
end
function seed(tag, timestamp, record)
  local payload = record.protoPayload
  if holds(record.eventName, rules[1]) or holds(record.operationName, rules[2])
    or (type(payload) == "table" and holds(payload.methodName, rules[3])) then
    record.mirror = { schema = 1 }
    return 2, timestamp, record
  end
  return 0, timestamp, record
end
"#;

/// Gives back its input. Memory for arguments is handed out upwards and all taken back at once.
const FLOOR: &str = r#"(module
  (memory (export "memory") 64)
  (global $next (mut i32) (i32.const 1024))
  (func (export "malloc") (param $len i32) (result i32)
    global.get $next
    (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get $len) (i32.const 15)) (i32.const -16)))))
  (func (export "free") (param i32) (global.set $next (i32.const 1024)))
  (func (export "fluent_bit_process") (param i32 i32 i32 i32 i32 i32) (result i32) local.get 4))"#;

/// One event, with the members that most CloudTrail events have.
pub(crate) fn line(number: usize) -> String {
    let name = if number.is_multiple_of(MIRROR_EVERY) { "CreateTrafficMirrorSession" } else { "AssumeRole" };
    format!(
        r#"{{"n":{number},"eventVersion":"1.08","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:dana","arn":"arn:aws:sts::111122223333:assumed-role/ops/dana","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE000000001","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLEROLE00001","arn":"arn:aws:iam::111122223333:role/ops","accountId":"111122223333","userName":"ops"}},"webIdFederationData":{{}},"attributes":{{"creationDate":"2026-03-01T10:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2026-03-01T10:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"{name}","awsRegion":"eu-central-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.15.0 Python/3.11.6 Linux/6.1 exe/x86_64","requestParameters":{{"roleArn":"arn:aws:iam::111122223333:role/build","roleSessionName":"session-{number}","durationSeconds":3600}},"responseElements":null,"requestID":"0a1b2c3d-0000-4000-8000-{number:012}","eventID":"4e5f6a7b-0000-4000-8000-{number:012}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"ec2.eu-central-1.amazonaws.com"}}}}"#
    )
}

/// Prints a table in Markdown.
pub(crate) fn run() -> Result<(), String> {
    let bytes = (0..EVENTS).map(|number| line(number).len()).sum::<usize>() / EVENTS;
    let best = least(ROUNDS)?;
    println!(
        "{}, {} processors of type {}; {EVENTS} CloudTrail-like events of {bytes} bytes, one in {MIRROR_EVERY} about mirroring, \
         from a file to a file, or to a receiver of HEC by bodies of up to 2 MB, uncompressed; CPU microseconds per event after the first {FIRST}, the least of {ROUNDS} runs.\n",
        version()?,
        std::thread::available_parallelism().map_or(0, usize::from),
        processor()
    );
    let [none, lua, floor, _, _, hec, _] = best;
    println!(
        "| pipeline | total | over no tapsieve | of Lua's | of the floor |\n| --- | ---: | ---: | ---: | ---: |"
    );
    for (pipeline, micros) in PIPELINES.iter().zip(best) {
        let over = micros - if pipeline.to == To::File { none } else { hec };
        let ratios = format!("{:.2} | {:.2}", over / (lua - none), over / (floor - none));
        let ratios = if over == 0.0 { " | " } else { &ratios };
        println!("| {} | {micros:.1} | {over:.1} | {ratios} |", pipeline.name);
    }
    Ok(())
}

/// What each pipeline took for an event, in microseconds: the least of so many rounds.
pub(crate) fn least(rounds: usize) -> Result<[f64; PIPELINES.len()], String> {
    let lines: Vec<_> = (0..EVENTS).map(|number| (Source::Aws, line(number).into_bytes())).collect();
    let mut best = [(f64::INFINITY, f64::INFINITY); PIPELINES.len()];
    for round in 1..=rounds {
        for (pipeline, best) in PIPELINES.iter().zip(&mut best) {
            let (start, all) = (once(pipeline, &lines[..FIRST])?, once(pipeline, &lines)?);
            let micros = |seconds: f64| seconds * 1e6 / (EVENTS - FIRST) as f64;
            eprintln!(
                "round {round} of {rounds}: {:26} {:.1} µs, started in {:.0} ms",
                pipeline.name,
                micros(all - start),
                start * 1e3
            );
            *best = (best.0.min(start), best.1.min(all));
        }
    }
    Ok(best.map(|(start, all)| (all - start) * 1e6 / (EVENTS - FIRST) as f64))
}

/// Runs events through one pipeline; CPU seconds, start included.
fn once(pipeline: &Pipeline, lines: &[(Source, Vec<u8>)]) -> Result<f64, String> {
    let folder = Folder::new()?;
    folder.write_lines(lines)?;
    folder.write("seed.lua", SEED.as_bytes())?;
    let arrived = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let counts = arrived.clone();
    let receiver = Receiver::start(Duration::ZERO, move |_, envelopes| {
        let mirror = envelopes.iter().filter(|envelope| envelope["event"]["mirror"]["schema"] == 1).count();
        counts[1].fetch_add(mirror, Ordering::SeqCst);
        counts[0].fetch_add(envelopes.len(), Ordering::SeqCst);
    })?;
    let gateway =
        (pipeline.to == To::Gateway).then(|| Gateway::start(receiver.address(), "", &[])).transpose()?;
    let output = match pipeline.to {
        To::File => FILE.to_owned(),
        To::Hec | To::Gateway => {
            let address = gateway.as_ref().map_or(receiver.address(), |gateway| gateway.address);
            format!(
                "    - name: splunk\n      match: '*'\n      host: {}\n      port: {}\n      splunk_token: {TOKEN}\n",
                address.ip(),
                address.port()
            )
        }
    };
    let mut yaml = configuration(pipeline.wiring, &output)?;
    if let Some(filters) = pipeline.filters {
        let (_, rest) = yaml.split_once("service:\n").ok_or("no service")?;
        yaml = format!("service:\n{}", rest.replace("pipeline:\n", &format!("pipeline:\n{filters}")));
    }
    let mut env = Vec::new();
    if let Some(module) = pipeline.module {
        let module = wat::parse_str(module).map_err(|error| error.to_string())?;
        let path = folder.write("floor.wasm", &module)?;
        env.push(("TAPSIEVE_WASM", path.to_string_lossy().into_owned()));
    }
    let mut process = Process::start(&folder, &yaml, &env)?;
    let out = folder.join("out.ndjson");
    let count = || if pipeline.to == To::File { line_count(&out) } else { arrived[0].load(Ordering::SeqCst) };
    process.wait_until(|| {
        sleep(Duration::from_millis(200));
        Ok(count() >= lines.len())
    })?;
    let mut seconds = process.cpu_seconds()?;
    if let Some(gateway) = &gateway {
        seconds += gateway.process()?.usage().ok_or("the gateway has ended")?.processor.as_secs_f64();
    }
    process.terminate()?;
    let mirror = match pipeline.to {
        To::File => {
            let text = fs::read_to_string(&out).map_err(|error| error.to_string())?;
            text.lines().filter(|line| line.contains("\"schema\":1")).count()
        }
        To::Hec | To::Gateway => arrived[1].load(Ordering::SeqCst),
    };
    let passes_as_it_is = (pipeline.filters == Some("") && gateway.is_none()) || pipeline.module.is_some();
    let expected = if passes_as_it_is { 0 } else { lines.len() / MIRROR_EVERY };
    match (count() == lines.len(), mirror == expected) {
        (true, true) => Ok(seconds),
        (false, _) => Err(format!("{}: {} events came out", pipeline.name, count())),
        (_, false) => Err(format!("{}: {mirror} mirror events, not {expected}", pipeline.name)),
    }
}

fn version() -> Result<String, String> {
    let output = Command::new(binary()?).arg("--version").output().map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or("Fluent Bit").to_owned())
}

fn processor() -> String {
    let facts = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = facts.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or("unknown", |(_, name)| name).to_owned()
}
