//! `tapsieve-compile MODULE OUT`: compiles a module ahead of time; knows files, not what is in them.

use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [module, out] = arguments.as_slice() else {
        eprintln!("usage: tapsieve-compile MODULE OUT");
        return ExitCode::from(2);
    };
    let done = fs::read(module).map_err(|error| error.to_string()).and_then(|wasm| {
        let compiled = tapsieve_compile::compile(&wasm).map_err(|error| format!("{error:#}"))?;
        // An unchanged file keeps its time, and the command is not built again.
        if fs::read(out).is_ok_and(|old| old == compiled) {
            Ok(())
        } else {
            fs::write(out, compiled).map_err(|e| e.to_string())
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("tapsieve-compile: {}: {why}", module.display());
            ExitCode::FAILURE
        }
    }
}
