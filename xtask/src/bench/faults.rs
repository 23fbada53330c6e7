//! Faults of an idle vm of local daemons, and how long each takes to be known.
//!
//! Not the targets. Called by `reliability.rs`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use posse_bed::{Process, wait_until};
use serde_json::Value;

use super::contest::succeed;
use super::ground::{Ground, signal};
use super::witness::Witness;

pub const HOSTS: usize = 16;
const ALL: &str = "local[1-16]";

/// Of each kind, in one round: 40 faults.
const PROCESSES: usize = 20;
const DAEMONS: usize = 8;
const SILENT: usize = 8;
const PAUSES: usize = 4;

/// A pause that is no death, and how much later a death would still be of it.
const PAUSE: Duration = Duration::from_secs(8);
const AFTER: Duration = Duration::from_secs(2);

/// What is not known by now is never known.
const NEVER: Duration = Duration::from_secs(30);

/// By what the processes of the measured command are known.
const MARK: &str = "sleep 99731";

/// Seconds until each fault of a kind was known; infinite where it never was.
#[derive(Default)]
pub struct Known {
    pub process: Vec<f64>,
    pub daemon: Vec<f64>,
    pub silent: Vec<f64>,
    pub pauses: usize,
    pub false_deaths: usize,
}

pub struct Field<'a> {
    ground: &'a Ground,
    events: Witness,
    turn: usize,
}

impl<'a> Field<'a> {
    pub fn start(ground: &'a Ground) -> Result<Field<'a>> {
        succeed(ground.posse(&["up", "--batch"]).arg(ALL)).context("posse up failed")?;
        let events = Witness::start(ground.posse(&["events", "-f", "--json"]))?;
        Ok(Field { ground, events, turn: 0 })
    }

    /// One round of all kinds.
    pub fn round(&mut self, known: &mut Known) -> Result<()> {
        self.processes(known)?;
        let victims = self.next(DAEMONS);
        for host in &victims {
            let daemon = self.daemon(host)?;
            let start = Instant::now();
            signal("KILL", daemon.pid)?;
            known.daemon.push(self.down(host, start));
            self.idle();
        }
        self.back(&victims)?;
        self.silent(known)?;
        self.pauses(known)
    }

    /// The next hosts in turn.
    fn next(&mut self, count: usize) -> Vec<String> {
        let from = self.turn;
        self.turn = (from + count) % HOSTS;
        (from..from + count).map(|n| format!("local{}", 1 + n % HOSTS)).collect()
    }

    fn daemon(&self, host: &str) -> Result<Process> {
        self.ground.daemon(&format!(" --name {host} "))
    }

    fn down(&self, host: &str, since: Instant) -> f64 {
        let is_down = |event: &Value| event["what"] == "host-down" && event["host"] == host;
        let known = self.events.wait(since, NEVER, is_down);
        known.map_or(f64::INFINITY, |time| time.as_secs_f64())
    }

    /// Lets what the last fault caused pass by, so that the next one finds an idle machine.
    fn idle(&self) {
        let start = Instant::now();
        let _it_passes = wait_until(NEVER, || start.elapsed() > Duration::from_millis(200));
    }

    fn back(&self, hosts: &[String]) -> Result<()> {
        succeed(self.ground.posse(&["up", "--batch"]).args(hosts)).context("they do not come back")
    }

    fn processes(&self, known: &mut Known) -> Result<()> {
        let per_host = PROCESSES.div_ceil(HOSTS).to_string();
        let words = ["e", "--json", "-n", &per_host, "--argv"];
        let command = self.ground.posse(&[&words[..], &["sleep", "99731"]].concat());
        let witness = Witness::start(command)?;
        let running = || {
            let mut found = self.ground.processes(MARK);
            found.retain(|process| process.command == MARK);
            found
        };
        let all = PROCESSES.div_ceil(HOSTS) * HOSTS;
        ensure!(wait_until(NEVER, || running().len() == all), "the command does not start");
        for process in running().into_iter().take(PROCESSES) {
            let start = Instant::now();
            signal("KILL", process.pid)?;
            let is_exit = |line: &Value| line["status"]["signal"] == 9;
            let time = witness.wait(start, NEVER, is_exit);
            known.process.push(time.map_or(f64::INFINITY, |time| time.as_secs_f64()));
        }
        drop(witness);
        ensure!(wait_until(NEVER, || running().is_empty()), "the command does not end");
        Ok(())
    }

    fn stop(&self, hosts: &[String]) -> Result<Vec<(Process, Instant)>> {
        let daemons: Result<Vec<Process>> = hosts.iter().map(|host| self.daemon(host)).collect();
        let stop = |daemon: Process| signal("STOP", daemon.pid).map(|()| (daemon, Instant::now()));
        daemons?.into_iter().map(stop).collect()
    }

    fn silent(&mut self, known: &mut Known) -> Result<()> {
        let victims = self.next(SILENT);
        let stopped = self.stop(&victims)?;
        for (host, (_, since)) in victims.iter().zip(&stopped) {
            known.silent.push(self.down(host, *since));
        }
        stopped.iter().try_for_each(|(daemon, _)| signal("CONT", daemon.pid))?;
        self.idle();
        self.back(&victims)
    }

    fn pauses(&mut self, known: &mut Known) -> Result<()> {
        let victims = self.next(PAUSES);
        let stopped = self.stop(&victims)?;
        let since = stopped.first().map_or_else(Instant::now, |(_, at)| *at);
        for (daemon, at) in &stopped {
            let _it_passes = wait_until(NEVER, || at.elapsed() >= PAUSE);
            signal("CONT", daemon.pid)?;
        }
        let any_down = |event: &Value| event["what"] == "host-down";
        let _none_is_right = self.events.wait(since, AFTER, any_down);
        let dead = |host: &&String| {
            let of_it = |event: &Value| any_down(event) && event["host"] == host.as_str();
            self.events.when(since, of_it).is_some()
        };
        known.false_deaths += victims.iter().filter(dead).count();
        known.pauses += victims.len();
        self.back(&victims)
    }
}
