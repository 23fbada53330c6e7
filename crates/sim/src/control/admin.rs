//! Who tells the control state what is true of hosts: they are there, they are gone, and who
//! should vote. In a vm that is the leader's daemon; here it knows the truth after a while.

use super::history::{Op, Seen};
use super::plan::{MS, SECOND};
use super::plant::Plant;
use super::world::{Ask, Event, Reply, World};
use posse_control::consensus::{Input, Node};
use posse_control::state::{
    Admission, Answer, ClientId, Command, Host, HostRow, Owner, Proposal, Signature, Standing,
};
use posse_control::voters::{Facts, Next, Place, next_change};
use posse_wire::msg::{HostRequest, Launcher};
use posse_wire::{CommandId, HostId, Incarnation, Rank};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// The admin's number as a client.
pub const ADMIN: usize = usize::MAX;

/// Death is known after this (design D5).
const KNOWN_AFTER: u64 = 9 * SECOND;

const TURN: u64 = 250 * MS;

#[derive(Debug)]
pub struct Admin {
    client: Option<ClientId>,
    seq: u64,
    queue: VecDeque<Command>,
    token: u64,
    asked_at: u64,
    began: u64,
    /// The incarnation of each worker host: processes live there.
    lives: Vec<u32>,
    pub ended: BTreeSet<Owner>,
    lies: bool,
}

/// Hosts of processes; apart from those that vote, whose crashes are the plan's.
const WORKERS: u32 = 2;

fn request(number: u32) -> HostRequest {
    let name = format!("w{number}");
    HostRequest { name, user: None, port: None, slots: None, launcher: Launcher::Ssh }
}

/// As the table says it: this life is up, or over.
pub fn row(number: u32, life: u32, standing: Standing) -> Command {
    let admission = Admission {
        boot: u64::from(life),
        key: [number as u8; 32],
        ticket: Signature([[0; 32]; 2]),
        parent: HostId(0),
        facts: Default::default(),
    };
    let host = Host {
        request: request(number),
        standing,
        incarnation: Incarnation(life),
        launcher: "ssh".into(),
        slots: 1,
        admission: Some(Box::new(admission)),
    };
    Command::Hosts(vec![HostRow { number: HostId(number), host: Some(Box::new(host)) }])
}

impl Admin {
    pub fn new() -> Self {
        let queue = (1..=WORKERS).map(|number| row(number, 1, Standing::Up)).collect();
        Admin {
            client: None,
            seq: 0,
            queue,
            token: 0,
            asked_at: 0,
            began: 0,
            lives: vec![1; WORKERS as usize],
            ended: BTreeSet::new(),
            lies: false,
        }
    }

    /// Some process of each worker.
    pub fn living(&self) -> Vec<Owner> {
        let owner = |(at, life): (usize, &u32)| Owner {
            host: HostId(at as u32 + 1),
            incarnation: Incarnation(*life),
            command: CommandId(1),
            rank: Rank(0),
        };
        self.lives.iter().enumerate().map(owner).collect()
    }

    /// Whether its names may be released.
    pub fn is_over(&self, owner: &Owner) -> bool {
        let life = self.lives.get(owner.host.0 as usize - 1).copied().unwrap_or(0);
        self.ended.contains(owner) || owner.incarnation.0 < life
    }
}

impl World {
    /// Now and then: asks for what is to be changed, and for other voters.
    pub fn policy(&mut self) {
        self.after(TURN, Event::Policy);
        self.choose_voters();
        self.admin_turn();
    }

    fn admin_turn(&mut self) {
        let now = self.now;
        let Some(leader) = self.leader() else { return };
        if self.admin.token != 0 && now < self.admin.asked_at + 2 * SECOND {
            return;
        }
        self.draw_life();
        let admin = &mut self.admin;
        let ask = match (admin.client, admin.queue.front()) {
            (None, _) => self.open(),
            (Some(_), None) => return,
            (Some(client), Some(command)) => {
                Ask::Change(Proposal { client, seq: admin.seq + 1, command: command.clone() })
            }
        };
        self.tokens += 1;
        let token = self.tokens;
        if self.admin.token == 0 {
            self.admin.began = now;
        }
        (self.admin.token, self.admin.asked_at) = (token, now);
        let delay = self.delay();
        let ask = Box::new(ask);
        self.after(delay, Event::Ask { to: leader, client: ADMIN, token, ask });
    }

