//! The values that go to and from a [`Machine`](super::Machine).
//!
//! Plain data, no behaviour but matching. Used by `task/` and every machine.

use std::time::Instant;

use bytes::Bytes;

use crate::Tid;

/// Who a task is, and what it inherited from its parent.
#[derive(Clone, Debug, Default)]
pub struct Me {
    pub tid: i32,
    pub parent: Parent,
    /// What [`Machine::siblings`](super::Machine::siblings) gives where it asks nobody.
    pub siblings: Vec<Tid>,
    pub context: i32,
    /// Where its output goes, as its children's will by default: tid, tag, context.
    pub output: (i32, i32, i32),
    pub trace: (i32, i32, i32),
}

impl Me {
    pub fn tid(&self) -> Tid {
        Tid(self.tid)
    }
}

#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Parent {
    /// Started by hand.
    #[default]
    None,
    Task(Tid),
    /// Spawned with `PvmNoSpawnParent`.
    Unnamed,
}

/// What a program's message carries besides its body.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Label {
    pub context: i32,
    pub tag: i32,
    pub wait_id: i32,
    /// [`Encoding::wire`](crate::encoding::Encoding::wire).
    pub encoding: u32,
}

/// What of a label stands before a body: encoding and wait id, little-endian.
pub const LABEL_BYTES: usize = 8;

impl Label {
    /// Those bytes.
    pub fn encode(&self) -> [u8; LABEL_BYTES] {
        let mut out = [0; LABEL_BYTES];
        out[..4].copy_from_slice(&self.encoding.to_le_bytes());
        out[4..].copy_from_slice(&self.wait_id.to_le_bytes());
        out
    }
}

/// Which messages are wanted; `None` is any.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Want {
    pub from: Option<Tid>,
    pub tag: Option<i32>,
    pub context: Option<i32>,
}

impl Want {
    pub const ANY: Want = Want { from: None, tag: None, context: None };

    pub fn takes(&self, from: Tid, context: i32, tag: i32) -> bool {
        self.from.is_none_or(|f| f == from)
            && self.tag.is_none_or(|t| t == tag)
            && self.context.is_none_or(|c| c == context)
    }

    /// Is there a message that both take?
    pub fn meets(&self, other: &Want) -> bool {
        fn same<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
            a.is_none() || b.is_none() || a == b
        }
        same(self.from, other.from)
            && same(self.tag, other.tag)
            && same(self.context, other.context)
    }
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Wait {
    No,
    Until(Instant),
    Forever,
}

/// A message that has come.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The order of arrival at this task; no two have the same.
    pub stamp: u64,
    pub from: Tid,
    pub label: Label,
    pub body: Bytes,
}

#[derive(Clone, Debug)]
pub enum Arrival {
    Wanted(Arrived),
    /// For the handler of this number.
    Handled(u32, Arrived),
}

/// A message that is stored instead of sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub label: Label,
    pub body: Bytes,
}

#[derive(Clone, Debug)]
pub struct Host {
    pub tid: Tid,
    pub name: String,
    /// PVM's name of the architecture, such as `LINUX64`.
    pub arch: String,
    /// 1000 is usual.
    pub speed: i32,
    pub signature: u32,
}

/// Whose state is asked for.
#[derive(Clone, Debug)]
pub enum Subject {
    Host(String),
    Task(Tid),
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Status {
    Well,
    Unreachable,
    Unknown,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Tasks {
    All,
    OfHost(Tid),
    One(Tid),
}

#[derive(Clone, Debug)]
pub struct TaskInfo {
    pub tid: Tid,
    /// 0 for one without a parent.
    pub parent: i32,
    pub host: Tid,
    pub flags: i32,
    /// Name of the program; empty for one that was started by hand.
    pub program: String,
    pub pid: i32,
}

/// The clock of a host: its time, and how far this host's is ahead of it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Clock {
    pub remote_us: i64,
    pub delta_us: i64,
}

/// `pvm_spawn`, with what children inherit.
#[derive(Clone, Debug)]
pub struct Spawn {
    pub program: String,
    pub args: Vec<Vec<u8>>,
    /// Flags of `pvm_spawn(3PVM)`.
    pub flags: i32,
    /// As the program gave it: `host`, `arch`, with `:directory` at the end.
    pub place: String,
    pub count: usize,
    /// What `PVM_EXPORT` names, and that variable itself.
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
    pub context: i32,
    pub output: (i32, i32, i32),
    pub trace: (i32, i32, i32),
}

/// `pvm_notify`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub about: About,
    pub context: i32,
    pub tag: i32,
    pub cancel: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum About {
    TaskExit(Vec<Tid>),
    HostDelete(Vec<Tid>),
    /// For so many times, -1 without end, 0 no more.
    HostAdd(i32),
    /// The same of routes that this task asks for, and the end of those to these tasks.
    RouteAdd(i32),
    RouteDelete(Vec<Tid>),
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Role {
    Hoster,
    Tasker,
    ResourceManager,
    Tracer,
}

/// A class of the mailbox, as `pvm_getmboxinfo` lists it.
#[derive(Clone, Debug)]
pub struct Class {
    pub name: String,
    pub entries: Vec<Entry>,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub index: i32,
    /// 0 once it has gone.
    pub owner: i32,
    pub flags: i32,
}
