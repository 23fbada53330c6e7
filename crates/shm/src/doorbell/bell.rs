//! The side of a doorbell that sleeps.
//!
//! One loop: take the news and look into its rings; when there is none, `prepare_wait`, and where
//! that permits it, sleep in `wait`, or in any poll or epoll over `as_fd` followed by `woken`.
//! Called by the receiver's waiter.

use super::page::{Page, Wait};
use crate::error::Fault;
use crate::limits::LOOK_ANYWAY;
use crate::mapping::Mapping;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, read};
use std::io;
use std::time::Duration;

/// All rings: where nobody can say which have news.
const ALL: u64 = u64::MAX;

/// What ended a wait. All may be empty: a signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    /// Rings to look into (bits).
    pub news: u64,
    /// Which of the caller's descriptors are readable or at their end, by place.
    pub readable: Vec<usize>,
}

/// A process's own doorbell.
#[derive(Debug)]
pub struct Bell {
    page: Page<Mapping>,
    event: OwnedFd,
}

impl Bell {
    pub(super) fn new(memory: Mapping, event: OwnedFd) -> Bell {
        Bell { page: Page(memory), event }
    }

    /// Takes the rings that have news (bits), without waiting. News that comes to a ring before it
    /// is looked into may be said again.
    #[inline]
    pub fn take(&self) -> Result<u64, Fault> {
        self.page.take()
    }

    /// Has any ring news? One load of a word that this process has in its cache until there is:
    /// what to look at while spinning.
    #[inline]
    pub fn has_news(&self) -> bool {
        self.page.has_news()
    }

    /// News, or leave to sleep. After leave was given, `wait` or `woken` must follow.
    pub fn prepare_wait(&self) -> Result<Wait, Fault> {
        self.page.prepare()
    }

    /// Sleeps until somebody rings, one of `others` is readable, or the time is over. No sleep is
    /// longer than [`LOOK_ANYWAY`]. When the time is over it says that all rings must be looked
    /// into: a process that wrote garbage into the page can silence the bell.
    ///
    /// # Errors
    /// What poll(2) and read(2) say, and [`Fault::Forked`] in a child.
    pub fn wait(&self, others: &[BorrowedFd<'_>], within: Option<Duration>) -> io::Result<Woken> {
        let bell = PollFd::new(&self.event, PollFlags::IN);
        let mut polled: Vec<PollFd<'_>> = vec![bell];
        polled.extend(others.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)));
        let sleep = within.map_or(LOOK_ANYWAY, |within| within.min(LOOK_ANYWAY));
        let timeout = Timespec::try_from(sleep).map_err(io::Error::other)?;
        let count = match poll(&mut polled, Some(&timeout)) {
            // A signal: the caller looks at what it changed.
            Err(Errno::INTR) => None,
            count => Some(count?),
        };
        let mut news = self.woken()?;
        if count == Some(0) {
            news = ALL;
        }
        let ready = polled.iter().skip(1).enumerate();
        let ready = ready.filter(|(_, fd)| count.is_some() && !fd.revents().is_empty());
        Ok(Woken { news, readable: ready.map(|(place, _)| place).collect() })
    }

    /// After a sleep by other means: silences the eventfd and takes the news. Whoever sleeps so
    /// looks into all rings every [`LOOK_ANYWAY`], whatever this says.
    pub fn woken(&self) -> io::Result<u64> {
        self.page.awake().map_err(io::Error::other)?;
        match read(&self.event, &mut [0u8; 8]) {
            // Nobody rang.
            Ok(_) | Err(Errno::AGAIN) => {}
            Err(errno) => return Err(errno.into()),
        }
        self.page.take().map_err(io::Error::other)
    }
}

impl AsFd for Bell {
    /// Readable when somebody rang.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}
