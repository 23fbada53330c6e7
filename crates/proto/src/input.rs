//! What happens to a daemon: the inputs of its state machine.

use bytes::Bytes;
use posse_wire::msg::{Answered, Bring, Piece, Stage, Status};
use posse_wire::{CommandId, Fd, Frame, HostId, Lead, Rank};
use std::ops::Add;
use std::time::Duration;

/// Microseconds on a clock that never jumps; zero is arbitrary.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Time(pub u64);

impl Time {
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, by: Duration) -> Time {
        let by = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        Time(self.0.saturating_add(by))
    }
}

/// One connection of this daemon; never reused within its life.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId(pub u64);

/// What the shell knows of the other end when a link opens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Peer {
    /// A process of the same user came through the private socket, or a front end elsewhere has
    /// proven the owner's key.
    Local,
    /// The daemon that launched this one, or a remade way to it: we say hello.
    Parent,
    /// A daemon that we launched as this host: it says hello.
    Child(HostId),
}

/// One event. The shell delivers them in the order in which they happened.
#[derive(Clone, Debug)]
pub enum Input {
    LinkOpened {
        link: LinkId,
        peer: Peer,
    },
    Frame {
        link: LinkId,
        frame: Frame,
    },
    LinkClosed {
        link: LinkId,
        why: String,
    },
    /// The owner's signature for a child that said hello.
    Admitted {
        link: LinkId,
        ticket: Vec<u8>,
    },
    NotStarted {
        command: CommandId,
        rank: Rank,
        why: String,
    },
    /// Bytes that a process wrote; never beyond what [`crate::Effect::Read`] allowed.
    Output {
        command: CommandId,
        rank: Rank,
        fd: Fd,
        bytes: Bytes,
        end: bool,
    },
    /// So many more bytes are in the process's pipe.
    Wrote {
        command: CommandId,
        rank: Rank,
        fd: Fd,
        bytes: u64,
    },
    /// The process closed its end of an input.
    InputClosed {
        command: CommandId,
        rank: Rank,
        fd: Fd,
    },
    /// The process was reaped.
    Exited {
        command: CommandId,
        rank: Rank,
        status: Status,
    },
    /// This frame of a detached command is kept, at the end of a file of so many bytes.
    Kept {
        command: CommandId,
        frame: Frame,
        end: u64,
    },
    /// What [`crate::Effect::Fetch`] asked for.
    Fetched {
        command: CommandId,
        from: u64,
        frames: Vec<Frame>,
    },
    /// The shell's answer to [`crate::Effect::Answer`].
    Answer {
        query: CommandId,
        answer: Answered,
    },
    /// Progress of a launch that [`crate::Effect::Launch`] asked for.
    Launch {
        number: HostId,
        stage: Stage,
    },
    /// A host that [`crate::Effect::Redial`] looks for answers, though its daemon has not yet.
    Answers {
        number: HostId,
    },
    /// No way was found to a host that [`crate::Effect::Redial`] asked for. `gone` where its daemon
    /// is known to be no more, or where there is no other way to try.
    NotFound {
        number: HostId,
        gone: bool,
        why: String,
    },
    /// No way was found to a host that [`crate::Effect::Seek`] asked for. `gone` where the port at
    /// which it was reached before is closed.
    NotSought {
        number: HostId,
        gone: bool,
        why: String,
    },
    /// The voters have chosen this daemon to lead, with the table of hosts as the last leader left
    /// it (see [`crate::Daemon::table`]).
    Lead {
        lead: Lead,
        table: Vec<u8>,
    },
    /// For the daemon that leads: these hosts vote from now on, and may lead after it.
    Voters {
        voters: Vec<HostId>,
    },
    /// A message of this host's control state for that of another; it may be lost on the way.
    ControlSend {
        to: HostId,
        body: Vec<u8>,
    },
    /// A part of orders of this host's holder of jobs; may be lost on the way.
    LeaseSend {
        to: HostId,
        piece: Piece,
    },
    /// A part of reports on tasks for the holder at that host; may be lost on the way.
    LeasedSend {
        to: HostId,
        piece: Piece,
    },
    /// The parent is asked for a part of a file; the question may be lost on the way.
    BringSend {
        bring: Bring,
    },
    /// Words of this host's holder of jobs about files; may be lost on the way.
    ShipSend {
        to: HostId,
        body: Vec<u8>,
    },
    /// Words about files for the holder at that host; may be lost on the way.
    ShippedSend {
        to: HostId,
        body: Vec<u8>,
    },
    /// What [`crate::Effect::Introduce`] asked for: a frame for the process of its id.
    Introduce {
        frame: Frame,
    },
    /// The shell answers a guest, see [`LinkId::is_guest`].
    Tell {
        link: LinkId,
        frame: Frame,
    },
    /// Time has passed; see [`crate::Daemon::next_tick`].
    Tick,
}
