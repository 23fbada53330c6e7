//! A virtual front end: what `posse` itself does on a client link. It brings the hosts up, runs
//! one job after the other, and goes; or it vanishes.

use super::job::{Act, Detached, Run};
use super::{Event, World, net};
use crate::plan::MS;
use crate::trace::{self, Place};
use posse_wire::msg::{
    Attach, End, Hello, HostRequest, Launcher, Ports, Query, Question, Role, Spawn, Up,
};
use posse_wire::{
    CommandId, Fd, Frame, HostId, Kind, Message, Rank, StreamChunk, VmId, WIRE_VERSION,
    WIRE_VERSION_OLDEST,
};
use std::collections::BTreeSet;

#[derive(Debug)]
pub struct Front {
    pub host: usize,
    conn: Option<usize>,
    /// Its first job is `up` for all hosts.
    brings_up: bool,
    jobs_left: u64,
    pub next_id: u64,
    pub run: Option<Run>,
    pub query: Option<(CommandId, BTreeSet<HostId>)>,
    pub up: Option<CommandId>,
    over: bool,
}

impl Front {
    fn new(host: usize, brings_up: bool, jobs_left: u64) -> Front {
        Front {
            host,
            conn: None,
            brings_up,
            jobs_left,
            next_id: 0,
            run: None,
            query: None,
            up: None,
            over: false,
        }
    }

    pub fn is_over(&self) -> bool {
        self.over
    }

    pub fn waits_for(&self) -> String {
        match (&self.run, &self.query, self.up) {
            (Some(run), ..) => {
                format!("{} of {} processes of {}", run.left(), run.size, trace::id(run.id))
            }
            (_, Some((id, left)), _) => format!("{} answers to {}", left.len(), trace::id(*id)),
            (.., Some(id)) => format!("the end of up {}", trace::id(id)),
            _ => format!("nothing, {} jobs left", self.jobs_left),
        }
    }
}

impl World {
    pub fn open_fronts(&mut self) {
        for front in 0..self.plan.fronts {
            let hosts = self.plan.hosts as u64;
            let away = front > 0 && self.chance.percent(20);
            let host = if away { 1 + self.chance.below(hosts) as usize } else { 0 };
            let jobs = self.chance.between(1, 3).min(self.plan.jobs_from.unwrap_or(u64::MAX));
            self.fronts.push(Front::new(host, front == 0, jobs));
            let begin = if front == 0 { 0 } else { self.chance.below(2000 * MS) };
            if self.plan.absent.contains(&front) {
                self.fronts[front].over = true;
            } else {
                self.after(begin, Event::Front { front, act: Act::Begin });
            }
        }
    }

    /// A front end that does so many jobs.
    pub fn one_more_front(&mut self, jobs: u64) -> usize {
        let front = self.fronts.len();
        self.fronts.push(Front::new(0, false, jobs));
        self.after(0, Event::Front { front, act: Act::Begin });
        front
    }

    /// Another front end asks for all hosts that are down.
    pub fn up_again(&mut self) {
        let front = self.fronts.len();
        self.fronts.push(Front::new(0, true, 0));
        self.after(0, Event::Front { front, act: Act::Begin });
    }

    pub fn front_acts(&mut self, front: usize, act: Act) {
        if self.fronts[front].over {
            return;
        }
        match act {
            Act::Begin => self.front_begins(front),
            Act::Next => self.next_job(front),
            Act::Consume { id, rank, fd, upto } => self.consume(front, id, rank, fd, upto),
            Act::End { id, signal } => {
                if self.fronts[front].run.as_ref().is_some_and(|run| run.id == id) {
                    self.front_sends(front, End { rank: None, signal }.frame(id));
                }
            }
            Act::Follow { id } => {
                self.front_sends(front, Attach { follow: true }.frame(id));
            }
        }
    }

    fn front_begins(&mut self, front: usize) {
        let host = self.fronts[front].host;
        if self.hosts[host].daemon.is_none() {
            return self.front_gone(front, "no daemon here");
        }
        self.fronts[front].conn = Some(self.link_local(net::End::Front(front), host));
        let hello = Hello {
            wire: WIRE_VERSION,
            wire_oldest: WIRE_VERSION_OLDEST,
            vm: VmId([7; 16]),
            role: Role::Client,
        };
        self.front_sends(front, hello.frame(CommandId::NONE));
    }

    pub fn front_sends(&mut self, front: usize, frame: Frame) {
        if let Some(conn) = self.fronts[front].conn {
            self.send(conn, 1, frame);
        }
    }

    /// It closes its link and is no more.
    pub fn front_vanishes(&mut self, front: usize) {
        if let Some(conn) = self.fronts[front].conn {
            self.close(conn, 1, "the front end is gone");
        }
        self.front_gone(front, "vanishes");
    }

