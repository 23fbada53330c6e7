//! A holder on a stage: hosts that do as the test says, a journal that is always durable.

use posse_farm::holder::{Answer, Effect, Holder, Refused, Request, Settings};
use posse_farm::words::{Ended, Ending, Order, Report, Usage};
use posse_farm::{
    Batch, Capacity, Epoch, HostLife, JobId, JobSpec, Lease, Needs, Program, Rules, TaskId,
    Template, Text,
};
use posse_wire::{HostId, Incarnation};
use std::collections::BTreeMap;
use std::time::Duration;

pub struct Stage {
    pub holder: Holder,
    pub now: Duration,
    pub journal: Vec<u8>,
    /// Attempts at each host, in the order in which they came.
    pub at: BTreeMap<u32, Vec<Lease>>,
    /// Other orders, since they were last looked at.
    pub orders: Vec<(u32, Order)>,
    pub events: Vec<Effect>,
}

pub fn cores(cores: u32) -> Capacity {
    Capacity { cores: cores * 1000, memory: 1 << 30, gpus: 0, named: vec![] }
}

pub fn needs(cores: u32) -> Needs {
    Needs { cores: cores * 1000, ..Needs::default() }
}

pub fn life(host: u32, incarnation: u32) -> HostLife {
    HostLife { host: HostId(host), incarnation: Incarnation(incarnation) }
}

pub fn task(job: u32, index: u32) -> TaskId {
    TaskId { job: JobId(job), index }
}

pub fn batch(tasks: u32, needs: Needs, rules: Rules) -> Batch {
    let mut template = Template::of(vec![], Program::Shell(Text::plain("true")));
    template.rules = rules;
    Batch::of(template, tasks, vec![], needs)
}

impl Stage {
    /// One with hosts 1, 2, ... of so many cores.
    pub fn new(hosts: &[u32]) -> Stage {
        let mut stage = Stage::of(Holder::new(Settings::default(), Epoch(1)));
        for (number, count) in (1..).zip(hosts) {
            stage.join(number, cores(*count));
        }
        stage
    }

    pub fn of(holder: Holder) -> Stage {
        let mut stage = Stage {
            holder,
            now: Duration::from_secs(100),
            journal: vec![],
            at: BTreeMap::new(),
            orders: vec![],
            events: vec![],
        };
        stage.follow();
        stage
    }

    pub fn join(&mut self, host: u32, capacity: Capacity) {
        self.holder.joined(self.now, life(host, 1), format!("lab{host}"), capacity);
        self.attach(host, vec![], vec![], vec![]);
    }

    pub fn attach(
        &mut self,
        host: u32,
        queued: Vec<Lease>,
        running: Vec<Lease>,
        ended: Vec<Ended>,
    ) {
        self.report(host, vec![Report::Attached { queued, running, ended }]);
    }

    pub fn report(&mut self, host: u32, reports: Vec<Report>) {
        self.holder.reports(self.now, life(host, 1), reports);
        self.follow();
    }

    pub fn follow(&mut self) {
        for effect in self.holder.take_effects() {
            match effect {
                Effect::Journal { bytes, upto } => {
                    self.journal.extend_from_slice(&bytes);
                    self.holder.durable(upto);
                }
                Effect::Send { to, order: Order::Hand(hand), .. } => {
                    let (job, epoch) = (hand.job, self.holder.epoch());
                    let lease = |task: &posse_farm::words::Handed| Lease {
                        task: task.task(job),
                        epoch,
                        attempt: task.attempt,
                    };
                    let leases = hand.tasks.iter().map(lease);
                    self.at.entry(to.host.0).or_default().extend(leases);
                }
                Effect::Send { to, order, .. } => self.orders.push((to.host.0, order)),
                other => self.events.push(other),
            }
        }
    }

    pub fn ask(&mut self, request: Request) -> Result<u32, Refused> {
        let (answer, _) = self.holder.request(self.now, request);
        self.follow();
        match answer {
            Answer::Done { tasks } => Ok(tasks),
            Answer::Refused(refused) => Err(refused),
        }
    }

    /// A job of one batch, sealed.
    pub fn job(&mut self, spec: JobSpec, batch: Batch) -> JobId {
        let job = self.holder.next_job();
        self.ask(Request::Open { job, spec: Box::new(spec) }).unwrap();
        self.ask(Request::Add { job, first: 0, batch: Box::new(batch) }).unwrap();
        self.ask(Request::Seal(job)).unwrap();
        job
    }

    pub fn tasks(&mut self, tasks: u32, needs: Needs) -> JobId {
        self.job(JobSpec::default(), batch(tasks, needs, Rules::default()))
    }

    pub fn count(&self, host: u32) -> usize {
        self.at.get(&host).map_or(0, Vec::len)
    }

    /// How many attempts of a job are at a host.
    pub fn of_job(&self, host: u32, job: JobId) -> usize {
        let at = self.at.get(&host).into_iter().flatten();
        at.filter(|lease| lease.task.job == job).count()
    }

    /// Where the attempts of a task are.
    pub fn hosts_of(&self, task: TaskId) -> Vec<u32> {
        let has = |leases: &Vec<Lease>| leases.iter().any(|lease| lease.task == task);
        self.at.iter().filter(|(_, leases)| has(leases)).map(|(host, _)| *host).collect()
    }

    pub fn start(&mut self, host: u32) {
        let leases = self.at[&host].clone();
        self.report(host, leases.into_iter().map(Report::Started).collect());
    }

    /// The first attempt at a host ends so.
    pub fn end(&mut self, host: u32, ending: Ending) -> Lease {
        self.end_after(host, ending, Duration::from_secs(10))
    }

    pub fn end_after(&mut self, host: u32, ending: Ending, ran: Duration) -> Lease {
        let lease = self.at.get_mut(&host).unwrap().remove(0);
        let ended = ended(lease, ending, ran);
        self.report(host, vec![Report::Started(lease), Report::Ended(Box::new(ended))]);
        lease
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.holder.tick(self.now);
        self.follow();
    }

    pub fn why(&self, task: TaskId) -> String {
        self.holder.why(task).unwrap()
    }
}

pub fn ended(lease: Lease, ending: Ending, ran: Duration) -> Ended {
    Ended { lease, ending, started_ms: 1, ran, usage: Usage::default(), values: vec![] }
}
