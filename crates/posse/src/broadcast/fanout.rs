//! Who is sent what, and when: the sender's side of a duplicated input, as a state machine.
//!
//! While all keep step, one multicast frame serves all of them, and the slowest one's window holds
//! everybody. Under `Spill`, when somebody has read all there is and others have no room, those
//! others are *left behind*: the multicast goes on without them (what has no room with them they
//! drop), and they are served frame by frame from the log until they are in step again. What a
//! member has not acknowledged never goes beyond its window, so that nothing sent to it is lost.
//!
//! No I/O except through [`Store`], no clock. Called by `pump`; the tests play the receivers.

use super::log::Log;
use super::members::{Members, Standing};
use super::policy::Policy;
use super::store::Store;
use bytes::Bytes;
use posse_wire::{Rank, limits};
use std::collections::VecDeque;
use std::io;

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Send this to one process, or to all.
    Send { to: Rank, offset: u64, bytes: Bytes, end: bool },
    /// The process was given up: end it.
    CutOff { rank: Rank },
}

/// What a push found.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(super) enum Pushed {
    /// So many bytes were taken, at least one.
    Took(usize),
    /// No room now.
    Full,
    /// Nobody is left who would read it.
    Nobody,
}

#[derive(Debug)]
pub(super) struct Fanout<S> {
    members: Members,
    log: Log<S>,
    window: u64,
    policy: Policy,
    /// Everything before this was multicast.
    head: u64,
    finished: bool,
    end_multicast: bool,
    /// The last frame was a multicast: the lagging have their turn.
    turn: bool,
    cut_off: VecDeque<u32>,
}

impl<S: Store> Fanout<S> {
    pub(super) fn new(size: u32, window: u32, policy: Policy, store: S) -> Fanout<S> {
        Fanout {
            members: Members::new(size),
            log: Log::new(store, policy, window),
            window: u64::from(window),
            policy,
            head: 0,
            finished: false,
            end_multicast: false,
            turn: false,
            cut_off: VecDeque::new(),
        }
    }

