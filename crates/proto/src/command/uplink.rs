//! The way up of what a host keeps of its own processes of a detached command. What they say goes
//! into a file here first, which gives them their credit back; from there it goes to the origin
//! at the pace of acknowledgements, so that an origin that is away holds no process up, and may be
//! lost without what was said. At the end of the file a frame that was just kept is sent at once;
//! what is behind is read back. What comes from hosts below does not pass here: they do the same.
//! Called with frames that are kept, with parts of the file, and when the way up is a new one.

use super::{Command, Up};
use crate::{Daemon, Effect};
use bytes::Bytes;
use posse_wire::msg::Exit;
use posse_wire::{
    CommandId, Fd, Frame, HEADER_BYTES, Kind, Message, Rank, StreamAck, StreamChunk, limits,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How far up the kept file of a command has come.
#[derive(Debug, Default)]
pub(crate) struct Uplink {
    /// What stands before this in the file was sent over this link, or is not wanted.
    position: u64,
    /// The length of the file.
    end: u64,
    /// A part of it is being read back.
    fetching: bool,
    /// Nothing of what was read last was news above: the next part may be a large one.
    passing: bool,
    /// Output that was sent and is not acknowledged, in the order of the file; bounded by the
    /// windows of its streams.
    flight: VecDeque<Sent>,
    in_flight: u64,
    acked: BTreeMap<(Rank, Fd), u64>,
}

#[derive(Debug)]
struct Sent {
    /// Where its frame begins in the file.
    start: u64,
    bytes: u64,
    rank: Rank,
    fd: Fd,
    upto: u64,
}

/// What has become of a frame of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lifted {
    Sent,
    /// Nobody above needs it.
    Passed,
    /// There is no room for it yet.
    Waits,
}

impl Uplink {
    /// Of a file that is so long, from its start.
    pub fn of(end: u64) -> Uplink {
        Uplink { end, ..Uplink::default() }
    }

    fn acked(&self, rank: Rank, fd: Fd) -> u64 {
        self.acked.get(&(rank, fd)).copied().unwrap_or(0)
    }
}

impl Command {
    /// What may be under way to the origin: the windows of all streams of this host together, as
    /// they would have them without a file.
    fn uplink_window(&self) -> u64 {
        let streams = self.local.values().map(|process| process.outputs.len()).sum::<usize>();
        u64::from(self.spec.window) * streams.max(1) as u64
    }

    fn is_wanted(&self, rank: Rank) -> bool {
        self.local.get(&rank).is_some_and(|process| process.wanted)
    }

    /// All that its processes said here is kept and sent. The last acknowledgements may have been
    /// lost with a link, and nobody says them again when the origin waits for nothing more.
    pub(super) fn is_sent(&self) -> bool {
        let sent = |uplink: &Uplink| uplink.position == uplink.end;
        self.keeping == 0 && self.uplink.as_deref().is_none_or(sent)
    }

    pub(super) fn is_acknowledged(&self) -> bool {
        self.uplink.as_ref().is_none_or(|uplink| uplink.flight.is_empty())
    }

    /// What of a frame is to be sent; `None` where that is nothing.
    fn news_for_above(&self, frame: &Frame) -> Option<Frame> {
        if frame.kind != Kind::Output {
            let exit = Exit::decode(frame).ok()?;
            return self.is_wanted(exit.rank).then(|| frame.clone());
        }
        let chunk = StreamChunk::decode(frame).ok().filter(|chunk| self.is_wanted(chunk.rank))?;
        let acked = self.uplink.as_ref()?.acked(chunk.rank, chunk.fd);
        let known = acked.saturating_sub(chunk.offset).min(chunk.bytes.len() as u64);
        if known == 0 && !chunk.bytes.is_empty() {
            return Some(frame.clone());
        }
        let bytes = chunk.bytes.slice(known as usize..);
        let news = !bytes.is_empty() || chunk.end;
        let offset = chunk.offset + known;
        news.then(|| StreamChunk { offset, bytes, ..chunk }.frame(Kind::Output, frame.id))
    }

