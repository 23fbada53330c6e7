//! `posse receive WORDS`, on a host: says where it stands, follows orders, then takes what comes on
//! stdin and answers what it lacks. It ends with an error where the stream ends early, and leaves
//! then at most what a sync can go on from. Started by `spread.rs` through the daemon.

use super::hidden::{at_home, complain, own_umask, widen};
use super::limits::ITEMS_AT_ONCE;
use super::manner::Words;
use super::orders::Post;
use super::place::{self, Wish};
use super::receiver::{Receiver, Stop};
use super::talk::{Done, Order, Report};
use super::temporary::Temporaries;
use super::{identity, watch};
use posse_data::limits::DATA_BYTES_MAX;
use posse_data::{Decoder, Malformed, Record, answer};
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let umask = own_umask();
    let received = Words::decode(args).and_then(|words| receive(words, umask));
    complain(&received.unwrap_or_else(|why| vec![why]))
}

/// The faults of single files, or why there is nothing at all.
fn receive(words: Words, umask: u32) -> Result<Vec<String>, String> {
    let system = |error: std::io::Error| error.to_string();
    let temporaries = Temporaries::default();
    watch::clear_on_signal(temporaries.clone()).map_err(system)?;
    let target = words.paths.first().map(String::as_str).unwrap_or_default();
    let host = std::env::var("POSSE_HOST").unwrap_or_default();
    let (path, make) = place::fill(at_home(target), &host);
    let (many, recursive) = (words.many, words.recursive);
    let (mirror, dry) = (words.manner.mirror, words.manner.dry);
    let place = place::resolve(&Wish { path, many, recursive, make, mirror, dry })?;
    report(&Report::Ready(identity::key(&place).map_err(system)?))?;
    let rank = std::env::var("POSSE_RANK").ok().and_then(|text| text.parse().ok());
    let rank = rank.ok_or("started without POSSE_RANK; type `posse cp`")?;
    let post = Post::new(rank, place.clone(), temporaries.clone());
    let receiver = Receiver::new(place, words.manner, umask, temporaries)?;
    let mut receiving = Receiving { post, receiver, begun: false, idle: false };
    receiving.read()?;
    if receiving.idle {
        return Ok(Vec::new());
    }
    let receiver = receiving.receiver;
    let totals = receiver.totals.ok_or("the copy is not complete")?;
    let (written, deleted) = (receiver.written, receiver.deleted);
    report(&Report::Done(Done { written, deleted, ..totals.into() }))?;
    Ok(receiver.faults.lines())
}

struct Receiving {
    post: Post,
    receiver: Receiver,
    begun: bool,
    /// Another host writes for this one.
    idle: bool,
}

impl Receiving {
    fn read(&mut self) -> Result<(), String> {
        let stdin = std::io::stdin();
        widen(&stdin);
        // Not through std's own buffer: what comes is large.
        let owned = stdin.as_fd().try_clone_to_owned().map_err(|error| error.to_string())?;
        let mut input = File::from(owned);
        let mut buffer = vec![0; DATA_BYTES_MAX];
        let mut decoder = Decoder::default();
        while !decoder.is_complete() && !self.idle {
            match input.read(&mut buffer) {
                Ok(0) => return Err("the copy ended before it was complete".to_owned()),
                Ok(count) => {
                    let taken = decoder.feed(&buffer[..count], |record| self.take(record));
                    taken.map_err(|Stop(why)| why)?;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("cannot read what is sent: {error}")),
            }
        }
        Ok(())
    }

    fn take(&mut self, record: Record<'_>) -> Result<(), Stop> {
        match record {
            _ if self.idle => Ok(()),
            Record::Control(_) if self.begun => {
                Err(Malformed("an order after the beginning").into())
            }
            Record::Control(body) => {
                let order = serde_json::from_slice(body).map_err(|_| Malformed("an odd order"))?;
                if let Order::Begin { idle } = &order {
                    self.begun = true;
                    self.idle = idle.contains(&self.post.rank);
                }
                let said = self.post.obey(&order)?;
                said.map_or(Ok(()), |said| report(&said).map_err(Stop))
            }
            _ if !self.begun => Err(Malformed("contents before the beginning").into()),
            record => {
                let settles = matches!(record, Record::Settle | Record::End(_));
                let digits = self.receiver.take(record)?;
                if digits.is_none() && !settles && self.receiver.items.len() < ITEMS_AT_ONCE {
                    return Ok(());
                }
                let items = self.receiver.items.drain(..).map(Report::Item);
                let answer = digits.map(|digits| Report::Answer(answer::text(&digits)));
                say(items.chain(answer)).map_err(Stop)
            }
        }
    }
}

fn report(report: &Report) -> Result<(), String> {
    say(std::iter::once(report.clone()))
}

/// A line each, written at once.
fn say(reports: impl Iterator<Item = Report>) -> Result<(), String> {
    let mut lines = Vec::new();
    for report in reports {
        serde_json::to_writer(&mut lines, &report).map_err(|error| error.to_string())?;
        lines.push(b'\n');
    }
    let mut out = std::io::stdout();
    out.write_all(&lines).and_then(|()| out.flush()).map_err(|error| error.to_string())
}
