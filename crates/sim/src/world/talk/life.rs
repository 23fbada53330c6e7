//! A talker's life: it waits for a daemon on its host, connects, enrols, and is over when it dies,
//! when its connection ends, or with its host. What reaches it, and what it sends.

use super::chat::Chat;
use super::desk::Desk;
use super::ring::Seat;
use super::{Act, Talk};
use crate::chance::Chance;
use crate::check::{refusals, told};
use crate::plan::{MS, SECOND};
use crate::trace::Place;
use crate::world::net::End;
use crate::world::{Event, World};
use bytes::BytesMut;
use posse_message::{Down, Engine, Options};
use posse_wire::msg::{Enrol, Enrolled, Follow, Gone, Hello, Packet, Refused, Role};
use posse_wire::{
    CommandId, Frame, HostId, Incarnation, Kind, Message, ProcessId, VmId, WIRE_VERSION,
    WIRE_VERSION_OLDEST, WireError,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// It asks again after those that it knows so often, as the driver of `posse` does: the question or
/// the answer may be lost with a link.
const FOLLOW_AGAIN: u64 = 5 * SECOND;

/// They have so long to come up before they begin to act together.
const GATHER_FROM: u64 = 1500 * MS;

/// A daemon that is not there yet is tried again after this.
const BEGIN_AGAIN: u64 = 250 * MS;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// There is no daemon that it could connect to.
    Waits,
    Joins,
    Talks,
    /// Since then.
    Over(u64),
}

pub struct Talker {
    pub host: usize,
    pub stage: Stage,
    pub conn: Option<usize>,
    pub mind: Option<Box<Mind>>,
    tick_at: u64,
    /// Its host has had a way to who leads since then, as far as it was looked at.
    pub linked_since: u64,
}

/// What it has while it talks.
pub struct Mind {
    pub id: ProcessId,
    pub engine: Engine,
    pub chat: Chat,
    /// Those of whom it was told that they are over.
    pub down: BTreeSet<ProcessId>,
    pub seat: Option<Seat>,
    pub desk: Option<Desk>,
}

/// The greeting of a connection.
pub fn hello(role: Role) -> Frame {
    let (wire, wire_oldest) = (WIRE_VERSION, WIRE_VERSION_OLDEST);
    Hello { wire, wire_oldest, vm: VmId([7; 16]), role }.frame(CommandId::NONE)
}

impl Talk {
    /// From a chance of their own; only a world that has them asks.
    pub fn dice(&mut self) -> &mut Chance {
        self.chance.get_or_insert_with(|| Chance::new(0))
    }

    pub fn mind(&mut self, talker: usize) -> Option<&mut Mind> {
        self.all.get_mut(talker)?.mind.as_deref_mut()
    }

    pub fn talks(&self, process: ProcessId) -> bool {
        self.of.get(&process).is_some_and(|talker| self.all[*talker].stage == Stage::Talks)
    }

    /// Whether one of the two was told wrongly of the other while two led.
    pub fn is_misled(&self, one: ProcessId, other: ProcessId) -> bool {
        self.misled.contains(&(one, other)) || self.misled.contains(&(other, one))
    }

    /// When a process ended, where it has.
    pub fn over_since(&self, process: ProcessId) -> Option<u64> {
        match self.of.get(&process).map(|talker| self.all[*talker].stage) {
            Some(Stage::Over(since)) => Some(since),
            _ => None,
        }
    }
}

impl World {
    pub fn open_talkers(&mut self) {
        let Some(talkers) = self.plan.talkers else { return };
        self.talk.chance = Some(Chance::new(talkers.seed));
        let end = self.plan.faults_end();
        self.talk.until = end.max(4 * SECOND);
        for talker in 0..talkers.count {
            let dice = self.talk.dice();
            let host = dice.below(self.plan.hosts as u64 + 1) as usize;
            let begin = dice.below(1500 * MS);
            let dies = dice.percent(40).then(|| dice.between(SECOND, end + 2 * SECOND));
            let stage = Stage::Waits;
            let (tick_at, linked_since) = (u64::MAX, 0);
            let new = Talker { host, stage, conn: None, mind: None, tick_at, linked_since };
            self.talk.all.push(new);
            self.after(begin, Event::Talk { talker, act: Act::Begin });
            if let Some(at) = dies {
                self.at(at, Event::Talk { talker, act: Act::Dies });
            }
        }
        let gather = GATHER_FROM + self.talk.dice().below(2 * SECOND);
        self.after(gather, Event::Gather);
    }

