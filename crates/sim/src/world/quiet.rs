//! The end of a world: when nothing is left to happen, and what must hold then.

use super::job::Run;
use super::net::End;
use super::{Event, World};
use crate::check::{Violation, kept, leaks, members, reaped, waits};
use crate::plan::MS;
use crate::trace::{self, Place};
use posse_proto::Daemon;
use posse_wire::{CommandId, HostId};
use std::collections::BTreeSet;

/// How often the world looks whether all is over.
pub const LOOK_EVERY: u64 = 250 * MS;

/// What came out of a seed.
#[derive(Debug)]
pub struct Report {
    pub seed: u64,
    pub violations: Vec<Violation>,
    pub faults: usize,
    pub bytes: u64,
    pub steps: u64,
    pub virtual_us: u64,
    pub hosts: usize,
    pub commands: usize,
    pub lines: Vec<String>,
}

impl World {
    pub fn look(&mut self) {
        self.must_not_hold_up();
        self.waits_for_the_dead_end();
        let waiting = self.waiting();
        if let Some(what) = &waiting {
            let held = waits::ended(self.now, self.plan.faults_end(), || what.clone());
            self.must("waits", held, || "world".to_owned());
            self.after(LOOK_EVERY, Event::Look);
            return;
        }
        self.must_be_quiet_everywhere();
        self.say(Place::World, || "all is over".to_owned());
        self.done = true;
    }

    /// Nothing is under way: nothing may be left over.
    pub fn must_be_quiet_everywhere(&mut self) {
        let waits = self.waiting().map_or(Ok(()), Err);
        self.must("waits", waits, || "at the end".to_owned());
        self.must("reaped", reaped::all(&self.truth, &self.adrift()), || "at the end".to_owned());
        self.living_know_each_other();
        let adrift = self.adrift();
        for host in 0..self.hosts.len() {
            self.must_be_quiet(host, &adrift);
        }
    }

    /// What detached commands said is at their origin, or with the leader that it handed them to:
    /// of all whose hosts live and are linked below it.
    fn not_kept_yet(&self) -> Option<String> {
        self.detached.iter().filter(|job| !self.dropped.contains(&job.id)).find_map(|job| {
            let keeps = |host: usize| {
                let daemon = self.hosts[host].daemon.as_ref();
                daemon.is_some_and(|daemon| daemon.is_kept(job.id))
            };
            let handed_over = !keeps(job.host) && keeps(self.voted.leader);
            let home = if handed_over { self.voted.leader } else { job.host };
            let origin = &self.hosts[home];
            let daemon = origin.daemon.as_ref()?;
            let kept = origin.kept.get(&job.id).filter(|_| daemon.is_kept(job.id));
            let frames = kept.map(|kept| &kept.frames[..]).unwrap_or_default();
            let truth = self.truth.commands.get(&job.id)?;
            let lives =
                |host: usize, life: u32| self.is_below(host, home) && self.hosts[host].life == life;
            let sinks = Run::following(job).sinks;
            let why = kept::whole(frames, sinks, &self.pattern, truth, lives).err()?;
            Some(format!("what {} said is not kept: {why}", trace::id(job.id)))
        })
    }

    /// Processes of detached commands wait for nobody but their own host's disk.
    fn must_not_hold_up(&mut self) {
        let mut wrong = None;
        let now = self.now;
        for host in &mut self.hosts {
            let excused = host.paused || now < host.full_until + kept::AFTER_FULL;
            let excused = excused || now < host.went_on + kept::HELD_UP;
            for ((command, rank), process) in &mut host.procs {
                if !self.detached.iter().any(|job| job.id == *command) {
                    continue;
                }
                for (fd, out) in &mut process.outs {
                    let hungry = out.written > out.read && out.read >= out.upto && !out.end_told;
                    let since = *out.hungry_since.get_or_insert(now);
                    if !hungry || excused {
                        out.hungry_since = None;
                    } else if now - since > kept::HELD_UP {
                        wrong = Some((*command, *rank, *fd, now - since));
                    }
                }
            }
        }
        if let Some((command, rank, fd, us)) = wrong {
            let about = || format!("rank {} fd {} of {}", rank.0, fd.0, trace::id(command));
            self.must("kept", kept::held_up(us), about);
        }
    }

    fn must_be_quiet(&mut self, number: usize, adrift: &BTreeSet<CommandId>) {
        let host = &self.hosts[number];
        let Some(daemon) = host.daemon.as_ref() else { return };
        let open = |link| host.links.contains_key(&link);
        let drifting = drifting(daemon, adrift);
        let held = leaks::quiet(&daemon.inspect(), drifting, host.links.len(), open);
        self.must("leaks", held, || format!("h{number}"));
    }

