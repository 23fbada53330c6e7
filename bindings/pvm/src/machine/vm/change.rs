//! Hosts come and go at a task's word, and the vm with them.
//!
//! That changes the vm, and is the owner's. A task acts for its user: where the daemon of its host
//! may not, it goes to the one that leads, if that is on this computer, as `posse up` typed here
//! would. Elsewhere it is `Denied`. Called by `answers.rs`.

use std::collections::{HashMap, HashSet};

use posse::{Cause, HostEntry, HostRequest, LaunchEvent, Stage, UpOptions, Vm};
use rustix::process::{Signal, getpid, kill_process};

use super::VmMachine;
use super::error::code;
use super::hostfile;
use crate::Tid;
use crate::code::{PvmError, Result};

type Launched = HashMap<String, Result<Tid>>;

impl VmMachine {
    pub(super) fn add(&self, lines: &[String]) -> Result<Vec<Result<Tid>>> {
        let hosts = self.all_hosts()?;
        let is_up = |name: &str| hosts.iter().any(|host| host.name == name && host.is_up());
        let mut seen = HashSet::new();
        let wanted: Vec<Result<HostRequest>> = lines
            .iter()
            .map(|line| {
                let request = hostfile::request(line)?;
                let is_new = seen.insert(request.name.clone()) && !is_up(&request.name);
                if is_new { Ok(request) } else { Err(PvmError::DupHost) }
            })
            .collect();
        let wanted = self.allowed(wanted)?;
        let requests: Vec<HostRequest> = wanted.iter().flatten().cloned().collect();
        let launched = match requests.is_empty() {
            true => Launched::new(),
            false => self.change(|vm| {
                for (line, host) in lines.iter().zip(&wanted) {
                    if let (Some(speed), Ok(host)) = (hostfile::speed(line), host) {
                        vm.state_speed(&host.name, speed)?;
                    }
                }
                launch(vm, requests.clone())
            })?,
        };
        self.all_hosts()?;
        let result = |host: Result<HostRequest>| {
            launched.get(&host?.name).copied().unwrap_or(Err(PvmError::CantStart))
        };
        Ok(wanted.into_iter().map(result).collect())
    }

    /// Those that the hoster can start, if there is one.
    fn allowed(&self, wanted: Vec<Result<HostRequest>>) -> Result<Vec<Result<HostRequest>>> {
        let requests: Vec<HostRequest> = wanted.iter().flatten().cloned().collect();
        let Some(hoster) = self.hoster()?.filter(|_| !requests.is_empty()) else {
            return Ok(wanted);
        };
        let mut answers = self.ask_hoster(&hoster, &requests)?.into_iter();
        let mut answered = |host| answers.next().unwrap_or(Err(PvmError::CantStart)).map(|()| host);
        Ok(wanted.into_iter().map(|host| host.and_then(&mut answered)).collect())
    }

    pub(super) fn remove(&self, names: &[String]) -> Result<Vec<Result<()>>> {
        let mut seen = HashSet::new();
        let mut results = Vec::with_capacity(names.len());
        for name in names {
            if !seen.insert(name) {
                results.push(Err(PvmError::DupHost));
                continue;
            }
            let hosts = self.working_hosts()?;
            let found: Option<&HostEntry> = hosts.iter().find(|host| host.name == *name);
            results.push(match found {
                None => Err(PvmError::NoHost),
                Some(host) => self.change(|vm| vm.remove(&[host.number], false)),
            });
        }
        Ok(results)
    }

    /// The vm and all of its tasks, this one included: by SIGTERM, as in PVM.
    pub(super) fn end(&self) -> Result<()> {
        self.deliver();
        self.change(|vm| vm.down(false))?;
        let _it_may_be_blocked = kill_process(getpid(), Signal::TERM);
        Ok(())
    }

    fn change<T>(&self, action: impl Fn(&Vm) -> Result<T, posse::Error>) -> Result<T> {
        match self.act(&action).map_err(denied) {
            Err(PvmError::Denied) => {
                let owner = Vm::connect(self.vm()?.name()).map_err(|_| PvmError::Denied)?;
                action(&owner).map_err(code).map_err(denied)
            }
            result => result,
        }
    }
}

/// A request that the vm understood and did not do.
fn denied(error: PvmError) -> PvmError {
    if error == PvmError::OutOfRes { PvmError::Denied } else { error }
}

fn launch(vm: &Vm, requests: Vec<HostRequest>) -> Result<Launched, posse::Error> {
    let mut launched = Launched::new();
    let options = UpOptions { environment: std::env::vars().collect(), ..UpOptions::default() };
    for event in vm.up(options, requests)? {
        let LaunchEvent::Launch(launch) = event? else { continue };
        let result = match launch.stage {
            Stage::Up { .. } => Tid::of_host(launch.number).ok_or(PvmError::OutOfRes),
            Stage::Failed { cause, .. } => Err(not_up(cause)),
            _ => continue,
        };
        launched.insert(launch.name, result);
    }
    Ok(launched)
}

fn not_up(cause: Cause) -> PvmError {
    match cause {
        Cause::BadName => PvmError::BadParam,
        Cause::Unresolvable => PvmError::NoHost,
        _ => PvmError::CantStart,
    }
}
