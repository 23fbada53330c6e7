//! Messages and questions in words, for the time line. Called by `feed`.

use super::world::{Ask, Reply};
use posse_control::consensus::{Body, LogEntry, Matter};
use posse_control::state::{Command, HostRow, Proposal};

pub fn body(body: &Body) -> String {
    let message = match body {
        Body::Raft(message) | Body::Offer { message, .. } => message,
        Body::Chunk { index, chunk, bytes } => {
            return format!("Chunk {chunk} of snapshot {index}, {} bytes", bytes.len());
        }
        Body::ChunkWanted { index, chunk: u64::MAX } => return format!("has snapshot {index}"),
        Body::ChunkWanted { index, chunk } => {
            return format!("wants chunk {chunk} of snapshot {index}");
        }
        Body::Fenced => return "Fenced".to_owned(),
    };
    let no = if message.is_rejection { ", no" } else { "" };
    let entries: Vec<String> = message.entries.iter().map(entry).collect();
    let (name, term, index, commit) = (message.name(), message.term, message.index, message.commit);
    let with = if entries.is_empty() { "" } else { ": " };
    format!("{name} term {term} at {index}, commit {commit}{no}{with}{}", entries.join(", "))
}

fn entry(entry: &LogEntry) -> String {
    let what = match &entry.matter {
        Matter::Nothing => "nothing".to_owned(),
        Matter::Command(bytes) => {
            Proposal::decode(bytes).map_or_else(|_| "nonsense".to_owned(), |p| proposal(&p))
        }
        Matter::Members(change) => format!("members {:?}", change.0),
        Matter::Settled => "settled".to_owned(),
    };
    format!("{} {what}", entry.index)
}

fn proposal(proposal: &Proposal) -> String {
    let Proposal { client, seq, command } = proposal;
    let what = match command {
        Command::Register { name, value, owner, .. } => {
            let value = String::from_utf8_lossy(value);
            format!("register {name}={value} for {}/{}", owner.host, owner.rank.0)
        }
        Command::Unregister { name, owner, .. } => {
            format!("unregister {name} of {}/{}", owner.host, owner.rank.0)
        }
        Command::ProcessGone(owner) => format!("process {}/{} is gone", owner.host, owner.rank.0),
        Command::Set { name, value } => {
            let value = value.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            format!("set {name}={value}")
        }
        Command::Hosts(rows) => {
            let row = |row: &HostRow| match &row.host {
                None => format!("{} removed", row.number),
                Some(host) => {
                    let is = if host.is_up() { "up" } else { "not up" };
                    format!("{} {is}, incarnation {}", row.number, host.incarnation.0)
                }
            };
            let rows: Vec<String> = rows.iter().map(row).collect();
            format!("hosts: {}", rows.join(", "))
        }
        other => format!("{other:?}"),
    };
    format!("#{}.{seq} {what}", client.0)
}

pub fn ask(ask: &Ask) -> String {
    match ask {
        Ask::Change(change) => proposal(change),
        Ask::LookUp(name) => format!("look up {name}"),
    }
}

pub fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Changed(answer) => format!("{answer:?}"),
        Reply::Found(None) => "nobody has it".to_owned(),
        Reply::Found(Some((value, version))) => {
            format!("{} in version {version}", String::from_utf8_lossy(value))
        }
        Reply::Refused(refused) => format!("no: {refused}"),
    }
}
