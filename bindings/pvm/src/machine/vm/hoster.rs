//! Adding hosts where a task has taken that over: it is asked about each first.
//!
//! PVM's hoster logs in to a host and starts a pvmd there by the command that it is given. Here
//! the daemon is started by the vm's own launcher, once the hoster has said that its command ran;
//! so the command only answers as a pvmd would, and a hoster's own way in is tried by it. A host of
//! which the hoster says that it can not is not tried. Called by `change.rs`.

use std::time::Duration;

use posse::HostRequest;

use super::VmMachine;
use super::duty::{OnDuty, SM_STHOST, SM_STHOSTACK, Said, text_of};
use crate::code::{PvmError, Result};

/// PVM's own hoster gives a host a minute to answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(90);

/// What is to be run on the host: the line of a pvmd that has started.
const COMMAND: &str = "echo 'ddpro<2316> arch<LINUX64> ip<00000000:0000> mtu<4096>' # pvmd";

impl VmMachine {
    /// For each host, whether it may be brought up.
    pub(super) fn ask_hoster(
        &self,
        hoster: &OnDuty,
        hosts: &[HostRequest],
    ) -> Result<Vec<Result<()>>> {
        let mut said = Said::new().int(hosts.len() as i32)?;
        for (at, host) in hosts.iter().enumerate() {
            let user = host.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
            let login = format!("{user}{}", host.name);
            said = said.int(number(at))?.text("")?.text(&login)?.text(COMMAND)?;
        }
        self.say_to(hoster.task, SM_STHOST, 1, said.bytes())?;
        let mut answer = self.answer_of(hoster.task, SM_STHOSTACK, Some(ANSWERED_WITHIN))?;
        let mut results = vec![Err(PvmError::CantStart); hosts.len()];
        while answer.rest() > 0 {
            let named = answer.unpack_int()?;
            let result = result(&text_of(&mut answer)?);
            let at = (0..hosts.len()).find(|at| number(*at) == named);
            if let Some(at) = at {
                results[at] = result;
            }
        }
        Ok(results)
    }
}

/// The number by which a host is spoken of: as a tid that no host has yet.
fn number(at: usize) -> i32 {
    (at as i32 + 1) << 18
}

/// A line of a daemon, or the name of an error.
fn result(status: &str) -> Result<()> {
    match status {
        "PvmDSysErr" => Err(PvmError::DSysErr),
        "PvmDupHost" => Err(PvmError::DupHost),
        "PvmNoHost" => Err(PvmError::NoHost),
        "PvmBadVersion" => Err(PvmError::BadVersion),
        status if status.starts_with("ddpro<") => Ok(()),
        _ => Err(PvmError::CantStart),
    }
}
