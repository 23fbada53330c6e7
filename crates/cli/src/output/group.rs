//! `--group`: the output of each process in one block, when it is over.
//!
//! A process is printed as soon as it is over, or in the order of the hosts if asked; what the
//! others have so far waits in memory and in the spill file, so nobody is slowed down by anybody.
//! On one terminal a block keeps the order between stdout and stderr; else each side gets its own
//! head. No output, no block. Called by the front end of a command.

use super::block::{UNFINISHED, head};
use super::limits::BLOCK_BYTES;
use super::store::{Store, TextId};
use super::{Labels, Outlet, Sink, Spilling, Status};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Whose block comes first.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// Who is over first.
    Finished,
    /// Who stands first in the hostset; later ones wait.
    Hosts,
}

pub struct Group {
    outlet: Outlet,
    labels: Arc<Labels>,
    order: Order,
    store: Store,
    ranks: Vec<Rank>,
    /// The first rank that is not printed, in the order of the hosts.
    next: u32,
}

#[derive(Default)]
struct Rank {
    text: Option<TextId>,
    out: bool,
    err: bool,
    over: bool,
}

/// What stands before each chunk in a process's text: descriptor and length.
const CHUNK_HEAD: usize = 6;

impl Group {
    pub fn new(labels: Arc<Labels>, outlet: Outlet, order: Order, spilling: Spilling) -> Group {
        let mut ranks = vec![];
        ranks.resize_with(labels.size(), Rank::default);
        Group { outlet, labels, order, store: Store::new(spilling), ranks, next: 0 }
    }

    /// The most memory that waiting output has taken, in bytes.
    pub fn peak(&self) -> usize {
        self.store.peak()
    }

    fn print(&mut self, rank: u32) -> io::Result<()> {
        let Rank { text, out, err, over } = std::mem::take(&mut self.ranks[rank as usize]);
        self.ranks[rank as usize].over = true;
        let Some(text) = text else { return Ok(()) };
        let mark = if over { "" } else { UNFINISHED };
        let title = format!("{}{mark}", self.labels.shown(rank));
        let printed = if self.outlet.is_shared() {
            self.print_side(rank, text, &title, if out { 1 } else { 2 }, |_| true)
        } else {
            let stdout = match out {
                true => self.print_side(rank, text, &title, 1, |fd| fd != 2),
                false => Ok(()),
            };
            let stderr = match err {
                true => self.print_side(rank, text, &title, 2, |fd| fd == 2),
                false => Ok(()),
            };
            stdout.and(stderr)
        };
        self.store.release(text);
        printed
    }

    fn print_side(
        &mut self,
        rank: u32,
        text: TextId,
        title: &str,
        side: u16,
        wanted: impl Fn(u16) -> bool,
    ) -> io::Result<()> {
        let Group { outlet, store, .. } = self;
        head(outlet, side, title)?;
        let (mut at, end) = (0, store.length(text));
        while at < end {
            let (fd, length) = chunk_head(store, text, at)?;
            let start = at + CHUNK_HEAD as u64;
            at = start + length;
            if wanted(fd) {
                store.copy(text, start, at, &mut |piece| outlet.bytes((rank, fd), piece))?;
            }
        }
        outlet.end_line(side)?;
        outlet.commit()
    }

    fn print_in_turn(&mut self) -> io::Result<()> {
        while self.ranks.get(self.next as usize).is_some_and(|rank| rank.over) {
            let rank = self.next;
            self.next += 1;
            self.print(rank)?;
        }
        Ok(())
    }
}

impl Sink for Group {
    fn output(&mut self, rank: u32, fd: u16, bytes: &[u8], _: bool) -> io::Result<()> {
        self.labels.check(rank)?;
        let entry = &mut self.ranks[rank as usize];
        for piece in bytes.chunks(BLOCK_BYTES - CHUNK_HEAD) {
            let text = *entry.text.get_or_insert_with(|| self.store.create());
            let mut chunk = Vec::with_capacity(CHUNK_HEAD + piece.len());
            chunk.extend_from_slice(&fd.to_le_bytes());
            chunk.extend_from_slice(&(piece.len() as u32).to_le_bytes());
            chunk.extend_from_slice(piece);
            self.store.append(text, &chunk)?;
            *(if fd == 2 { &mut entry.err } else { &mut entry.out }) = true;
        }
        Ok(())
    }

