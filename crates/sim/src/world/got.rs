//! What reaches a front end, and what it answers: credit, more stdin, its next job.

use super::job::{Act, Feed, GRACE_MS, Member};
use super::{Event, World};
use crate::check::truth::Truth;
use crate::check::{bytes, exits, refusals, replies, window};
use crate::plan::MS;
use crate::trace;
use posse_proto::Daemon;
use posse_wire::msg::{Done, Exit, HostState, Refused, Reply, Welcome};
use posse_wire::{
    CommandId, Fd, Frame, HostId, Kind, Message, Rank, StreamAck, StreamChunk, WireError,
};

/// The largest piece of stdin in a frame.
const PIECE: u64 = 8 * 1024;

impl World {
    pub fn front_got(&mut self, front: usize, frame: &Frame) {
        if self.fronts[front].is_over() {
            return;
        }
        if let Err(error) = self.front_takes(front, frame) {
            let held = Err(format!("{} does not decode: {error}", frame.kind.name()));
            self.must("limits", held, || format!("f{front}"));
        }
    }

    fn front_takes(&mut self, front: usize, frame: &Frame) -> Result<(), WireError> {
        match frame.kind {
            Kind::Welcome => {
                self.fronts[front].next_id = Welcome::decode(frame)?.command_first;
                self.after(0, Event::Front { front, act: Act::Next });
            }
            Kind::Output => self.output(front, frame.id, StreamChunk::decode(frame)?),
            Kind::InputAck => self.input_ack(front, frame.id, StreamAck::decode(frame)?),
            Kind::Exit => self.exit(front, frame.id, &Exit::decode(frame)?),
            Kind::Reply => self.reply(front, frame.id, &Reply::decode(frame)?),
            Kind::Done => self.done(front, frame.id, &Done::decode(frame)?),
            Kind::Refused => {
                let held = refusals::expected(&Refused::decode(frame)?.reason);
                self.must("refusals", held, || format!("f{front}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn output(&mut self, front: usize, id: CommandId, chunk: StreamChunk) {
        let Some(run) = self.fronts[front].run.as_mut().filter(|run| run.id == id) else { return };
        let (rank, fd) = (chunk.rank, chunk.fd);
        let over = run.over.get(rank.0 as usize).copied().unwrap_or(true);
        let Some(sink) = run.sinks.get_mut(&(rank, fd)) else {
            let held = Err(format!("a stream nobody asked for: rank {} fd {}", rank.0, fd.0));
            return self.must("bytes", held, || trace::id(id));
        };
        let mut held = bytes::arrived(sink, &self.pattern, &chunk);
        if over {
            held = Err("output after the exit".to_owned());
        }
        let bounded = window::output(sink, run.window, &chunk);
        let news = chunk.upto().saturating_sub(sink.got);
        sink.got = sink.got.max(chunk.upto());
        sink.ended |= chunk.end;
        let reads = run.us_per_kib * news / 1024;
        run.busy_until = run.busy_until.max(self.now) + reads;
        let (at, kept, closes) = (run.busy_until, run.kept, sink.got >= run.enough && !sink.closed);
        sink.closed |= closes && !kept;
        let about = || format!("rank {} fd {} of {}", rank.0, fd.0, trace::id(id));
        self.must("bytes", held, about);
        self.must("window", bounded, about);
        if closes && !kept {
            let ack = StreamAck { rank, fd, offset: chunk.upto(), closed: true, again: false };
            self.front_sends(front, ack.frame(Kind::OutputAck, id));
        } else if !kept {
            let act = Act::Consume { id, rank, fd, upto: chunk.upto() };
            self.at(at, Event::Front { front, act });
        }
    }

    pub fn consume(&mut self, front: usize, id: CommandId, rank: Rank, fd: Fd, upto: u64) {
        let Some(run) = self.fronts[front].run.as_mut().filter(|run| run.id == id) else { return };
        let window = run.window;
        let Some(sink) = run.sinks.get_mut(&(rank, fd)) else { return };
        sink.consumed = sink.consumed.max(upto);
        if sink.consumed - sink.acked >= window / 2 && !sink.closed && !sink.ended {
            sink.acked = sink.consumed;
            let ack = StreamAck { rank, fd, offset: sink.acked, closed: false, again: false };
            self.front_sends(front, ack.frame(Kind::OutputAck, id));
        }
    }

    fn exit(&mut self, front: usize, id: CommandId, exit: &Exit) {
        let (faults, two_lead) = (self.faults_fired > 0, self.is_split());
        for rank in exit.rank.0..exit.rank.0 + exit.count {
            let rank = Rank(rank);
            let Some(run) = self.fronts[front].run.as_mut().filter(|run| run.id == id) else {
                return;
            };
            let Some(over) = run.over.get_mut(rank.0 as usize) else { return };
            let once = exits::once(std::mem::replace(over, true));
            let hopeless = run.hopeless.contains(&rank);
            let truth = self.truth.known(id, rank);
            let honest = exits::truthful(&exit.status, truth, faults || hopeless);
            let leader = self.hosts[self.voted.leader].daemon.as_ref();
            let excused = hopeless || two_lead || may_be_lost(&self.truth, leader, id, rank);
            let patient = exits::patient(&exit.status, truth, excused);
            let streams = run.sinks.range((rank, Fd(0))..=(rank, Fd(u16::MAX)));
            let whole = streams
                .map(|((_, fd), sink)| bytes::complete(sink, *fd, &exit.status, truth))
                .find(Result::is_err)
                .unwrap_or(Ok(()));
            if let Some(feed) = &mut run.stdin {
                feed.members.remove(&rank);
            }
            let about = || format!("rank {} of {}", rank.0, trace::id(id));
            self.must("exits", once, about);
            self.must("exits", honest, about);
            self.must("exits", patient, about);
            self.must("bytes", whole, about);
        }
        self.pump(front);
        let run = self.fronts[front].run.as_ref();
        if run.is_some_and(|run| run.id == id && !run.kept && run.left() == 0) {
            self.job_over(front);
        }
    }

    fn done(&mut self, front: usize, id: CommandId, done: &Done) {
        if self.fronts[front].up == Some(id) {
            self.fronts[front].up = None;
            return self.job_over(front);
        }
        let run = self.fronts[front].run.as_ref();
        if run.is_some_and(|run| run.id == id && run.kept) {
            self.say_done(front, done);
            self.job_over(front);
        }
    }

    fn say_done(&mut self, front: usize, done: &Done) {
        let place = crate::trace::Place::Front(front);
        self.say(place, || format!("done {:?}", done.error));
    }

    fn reply(&mut self, front: usize, id: CommandId, reply: &Reply) {
        let Some((asked, waiting)) = &mut self.fronts[front].query else { return };
        if *asked != id {
            return;
        }
        let held = replies::once(waiting, reply.host);
        let all = waiting.is_empty();
        self.must("replies", held, || trace::id(id));
        if all {
            self.fronts[front].query = None;
            self.job_over(front);
        }
    }

    fn job_over(&mut self, front: usize) {
        self.fronts[front].run = None;
        let after = self.chance.below(300 * MS);
        self.after(after, Event::Front { front, act: Act::Next });
    }

    fn input_ack(&mut self, front: usize, id: CommandId, ack: StreamAck) {
        let Some(run) = self.fronts[front].run.as_mut().filter(|run| run.id == id) else { return };
        let Some(feed) = &mut run.stdin else { return };
        let sent = feed.sent;
        let Some(member) = feed.members.get_mut(&ack.rank) else { return };
        let bad = ack.offset > sent || ack.offset < member.acked;
        if ack.again {
            member.behind = Some(ack.offset);
            member.end_sent = false;
        } else {
            member.acked = member.acked.max(ack.offset);
        }
        member.closed |= ack.closed;
        if bad {
            let held = Err(format!("acknowledged up to {}, {sent} were sent", ack.offset));
            self.must("stdin", held, || format!("rank {} of {}", ack.rank.0, trace::id(id)));
        }
        self.pump(front);
    }

    /// Sends as much stdin as there is credit for.
    pub fn pump(&mut self, front: usize) {
        let Some(run) = self.fronts[front].run.as_mut() else { return };
        let id = run.id;
        let Some(feed) = &mut run.stdin else { return };
        let mut chunks = Vec::new();
        while let Some(chunk) = feed.next_for_all(&self.pattern) {
            chunks.push(chunk);
        }
        if feed.spill && self.chance.percent(20) {
            feed.leave_behind();
        }
        feed.serve_behind(&self.pattern, &mut chunks);
        for chunk in chunks {
            self.front_sends(front, chunk.frame(Kind::Input, id));
        }
    }
}

/// Whether a process may be said to be lost: with its host, because that was declared down, or
/// because its session was short.
fn may_be_lost(truth: &Truth, leader: Option<&Daemon>, id: CommandId, rank: Rank) -> bool {
    let Some(process) = truth.known(id, rank) else { return true };
    let Some(owner) = leader.filter(|daemon| daemon.is_leading()) else { return true };
    let host = HostId(process.host as u32);
    let grace = truth.commands.get(&id).map_or(0, |command| command.grace_ms);
    let same = owner.host_incarnation(host) == Some(process.incarnation);
    let up = owner.host_state(host) == Some(&HostState::Up);
    process.host_died || grace < GRACE_MS || !same || !up
}

impl Feed {
    fn in_step(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|member| !member.closed && member.behind.is_none())
    }

    fn next_for_all(&mut self, pattern: &crate::pattern::Pattern) -> Option<StreamChunk> {
        let slowest = self.in_step().map(|member| member.acked).min().unwrap_or(self.sent);
        let room = (slowest + self.window).saturating_sub(self.sent).min(PIECE);
        let length = room.min(self.total - self.sent);
        let ends = self.sent + length == self.total;
        if self.end_sent || (length == 0 && !ends) {
            return None;
        }
        let chunk = chunk(pattern, self.stream, Rank::ALL, self.sent, length, ends);
        self.sent += length;
        self.end_sent = ends;
        Some(chunk)
    }

    /// Members that hold the others up are served alone from here on.
    fn leave_behind(&mut self) {
        let fastest = self.in_step().map(|member| member.acked).max().unwrap_or(0);
        let (sent, window) = (self.sent, self.window);
        if self.end_sent || fastest + window <= sent {
            return;
        }
        for member in self.members.values_mut() {
            if member.behind.is_none() && member.acked + window <= sent {
                member.behind = Some(sent);
            }
        }
    }

    fn serve_behind(&mut self, pattern: &crate::pattern::Pattern, out: &mut Vec<StreamChunk>) {
        for (rank, member) in &mut self.members {
            let Some(from) = member.behind.filter(|_| !member.closed) else { continue };
            let mut at = from.max(member.acked);
            while at < self.sent && at < member.acked + self.window {
                let length = (self.sent - at).min(member.acked + self.window - at).min(PIECE);
                out.push(chunk(pattern, self.stream, *rank, at, length, false));
                at += length;
            }
            member.behind = Some(at);
            if at < self.sent {
                continue;
            }
            if !self.end_sent {
                member.behind = None;
            } else if !std::mem::replace(&mut member.end_sent, true) {
                out.push(chunk(pattern, self.stream, *rank, at, 0, true));
            }
        }
    }
}

fn chunk(
    pattern: &crate::pattern::Pattern,
    stream: crate::pattern::Stream,
    rank: Rank,
    offset: u64,
    length: u64,
    end: bool,
) -> StreamChunk {
    let bytes = pattern.cut(stream, offset, length);
    StreamChunk { rank, fd: Fd::STDIN, offset, end, bytes }
}
