//! How a copy is to be made, and the command that its hosts run. Called by `spread.rs` and
//! `gather.rs`.

use super::hidden::Words;
use crate::settings::Settings;
use indicatif::{ProgressBar, ProgressStyle};
use posse::{Command, Directory, Hosts, Vm};

#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub recursive: bool,
    pub preserve: bool,
    pub json: bool,
    pub verbose: bool,
}

impl Options {
    pub fn words(&self, paths: Vec<String>, many: bool) -> Words {
        Words { recursive: self.recursive, preserve: self.preserve, many, paths }
    }

    /// Paths are below the home of each host, as with scp(1).
    pub fn command(&self, vm: &Vm, words: Vec<String>, hosts: impl Into<Hosts>) -> Command {
        let title = format!("posse {}", words.join(" "));
        let command = Command::own(words).hosts(hosts).directory(Directory::Home).title(title);
        match Settings::of(vm).umask() {
            Some(umask) => command.umask(umask),
            None => command,
        }
    }

    /// On a terminal; else it shows nothing.
    pub fn bar(&self, bytes: Option<u64>) -> ProgressBar {
        let (bar, template) = match bytes {
            Some(bytes) => {
                (ProgressBar::new(bytes), "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
            }
            None => (ProgressBar::new_spinner(), "{spinner} {bytes} {bytes_per_sec} {wide_msg}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }
}
