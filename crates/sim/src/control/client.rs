//! A client: one operation at a time, tried again at other voters until it is answered or given
//! up, and written down with when it began, when it ended and what it saw. The last client is
//! stubborn: it asks whom it believes to lead, and asks again, and again.

use super::admin::row;
use super::history::{Op, Seen};
use super::plan::{MS, Plan, SECOND};
use super::plant::Plant;
use super::world::{Ask, Event, Reply, World};
use posse_control::consensus::Refused;
use posse_control::state::{Answer, ClientId, Command, Expect, Owner, Proposal, Standing};
use posse_wire::{Outcome, Rank};

const TRY_FOR: u64 = 300 * MS;
const GIVE_UP: u64 = 9 * SECOND;
const NAMES: u64 = 3;

/// Instead of a token: the last try was refused, and another waits.
const REFUSED: u64 = u64::MAX;

#[derive(Debug, Clone)]
struct Doing {
    op: Op,
    ask: Ask,
    began: u64,
    tried: u64,
    token: u64,
    /// Some try of it may have been done.
    is_unsure: bool,
}

#[derive(Debug)]
pub struct Client {
    pub id: Option<ClientId>,
    seq: u64,
    /// Where it believes the leader to be.
    leader: usize,
    /// The host next to it: a cut between sides cuts it too.
    pub place: usize,
    doing: Option<Doing>,
    values: u64,
    processes: u32,
    /// What it last saw of each name: value and version.
    seen: [Option<(Vec<u8>, u64)>; NAMES as usize],
    /// The process that was last given each name.
    mine: [Option<Owner>; NAMES as usize],
    /// The last number that was said to be kept.
    pub counted: u64,
    count: u64,
    pub is_writer: bool,
    /// It rests until then.
    rests: u64,
}

impl Client {
    pub fn new(number: usize, plan: &Plan) -> Self {
        Client {
            id: None,
            seq: 0,
            leader: 0,
            place: number % plan.hosts,
            doing: None,
            values: 0,
            processes: 0,
            seen: Default::default(),
            mine: Default::default(),
            counted: 0,
            count: 0,
            // Where the gap after a leader's death is measured, one does nothing but write.
            is_writer: plan.is_leader_death && number == 0,
            rests: 0,
        }
    }
}

impl World {
    pub fn place_of(&self, client: usize) -> usize {
        // The admin sits with the first host.
        self.clients.get(client).map_or(0, |client| client.place)
    }

    /// It wakes: begins something, or tries again what was not answered.
    pub fn client_turn(&mut self, number: usize) {
        let now = self.now;
        let is_over = now > self.plan.end().saturating_sub(GIVE_UP / 3);
        if self.clients[number].doing.is_none() {
            if !is_over && now >= self.clients[number].rests {
                self.begin(number);
            }
            return;
        }
        let Some(doing) = self.clients[number].doing.as_mut() else { return };
        if now < doing.tried + TRY_FOR {
            return;
        }
        let was_refused = doing.token == REFUSED;
        doing.is_unsure |= !was_refused && matches!(doing.ask, Ask::Change(_));
        let is_stubborn = number + 1 == self.plan.clients && doing.op.is_look_up();
        if now > doing.began + GIVE_UP || is_stubborn && !was_refused {
            self.finish(number, Seen::Unknown);
            return;
        }
        if !was_refused {
            let client = &mut self.clients[number];
            client.leader = (client.leader + 1) % self.plan.hosts;
        }
        self.try_it(number);
    }

    fn begin(&mut self, number: usize) {
        let (op, ask) = match self.clients[number].id {
            None => (Op::Open, self.open()),
            Some(client) => {
                let op = self.draw_op(number);
                let seq = self.clients[number].seq + 1;
                let ask = match command(&op) {
                    Some(command) => Ask::Change(Proposal { client, seq, command }),
                    None => Ask::LookUp(op.name()),
                };
                (op, ask)
            }
        };
        let (began, tried, token) = (self.now, self.now, 0);
        let client = &mut self.clients[number];
        client.seq += u64::from(matches!(ask, Ask::Change(_)));
        client.doing = Some(Doing { op, ask, began, tried, token, is_unsure: false });
        self.try_it(number);
    }

    pub fn open(&self) -> Ask {
        Ask::Change(Proposal { client: ClientId(0), seq: 0, command: Command::Open })
    }

    fn draw_op(&mut self, number: usize) -> Op {
        let name = self.chance.below(NAMES) as usize;
        let kind = if self.clients[number].is_writer { 99 } else { self.chance.below(100) };
        let living = self.admin.living();
        let owner = living[self.chance.below(living.len() as u64) as usize];
        let again = self.chance.percent(70);
        let client = &mut self.clients[number];
        let seen = client.seen[name].clone();
        match kind {
            0..45 => Op::LookUp { name },
            45..75 => {
                client.values += 1;
                client.processes = 1 + (client.processes + 1) % 3;
                let value = format!("{number}-{}", client.values).into_bytes();
                let rank = Rank(number as u32 * 10 + client.processes);
                let owner = Owner { rank, ..owner };
                let owner = client.mine[name].filter(|_| again).unwrap_or(owner);
                let expect = match (kind % 3, seen) {
                    (0, Some((_, version))) => Expect::Version(version),
                    (1, _) => Expect::Own,
                    _ => Expect::Absent,
                };
                let before = client.seen[name].clone().map(|(value, _)| value);
                Op::Register { name, value, owner, expect, before }
            }
            75..85 => {
                let rank = Rank(number as u32 * 10 + 1 + (client.processes + 1) % 3);
                Op::Unregister { name, owner: Some(Owner { rank, ..owner }) }
            }
            85..90 => {
                // A process of our own ends, so no operation of another is about it.
                let rank = Rank(number as u32 * 10 + 1 + client.processes % 3);
                Op::Release { owner: Owner { rank, ..owner } }
            }
            _ => {
                client.count += 1;
                Op::Count { client: number, count: client.count }
            }
        }
    }

