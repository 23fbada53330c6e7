//! Copies files from hosts to here: each host sends a container, and each has a place of its own.
//! Called by `commands/cp.rs`.

use super::decode::{Decoder, Record};
use super::hidden::own_umask;
use super::hosts::{Host, Hosts};
use super::place::{self, Wish};
use super::talk::Done;
use super::temporary::Temporaries;
use super::unpack::{Looks, Stop, Unpacker};
use super::{Options, outcome};
use crate::commands::Outcome;
use crate::error::{Error, Kind};
use crate::run::signals::Passed;
use posse::{Fd, HostEntry, HostId, Rank, Vm};
use std::time::Instant;

pub fn gather(
    vm: &Vm,
    (hosts, paths): (&str, Vec<String>),
    target: &str,
    options: &Options,
) -> Outcome {
    let started = Instant::now();
    let selected = vm.select(hosts)?;
    let mut arriving = arriving(&selected, target, paths.len() > 1, options)?;
    let words = options.words(paths, false).encode("send");
    let numbers: Vec<HostId> = selected.iter().map(|host| host.number).collect();
    let run = vm.run(&options.command(vm, words, numbers))?;
    let signals = Passed::to(run.controller(), false)?;
    let bar = options.bar(None);
    let mut hosts = Hosts::new(run);
    while let Some((rank, bytes)) = hosts.next_output()? {
        let Some(one) = arriving.get_mut(rank) else { continue };
        bar.inc(bytes.len() as u64);
        if let Err(Stop(why)) = one.take(&bytes) {
            if let Some(host) = hosts.all.get_mut(rank) {
                host.fail(why);
            }
            hosts.run.close_output(Rank(rank as u32), Fd::STDOUT)?;
        }
    }
    bar.finish_and_clear();
    hosts.all.iter_mut().zip(arriving).for_each(|(host, one)| one.finish(host));
    outcome::say(&hosts.all, options, started.elapsed());
    Ok(signals.code().unwrap_or(outcome::code(&hosts.all)))
}

/// What comes from one host. Its unfinished file goes with it.
struct Arriving {
    decoder: Decoder,
    unpacker: Unpacker,
    stopped: bool,
}

fn arriving(
    hosts: &[HostEntry],
    target: &str,
    many: bool,
    options: &Options,
) -> Result<Vec<Arriving>, Error> {
    if hosts.len() > 1 && !target.contains("{host}") {
        let text = format!("{} hosts would write the same files in {target}", hosts.len());
        let hint = format!("posse cp ... '{}/{{host}}/'", target.trim_end_matches('/'));
        return Err(Error::usage(text).hint(hint));
    }
    let looks = Looks { preserve: options.preserve, umask: own_umask() };
    let one = |host: &HostEntry| {
        let (path, make) = place::fill(target, &host.name);
        let wish = Wish { path, many, recursive: options.recursive, make };
        let place = place::resolve(&wish).map_err(|why| Error::new(Kind::System, why))?;
        let unpacker = Unpacker::new(place, looks, Temporaries::default());
        Ok(Arriving { decoder: Decoder::default(), unpacker, stopped: false })
    };
    hosts.iter().map(one).collect()
}

impl Arriving {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.stopped {
            return Ok(());
        }
        let unpacker = &mut self.unpacker;
        let taken = self.decoder.feed(bytes, |record| match record {
            Record::Control(_) => Ok(()),
            record => unpacker.take(record),
        });
        self.stopped = taken.is_err();
        taken
    }

    fn finish(self, host: &mut Host) {
        host.done = self.unpacker.totals.map(Done::from);
        self.unpacker.faults.lines().into_iter().for_each(|line| host.fail(line));
        let succeeded = host.status.as_ref().is_some_and(|status| status.code() == 0);
        if succeeded && !host.failed && host.done.is_none() {
            host.fail("what it sent is not complete");
        }
    }
}
