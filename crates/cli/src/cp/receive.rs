//! `posse receive FLAGS TARGET`, on a host: says where it stands, follows orders, then writes what
//! comes on stdin. It ends with an error and leaves no unfinished file where the stream ends early.
//! Started by `spread.rs` through the daemon.

use super::decode::{Decoder, Record};
use super::hidden::{Words, at_home, complain, own_umask, widen};
use super::limits::DATA_BYTES_MAX;
use super::place::{self, Place, Wish};
use super::record::Malformed;
use super::talk::{Order, Report};
use super::temporary::{PREFIX, Temporaries, Temporary};
use super::unpack::{Looks, Stop, Unpacker};
use super::{identity, watch};
use rustix::fs::{AtFlags, Mode, OFlags, openat, statat};
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let words = Words::decode(args);
    let umask = own_umask();
    let looks = Looks { preserve: words.preserve, umask };
    complain(&receive(&words, looks).unwrap_or_else(|why| vec![why]))
}

/// The faults of single files, or why there is nothing at all.
fn receive(words: &Words, looks: Looks) -> Result<Vec<String>, String> {
    let system = |error: std::io::Error| error.to_string();
    let temporaries = Temporaries::default();
    watch::clear_on_signal(temporaries.clone()).map_err(system)?;
    let target = words.paths.first().map(String::as_str).unwrap_or_default();
    let host = std::env::var("POSSE_HOST").unwrap_or_default();
    let (path, make) = place::fill(at_home(target), &host);
    let (many, recursive) = (words.many, words.recursive);
    let place = place::resolve(&Wish { path, many, recursive, make })?;
    report(&Report::Ready(identity::key(&place).map_err(system)?))?;
    let unpacker = Unpacker::new(place.clone(), looks, temporaries.clone());
    let rank = std::env::var("POSSE_RANK").ok().and_then(|text| text.parse().ok());
    let rank = rank.ok_or("started without POSSE_RANK; type `posse cp`")?;
    let mut receiver =
        Receiver { rank, place, temporaries, marker: None, unpacker, begun: false, idle: false };
    receiver.read()?;
    if receiver.idle {
        return Ok(Vec::new());
    }
    let totals = receiver.unpacker.totals.ok_or("the copy is not complete")?;
    report(&Report::Done(totals.into()))?;
    Ok(receiver.unpacker.faults.lines())
}

struct Receiver {
    rank: u32,
    place: Place,
    temporaries: Temporaries,
    marker: Option<Temporary>,
    unpacker: Unpacker,
    begun: bool,
    /// Another host writes for this one.
    idle: bool,
}

impl Receiver {
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
                self.obey(order)
            }
            _ if !self.begun => Err(Malformed("contents before the beginning").into()),
            record => self.unpacker.take(record),
        }
    }

    fn obey(&mut self, order: Order) -> Result<(), Stop> {
        match order {
            Order::Mark(leaders) => {
                let own = leaders.into_iter().find(|(rank, _)| *rank == self.rank);
                own.map_or(Ok(()), |(_, name)| self.mark(name))
            }
            Order::Look(groups) => {
                let own = groups.into_iter().find(|(_, ranks)| ranks.contains(&self.rank));
                let Some((name, _)) = own else { return Ok(()) };
                let found = statat(&self.place.root, &name, AtFlags::SYMLINK_NOFOLLOW).is_ok();
                report(&Report::Seen(found)).map_err(Stop)
            }
            Order::Begin { idle } => {
                self.marker = None;
                self.begun = true;
                self.idle = idle.contains(&self.rank);
                Ok(())
            }
        }
    }

    /// The name comes from elsewhere, and so can only be one of ours.
    fn mark(&mut self, name: String) -> Result<(), Stop> {
        let plain = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !name.strip_prefix(PREFIX).is_some_and(plain) {
            return Err(Malformed("an odd marker").into());
        }
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let make =
            |directory: &OwnedFd, name: &str| openat(directory, name, flags, Mode::RUSR).map(drop);
        let shown = self.place.shown.display();
        let (marker, ()) = self
            .temporaries
            .make(&self.place.root, name, make)
            .map_err(|error| Stop(format!("{shown}: {error}")))?;
        self.marker = Some(marker);
        report(&Report::Marked).map_err(Stop)
    }
}

fn report(report: &Report) -> Result<(), String> {
    let mut line = serde_json::to_vec(report).map_err(|error| error.to_string())?;
    line.push(b'\n');
    let mut out = std::io::stdout();
    out.write_all(&line).and_then(|()| out.flush()).map_err(|error| error.to_string())
}
