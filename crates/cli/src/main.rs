//! The `posse` binary: the hidden words (`hidden`), else a command (`commands/`), or a face of
//! another tool when called by its name (`pdsh`, `dsh`).

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    posse_cli::hidden::run(&args).unwrap_or_else(|| posse_cli::main(args))
}
