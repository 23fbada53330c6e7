//! One world: engines, what their faces do, time. Ends when all is over, and then checks.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use posse_message::{
    Attributes, Body, Down, Engine, Message, Mode, Options, RecvId, Scope, SendError, SendId,
    Violation, Want,
};
use posse_wire::ProcessId;

use crate::book::Book;
use crate::chance::Chance;
use crate::network::{Network, Packet};

const SCOPES: [Scope; 2] = [Scope { face: 1, context: 0 }, Scope { face: 1, context: 1 }];
const STEPS: u64 = 300;

struct Process {
    engine: Engine,
    /// Which receive of the world each one is, in the order of posting.
    receives: Vec<(RecvId, u64, Want)>,
    /// What was taken of payload that is not complete.
    pieces: BTreeMap<RecvId, Vec<u8>>,
    sends: Vec<SendId>,
    standing: Option<RecvId>,
}

struct World {
    chance: Chance,
    now: Duration,
    network: Network,
    processes: BTreeMap<ProcessId, Process>,
    /// Deaths that somebody has still to be told of, and when.
    news: Vec<(Duration, ProcessId, ProcessId)>,
    /// Payloads that may be read where they are, by sender, receiver and number.
    lent: BTreeMap<(ProcessId, ProcessId, u64), Bytes>,
    /// Of a hundred offers, how many go by a path that lends.
    lends: u64,
    posted: u64,
    met: u64,
    book: Book,
}

pub fn run(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.act();
        world.pass(Duration::from_micros(500));
    }
    world.finish();
}

fn standing_want() -> Want {
    Want::any(SCOPES[1]).tagged(2)
}

impl World {
    fn new(seed: u64) -> World {
        let mut chance = Chance::new(seed);
        let count = 2 + chance.below(4);
        let options = Options { eager_bytes: chance.one(&[0, 100, 100_000]), ..Options::default() };
        let mut new = |id| {
            let mut engine = Engine::new(id, options);
            let standing = chance.percent(30).then(|| engine.stand(standing_want()));
            let (receives, pieces) = (vec![], BTreeMap::new());
            Process { engine, receives, pieces, sends: vec![], standing }
        };
        let processes = (1..=count).map(ProcessId).map(|id| (id, new(id))).collect();
        let mut network = Network::default();
        if chance.percent(80) {
            network.lossy = [chance.below(20), chance.below(20), chance.below(20)];
        }
        // What standing receives meet comes before all that is posted.
        let (posted, met) = (1 << 32, 0);
        let (now, news, book) = (Duration::ZERO, vec![], Book::default());
        let (lent, lends) = (BTreeMap::new(), chance.one(&[0, 50, 100]));
        World { chance, now, network, processes, news, lent, lends, posted, met, book }
    }

    fn act(&mut self) {
        let ids: Vec<ProcessId> = self.processes.keys().copied().collect();
        let id = self.chance.one(&ids);
        match self.chance.below(100) {
            0..40 => self.send(id),
            40..70 => {
                let want = self.want();
                self.post(id, want);
            }
            70..78 => self.probe(id),
            78..83 => self.cancel(id),
            83..85 => self.forget(id),
            85..95 => self.look(id),
            95..97 => self.pause(id),
            97..99 => {
                let other = self.chance.one(&ids);
                self.network.change_path(&mut self.chance, id, other);
                let now = self.now;
                for (at, peer) in [(id, other), (other, id)] {
                    if self.chance.percent(70) {
                        self.engine(at).path_changed(now, peer);
                    }
                    if self.chance.percent(30) {
                        self.engine(at).widen(peer);
                    }
                }
                self.flush(id);
            }
            _ if ids.len() > 2 && self.chance.percent(40) => self.kill(id),
            _ => {}
        }
        self.flush(id);
    }

    fn engine(&mut self, id: ProcessId) -> &mut Engine {
        &mut self.processes.get_mut(&id).expect("alive").engine
    }

    fn send(&mut self, id: ProcessId) {
        let to = ProcessId(1 + self.chance.below(6));
        let length = match self.chance.below(100) {
            0..10 => 0,
            10..55 => self.chance.below(100),
            55..80 => self.chance.below(17_000),
            80..97 => self.chance.below(300_000),
            _ => self.chance.below(1024 * 1024),
        };
        let attributes = match self.chance.below(4) {
            0 => Attributes::new(&[("a", b"1"), ("b", b"2")]),
            1 => Attributes::new(&[("b", b"2")]),
            _ => Ok(Attributes::NONE),
        };
        let message = Message {
            to,
            scope: self.chance.one(&SCOPES),
            tag: self.chance.below(3) as i64,
            mode: self.chance.one(&[Mode::Eager, Mode::Eager, Mode::Rendezvous, Mode::Synchronous]),
            attributes: attributes.expect("small"),
            payload: self.book.payload(id, to, length as usize),
        };
        let process = self.processes.get_mut(&id).expect("alive");
        match process.engine.send(message.clone()) {
            Ok(send) => {
                self.book.sent(id, &message);
                process.sends.push(send);
            }
            Err(SendError::Down(failure)) => assert_eq!(failure.peer, to),
            Err(other) => panic!("{other}"),
        }
    }

