//! One world: things happen in an order that chance gives, then all heals, and all must be over.

use super::book::Book;
use super::chance::Chance;
use super::client::{Submission, submission};
use super::disk::Disk;
use super::machine::{HOLDER, Machine};
use posse_farm::holder::{Answer, Effect, Holder, Request, Settings};
use posse_farm::words::{Order, Report};
use posse_farm::worker::Mode;
use posse_farm::{Epoch, TaskId};
use posse_wire::HostId;
use std::time::Duration;

struct World {
    chance: Chance,
    now: Duration,
    holder: Holder,
    disk: Disk,
    machines: Vec<Machine>,
    /// Orders that wait for the journal: how far, for which life's link.
    waiting: Vec<(u64, usize, Order)>,
    answers: Vec<(u64, usize)>,
    submissions: Vec<Submission>,
    /// The last epoch of which a host heard.
    spoken: Epoch,
    book: Book,
}

pub fn run(seed: u64) {
    let mut chance = Chance::new(seed);
    let machines = (1..2 + chance.below(4) as u32).map(|n| Machine::new(n, &mut chance));
    let machines: Vec<Machine> = machines.collect();
    let mut world = World {
        chance,
        now: Duration::from_secs(1),
        holder: Holder::new(Settings::default(), Epoch(1)),
        disk: Disk::default(),
        machines,
        waiting: vec![],
        answers: vec![],
        submissions: vec![],
        spoken: Epoch(0),
        book: Book::default(),
    };
    world.after_holder();
    for _ in 0..600 {
        world.something();
    }
    world.heal();
}

impl World {
    fn something(&mut self) {
        self.now += Duration::from_millis(self.chance.below(60));
        match self.chance.below(100) {
            0..4 => self.submit(),
            4..14 => self.ask(),
            14..34 => self.deliver_down(),
            34..54 => self.deliver_up(),
            54..72 => self.end_process(),
            72..80 => self.sync(),
            80..84 => self.link(),
            84..86 => self.tick(),
            86 => self.crash(),
            87 => self.restart_machine(),
            88 => self.cut_link(),
            89 => self.declare_lost(),
            90 => self.kill(),
            91 => self.retry(),
            92 => self.pause(),
            93 => self.drain(),
            94..96 => self.mode(),
            96 => self.snapshot(),
            97 => self.disk_full(),
            98 => self.now += Duration::from_secs(self.chance.below(40)),
            _ => self.strangers(),
        }
    }

    fn any(&mut self) -> usize {
        self.chance.below(self.machines.len() as u64) as usize
    }

    /// Carries out what the holder wants, in its order.
    fn after_holder(&mut self) {
        for effect in self.holder.take_effects() {
            match effect {
                Effect::Journal { bytes, upto } => self.disk.append(&bytes, upto),
                Effect::Send { to, order, after } => {
                    self.book.handed(&self.holder, &order);
                    let at = self.machines.iter().position(|m| m.life.host == to.host).unwrap();
                    if after <= self.disk.durable() {
                        self.send(at, order);
                    } else if self.machines[at].linked {
                        self.waiting.push((after, at, order));
                    }
                }
                Effect::Ended(task) => {
                    let end = self.disk.durable().max(self.end());
                    self.book.accepted(&self.holder, task, end);
                }
                Effect::Resolve { .. } | Effect::Over(_) | Effect::Drained(_) => {}
            }
        }
    }

    fn end(&self) -> u64 {
        // Everything that the holder wrote was appended before.
        self.disk.end()
    }

    fn send(&mut self, at: usize, order: Order) {
        if self.machines[at].linked {
            self.spoken = self.holder.epoch();
            self.book.taken(&order);
            self.machines[at].down.push_back((self.holder.epoch(), vec![order]));
        }
    }

    fn sync(&mut self) {
        let upto = self.disk.sync();
        self.durable(upto);
    }

    fn durable(&mut self, upto: u64) {
        self.holder.durable(upto);
        self.book.synced(upto);
        let (ready, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(after, ..)| *after <= upto);
        self.waiting = waiting;
        let ready: Vec<(u64, usize, Order)> = ready;
        ready.into_iter().for_each(|(_, at, order)| self.send(at, order));
        for (after, at) in std::mem::take(&mut self.answers) {
            if after > upto {
                self.answers.push((after, at));
                continue;
            }
            let one = &mut self.submissions[at];
            one.acknowledged = one.asked.take().unwrap() + 1;
            if one.acknowledged == one.requests.len() {
                self.book.jobs.insert(one.job, one.tasks.clone());
            }
        }
    }

    fn submit(&mut self) {
        if self.submissions.len() < 6 && self.submissions.iter().all(|one| one.acknowledged > 0) {
            let job = self.holder.next_job();
            self.submissions.push(submission(job, &mut self.chance));
        }
    }