    pub fn talker_host(&self, talker: usize) -> usize {
        self.talk.all[talker].host
    }

    pub fn talker_acts(&mut self, talker: usize, act: Act) {
        let stage = self.talk.all[talker].stage;
        match act {
            Act::Begin => self.talker_begins(talker),
            Act::Dies if stage != Stage::Waits => self.talker_over(talker, "dies"),
            _ if stage != Stage::Talks => {}
            Act::Dies => {}
            Act::Step => self.chat_step(talker),
            Act::Tick { at } => self.talker_ticks(talker, at),
            Act::Again => self.follow_again(talker),
            Act::Collective => self.next_collective(talker),
            Act::Desk { connection } => self.desk_acts(talker, connection),
        }
    }

    fn talker_begins(&mut self, talker: usize) {
        if self.talk.all[talker].stage != Stage::Waits {
            return;
        }
        let host = self.talk.all[talker].host;
        let joined = |daemon: &posse_proto::Daemon| daemon.incarnation() > Incarnation(0);
        if !self.hosts[host].daemon.as_ref().is_some_and(joined) {
            if self.now >= self.talk.until {
                return self.talker_over(talker, "found no daemon");
            }
            return self.after(BEGIN_AGAIN, Event::Talk { talker, act: Act::Begin });
        }
        let conn = self.link_local(End::Talker(talker), host);
        let state = &mut self.talk.all[talker];
        (state.stage, state.conn) = (Stage::Joins, Some(conn));
        self.send(conn, 1, hello(Role::Process));
    }

    /// Something reaches it over the connection by which it is enrolled.
    pub fn talker_got(&mut self, talker: usize, frame: &Frame) {
        if let Err(error) = self.talker_takes(talker, frame) {
            let held = Err(format!("{} does not decode: {error}", frame.kind.name()));
            self.must("limits", held, || Place::Talker(talker).to_string());
        }
    }

    fn talker_takes(&mut self, talker: usize, frame: &Frame) -> Result<(), WireError> {
        let Some(conn) = self.talk.all[talker].conn else { return Ok(()) };
        match frame.kind {
            Kind::Welcome => self.send(conn, 1, Enrol { claims: None }.frame(CommandId(1))),
            Kind::Enrolled => self.talker_enrolled(talker, Enrolled::decode(frame)?.process),
            Kind::Message => {
                let Packet { from, bytes, .. } = Packet::decode(frame)?;
                let now = self.time();
                let Some(mind) = self.talk.mind(talker) else { return Ok(()) };
                let taken = mind.engine.handle(now, from, bytes);
                let excused = mind.down.contains(&from);
                let held = taken.map_err(|violation| format!("from {from}: {violation}"));
                let held = if excused { Ok(()) } else { held };
                self.must("fifo", held, || Place::Talker(talker).to_string());
                self.talker_turn(talker);
            }
            Kind::Gone => self.talker_told(talker, &Gone::decode(frame)?),
            Kind::Refused => {
                let held = refusals::expected(&Refused::decode(frame)?.reason);
                self.must("refusals", held, || Place::Talker(talker).to_string());
            }
            _ => {}
        }
        Ok(())
    }

    pub fn time(&self) -> Duration {
        Duration::from_micros(self.now)
    }

    fn talker_enrolled(&mut self, talker: usize, id: ProcessId) {
        let Talk { all, of, .. } = &mut self.talk;
        of.insert(id, talker);
        let mut engine = Engine::new(id, Options::default());
        let chat = Chat::new(&mut engine);
        let (down, seat, desk) = (BTreeSet::new(), None, None);
        all[talker].mind = Some(Box::new(Mind { id, engine, chat, down, seat, desk }));
        all[talker].stage = Stage::Talks;
        self.say(Place::Talker(talker), || format!("is process {id}"));
        self.after(0, Event::Talk { talker, act: Act::Step });
        self.after(FOLLOW_AGAIN, Event::Talk { talker, act: Act::Again });
    }

    fn talker_told(&mut self, talker: usize, gone: &Gone) {
        let process = gone.process;
        let lives = self.talks(process) && self.hears_of(talker, process);
        let held = told::gone(process, lives, &gone.why);
        self.must("told", held, || Place::Talker(talker).to_string());
        let misled = self.is_split() && self.talk.talks(process);
        let Talk { all, misled: pairs, .. } = &mut self.talk;
        let Some(mind) = all[talker].mind.as_deref_mut() else { return };
        if misled {
            pairs.insert((mind.id, process));
        }
        mind.down.insert(process);
        mind.engine.peer_down(process, Down::Ended);
        if let Some(seat) = &mut mind.seat {
            seat.group.peer_down(&mut mind.engine, process);
        }
        self.say(Place::Talker(talker), || format!("is told that {process} is over"));
        self.talker_turn(talker);
    }

