//! Frames of a command on their way: down to the processes, up to the front end; and what the
//! loss of a link means for it.

use super::{Kept, Up};
use crate::link::Link;
use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{CommandState, End, Exit, Happening, Resize, Signal, Status};
use posse_wire::{
    CommandId, Frame, Kind, Message, Outcome, Rank, StreamAck, StreamChunk, WireError, limits,
};
use std::time::Duration;

/// SIGHUP: what a front end's disappearance means to its processes, as for a closed terminal.
const HANGUP: u8 = 1;

impl Daemon {
    /// Input and credit: to one process, or to all.
    pub(crate) fn towards_process(&mut self, frame: &Frame) -> Result<(), WireError> {
        if frame.kind == Kind::OutputAck {
            let ack = StreamAck::decode(frame)?;
            self.forward(frame, ack.rank);
            self.output_acknowledged(frame.id, &ack);
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
                self.forward(frame, rank.unwrap_or(Rank::ALL));
                self.end_here(frame.id, rank, signal);
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
        } else if let Some(link) = command.below_of(rank).map(|below| below.link) {
            self.send(link, frame.clone());
        }
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
        if !command.all_below(rank, count, from) {
            return Ok(());
        }
        match exit {
            Some(exit) => self.over(frame.id, exit),
            None => self.upwards(frame),
        }
        Ok(())
    }

    /// One step towards the front end, or into the keeping of a detached command.
    pub(crate) fn upwards(&mut self, frame: Frame) {
        let Some(command) = self.commands.running.get(&frame.id) else { return };
        match command.up {
            Up::Link(link) => self.send(link, frame),
            Up::Lost(_) => {}
            // Who comes back to a detached command has nothing to send to its processes.
            Up::Keep if frame.kind == Kind::InputAck => {}
            Up::Keep => {
                let command = frame.id;
                self.out.push(Effect::Keep { command, frame });
            }
        }
    }

    /// Kept output needs no keeping at its source.
    pub(crate) fn kept(&mut self, command: CommandId, ack: &StreamAck) {
        self.forward(&ack.frame(Kind::OutputAck, command), ack.rank);
        self.output_acknowledged(command, ack);
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
        self.upwards(exit.frame(id));
        if self.commands.running.get(&id).is_some_and(|command| command.left == 0) {
            self.command_over(id);
        }
    }

    pub(crate) fn command_over(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.remove(&id) else { return };
        self.idle_since = self.now;
        self.commands.due.retain(|(_, due_for, _)| *due_for != id);
        if id.origin() == self.config.host {
            let (number, code) = (command.number, command.code);
            self.happened(self.config.host, Happening::CommandOver { number, code });
        }
        if command.up != Up::Keep {
            return;
        }
        let mut entry = command.entry(id, self.now);
        entry.state = CommandState::Over { code: command.code };
        self.commands.kept.push_back(Kept { entry });
        if self.commands.kept.len() > limits::KEPT_MAX
            && let Some(oldest) = self.commands.kept.pop_front()
        {
            self.out.push(Effect::Unkeep { command: oldest.entry.id });
        }
    }

    /// A link closed: processes below it are lost; commands that came over it have lost their
    /// front end, or the way to it.
    pub(crate) fn commands_lost_link(&mut self, id: LinkId, link: &Link, why: &str) {
        let mut lost = Vec::new();
        let mut orphaned = Vec::new();
        for (command_id, command) in &mut self.commands.running {
            for below in command.below.iter().filter(|below| below.link == id) {
                let ranks = below.over.iter().enumerate().filter(|(_, over)| !**over);
                lost.extend(ranks.map(|(at, _)| (*command_id, Rank(below.first.0 + at as u32))));
            }
            if command.up == Up::Link(id) {
                command.up = Up::Lost(self.now);
                orphaned.push((*command_id, command.spec.session_grace_ms));
            }
        }
        for (command, rank) in lost {
            let status = Status::Lost { why: why.to_owned(), outcome: Outcome::Unknown };
            self.over(command, Exit { rank, count: 1, status, elapsed_us: 0 });
        }
        for (command, grace_ms) in orphaned {
            if link.is_client() {
                self.end_everywhere(command, HANGUP);
            } else {
                let due = self.now + Duration::from_millis(grace_ms);
                self.commands.due.insert((due, command, Rank::ALL));
            }
        }
    }

    /// Ends the processes of a command that nobody follows any more. Nor does anybody read them:
    /// without this, what they wrote would wait for credit for ever.
    pub(crate) fn end_everywhere(&mut self, id: CommandId, signal: u8) {
        self.forward(&End { rank: None, signal }.frame(id), Rank::ALL);
        self.end_here(id, None, signal);
        let Some(spec) = self.commands.running.get(&id).map(|command| command.spec.clone()) else {
            return;
        };
        for fd in super::process::output_fds(&spec) {
            let ack = StreamAck { rank: Rank::ALL, fd, offset: 0, closed: true };
            self.forward(&ack.frame(Kind::OutputAck, id), Rank::ALL);
            self.output_acknowledged(id, &ack);
        }
    }
}
