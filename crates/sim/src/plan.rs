//! What a seed draws before its world begins: how many hosts, how they are linked, how bad the
//! network is, and which faults come when. What processes and front ends do is drawn as they go.

use crate::chance::Chance;
use crate::extra::Talkers;
use crate::without::Without;
use std::collections::BTreeSet;
use std::fmt;

pub const MS: u64 = 1_000;
pub const SECOND: u64 = 1_000_000;

/// By now the first fault has come, if any: some hit hosts that are still coming up.
const FAULTS_FROM: u64 = 2 * SECOND;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The link of this host to the one above closes.
    Cut { host: usize },
    /// Nothing passes it any more, and nobody is told.
    Silence { host: usize },
    /// It holds everything back for so long.
    Clog { host: usize, us: u64 },
    /// Between this host and the one above, and perhaps every second other one, nothing passes for
    /// so long, one way or both.
    Part { host: usize, us: u64, way: Way, with_others: bool },
    /// Nothing passes for so long between the owner with these hosts (bit 0 is the first) and all
    /// others, of which one comes to lead.
    Split { us: u64, with_owner: u64 },
    /// The daemon dies, its links close.
    Kill { host: usize },
    /// The computer dies, its links fall silent.
    Crash { host: usize },
    /// The computer stands still for so long.
    Pause { host: usize, us: u64 },
    /// The owner's daemon dies, and its keeper starts another with what is on its disk.
    OwnerDies,
    /// The owner's computer dies, and is back after so long with what was on its disk.
    OwnerLost { us: u64 },
    /// The same, and of its disk only the table is left.
    OwnerLosesDisk,
    /// The disk of this host has no room for so long.
    DiskFull { host: usize, us: u64 },
    /// A front end is gone.
    Vanish { front: usize },
    /// `up` for every host that is down.
    UpAgain,
}

/// Which way nothing passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Both,
    ToHost,
    FromHost,
}

#[derive(Clone, Debug)]
pub struct Plan {
    /// Beside the owner's.
    pub hosts: usize,
    /// The first so many hosts carry the others; none in a flat vm.
    pub relays: usize,
    pub fronts: usize,
    /// One way over a link.
    pub delay_us: (u64, u64),
    /// The shell notices the end of an output even where it may not read on.
    pub sees_hangup: bool,
    pub faults: Vec<(u64, Fault)>,
    /// Detached commands that are over and that a daemon keeps.
    pub kept_max: usize,
    /// Front ends that never come.
    pub absent: BTreeSet<usize>,
    /// No front end does its job of this number, or a later one.
    pub jobs_from: Option<u64>,
    /// Front ends do not run out of jobs before.
    pub least_us: u64,
    /// Every job is the same plain command on all hosts.
    pub calm: bool,
    pub talkers: Option<Talkers>,
}

impl Plan {
    /// As chance has it, or with so many hosts.
    pub fn draw(chance: &mut Chance, hosts: Option<usize>) -> Plan {
        let scale = chance.below(7);
        let drawn = 1 + chance.below(1 << scale) as usize;
        let hosts = hosts.unwrap_or(drawn);
        let tree = hosts >= 3 && chance.percent(40);
        let relays = if tree { chance.between(1, 1 + hosts as u64 / 4) as usize } else { 0 };
        let fronts = 1 + chance.below(3) as usize;
        let slowest = [MS, 5 * MS, 50 * MS, 150 * MS][chance.below(4) as usize];
        let mut plan = Plan {
            hosts,
            relays,
            fronts,
            delay_us: (chance.between(10, 500), slowest),
            sees_hangup: chance.percent(50),
            faults: Vec::new(),
            kept_max: [1, 2, 64][chance.below(3) as usize],
            absent: BTreeSet::new(),
            jobs_from: None,
            least_us: 0,
            calm: false,
            talkers: None,
        };
        plan.draw_faults(chance);
        plan
    }

    /// A world in which nothing goes wrong, to be counted.
    pub fn calm(hosts: usize, relays: usize) -> Plan {
        Plan {
            hosts,
            relays,
            fronts: 1,
            delay_us: (100, MS),
            sees_hangup: true,
            faults: Vec::new(),
            kept_max: posse_wire::limits::KEPT_MAX,
            absent: BTreeSet::new(),
            jobs_from: Some(0),
            least_us: 0,
            calm: true,
            talkers: None,
        }
    }

