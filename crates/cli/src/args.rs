//! The command line: one enum of commands, from which help, completions and man pages are made.

use crate::commands;
use clap::{Parser, Subcommand};

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
pub struct Cli {
    /// Which of your virtual machines is meant [default: $POSSE_VM_NAME, else `default`]
    #[arg(long, global = true, value_name = "NAME")]
    pub vm: Option<String>,
    #[command(subcommand)]
    pub command: Command,
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
    Down(commands::down::Args),
    Doctor(commands::doctor::Args),
    Ping(commands::ping::Args),
    Events(commands::events::Args),
    #[command(visible_alias = "run")]
    E(commands::e::Args),
    Cp(commands::cp::Args),
    Mw(commands::mw::Args),
    Sh(commands::sh::Args),
    Ps(commands::ps::Args),
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
    Completions(commands::completions::Args),
    Man(commands::man::Args),
    #[command(hide = true)]
    CompleteHosts(commands::complete_hosts::Args),
    #[command(hide = true)]
    Reference(commands::reference::Args),
}
