//! Ends families whole: a polite signal to each process, a grace, then everything is stopped (so
//! that nothing forks any more) and killed, again and again until nothing is left. `setsid`,
//! double forks and ignored signals make no difference, nor do fork bombs. Where a cgroup may be
//! made, what survives the first round is put into one. Driven by the daemon and the keeper.

use super::cgroup::Pen;
use super::family::{Families, Who};
use super::limits;
use super::tree::{Entry, Members};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::cell::RefCell;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// The end of one family, in steps that never wait.
#[derive(Debug)]
pub struct Ending {
    who: Who,
    signal: Signal,
    grace: Duration,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    New,
    Polite { until: Instant },
    Killing { until: Instant, rounds: u32, pen: Option<Pen> },
}

/// What a step found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing is left, but for this many that cannot be killed: they hang in the kernel or
    /// belong to another user.
    Over { left: usize },
    /// Step again at this time.
    Again(Instant),
}

impl Ending {
    pub fn new(who: Who, signal: Signal, grace: Duration) -> Ending {
        Ending { who, signal, grace, phase: Phase::New }
    }

    /// Takes a few milliseconds at most, more only below a fork bomb.
    pub fn step(&mut self, families: &mut Families, now: Instant) -> Step {
        let step = self.go_on(families, now);
        families.set_being_ended(self.who, matches!(step, Step::Again(_)));
        step
    }

    fn go_on(&mut self, families: &mut Families, now: Instant) -> Step {
        match &mut self.phase {
            Phase::New => {
                if !self.grace.is_zero() {
                    let members = look(families, self.who, now);
                    if members.is_none() {
                        return Step::Over { left: 0 };
                    }
                    // After the look: a parent that goes first would hide its children.
                    let living = members.living.iter();
                    living.clone().for_each(|member| send(member.pid, self.signal));
                    // A stopped process hears nothing else.
                    living.for_each(|member| send(member.pid, Signal::CONT));
                }
                self.phase = Phase::Polite { until: now + self.grace };
                Step::Again(now + self.grace.min(limits::LOOK_AGAIN))
            }
            Phase::Polite { until } => {
                if now < *until {
                    return match look(families, self.who, now).is_none() {
                        true => Step::Over { left: 0 },
                        false => Step::Again((*until).min(look_again(now))),
                    };
                }
                let until = now + limits::KILL_WITHIN;
                self.phase = Phase::Killing { until, rounds: 0, pen: None };
                self.go_on(families, now)
            }
            Phase::Killing { until, rounds, pen } => {
                let round = kill_round(families, self.who, *rounds, pen);
                if (round.killed == 0 && round.is_certain) || now >= *until {
                    return Step::Over { left: round.killed + round.refused };
                }
                *rounds += 1;
                Step::Again(look_again(now))
            }
        }
    }
}

/// A large family is not looked at to its end.
fn look(families: &mut Families, who: Who, began: Instant) -> Members {
    families.members(who, |_, _| began.elapsed() < limits::POLITE_WITHIN)
}

/// Soon, but so that looking at a large family takes a fifth of the daemon's time at most.
fn look_again(began: Instant) -> Instant {
    let spent = began.elapsed();
    began + spent + limits::LOOK_AGAIN.max(spent * 4)
}

/// Runs an [`Ending`] to its end. Returns how many could not be killed. The caller goes on
/// reaping meanwhile.
pub async fn end(families: &RefCell<Families>, who: Who, signal: Signal, grace: Duration) -> usize {
    let mut ending = Ending::new(who, signal, grace);
    loop {
        let step = ending.step(&mut families.borrow_mut(), Instant::now());
        match step {
            Step::Over { left } => return left,
            Step::Again(at) => tokio::time::sleep_until(at.into()).await,
        }
    }
}

/// What one round of SIGKILL met.
struct Round {
    killed: usize,
    refused: usize,
    /// False where some may not have been seen.
    is_certain: bool,
}

/// Stops, then kills, all members.
fn kill_round(families: &mut Families, who: Who, rounds: u32, pen: &mut Option<Pen>) -> Round {
    let mut stopped: HashSet<Pid> = HashSet::new();
    let mut groups: HashSet<Pid> = HashSet::new();
    // Before the long way through the family: what is in its main groups costs no time any more.
    families.signal(who, Signal::STOP);
    let mut stop = || {
        let before = stopped.len();
        let members = families.members(who, |member, group| {
            if stopped.insert(member.pid) {
                send(member.pid, Signal::STOP);
            }
            // All of a group at once: none of it can fork in between.
            if let Some(group) = group.filter(|group| groups.insert(*group)) {
                let _ = kill_process_group(group, Signal::STOP);
            }
            true
        });
        (members, stopped.len() > before)
    };
    let (mut members, mut is_new) = stop();
    for _ in 1..limits::STOP_PASSES {
        if !is_new {
            break;
        }
        (members, is_new) = stop();
    }
    let Members { living, is_certain } = members;
    if living.is_empty() {
        return Round { killed: 0, refused: 0, is_certain };
    }
    if rounds == limits::ROUNDS_BEFORE_CGROUP {
        *pen = Pen::make();
    }
    if let Some(pen) = pen {
        living.iter().for_each(|member| pen.put(member.pid));
        pen.kill();
    }
    for group in groups {
        let _ = kill_process_group(group, Signal::KILL);
    }
    // Another user's (sudo) is not ours to end, and no reason to wait.
    let refused = |member: &&Entry| kill_process(member.pid, Signal::KILL) == Err(Errno::PERM);
    let refused = living.iter().filter(refused).count();
    Round { killed: living.len() - refused, refused, is_certain }
}

fn send(pid: Pid, signal: Signal) {
    // Gone meanwhile, or another user's: the next look tells.
    let _ = kill_process(pid, signal);
}
