//! Looks at the computer every few seconds while that matters: what others use of it, whether its
//! owner lets it work, whether a task holds more memory than it may.

use super::attempt::family;
use super::computer::{self, Computer, Gpu, Keyboard};
use super::limits::{
    COUNTED_AGAIN, HEARD_WITHIN, LOAD_OVER, LOOK_EVERY, LOOK_EVERY_BORROWED, LOOK_EVERY_LIMITED,
    LOOK_GAP, MEMORY_STEP,
};
use super::memory_group::MemoryGroup;
use super::worker::Work;
use crate::process::Who;
use crate::shell::Shell;
use posse_farm::Capacity;
use posse_farm::policy::{Conditions, Observed, Terms, Unmet, Watch};
use posse_farm::worker::Mode;
use posse_wire::CommandId;
use posse_work::units;
use rustix::process::{Pid, getpid};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

/// Set where a host's daemon is started, it says that the host works only when it was untouched
/// for that time, whatever the vm says.
const OWN_VARIABLE: &str = "POSSE_WHEN_IDLE";

/// What this computer's own user asks.
fn own_conditions() -> Option<Conditions> {
    let said = std::env::var(OWN_VARIABLE).ok()?;
    let mut conditions = Conditions::when_idle();
    match units::duration(&said) {
        Ok(time) => conditions.idle_for = Some(time),
        // Rather too seldom than against the user's wish.
        Err(_) => crate::log::line(&format!("{OWN_VARIABLE}={said} is not a time, such as 10m")),
    }
    Some(conditions)
}

/// What is remembered from one look to the next.
pub(super) struct Observer {
    pub computer: Computer,
    pub gpus: Vec<Gpu>,
    /// No other host of the vm is on this computer.
    pub alone: bool,
    /// Cores that the daemon may use.
    cores: Vec<u16>,
    page: u64,
    keyboard: Keyboard,
    /// What this computer's own user asks, which outranks what the vm says, and that.
    own: Option<Watch>,
    /// It leaves the vm.
    pub leaving: bool,
    watch: Option<Watch>,
    last: Option<Sample>,
    /// Thousandths of cores that others use, over some seconds.
    load: Option<f64>,
    told: Capacity,
    next: Duration,
}

/// At a time: ticks of all processes, and of tasks and this daemon.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Duration,
    busy: u64,
    own: u64,
}

/// What tasks use now.
#[derive(Debug, Clone, Copy, Default)]
struct Own {
    ticks: u64,
    resident: u64,
}

impl Observer {
    pub fn new(own: Option<Watch>) -> Observer {
        let computer = Computer::here();
        let said = std::env::var(computer::COUNT_VARIABLE).ok();
        Observer {
            gpus: computer.gpus(said.as_deref()),
            computer,
            alone: false,
            cores: computer::allowed(),
            page: rustix::param::page_size() as u64,
            keyboard: Keyboard::default(),
            own,
            leaving: false,
            watch: None,
            last: None,
            load: None,
            told: Capacity::default(),
            next: Duration::ZERO,
        }
    }

    /// As many cores as the kernel lets us use.
    pub fn cores(&self) -> &[u16] {
        &self.cores
    }

    /// Whether tasks have the computer's cores to themselves: others, who may be on any of them,
    /// would be in the way of who may not leave his.
    pub fn has_cores_alone(&self) -> bool {
        self.alone && self.told.cores == 0
    }

    /// New terms are watched from now on.
    fn take_terms(&mut self, now: Duration, terms: &Terms) {
        let conditions = terms.conditions.clone();
        let watch = || Watch::new(conditions, terms.grace, terms.settle, now);
        self.watch = terms.is_borrowed().then(watch);
        self.next = now;
    }

    /// What others than our tasks use of processors, from the time since the last look.
    fn measure(&mut self, now: Duration, own: u64) {
        let Some(busy) = computer::busy(&self.computer, &self.cores) else { return };
        let sample = Sample { at: now, busy, own };
        let Some(last) = self.last.replace(sample) else { return };
        let passed = now.saturating_sub(last.at);
        if passed.is_zero() || passed > LOOK_GAP {
            return;
        }
        let used = |now: u64, before: u64| now.saturating_sub(before) as f64;
        let others = (used(sample.busy, last.busy) - used(sample.own, last.own)).max(0.0);
        let seconds = passed.as_secs_f64();
        let load = 1000.0 * others / (seconds * computer::TICKS_A_SECOND as f64);
        let weight = 1.0 - (-seconds / LOAD_OVER.as_secs_f64()).exp();
        self.load = Some(self.load.map_or(load, |before| before + (load - before) * weight));
    }