    /// Makes it smaller; what is left moves up, so that numbers have no gaps.
    pub fn leave_out(&mut self, without: &Without) {
        let last = (1..=self.hosts).rev().find(|host| !without.hosts.contains(host));
        let last = last.unwrap_or(self.hosts);
        let stays = |host: usize| host == 0 || host == last || !without.hosts.contains(&host);
        let renamed = |host: usize| (1..=host).filter(|host| stays(*host)).count();
        let faults = std::mem::take(&mut self.faults).into_iter().enumerate();
        for (number, (at, mut fault)) in faults {
            let front_gone = match fault {
                Fault::Vanish { front } => without.fronts.contains(&front),
                _ => false,
            };
            let host = fault.host().copied().unwrap_or(0);
            if let Some(named) = fault.host() {
                *named = renamed(host);
            }
            if let Fault::Split { with_owner, .. } = &mut fault {
                let kept = (1..=self.hosts.min(64)).filter(|host| stays(*host));
                let kept = kept.filter(|host| *with_owner & 1 << (host - 1) != 0);
                *with_owner = kept.fold(0, |all, host| all | 1 << (renamed(host) - 1));
            }
            if !without.faults.contains(&number) && stays(host) && !front_gone {
                self.faults.push((at, fault));
            }
        }
        self.relays = if without.relays { 0 } else { renamed(self.relays) };
        self.hosts = renamed(self.hosts);
        self.absent.clone_from(&without.fronts);
        self.talkers = self.talkers.filter(|_| !without.processes);
        self.jobs_from = without.jobs_from;
    }

    /// The host above, while nothing is wrong.
    pub fn parent(&self, host: usize) -> usize {
        if self.relays == 0 || host <= self.relays { 0 } else { 1 + host % self.relays }
    }

    pub fn faults_end(&self) -> u64 {
        let ends = self.faults.iter().map(|(at, fault)| at + fault.lasts());
        ends.max().unwrap_or(FAULTS_FROM).max(self.least_us)
    }

    /// Faults that take long come one after the other, so that none excuses another.
    fn draw_faults(&mut self, chance: &mut Chance) {
        let early = self.relays > 0 && chance.percent(50);
        let mut at = 50 * MS + chance.below(if early { 400 * MS } else { FAULTS_FROM });
        let slow = if self.hosts > 12 { 1 } else { 2 };
        let mut long = if chance.percent(50) { chance.between(1, slow) } else { 0 };
        let mut short = if chance.percent(60) { chance.between(1, 4) } else { 0 };
        while long + short > 0 {
            let fault = if chance.below(long + short) < long {
                long -= 1;
                self.long_fault(chance)
            } else {
                short -= 1;
                self.short_fault(chance)
            };
            self.faults.push((at, fault));
            at += fault.lasts() + chance.below(if early { 50 * MS } else { SECOND });
        }
        if chance.percent(20) {
            let whole = chance.percent(50);
            let fault = if whole { Fault::OwnerDies } else { Fault::OwnerLosesDisk };
            self.faults.push((at + chance.below(SECOND), fault));
            at += 2 * SECOND;
        }
        if chance.percent(25) {
            let us = chance.between(SECOND / 2, 25 * SECOND);
            let fault = Fault::OwnerLost { us };
            self.faults.push((at + SECOND / 2, fault));
            // Sometimes another fault strikes while somebody else leads.
            let after = if chance.percent(50) { chance.below(us) } else { fault.lasts() };
            at += SECOND / 2 + after;
            if chance.percent(40) {
                let fault = self.short_fault(chance);
                self.faults.push((at, fault));
                at += fault.lasts();
            }
        }
        if chance.percent(40) {
            self.faults.push((at + SECOND / 2, Fault::UpAgain));
        }
    }

    fn any_host(&self, chance: &mut Chance) -> usize {
        let among = if chance.percent(40) { self.relays } else { 0 };
        let among = if among > 0 { among } else { self.hosts };
        1 + chance.below(among as u64) as usize
    }

    fn long_fault(&self, chance: &mut Chance) -> Fault {
        let host = self.any_host(chance);
        match chance.below(8) {
            5 | 6 => part(host, chance),
            0 => Fault::Silence { host },
            1 => Fault::Crash { host },
            2 => Fault::Clog { host, us: chance.between(500 * MS, 7500 * MS) },
            3 => Fault::Pause { host: chance.below(host as u64 + 1) as usize, us: pause(chance) },
            _ => Fault::Pause { host, us: chance.between(10 * SECOND, 14 * SECOND) },
        }
    }

