//! Copies files from here to hosts: one stream, duplicated on its way down. First the receivers
//! say where they stand; of those that share a file system one writes. Called by
//! `commands/cp.rs`.

use super::encode::Encoder;
use super::hosts::Hosts;
use super::limits::DATA_BYTES_MAX;
use super::shared::{Group, Shared};
use super::talk::{Done, Order};
use super::temporary::fresh_name;
use super::walk::{Walk, size_of};
use super::{Options, outcome};
use crate::commands::Outcome;
use crate::error::{Error, Kind};
use crate::run::signals::Passed;
use crate::tell;
use posse::Vm;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

pub fn spread(
    vm: &Vm,
    sources: Vec<PathBuf>,
    (hosts, target): (&str, &str),
    options: &Options,
) -> Outcome {
    let started = Instant::now();
    sources.iter().try_for_each(|source| check(source, options))?;
    let words = options.words(vec![target.to_owned()], sources.len() > 1).encode("receive");
    let run = vm.run(&options.command(vm, words, hosts).stdin())?;
    let signals = Passed::to(run.controller(), false)?;
    let missing = || Error::new(Kind::System, "the command has no input");
    let stdin = run.stdin().ok_or_else(missing)?;
    let sizes = sources.iter().map(|source| size_of(source, options.recursive));
    let bar = options.bar(Some(if io::stderr().is_terminal() { sizes.sum() } else { 0 }));
    let stream = BufWriter::with_capacity(DATA_BYTES_MAX, bar.wrap_write(stdin));
    let mut encoder = Encoder::new(stream);
    let mut hosts = Hosts::new(run);
    agree(&mut hosts, &mut encoder)?;
    let recursive = options.recursive;
    let writer = thread::Builder::new().name("posse-copy".into()).spawn(move || {
        let mut walk = Walk::new(encoder, recursive);
        let sent = sources.iter().try_for_each(|source| walk.source(source));
        (sent.and_then(|()| walk.end()), walk.faults)
    })?;
    // Until all are over.
    hosts.wait(|_| false)?;
    bar.finish_and_clear();
    let panicked = |_| Error::new(Kind::System, "the thread that reads the files has died");
    let (sent, faults) = writer.join().map_err(panicked)?;
    faults.lines().iter().for_each(|line| tell::note(line));
    compare(&mut hosts, sent.ok().map(Done::from));
    outcome::say(&hosts.all, options, started.elapsed());
    let code = outcome::code(&hosts.all).max(u8::from(!faults.is_empty()));
    Ok(signals.code().unwrap_or(code))
}

/// What is not there at all is said before any host is asked.
fn check(source: &Path, options: &Options) -> Result<(), Error> {
    let shown = source.display();
    let about = std::fs::metadata(source)
        .map_err(|error| Error::new(Kind::Usage, format!("{shown}: {error}")))?;
    if about.is_dir() && !options.recursive {
        return Err(Error::usage(format!("{shown}: is a directory")).hint("posse cp -r"));
    }
    if about.is_dir() || about.is_file() {
        return Ok(());
    }
    Err(Error::usage(format!("{shown}: is not a regular file"))
        .hint("posse e -H HOSTS -i 'cat > PATH' takes what comes from a pipe"))
}

/// Every host that has failed by itself shows as such; orders that nobody reads are no error.
fn order<W: Write>(encoder: &mut Encoder<W>, order: &Order) -> Result<(), Error> {
    match encoder.control(&order.encode()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Settles who writes.
fn agree<W: Write>(hosts: &mut Hosts, encoder: &mut Encoder<W>) -> Result<(), Error> {
    hosts.wait(|host| host.key.is_some())?;
    let key = |host: &super::hosts::Host| match host.status {
        None => host.key.clone(),
        Some(_) => None,
    };
    let mut shared = Shared::new(hosts.all.iter().map(key).collect());
    loop {
        let groups = shared.round();
        if groups.is_empty() {
            break;
        }
        look(hosts, encoder, &mut shared, &groups)?;
    }
    let followers = shared.followers();
    for (rank, leader) in &followers {
        if let Some(host) = hosts.all.get_mut(*rank as usize) {
            host.same_as = Some(*leader as usize);
        }
    }
    let idle = followers.into_iter().map(|(rank, _)| rank).collect();
    order(encoder, &Order::Begin { idle })
}

/// One round: leaders mark their places, the others look.
fn look<W: Write>(
    hosts: &mut Hosts,
    encoder: &mut Encoder<W>,
    shared: &mut Shared,
    groups: &[Group],
) -> Result<(), Error> {
    let names: Vec<String> = groups.iter().map(|_| fresh_name()).collect();
    let leads = |rank: usize| groups.iter().any(|group| group.leader as usize == rank);
    let looks = |rank: usize| groups.iter().any(|group| group.others.contains(&(rank as u32)));
    for (rank, host) in hosts.all.iter_mut().enumerate() {
        host.marked = !leads(rank);
        host.seen = (!looks(rank)).then_some(false);
    }
    let marks = groups.iter().map(|group| group.leader).zip(names.iter().cloned());
    order(encoder, &Order::Mark(marks.collect()))?;
    hosts.wait(|host| host.marked)?;
    let others = groups.iter().map(|group| group.others.clone());
    order(encoder, &Order::Look(names.into_iter().zip(others).collect()))?;
    hosts.wait(|host| host.seen.is_some())?;
    for (rank, host) in hosts.all.iter().enumerate() {
        if host.status.is_some() {
            shared.out(rank as u32);
        }
    }
    for group in groups {
        for rank in &group.others {
            let host = hosts.all.get(*rank as usize);
            if host.is_some_and(|host| host.status.is_none() && host.seen == Some(true)) {
                shared.seen(*rank, group.leader);
            }
        }
    }
    Ok(())
}

/// What each has against what was sent.
fn compare(hosts: &mut Hosts, sent: Option<Done>) {
    for host in &mut hosts.all {
        let succeeded = host.status.as_ref().is_some_and(|status| status.code() == 0);
        if succeeded && host.same_as.is_none() && (host.done.is_none() || host.done != sent) {
            host.fail("has not what was sent; copy it again");
        }
    }
}