    /// Takes acknowledged output, and such that nobody wants any more, out of the flight.
    fn land(&mut self) {
        let Some(mut uplink) = self.uplink.take() else { return };
        while let Some(first) = uplink.flight.front() {
            if self.is_wanted(first.rank) && uplink.acked(first.rank, first.fd) < first.upto {
                break;
            }
            uplink.in_flight -= first.bytes;
            uplink.flight.pop_front();
        }
        self.uplink = Some(uplink);
    }
}

impl Daemon {
    /// What a process of this host says: kept here first, where the command is detached.
    pub(crate) fn say(&mut self, frame: Frame) {
        let Some(command) = self.commands.running.get_mut(&frame.id) else { return };
        let kept_here = command.uplink.is_some() && command.up != Up::Nobody;
        if !kept_here || frame.kind == Kind::InputAck {
            return self.upwards(frame);
        }
        command.keeping += 1;
        self.out.push(Effect::Keep { command: frame.id, frame });
    }

    /// A frame is kept, and the file with it so long: its source gets credit, here or below.
    pub(crate) fn kept(&mut self, id: CommandId, frame: &Frame, end: u64) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        command.keeping = command.keeping.saturating_sub(1);
        let held = command.uplink.is_some();
        command.kept_end = end;
        if !held {
            command.note_ends(frame, end);
        }
        if let Some(chunk) = StreamChunk::decode(frame).ok().filter(|_| frame.kind == Kind::Output)
        {
            let (rank, fd, offset) = (chunk.rank, chunk.fd, chunk.upto());
            let ack = StreamAck { rank, fd, offset, closed: false, again: false };
            if held {
                self.credit(id, &ack);
            } else {
                self.acknowledge(id, &ack);
            }
        }
        if held {
            self.kept_here(id, frame, end);
        } else {
            self.command_over(id);
            if self.commands.get(id).is_some_and(|c| c.keeping == 0 && c.is_stuck(&self.missing)) {
                self.out.push(Effect::Stuck { command: id });
            }
        }
    }

    fn kept_here(&mut self, id: CommandId, frame: &Frame, end: u64) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        command.note_ends(frame, end);
        let Some(uplink) = &mut command.uplink else { return };
        let is_next = !uplink.fetching && uplink.position + length(frame) == end;
        uplink.end = end;
        if is_next && matches!(command.up, Up::Link(_)) {
            self.lift(id, frame);
        }
        self.climb(id);
    }

    /// The next frame of the file goes up, if it is news there and has room.
    fn lift(&mut self, id: CommandId, frame: &Frame) -> Lifted {
        let Some(command) = self.commands.running.get_mut(&id) else { return Lifted::Waits };
        let news = command.news_for_above(frame);
        let window = command.uplink_window();
        let (Up::Link(link), Some(uplink)) = (command.up, &mut command.uplink) else {
            return Lifted::Waits;
        };
        let start = uplink.position;
        let chunk = news.as_ref().filter(|news| news.kind == Kind::Output);
        if let Some(chunk) = chunk.and_then(|news| StreamChunk::decode(news).ok()) {
            let bytes = chunk.bytes.len() as u64;
            if uplink.in_flight > 0 && uplink.in_flight + bytes > window {
                return Lifted::Waits;
            }
            if bytes > 0 {
                let (rank, fd, upto) = (chunk.rank, chunk.fd, chunk.upto());
                uplink.flight.push_back(Sent { start, bytes, rank, fd, upto });
                uplink.in_flight += bytes;
            }
        }
        uplink.position += length(frame);
        let Some(news) = news else { return Lifted::Passed };
        self.send(link, news);
        Lifted::Sent
    }

    /// Reads on in the file where something waits there and has room.
    fn climb(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        let window = command.uplink_window();
        let (Up::Link(_), Some(uplink)) = (command.up, &mut command.uplink) else { return };
        if uplink.fetching || uplink.position >= uplink.end || uplink.in_flight > window / 2 {
            return;
        }
        let most = limits::FETCH_BYTES_MAX;
        let room = usize::try_from(window - uplink.in_flight).unwrap_or(most);
        let bytes_max = if uplink.passing { most } else { room.min(most) };
        uplink.fetching = true;
        self.out.push(Effect::Fetch { command: id, from: uplink.position, bytes_max });
    }

    /// A part of the file, whole frames of it.
    pub(crate) fn fetched(&mut self, id: CommandId, from: u64, frames: &[Frame]) {
        let Some(uplink) = self.uplink_mut(id) else { return };
        uplink.fetching = false;
        // Read before the way up became another: from somewhere else.
        if uplink.position == from {
            let mut passed = 0;
            for frame in frames {
                match self.lift(id, frame) {
                    Lifted::Sent => {}
                    Lifted::Passed => passed += 1,
                    Lifted::Waits => break,
                }
            }
            if let Some(uplink) = self.uplink_mut(id) {
                uplink.passing = passed == frames.len();
            }
        }
        if !frames.is_empty() {
            self.climb(id);
        }
    }

    fn uplink_mut(&mut self, id: CommandId) -> Option<&mut Uplink> {
        self.commands.running.get_mut(&id)?.uplink.as_deref_mut()
    }

    /// The origin has an output up to here.
    pub(super) fn landed(&mut self, id: CommandId, ack: &StreamAck) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        let output = command.local.get(&ack.rank).and_then(|p| p.outputs.get(&ack.fd));
        let said = output.is_some_and(|output| ack.offset <= output.sent);
        let Some(uplink) = command.uplink.as_mut().filter(|_| said) else { return };
        let known = uplink.acked.entry((ack.rank, ack.fd)).or_default();
        *known = ack.offset.max(*known);
        command.land();
        self.climb(id);
    }

    /// The origin asks for what these processes said, over a new link or after a gap: from where
    /// it was acknowledged, or, `anew`, from where the acknowledgements that follow say.
    pub(super) fn lift_again(&mut self, id: CommandId, asked: &[Rank], anew: bool) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        let asked: BTreeSet<Rank> = asked.iter().copied().collect();
        let mut from_start = anew;
        for (rank, process) in &mut command.local {
            let wanted = asked.contains(rank);
            from_start |= wanted && !process.wanted;
            process.wanted = wanted;
        }
        command.land();
        let Some(uplink) = &mut command.uplink else { return };
        if anew {
            uplink.acked.clear();
        }
        uplink.position = match uplink.flight.front() {
            _ if from_start => 0,
            Some(first) => first.start,
            None => uplink.position,
        };
        uplink.flight.clear();
        uplink.in_flight = 0;
        let said = uplink.position;
        let frames = command.ends_before(id, said);
        frames.into_iter().for_each(|frame| self.upwards(frame));
        self.climb(id);
    }
}