    /// The next word of somebody who submits.
    fn ask(&mut self) {
        let open = self
            .submissions
            .iter()
            .position(|one| one.asked.is_none() && one.acknowledged < one.requests.len());
        let Some(at) = open else { return };
        let one = &mut self.submissions[at];
        let request = one.requests[one.acknowledged].clone();
        let (answer, after) = self.holder.request(self.now, request);
        match answer {
            Answer::Done { .. } => {
                one.asked = Some(one.acknowledged);
                self.answers.push((after, at));
            }
            Answer::Refused(refused) => {
                assert_eq!(refused, posse_farm::holder::Refused::Disk);
            }
        }
        self.after_holder();
        if after <= self.disk.durable() {
            self.durable(self.disk.durable());
        }
    }

    fn deliver_down(&mut self) {
        let at = self.any();
        let machine = &mut self.machines[at];
        if let Some((epoch, orders)) = machine.down.pop_front() {
            machine.worker.orders(self.now, HOLDER, epoch, orders);
            machine.carry_out(self.now, &mut self.chance);
        }
    }

    fn deliver_up(&mut self) {
        let at = self.any();
        let machine = &mut self.machines[at];
        let count = (machine.up.len() as u64).min(1 + self.chance.below(4)) as usize;
        let reports: Vec<Report> = machine.up.drain(..count).collect();
        if !reports.is_empty() {
            self.holder.reports(self.now, machine.life, reports);
            self.after_holder();
        }
    }

    fn end_process(&mut self) {
        let at = self.any();
        let machine = &mut self.machines[at];
        machine.end_one(self.now, &mut self.chance);
        machine.carry_out(self.now, &mut self.chance);
    }

    /// A link is made, or made again.
    fn link(&mut self) {
        let at = self.any();
        let machine = &mut self.machines[at];
        if machine.linked {
            return;
        }
        machine.cut();
        machine.linked = true;
        self.waiting.retain(|(_, to, _)| *to != at);
        let (life, capacity) = (machine.life, machine.capacity.clone());
        self.holder.joined(self.now, life, format!("h{at}"), capacity);
        self.after_holder();
    }

    fn cut_link(&mut self) {
        let at = self.any();
        self.machines[at].cut();
    }

    fn restart_machine(&mut self) {
        let at = self.any();
        self.machines[at].restart();
    }

    fn declare_lost(&mut self) {
        let at = self.any();
        if !self.machines[at].linked {
            self.holder.lost(self.now, self.machines[at].life);
            self.after_holder();
        }
    }

    fn tick(&mut self) {
        self.holder.tick(self.now);
        self.after_holder();
        for machine in &mut self.machines {
            machine.worker.tick(self.now);
            machine.carry_out(self.now, &mut self.chance);
        }
    }

    /// The holder's machine loses its power; another life begins from what the disk has.
    fn crash(&mut self) {
        self.disk.crash(&mut self.chance);
        let none = Epoch(0);
        let (holder, found) =
            Holder::recover(self.now, Settings::default(), none, &self.disk.bytes);
        assert!(found.scan.lost.is_empty() && found.strange == 0, "{found:?}");
        assert!(holder.epoch() > self.spoken, "two lives have one epoch");
        self.holder = holder;
        self.disk.cut(found.scan.good);
        self.waiting.clear();
        self.answers.clear();
        self.book.crashed();
        self.machines.iter_mut().for_each(Machine::cut);
        for one in &mut self.submissions {
            one.asked = None;
            if one.acknowledged < one.requests.len() {
                // It does not know what was kept, and begins again.
                one.acknowledged = 0;
            }
        }
        self.book.recovered(&self.holder);
        self.after_holder();
    }

    fn whole_job(&mut self) -> Option<usize> {
        let whole = self.submissions.iter().enumerate();
        let whole = whole.filter(|(_, one)| one.acknowledged == one.requests.len());
        let whole: Vec<usize> = whole.map(|(at, _)| at).collect();
        (!whole.is_empty()).then(|| self.chance.one(&whole))
    }

    /// Asked by somebody who sees to it that it is durable.
    fn order(&mut self, request: Request) -> bool {
        let (answer, _) = self.holder.request(self.now, request);
        self.after_holder();
        self.sync();
        matches!(answer, Answer::Done { .. })
    }

    fn kill(&mut self) {
        let Some(at) = self.whole_job() else { return };
        let (job, count) = (self.submissions[at].job, self.submissions[at].tasks.len() as u32);
        let tasks: Option<Vec<u32>> = match self.chance.percent(30) {
            true => None,
            false => Some((0..3).map(|_| self.chance.below(count.into()) as u32).collect()),
        };
        let killed = tasks.clone().unwrap_or_else(|| (0..count).collect());
        if self.order(Request::Kill { job, tasks }) {
            let killed = killed.into_iter().map(|index| TaskId { job, index });
            self.book.killed.extend(killed);
        }
    }

