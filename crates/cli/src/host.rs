//! The `posse-host` binary: what a host needs of posse, and no commands. It is what is sent to
//! hosts where it lies beside `posse`, since a third of the size is a third of the cost of a first
//! `up`; see docs/decisions/014.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    posse_cli::hidden::run(&args).unwrap_or_else(posse_cli::tell::host_image)
}
