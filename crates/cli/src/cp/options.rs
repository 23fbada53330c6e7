//! How a copy is to be made, and the command that its hosts run. Called by `spread.rs`,
//! `gather.rs` and `between.rs`.

use super::manner::{Manner, Words};
use crate::settings::Settings;
use indicatif::{ProgressBar, ProgressStyle};
use posse::{Command, Directory, Hosts, Vm};

#[derive(Debug, Clone)]
pub struct Options {
    pub recursive: bool,
    pub json: bool,
    pub verbose: bool,
    pub manner: Manner,
}

impl Options {
    pub fn words(&self, paths: Vec<String>) -> Words {
        let (recursive, manner) = (self.recursive, self.manner.clone());
        Words { paths, recursive, manner, ..Words::default() }
    }

    /// `word` is what it runs. Paths are below the home of each host, as with scp(1).
    pub fn command(&self, vm: &Vm, word: &str, words: &Words, hosts: impl Into<Hosts>) -> Command {
        let title = format!("posse {word} {}", words.paths.join(" "));
        let command = Command::own(words.encode(word));
        let command = command.hosts(hosts).directory(Directory::Home).title(title);
        match Settings::of(vm).umask() {
            Some(umask) => command.umask(umask),
            None => command,
        }
    }

    /// On a terminal; else it shows nothing. Where it is known how much there is, the bar moves
    /// with what is dealt with, sent or not. Lines of changes and a bar would be in each other's
    /// way.
    pub fn bar(&self, known: bool) -> ProgressBar {
        if self.manner.itemize {
            return ProgressBar::hidden();
        }
        let (bar, template) = match known {
            true => (ProgressBar::new(0), "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}"),
            false => (ProgressBar::new_spinner(), "{spinner} {bytes} {bytes_per_sec} {wide_msg}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }
}