impl Command {
    /// Notes where in the file an end stands, for [`Command::ends_before`].
    fn note_ends(&mut self, frame: &Frame, end: u64) {
        if frame.kind == Kind::Exit {
            let process = Exit::decode(frame).ok().and_then(|e| self.local.get_mut(&e.rank));
            if let Some(process) = process {
                process.exit_at = Some(end);
            }
            return;
        }
        let Some(chunk) = StreamChunk::decode(frame).ok().filter(|chunk| chunk.end) else { return };
        let process = self.local.get_mut(&chunk.rank);
        if let Some(output) = process.and_then(|process| process.outputs.get_mut(&chunk.fd)) {
            output.end_at = Some(end);
        }
    }

    /// The ends that stand in the file before this: nothing acknowledges them, so they are said
    /// again, after all the output that is before them too.
    fn ends_before(&self, id: CommandId, position: u64) -> Vec<Frame> {
        let before = |at: Option<u64>| at.is_some_and(|at| at <= position);
        let mut frames = Vec::new();
        for (rank, process) in self.local.iter().filter(|(_, process)| process.wanted) {
            for (fd, output) in process.outputs.iter().filter(|(_, output)| before(output.end_at)) {
                let (rank, fd, offset, bytes) = (*rank, *fd, output.sent, Bytes::new());
                let chunk = StreamChunk { rank, fd, offset, end: true, bytes };
                frames.push(chunk.frame(Kind::Output, id));
            }
            let exit = process.exit.as_ref().filter(|_| before(process.exit_at));
            frames.extend(exit.map(|exit| exit.frame(id)));
        }
        frames
    }
}

/// What a frame takes in the file.
fn length(frame: &Frame) -> u64 {
    (HEADER_BYTES + frame.body.len()) as u64
}
