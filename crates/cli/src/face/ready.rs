//! From the hosts that a face was given to hosts of the vm: those that are not in it are brought
//! up, quietly, while those that are there already work. Called by the faces.

use super::limits::LOGIN_WINDOW;
use super::target::Target;
use crate::error::Error;
use crate::run::{ask, launch};
use posse::{HostId, LaunchEvent, Launches, Stage, UpOptions, Vm};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How hosts that are not in the vm are brought up.
#[derive(Debug, Clone)]
pub struct Wishes {
    pub timeout: Duration,
    /// As [`UpOptions::connect_timeout`].
    pub connect_timeout: Option<Duration>,
    /// A person may be asked for a password.
    pub interactive: bool,
    /// Hosts start in the order of the command line: nobody goes ahead.
    pub in_order: bool,
}

/// Hosts as they become usable.
pub struct Ready<'v> {
    vm: &'v Vm,
    wishes: Wishes,
    launches: Option<Launches>,
    /// By name: the index of the target.
    coming: BTreeMap<String, usize>,
    ready: VecDeque<(usize, HostId)>,
    failed: Vec<(usize, String)>,
}

impl<'v> Ready<'v> {
    pub fn new(vm: &'v Vm, targets: &[Target], wishes: Wishes) -> Result<Ready<'v>, Error> {
        let (ready, failed) = (VecDeque::new(), Vec::new());
        let coming = BTreeMap::new();
        let mut all = Ready { vm, wishes, launches: None, coming, ready, failed };
        let hosts = vm.hosts();
        let mut wanted = Vec::new();
        for (at, target) in targets.iter().enumerate() {
            let member = hosts.iter().find(|host| host.name == target.name() && host.is_up());
            match (member, &target.request.user) {
                (Some(host), Some(user)) if host.facts.user != *user => {
                    let text = format!(
                        "in the vm as user {}, not {user}; type `posse remove {}` first",
                        host.facts.user, host.name
                    );
                    all.failed.push((at, text));
                }
                (Some(host), _) => all.ready.push_back((at, host.number)),
                (None, _) => {
                    wanted.push(target.request.clone());
                    all.coming.insert(target.name().to_owned(), at);
                }
            }
        }
        if !wanted.is_empty() {
            let options = UpOptions {
                environment: launch::environment(),
                interactive: all.wishes.interactive,
                timeout: all.wishes.timeout,
                connect_timeout: all.wishes.connect_timeout,
                window: LOGIN_WINDOW,
                ..UpOptions::default()
            };
            all.launches = Some(vm.up(options, wanted)?);
        }
        Ok(all)
    }

    /// Up to `most` hosts to run on, after waiting so long for more of them at most; none where
    /// none is ready.
    pub fn next(&mut self, most: usize, wait: Duration) -> Result<Vec<(usize, HostId)>, Error> {
        let was_launching = self.launches.is_some();
        self.collect(Instant::now() + wait)?;
        if self.wishes.in_order && self.launches.is_some() {
            return Ok(Vec::new());
        }
        if was_launching {
            self.vm.refresh_hosts()?;
        }
        if self.wishes.in_order {
            self.ready.make_contiguous().sort_unstable();
        }
        let count = most.min(self.ready.len());
        Ok(self.ready.drain(..count).collect())
    }

    /// Hosts that cannot be used, with the reason, since this was last asked.
    pub fn take_failed(&mut self) -> Vec<(usize, String)> {
        std::mem::take(&mut self.failed)
    }

    /// There will be no more.
    pub fn is_over(&self) -> bool {
        self.launches.is_none() && self.ready.is_empty()
    }

    fn collect(&mut self, deadline: Instant) -> Result<(), Error> {
        while let Some(launches) = &mut self.launches {
            match launches.next_event(Some(deadline)) {
                Err(error) if error.is_deadline() => return Ok(()),
                Err(error) => return Err(error.into()),
                Ok(LaunchEvent::Ask(question)) => ask::at_terminal(question)?,
                Ok(LaunchEvent::Done) => self.launches = None,
                Ok(LaunchEvent::Launch(launch)) => match launch.stage {
                    Stage::Up { .. } => {
                        if let Some(at) = self.coming.remove(&launch.name) {
                            self.ready.push_back((at, launch.number));
                        }
                    }
                    Stage::Failed { why, .. } => {
                        let failed = self.coming.remove(&launch.name).map(|at| (at, why));
                        self.failed.extend(failed);
                    }
                    _ => {}
                },
            }
        }
        let silent = std::mem::take(&mut self.coming).into_values();
        self.failed.extend(silent.map(|at| (at, "it did not come up".to_owned())));
        Ok(())
    }
}