    /// What others take of `slots` thousandths of cores, where it has changed. Whole cores, since
    /// tasks mostly need whole ones; and one core is left, so that work goes on everywhere.
    fn strangers(&mut self, slots: u32, resident: u64) -> Option<Capacity> {
        let mut used = self.told.clone();
        let free = 1000.0 * self.cores.len() as f64 - self.load.unwrap_or(0.0);
        let taken = (f64::from(slots) - free).clamp(0.0, f64::from(slots.saturating_sub(1000)));
        if !self.alone {
            // Tasks of the vm's other hosts here are not told from strangers.
            used.cores = 0;
        } else if (taken - f64::from(used.cores)).abs() >= COUNTED_AGAIN {
            used.cores = (taken / 1000.0).round() as u32 * 1000;
        }
        if let Some((total, available)) = self.computer.memory() {
            let others = total.saturating_sub(available).saturating_sub(resident);
            if others.abs_diff(used.memory) >= MEMORY_STEP {
                used.memory = others;
            }
        }
        let changed = used != self.told;
        self.told = used;
        changed.then(|| self.told.clone())
    }

    /// Somebody else needs this computer now and then.
    pub fn is_borrowed(&self) -> bool {
        self.own.is_some() || self.watch.is_some()
    }

    /// What is allowed now, by whoever allows least, and why it is not more.
    pub fn allows(&self) -> (Mode, Option<Unmet>) {
        if self.leaving {
            return (Mode::Vacate, Some(Unmet::Hours));
        }
        let watches = self.own.iter().chain(&self.watch);
        let allowed = watches.map(|watch| (watch.mode(), watch.unmet()));
        allowed.reduce(|a, b| if b.0 > a.0 { b } else { a }).unwrap_or_default()
    }

    /// The same after a look, where there are conditions.
    fn look_whether(&mut self, now: Duration, wall: SystemTime) -> (Mode, Option<Unmet>) {
        if !self.is_borrowed() {
            return self.allows();
        }
        // Interrupts of a large machine are long to read.
        let minds = self.own.iter().chain(&self.watch).any(Watch::minds_keyboard);
        let idle_for = if minds { self.keyboard.idle_for(&self.computer, wall) } else { None };
        let seen = Observed {
            idle_for,
            load: self.load.map(|load| load as u32),
            battery: self.computer.battery(),
            minute: self.computer.minute(wall),
        };
        for watch in self.own.iter_mut().chain(&mut self.watch) {
            watch.observe(now, &seen);
        }
        self.allows()
    }
}

impl Work {
    /// When to look again; None while nobody wants anything of this host.
    pub fn looks_at(&self, now: Duration) -> Option<Duration> {
        let is_wanted = self.observer.is_borrowed()
            || !self.attempts.is_empty()
            || self.worker.was_heard_since(now.saturating_sub(HEARD_WITHIN));
        is_wanted.then_some(self.observer.next)
    }

    /// `of`: processes of each attempt.
    fn look(&mut self, now: Duration, wall: SystemTime, of: &[(CommandId, Vec<Pid>)]) {
        self.remove_groups();
        let own = self.look_at_tasks(of);
        let slots = self.worker.capacity().cores;
        let observer = &mut self.observer;
        observer.measure(now, own.ticks);
        if let Some(used) = observer.strangers(slots, own.resident) {
            self.worker.strangers(now, &used);
        }
        let (mode, unmet) = observer.look_whether(now, wall);
        self.worker.mode(now, mode, unmet);
        let is_limited = self.attempts.values().any(|attempt| attempt.memory_limit.is_some());
        let every = match self.observer.is_borrowed() {
            _ if is_limited => LOOK_EVERY_LIMITED,
            true => LOOK_EVERY_BORROWED,
            false => LOOK_EVERY,
        };
        self.observer.next = now + every;
    }

    fn look_at_tasks(&mut self, of: &[(CommandId, Vec<Pid>)]) -> Own {
        // With all that has ended, exactly: a single short process shows no tick.
        let daemon = computer::usage(&[getpid()], self.observer.page);
        let mut own = Own { ticks: daemon.ticks, resident: 0 };
        for (command, pids) in of {
            let Some(attempt) = self.attempts.get_mut(command) else { continue };
            let used = computer::usage(pids, self.observer.page);
            own.ticks += used.ticks;
            own.resident += used.resident;
            attempt.peak = attempt.peak.max(used.resident);
            // What its processes share is counted once where it matters.
            let held = || computer::proportional(pids).unwrap_or(used.resident);
            let ended = attempt.group.as_ref().is_some_and(MemoryGroup::was_exceeded);
            let holds = |limit| used.resident > limit && held() > limit;
            if ended || attempt.memory_limit.is_some_and(holds) {
                self.worker.out_of_memory(attempt.key);
            }
        }
        own
    }
}

