//! `--load`: hosts that are not busier than that.

use crate::error::Error;
use crate::run;
use posse_work::parallel::Load;
use std::collections::BTreeSet;
use std::time::Duration;

/// Loads are averages of a minute: looked at no more often than they move.
const EVERY: Duration = Duration::from_secs(1);

pub struct Idle {
    /// Of the vm. Each look has a connection of its own: one gives some hundred questions a number.
    name: Option<String>,
    load: Load,
}

impl Idle {
    pub fn of(vm: Option<&str>, load: Load) -> Idle {
        Idle { name: vm.map(str::to_owned), load }
    }

    /// How long a look holds.
    pub fn every(&self) -> Duration {
        EVERY
    }

    /// The hosts on which a task may start now, as a hostset; none: all are busy.
    pub fn hosts(&self) -> Result<Option<String>, Error> {
        let vm = run::connect(self.name.as_deref())?;
        let all = vm.hosts();
        let cores: BTreeSet<u32> =
            all.iter().filter(|host| host.is_up()).map(|host| host.facts.cores).collect();
        let terms = cores.iter().map(|cores| match self.load {
            Load::Absolute(load) => format!("load<={load:.2} & cores={cores}"),
            Load::Percent(part) => {
                format!("load<={:.2} & cores={cores}", f64::from(*cores) * part / 100.0)
            }
        });
        let mut names = Vec::new();
        for term in terms {
            names.extend(vm.select(&term)?.into_iter().map(|host| host.name));
        }
        Ok((!names.is_empty()).then(|| names.join(",")))
    }
}