    pub(super) fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
        self.log.set_policy(policy);
    }

    /// Takes what there is room for.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Pushed {
        if self.members.live() == 0 {
            return Pushed::Nobody;
        }
        match self.log.room().min(bytes.len()) {
            0 => Pushed::Full,
            count => {
                self.log.append(&bytes[..count]);
                Pushed::Took(count)
            }
        }
    }

    /// Nothing is pushed any more: the stream ends after what is in the log.
    pub(super) fn finish(&mut self) {
        self.finished = true;
    }

    /// A process has taken everything before `offset`. False where it cannot have.
    pub(super) fn ack(&mut self, rank: Rank, offset: u64) -> bool {
        let Some(standing) = self.members.standing(rank.0) else { return false };
        if offset > self.head {
            return false;
        }
        if offset <= self.members.acked(rank.0) {
            return true;
        }
        self.members.set_acked(rank.0, offset);
        if let Standing::Lagging { cursor } = standing {
            if offset > cursor {
                self.members.place(rank.0, Standing::Lagging { cursor: offset });
            }
            self.members.make_ready(rank.0);
        }
        self.trim();
        true
    }

    /// What was sent to a process from `offset` on was lost with a link: it is served anew from
    /// there. False where it cannot be: what it has not acknowledged is still in the log.
    pub(super) fn again(&mut self, rank: Rank, offset: u64) -> bool {
        let Some(standing) = self.members.standing(rank.0) else { return false };
        if standing == Standing::Gone {
            return true;
        }
        if offset > self.head || offset < self.members.acked(rank.0) {
            return false;
        }
        self.members.start_again(rank.0, offset);
        self.members.make_ready(rank.0);
        true
    }

    /// A process reads no more: it closed its input, or is over. False where there is no such.
    pub(super) fn close(&mut self, rank: Rank) -> bool {
        self.members.place(rank.0, Standing::Gone);
        self.trim();
        self.members.standing(rank.0).is_some()
    }

    /// Everything was sent to everybody who is left.
    pub(super) fn is_over(&self) -> bool {
        let sent = self.end_multicast && self.members.lagging_count() == 0;
        self.cut_off.is_empty() && (self.members.live() == 0 || sent)
    }

    /// Nobody is to be served alone.
    pub(super) fn is_in_step(&self) -> bool {
        self.members.lagging_count() == 0
    }

    /// Bytes taken and not yet multicast.
    pub(super) fn unsent(&self) -> u64 {
        self.log.end() - self.head
    }

    /// The next thing to do; `None` until something is pushed, acknowledged, closed or cut off.
    pub(super) fn next(&mut self) -> io::Result<Option<Action>> {
        if let Some(rank) = self.cut_off.pop_front() {
            return Ok(Some(Action::CutOff { rank: Rank(rank) }));
        }
        if std::mem::take(&mut self.turn)
            && let Some(action) = self.unicast()?
        {
            return Ok(Some(action));
        }
        if let Some(action) = self.multicast()? {
            self.turn = true;
            return Ok(Some(action));
        }
        self.unicast()
    }

    fn multicast(&mut self) -> io::Result<Option<Action>> {
        let waiting = self.log.end() - self.head;
        if waiting == 0 {
            let ends = self.finished && !self.end_multicast && self.members.live() > 0;
            self.end_multicast |= ends;
            let (to, offset, bytes) = (Rank::ALL, self.head, Bytes::new());
            return Ok(ends.then_some(Action::Send { to, offset, bytes, end: true }));
        }
        self.leave_behind();
        let Some(slowest) = self.members.slowest_in_step() else { return Ok(None) };
        let room = (slowest + self.window).saturating_sub(self.head).min(waiting);
        if room == 0 {
            return Ok(None);
        }
        let max = (room as usize).min(limits::CHUNK_BYTES_MAX);
        let (offset, bytes) = (self.head, self.log.read(self.head, max)?);
        self.head += bytes.len() as u64;
        let end = self.finished && self.head == self.log.end();
        self.end_multicast |= end;
        self.trim();
        Ok(Some(Action::Send { to: Rank::ALL, offset, bytes, end }))
    }

    /// Those who have no room are left behind if somebody else has nothing to read because of them.
    fn leave_behind(&mut self) {
        let (head, window) = (self.head, self.window);
        let somebody_starves = self.members.fastest_in_step() == Some(head);
        let holds_up = |acked: u64| acked + window <= head;
        let held_up = self.members.slowest_in_step().is_some_and(holds_up);
        if self.policy == Policy::Block || !somebody_starves || !held_up {
            return;
        }
        let slow =
            self.members.which(|standing, acked| standing == Standing::InStep && holds_up(acked));
        for rank in slow {
            // Until now every byte was within its window: it has, or will take, all of them.
            self.members.place(rank, Standing::Lagging { cursor: head });
        }
    }

    fn unicast(&mut self) -> io::Result<Option<Action>> {
        while let Some(rank) = self.members.next_ready() {
            let Some(Standing::Lagging { cursor }) = self.members.standing(rank) else { continue };
            let room = (self.members.acked(rank) + self.window).saturating_sub(cursor);
            let left = self.head - cursor;
            // The end that all got may have come to this one behind a gap.
            let end_missing = self.end_multicast && !self.members.end_sent(rank);
            if left > 0 && room == 0 {
                continue;
            }
            if left == 0 && !end_missing {
                self.members.place(rank, Standing::InStep);
                continue;
            }
            let max = (room.min(left) as usize).min(limits::CHUNK_BYTES_MAX);
            let bytes = self.log.read(cursor, max)?;
            let cursor_next = cursor + bytes.len() as u64;
            let in_step = cursor_next == self.head;
            let end = self.end_multicast && in_step;
            if end {
                self.members.set_end_sent(rank);
            }
            let standing =
                if in_step { Standing::InStep } else { Standing::Lagging { cursor: cursor_next } };
            self.members.place(rank, standing);
            if !in_step {
                self.members.make_ready(rank);
            }
            self.trim();
            return Ok(Some(Action::Send { to: Rank(rank), offset: cursor, bytes, end }));
        }
        Ok(None)
    }

    /// Drops what nobody needs: what all have acknowledged. What was sent and not acknowledged may
    /// have to be sent again.
    fn trim(&mut self) {
        if self.members.live() == 0 {
            self.head = self.log.end();
        }
        let needed = self.members.slowest().unwrap_or(self.head);
        self.log.discard_to(needed.min(self.head));
    }

    /// When full: gives up those for whose sake more is kept than is waiting to be sent at all.
    /// False where nobody is that far behind.
    pub(super) fn cut_lagging(&mut self) -> bool {
        match self.members.slowest_cursor() {
            Some(cursor) if self.head - cursor >= self.unsent() => self.cut_slowest(),
            _ => false,
        }
    }

    /// Gives up those who are furthest behind, for the others' sake. False where nobody is left.
    pub(super) fn cut_slowest(&mut self) -> bool {
        let behind = match (self.members.slowest_cursor(), self.members.slowest_in_step()) {
            (Some(slowest), _) => self.members.which(
                |standing, _| matches!(standing, Standing::Lagging { cursor } if cursor == slowest),
            ),
            (None, Some(slowest)) => self
                .members
                .which(|standing, acked| standing == Standing::InStep && acked == slowest),
            (None, None) => return false,
        };
        for rank in behind {
            self.members.place(rank, Standing::Gone);
            self.cut_off.push_back(rank);
        }
        self.trim();
        true
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        self.log.end() - self.log.start()
    }
}
