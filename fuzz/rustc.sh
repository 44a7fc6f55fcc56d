#!/bin/sh
# Compiles the interpreter and the readers of what it runs without the counters that guide libFuzzer: their branches say
# nothing of the targets, and cost most of the time. Is given to cargo as RUSTC_WRAPPER.
case " $* " in
*" --crate-name wasmi"* | *" --crate-name wasmparser "* | *" --crate-name toml"* | *" --crate-name serde_json "*) ;;
*) exec "$@" ;;
esac
for argument; do
    shift
    case $argument in
    -Cpasses=sancov-module | -Cllvm-args=-sanitizer-coverage*) ;;
    *) set -- "$@" "$argument" ;;
    esac
done
exec "$@"
