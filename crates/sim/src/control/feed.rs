//! Inputs into a host's voter, and what is done with its outputs.

use super::disk::Op;
use super::plant::Plant;
use super::words;
use super::world::{Ask, Event, Reply, World};
use crate::trace::Place;
use posse_control::consensus::{Input, Output, PeerMessage, Persist, SnapshotMeta};
use posse_control::state::Token;

/// A failed write is tried again after this.
const AGAIN_US: u64 = 300_000;

impl World {
    pub fn feed(&mut self, host: usize, input: Input) {
        if let Input::Persisted { number } = &input {
            self.votes_once(host, *number);
        }
        let local = self.hosts[host].local(self.now);
        let Some(node) = self.hosts[host].node.as_mut() else { return };
        let outputs = node.handle(local, input);
        for output in outputs {
            self.carry(host, output);
        }
        self.look_at(host);
        self.hosts[host].wake += 1;
        let h = &self.hosts[host];
        let Some(node) = h.node.as_ref() else { return };
        let wake = Event::Wake { host, life: h.life, number: h.wake };
        let at = h.world(node.wake_at());
        self.at(at.max(self.now + 100), wake);
    }

    fn carry(&mut self, host: usize, output: Output) {
        match output {
            Output::Send(message) => self.send(host, *message),
            Output::Persist(persist) => self.persist(host, persist),
            Output::Answer { token: Token(token), result } => {
                if result.is_ok() {
                    self.answered_durably(host);
                }
                let reply = result.map_or_else(Reply::Refused, Reply::Changed);
                self.reply(host, token, reply);
            }
            Output::Readable { token: Token(token), result } => match result {
                Ok(()) => self.look_up(host, token),
                Err(refused) => self.reply(host, token, Reply::Refused(refused)),
            },
            Output::Leader { leader, term } => self.new_leader(host, leader, term),
            Output::Changed(changes) => self.changed(host, &changes),
            Output::Replaced => self.ledger.forget_holders(host),
            Output::WriteSnapshot(meta) => {
                let mut chunks = vec![];
                while let Some(node) = self.hosts[host].node.as_mut()
                    && let Some(chunk) = node.snapshot_chunk()
                {
                    chunks.push(chunk);
                }
                self.tell(Place::Host(host), || format!("writes snapshot {}", meta.index));
                self.enqueue(host, Op::Snapshot(meta, chunks));
            }
            Output::StoreChunk { chunk, bytes, index } => {
                let incoming = &mut self.hosts[host].incoming;
                if chunk == 0 {
                    *incoming = (index, vec![]);
                }
                incoming.1.push(bytes);
            }
            Output::ReadSnapshot { to, index, chunk } => {
                let disk = &self.hosts[host].disk;
                if disk.meta.index == index {
                    let bytes = disk.chunks.get(chunk as usize).cloned().unwrap_or_default();
                    self.feed(host, Input::SnapshotRead { to, index, chunk, bytes });
                }
            }
            Output::Fenced { epoch } => {
                self.tell(Place::Host(host), || format!("is fenced by epoch {epoch}"));
                self.ledger.fenced.insert(host);
                self.begin_again(host);
            }
            Output::Damaged { why } => {
                self.wrong("kept", format!("host {host} says it is damaged: {why}"));
            }
        }
    }

    fn send(&mut self, from: usize, message: PeerMessage) {
        let to = message.to.host.0 as usize;
        self.trace.line(self.now, Place::Host(from), || {
            format!("-> h{to} {}", words::body(&message.body))
        });
        if let Err(error) = message.check() {
            self.wrong("limits", format!("host {from} sends what is refused: {error}"));
        }
        if to >= self.hosts.len() || self.is_cut(from, to) {
            return;
        }
        for _ in 0..self.copies() {
            let delay = self.delay();
            let message = Box::new(message.clone());
            self.after(delay, Event::Peer { to, message });
        }
    }

    fn persist(&mut self, host: usize, mut persist: Persist) {
        let number = persist.number;
        if let Some(hard) = persist.hard {
            self.hosts[host].promises.push((number, hard));
        }
        if self.is(Plant::ForgetVote)
            && let Some(hard) = persist.hard.as_mut()
        {
            hard.vote = None;
        }
        let op = match persist.snapshot {
            Some(_) => Op::Switch(persist, std::mem::take(&mut self.hosts[host].incoming.1)),
            None => Op::Append(persist),
        };
        self.enqueue(host, op);
        if self.is(Plant::AckBeforeFsync) {
            self.feed(host, Input::Persisted { number });
        }
    }

    fn enqueue(&mut self, host: usize, op: Op) {
        self.hosts[host].disk.queue.push_back(op);
        self.begin_write(host);
    }

