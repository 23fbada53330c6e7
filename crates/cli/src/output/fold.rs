//! `--fold`: equal outputs once, under the folded hostset, each as soon as it is complete.
//!
//! Outputs are compared while they come, in `prefixes.rs`: N equal ones cost one copy. stdout and
//! stderr are folded apart, since their order to each other differs from run to run. Who printed
//! nothing is not shown. At the end (^C) hosts that are not over are shown with what they have so
//! far, marked. Called by the front end of a command.

use super::block::{UNFINISHED, head};
use super::limits::FDS_MAX;
use super::prefixes::{Equal, Prefixes};
use super::store::Store;
use super::{Folding, Labels, Outlet, Sink, Spilling, Status};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

pub struct Fold<'a> {
    outlet: Outlet,
    labels: Arc<Labels>,
    fold: Folding<'a>,
    outputs: Outputs,
}

/// One tree for each descriptor; shared with `diff.rs`.
pub(super) struct Outputs {
    pub store: Store,
    pub trees: BTreeMap<u16, Prefixes>,
    over: Vec<bool>,
}

impl<'a> Fold<'a> {
    pub fn new(
        labels: Arc<Labels>,
        outlet: Outlet,
        fold: Folding<'a>,
        spilling: Spilling,
    ) -> Fold<'a> {
        let outputs = Outputs::new(labels.size(), Store::new(spilling));
        Fold { outlet, labels, fold, outputs }
    }

    /// The most memory that waiting output has taken, in bytes.
    pub fn peak(&self) -> usize {
        self.outputs.store.peak()
    }

    fn print(&mut self, fd: u16, equal: &Equal) -> io::Result<()> {
        let Fold { outlet, labels, fold, outputs } = self;
        let Some(tree) = outputs.trees.get_mut(&fd) else { return Ok(()) };
        if tree.length(equal.place) == 0 {
            return Ok(());
        }
        head(outlet, fd, &title(labels, *fold, equal))?;
        let key = (equal.ranks[0], fd);
        tree.copy(equal.place, &outputs.store, &mut |piece| outlet.bytes(key, piece))?;
        outlet.end_line(fd)?;
        outlet.commit()
    }

    fn print_complete(&mut self, complete: Vec<(u16, Equal)>) -> io::Result<()> {
        let mut result = Ok(());
        for (fd, equal) in complete {
            let printed = self.print(fd, &equal);
            result = result.and(printed);
            if let Some(tree) = self.outputs.trees.get_mut(&fd) {
                tree.release(equal.place, &mut self.outputs.store);
            }
        }
        result
    }
}

/// `lab[1-3] (3)`, as clush says it.
pub(super) fn title(labels: &Labels, fold: Folding, equal: &Equal) -> String {
    let mut title = labels.folded(&equal.ranks, fold);
    if equal.ranks.len() > 1 {
        title += &format!(" ({})", equal.ranks.len());
    }
    if !equal.finished {
        title += UNFINISHED;
    }
    title
}

impl Outputs {
    pub fn new(size: usize, mut store: Store) -> Outputs {
        let trees = [1, 2].map(|fd| (fd, Prefixes::new(size, &mut store)));
        Outputs { store, trees: BTreeMap::from(trees), over: vec![false; size] }
    }

    /// The groups that are complete because of these bytes.
    pub fn push(
        &mut self,
        rank: u32,
        fd: u16,
        bytes: &[u8],
        end: bool,
    ) -> io::Result<Vec<(u16, Equal)>> {
        if !self.trees.contains_key(&fd) {
            self.open(fd)?;
        }
        let Some(tree) = self.trees.get_mut(&fd) else { return Ok(vec![]) };
        let mut complete = tree.push(rank, bytes, &mut self.store)?;
        if end {
            complete.extend(tree.end(rank));
        }
        Ok(complete.into_iter().map(|equal| (fd, equal)).collect())
    }

    /// The groups that are complete because nothing more comes of this rank.
    pub fn end(&mut self, rank: u32) -> Vec<(u16, Equal)> {
        self.over[rank as usize] = true;
        let ended = |(fd, tree): (&u16, &mut Prefixes)| {
            let fd = *fd;
            tree.end(rank).into_iter().map(move |equal| (fd, equal)).collect::<Vec<_>>()
        };
        self.trees.iter_mut().flat_map(ended).collect()
    }

    /// A descriptor that nobody has used before.
    fn open(&mut self, fd: u16) -> io::Result<()> {
        if self.trees.len() == FDS_MAX {
            let what = format!("descriptor {fd} is one more than the {FDS_MAX} that are folded");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let mut tree = Prefixes::new(self.over.len(), &mut self.store);
        for (rank, _) in self.over.iter().enumerate().filter(|(_, over)| **over) {
            tree.end(rank as u32);
        }
        self.trees.insert(fd, tree);
        Ok(())
    }
}

impl Sink for Fold<'_> {
    fn output(&mut self, rank: u32, fd: u16, bytes: &[u8], end: bool) -> io::Result<()> {
        self.labels.check(rank)?;
        let complete = self.outputs.push(rank, fd, bytes, end)?;
        self.print_complete(complete)
    }