    pub fn front_gone(&mut self, front: usize, why: &'static str) {
        let state = &mut self.fronts[front];
        if std::mem::replace(&mut state.over, true) {
            return;
        }
        (state.run, state.query, state.up) = (None, None, None);
        self.say(Place::Front(front), || why.to_owned());
    }

    pub fn fronts_die_with(&mut self, host: usize) {
        for front in 0..self.fronts.len() {
            if self.fronts[front].host == host && self.fronts[front].conn.is_some() {
                self.front_gone(front, "its host died");
            }
        }
    }

    fn next_job(&mut self, front: usize) {
        let id = CommandId(self.fronts[front].next_id);
        self.fronts[front].next_id += 1;
        if std::mem::take(&mut self.fronts[front].brings_up) {
            self.fronts[front].up = Some(id);
            let up = self.up_request();
            return self.front_sends(front, up.frame(id));
        }
        if self.fronts[front].jobs_left == 0 && self.now >= self.plan.least_us {
            return self.front_vanishes(front);
        }
        self.fronts[front].jobs_left = self.fronts[front].jobs_left.saturating_sub(1);
        if self.plan.calm {
            return self.start_run(front, id);
        }
        let served_by = CommandId(self.fronts[front].next_id).origin().0 as usize;
        let kept = self.detached.iter().find(|job| job.host == served_by).cloned();
        match (self.chance.below(10), kept) {
            (0 | 1, _) => self.ask(front, id),
            (2 | 3, Some(job)) => {
                self.fronts[front].run = Some(Run::following(&job));
                let follow = self.chance.percent(80);
                self.front_sends(front, Attach { follow }.frame(job.id));
            }
            _ => self.start_run(front, id),
        }
    }

    fn up_request(&mut self) -> Up {
        // The second time some are left out: a relay alone must bring back those below it.
        let percent = if self.now < MS || self.chance.percent(50) { 100 } else { 60 };
        let wanted: Vec<usize> =
            (1..=self.plan.hosts).filter(|_| self.chance.percent(percent)).collect();
        let request = |number: usize| HostRequest {
            name: format!("h{number}"),
            user: None,
            port: None,
            slots: None,
            launcher: Launcher::Ssh,
        };
        Up {
            hosts: wanted.into_iter().map(request).collect(),
            environment: Vec::new(),
            interactive: false,
            ram: false,
            direct: false,
            ports: Ports::Any,
            via: None,
            linger_ms: 0,
            timeout_ms: 10_000,
            connect_ms: None,
            window: 16,
        }
    }

    fn ask(&mut self, front: usize, id: CommandId) {
        let hosts: BTreeSet<HostId> = (0..=self.plan.hosts as u32 + 1).map(HostId).collect();
        let question = if self.chance.percent(50) { Question::Ping } else { Question::Load };
        let targets = hosts.iter().copied().collect();
        self.fronts[front].query = Some((id, hosts));
        self.front_sends(front, Query { targets, question }.frame(id));
    }

    fn start_run(&mut self, front: usize, id: CommandId) {
        let host = self.fronts[front].host;
        let (mut run, spec, targets) = self.draw_run(host, id);
        let size = run.size;
        let encoded = spec.encode();
        if !self.plan.calm && self.chance.percent(15) {
            let signal = [15, 2, 9, 1][self.chance.below(4) as usize];
            let after = self.chance.below(2000 * MS);
            self.after(after, Event::Front { front, act: Act::End { id, signal } });
        }
        if spec.detached {
            run.stdin = None;
            let outs = run.sinks.keys().map(|(_, fd)| *fd).collect::<BTreeSet<Fd>>();
            let outs = outs.into_iter().collect();
            // The daemon that numbers it keeps it, which may be the one that leads.
            let (host, hopeless) = (id.origin().0 as usize, run.hopeless.clone());
            let job = Detached { host, id, size, outs, hopeless };
            run = Run::following(&job);
            self.detached.push(job);
        }
        self.fronts[front].run = Some(run);
        let spawn = Spawn { size, targets, spec: encoded, ..Spawn::default() };
        self.front_sends(front, spawn.frame(id));
        if spec.detached && spec.pipes.iter().any(|pipe| pipe.input) {
            // Nobody feeds a detached command: its stdin ends at once.
            if let Some(truth) = self.truth.commands.get_mut(&id) {
                truth.stdin_total = Some(0);
            }
            let bytes = ::bytes::Bytes::new();
            let (rank, fd, offset, end) = (Rank::ALL, Fd::STDIN, 0, true);
            let chunk = StreamChunk { rank, fd, offset, end, bytes };
            self.front_sends(front, chunk.frame(Kind::Input, id));
        }
        if spec.detached {
            let after = self.chance.below(500 * MS);
            self.after(after, Event::Front { front, act: Act::Follow { id } });
        } else {
            self.pump(front);
        }
    }
}
