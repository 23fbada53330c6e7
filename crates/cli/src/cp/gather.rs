//! Copies files from hosts to here: each host sends a container, and each has a place of its own.
//! A single host asks what is lacked. Several at once send all that they have, since what this
//! side says goes to all of them; so a sync takes one after the other. Called by `commands/cp.rs`
//! and `commands/sync.rs`.

use super::hidden::own_umask;
use super::hosts::{Host, Hosts};
use super::place::{self, Wish};
use super::receiver::{Receiver, Stop};
use super::talk::Done;
use super::temporary::Temporaries;
use super::{Options, outcome};
use crate::commands::Outcome;
use crate::error::{Error, Kind};
use crate::run::signals::Passed;
use posse::{Fd, HostEntry, HostId, Rank, Vm};
use posse_data::{Decoder, Malformed, Record, answer};
use std::io::Write;
use std::time::Instant;

pub fn gather(
    vm: &Vm,
    (hosts, paths): (&str, Vec<String>),
    target: &str,
    options: &Options,
) -> Outcome {
    let started = Instant::now();
    let selected = vm.select(hosts)?;
    check(&selected, target, options)?;
    let mut all = Vec::new();
    // What is there is worth a question, and questions are one host's.
    let together = if options.manner.mirror { 1 } else { selected.len().max(1) };
    for some in selected.chunks(together) {
        let (hosts, asked_to_end) = from(vm, some, &paths, target, options)?;
        all.extend(hosts);
        if let Some(code) = asked_to_end {
            outcome::say(&all, options, started.elapsed());
            return Ok(code);
        }
    }
    outcome::say(&all, options, started.elapsed());
    Ok(outcome::code(&all))
}

/// From these at once; and the exit status, where a signal asked for the end.
fn from(
    vm: &Vm,
    selected: &[HostEntry],
    paths: &[String],
    target: &str,
    options: &Options,
) -> Result<(Vec<Host>, Option<u8>), Error> {
    let mut arriving = arriving(selected, target, paths.len() > 1, options)?;
    let mut words = options.words(paths.to_vec());
    words.ask = selected.len() == 1;
    let numbers: Vec<HostId> = selected.iter().map(|host| host.number).collect();
    let command = options.command(vm, "send", &words, numbers);
    let run = vm.run(&if words.ask { command.stdin() } else { command })?;
    let signals = Passed::to(run.controller(), false)?;
    let mut answers = run.stdin();
    let bar = options.bar(false);
    let mut hosts = Hosts::new(run);
    while let Some((rank, bytes)) = hosts.next_output()? {
        let (Some(one), Some(host)) = (arriving.get_mut(rank), hosts.all.get_mut(rank)) else {
            continue;
        };
        bar.inc(bytes.len() as u64);
        match one.take(&bytes) {
            // A host that no longer listens shows by its end.
            Ok(said) => {
                let written = answers.as_mut().map(|answers| answers.write_all(said.as_bytes()));
                let _it_has_ended = written;
            }
            Err(Stop(why)) => {
                host.fail(why);
                answers = None;
                hosts.run.close_output(Rank(rank as u32), Fd::STDOUT)?;
            }
        }
        if let Some(host) = hosts.all.get_mut(rank) {
            host.items.append(&mut one.receiver.items);
        }
        outcome::items(&mut hosts.all, options);
    }
    bar.finish_and_clear();
    hosts.all.iter_mut().zip(arriving).for_each(|(host, one)| one.finish(host));
    Ok((hosts.all, signals.code()))
}

/// Each host must have a place of its own.
fn check(hosts: &[HostEntry], target: &str, options: &Options) -> Result<(), Error> {
    if hosts.len() < 2 || target.contains("{host}") {
        return Ok(());
    }
    let text = format!("{} hosts would write the same files in {target}", hosts.len());
    let verb = if options.manner.mirror { "sync" } else { "cp" };
    let hint = format!("posse {verb} ... '{}/{{host}}/'", target.trim_end_matches('/'));
    Err(Error::usage(text).hint(hint))
}

/// What comes from one host. Its unfinished file goes with it.
struct Arriving {
    decoder: Decoder,
    receiver: Receiver,
    stopped: bool,
}

fn arriving(
    hosts: &[HostEntry],
    target: &str,
    many: bool,
    options: &Options,
) -> Result<Vec<Arriving>, Error> {
    let umask = own_umask();
    let one = |host: &HostEntry| {
        let (path, make) = place::fill(target, &host.name);
        let (mirror, dry) = (options.manner.mirror, options.manner.dry);
        let wish = Wish { path, many, recursive: options.recursive, make, mirror, dry };
        let place = place::resolve(&wish).map_err(|why| Error::new(Kind::System, why))?;
        let (manner, temporaries) = (options.manner.clone(), Temporaries::default());
        let receiver = Receiver::new(place, manner, umask, temporaries).map_err(Error::usage)?;
        Ok(Arriving { decoder: Decoder::default(), receiver, stopped: false })
    };
    hosts.iter().map(one).collect()
}

impl Arriving {
    /// What is to be answered.
    fn take(&mut self, bytes: &[u8]) -> Result<String, Stop> {
        let mut said = String::new();
        if self.stopped {
            return Ok(said);
        }
        let receiver = &mut self.receiver;
        let taken = self.decoder.feed(bytes, |record| match record {
            Record::Control(_) => Err(Stop::from(Malformed("an order from a host"))),
            record => {
                if let Some(digits) = receiver.take(record)? {
                    said.push_str(&answer::text(&digits));
                    said.push('\n');
                }
                Ok(())
            }
        });
        self.stopped = taken.is_err();
        taken.map(|()| said)
    }

    fn finish(self, host: &mut Host) {
        let (written, deleted) = (self.receiver.written, self.receiver.deleted);
        host.done = self.receiver.totals.map(|totals| Done { written, deleted, ..totals.into() });
        self.receiver.faults.lines().into_iter().for_each(|line| host.fail(line));
        let succeeded = host.status.as_ref().is_some_and(|status| status.code() == 0);
        if succeeded && !host.failed && host.done.is_none() {
            host.fail("what it sent is not complete");
        }
    }
}
