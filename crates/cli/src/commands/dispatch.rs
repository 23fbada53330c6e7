//! From the parsed command line to the function of the command. A new command is a file, a line
//! in `mod.rs`, one in `args.rs`, and one here. Called by `main`.

use super::task::*;
use super::*;
use crate::args::{Cli, Command};
use std::ffi::OsString;

pub fn run(cli: Cli) -> Outcome {
    let vm = cli.vm.as_deref();
    match cli.command {
        Command::Up(args) => up::run(vm, &args),
        Command::Explore(args) => explore::run(vm, &args),
        Command::Use(args) => use_::run(vm, &args),
        Command::Hosts(args) => hosts::run(vm, &args),
        Command::Add(args) => add::run(vm, &args),
        Command::Remove(args) => remove::run(vm, &args),
        Command::Recover(args) => recover::run(vm, &args),
        Command::Key(args) => key::run(vm, &args),
        Command::Invite(args) => invite::run(vm, &args),
        Command::Join(args) => join::run(&args),
        Command::Leave(args) => leave::run(vm, &args),
        Command::Down(args) => down::run(vm, &args),
        Command::Doctor(args) => doctor::run(vm, &args),
        Command::Ping(args) => ping::run(vm, &args),
        Command::Net(args) => net::run(vm, &args),
        Command::Events(args) => events::run(vm, &args),
        Command::E(args) => e::run(vm, &args),
        Command::Cp(args) => cp::run(vm, &args),
        Command::Sync(args) => sync::run(vm, &args),
        Command::Mw(args) => mw::run(vm, &args),
        Command::Spawn(args) => spawn::run(vm, &args),
        Command::Sh(args) => sh::run(vm, &args),
        Command::Sweep(args) => sweep::run(vm, &args),
        Command::Parallel(args) => parallel::run(vm, &args),
        Command::Submit(args) => submit::run(vm, &args),
        Command::Make(args) => make::run(vm, &args),
        Command::Executor(args) => executor::run(vm, &args),
        Command::Jobs(args) => jobs::run(vm, &args),
        Command::Watch(args) => watch::run(vm, &args),
        Command::Wait(args) => wait::run(vm, &args),
        Command::Results(args) => results::run(vm, &args),
        Command::Log(args) => log::run(vm, &args),
        Command::Plot(args) => plot::run(vm, &args),
        Command::Why(args) => why::run(vm, &args),
        Command::Retry(args) => retry::run(vm, &args),
        Command::Drain(args) => drain::run(vm, &args),
        Command::Ps(args) => ps::run(vm, &args),
        Command::Names(args) => names::run(vm, &args),
        Command::Kill(args) => kill::run(vm, &args),
        Command::Out(args) => out::run(vm, &args),
        Command::Attach(args) => attach::run(vm, &args),
        Command::Cd(args) => cd::run(vm, &args),
        Command::Export(args) => export::run(vm, &args),
        Command::Env(args) => env::run(vm, &args),
        Command::Umask(args) => umask::run(vm, &args),
        Command::Masks(args) => masks::run(vm, &args),
        Command::Smask(args) => smask::run(vm, &args),
        Command::Rmask(args) => rmask::run(vm, &args),
        Command::Savemask(args) => savemask::run(vm, &args),
        Command::Restoremask(args) => restoremask::run(vm, &args),
        Command::Pushmask(args) => pushmask::run(vm, &args),
        Command::Popmask(args) => popmask::run(vm, &args),
        Command::Console(args) => console::run(vm, &args),
        Command::Dsh(args) => dsh::run(vm, args),
        Command::Pdsh(args) => pdsh::run(vm, args),
        Command::Pvm(args) => pvm::run(vm, args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::CompleteHosts(args) => complete_hosts::run(vm, &args),
        Command::Reference(args) => reference::run(&args),
    }
}

/// A face that people's fingers know, by the name that the binary is called by.
type Face = fn(Vec<OsString>) -> Outcome;

pub fn face(called_as: &str) -> Option<Face> {
    match called_as {
        "pdsh" => Some(|words| crate::face::pdsh::main(None, words)),
        "pvm" | "pvmd" | "pvmd3" => Some(|words| crate::pvm::main(None, words)),
        "dsh" => Some(|words| crate::face::dsh::main(None, words)),
        _ => None,
    }
}