    /// The next of the queue, if the disk is free.
    pub fn begin_write(&mut self, host: usize) {
        let (least, most) = self.plan.sync_us;
        let us = self.chance.between(least, most);
        let h = &mut self.hosts[host];
        if h.disk.busy.is_some() || h.disk.queue.is_empty() {
            return;
        }
        let life = h.life;
        if h.disk.is_full {
            self.after(AGAIN_US, Event::DiskAgain { host, life });
            self.feed(host, Input::DiskFailed);
            return;
        }
        let us = h.sync_us.unwrap_or(us);
        let Some(op) = h.disk.queue.pop_front() else { return };
        let us = match &op {
            Op::Append(persist) => {
                h.disk.write(persist);
                if persist.must_sync { us } else { 0 }
            }
            Op::Switch(..) | Op::Snapshot(..) => us * 3,
        };
        h.disk.busy = Some(op);
        self.after(us, Event::Synced { host, life });
    }

    pub fn synced(&mut self, host: usize) {
        let h = &mut self.hosts[host];
        let Some(op) = h.disk.busy.take() else { return };
        let input = match op {
            Op::Append(persist) => {
                if persist.must_sync {
                    h.disk.synced(&persist);
                }
                Input::Persisted { number: persist.number }
            }
            Op::Switch(persist, chunks) => {
                let (meta, hard) = (persist.snapshot.clone(), persist.hard);
                let hard = hard.unwrap_or(h.disk.durable.hard);
                h.disk.switch(meta.unwrap_or_default(), chunks, hard, persist.entries);
                Input::Persisted { number: persist.number }
            }
            Op::Snapshot(meta, chunks) => self.switched(host, meta, chunks),
        };
        self.feed(host, input);
        if self.hosts[host].crash_on_vote.is_some()
            && self.hosts[host].disk.durable.hard.vote.is_some()
        {
            self.crash_behind_vote(host);
        }
        self.begin_write(host);
    }

    /// Our own snapshot is written, and with it a log that holds all that waits in the queue.
    fn switched(&mut self, host: usize, meta: SnapshotMeta, chunks: Vec<Vec<u8>>) -> Input {
        let h = &mut self.hosts[host];
        let index = meta.index;
        let is_past = h.disk.queue.iter().any(|op| matches!(op, Op::Switch(..)));
        let Some(node) = h.node.as_ref().filter(|_| !is_past && h.disk.meta.index < index) else {
            return Input::SnapshotWritten { index };
        };
        let (hard, log) = node.log();
        h.disk.switch(meta, chunks, hard, log);
        let over = h.disk.queue.drain(..).filter_map(|op| match op {
            Op::Append(persist) => Some(persist.number),
            Op::Switch(..) | Op::Snapshot(..) => None,
        });
        if let Some(number) = over.max() {
            self.feed(host, Input::Persisted { number });
        }
        Input::SnapshotWritten { index }
    }

    /// A client's question has come to a host.
    pub fn asked(&mut self, host: usize, client: usize, token: u64, ask: Ask) {
        let now = self.now;
        self.asks.insert(token, (client, ask.clone()));
        self.hosts[host].asked.insert(token, now);
        match ask {
            Ask::Change(proposal) => {
                self.feed(host, Input::Propose { token: Token(token), proposal });
            }
            Ask::LookUp(_) if self.is(Plant::StaleRead) && self.hosts[host].leads() => {
                self.look_up(host, token);
            }
            Ask::LookUp(_) => self.feed(host, Input::Read { token: Token(token) }),
        }
    }

    fn look_up(&mut self, host: usize, token: u64) {
        let Some((_, Ask::LookUp(name))) = self.asks.get(&token) else { return };
        let Some(node) = self.hosts[host].node.as_ref() else { return };
        let found = node.state().names.get(name);
        let found = found.map(|found| (found.value.to_vec(), found.version));
        self.reply(host, token, Reply::Found(found));
    }

    fn reply(&mut self, host: usize, token: u64, reply: Reply) {
        self.hosts[host].asked.remove(&token);
        let Some((client, ask)) = self.asks.remove(&token) else { return };
        self.tell(Place::Host(host), || format!("{}: {}", words::ask(&ask), words::reply(&reply)));
        match &reply {
            Reply::Refused(_) => self.report.refused += 1,
            _ => self.report.answered += 1,
        }
        if self.is_cut(host, self.place_of(client)) {
            return;
        }
        for _ in 0..self.copies() {
            let delay = self.delay();
            self.after(delay, Event::Reply { client, token, reply: Box::new(reply.clone()) });
        }
    }
}
