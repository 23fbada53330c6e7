//! Why a task is where it is, in one sentence.

use super::Holder;
use super::host::Host;
use super::job::{Job, State};
use crate::room::Room;
use crate::row::{End, Row};
use crate::words::Ending;
use crate::worker::Mode;
use crate::{Needs, TaskId};
use posse_wire::HostId;

/// Hosts that a sentence names.
const CLOSED_SHOWN: usize = 4;

impl Holder {
    /// None: there is no such task.
    pub fn why(&self, task: TaskId) -> Option<String> {
        let job = self.jobs.get(&task.job)?;
        Some(match job.state(task.index)? {
            State::Waiting => self.why_waiting(job, task.index),
            State::Ready => self.why_ready(job, task.index),
            State::Running => self.why_running(job, task.index),
            _ => self.how_it_ended(&job.row(task.index)?),
        })
    }

    fn why_waiting(&self, job: &Job, index: u32) -> String {
        let batch = job.batch_of(index);
        let on = batch.depends.of(index - batch.first).iter();
        let open: Vec<u32> = on.copied().filter(|on| job.state(*on) != Some(State::Done)).collect();
        let Some(first) = open.first() else {
            return format!("it waits for {} batches of its job that come before", batch.waits);
        };
        let first = TaskId { job: job.id, index: *first };
        match open.len() {
            1 => format!("it waits for task {first}"),
            n => format!("it waits for {n} tasks, the first of them {first}"),
        }
    }

    fn why_running(&self, job: &Job, index: u32) -> String {
        let Some(flight) = job.flights.of(index).next() else { return "it is running".into() };
        let host = self.name(flight.host.host);
        let known = self.hosts.get(&flight.host.host);
        if known.is_some_and(|host| host.expected.is_some()) {
            return format!("it was handed to {host}, which has not come back since our start");
        }
        let stopped = known.filter(|host| host.mode != Mode::Run);
        match flight.started {
            Some(_) if stopped.is_some() => {
                format!("it is suspended on {host}{}", stopped.map(because).unwrap_or_default())
            }
            Some(at) => {
                let seconds = self.now.saturating_sub(at).as_secs();
                format!("it runs on {host} for {seconds} s")
            }
            None => format!("it was handed to {host} and waits for room there"),
        }
    }

    fn why_ready(&self, job: &Job, index: u32) -> String {
        if job.paused {
            return format!("job {} is paused", job.id);
        }
        if !self.disk {
            return "the journal can not be written, so nothing is started".into();
        }
        if job.active >= job.spec.cap {
            return format!("{} tasks of job {} run, which is its cap", job.active, job.id);
        }
        let Some(group) = self.needs.groups.get(&job.needs_of(index)) else {
            return "it is about to be placed".into();
        };
        let needs = &group.needs;
        if !self.needs.is_resolved(needs) {
            return format!("it is not known yet which hosts are {}", needs.hosts);
        }
        let allowed = |host: &&Host| self.needs.allows(needs, host.life.host);
        let allowed: Vec<&Host> = self.hosts.values().filter(allowed).collect();
        if allowed.is_empty() {
            return match needs.hosts.as_str() {
                "" => "there are no hosts".into(),
                hosts => format!("no host is of {hosts}"),
            };
        }
        let large = |host: &&Host| Room::of(&host.capacity).fits(needs);
        let large: Vec<&Host> = allowed.into_iter().filter(large).collect();
        if large.is_empty() {
            return format!("no host is large enough: it needs {}", words(needs));
        }
        let working = large.iter().filter(|host| host.takes_work()).count();
        if working == 0 {
            return closed(&large);
        }
        let before = group.queue.iter().position(|rank| rank.2 == job.id).unwrap_or(0);
        let full = format!("all {working} hosts that could run it are full");
        let others: u64 = large.iter().map(|host| u64::from(host.busy_cores())).sum();
        let others = match others / 1000 {
            0 => String::new(),
            cores => format!(" (others use {cores} of their cores)"),
        };
        match before {
            0 => format!("{full}{others}"),
            n => format!("{full}{others}, and {n} jobs go first"),
        }
    }

    fn how_it_ended(&self, row: &Row) -> String {
        let host = row.host.map(|host| format!(" on {}", self.name(host))).unwrap_or_default();
        match &row.end {
            End::Killed => "it was killed".into(),
            End::Skipped => {
                "it was not run, since a task that it depends on did not end well".into()
            }
            End::Lost => format!("its host was lost{host}, and it is not tried again"),
            End::Ended(ending) => format!("it ended{host}: {}", ending_words(ending)),
        }
    }

    fn name(&self, host: HostId) -> String {
        match self.hosts.get(&host) {
            Some(known) if !known.name.is_empty() => known.name.clone(),
            _ => format!("host {}", host.0),
        }
    }
}

/// The first few, each with its reason.
fn closed(hosts: &[&Host]) -> String {
    let some = hosts.iter().take(CLOSED_SHOWN).map(|host| {
        let name = if host.name.is_empty() { "a host" } else { &host.name };
        format!("{name}{}", because(host))
    });
    let some: Vec<String> = some.collect();
    let rest = match hosts.len().saturating_sub(CLOSED_SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let count = hosts.len();
    format!("none of the {count} hosts that could run it takes work now: {}{rest}", some.join(", "))
}

/// Of a host that takes no work.
fn because(host: &Host) -> String {
    match host.unmet {
        _ if host.draining => " (it is being drained)".into(),
        Some(unmet) => format!(" ({unmet})"),
        None => String::new(),
    }
}

fn ending_words(ending: &Ending) -> String {
    match ending {
        Ending::Exited(status) => format!("exit status {status}"),
        Ending::Signalled(signal) => format!("signal {signal}"),
        Ending::TimedOut => "its time limit".into(),
        Ending::OutOfMemory => "its memory limit".into(),
        Ending::NotStarted(why) => format!("it could not be started: {why}"),
        Ending::Files(why) => format!("its files: {why}"),
        Ending::Checkpointed => "it saved itself".into(),
    }
}

fn words(needs: &Needs) -> String {
    let mut words = vec![];
    if needs.cores > 0 {
        words.push(format!("{} cores", f64::from(needs.cores) / 1000.0));
    }
    if needs.memory > 0 {
        words.push(format!("{} MiB", needs.memory.div_ceil(1 << 20)));
    }
    if needs.gpus > 0 {
        words.push(format!("{} GPUs", f64::from(needs.gpus) / 1000.0));
    }
    let named = needs.named.iter();
    words.extend(named.map(|(name, n)| format!("{} {name}", f64::from(*n) / 1000.0)));
    words.join(", ")
}
