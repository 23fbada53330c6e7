//! Which world is to be run: the seed that draws it, and what is changed in it. Everything that
//! happens in a world follows from this alone.

use crate::chance::{Chance, mix};
use crate::plan::Plan;
use crate::plant::Plant;
use crate::without::Without;

/// One world.
#[derive(Clone, Debug, Default)]
pub struct Case {
    pub seed: u64,
    pub plant: Option<Plant>,
    pub without: Without,
    /// The same plan; what processes and front ends do in it is drawn anew.
    pub draw: u64,
    /// So many instead of the number drawn.
    pub hosts: Option<usize>,
    /// Front ends do not run out of jobs before.
    pub least_us: u64,
}

impl Case {
    pub fn new(seed: u64, plant: Option<Plant>) -> Case {
        Case { seed, plant, ..Case::default() }
    }

    /// What goes wrong in it and when, and the chance for all the rest.
    pub(crate) fn plan(&self) -> (Plan, Chance) {
        let mut chance = Chance::new(self.seed);
        let mut plan = Plan::draw(&mut chance, self.hosts);
        if !self.without.extra {
            plan.draw_extra(self.seed, self.draw);
        }
        plan.leave_out(&self.without);
        plan.least_us = self.least_us;
        if self.draw > 0 {
            chance = Chance::new(self.seed ^ mix(self.draw));
        }
        (plan, chance)
    }

    /// What to type to see it again.
    pub fn arguments(&self) -> String {
        let mut text = format!("--seed {}", self.seed);
        if let Some(plant) = self.plant {
            text += &format!(" --plant {plant:?}");
        }
        if let Some(hosts) = self.hosts {
            text += &format!(" --hosts {hosts}");
        }
        if self.least_us > 0 {
            text += &format!(" --seconds {}", self.least_us / crate::plan::SECOND);
        }
        if !self.without.is_nothing() {
            text += &format!(" --without {}", self.without);
        }
        if self.draw > 0 {
            text += &format!(" --draw {}", self.draw);
        }
        text
    }
}
