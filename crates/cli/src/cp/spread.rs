//! Copies files from here to hosts: one stream, duplicated on its way down. First the receivers
//! say where they stand; of those that share a file system one writes. Then they are asked what
//! they lack, batch by batch, and what any of them lacks goes to all. Called by `commands/cp.rs`
//! and `commands/sync.rs`.

use super::agree::agree;
use super::hosts::{Host, Hosts};
use super::limits::ITEMS_MAX;
use super::rounds::{Rounds, rounds};
use super::sender::{Reading, Sender};
use super::talk::Done;
use super::{Options, outcome};
use crate::commands::Outcome;
use crate::error::{Error, Kind};
use crate::run::signals::Passed;
use crate::tell;
use posse::Vm;
use posse_data::Encoder;
use posse_data::exclude::Excludes;
use posse_data::limits::DATA_BYTES_MAX;
use std::io::BufWriter;
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
    let reading = reading(&sources, options)?;
    let mut words = options.words(vec![target.to_owned()]);
    words.many = sources.len() > 1;
    let run = vm.run(&options.command(vm, "receive", &words, hosts).stdin())?;
    let signals = Passed::to(run.controller(), false)?;
    let missing = || Error::new(Kind::System, "the command has no input");
    let mut stdin = run.stdin().ok_or_else(missing)?;
    let bar = options.bar(true);
    let mut hosts = Hosts::new(run);
    agree(&mut hosts, &mut stdin)?;
    let encoder = Encoder::new(BufWriter::with_capacity(DATA_BYTES_MAX, stdin));
    let (asker, mut rounds) = rounds();
    let shown = bar.clone();
    let writer = thread::Builder::new().name("posse-copy".into()).spawn(move || {
        let mut sender = Sender::new(encoder, asker, reading);
        sender.bar = shown;
        let sent = sources.iter().try_for_each(|source| sender.source(source));
        (sent.and_then(|()| sender.end()), sender.faults)
    })?;
    attend(&mut hosts, &mut rounds, options)?;
    drop(rounds);
    bar.finish_and_clear();
    let panicked = |_| Error::new(Kind::System, "the thread that reads the files has died");
    let (sent, faults) = writer.join().map_err(panicked)?;
    faults.lines().iter().for_each(|line| tell::note(line));
    compare(&mut hosts.all, sent.ok().map(Done::from).as_ref());
    outcome::say(&hosts.all, options, started.elapsed());
    let code = outcome::code(&hosts.all).max(u8::from(!faults.is_empty()));
    Ok(signals.code().unwrap_or(code))
}

/// Until all hosts are over.
pub fn attend(hosts: &mut Hosts, rounds: &mut Rounds, options: &Options) -> Result<(), Error> {
    while let Some((rank, bytes)) = hosts.next_output()? {
        let mut full = false;
        if let Some(host) = hosts.all.get_mut(rank) {
            host.reported(&bytes);
            full = host.items.len() >= ITEMS_MAX;
        }
        if rounds.look(hosts)? || full {
            outcome::items(&mut hosts.all, options);
        }
    }
    outcome::items(&mut hosts.all, options);
    Ok(())
}

fn reading(sources: &[PathBuf], options: &Options) -> Result<Reading, Error> {
    let exclude = Excludes::new(&options.manner.exclude).map_err(Error::usage)?;
    let is_contents = |source: &PathBuf| super::send::is_contents(&source.to_string_lossy());
    let contents = options.manner.mirror && sources.iter().any(is_contents);
    Ok(Reading { recursive: options.recursive, contents, exclude })
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

/// What each has against what was sent.
pub fn compare(hosts: &mut [Host], sent: Option<&Done>) {
    for host in hosts {
        let succeeded = host.status.as_ref().is_some_and(|status| status.code() == 0);
        let has = host.done.as_ref().zip(sent).is_some_and(|(done, sent)| done.is_of(sent));
        if succeeded && host.same_as.is_none() && !has {
            host.fail("has not what was sent; copy it again");
        }
    }
}
