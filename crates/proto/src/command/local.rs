//! Processes of this host: news of them from the shell, and frames that are for them.

use super::Process;
use crate::{Daemon, Effect, Input};
use bytes::Bytes;
use posse_wire::msg::{Exit, Status, WindowSize};
use posse_wire::{CommandId, Fd, Kind, Rank, StreamAck, StreamChunk, limits};
use std::time::Duration;

/// SIGKILL asks for no politeness.
const SIGKILL: u8 = 9;

impl Daemon {
    /// News of a process from the shell.
    pub(crate) fn process_input(&mut self, input: Input) {
        match input {
            Input::NotStarted { command, rank, why } => {
                self.exited(command, rank, Status::NotStarted { why }, true);
            }
            Input::Exited { command, rank, status } => self.exited(command, rank, status, false),
            Input::Output { command, rank, fd, bytes, end } => {
                self.output(command, rank, fd, bytes, end);
            }
            Input::Wrote { command, rank, fd, bytes } => {
                let ack = self
                    .process(command, rank)
                    .and_then(|process| process.inputs.get_mut(&fd))
                    .and_then(|input| input.wrote(bytes));
                if let Some(offset) = ack {
                    let ack = StreamAck { rank, fd, offset, closed: false, again: false };
                    self.upwards(ack.frame(Kind::InputAck, command));
                }
            }
            Input::InputClosed { command, rank, fd } => self.input_closed(command, rank, fd),
            _ => {}
        }
    }

    fn process(&mut self, command: CommandId, rank: Rank) -> Option<&mut Process> {
        self.commands.running.get_mut(&command)?.local.get_mut(&rank)
    }

    fn output(&mut self, command: CommandId, rank: Rank, fd: Fd, bytes: Bytes, end: bool) {
        let now = self.now;
        let Some(output) = self.process(command, rank).and_then(|p| p.outputs.get_mut(&fd)) else {
            return;
        };
        if output.ended {
            return;
        }
        output.moved = now;
        let chunk = output.send(rank, fd, bytes, end);
        self.say(chunk.frame(Kind::Output, command));
        self.report_if_over(command, rank);
    }

    /// The consumer has an output up to here.
    pub(crate) fn output_acknowledged(&mut self, command: CommandId, ack: &StreamAck) {
        if ack.rank == Rank::ALL {
            for rank in self.ranks_here(command, |_, _| true) {
                self.output_acknowledged(command, &StreamAck { rank, ..*ack });
            }
            return;
        }
        let held = self.commands.running.get(&command).is_some_and(|c| c.uplink.is_some());
        if held && !ack.closed { self.landed(command, ack) } else { self.credit(command, ack) }
    }

    /// The source of an output may go on.
    pub(super) fn credit(&mut self, command: CommandId, ack: &StreamAck) {
        let (rank, fd, now) = (ack.rank, ack.fd, self.now);
        let Some(output) = self.process(command, rank).and_then(|p| p.outputs.get_mut(&fd)) else {
            return;
        };
        let more = output.acknowledge(ack, now).then(|| output.allowed());
        if ack.closed && !output.ended {
            output.close();
            self.out.push(Effect::CloseOutput { command, rank, fd });
            self.report_if_over(command, rank);
        } else if let Some(upto) = more {
            self.out.push(Effect::Read { command, rank, fd, upto });
        }
    }

    /// Bytes for one process of this host, or for all of the command.
    pub(crate) fn input_arrived(&mut self, command: CommandId, chunk: &StreamChunk) {
        let Some(running) = self.commands.running.get_mut(&command) else { return };
        for (rank, process) in &mut running.local {
            if chunk.rank != Rank::ALL && chunk.rank != *rank {
                continue;
            }
            let taken = process.inputs.get_mut(&chunk.fd).and_then(|input| input.take(chunk));
            if let Some((bytes, end)) = taken {
                let (rank, fd) = (*rank, chunk.fd);
                self.out.push(Effect::Write { command, rank, fd, bytes, end });
            }
        }
    }

