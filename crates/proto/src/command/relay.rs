//! Frames of a command on their way: down to the processes, up to the front end; and what the
//! loss of a link means for it.

use super::{Up, Way};
use crate::link::Link;
use crate::{Daemon, Effect, LinkId};
use bytes::Bytes;
use posse_wire::msg::{End, Exit, Resize, Signal, Status};
use posse_wire::{
    CommandId, Frame, HostId, Kind, Message, Outcome, Rank, StreamAck, StreamChunk, WireError,
};
use std::collections::BTreeSet;

/// SIGHUP: what a front end's disappearance means to its processes, as for a closed terminal.
pub(super) const HANGUP: u8 = 1;

impl Daemon {
    /// Input and credit: to one process, or to all.
    pub(crate) fn towards_process(&mut self, frame: &Frame) -> Result<(), WireError> {
        if frame.kind == Kind::OutputAck {
            let ack = StreamAck::decode(frame)?;
            self.acknowledge(frame.id, &ack);
        } else {
            let chunk = StreamChunk::decode(frame)?;
            self.forward(frame, chunk.rank);
            self.input_arrived(frame.id, &chunk);
        }
        Ok(())
    }

    /// Signals, ends and sizes.
    pub(crate) fn control(&mut self, frame: &Frame) -> Result<(), WireError> {
        match frame.kind {
            Kind::Signal => {
                let Signal { rank, signal } = Signal::decode(frame)?;
                self.forward(frame, rank.unwrap_or(Rank::ALL));
                self.signal_here(frame.id, rank, signal);
            }
            Kind::End => {
                let End { rank, signal } = End::decode(frame)?;
                if let (None, Some(command)) = (rank, self.commands.running.get_mut(&frame.id)) {
                    command.ending = Some(signal);
                }
                self.forward(frame, rank.unwrap_or(Rank::ALL));
                self.end_here(frame.id, rank, signal);
                if rank.is_none() {
                    self.give_up_unknown(frame.id);
                }
            }
            _ => {
                let Resize { size } = Resize::decode(frame)?;
                self.forward(frame, Rank::ALL);
                self.resize_here(frame.id, size);
            }
        }
        Ok(())
    }

    fn forward(&mut self, frame: &Frame, rank: Rank) {
        let Some(command) = self.commands.running.get_mut(&frame.id) else { return };
        if rank == Rank::ALL {
            for link in command.links() {
                self.send(link, frame.clone());
            }
        } else if let Some(link) = command.below_of(rank).and_then(|below| below.link()) {
            self.send(link, frame.clone());
        }
    }

    /// An output was consumed up to here: for its source, here or below.
    pub(super) fn acknowledge(&mut self, id: CommandId, ack: &StreamAck) {
        self.forward(&ack.frame(Kind::OutputAck, id), ack.rank);
        self.remember_consumed(id, ack);
        self.output_acknowledged(id, ack);
    }

    /// Output, acknowledged input and exits from below. A frame of a process that was never
    /// below the link it came over is not passed on.
    pub(crate) fn towards_front_end(
        &mut self,
        from: LinkId,
        frame: Frame,
    ) -> Result<(), WireError> {
        let (rank, exit) = match frame.kind {
            Kind::Output => (StreamChunk::decode(&frame)?.rank, None),
            Kind::InputAck => (StreamAck::decode(&frame)?.rank, None),
            _ => {
                let exit = Exit::decode(&frame)?;
                (exit.rank, Some(exit))
            }
        };
        let Some(command) = self.commands.running.get_mut(&frame.id) else { return Ok(()) };
        let count = exit.as_ref().map_or(1, |exit| exit.count);
        if !command.all_below(rank, count, from) || command.is_gated(rank) {
            return Ok(());
        }
        match exit {
            Some(exit) => self.over(frame.id, exit),
            // Said twice over two new links: nothing comes after an exit.
            None if command.has_ended(rank) => {}
            None => self.upwards(frame),
        }
        Ok(())
    }

    /// One step towards the front end, or into the keeping of a detached command.
    pub(crate) fn upwards(&mut self, frame: Frame) {
        let Some(command) = self.commands.running.get_mut(&frame.id) else { return };
        match command.up {
            Up::Link(link) => self.send(link, frame),
            Up::Lost(_) | Up::Nobody => {}
            Up::Keep if frame.kind == Kind::InputAck => self.end_input(&frame),
            Up::Keep => {
                let id = frame.id;
                let chunk = (frame.kind == Kind::Output).then(|| StreamChunk::decode(&frame));
                let frame = match chunk {
                    Some(Ok(chunk)) => command.news_of(chunk).map(|c| c.frame(Kind::Output, id)),
                    _ => Some(frame),
                };
                command.keeping += u32::from(frame.is_some());
                self.out.extend(frame.map(|frame| Effect::Keep { command: id, frame }));
            }
        }
    }

    /// Who comes back to a detached command has nothing to send to its processes: what they might
    /// have missed of their input is its end.
    fn end_input(&mut self, frame: &Frame) {
        let Ok(StreamAck { rank, fd, offset, again: true, .. }) = StreamAck::decode(frame) else {
            return;
        };
        let chunk = StreamChunk { rank, fd, offset, end: true, bytes: Bytes::new() };
        self.forward(&chunk.frame(Kind::Input, frame.id), rank);
    }

