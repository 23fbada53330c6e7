//! A host's part in finding out who writes where several hosts have one file system: it makes a
//! marker when told, or looks for one. Called by `receive.rs`; `agree.rs` gives the orders.

use super::place::Place;
use super::receiver::Stop;
use super::talk::{Order, Report};
use super::temporary::{PREFIX, Temporaries, Temporary};
use posse_data::Malformed;
use rustix::fs::{AtFlags, Mode, OFlags, openat, statat};
use std::os::fd::OwnedFd;

pub struct Post {
    pub rank: u32,
    pub place: Place,
    pub temporaries: Temporaries,
    marker: Option<Temporary>,
}

impl Post {
    pub fn new(rank: u32, place: Place, temporaries: Temporaries) -> Post {
        Post { rank, place, temporaries, marker: None }
    }

    /// What to report; `None` where the order is not for this host, or none follows.
    pub fn obey(&mut self, order: &Order) -> Result<Option<Report>, Stop> {
        match order {
            Order::Mark(leaders) => {
                let own = leaders.iter().find(|(rank, _)| *rank == self.rank);
                own.map(|(_, name)| self.mark(name.clone())).transpose()
            }
            Order::Look(groups) => {
                let own = groups.iter().find(|(_, ranks)| ranks.contains(&self.rank));
                Ok(own.map(|(name, _)| {
                    let found = statat(&self.place.root, name, AtFlags::SYMLINK_NOFOLLOW);
                    Report::Seen(found.is_ok())
                }))
            }
            Order::Begin { .. } => {
                self.marker = None;
                Ok(None)
            }
        }
    }

    /// The name comes from elsewhere, and so can only be one of ours.
    fn mark(&mut self, name: String) -> Result<Report, Stop> {
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
            .make(&self.place.root, name, None, make)
            .map_err(|error| Stop(format!("{shown}: {error}")))?;
        self.marker = Some(marker);
        Ok(Report::Marked)
    }
}