    fn input_closed(&mut self, command: CommandId, rank: Rank, fd: Fd) {
        let Some(input) = self.process(command, rank).and_then(|p| p.inputs.get_mut(&fd)) else {
            return;
        };
        if !input.closed {
            input.closed = true;
            let ack = StreamAck { rank, fd, offset: input.written, closed: true, again: false };
            self.upwards(ack.frame(Kind::InputAck, command));
        }
    }

    fn exited(&mut self, command: CommandId, rank: Rank, status: Status, never_ran: bool) {
        let now = self.now;
        let Some(process) = self.process(command, rank) else { return };
        if process.status.is_some() {
            return;
        }
        let status = if process.timed_out && !never_ran { Status::TimedOut } else { status };
        let why = ended(&status);
        process.status = Some((status, process.elapsed_us(now)));
        if never_ran {
            process.outputs.values_mut().for_each(|output| output.ended = true);
        }
        let inputs: Vec<Fd> = process.inputs.keys().copied().collect();
        if !process.is_over() {
            // Pipes still open: unread bytes, or descendants, which must not outlive it.
            self.out.push(Effect::Kill { command, rank });
            self.commands.due.insert((now + limits::LEFT_OPEN, command, rank));
        }
        inputs.into_iter().for_each(|fd| self.input_closed(command, rank, fd));
        if never_ran {
            self.process_never_ran(command, rank, &why);
        } else {
            self.process_reaped(command, rank, &why);
        }
        self.report_if_over(command, rank);
    }

    fn report_if_over(&mut self, command: CommandId, rank: Rank) {
        let Some(process) = self.process(command, rank) else { return };
        if !process.is_over() {
            return;
        }
        let Some((status, elapsed_us)) = process.status.take() else { return };
        let exit = Exit { rank, count: 1, status, elapsed_us };
        process.exit = Some(exit.clone());
        self.out.push(Effect::Forget { command, rank });
        self.over(command, exit);
    }

    fn ranks_here(&self, command: CommandId, wanted: impl Fn(Rank, &Process) -> bool) -> Vec<Rank> {
        let Some(running) = self.commands.running.get(&command) else { return Vec::new() };
        let wanted = running.local.iter().filter(|(rank, process)| wanted(**rank, process));
        wanted.map(|(rank, _)| *rank).collect()
    }

    /// Processes that a signal can still reach: a reaped one's number may be another's by now.
    fn alive_here(&self, command: CommandId, rank: Option<Rank>) -> Vec<Rank> {
        self.ranks_here(command, |own, process| {
            rank.is_none_or(|rank| rank == own) && !process.is_reaped()
        })
    }

    pub(crate) fn signal_here(&mut self, command: CommandId, rank: Option<Rank>, signal: u8) {
        for rank in self.alive_here(command, rank) {
            self.out.push(Effect::Signal { command, rank, signal });
        }
    }

    /// The polite signal now, SIGKILL after the grace; SIGKILL at once where that is asked for.
    pub(crate) fn end_here(&mut self, command: CommandId, rank: Option<Rank>, signal: u8) {
        for rank in self.alive_here(command, rank) {
            let grace = self
                .commands
                .running
                .get(&command)
                .map_or(0, |running| u64::from(running.spec.end_grace_ms));
            let now = self.now;
            let Some(process) = self.process(command, rank) else { continue };
            if signal == SIGKILL {
                process.ending = true;
                self.out.push(Effect::Kill { command, rank });
            } else if !std::mem::replace(&mut process.ending, true) {
                let due = now + Duration::from_millis(grace);
                process.kill_due = Some(due);
                self.out.push(Effect::Signal { command, rank, signal });
                self.commands.due.insert((due, command, rank));
            }
        }
    }

    pub(crate) fn resize_here(&mut self, command: CommandId, size: WindowSize) {
        for rank in self.alive_here(command, None) {
            self.out.push(Effect::Resize { command, rank, size });
        }
    }
}

/// As followers of the process are told.
fn ended(status: &Status) -> String {
    match status {
        Status::Exited(code) => format!("it exited with {code}"),
        Status::Signaled(signal) => format!("it was killed by signal {signal}"),
        Status::NotStarted { why } => format!("it could not be started: {why}"),
        Status::TimedOut => "its time was over".to_owned(),
        Status::Lost { why, .. } => why.clone(),
    }
}
