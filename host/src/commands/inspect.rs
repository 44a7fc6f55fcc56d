//! `tapsieve inspect`: placeholder.
use super::Failure;
/// Show what a module contains
#[derive(clap::Args)]
pub(crate) struct Args {}
pub(crate) fn run(_: Args) -> Result<std::process::ExitCode, Failure> {
    Err(Failure::incomplete(""))
}
