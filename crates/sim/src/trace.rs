//! The time line of a replay: one line an event, which a person can read aloud. Lines are only
//! made where somebody wants them. Columns: see `docs/internals/simulator.md`.

use posse_wire::{CommandId, Frame, Kind, Message, ProcessId, StreamAck, StreamChunk, msg};
use std::fmt;

/// Who acts: the second column.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    Host(usize),
    Front(usize),
    Talker(usize),
    World,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Place::Host(host) => format!("h{host}"),
            Place::Front(front) => format!("f{front}"),
            Place::Talker(talker) => format!("p{talker}"),
            Place::World => "--".to_owned(),
        };
        f.pad(&text)
    }
}

#[derive(Debug, Default)]
pub struct Trace {
    pub on: bool,
    pub lines: Vec<String>,
}

impl Trace {
    pub fn line(&mut self, now: u64, place: Place, what: impl FnOnce() -> String) {
        if self.on {
            let (s, us) = (now / 1_000_000, now % 1_000_000);
            self.lines.push(format!("{s:>4}.{us:06}  {place:<4} {}", what()));
        }
    }
}

pub fn id(id: CommandId) -> String {
    format!("{}:{}", id.origin(), id.0 as u32)
}

/// A frame in words.
pub fn frame(frame: &Frame) -> String {
    let name = frame.kind.name();
    let body = match frame.kind {
        Kind::Heartbeat => return name.to_owned(),
        Kind::Output | Kind::Input => StreamChunk::decode(frame).map(|c| {
            let end = if c.end { ", end" } else { "" };
            let (rank, fd) = (rank(c.rank), c.fd.0);
            format!("rank {rank} fd {fd} bytes {}..{}{end}", c.offset, c.upto())
        }),
        Kind::OutputAck | Kind::InputAck => StreamAck::decode(frame).map(|a| {
            let closed = if a.closed { ", closed" } else { "" };
            let again = if a.again { ", send again from there" } else { "" };
            format!("rank {} fd {} up to {}{closed}{again}", rank(a.rank), a.fd.0, a.offset)
        }),
        Kind::Exit => msg::Exit::decode(frame)
            .map(|e| format!("rank {} count {} {:?}", e.rank.0, e.count, e.status)),
        Kind::Spawn => msg::Spawn::decode(frame).map(|s| {
            let hosts: Vec<String> = s.targets.iter().map(|t| format!("h{}", t.host)).collect();
            let again = if s.again { "again, " } else { "" };
            let again = if s.anew != 0 { "anew, " } else { again };
            format!("{again}{} processes, here {}", s.size, hosts.join(" "))
        }),
        Kind::Offer => msg::Offer::decode(frame).map(|o| {
            let of = |t: &msg::Target| format!("h{} from {} {}", t.host, t.first.0, t.count);
            let parts: Vec<String> = o.targets.iter().map(of).collect();
            parts.join(", ")
        }),
        Kind::End => msg::End::decode(frame).map(|e| format!("signal {}", e.signal)),
        Kind::Resumed => msg::Resumed::decode(frame).map(|r| format!("h{}", r.host)),
        Kind::Settled => msg::Settled::decode(frame).map(|s| {
            let ids: Vec<String> = s.commands.into_iter().map(id).collect();
            ids.join(" ")
        }),
        Kind::Refused => msg::Refused::decode(frame).map(|r| r.reason),
        Kind::Join => msg::Join::decode(frame).map(|j| format!("h{}", j.number)),
        Kind::Reach => msg::Reach::decode(frame).map(|r| format!("lost {:?}", r.down)),
        Kind::Message => msg::Packet::decode(frame)
            .map(|p| format!("{} to {}, {} bytes", p.from, p.to, p.bytes.len())),
        Kind::Follow => {
            msg::Follow::decode(frame).map(|f| format!("{} by {}", ProcessId(frame.id.0), f.by))
        }
        Kind::Gone => msg::Gone::decode(frame)
            .map(|g| format!("{} to {}: {}", g.process, ProcessId(frame.id.0), g.why)),
        Kind::Lost => msg::Lost::decode(frame).map(|l| format!("{:?}", l.hosts)),
        Kind::Group => msg::Group::decode(frame).map(|g| format!("by {} {:?}", g.by, g.ask)),
        Kind::Grouped => msg::Grouped::decode(frame).map(|g| format!("{g:?}")),
        Kind::Mail => msg::Mail::decode(frame).map(|m| format!("by {} {}", m.by, mail(&m.ask))),
        _ => Ok(String::new()),
    };
    let body = body.unwrap_or_else(|error| error.to_string());
    let of_processes = matches!(frame.kind, Kind::Message | Kind::Follow | Kind::Gone);
    if frame.id == CommandId::NONE || of_processes {
        return format!("{name} {body}").trim_end().to_owned();
    }
    format!("{name} {} {body}", id(frame.id)).trim_end().to_owned()
}

fn mail(ask: &msg::MailAsk) -> String {
    match ask {
        msg::MailAsk::Put { seq, name, .. } => format!("Put {name}, its change {seq}"),
        msg::MailAsk::Keep { name, at, .. } => format!("Keep {name} {at:?}"),
        other => format!("{other:?}"),
    }
}

fn rank(rank: posse_wire::Rank) -> String {
    if rank == posse_wire::Rank::ALL { "all".to_owned() } else { rank.0.to_string() }
}
