//! What a seed draws before a world of voters begins.

use crate::chance::Chance;

pub const MS: u64 = 1_000;
pub const SECOND: u64 = 1_000_000;

/// The vm has come up and chosen its voters by now.
pub const FAULTS_FROM: u64 = 6 * SECOND;

/// After the last fault all must agree within this time.
pub const HEAL_WITHIN: u64 = 15 * SECOND;

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Whoever leads dies, and comes back after so long.
    CrashLeader {
        us: u64,
    },
    Crash {
        host: usize,
        us: u64,
    },
    /// It dies and its disk with it; comes back empty.
    LoseDisk {
        host: usize,
        us: u64,
    },
    /// It dies just behind its next vote.
    CrashOnVote {
        host: usize,
        us: u64,
    },
    Pause {
        host: usize,
        us: u64,
    },
    PauseLeader {
        us: u64,
    },
    /// Hosts on one side do not reach those on the other; both ways or one.
    Part {
        side: u32,
        both: bool,
        us: u64,
    },
    /// Whoever leads is alone, with the client that believes in it.
    PartLeader {
        us: u64,
    },
    /// Sides again, on and off.
    Flap {
        side: u32,
        period: u64,
        us: u64,
    },
    /// fsync takes this long.
    SlowDisk {
        host: usize,
        sync_us: u64,
        us: u64,
    },
    FullDisk {
        host: usize,
        us: u64,
    },
    /// Messages are lost and doubled, in percent.
    Rain {
        loss: u64,
        double: u64,
        us: u64,
    },
    /// Two hosts only: the first is gone, the second is recovered, then the first is back.
    Recover {
        us: u64,
    },
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub hosts: usize,
    pub clients: usize,
    pub delay_us: (u64, u64),
    pub sync_us: (u64, u64),
    pub loss: u64,
    pub double: u64,
    /// Entries between snapshots.
    pub snapshot_after: u64,
    /// The one fault is the leader's death on a good network: writes must go on soon.
    pub is_leader_death: bool,
    pub faults: Vec<(u64, Fault)>,
}

impl Plan {
    pub fn draw(chance: &mut Chance) -> Plan {
        let hosts = [1, 2, 3, 3, 4, 5, 5, 6, 7][chance.below(9) as usize];
        let is_leader_death = hosts >= 5 && chance.percent(25);
        let bad = !is_leader_death && chance.percent(50);
        let slowest = [2 * MS, 20 * MS, 80 * MS][chance.below(if bad { 3 } else { 2 }) as usize];
        let mut plan = Plan {
            hosts,
            clients: 2 + chance.below(2) as usize,
            delay_us: (chance.between(50, 500), slowest),
            sync_us: (chance.between(100, 500), [MS, 10 * MS, 60 * MS][chance.below(3) as usize]),
            loss: if bad { chance.below(10) } else { 0 },
            double: if bad { chance.below(10) } else { 0 },
            snapshot_after: [8, 40, 200, 16_384][chance.below(4) as usize],
            is_leader_death,
            faults: vec![],
        };
        plan.draw_faults(chance);
        plan
    }

    pub fn faults_end(&self) -> u64 {
        self.faults.iter().map(|(at, fault)| at + fault.lasts()).max().unwrap_or(FAULTS_FROM)
    }

    pub fn end(&self) -> u64 {
        self.faults_end() + HEAL_WITHIN
    }

    fn draw_faults(&mut self, chance: &mut Chance) {
        let mut at = FAULTS_FROM + chance.below(SECOND);
        if self.is_leader_death {
            self.faults.push((at, Fault::CrashLeader { us: 8 * SECOND }));
            return;
        }
        if self.hosts == 2 && chance.percent(50) {
            self.faults.push((at, Fault::Recover { us: 4 * SECOND }));
            return;
        }
        // A disk is lost with nothing else: what no majority has any more, no majority remembers.
        if self.hosts >= 3 && chance.percent(15) {
            let host = chance.below(self.hosts as u64) as usize;
            self.faults.push((at, Fault::LoseDisk { host, us: 2 * SECOND }));
            return;
        }
        for _ in 0..chance.between(1, 6) {
            let fault = self.fault(chance);
            // They may overlap.
            let next = chance.below(fault.lasts() + 2 * SECOND);
            self.faults.push((at, fault));
            at += next;
        }
    }

    fn fault(&self, chance: &mut Chance) -> Fault {
        let host = chance.below(self.hosts as u64) as usize;
        let side = chance.below(1 << self.hosts) as u32;
        let us = chance.between(SECOND, 9 * SECOND);
        let short = chance.between(50 * MS, 2 * SECOND);
        match chance.below(14) {
            0 | 1 => Fault::CrashLeader { us: short },
            2 => Fault::Crash { host, us },
            3 => Fault::CrashOnVote { host, us: short },
            4 => Fault::Pause { host, us },
            5 => Fault::PauseLeader { us },
            6 => Fault::Part { side, both: true, us },
            7 => Fault::Part { side, both: false, us },
            8 => Fault::Flap { side, period: chance.between(200 * MS, 2 * SECOND), us },
            9 => Fault::SlowDisk { host, sync_us: chance.between(MS, 2 * SECOND), us },
            10 => Fault::FullDisk { host, us },
            11 | 12 => Fault::PartLeader { us },
            _ => Fault::Rain { loss: chance.below(40), double: chance.below(40), us },
        }
    }
}

impl Fault {
    pub fn lasts(&self) -> u64 {
        match self {
            Fault::CrashLeader { us }
            | Fault::Crash { us, .. }
            | Fault::LoseDisk { us, .. }
            | Fault::Pause { us, .. }
            | Fault::PauseLeader { us }
            | Fault::Part { us, .. }
            | Fault::PartLeader { us }
            | Fault::Flap { us, .. }
            | Fault::SlowDisk { us, .. }
            | Fault::FullDisk { us, .. }
            | Fault::Rain { us, .. } => *us,
            // It waits for a vote for at most ten seconds.
            Fault::CrashOnVote { us, .. } => us + 10 * SECOND,
            Fault::Recover { us } => 2 * us,
        }
    }
}
