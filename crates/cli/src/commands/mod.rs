//! The commands, one file each: its arguments and one function. A new one is a file, a line in
//! `args.rs` and a line here.

pub mod add;
pub mod cp;
pub mod down;
pub mod e;
pub mod hosts;
pub mod remove;
pub mod up;

use crate::args::{Cli, Command};
use crate::error::Error;
use std::ffi::OsString;

/// What a command ends in: the exit status.
pub type Outcome = Result<u8, Error>;

pub fn run(cli: Cli) -> Outcome {
    let vm = cli.vm.as_deref();
    match cli.command {
        Command::Up(args) => up::run(vm, &args),
        Command::Hosts(args) => hosts::run(vm, &args),
        Command::Add(args) => add::run(vm, &args),
        Command::Remove(args) => remove::run(vm, &args),
        Command::Down(args) => down::run(vm, &args),
        Command::E(args) => e::run(vm, &args),
        Command::Cp(args) => cp::run(vm, &args),
    }
}

/// A face that people's fingers know, by the name that the binary is called by.
type Face = fn(Vec<OsString>) -> Outcome;

pub fn face(_called_as: &str) -> Option<Face> {
    None
}
