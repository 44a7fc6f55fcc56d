//! What a hostile record costs, in wasmi's fuel: in proportion to its length.

use std::cell::RefCell;

use arbitrary::{Result, Unstructured};
use serde_json::json;
use tapsieve_host_test::engines::{Engine, Wasmi, module_bytes};

use crate::common::{hold, with_native};

/// Fuel beyond what is due that means nothing: buffers grow, and some searches have a bound of their own.
const FUEL: u64 = 8_000_000;

/// How much more a record of twice the length may cost, in tenths.
const TENFOLD_MAX: u64 = 22;

/// Twice as many pieces cost at most twice as much.
pub fn cost(bytes: &[u8]) {
    thread_local!(static WASMI: RefCell<Wasmi> =
        RefCell::new(hold(module_bytes().and_then(|wasm| Wasmi::with_fuel(&wasm)))));
    let Ok((once, twice)) = records(&mut Unstructured::new(bytes)) else { return };
    // Where libFuzzer counts edges, it counts them here: the interpreter has none that tell records apart.
    with_native(|native| _ = native.process(&once));
    let fuel = |record: &[u8]| WASMI.with_borrow_mut(|wasmi| hold(wasmi.fuel_of(record)));
    let (less, more) = (fuel(&once), fuel(&twice));
    let shown = String::from_utf8_lossy(&once[..once.len().min(600)]);
    assert!(
        more <= less / 10 * TENFOLD_MAX + FUEL,
        "{less} for {} bytes, {more} for {}: {shown}",
        once.len(),
        twice.len()
    );
}

/// A head, a few pieces many times, and a tail, in one of the places where an event can be; and twice as many.
fn records(from: &mut Unstructured<'_>) -> Result<(Vec<u8>, Vec<u8>)> {
    let (head, unit, tail) = (text(from, 2)?, text(from, 4)?, text(from, 2)?);
    let (count, place) = (from.int_in_range(1..=400)?, from.int_in_range(0..=5)?);
    let record = |count: usize| {
        let line = [&head, &*unit.repeat(count), &tail].concat();
        match place {
            0 => line.into_bytes(),
            1 => json!({"eventName": line, "eventSource": "ec2.amazonaws.com"}).to_string().into_bytes(),
            2 => json!({"Records": [{"message": line}]}).to_string().into_bytes(),
            _ => json!({"message": line}).to_string().into_bytes(),
        }
    };
    Ok((record(count), record(2 * count)))
}

fn text(from: &mut Unstructured<'_>, pieces: usize) -> Result<String> {
    const PIECES: &[&str] = &[
        "%A-1-B:",
        "%SPAN-5-SESSION_UP:",
        " monitor session 1 ",
        "monitor session 1;",
        " ; ",
        "COMMAND=",
        "sudo: ",
        "PWD=/ ",
        "tc filter add dev eth0 matchall action mirred egress mirror dev eth1",
        " && ",
        "bash -c '",
        "'",
        "\"",
        "\\",
        "a0=\"tc\" ",
        "type=EXECVE msg=audit(1.1:1): argc=2 ",
        "proctitle=",
        "7463",
        "logged command:",
        "User:",
        "cmd=",
        "update:a:b:",
        "(FAILURE)",
        "{",
        "}",
        "[",
        "]",
        "{\"message\":\"",
        "{\"detail\":",
        "[{",
        "\\u0043",
        "CreateTrafficMirrorSession",
        "\"eventName\":",
        "Microsoft.Network/virtualNetworkTaps/write",
        "v1.compute.packetMirrorings.insert",
        "UI_CFG_AUDIT_SET: User 'x' set: [",
        "forwarding-options port-mirroring",
        " ",
        ",",
        ":",
        "=",
        "-",
        "\n",
        "x",
        "env ",
        "ip netns exec a ",
        "iptables -j TEE ",
        "mirror",
        "{\"mirror\":{\"schema\":1}}",
        "show ",
        "no ",
        "%",
        "<189>",
        "\u{feff}",
        "eyJ",
        "bWlycm9y",
    ];
    let mut text = String::new();
    for _ in 0..from.int_in_range(0..=pieces)? {
        text.push_str(from.choose(PIECES)?);
    }
    Ok(text)
}
