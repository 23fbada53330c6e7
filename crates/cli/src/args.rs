//! The command line: one enum of commands, from which help, completions and man pages are made.

use crate::commands;
use clap::{Parser, Subcommand};
use std::ffi::OsString;

/// One parallel computer out of the machines that you can ssh to.
#[derive(Parser, Debug)]
#[command(
    name = "posse",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Example:\n  posse up 'lab[1-40]'        bring 40 hosts up\n  \
                  posse e uptime              run a command on all of them\n  \
                  posse down                  end everything"
)]
pub struct Line<C: Subcommand> {
    /// Which of your virtual machines is meant [default: $POSSE_VM_NAME, else `default`]
    #[arg(long, global = true, value_name = "NAME")]
    pub vm: Option<String>,
    #[command(subcommand)]
    pub command: C,
}

/// With all commands.
pub type Cli = Line<Command>;

/// Those that are typed so often that the definition of all others, a fifth of such a command's
/// time, is not made for them.
#[derive(Subcommand, Debug)]
#[allow(clippy::large_enum_variant)] // One in a process.
enum Frequent {
    #[command(visible_alias = "run")]
    E(commands::e::Args),
    Ping(commands::ping::Args),
}

impl Cli {
    /// `args[0]` is the name that the binary was called by.
    pub fn read(args: &[OsString]) -> Result<Cli, clap::Error> {
        let word = args.get(1).and_then(|word| word.to_str());
        if matches!(word, Some("e" | "run" | "ping"))
            && let Ok(Line { vm, command }) = Line::<Frequent>::try_parse_from(args)
        {
            let command = match command {
                Frequent::E(args) => Command::E(args),
                Frequent::Ping(args) => Command::Ping(args),
            };
            return Ok(Line { vm, command });
        }
        // Mistakes and --help too, since they may name other commands.
        Cli::try_parse_from(args)
    }
}

/// The commands, in the order of `posse --help`.
#[derive(Subcommand, Debug)]
pub enum Command {
    Up(commands::up::Args),
    Explore(commands::explore::Args),
    Use(commands::use_::Args),
    Hosts(commands::hosts::Args),
    Add(commands::add::Args),
    Remove(commands::remove::Args),
    Recover(commands::recover::Args),
    Key(commands::key::Args),
    Invite(commands::invite::Args),
    Join(commands::join::Args),
    Leave(commands::leave::Args),
    Down(commands::down::Args),
    Doctor(commands::doctor::Args),
    Ping(commands::ping::Args),
    Net(commands::net::Args),
    Events(commands::events::Args),
    #[command(visible_alias = "run")]
    E(commands::e::Args),
    Cp(commands::cp::Args),
    Sync(commands::sync::Args),
    Mw(commands::mw::Args),
    Spawn(commands::spawn::Args),
    Sh(commands::sh::Args),
    Sweep(commands::task::sweep::Args),
    Parallel(commands::task::parallel::Args),
    Submit(commands::task::submit::Args),
    Make(commands::task::make::Args),
    Executor(commands::task::executor::Args),
    Jobs(commands::task::jobs::Args),
    Watch(commands::task::watch::Args),
    Wait(commands::task::wait::Args),
    Results(commands::task::results::Args),
    Log(commands::task::log::Args),
    Plot(commands::task::plot::Args),
    Why(commands::task::why::Args),
    Retry(commands::task::retry::Args),
    Drain(commands::task::drain::Args),
    Ps(commands::ps::Args),
    Names(commands::names::Args),
    Kill(commands::kill::Args),
    Out(commands::out::Args),
    Attach(commands::attach::Args),
    Cd(commands::cd::Args),
    Export(commands::export::Args),
    Env(commands::env::Args),
    Umask(commands::umask::Args),
    Masks(commands::masks::Args),
    Smask(commands::smask::Args),
    Rmask(commands::rmask::Args),
    Savemask(commands::savemask::Args),
    Restoremask(commands::restoremask::Args),
    Pushmask(commands::pushmask::Args),
    Popmask(commands::popmask::Args),
    Console(commands::console::Args),
    Dsh(commands::dsh::Args),
    Pdsh(commands::pdsh::Args),
    Pvm(commands::pvm::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
    #[command(hide = true)]
    CompleteHosts(commands::complete_hosts::Args),
    #[command(hide = true)]
    Reference(commands::reference::Args),
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<String, clap::Error> {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Cli::read(&args).map(|cli| format!("{cli:?}"))
    }

    #[test]
    fn a_frequent_command_is_read_as_it_is_among_all() {
        for line in [
            "posse e -H lab1 --vm x echo -n a --vm y",
            "posse run --fold uname -r",
            "posse ping --timeout 3",
            "posse --vm x e true",
        ] {
            let all = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(read(line).unwrap(), format!("{all:?}"));
        }
        for line in ["posse e -n x true", "posse ping --help", "posse ping --no-such"] {
            let all = Cli::try_parse_from(line.split(' ')).unwrap_err();
            assert_eq!(read(line).unwrap_err().to_string(), all.to_string());
        }
    }
}