    fn short_fault(&self, chance: &mut Chance) -> Fault {
        let host = self.any_host(chance);
        match chance.below(6) {
            0 => Fault::Cut { host },
            1 => Fault::Kill { host },
            5 => {
                let host = chance.below(self.hosts as u64 + 1) as usize;
                Fault::DiskFull { host, us: chance.between(SECOND / 2, 4 * SECOND) }
            }
            2 => Fault::Clog { host, us: chance.between(MS, 500 * MS) },
            3 => Fault::UpAgain,
            _ => Fault::Vanish { front: chance.below(self.fronts as u64) as usize },
        }
    }
}

/// Short enough to be no death, or long enough for all that may follow.
fn part(host: usize, chance: &mut Chance) -> Fault {
    let way = [Way::Both, Way::Both, Way::ToHost, Way::FromHost][chance.below(4) as usize];
    let short = chance.percent(30);
    let (least, most) = if short { (500 * MS, 7500 * MS) } else { (14 * SECOND, 20 * SECOND) };
    let with_others = chance.percent(40);
    Fault::Part { host, us: chance.between(least, most), way, with_others }
}

/// Up to 8 s, which is no death.
fn pause(chance: &mut Chance) -> u64 {
    if chance.percent(50) { 8 * SECOND } else { chance.between(SECOND, 8 * SECOND) }
}

impl Fault {
    /// Where it strikes.
    fn host(&mut self) -> Option<&mut usize> {
        match self {
            Fault::Cut { host }
            | Fault::Silence { host }
            | Fault::Clog { host, .. }
            | Fault::Part { host, .. }
            | Fault::Kill { host }
            | Fault::Crash { host }
            | Fault::Pause { host, .. }
            | Fault::DiskFull { host, .. } => Some(host),
            Fault::Vanish { .. } | Fault::UpAgain => None,
            Fault::OwnerDies | Fault::OwnerLosesDisk | Fault::OwnerLost { .. } => None,
            Fault::Split { .. } => None,
        }
    }

    /// Until nothing of it is left but what has to be noticed.
    pub fn lasts(self) -> u64 {
        match self {
            Fault::Silence { .. } | Fault::Crash { .. } => 12 * SECOND,
            Fault::Pause { us, .. } => us + 2 * SECOND,
            Fault::Clog { us, .. } => us + SECOND,
            Fault::Part { us, .. } => us + 12 * SECOND,
            Fault::OwnerLost { us } => us + 12 * SECOND,
            Fault::Split { us, .. } => us + 20 * SECOND,
            Fault::DiskFull { us, .. } => us + 2 * SECOND,
            _ => 0,
        }
    }
}

/// As it is told.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |us: u64| us as f64 / SECOND as f64;
        match *self {
            Fault::Cut { host } => write!(f, "the link of h{host} to the one above closes"),
            Fault::Silence { host } => write!(f, "the link of h{host} to the one above is silent"),
            Fault::Clog { host, us } => {
                let lasts = seconds(us);
                write!(f, "the link of h{host} holds everything back for {lasts:.3} s")
            }
            Fault::Part { host, us, way, with_others } => {
                let how = match way {
                    Way::Both => "nothing passes between",
                    Way::ToHost => "nothing passes down between",
                    Way::FromHost => "nothing passes up between",
                };
                let others = if with_others { ", nor every second other one" } else { "" };
                let lasts = seconds(us);
                write!(f, "{how} h{host} and the one above{others}, for {lasts:.3} s")
            }
            Fault::Split { us, with_owner } => {
                let hosts = (1..=64).filter(|host| with_owner & 1 << (host - 1) != 0);
                let hosts: String = hosts.map(|host| format!(", h{host}")).collect();
                let lasts = seconds(us);
                write!(f, "nothing passes between h0{hosts} and all others, for {lasts:.3} s")
            }
            Fault::Kill { host } => write!(f, "the daemon of h{host} dies"),
            Fault::Crash { host } => write!(f, "the computer h{host} dies"),
            Fault::Pause { host, us } => {
                write!(f, "the computer h{host} stands still for {:.3} s", seconds(us))
            }
            Fault::DiskFull { host, us } => {
                write!(f, "the disk of h{host} is full for {:.3} s", seconds(us))
            }
            Fault::OwnerLosesDisk => {
                f.write_str("the owner's daemon dies, and is started again without what it kept")
            }
            Fault::Vanish { front } => write!(f, "f{front} vanishes"),
            Fault::OwnerDies => f.write_str("the owner's daemon dies and is started again"),
            Fault::OwnerLost { us } => {
                write!(f, "the owner's computer dies, for {:.3} s", seconds(us))
            }
            Fault::UpAgain => f.write_str("somebody calls up for hosts that are down"),
        }
    }
}
