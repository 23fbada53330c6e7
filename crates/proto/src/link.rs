//! What is known of one connection.

use crate::pass::Guest;
use crate::{Peer, Time};
use posse_wire::msg::Join;
use posse_wire::{CommandId, HostId, Incarnation, ProcessId};
use std::collections::{BTreeSet, VecDeque};

/// A link's standing. Only an open link may speak of anything but the handshake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// The handshake is not over.
    New,
    /// A front end.
    Client,
    /// A process of this host that takes part in messages.
    Process,
    /// A front end that the daemon that leads serves: see `pass.rs`.
    Passed(Guest),
    /// The daemon above.
    Parent,
    /// The daemon of this host, below.
    Child(HostId),
}

#[derive(Debug)]
pub(crate) struct Link {
    pub peer: Peer,
    pub standing: Standing,
    pub opened: Time,
    pub heard: Time,
    pub sent: Time,
    pub suspect: bool,
    pub rtt_us: u32,
    /// Heartbeats sent on it; every sixteenth asks for an echo.
    pub beats: u64,
    /// The client wants events under this id.
    pub watch: Option<CommandId>,
    /// The first id that the client was given.
    pub first: Option<CommandId>,
    /// A front end of another host's daemon; this link is not one of the shell's.
    pub guest: Option<Guest>,
    /// As which the process has enrolled.
    pub process: Option<ProcessId>,
    /// As which the child was welcomed.
    pub welcomed: Incarnation,
    /// Hosts reached through a child, itself included.
    pub reaches: BTreeSet<HostId>,
    /// Hosts below that asked to be admitted, in the order of their [`crate::Effect::Admit`].
    pub joining: VecDeque<Join>,
    /// Commands that are over, to be told to the child with the next heartbeat.
    pub settled: Vec<CommandId>,
    /// Said in the child's hello, until the owner signed.
    pub hello: Option<crate::handshake::ChildHello>,
}

impl Link {
    pub fn new(peer: Peer, now: Time) -> Self {
        Link {
            peer,
            standing: Standing::New,
            opened: now,
            heard: now,
            sent: now,
            suspect: false,
            rtt_us: 0,
            beats: 0,
            watch: None,
            first: None,
            guest: None,
            process: None,
            welcomed: Incarnation::default(),
            reaches: BTreeSet::new(),
            joining: VecDeque::new(),
            settled: Vec::new(),
            hello: None,
        }
    }

    /// The daemon of `host` may speak now: while its ticket was being signed it had to be silent.
    pub fn admit(&mut self, host: HostId, now: Time) {
        self.standing = Standing::Child(host);
        self.heard = now;
    }

    pub fn child(&self) -> Option<HostId> {
        match self.standing {
            Standing::Child(host) => Some(host),
            _ => None,
        }
    }

    pub fn is_client(&self) -> bool {
        self.standing == Standing::Client
    }

    /// A front end or process of this user: the kernel says when it is gone, so it need not beat.
    pub fn is_served(&self) -> bool {
        use Standing::{Client, Passed, Process};
        matches!(self.standing, Client | Process | Passed(_))
    }

    pub fn is_daemon(&self) -> bool {
        matches!(self.standing, Standing::Parent | Standing::Child(_))
    }
}