    /// A worker begins a new life once in a while, and a planted lie is told.
    fn draw_life(&mut self) {
        if !self.admin.queue.is_empty() || self.admin.token != 0 || self.admin.client.is_none() {
            return;
        }
        let worker = self.chance.below(u64::from(WORKERS)) as usize;
        let host = worker as u32 + 1;
        if self.chance.percent(3) {
            let life = self.admin.lives[worker];
            self.admin.lives[worker] += 1;
            let down = Standing::Down { why: "lost".into() };
            self.admin.queue.push_back(row(host, life, down));
            self.admin.queue.push_back(row(host, life + 1, Standing::Up));
        } else if self.is(Plant::ReleaseLiving) && self.chance.percent(10) {
            self.admin.lies = true;
            let incarnation = Incarnation(self.admin.lives[worker]);
            let (command, rank) = (CommandId(1), Rank(self.chance.below(30) as u32));
            let owner = Owner { host: HostId(host), incarnation, command, rank };
            self.admin.queue.push_back(Command::ProcessGone(owner));
        }
    }

    pub fn admin_hears(&mut self, token: u64, reply: Reply) {
        if self.admin.token != token {
            return;
        }
        let answer = match reply {
            Reply::Changed(answer) => answer,
            _ => {
                // Asked again at the next turn; as the same, so that it is done once.
                self.admin.asked_at = 0;
                return;
            }
        };
        self.admin.token = 0;
        if let Answer::Opened(client) = answer {
            if self.admin.client.is_none() {
                self.admin.client = Some(client);
            }
            return;
        }
        self.admin.seq += 1;
        let Some(command) = self.admin.queue.pop_front() else { return };
        self.write_down(command, Seen::Answered(answer));
    }

    /// The world ends before this was answered.
    pub fn write_down_what_is_asked(&mut self) {
        if let Some(command) = self.admin.queue.pop_front().filter(|_| self.admin.token != 0) {
            self.write_down(command, Seen::Unknown);
        }
    }

    fn write_down(&mut self, command: Command, seen: Seen) {
        let op = match command {
            Command::Hosts(rows) => match &rows[..] {
                [HostRow { number, host: Some(host) }] if !host.is_up() => {
                    Op::HostGone { host: number.0, incarnation: host.incarnation.0 }
                }
                _ => return,
            },
            Command::ProcessGone(owner) if !self.admin.lies => Op::Release { owner },
            _ => return,
        };
        let (began, now) = (self.admin.began, self.now);
        self.ledger.history.push(op, began, now, seen);
    }

    fn choose_voters(&mut self) {
        let Some(leader) = self.leader() else { return };
        let now = self.now;
        let facts: Vec<Facts> =
            self.hosts.iter().map(|host| self.facts(leader, host, now)).collect();
        let h = &self.hosts[leader];
        if h.paused_until > now {
            return;
        }
        let Some(node) = h.node.as_ref() else { return };
        match next_change(&facts, &node.state().members, node.me()) {
            Some(Next::Change(change)) => self.feed(leader, Input::Members(change)),
            Some(Next::Transfer(to)) => self.feed(leader, Input::Transfer(to)),
            None => {}
        }
    }

    fn facts(&self, leader: usize, host: &super::host::Host, now: u64) -> Facts {
        let is_gone = !host.is_up() && now > host.changed_at + KNOWN_AFTER;
        let caught_up = |node: &Node| node.has_caught_up(host.id());
        let lasts = if host.is_up() { 0 } else { now - host.changed_at };
        Facts {
            voter: host.id(),
            is_up: !is_gone,
            lasts: Duration::from_micros(lasts),
            place: Place { parent: Some(HostId(0)), site: Some(1) },
            has_caught_up: self.hosts[leader].node.as_ref().is_some_and(caught_up),
            is_steady: true,
            stays: false,
        }
    }
}