    fn want(&mut self) -> Want {
        let mut want = Want::any(self.chance.one(&SCOPES));
        if self.chance.percent(50) {
            want = want.of(ProcessId(1 + self.chance.below(6)));
        }
        if self.chance.percent(50) {
            want = want.tagged(self.chance.below(3) as i64);
        }
        if self.chance.percent(20) {
            want = want.having(Attributes::new(&[("b", b"2")]).expect("small"));
        }
        want
    }

    fn post(&mut self, id: ProcessId, want: Want) {
        let process = self.processes.get_mut(&id).expect("alive");
        let receive = process.engine.post(want.clone()).expect("few peers");
        self.posted += 1;
        process.receives.push((receive, self.posted, want));
    }

    /// Takes a message out of the queue, and receives or drops it.
    fn probe(&mut self, id: ProcessId) {
        let want = self.want();
        let is_wanted = self.chance.percent(70);
        let process = self.processes.get_mut(&id).expect("alive");
        let Some((message, envelope)) = process.engine.probe_out(&want) else { return };
        let envelope = envelope.clone();
        self.posted += 1;
        if is_wanted {
            let receive = process.engine.receive(message).expect("taken out");
            process.receives.push((receive, self.posted, want));
        } else {
            process.engine.discard(message);
            self.book.dropped(id, &want, &envelope);
        }
    }

    fn cancel(&mut self, id: ProcessId) {
        let process = self.processes.get_mut(&id).expect("alive");
        if process.receives.is_empty() {
            return;
        }
        let at = self.chance.below(process.receives.len() as u64) as usize;
        if process.engine.cancel(process.receives[at].0) {
            process.receives.swap_remove(at);
        }
    }

    fn forget(&mut self, id: ProcessId) {
        let process = self.processes.get_mut(&id).expect("alive");
        if let Some(send) = process.sends.pop() {
            process.engine.forget_send(send);
        }
        let at = process.receives.iter().position(|(id, _, _)| process.engine.met(*id).is_some());
        if let Some(at) = at {
            let (receive, _, want) = process.receives.swap_remove(at);
            let envelope = process.engine.met(receive).expect("it has met").clone();
            process.engine.forget_receive(receive);
            self.book.dropped(id, &want, &envelope);
        }
    }

    /// The face takes what is over, and some of what is not.
    fn look(&mut self, id: ProcessId) {
        let takes_pieces = self.chance.percent(30);
        let process = self.processes.get_mut(&id).expect("alive");
        let Process { engine, receives, pieces, sends, standing } = process;
        while let Some((message, _)) = standing.and_then(|standing| engine.next_met(standing)) {
            self.met += 1;
            let receive = engine.receive(message).expect("taken out");
            receives.push((receive, self.met, standing_want()));
        }
        let book = &mut self.book;
        receives.retain(|(receive, order, want)| {
            while let Some(piece) = takes_pieces.then(|| engine.take_piece(*receive)).flatten() {
                pieces.entry(*receive).or_default().extend_from_slice(&piece);
            }
            let Some(result) = engine.take_completed(*receive) else { return true };
            let mut bytes = pieces.remove(receive).unwrap_or_default();
            match result {
                Ok(received) => {
                    bytes.extend_from_slice(&received.payload);
                    book.received(id, *order, want, received.envelope, &bytes);
                }
                Err(failure) => assert!(!engine.is_interested(failure.peer), "{failure}"),
            }
            false
        });
        sends.retain(|send| {
            let is_settled = engine.send_state(*send).expect("kept").is_settled();
            if is_settled {
                engine.forget_send(*send);
            }
            !is_settled
        });
    }

    /// Paths that take nothing for a while; later they do again.
    fn pause(&mut self, id: ProcessId) {
        let other = ProcessId(1 + self.chance.below(6));
        let is_pause = self.chance.percent(50);
        let engine = self.engine(id);
        if is_pause { engine.pause(other) } else { engine.resume(other) }
    }

    fn kill(&mut self, id: ProcessId) {
        self.processes.remove(&id);
        for other in self.processes.keys() {
            let after = Duration::from_millis(self.chance.below(300));
            self.news.push((self.now + after, *other, id));
        }
    }

    fn flush(&mut self, id: ProcessId) {
        if !self.processes.contains_key(&id) {
            return;
        }
        self.fetch(id);
        let Some(process) = self.processes.get_mut(&id) else { return };
        while let Some((to, packet)) = process.engine.outgoing(self.now) {
            let mut bytes = BytesMut::new();
            packet.encode(&mut bytes);
            let mut address = None;
            if let Body::Offer { envelope } = &packet.body
                && self.chance.percent(self.lends)
                && let Some(payload) = process.engine.offered(to, envelope.number)
            {
                address = Some(envelope.number);
                self.lent.insert((id, to, envelope.number), payload.clone());
                process.engine.lend(to, envelope.number);
            }
            let packet = Packet { from: id, to, bytes: bytes.freeze(), address };
            self.network.send(&mut self.chance, self.now, packet);
        }
    }

