//! One question to many hosts, one answer from each.

use super::Vm;
use crate::answers::{Pending, WhenFull, decode};
use crate::{Error, HostId};
use posse_wire::msg::{Answered, EnrolledEntry, Query, Question, Reply};
use posse_wire::{CommandId, Kind, Message, ProcessId, limits};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// The answers to a question, as they come: exactly one per host that was asked. A host that does
/// not answer in time has [`Answered::Lost`]. After an error nothing follows.
pub struct Replies {
    pending: Pending,
    waiting: HashSet<HostId>,
    timeout: Duration,
    deadline: Instant,
}

impl Vm {
    /// Asks these hosts; whoever has not answered after `timeout` counts as lost.
    pub fn query(
        &self,
        hosts: &[HostId],
        question: Question,
        timeout: Duration,
    ) -> Result<Replies, Error> {
        let mut targets = hosts.to_vec();
        targets.sort();
        targets.dedup();
        let waiting: HashSet<HostId> = targets.iter().copied().collect();
        let query = Query { targets, question };
        query.check().map_err(|error| Error::Command(error.to_string()))?;
        let (kinds, bound) = (&[Kind::Reply], waiting.len() + 1);
        let link = &self.inner.link;
        let pending = Pending::send(link, kinds, bound, WhenFull::Refuse, |id| query.frame(id))?;
        let now = Instant::now();
        let deadline = now.checked_add(timeout).unwrap_or(now + posse_wire::limits::QUERY_WITHIN);
        Ok(Replies { pending, waiting, timeout, deadline })
    }

    /// Every process that has an id on these hosts: of one command, or all. A host that does not
    /// answer has none.
    pub fn enrolled(
        &self,
        hosts: &[HostId],
        command: Option<CommandId>,
    ) -> Result<Vec<EnrolledEntry>, Error> {
        let question = Question::Enrolled { command };
        let mut all = Vec::new();
        for reply in self.query(hosts, question, limits::QUERY_WITHIN)? {
            if let Answered::Enrolled(entries) = reply?.answer {
                all.extend(entries);
            }
        }
        Ok(all)
    }

    /// The processes of a command of this size, by rank; `None` where one is over, or its host was
    /// down before. [`Error::NotDone`] where a host does not answer: nothing is known of those.
    pub fn members(
        &self,
        command: CommandId,
        size: usize,
    ) -> Result<Vec<Option<ProcessId>>, Error> {
        let hosts = self.hosts();
        let hosts: Vec<HostId> =
            hosts.iter().filter(|host| host.is_up()).map(|host| host.number).collect();
        let mut members = vec![None; size];
        for reply in self.query(&hosts, Question::Members { command }, limits::QUERY_WITHIN)? {
            let those = match reply?.answer {
                Answered::Members(those) => those,
                Answered::Lost { why } => return Err(Error::NotDone { reason: why }),
                _ => continue,
            };
            for (rank, process) in those {
                if let Some(member) = members.get_mut(rank.0 as usize) {
                    *member = Some(process);
                }
            }
        }
        Ok(members)
    }
}

impl Iterator for Replies {
    type Item = Result<Reply, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.waiting.is_empty() {
            let reply: Result<Reply, Error> =
                self.pending.next(Some(self.deadline)).and_then(|frame| decode(&frame));
            match reply {
                // A second answer of a host changes nothing.
                Ok(reply) if !self.waiting.remove(&reply.host) => {}
                Ok(reply) => return Some(Ok(reply)),
                Err(Error::Deadline) => {
                    let host = self.waiting.iter().copied().min()?;
                    self.waiting.remove(&host);
                    let why = format!("no answer within {:?}", self.timeout);
                    return Some(Ok(Reply { host, answer: Answered::Lost { why } }));
                }
                Err(error) => {
                    self.waiting.clear();
                    return Some(Err(error));
                }
            }
        }
        None
    }
}