impl Shell {
    /// What a host that begins to work for jobs looks at.
    pub(super) fn observer(&self) -> Observer {
        let usual = Terms::default();
        let watch =
            |conditions| Watch::new(conditions, usual.grace, usual.settle, super::time::now());
        Observer::new(own_conditions().map(watch))
    }

    pub(super) fn take_terms(self: &Rc<Self>, terms: &Terms) {
        self.work_on(|work, now| {
            work.observer.take_terms(now, terms);
            let (mode, unmet) = work.observer.allows();
            work.worker.mode(now, mode, unmet);
        });
    }

    /// If it is time to.
    pub(super) fn look_at_computer(self: &Rc<Self>) {
        let now = super::time::now();
        let is_time = |work: &Work| work.looks_at(now).is_some_and(|at| at <= now);
        let commands: Option<Vec<CommandId>> = match self.farm.work.borrow().as_ref() {
            Some(work) if is_time(work) => Some(work.attempts.keys().copied().collect()),
            _ => None,
        };
        let Some(commands) = commands else { return };
        let mut families = self.processes.families.borrow_mut();
        let pids = commands.into_iter().map(|c| (c, families.pids(Who::Family(family(c)))));
        let pids: Vec<(CommandId, Vec<Pid>)> = pids.collect();
        drop(families);
        self.work_on(|work, now| work.look(now, SystemTime::now(), &pids));
    }
}

#[cfg(test)]
mod tests {
    use super::super::computer::fake::Fake;
    use super::*;

    const fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn observer(fake: &Fake) -> Observer {
        let cores = vec![0, 1, 2, 3];
        Observer { computer: fake.computer(), cores, alone: true, ..Observer::new(None) }
    }

    /// So many ticks of one core in all.
    fn stat(fake: &Fake, ticks: u64) {
        fake.put("proc/stat", &format!("cpu {ticks} 0 0 0 0 0 0\ncpu2 {ticks} 0 0 9 0 0 0\n"));
    }

    #[test]
    fn what_others_use_is_not_given_to_tasks() {
        let fake = Fake::new(&[]);
        let mut observer = observer(&fake);
        let mut cores = |at: u64, busy: u64, own: u64| {
            stat(&fake, busy);
            observer.measure(secs(at), own);
            observer.strangers(4000, 0).map(|used| used.cores)
        };
        assert_eq!(cores(10, 0, 0), None);
        // 2.1 cores of others, and one of our tasks.
        assert_eq!(cores(20, 3100, 1000), Some(2000));
        // Noise does not take a core.
        assert_eq!(cores(30, 3100 + 2400, 1000), None);
        // All of it: one is left.
        assert_eq!(cores(130, 5500 + 40_000, 1000), Some(3000));
        assert_eq!(cores(230, 45_500, 1000), Some(0));
    }

    #[test]
    fn cores_beyond_the_slots_are_others_own() {
        let fake = Fake::new(&[]);
        let mut observer = observer(&fake);
        for (at, busy) in [(10, 0), (20, 2000)] {
            stat(&fake, busy);
            observer.measure(secs(at), 0);
        }
        assert_eq!(observer.strangers(2000, 0), None);
        observer.alone = false;
        assert_eq!(observer.strangers(4000, 0), None);
        observer.alone = true;
        assert_eq!(observer.strangers(4000, 0).map(|used| used.cores), Some(2000));
    }

    #[test]
    fn memory_of_others_is_told_in_steps() {
        let told = |available: u64| {
            format!("MemTotal: {} kB\nMemAvailable: {} kB\n", 8 << 20, available << 10)
        };
        let fake = Fake::new(&[("proc/meminfo", &told(7 << 10))]);
        let mut observer = observer(&fake);
        let memory = |observer: &mut Observer, resident: u64| {
            observer.strangers(4000, resident).map(|used| used.memory)
        };
        assert_eq!(memory(&mut observer, 0), Some(1 << 30));
        assert_eq!(memory(&mut observer, 1 << 20), None);
        assert_eq!(memory(&mut observer, 1 << 29), Some(1 << 29));
    }
}