    fn next_time(&self) -> Option<Duration> {
        let ticks = self.processes.values().filter_map(|process| process.engine.next_tick());
        let news = self.news.iter().map(|(time, _, _)| *time);
        ticks.chain(news).chain(self.network.next_time()).min()
    }

    /// Everything that happens within this time.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.next_time().is_some_and(|time| time <= end) {
            self.step();
        }
        self.now = end;
    }

    /// What happens next.
    fn step(&mut self) {
        let Some(time) = self.next_time() else { return };
        self.now = self.now.max(time);
        while let Some(packet) = self.network.arrived(self.now) {
            self.arrive(packet);
        }
        let now = self.now;
        let (due, later) = self.news.drain(..).partition(|(time, _, _)| *time <= now);
        self.news = later;
        let due: Vec<(Duration, ProcessId, ProcessId)> = due;
        for (_, at, dead) in due {
            if let Some(process) = self.processes.get_mut(&at) {
                process.engine.peer_down(dead, Down::Ended);
            }
        }
        let ids: Vec<ProcessId> = self.processes.keys().copied().collect();
        for id in ids {
            self.engine(id).tick(now);
            self.flush(id);
        }
    }

    fn arrive(&mut self, packet: Packet) {
        let Packet { from, to, bytes, address } = packet;
        let Some(process) = self.processes.get_mut(&to) else { return };
        let handled = match address {
            Some(address) => process.engine.handle_lent(self.now, from, bytes, address),
            None => process.engine.handle(self.now, from, bytes),
        };
        if let Err(violation) = handled {
            assert_eq!(violation, Violation::Down);
        }
    }

    /// Reads what is wanted and lent, most of the time.
    fn fetch(&mut self, id: ProcessId) {
        while let Some(fetch) = self.engine(id).next_fetch() {
            let payload = self.lent.remove(&(fetch.from, id, fetch.address));
            let is_alive = self.processes.contains_key(&fetch.from);
            if let Some(payload) = payload.as_ref().filter(|_| is_alive) {
                assert!(!payload.is_unique(), "the sender does not hold {fetch:?} any more");
            }
            let is_read = is_alive && self.chance.percent(80);
            self.engine(id).fetched(fetch, payload.filter(|_| is_read));
        }
    }

    /// No more faults, and everything that was sent is received: then all is over.
    fn finish(&mut self) {
        self.network.lossy = [0; 3];
        let ids: Vec<ProcessId> = self.processes.keys().copied().collect();
        for (from, to) in ids.iter().flat_map(|from| (1..=6).map(|to| (*from, ProcessId(to)))) {
            self.engine(from).resume(to);
        }
        // Those that never were are as dead as those that died.
        for id in &ids {
            for other in (1..=6).map(ProcessId) {
                if !self.processes.contains_key(&other) {
                    self.news.push((self.now, *id, other));
                }
            }
        }
        for round in 0.. {
            assert!(round < 1_000, "it does not come to an end");
            let mut is_quiet = true;
            for id in &ids {
                self.look(*id);
                while let Some(want) = self.waiting(*id) {
                    self.post(*id, want);
                    self.look(*id);
                    is_quiet = false;
                }
                self.flush(*id);
            }
            if is_quiet && self.next_time().is_none() {
                break;
            }
            for _ in 0..50 {
                self.step();
            }
        }
        ids.iter().for_each(|id| self.check_over(*id));
        self.book.check_gaps(|id| self.processes.contains_key(&id));
        self.book.check_order();
        assert!(self.book.count() > 5, "a world in which little happens");
    }

    fn waiting(&mut self, id: ProcessId) -> Option<Want> {
        let engine = self.engine(id);
        let wants = SCOPES.into_iter().map(Want::any);
        wants.into_iter().find(|want| engine.probe(want).is_some())
    }

    fn check_over(&mut self, id: ProcessId) {
        let alive: Vec<ProcessId> = self.processes.keys().copied().collect();
        let process = self.processes.get_mut(&id).expect("alive");
        let Process { engine, receives, sends, standing, .. } = process;
        if let Some(standing) = standing.take() {
            assert!(engine.cancel(standing));
        }
        for (receive, _, want) in receives.drain(..) {
            assert!(engine.cancel(receive), "{want:?} met a message that does not come");
            assert!(want.source.is_none_or(|source| alive.contains(&source)), "waits for the dead");
        }
        assert_eq!(sends.len(), 0, "sends that do not end");
        assert_eq!((engine.requests(), engine.waiting_messages()), (0, 0));
        assert_eq!((engine.buffered_bytes(), engine.early_bytes()), (0, 0));
        assert_eq!((engine.next_tick(), engine.outgoing(self.now)), (None, None));
        assert!(!engine.has_undelivered());
    }
}
