//! Launching daemons on other hosts: one campaign per `up`, paced, each launch a started launcher
//! (ssh, a local daemon, any command line) whose pipe becomes a link. `net::launch` knows what
//! the bytes mean; this runs the processes. Called by the shell.

mod campaign;
mod connect;
mod image;
mod launches;
mod local;
mod login;
mod redial;
mod report;
mod silence;

pub(crate) use launches::{Launches, Wanted, begin};
pub(crate) use local::{DaemonArgs, random, run_time_files, start_keeper, start_keeper_with};
pub(crate) use redial::redial;
