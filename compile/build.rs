//! Passes on the name of the target, which rustc does not tell a program.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=TAPSIEVE_TARGET={target}");
}