    fn adrift(&self) -> BTreeSet<CommandId> {
        let daemons = self.hosts.iter().filter_map(|host| host.daemon.as_ref());
        let adrift = daemons.flat_map(|daemon| daemon.inspect().adrift);
        let detached = self.detached.iter().map(|job| job.id);
        adrift.chain(detached.filter(|id| self.is_over_at_home(*id))).collect()
    }

    /// What is not over yet.
    fn waiting(&self) -> Option<String> {
        if self.faults_pending > 0 {
            return Some("a fault is still to come".into());
        }
        if self.now < self.plan.faults_end() {
            return Some("the last fault lasts".into());
        }
        if let Some(front) = self.fronts.iter().position(|front| !front.is_over()) {
            return Some(format!("f{front} waits: {}", self.fronts[front].waits_for()));
        }
        if let Some(what) = self.table_is_behind().or_else(|| self.talkers_wait()) {
            return Some(what);
        }
        let adrift = self.adrift();
        for host in &self.hosts {
            let Some(daemon) = host.daemon.as_ref() else { continue };
            let held = daemon.inspect();
            let unsettled = held.unsettled.iter().filter(|id| !adrift.contains(id)).count();
            let behind = held.behind.iter().filter(|id| !adrift.contains(id)).count();
            let unfinished = behind + held.queries + held.ups + held.missing + unsettled;
            // Whoever was away when it was said may go on to hold it.
            let dropped = held.held.iter().any(|id| self.dropped.contains(id));
            let unfinished = unfinished + usize::from(dropped && self.faults_fired == 0);
            if held.commands - drifting(daemon, &adrift) + unfinished > 0
                || held.links > host.links.len()
            {
                return Some(format!("h{} holds {held:?}", host.number));
            }
        }
        self.not_kept_yet()
    }

    /// Where two led, one may have asked a host for a command that was over at its origin, which
    /// asks for nothing more: the host, and a relay before it, go on holding it.
    fn is_over_at_home(&self, id: CommandId) -> bool {
        let home = self.hosts[self.voted.leader].daemon.as_ref();
        self.has_been_split() && home.is_some_and(|home| home.is_kept(id) && !home.runs(id))
    }

    fn table_is_behind(&self) -> Option<String> {
        let owner = self.hosts[self.voted.leader].daemon.as_ref()?;
        (1..self.hosts.len()).find_map(|host| {
            let number = HostId(host as u32);
            let (linked, state) = (self.is_linked(host), owner.host_state(number));
            let own = self.hosts[host].daemon.as_ref().map(Daemon::incarnation).filter(|_| linked);
            let follows = self.hosts[host].daemon.as_ref().map(Daemon::led_by);
            members::disagree(host, linked, state)
                .or_else(|| members::another_lead(host, follows.filter(|_| linked), owner.led_by()))
                .or_else(|| members::another_life(host, own, owner.host_incarnation(number)))
        })
    }

    /// Whether frames go between this host and the one that leads. For a moment hosts may hang at
    /// each other in a circle.
    fn is_linked(&self, host: usize) -> bool {
        self.is_below(host, self.voted.leader)
    }

    /// Whether frames go between this host and that one, over links up from here.
    pub fn is_below(&self, host: usize, top: usize) -> bool {
        let mut at = host;
        for _ in 0..self.hosts.len() {
            if at == top {
                return true;
            }
            let state = &self.hosts[at];
            let parent = state.daemon.as_ref().and_then(Daemon::parent);
            let conn = parent.and_then(|link| state.links.get(&link)).map(|(conn, _)| *conn);
            let open = conn.filter(|conn| self.conns[*conn].is_open() && !self.conns[*conn].silent);
            match open.map(|conn| self.conns[conn].ends[0]) {
                Some(End::Host { host, .. }) => at = host,
                _ => return false,
            }
        }
        false
    }

    pub fn report(self, seed: u64) -> Report {
        let mut violations = self.violations;
        if !self.done && violations.is_empty() {
            let what = "nothing happens any more, and not all is over".to_owned();
            violations.push(Violation { check: "waits", at_us: self.now, what });
        }
        Report {
            seed,
            violations,
            faults: self.faults_fired,
            bytes: self.bytes,
            steps: self.steps,
            virtual_us: self.now,
            hosts: self.hosts.len(),
            commands: self.truth.commands.len(),
            lines: self.trace.lines,
        }
    }
}

/// Commands here that wait for a host that is down, above this one or below, near or far.
fn drifting(daemon: &Daemon, adrift: &BTreeSet<CommandId>) -> usize {
    adrift.iter().filter(|id| daemon.runs(**id) || daemon.is_stuck(**id)).count()
}