    fn exit(&mut self, rank: u32, _: &Status, _: Duration) -> io::Result<()> {
        self.labels.check(rank)?;
        let complete = self.outputs.end(rank);
        self.print_complete(complete)
    }

    fn finish(mut self: Box<Self>) -> io::Result<Outlet> {
        let fds: Vec<u16> = self.outputs.trees.keys().copied().collect();
        for fd in fds {
            let rest = self.outputs.trees.get_mut(&fd).map(Prefixes::rest).unwrap_or_default();
            rest.iter().try_for_each(|equal| self.print(fd, equal))?;
        }
        self.outlet.flush()?;
        Ok(self.outlet)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::limits::STORE_HELD_BYTES_MAX;
    use super::super::probe::{Screen, join, over, whole};
    use super::*;

    fn fold(hosts: &[&str], outlet: Outlet) -> Box<Fold<'static>> {
        let labels = Arc::new(Labels::new(hosts));
        Box::new(Fold::new(labels, outlet, &join, Spilling::default()))
    }

    fn block(hosts: &str, text: &str) -> String {
        format!("---------------\n{hosts}\n---------------\n{text}")
    }

    #[test]
    fn equal_outputs_come_once_and_early() {
        let screen = Screen::new();
        let mut sink = fold(&["a", "b", "c", "d"], screen.files());
        whole(&mut *sink, 3, 1, "same");
        whole(&mut *sink, 1, 1, "other\n");
        whole(&mut *sink, 1, 2, "oh\n");
        sink.output(2, 1, b"d", false).unwrap();
        assert_eq!(screen.out(), "", "host a may print anything yet");
        whole(&mut *sink, 0, 1, "same");
        assert_eq!(screen.out(), block("b", "other\n") + &block("a,d (2)", "same\n"));
        (0..4).for_each(|rank| over(&mut *sink, rank));
        let all = block("b", "other\n") + &block("a,d (2)", "same\n") + &block("c", "d\n");
        assert_eq!(screen.out(), all);
        sink.finish().unwrap();
        assert_eq!((screen.out(), screen.err()), (all, block("b", "oh\n")));
    }

    #[test]
    fn an_interrupt_shows_what_there_is() {
        let screen = Screen::new();
        let mut sink = fold(&["a", "b", "c", "d"], screen.files());
        whole(&mut *sink, 0, 1, "x\n");
        over(&mut *sink, 0);
        sink.output(1, 1, b"x\n", false).unwrap();
        sink.output(2, 1, b"x\n", false).unwrap();
        sink.finish().unwrap();
        assert_eq!(screen.out(), block("a", "x\n") + &block("b,c (2) (unfinished)", "x\n"));
    }

    #[test]
    fn other_descriptors_are_folded_too_within_a_bound() {
        let screen = Screen::new();
        let mut sink = fold(&["a", "b"], screen.files());
        over(&mut *sink, 1);
        whole(&mut *sink, 0, 3, "three\n");
        assert_eq!(screen.out(), block("a", "three\n"));
        let last = (4..40).find(|fd| sink.output(0, *fd, b"x", true).is_err());
        assert_eq!(last, Some(17));
    }

    #[test]
    fn equal_outputs_of_128_hosts_cost_one_copy() {
        let names: Vec<String> = (0..128).map(|host| format!("h{host}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let screen = Screen::new();
        let mut sink = fold(&names, screen.files());
        let chunk: Vec<u8> = (0..65_536u32).map(|at| ((at * 31) >> 3) as u8).collect();
        for part in 0..16 {
            for rank in 0..128 {
                sink.output(rank, 1, &chunk, part == 15).unwrap();
            }
        }
        assert_eq!(sink.peak(), 1 << 20);
        (0..128).for_each(|rank| over(&mut *sink, rank));
        sink.finish().unwrap();
        let out = screen.out_bytes();
        assert!(out.starts_with(b"---------------\nh0,h1,"));
        assert_eq!(out.windows(6).filter(|bytes| bytes == b"(128)\n").count(), 1);
        assert!(out.len() < (1 << 20) + 2_000);
    }

    #[test]
    fn different_outputs_beyond_memory_spill() {
        let names: Vec<String> = (0..8).map(|host| format!("h{host}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let screen = Screen::new();
        let mut sink = fold(&names, screen.files());
        for part in 0..80 {
            for rank in 0..8 {
                let byte = if rank == 3 { 3 } else { part as u8 };
                sink.output(rank, 1, &[byte; 65_536], false).unwrap();
            }
        }
        for rank in 0..8 {
            sink.output(rank, 1, &vec![b'a' + rank as u8; 5 << 20], true).unwrap();
        }
        assert!(sink.peak() <= STORE_HELD_BYTES_MAX + 65_536);
        sink.finish().unwrap();
        let out = screen.out_bytes();
        for letter in b'a'..=b'h' {
            let count = out.windows(4096).step_by(4096).filter(|w| **w == [letter; 4096]).count();
            assert!(count >= (5 << 20) / 4096 - 2, "{letter}: {count}");
        }
    }

    #[test]
    fn a_reader_that_left_is_reported_as_such() {
        let mut sink = fold(&["a"], Screen::broken());
        let error = sink.output(0, 1, b"a", true).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
