//! The register of frame kinds: number, name, largest body. A number is never reused; a dead kind
//! keeps its row with the reason. `docs/reference/wire.md` is generated from this table.

use crate::{WireError, limits};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $max:expr;)+) => {
        /// What a frame is. The discriminant is the number on the wire.
        #[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum Kind { $($(#[doc = $doc])+ $name = $number,)+ }

        impl Kind {
            /// Every kind, in the order of the register.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)+];

            pub fn from_number(number: u16) -> Result<Kind, WireError> {
                match number {
                    $($number => Ok(Kind::$name),)+
                    other => Err(WireError::UnknownKind(other)),
                }
            }

            pub fn name(self) -> &'static str {
                match self { $(Kind::$name => stringify!($name),)+ }
            }

            /// The largest body a peer may send in a frame of this kind.
            pub fn body_max(self) -> usize {
                match self { $(Kind::$name => $max,)+ }
            }

            /// What the kind is for, as the reference prints it.
            pub fn doc(self) -> &'static str {
                match self { $(Kind::$name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

impl Kind {
    /// Whether a peer may say it before it is known who that is.
    pub fn is_of_handshake(self) -> bool {
        matches!(self, Kind::Hello | Kind::Welcome | Kind::Refused)
    }
}

const SMALL: usize = 256;
const HELLO: usize = limits::UNAUTHENTICATED_FRAME_BYTES_MAX;
const CONTROL: usize = limits::CONTROL_FRAME_BYTES_MAX;
const STREAM: usize = limits::STREAM_FRAME_BYTES_MAX;
const DATA: usize = limits::DATA_FRAME_BYTES_MAX;
const ASK: usize = limits::GROUP_FRAME_BYTES_MAX;
const MAIL: usize = limits::MAIL_FRAME_BYTES_MAX;
const MESSAGE: usize = limits::MESSAGE_FRAME_BYTES_MAX;

kinds! {
    /// First frame of a link, from the side that opened it: version, vm, who.
    Hello = 1, HELLO;
    /// Answer to `Hello`: accepted, and what the peer needs to begin.
    Welcome = 2, CONTROL;
    /// Answer to `Hello`, or the last frame of a link: closed for this reason.
    Refused = 3, HELLO;
    /// Nothing else to say, still alive.
    Heartbeat = 4, SMALL;
    /// Child to parent: hosts that are no longer reached through it.
    Reach = 5, CONTROL;
    /// Parent to child: end everything of the vm and exit.
    Down = 6, SMALL;
    /// Child to parent: a daemon linked to the sender asks the owner to be admitted.
    Join = 7, CONTROL;
    /// Parent to child: the owner's word on a host below, admitted or not.
    Admission = 8, CONTROL;
    /// Host to a front end that dialed from elsewhere: who leads the vm, and where.
    Leader = 9, HELLO;
    /// Parent to child: this host leads the vm now.
    Led = 10, SMALL;
    /// Who leads to a host: look for another one at its port, and be its relay.
    Seek = 11, HELLO;
    /// Child to parent: a host that was to be looked for is not reached from here.
    Sought = 12, HELLO;
    /// Child to parent: a host below is not heard, or is again.
    Doubt = 13, SMALL;

    /// Start a command's processes on the named hosts.
    Spawn = 16, CONTROL;
    /// Bytes a process wrote; towards the front end.
    Output = 17, STREAM;
    /// Bytes of an output consumed; towards the source.
    OutputAck = 18, SMALL;
    /// Bytes for the stdin of one process or all; away from the front end.
    Input = 19, STREAM;
    /// Bytes of the stdin that a process took; towards the front end.
    InputAck = 20, SMALL;
    /// A signal for one process or all of a command.
    Signal = 21, SMALL;
    /// End the command: polite signal, then SIGKILL for it and its descendants.
    End = 22, SMALL;
    /// A process of the command is over, or will never be.
    Exit = 23, CONTROL;
    /// The terminal of the front end has a new size.
    Resize = 24, SMALL;
    /// A client follows a detached command from the start of its kept output.
    Attach = 25, SMALL;

    /// Parent to child: these commands are over for their front ends, forget what is kept of them.
    Settled = 26, CONTROL;
    /// Child to parent: a host's answer to a spawn again; what it says from here on has no gap.
    Resumed = 27, SMALL;
    /// Owner to a host: the commands that are waited for there; others of it are given up.
    Current = 28, CONTROL;
    /// Child to parent: a detached command of an origin that may be lost, to be taken over.
    Offer = 29, CONTROL;

    /// A question to the named hosts, answered once by each.
    Query = 32, CONTROL;
    /// One host's answer to a query.
    Reply = 33, CONTROL;
    /// Between the daemons that hold the control state, or ask it: Raft's messages and questions.
    Control = 34, CONTROL;

    /// Client to owner's daemon: bring these hosts up.
    Up = 48, CONTROL;
    /// How the launch of one host goes, and how it ended.
    Launch = 49, CONTROL;
    /// A question of a launcher for the person at the terminal.
    Ask = 50, HELLO;
    /// The person's answer.
    Answer = 51, HELLO;
    /// Client to owner's daemon: take these hosts out of the vm.
    Remove = 52, CONTROL;
    /// Client to owner's daemon: the list of hosts, please; and its answer.
    Hosts = 53, CONTROL;
    /// Client to daemon: keep this setting of the vm (directory, exports, masks).
    Set = 54, CONTROL;
    /// Client to daemon: the list of commands, please; and its answer.
    Commands = 55, CONTROL;
    /// Client to daemon: tell me what happens from now on.
    Watch = 56, SMALL;
    /// Something happened: a host came, went, was suspected.
    Event = 57, CONTROL;
    /// Answer to a client's request that has no other answer.
    Done = 58, CONTROL;
    /// Owner's daemon to a host: launch another host from there.
    Deploy = 59, CONTROL;
    /// Client to daemon: register, look up, list, wait for or watch names.
    Names = 60, CONTROL;
    /// The registry's answer, and each change that is watched.
    Named = 61, CONTROL;
    /// Client to owner's daemon: who votes on the control state, please; and its answer.
    Voters = 62, SMALL;
    /// Client to owner's daemon: the voters are lost for good, go on without them.
    Recover = 63, SMALL;

    /// Between siblings: bytes that measure the link; as many come back.
    Burst = 64, STREAM;

    /// Part of a message; the id is the process that it is for.
    Message = 80, MESSAGE;
    /// A process at the private socket wants to take part in messages.
    Enrol = 81, SMALL;
    /// The answer: its id from here on.
    Enrolled = 82, SMALL;
    /// A process wants to know when that of the id is over.
    Follow = 83, SMALL;
    /// To the process of the id: another one is over.
    Gone = 84, CONTROL;
    /// Parent to child: hosts are down, and with them their processes.
    Lost = 85, CONTROL;
    /// A client's frame on the way to the daemon that leads, or an answer on the way back.
    Passed = 86, CONTROL;
    /// A process to the daemon that leads: groups, barriers, contexts.
    Group = 88, ASK;
    /// The answer, at once or when a wait is over.
    Grouped = 89, CONTROL;
    /// A process to the daemon that leads: put into the mailbox, read it.
    Mail = 90, MAIL;
    /// The answer, or word that an entry of the process was taken.
    Mailed = 91, MAIL;
    /// A process to its daemon: a way to the process of the id that needs no daemon, please.
    Meet = 92, SMALL;
    /// To a process, with descriptors: such a way to the process of the id, which is of its host.
    Met = 93, SMALL;
    /// A process to its daemon: the way to the process of the id is closed.
    Part = 94, SMALL;
    /// Between daemons: a process wants a direct link to that of the id, and this is its key.
    Introduce = 95, HELLO;
    /// To a process: that of the id has this key, and can be called there.
    Introduced = 96, HELLO;
    /// To a process, with a descriptor: a connection that the process of the id has made.
    Called = 97, SMALL;

    /// Client to the daemon that leads: a question to the task farm, or a part of one.
    Job = 100, CONTROL;
    /// The answer, or a part of it; several where a job is followed.
    Jobs = 101, CONTROL;
    /// Parent to child: orders of a holder of jobs for a host.
    Lease = 102, CONTROL;
    /// Child to parent: what became of tasks, for their holder.
    Leased = 103, CONTROL;
    /// Child to parent: a part of a file, by its content, please.
    Bring = 106, SMALL;
    /// Parent to child: the part, or why there is none.
    Brought = 107, DATA;
    /// Parent to child: words of a holder of jobs about files of tasks, for a host.
    Ship = 108, CONTROL;
    /// Child to parent: a host's words about files of tasks, and parts of outputs, for a holder.
    Shipped = 109, CONTROL;
}
