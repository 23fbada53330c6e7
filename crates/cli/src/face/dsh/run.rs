//! From the options of dsh to commands on hosts, messages and the exit status. Called by `face`
//! and by `posse dsh`.

use super::options::{Options, Refused};
use crate::commands::Outcome;
use crate::error::Error;
use crate::face::batch::{self, Batch};
use crate::face::limits::UP_WITHIN;
use crate::face::ready::{Ready, Wishes};
use crate::face::target::Target;
use crate::face::words::{complain, ssh_code};
use crate::run;
use posse::{HostId, Vm};
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

/// The exit status, and whether something asked for the end of everything.
#[derive(Default)]
struct End {
    code: u8,
    asked: Option<u8>,
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
    let mut end = End::default();
    loop {
        let next = ready.next(options.at_a_time)?;
        for (at, why) in ready.take_failed() {
            fail(options, &options.targets[at], &why, &mut end);
        }
        if next.is_empty() || end.asked.is_some() {
            break;
        }
        together(vm, options, &next, &mut end)?;
    }
    if options.verbose {
        complain("--- Terminated running");
    }
    Ok(end.asked.unwrap_or(end.code))
}

fn fail(options: &Options, target: &Target, why: &str, end: &mut End) {
    match options.labelled {
        true => complain(&format!("{}: posse: {why}", target.label)),
        false => complain(&format!("posse: {}: {why}", target.name())),
    }
    end.note(255);
}

impl End {
    fn note(&mut self, code: u8) {
        if self.code == 0 {
            self.code = code;
        }
    }
}

fn together(
    vm: &Vm,
    options: &Options,
    hosts: &[(usize, HostId)],
    end: &mut End,
) -> Result<(), Error> {
    let named: Vec<(String, HostId)> =
        hosts.iter().map(|(at, number)| (options.targets[*at].label.clone(), *number)).collect();
    if options.verbose && options.at_a_time == 1 {
        named.iter().for_each(|(label, _)| complain(&format!("--- Executing on {label} ")));
    }
    let batch = Batch {
        line: options.line.clone(),
        labelled: options.labelled,
        stdin: options.stdin,
        timeout: None,
    };
    let asked = batch::run(vm, &batch, &named, &mut |at, status| {
        end.note(ssh_code(status));
        if let posse::Status::Lost { why, .. } | posse::Status::NotStarted { why } = status {
            complain(&format!("{}: {why}", named[at].0));
        }
    })?;
    end.asked = asked;
    Ok(())
}
