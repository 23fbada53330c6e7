//! Questions to many hosts: split by link on the way down, answered once by each host, a lost
//! host answered for by the daemon that lost it.

use crate::{Daemon, Effect, LinkId, Time};
use posse_wire::msg::{Answered, Query, Question, Reply};
use posse_wire::{CommandId, Frame, HostId, Message, WireError, limits};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug)]
struct Pending {
    up: LinkId,
    asked: Time,
    /// Who has not answered yet, and through which link; `None` for this host itself.
    waiting: BTreeMap<HostId, Option<LinkId>>,
}

#[derive(Debug, Default)]
pub(crate) struct Queries {
    pending: BTreeMap<CommandId, Pending>,
}

impl Queries {
    pub fn count(&self) -> usize {
        self.pending.len()
    }

    pub fn next_due(&self) -> Option<Time> {
        self.pending.values().map(|pending| pending.asked + limits::QUERY_WITHIN).min()
    }
}

impl Daemon {
    pub(crate) fn query(&mut self, up: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Query { targets, question } = Query::decode(frame)?;
        let id = frame.id;
        let mut pending = Pending { up, asked: self.now, waiting: BTreeMap::new() };
        let mut by_link: BTreeMap<LinkId, Vec<HostId>> = BTreeMap::new();
        let mut here = false;
        let targets: BTreeSet<HostId> = targets.into_iter().collect();
        for host in targets {
            if host == self.config.host {
                pending.waiting.insert(host, None);
                here = true;
            } else if let Some(link) = self.routes.below(host) {
                pending.waiting.insert(host, Some(link));
                by_link.entry(link).or_default().push(host);
            } else {
                let answer = Answered::Lost { why: "not reached from here".into() };
                self.send(up, Reply { host, answer }.frame(id));
            }
        }
        if pending.waiting.is_empty() {
            return Ok(());
        }
        let taken = self.queries.pending.contains_key(&id);
        if taken || self.queries.pending.len() >= limits::COMMANDS_MAX {
            let why = if taken { "this id is taken" } else { "too many questions at once" };
            for host in pending.waiting.into_keys() {
                let answer = Answered::Lost { why: why.into() };
                self.send(up, Reply { host, answer }.frame(id));
            }
            return Ok(());
        }
        self.queries.pending.insert(id, pending);
        for (link, targets) in by_link {
            self.send(link, Query { targets, question: question.clone() }.frame(id));
        }
        if here {
            match question {
                Question::Ping => self.answered(id, Answered::Pong),
                question => self.out.push(Effect::Answer { query: id, question }),
            }
        }
        Ok(())
    }

    /// This host's own answer.
    pub(crate) fn answered(&mut self, query: CommandId, answer: Answered) {
        self.settle(query, Reply { host: self.config.host, answer });
    }

    /// An answer from below, passed on where that host was asked through that link.
    pub(crate) fn reply(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let reply = Reply::decode(frame)?;
        let pending = self.queries.pending.get(&frame.id);
        let asked = pending.and_then(|pending| pending.waiting.get(&reply.host));
        if asked == Some(&Some(from)) {
            self.settle(frame.id, reply);
        }
        Ok(())
    }

    fn settle(&mut self, query: CommandId, reply: Reply) {
        let Some(pending) = self.queries.pending.get_mut(&query) else { return };
        if pending.waiting.remove(&reply.host).is_none() {
            return;
        }
        let up = pending.up;
        if pending.waiting.is_empty() {
            self.queries.pending.remove(&query);
        }
        self.send(up, reply.frame(query));
    }

    /// A link closed: what was asked through it gets no answer, what came over it wants none.
    pub(crate) fn queries_lost_link(&mut self, link: LinkId, why: &str) {
        self.queries.pending.retain(|_, pending| pending.up != link);
        self.give_up(why, |_, through| *through == Some(link));
    }

    pub(crate) fn queries_due(&mut self) {
        let now = self.now;
        let why = format!("no answer in {} s", limits::QUERY_WITHIN.as_secs());
        self.give_up(&why, |pending, _| now.since(pending.asked) >= limits::QUERY_WITHIN);
    }

    fn give_up(&mut self, why: &str, lost: impl Fn(&Pending, &Option<LinkId>) -> bool) {
        let mut settled = Vec::new();
        for (id, pending) in &self.queries.pending {
            let hosts = pending.waiting.iter().filter(|(_, through)| lost(pending, through));
            settled.extend(hosts.map(|(host, _)| (*id, *host)));
        }
        for (id, host) in settled {
            let answer = Answered::Lost { why: why.to_owned() };
            self.settle(id, Reply { host, answer });
        }
    }
}