    /// Processes of a command are over, here or below: counted once, told upwards, and with the
    /// last one the command is forgotten.
    pub(crate) fn over(&mut self, id: CommandId, exit: Exit) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        let mut fresh = 0;
        for rank in exit.rank.0..exit.rank.0.saturating_add(exit.count) {
            fresh += match command.below_of(Rank(rank)) {
                Some(below) => {
                    let slot = &mut below.over[(rank - below.first.0) as usize];
                    u32::from(!std::mem::replace(slot, true))
                }
                None => 1,
            };
        }
        if fresh == 0 {
            return;
        }
        command.left = command.left.saturating_sub(fresh);
        command.code = command.code.max(exit.status.code());
        let up = command.up;
        if self.is_home(up) {
            let (rank, count) = (exit.rank, exit.count);
            self.out.push(Effect::Over { command: id, rank, count });
        }
        self.say_exit(exit.frame(id), exit.rank);
        let Some(command) = self.commands.running.get(&id) else { return };
        if command.left == 0 {
            self.command_over(id);
        } else if command.up == Up::Keep && command.is_stuck(&self.missing) {
            self.out.push(Effect::Stuck { command: id });
        }
    }

    fn say_exit(&mut self, frame: Frame, rank: Rank) {
        let command = self.commands.running.get(&frame.id);
        let is_ours = command.is_some_and(|command| command.local.contains_key(&rank));
        if is_ours { self.say(frame) } else { self.upwards(frame) }
    }

    /// A link closed. Processes below it are cut off until their hosts are found or given up;
    /// commands that came over it have lost their front end, or the way to it. Returns the hosts
    /// of those processes.
    pub(crate) fn commands_lost_link(&mut self, id: LinkId, link: &Link) -> BTreeSet<HostId> {
        let mut cut = BTreeSet::new();
        let mut orphaned = Vec::new();
        for (command_id, command) in &mut self.commands.running {
            for below in command.below.iter_mut().filter(|below| below.way == Way::Link(id)) {
                below.way = Way::Cut { started: true };
                cut.insert(below.host);
            }
            if command.up == Up::Link(id) {
                command.up = Up::Lost(self.now);
                orphaned.push((*command_id, command.spec.detached));
            }
        }
        for (command, outlives) in orphaned {
            if link.is_client() {
                self.abandon(command);
            } else if !outlives {
                self.session_ends(command, self.now);
            }
        }
        cut
    }

    fn lost(&mut self, id: CommandId, rank: Rank, count: u32, why: &str, outcome: Outcome) {
        let status = Status::Lost { why: why.to_owned(), outcome };
        self.over(id, Exit { rank, count, status, elapsed_us: 0 });
    }

    /// This host left the way over which it was reached, for another.
    pub(crate) fn commands_cut(&mut self, host: HostId) {
        let commands = self.commands.running.values_mut();
        let below = commands.flat_map(|command| &mut command.below);
        for below in below.filter(|below| below.host == host && below.link().is_some()) {
            below.way = Way::Cut { started: true };
        }
    }

    /// A relay lost this host before it answered what it has: what that says is not listened to
    /// before an answer, so the end of its processes is said here.
    pub(crate) fn commands_unanswered(&mut self, host: HostId) {
        let commands = self.commands.running.values_mut();
        let below = commands.flat_map(|command| &mut command.below);
        for below in below.filter(|below| below.host == host && below.gated) {
            below.way = Way::Cut { started: true };
        }
    }

    /// This host is not looked for any more. Detached commands go on waiting for it.
    pub(crate) fn commands_lost_host(&mut self, host: HostId, why: &str) {
        let mut lost = Vec::new();
        for (id, command) in &mut self.commands.running {
            let waits = command.spec.detached;
            for below in command.below.iter_mut().filter(|below| below.host == host) {
                match below.way {
                    Way::Cut { started } if !(started && waits) => {
                        let outcome = if started { Outcome::Unknown } else { Outcome::NotDone };
                        lost.extend(below.left().into_iter().map(|run| (*id, run, outcome)));
                    }
                    Way::Link(_) if waits => below.way = Way::Cut { started: true },
                    _ => {}
                }
            }
        }
        for (id, (rank, count), outcome) in lost {
            self.lost(id, rank, count, why, outcome);
        }
        let kept = self.commands.running.iter().filter(|(_, command)| command.up == Up::Keep);
        let stuck = kept.filter(|(_, command)| command.is_stuck(&self.missing));
        self.out.extend(stuck.map(|(id, _)| Effect::Stuck { command: *id }));
    }

    /// This host is no longer of the vm: nobody waits for it.
    pub(crate) fn commands_lost_member(&mut self, host: HostId) {
        let mut lost = Vec::new();
        for (id, command) in &self.commands.running {
            let below = command.below.iter().filter(|below| below.host == host);
            let cut = below.filter(|below| below.link().is_none());
            lost.extend(cut.flat_map(|below| below.left()).map(|run| (*id, run)));
        }
        for (id, (rank, count)) in lost {
            self.lost(id, rank, count, "removed from the vm", Outcome::Unknown);
        }
    }

    /// Ends the processes of a command that nobody follows any more. Nor does anybody read them:
    /// without this, what they wrote would wait for credit for ever.
    pub(crate) fn end_everywhere(&mut self, id: CommandId, signal: u8) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        command.ending = Some(signal);
        let spec = command.spec.clone();
        self.forward(&End { rank: None, signal }.frame(id), Rank::ALL);
        self.end_here(id, None, signal);
        for fd in super::process::output_fds(&spec) {
            let (offset, closed, again) = (0, true, false);
            self.acknowledge(id, &StreamAck { rank: Rank::ALL, fd, offset, closed, again });
        }
    }
}
