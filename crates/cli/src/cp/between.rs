//! Copies files from one host to others. What the sender says is checked here and passed on, and so
//! are the answers of the receivers, joined; nothing of it is kept. So the contents come to this
//! computer and go down the tree once. Called by `commands/cp.rs` and `commands/sync.rs`.

use super::agree::agree;
use super::hosts::Hosts;
use super::rounds::{Asker, rounds};
use super::sender::Answers;
use super::spread::{attend, compare};
use super::talk::Done;
use super::{Options, outcome};
use crate::commands::Outcome;
use crate::error::{Error, Kind};
use crate::run::signals::Passed;
use indicatif::ProgressBar;
use posse::{HostId, Stdin, Vm};
use posse_data::{Asked, Decoder, Malformed, Record, Totals, answer};
use std::io::{self, Write};
use std::thread;
use std::time::Instant;

/// What stands on either side of the copy.
pub struct Between<'a> {
    pub from: &'a str,
    pub paths: Vec<String>,
    pub hosts: &'a str,
    pub target: &'a str,
}

pub fn between(vm: &Vm, what: Between<'_>, options: &Options) -> Outcome {
    let started = Instant::now();
    let selected = vm.select(what.from)?;
    let [source] = &selected[..] else {
        let text = format!("{}: {} hosts would write the same files", what.from, selected.len());
        return Err(Error::usage(text).hint("name one host to copy from"));
    };
    let (source, many): (HostId, bool) = (source.number, what.paths.len() > 1);
    let mut words = options.words(vec![what.target.to_owned()]);
    words.many = many;
    let to = vm.run(&options.command(vm, "receive", &words, what.hosts).stdin())?;
    let signals = Passed::to_several()?;
    signals.add(0, to.controller());
    let missing = || Error::new(Kind::System, "the command has no input");
    let mut stdin = to.stdin().ok_or_else(missing)?;
    let mut hosts = Hosts::new(to);
    agree(&mut hosts, &mut stdin)?;
    let mut words = options.words(what.paths);
    words.ask = true;
    let from = vm.run(&options.command(vm, "send", &words, vec![source]).stdin())?;
    signals.add(1, from.controller());
    let answers = from.stdin().ok_or_else(missing)?;
    let (asker, mut rounds) = rounds();
    let bar = options.bar(false);
    let mut relay = Relay {
        from: Hosts::new(from),
        answers,
        to: Some(stdin),
        asker,
        decoder: Decoder::default(),
        files: 0,
        chunks: 0,
        totals: None,
        bar: bar.clone(),
    };
    let relaying = thread::Builder::new().name("posse-relay".into()).spawn(move || {
        let ended = relay.run();
        (relay.from.all, relay.totals, ended)
    })?;
    attend(&mut hosts, &mut rounds, options)?;
    drop(rounds);
    bar.finish_and_clear();
    let panicked = |_| Error::new(Kind::System, "the thread that passes the files on has died");
    let (senders, totals, ended) = relaying.join().map_err(panicked)?;
    ended?;
    compare(&mut hosts.all, totals.map(Done::from).as_ref());
    let failed = |code| code != 0;
    hosts.all.extend(senders.into_iter().filter(|host| failed(outcome::code_of(&[], host))));
    outcome::say(&hosts.all, options, started.elapsed());
    Ok(signals.code().unwrap_or(outcome::code(&hosts.all)))
}

struct Relay {
    from: Hosts,
    answers: Stdin,
    /// None when nobody receives any more.
    to: Option<Stdin>,
    asker: Asker,
    decoder: Decoder,
    files: usize,
    chunks: usize,
    totals: Option<Totals>,
    bar: ProgressBar,
}

/// Why the sender is heard no longer.
enum Stop {
    Odd(Malformed),
    /// The receivers are gone, or it is itself.
    Over,
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Stop {
        Stop::Odd(malformed)
    }
}

fn over(_: io::Error) -> Stop {
    Stop::Over
}

impl Relay {
    /// Until the sender is over.
    fn run(&mut self) -> Result<(), Error> {
        while let Some((_, bytes)) = self.from.next_output()? {
            if self.to.is_none() {
                continue;
            }
            self.bar.inc(bytes.len() as u64);
            let Err(stop) = self.pass(&bytes) else { continue };
            // Receivers that get no end say that they miss it.
            self.to = None;
            if let (Stop::Odd(odd), Some(host)) = (stop, self.from.all.first_mut()) {
                host.fail(odd.to_string());
            }
            self.from.run.end(None)?;
        }
        self.to = None;
        Ok(())
    }

    fn pass(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let mut asked = false;
        let (files, chunks, totals) = (&mut self.files, &mut self.chunks, &mut self.totals);
        let asker = &mut self.asker;
        self.decoder.feed(bytes, |record| {
            let odd = match record {
                Record::Control(_) => Some("an order from a host"),
                _ if asked => Some("more before the answer"),
                _ => None,
            };
            if let Some(odd) = odd {
                return Err(Stop::Odd(Malformed(odd)));
            }
            match record {
                Record::Entry(entry) => *files += usize::from(entry.kind == posse_data::Kind::File),
                Record::Recipe(piece) => *chunks += piece.chunks.len(),
                Record::Ask(what) => {
                    asked = true;
                    let (count, most) = match what {
                        Asked::Files => (std::mem::take(files), answer::LACKS),
                        Asked::Chunks => (std::mem::take(chunks), answer::WANTED),
                    };
                    asker.ask(count, most).map_err(over)?;
                }
                Record::End(all) => *totals = Some(all),
                _ => {}
            }
            Ok(())
        })?;
        let to = self.to.as_mut().ok_or(Stop::Odd(Malformed("nobody receives")))?;
        to.write_all(bytes).and_then(|()| to.flush()).map_err(over)?;
        if asked {
            let digits = self.asker.answer().map_err(over)?;
            let line = answer::text(&digits) + "\n";
            self.answers.write_all(line.as_bytes()).map_err(over)?;
        }
        Ok(())
    }
}
