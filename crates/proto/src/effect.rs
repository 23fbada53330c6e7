//! What a daemon wants done: the outputs of its state machine, carried out by the shell in order.

use crate::LinkId;
use bytes::Bytes;
use posse_wire::msg::{
    Bring, Brought, HostRequest, Introduce, Piece, Question, Seek, Spec, Up, WindowSize,
};
use posse_wire::{CommandId, Fd, Frame, HostId, Incarnation, Lead, ProcessId, Rank};
use std::rc::Rc;

/// One effect. None of them waits: what takes time comes back as an [`crate::Input`].
#[derive(Clone, Debug)]
pub enum Effect {
    Send {
        link: LinkId,
        frame: Frame,
    },
    /// Close after what was sent before; no `LinkClosed` comes back for it.
    Close {
        link: LinkId,
    },
    /// Sign a ticket for this key, unless one is `known`; comes back as
    /// [`crate::Input::Admitted`], on each link in the order in which it was asked for. An empty
    /// one where the owner's key is not here.
    Admit {
        link: LinkId,
        number: HostId,
        key: [u8; 32],
        known: Option<Vec<u8>>,
    },
    /// Start one process; [`crate::Input::NotStarted`] comes back where that fails.
    Start {
        command: CommandId,
        rank: Rank,
        index: u32,
        size: u32,
        /// The id under which it may enrol.
        process: Option<ProcessId>,
        spec: Rc<Spec>,
    },
    /// Output may be read up to this offset of its stream.
    Read {
        command: CommandId,
        rank: Rank,
        fd: Fd,
        upto: u64,
    },
    /// Bytes for an input of the process; `end` closes it after them.
    Write {
        command: CommandId,
        rank: Rank,
        fd: Fd,
        bytes: Bytes,
        end: bool,
    },
    /// Nobody wants this output any more: close the pipe.
    CloseOutput {
        command: CommandId,
        rank: Rank,
        fd: Fd,
    },
    /// To the process group.
    Signal {
        command: CommandId,
        rank: Rank,
        signal: u8,
    },
    /// SIGKILL to the process and everything that descends from it.
    Kill {
        command: CommandId,
        rank: Rank,
    },
    Resize {
        command: CommandId,
        rank: Rank,
        size: WindowSize,
    },
    /// This process is over and reported: forget it, end what descends from it.
    Forget {
        command: CommandId,
        rank: Rank,
    },
    /// Launch a daemon there; comes back as `Launch` stages and, in the end, a link.
    Launch {
        number: HostId,
        request: HostRequest,
        up: CommandId,
        options: Rc<Up>,
    },
    /// The link to this host is lost: look for another way to its daemon, start none. Comes back
    /// as a link, or as [`crate::Input::NotFound`].
    Redial {
        number: HostId,
        /// How it was asked for, where that is known here.
        request: Option<HostRequest>,
        /// Where it takes direct links, as `address:port`, and by which key it is known.
        direct: Option<(String, [u8; 32])>,
    },
    /// Sign the warrant in this, for the lead that this daemon has, and send it.
    SendSeek {
        link: LinkId,
        seek: Seek,
    },
    /// Another daemon's host is to be looked for at its port, with this warrant. Comes back as a
    /// link to a child, or as [`crate::Input::NotSought`].
    Seek {
        seek: Seek,
    },
    /// Give each of these processes of this host an end of a socket between them.
    Meet {
        a: (LinkId, ProcessId),
        b: (LinkId, ProcessId),
        number: u64,
    },
    /// Sign that this process has this key; comes back as [`crate::Input::Introduce`].
    Introduce {
        from: ProcessId,
        to: ProcessId,
        key: [u8; 32],
        answers: bool,
    },
    /// Look whether another host has signed this, and tell the process at this link.
    Introduced {
        link: LinkId,
        to: ProcessId,
        introduce: Introduce,
    },
    /// Give up on a launch.
    StopLaunch {
        number: HostId,
    },
    /// A detached command begins, or more of it is known: keep this in place of what was kept so,
    /// for [`crate::Daemon::restore_command`].
    KeepHead {
        command: CommandId,
        head: Vec<u8>,
    },
    /// Keep this frame of a detached command, behind those before; [`crate::Input::Kept`] comes
    /// back.
    Keep {
        command: CommandId,
        frame: Frame,
    },
    /// Read back from what is kept of a detached command: whole frames from there on, so many
    /// bytes at most but one frame at least; comes back as [`crate::Input::Fetched`].
    Fetch {
        command: CommandId,
        from: u64,
        bytes_max: usize,
    },
    /// Send a detached command's kept frames to this link, then, with `follow`, what comes.
    Replay {
        link: LinkId,
        command: CommandId,
        follow: bool,
    },
    /// What is left of a detached command is on hosts that are down: who follows it is told.
    Stuck {
        command: CommandId,
    },
    /// Drop what was kept of a detached command.
    Unkeep {
        command: CommandId,
    },
    /// Find the answer; comes back as [`crate::Input::Answer`].
    Answer {
        query: CommandId,
        question: Question,
    },
    /// This host has come to its vm, whose name is known now.
    Joined,
    /// Another daemon leads the vm with this lead, or a greater one: this one does not any more.
    Superseded {
        lead: Lead,
    },
    /// The host table or the settings changed: make it durable before what follows.
    Persist,
    /// As `Persist`, but a moment later does: many hosts come up or go at once.
    PersistSoon,
    /// For the control state that this host holds, or asks: a message of another host.
    Control {
        from: HostId,
        body: Vec<u8>,
    },
    /// A front end asks something of the control state; the shell answers it under this id.
    Registry {
        link: LinkId,
        id: CommandId,
        ask: crate::Registry,
    },
    /// A front end asks something of the task farm, in pieces; the shell answers it under this id.
    Job {
        link: LinkId,
        id: CommandId,
        piece: Piece,
    },
    /// For this host's worker: orders of the holder at that host.
    Lease {
        from: HostId,
        piece: Piece,
    },
    /// For this host's holder of jobs: reports of the worker at that host.
    Leased {
        from: HostId,
        piece: Piece,
    },
    /// A child asks for a part of a file; the shell answers it on this link.
    Bring {
        link: LinkId,
        bring: Bring,
    },
    /// The parent's answer.
    Brought {
        brought: Brought,
    },
    /// For this host's worker: words about files of the holder at that host.
    Ship {
        from: HostId,
        body: Vec<u8>,
    },
    /// For this host's holder of jobs: words about files of the worker at that host.
    Shipped {
        from: HostId,
        body: Vec<u8>,
    },
    /// To the daemon that leads: this host is linked, or linked again; what was on its way to it
    /// or from it may be lost.
    HostUp {
        host: HostId,
        incarnation: Incarnation,
    },
    /// This life of a host counts as over.
    HostLost {
        host: HostId,
        incarnation: Incarnation,
    },
    /// A front end is gone, and with it the names that it held. `first` is its first id.
    ClientGone {
        link: LinkId,
        first: CommandId,
    },
    /// These processes of a command of this daemon are over, wherever they ran.
    Over {
        command: CommandId,
        rank: Rank,
        count: u32,
    },
    /// End everything and exit.
    Exit {
        purge: bool,
    },
}
