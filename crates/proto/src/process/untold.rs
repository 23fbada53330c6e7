//! Ends of processes that could not be told, since at that moment there was no way to who follows
//! them: told when there is one. Bounded; the oldest goes, and who follows asks again now and then.
//! Kept by `table.rs`, filled and emptied by `follow.rs`.

use posse_wire::{ProcessId, limits};
use std::collections::VecDeque;

/// Whom to tell of whose end, and why.
pub(crate) type News = (ProcessId, ProcessId, String);

#[derive(Debug, Default)]
pub(crate) struct Untold {
    news: VecDeque<News>,
}

impl Untold {
    pub fn keep(&mut self, by: ProcessId, process: ProcessId, why: &str) {
        if self.news.len() >= limits::FOLLOWERS_MAX {
            self.news.pop_front();
        }
        self.news.push_back((by, process, why.to_owned()));
    }

    /// What is for these followers, in the order in which it was kept.
    pub fn take(&mut self, which: impl Fn(ProcessId) -> bool) -> Vec<News> {
        let (taken, left) = std::mem::take(&mut self.news).into_iter().partition(|n| which(n.0));
        self.news = left;
        Vec::from(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_where_there_are_too_many() {
        let mut untold = Untold::default();
        for number in 0..=limits::FOLLOWERS_MAX as u64 {
            untold.keep(ProcessId(number % 2), ProcessId(number), "it left");
        }
        let even = untold.take(|by| by == ProcessId(0));
        assert_eq!(even[0].1, ProcessId(2));
        assert_eq!(even.len() + untold.take(|_| true).len(), limits::FOLLOWERS_MAX);
    }
}
