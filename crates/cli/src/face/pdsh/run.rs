//! From the options of pdsh to commands on hosts, messages and the exit status. Called by `face`
//! and by `posse pdsh`.

use super::options::{Options, Refused};
use super::{interactive, text};
use crate::commands::Outcome;
use crate::face::limits::UP_WITHIN;
use crate::face::ready::{Ready, Wishes};
use crate::face::window::{self, Face, Job};
use crate::face::words::{complain, own_name, ssh_code};
use crate::run;
use posse::{Status, Vm};
use std::ffi::OsString;
use std::io::IsTerminal;

/// Called as `pdsh`; or `posse pdsh`, which may name a vm.
pub fn main(vm: Option<&str>, args: Vec<OsString>) -> Outcome {
    let options = match Options::read(&crate::face::text(args)?) {
        Ok(options) => options,
        Err(Refused::Said(text)) => {
            crate::tell::say(&text);
            return Ok(0);
        }
        Err(Refused::Usage(text)) => {
            let wrong = text.map(|text| format!("pdsh: {text}\n")).unwrap_or_default();
            complain(&format!("{wrong}{}", text::usage()));
            return Ok(1);
        }
        Err(Refused::Wrong(text)) => {
            say(&text);
            return Ok(1);
        }
        Err(Refused::Other(error)) => return Err(error),
    };
    if options.only_show {
        crate::tell::say(&text::settings(&options));
        return Ok(0);
    }
    let vm = run::connect_or_start(vm)?;
    match &options.line {
        Some(line) => on_hosts(&vm, &options, line),
        None => interactive::run(&vm, &options),
    }
}

/// `pdsh@here: text`, as pdsh signs its messages.
fn say(text: &str) {
    complain(&format!("pdsh@{}: {text}", own_name()));
}

pub fn on_hosts(vm: &Vm, options: &Options, line: &str) -> Outcome {
    let wishes = Wishes {
        timeout: options.connect_timeout.unwrap_or(UP_WITHIN),
        connect_timeout: options.connect_timeout,
        interactive: std::io::stdin().is_terminal() && !options.batch,
        in_order: options.fanout == 1,
    };
    let mut ready = Ready::new(vm, &options.targets, wishes)?;
    let path = std::env::var("DSHPATH").ok().filter(|path| !path.is_empty());
    let path = path.map(|path| format!("PATH={path};")).unwrap_or_default();
    let job = Job {
        line: format!("{path}{line}"),
        labelled: options.labelled,
        stdin: false,
        timeout: options.command_timeout,
        most: options.fanout,
    };
    let labels: Vec<&str> = options.labels.iter().map(String::as_str).collect();
    let mut told = Told { options, largest: 0 };
    let asked = window::run(vm, &job, &labels, &mut ready, &mut told)?;
    Ok(asked.unwrap_or(if options.status { told.largest } else { 0 }))
}

/// What is said of hosts, and the largest status.
struct Told<'o> {
    options: &'o Options,
    largest: u8,
}

impl Face for Told<'_> {
    fn failed(&mut self, at: usize, why: &str) {
        let label = &self.options.labels[at];
        let prefix = if self.options.labelled { format!("{label}: ") } else { String::new() };
        complain(&format!("{prefix}posse: {why}"));
        say(&format!("{label}: ssh exited with exit code 255"));
        self.largest = 255;
    }

    fn starts(&mut self, _at: usize) {}

    fn ended(&mut self, at: usize, status: &Status) {
        self.largest = self.largest.max(ended(&self.options.labels[at], status));
    }
}

/// Says how it ended, where that is not 0, and returns what that counts.
fn ended(label: &str, status: &Status) -> u8 {
    match status {
        Status::Exited(0) => return 0,
        Status::TimedOut => say(&format!("{label}: command timeout")),
        Status::Lost { why, .. } | Status::NotStarted { why } => {
            complain(&format!("{label}: posse: {why}"));
        }
        _ => {}
    }
    let code = ssh_code(status);
    say(&format!("{label}: ssh exited with exit code {code}"));
    code
}
