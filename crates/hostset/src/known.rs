//! Names that a user's own files already know: `~/.ssh/config`, `/etc/hosts`, `known_hosts`, and
//! what the programs of a group source print. From text to checked names; what makes no sense as
//! a host's name (patterns, hashes, addresses) is left out without a word, since these files are
//! written for others. Reading the files is the caller's part.

mod etc_hosts;
mod known_hosts;
mod printed;
mod ssh_config;

pub use etc_hosts::etc_hosts;
pub use known_hosts::known_hosts;
pub use printed::printed;
pub use ssh_config::{SshConfig, ssh_config};

use std::net::IpAddr;

use crate::limits::{MAX_FILE, MAX_HOSTS};
use crate::name::HostName;

/// The text as far as it is looked at: whole lines within the limit.
fn bounded(text: &str) -> &str {
    match text.get(..MAX_FILE) {
        Some(start) => start.rsplit_once('\n').map_or("", |(lines, _)| lines),
        None if text.len() > MAX_FILE => "",
        None => text,
    }
}

/// A name that people type; an address is none, nor is a pattern.
fn name(word: &str) -> Option<HostName> {
    if word == "localhost" || word.parse::<IpAddr>().is_ok() {
        return None;
    }
    HostName::new(word).ok()
}

/// Names in the order of the file, as many as an expression may name.
fn limited(names: impl Iterator<Item = HostName>) -> Vec<HostName> {
    names.take(MAX_HOSTS).collect()
}