    fn try_it(&mut self, number: usize) {
        self.tokens += 1;
        let (token, now) = (self.tokens, self.now);
        let renumber = self.is(Plant::RetryAsNew);
        let client = &mut self.clients[number];
        let (to, from) = (client.leader, client.place);
        let Some(doing) = client.doing.as_mut() else { return };
        let is_retry = doing.token != 0;
        if let Ask::Change(proposal) = &mut doing.ask
            && renumber
            && is_retry
        {
            client.seq += 1;
            proposal.seq = client.seq;
        }
        (doing.token, doing.tried) = (token, now);
        if let Op::Release { owner } = &doing.op {
            self.admin.ended.insert(*owner);
        }
        if let Op::Unregister { owner: Some(owner), .. } = &doing.op {
            self.ledger.unregistered.insert((doing.op.name(), *owner));
        }
        let ask = Box::new(doing.ask.clone());
        self.after(TRY_FOR + 1, Event::Client { client: number });
        if self.is_cut(from, to) {
            return;
        }
        for _ in 0..self.copies() {
            let delay = self.delay();
            self.after(delay, Event::Ask { to, client: number, token, ask: ask.clone() });
        }
    }

    pub fn client_hears(&mut self, number: usize, token: u64, reply: Reply) {
        let client = &mut self.clients[number];
        let Some(doing) = client.doing.as_mut().filter(|doing| doing.token == token) else {
            return;
        };
        match reply {
            Reply::Refused(refused) => {
                doing.is_unsure |= refused.outcome() == Outcome::Unknown;
                client.leader = match refused {
                    Refused::NotLeader { leader } => leader.host.0 as usize,
                    _ => (client.leader + 1) % self.plan.hosts,
                };
                let soon = self.chance.between(20 * MS, 120 * MS);
                if let Some(doing) = self.clients[number].doing.as_mut() {
                    doing.tried = (self.now + soon).saturating_sub(TRY_FOR);
                    doing.token = REFUSED;
                }
                self.after(soon, Event::Client { client: number });
            }
            Reply::Found(found) => self.finish(number, Seen::Found(found)),
            Reply::Changed(Answer::NoClient) => {
                self.clients[number].id = None;
                self.finish(number, Seen::Unknown);
            }
            Reply::Changed(Answer::Late) => self.finish(number, Seen::Unknown),
            Reply::Changed(answer) => self.finish(number, Seen::Answered(answer)),
        }
    }

    fn finish(&mut self, number: usize, seen: Seen) {
        let now = self.now;
        let client = &mut self.clients[number];
        let Some(doing) = client.doing.take() else { return };
        match (&doing.op, &seen) {
            (Op::Open, Seen::Answered(Answer::Opened(id))) => {
                (client.id, client.seq) = (Some(*id), 0);
            }
            (Op::LookUp { name }, Seen::Found(found)) => client.seen[*name] = found.clone(),
            (Op::Register { name, value, owner, .. }, Seen::Answered(Answer::Version(version))) => {
                client.mine[*name] = Some(*owner);
                client.seen[*name] = Some((value.clone(), *version));
            }
            (Op::Count { count, .. }, Seen::Answered(Answer::Done)) => client.counted = *count,
            _ => {}
        }
        let is_write = matches!((&doing.op, &seen), (Op::Count { .. }, Seen::Answered(_)));
        if is_write
            && self.plan.is_leader_death
            && let Some(died) = self.leader_died
            && doing.began > died
        {
            self.report.gap_us.get_or_insert(now - died);
        }
        // What was never sent to anybody who might have taken it did not happen.
        let never = matches!(seen, Seen::Unknown) && !doing.is_unsure;
        if !never {
            self.ledger.history.push(doing.op, doing.began, now, seen);
        }
        let is_writer = self.clients[number].is_writer;
        let most = if number + 1 == self.plan.clients { 200 * MS } else { 700 * MS };
        let pause = if is_writer { 20 * MS } else { self.chance.between(20 * MS, most) };
        self.clients[number].rests = now + pause;
        self.after(pause, Event::Client { client: number });
    }
}

impl World {
    /// The world ends with these under way.
    pub fn write_down_the_unfinished(&mut self) {
        let now = self.now;
        for client in &mut self.clients {
            if let Some(doing) = client.doing.take() {
                self.ledger.history.push(doing.op, doing.began, now, Seen::Unknown);
            }
        }
    }
}

fn command(op: &Op) -> Option<Command> {
    Some(match op.clone() {
        Op::Open => Command::Open,
        Op::LookUp { .. } | Op::Unregister { owner: None, .. } => return None,
        Op::Register { value, owner, expect, .. } => {
            Command::Register { name: op.name(), value, owner, expect }
        }
        Op::Unregister { owner: Some(owner), .. } => {
            Command::Unregister { name: op.name(), owner, expect: Expect::Own }
        }
        Op::Release { owner } => Command::ProcessGone(owner),
        Op::HostGone { host, incarnation } => {
            row(host, incarnation, Standing::Down { why: "lost".into() })
        }
        Op::Count { client, count } => {
            Command::Set { name: format!("c{client}"), value: Some(count.to_string().into()) }
        }
    })
}