    fn exit(&mut self, rank: u32, _: &Status, _: Duration) -> io::Result<()> {
        self.labels.check(rank)?;
        self.ranks[rank as usize].over = true;
        match self.order {
            Order::Finished => self.print(rank),
            Order::Hosts => self.print_in_turn(),
        }
    }

    fn finish(mut self: Box<Self>) -> io::Result<Outlet> {
        for rank in 0..self.ranks.len() {
            self.print(rank as u32)?;
        }
        self.outlet.flush()?;
        Ok(self.outlet)
    }
}

fn chunk_head(store: &Store, text: TextId, at: u64) -> io::Result<(u16, u64)> {
    let mut bytes = Vec::with_capacity(CHUNK_HEAD);
    store.copy(text, at, at + CHUNK_HEAD as u64, &mut |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    let [a, b, c, d, e, f] = bytes[..] else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    Ok((u16::from_le_bytes([a, b]), u64::from(u32::from_le_bytes([c, d, e, f]))))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::probe::{Screen, over, whole};
    use super::*;

    fn group(hosts: &[&str], outlet: Outlet, order: Order) -> Box<Group> {
        let labels = Arc::new(Labels::new(hosts));
        Box::new(Group::new(labels, outlet, order, Spilling::default()))
    }

    fn block(host: &str, text: &str) -> String {
        format!("---------------\n{host}\n---------------\n{text}")
    }

    #[test]
    fn blocks_come_as_hosts_are_over() {
        let screen = Screen::new();
        let mut sink = group(&["a", "b", "c"], screen.files(), Order::Finished);
        whole(&mut *sink, 0, 1, "a1\n");
        whole(&mut *sink, 1, 1, "b1\nb2");
        whole(&mut *sink, 1, 2, "oh\n");
        assert_eq!(screen.out(), "");
        over(&mut *sink, 1);
        assert_eq!(screen.out(), block("b", "b1\nb2\n"));
        assert_eq!(screen.err(), block("b", "oh\n"));
        over(&mut *sink, 2);
        sink.finish().unwrap();
        assert_eq!(screen.out(), block("b", "b1\nb2\n") + &block("a (unfinished)", "a1\n"));
    }

    #[test]
    fn blocks_in_the_order_of_hosts() {
        let screen = Screen::new();
        let mut sink = group(&["a", "b", "c"], screen.files(), Order::Hosts);
        for (rank, text) in [(2, "c\n"), (1, "b\n"), (0, "a\n")] {
            assert_eq!(screen.out(), "");
            whole(&mut *sink, rank, 1, text);
            over(&mut *sink, rank);
        }
        assert_eq!(screen.out(), block("a", "a\n") + &block("b", "b\n") + &block("c", "c\n"));
        sink.finish().unwrap();
    }

    #[test]
    fn a_terminal_shows_a_block_as_it_was() {
        let screen = Screen::new();
        let mut sink = group(&["a"], screen.terminal(), Order::Finished);
        sink.output(0, 1, b"one\n", false).unwrap();
        sink.output(0, 2, b"\x07err\n", true).unwrap();
        sink.output(0, 1, b"two", true).unwrap();
        over(&mut *sink, 0);
        sink.finish().unwrap();
        assert_eq!(screen.out(), block("a", "one\n^Gerr\ntwo\n"));
    }

    #[test]
    fn a_large_output_spills_and_others_are_not_kept_waiting() {
        let screen = Screen::new();
        let mut sink = group(&["big", "small"], screen.files(), Order::Finished);
        sink.store = Store::bounded(Spilling::default(), 1 << 20);
        let chunk = [b'x'; 65_536];
        for _ in 0..160 {
            sink.output(0, 1, &chunk, false).unwrap();
        }
        whole(&mut *sink, 1, 1, "quick\n");
        over(&mut *sink, 1);
        assert_eq!(screen.out(), block("small", "quick\n"));
        assert!(sink.peak() <= (1 << 20) + BLOCK_BYTES);
        over(&mut *sink, 0);
        assert_eq!(sink.store.held(), 0);
        sink.finish().unwrap();
        let out = screen.out_bytes();
        assert_eq!(out.iter().filter(|byte| **byte == b'x').count(), 160 * 65_536);
    }

    #[test]
    fn a_reader_that_left_is_reported_as_such() {
        let mut sink = group(&["a"], Screen::broken(), Order::Finished);
        whole(&mut *sink, 0, 1, "a");
        let error = sink.exit(0, &Status::Exited(0), Duration::ZERO).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