    fn retry(&mut self) {
        let Some(at) = self.whole_job() else { return };
        let job = self.submissions[at].job;
        self.book.retried.insert(job);
        self.order(Request::Retry { job, failed: true, lost: true });
    }

    fn pause(&mut self) {
        let Some(at) = self.whole_job() else { return };
        let (job, paused) = (self.submissions[at].job, self.chance.percent(50));
        self.order(Request::Pause { job, paused });
    }

    fn drain(&mut self) {
        let (at, draining) = (self.any(), self.chance.percent(50));
        let now = self.chance.percent(50);
        self.order(Request::Drain { host: self.machines[at].life.host, draining, now });
    }

    fn mode(&mut self) {
        let (at, mode) = (self.any(), self.chance.one(&[Mode::Run, Mode::Suspend, Mode::Vacate]));
        let machine = &mut self.machines[at];
        machine.mode(self.now, mode);
        machine.carry_out(self.now, &mut self.chance);
    }

    fn strangers(&mut self) {
        let at = self.any();
        let cores = self.chance.below(3) as u32 * 1000;
        let machine = &mut self.machines[at];
        let used = posse_farm::Capacity { cores, ..Default::default() };
        machine.worker.strangers(self.now, &used);
        machine.carry_out(self.now, &mut self.chance);
    }

    fn snapshot(&mut self) {
        self.after_holder();
        let (bytes, end) = self.holder.snapshot();
        self.disk.replace(bytes, end);
        self.durable(end);
    }

    fn disk_full(&mut self) {
        let works = self.chance.percent(60);
        self.holder.disk(self.now, works);
        self.after_holder();
    }

    /// Everything is well again; whatever was submitted must come to its end.
    fn heal(&mut self) {
        self.holder.disk(self.now, true);
        self.after_holder();
        for machine in &mut self.machines {
            machine.mode(self.now, Mode::Run);
            machine.worker.strangers(self.now, &posse_farm::Capacity::default());
            machine.carry_out(self.now, &mut self.chance);
            if machine.life.host == HostId(1) {
                // Large enough for every task.
                let before = machine.life.incarnation;
                let mut rich = Machine::new(1, &mut Chance::new(0));
                rich.grow();
                rich.life.incarnation.0 = before.0 + 1;
                *machine = rich;
            }
        }
        for round in 0..4000 {
            self.now += Duration::from_millis(20);
            self.calm(round);
            let acknowledged = |one: &Submission| one.acknowledged == one.requests.len();
            let all = self.submissions.iter().all(acknowledged);
            let over = |one: &Submission| self.holder.summary(one.job).is_some_and(|s| s.over);
            if round > 100 && all && self.submissions.iter().all(over) && self.is_quiet() {
                return self.settled();
            }
        }
        for one in &self.submissions {
            let tasks = (0..one.tasks.len() as u32).map(|index| TaskId { job: one.job, index });
            for task in tasks.filter(|task| self.holder.row(*task).is_none()) {
                println!("{task}: {:?} {:?}", self.holder.state(task), self.holder.why(task));
            }
        }
        panic!("not all comes to its end");
    }

    fn calm(&mut self, round: u32) {
        self.link();
        self.ask();
        for _ in 0..3 {
            self.deliver_down();
            self.deliver_up();
            self.end_process();
        }
        self.sync();
        if round.is_multiple_of(50) {
            self.tick();
            for at in 0..self.machines.len() {
                let host = self.machines[at].life.host;
                self.order(Request::Drain { host, draining: false, now: false });
            }
            for at in 0..self.submissions.len() {
                let job = self.submissions[at].job;
                self.order(Request::Pause { job, paused: false });
            }
        }
    }

    fn is_quiet(&self) -> bool {
        let nothing_waits = self.waiting.is_empty() && self.answers.is_empty();
        nothing_waits
            && self.machines.iter().all(|machine| {
                machine.linked
                    && machine.processes.is_empty()
                    && machine.up.is_empty()
                    && machine.down.is_empty()
            })
    }

    fn settled(&mut self) {
        self.book.settled(&self.holder);
        for machine in &mut self.machines {
            assert_eq!((machine.worker.queued(), machine.worker.running().count()), (0, 0));
            machine.worker.orders(self.now, HOLDER, self.holder.epoch(), vec![Order::Attach]);
            machine.carry_out(self.now, &mut self.chance);
            let attached = machine.up.iter().find_map(|report| match report {
                Report::Attached { queued, running, ended } => Some((queued, running, ended)),
                _ => None,
            });
            let (queued, running, ended) = attached.unwrap();
            assert!(queued.is_empty() && running.is_empty() && ended.is_empty(), "{ended:?}");
        }
    }
}
