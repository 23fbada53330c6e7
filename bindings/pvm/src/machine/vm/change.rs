//! Hosts come and go at a task's word, and the vm with them.
//!
//! What posse does not allow from where this task runs is `Denied`. Called by `answers.rs`.

use std::collections::{HashMap, HashSet};

use posse::{Cause, HostEntry, HostRequest, LaunchEvent, Stage, UpOptions, Vm};

use super::VmMachine;
use super::hostfile;
use super::ids::host_tid;
use crate::code::{PvmError, Result};
use crate::tid::Tid;

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
        let requests: Vec<HostRequest> = wanted.iter().flatten().cloned().collect();
        let launched = match requests.is_empty() {
            true => Launched::new(),
            false => self.act(|vm| launch(vm, requests.clone())).map_err(denied)?,
        };
        self.all_hosts()?;
        let result = |host: Result<HostRequest>| {
            launched.get(&host?.name).copied().unwrap_or(Err(PvmError::CantStart))
        };
        Ok(wanted.into_iter().map(result).collect())
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
                Some(host) => self.act(|vm| vm.remove(&[host.number], false)).map_err(denied),
            });
        }
        Ok(results)
    }

    pub(super) fn end(&self) -> Result<()> {
        self.deliver();
        self.act(|vm| vm.down(false)).map_err(denied)
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
            Stage::Up { .. } => host_tid(launch.number).ok_or(PvmError::OutOfRes),
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
