//! Which process below this one belongs to which command: main processes are told, orphans are
//! known by the mark in their environment. Bookkeeping only; `ending.rs` ends what is found.
//! Held by the daemon, and by the keeper, which has no main processes but the daemon.

use super::token::{self, Mark};
use super::tree::{self, Children, Entry, Environ, Members};
use posse_wire::{CommandId, Rank};
use rustix::process::{Pid, Signal, getpgrp, kill_process, kill_process_group};
use std::collections::{HashMap, HashSet};

/// One process of a command and all that descends from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Family {
    pub command: CommandId,
    /// `Rank::ALL` for what is known to be of the command and not of which rank.
    pub rank: Rank,
}

/// What is to be ended, or is left over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    Family(Family),
    /// All processes of a command on this host.
    Command(CommandId),
    /// Orphans that no command's mark is on.
    Unmarked,
    /// All but launchers.
    Work,
    /// Everything below this process.
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Main(Family),
    Orphan(Mark),
}

/// All families of this host.
#[derive(Debug)]
pub struct Families {
    children: Children,
    known: HashMap<Pid, Role>,
    /// Have an `Ending` at work.
    being_ended: HashSet<Who>,
}

impl Default for Families {
    fn default() -> Self {
        Families::new()
    }
}

impl Families {
    pub fn new() -> Families {
        Families { children: Children::new(), known: HashMap::new(), being_ended: HashSet::new() }
    }

    /// `pid` was just started as the main process of `family`.
    pub fn add(&mut self, pid: Pid, family: Family) {
        self.known.insert(pid, Role::Main(family));
    }

    /// `pid` was just started and is no command's: a launcher, a loader, a daemon.
    pub fn spare(&mut self, pid: Pid) {
        self.known.insert(pid, Role::Orphan(Mark::Launch));
    }

    /// `pid` was reaped. Returns its family if it was the main process.
    pub fn reaped(&mut self, pid: Pid) -> Option<Family> {
        match self.known.remove(&pid)? {
            Role::Main(family) => Some(family),
            Role::Orphan(_) => None,
        }
    }

    /// Is any main process running?
    pub fn is_busy(&self) -> bool {
        self.known.values().any(|role| matches!(role, Role::Main(_)))
    }

    /// Delivers a signal to the process group of each main process of `who`.
    pub fn signal(&self, who: Who, signal: Signal) {
        for (pid, role) in &self.known {
            if matches!(role, Role::Main(_)) && self.is_of(*role, who) {
                // It may be over already and not yet reaped.
                let _ = kill_process_group(*pid, signal);
            }
        }
    }

    /// Delivers a signal to each living process of `who`.
    pub fn signal_whole(&mut self, who: Who, signal: Signal) {
        self.members(who, |member, _| {
            // Gone meanwhile, or another user's.
            let _ = kill_process(member.pid, signal);
            true
        });
    }

    /// Every living process of `who`.
    pub fn pids(&mut self, who: Who) -> Vec<Pid> {
        self.members(who, |_, _| true).living.iter().map(|member| member.pid).collect()
    }

    /// Families that have orphans and no main process any more, and `Unmarked` where orphans
    /// without a mark are left and no command runs; none that is being ended already. One small
    /// read when there are no orphans; to be called after each round of reaping.
    pub fn leftovers(&mut self) -> Vec<Who> {
        self.look();
        let mains: HashSet<Family> = self
            .known
            .values()
            .filter_map(|r| if let Role::Main(f) = r { Some(*f) } else { None })
            .collect();
        let mut found: Vec<Who> = vec![];
        for role in self.known.values() {
            match role {
                Role::Orphan(Mark::Family(family)) => {
                    let lives = match family.rank {
                        Rank::ALL => mains.iter().any(|main| main.command == family.command),
                        _ => mains.contains(family),
                    };
                    found.extend((!lives).then_some(Who::Family(*family)));
                }
                Role::Orphan(Mark::None) if mains.is_empty() => found.push(Who::Unmarked),
                _ => {}
            }
        }
        found.retain(|who| !self.being_ended.contains(who));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Says that `who` has (`true`) or has no more an `Ending` at work.
    pub(super) fn set_being_ended(&mut self, who: Who, is_at_work: bool) {
        match is_at_work {
            true => drop(self.being_ended.insert(who)),
            false => drop(self.being_ended.remove(&who)),
        }
    }

    /// Every living process of `who`, just now. `meet` sees each as soon as it is found, with its
    /// process group, unless that is ours or another family's, and says whether to go on. (A group
    /// whose leader is gone is the family's, since main processes start in groups of their own.)
    pub(super) fn members(
        &mut self,
        who: Who,
        mut meet: impl FnMut(&Entry, Option<Pid>) -> bool,
    ) -> Members {
        let is_certain = self.look();
        let is_in = |pid: Pid| self.known.get(&pid).is_some_and(|role| self.is_of(*role, who));
        let roots: Vec<Pid> = self.known.keys().copied().filter(|pid| is_in(*pid)).collect();
        let own = getpgrp();
        let is_free = |group: &Pid| *group != own && (is_in(*group) || !self.is_known(*group));
        let mut members =
            tree::family(&roots, |entry| meet(entry, Pid::from_raw(entry.group).filter(is_free)));
        members.is_certain &= is_certain;
        members
    }

    fn is_known(&self, pid: Pid) -> bool {
        self.known.contains_key(&pid)
    }

    /// Gets to know children that came since the last look. False if there is one of which it
    /// cannot be said whose it is, since it is over or in the middle of an exec.
    fn look(&mut self) -> bool {
        let now = self.children.list();
        let mut all_told = true;
        for pid in &now {
            if self.known.contains_key(pid) {
                continue;
            }
            match tree::environ(*pid) {
                Environ::Is(environ) => {
                    self.known.insert(*pid, Role::Orphan(token::read(&environ)));
                }
                Environ::NotNow => all_told = false,
            }
        }
        if self.known.len() > now.len() {
            let now: HashSet<Pid> = now.into_iter().collect();
            self.known.retain(|pid, role| matches!(role, Role::Main(_)) || now.contains(pid));
        }
        all_told
    }

    fn is_of(&self, role: Role, who: Who) -> bool {
        let family = match role {
            Role::Main(family) | Role::Orphan(Mark::Family(family)) => Some(family),
            Role::Orphan(_) => None,
        };
        match who {
            Who::Family(wanted) => family == Some(wanted),
            Who::Command(command) => family.is_some_and(|family| family.command == command),
            Who::Unmarked => role == Role::Orphan(Mark::None),
            Who::Work => role != Role::Orphan(Mark::Launch),
            Who::All => true,
        }
    }
}
