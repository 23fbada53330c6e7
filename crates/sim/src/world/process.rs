//! A virtual process: it reads its stdin, writes to its pipes in pieces, and ends, each in its
//! own way. The pipes have the kernel's bounds; what is in them outlives the process.

use crate::chance::Chance;
use crate::pattern::Stream;
use crate::plan::MS;
use posse_wire::msg::{Spec, Status};
use posse_wire::{CommandId, Fd, Rank};
use std::collections::BTreeMap;

/// What a pipe holds: small, so that both ends often wait.
pub const PIPE_BYTES: u64 = 8 * 1024;

/// What a plain process writes.
const LINE_BYTES: u64 = 64;

pub type Key = (CommandId, Rank);

/// What happens to or around a process.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// It goes on.
    Step,
    /// The shell looks at an output.
    Read(Fd),
    /// It could not be started.
    NotStarted,
    /// It is reaped.
    Reaped,
    /// It was told to end, long enough ago.
    MustBeOver,
    /// What outlived it ends by itself.
    DescendantEnds,
}

/// A pipe that a process writes to.
#[derive(Debug)]
pub struct Out {
    pub stream: Stream,
    /// What it means to write, and has written.
    pub total: u64,
    pub written: u64,
    pub read: u64,
    pub upto: u64,
    /// More is written than may be read, since then.
    pub hungry_since: Option<u64>,
    pub reader_gone: bool,
    pub end_told: bool,
    pub shell_awake: bool,
}

/// A pipe that it reads from.
#[derive(Debug)]
pub struct In {
    pub stream: Stream,
    /// Bytes that the daemon gave the shell, that are in the pipe, that were read.
    pub given: u64,
    pub piped: u64,
    pub taken: u64,
    pub end_given: bool,
    /// It reads up to here only.
    pub wants: u64,
    pub closed: bool,
}

#[derive(Debug)]
pub struct Process {
    pub outs: BTreeMap<Fd, Out>,
    pub ins: BTreeMap<Fd, In>,
    pub status: Option<Status>,
    pub reaped: bool,
    pub awake: bool,
    /// How it will end by itself.
    ends: Status,
    pub deaf: bool,
    /// It writes all at once.
    plain: bool,
    /// It sleeps for so many steps at the end.
    pub naps: u64,
    pub pace: u64,
    /// Something it started holds its outputs open, for so long at most.
    pub descendant_us: Option<u64>,
    pub descendant: bool,
    pub immortal: bool,
}

impl Process {
    pub fn draw(key: Key, spec: &Spec, chance: &mut Chance) -> Process {
        let window = u64::from(spec.window);
        let mut total = |fd: Fd| {
            let most =
                [0, 100, window / 2, window, window * 2, window * 3][chance.below(6) as usize];
            let total = chance.between(most / 2, most);
            let stream = Stream::output(key.0, key.1, fd);
            let out = Out {
                stream,
                total,
                written: 0,
                read: 0,
                upto: 0,
                hungry_since: None,
                reader_gone: false,
                end_told: false,
                shell_awake: false,
            };
            (fd, out)
        };
        let outs = spec.pipes.iter().filter(|pipe| !pipe.input);
        let outs: BTreeMap<Fd, Out> = outs.map(|pipe| total(Fd(pipe.fd))).collect();
        let wants = if chance.percent(70) { u64::MAX } else { chance.below(10_000) };
        let stream = Stream::input(key.0);
        let input = |fd: u16| {
            let (given, piped, taken) = (0, 0, 0);
            (Fd(fd), In { stream, given, piped, taken, end_given: false, wants, closed: false })
        };
        let ins = spec.pipes.iter().filter(|pipe| pipe.input).map(|pipe| input(pipe.fd)).collect();
        let signaled = chance.percent(10);
        let ends = if signaled { Status::Signaled(11) } else { Status::Exited(exit_code(chance)) };
        let descendant_us = chance.percent(15).then(|| chance.below(3_000 * MS));
        Process {
            outs,
            ins,
            status: None,
            reaped: false,
            awake: false,
            ends,
            deaf: chance.percent(20),
            plain: false,
            naps: if chance.percent(25) { chance.below(30) } else { 0 },
            pace: [MS / 10, MS, 20 * MS, 100 * MS][chance.below(4) as usize],
            descendant_us,
            descendant: false,
            immortal: chance.percent(2),
        }
    }

    /// As it was drawn, but it only writes a line to each output and ends well.
    pub fn plain(self) -> Process {
        let mut process = self;
        process.outs.values_mut().for_each(|out| out.total = LINE_BYTES);
        let (ends, naps, descendant_us) = (Status::Exited(0), 0, None);
        Process { ends, naps, descendant_us, immortal: false, plain: true, ..process }
    }

    /// Writes and reads what it can now; true where it got anywhere.
    pub fn step(&mut self, chance: &mut Chance) -> bool {
        let mut moved = false;
        for out in self.outs.values_mut() {
            let room = PIPE_BYTES - (out.written - out.read).min(PIPE_BYTES);
            let left = out.total - out.written;
            let more = left.min(room);
            if left > 0 && out.reader_gone {
                self.ends = Status::Signaled(13);
                out.total = out.written;
                self.naps = 0;
                moved = true;
            } else if more > 0 {
                out.written += if self.plain { more } else { chance.between(1, more) };
                moved = true;
            }
        }
        for input in self.ins.values_mut() {
            let here = input.piped.min(input.wants) - input.taken;
            if here > 0 {
                input.taken += chance.between(1, here);
                moved = true;
            }
        }
        let idle = !moved && self.naps > 0 && self.is_through();
        self.naps -= u64::from(idle);
        moved || idle
    }

    /// Nothing is left to write or to read.
    pub fn is_through(&self) -> bool {
        let written = self.outs.values().all(|out| out.written == out.total);
        written && self.ins.values().all(In::is_through)
    }

    pub fn own_end(&self) -> Status {
        self.ends.clone()
    }

    /// Whether anything could still write to its pipes.
    pub fn has_writers(&self) -> bool {
        self.status.is_none() || self.descendant
    }
}

impl In {
    /// It read as much as it wanted, or the end.
    pub fn is_through(&self) -> bool {
        self.taken >= self.wants || self.at_end()
    }

    pub fn at_end(&self) -> bool {
        self.end_given && self.taken == self.given
    }

    /// What goes from the shell into the pipe now.
    pub fn fill(&mut self) -> u64 {
        let upto = self.given.min(self.taken + PIPE_BYTES);
        let more = upto.saturating_sub(self.piped);
        self.piped += more;
        more
    }
}

fn exit_code(chance: &mut Chance) -> u8 {
    if chance.percent(60) { 0 } else { chance.below(256) as u8 }
}
