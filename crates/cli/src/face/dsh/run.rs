//! From the options of dsh to commands on hosts, messages and the exit status. Called by `face`
//! and by `posse dsh`.

use super::options::{Options, Refused};
use crate::commands::Outcome;
use crate::face::limits::UP_WITHIN;
use crate::face::ready::{Ready, Wishes};
use crate::face::window::{self, Face, Job};
use crate::face::words::{complain, ssh_code};
use crate::run;
use posse::{Status, Vm};
use std::ffi::OsString;
use std::io::IsTerminal;

/// Called as `dsh`; or `posse dsh`, which may name a vm.
pub fn main(vm: Option<&str>, args: Vec<OsString>) -> Outcome {
    let options = match Options::read(&crate::face::text(args)?) {
        Ok(options) => options,
        Err(Refused::Said(text)) => {
            crate::tell::say(&text);
            return Ok(1);
        }
        Err(Refused::Wrong(text)) => {
            complain(&format!("dsh: {text}"));
            return Ok(1);
        }
        Err(Refused::Other(error)) => return Err(error),
    };
    for note in &options.notes {
        complain(&format!("dsh: {note}"));
    }
    on_hosts(&run::connect_or_start(vm)?, &options)
}

fn on_hosts(vm: &Vm, options: &Options) -> Outcome {
    let wishes = Wishes {
        timeout: UP_WITHIN,
        connect_timeout: None,
        interactive: std::io::stdin().is_terminal() && !options.stdin,
        // Stdin can be given away once: everybody must be there.
        in_order: options.at_a_time == 1 || options.stdin,
    };
    let mut ready = Ready::new(vm, &options.targets, wishes)?;
    let job = Job {
        line: options.line.clone(),
        labelled: options.labelled,
        stdin: options.stdin,
        timeout: None,
        most: options.at_a_time,
    };
    let labels: Vec<&str> = options.targets.iter().map(|target| target.label.as_str()).collect();
    let mut told = Told { options, code: 0 };
    let asked = window::run(vm, &job, &labels, &mut ready, &mut told)?;
    if options.verbose {
        complain("--- Terminated running");
    }
    Ok(asked.unwrap_or(told.code))
}

/// What is said of hosts, and the first status that is not 0.
struct Told<'o> {
    options: &'o Options,
    code: u8,
}

impl Told<'_> {
    fn note(&mut self, code: u8) {
        if self.code == 0 {
            self.code = code;
        }
    }
}

impl Face for Told<'_> {
    fn failed(&mut self, at: usize, why: &str) {
        let target = &self.options.targets[at];
        match self.options.labelled {
            true => complain(&format!("{}: posse: {why}", target.label)),
            false => complain(&format!("posse: {}: {why}", target.name())),
        }
        self.note(255);
    }

    fn starts(&mut self, at: usize) {
        if self.options.verbose && self.options.at_a_time == 1 {
            complain(&format!("--- Executing on {} ", self.options.targets[at].label));
        }
    }

    fn ended(&mut self, at: usize, status: &Status) {
        self.note(ssh_code(status));
        if let Status::Lost { why, .. } | Status::NotStarted { why } = status {
            complain(&format!("{}: {why}", self.options.targets[at].label));
        }
    }
}