    fn talks(&self, process: ProcessId) -> bool {
        self.talk.talks(process)
    }

    /// Whether it may not be told that this process is over: both hang at who leads, who has the
    /// host of that one up in the life in which it gave the process its id.
    fn hears_of(&self, talker: usize, process: ProcessId) -> bool {
        let Some(leader) = self.hosts[self.voted.leader].daemon.as_ref() else { return false };
        let host = process.host().0 as usize;
        let life = leader.host_incarnation(HostId(host as u32));
        let is_up = leader.host_state(HostId(host as u32)) == Some(&posse_wire::msg::HostState::Up);
        let same = life.is_some_and(|life| process.is_of(life));
        let linked = self.is_below(host, self.voted.leader) && self.hangs_at_leader(talker);
        is_up && same && linked
    }

    /// Whether its host has a way to who leads. One that has none may have been given up, and hears
    /// nothing of the others.
    pub fn hangs_at_leader(&self, talker: usize) -> bool {
        self.is_below(self.talk.all[talker].host, self.voted.leader)
    }

    /// It ends; its daemon is told by the end of its connection.
    pub fn talker_over(&mut self, talker: usize, why: &'static str) {
        let state = &mut self.talk.all[talker];
        if matches!(state.stage, Stage::Over(_)) {
            return;
        }
        state.stage = Stage::Over(self.now);
        let mind = state.mind.take();
        let desk = mind.and_then(|mind| mind.desk?.conn);
        let conns = [state.conn.take(), desk];
        for conn in conns.into_iter().flatten() {
            self.close(conn, 1, "the process is over");
        }
        self.say(Place::Talker(talker), || why.to_owned());
    }

    pub fn talkers_die_with(&mut self, host: usize) {
        for talker in 0..self.talk.all.len() {
            let state = &self.talk.all[talker];
            if state.host == host && state.stage != Stage::Waits {
                self.talker_over(talker, "its host's daemon died");
            }
        }
    }

    fn follow_again(&mut self, talker: usize) {
        let Some(mind) = self.talk.mind(talker) else { return };
        let all: Vec<ProcessId> = mind.engine.interests().collect();
        all.into_iter().for_each(|peer| self.follow(talker, peer));
        self.after(FOLLOW_AGAIN, Event::Talk { talker, act: Act::Again });
    }

    fn follow(&mut self, talker: usize, peer: ProcessId) {
        let (conn, by) = (self.talk.all[talker].conn, self.talk.mind(talker).map(|mind| mind.id));
        if let (Some(conn), Some(by)) = (conn, by) {
            self.send(conn, 1, Follow { by }.frame(CommandId(peer.0)));
        }
    }

    fn talker_ticks(&mut self, talker: usize, at: u64) {
        let now = self.time();
        let state = &mut self.talk.all[talker];
        if state.tick_at != at {
            return;
        }
        state.tick_at = u64::MAX;
        if let Some(mind) = &mut state.mind {
            mind.engine.tick(now);
        }
        self.talker_turn(talker);
    }

    /// After anything that its engine took: looks at what has come, and sends what there is.
    pub fn talker_turn(&mut self, talker: usize) {
        self.chat_look(talker);
        self.ring_look(talker);
        let now = self.time();
        let Some(conn) = self.talk.all[talker].conn else { return };
        while let Some(peer) = self.talk.mind(talker).and_then(|mind| mind.engine.next_interest()) {
            self.follow(talker, peer);
        }
        while let Some(mind) = self.talk.mind(talker)
            && let Some((to, packet)) = mind.engine.outgoing(now)
        {
            let from = mind.id;
            let mut bytes = BytesMut::new();
            packet.encode(&mut bytes);
            self.send(conn, 1, Packet { from, to, bytes: bytes.freeze() }.frame());
        }
        let state = &mut self.talk.all[talker];
        let wanted = state.mind.as_ref().and_then(|mind| mind.engine.next_tick());
        let Some(wanted) = wanted else { return };
        // Rounded up, so that what is due then is due.
        let at = (wanted.as_nanos().div_ceil(1000) as u64).max(self.now);
        if at != state.tick_at {
            state.tick_at = at;
            self.at(at, Event::Talk { talker, act: Act::Tick { at } });
        }
    }
}
