//! The processes of a command that was started just now: their ids, and whether they could be
//! started. Called by `posse spawn` and the console of PVM.

use crate::error::Error;
use crate::limits::{LOAD_WITHIN, MEMBERS_LOOK_EVERY, MEMBERS_WITHIN};
use posse::{Answered, CommandId, EnrolledEntry, EnrolledState, HostId, Question, Rank, Vm};
use std::collections::BTreeMap;
use std::time::Instant;

/// One of them.
#[derive(Debug, Clone)]
pub struct Member {
    pub entry: EnrolledEntry,
    /// `None` where it is over.
    pub pid: Option<u32>,
}

impl Member {
    /// An id is given out before the program is looked for: whether it is known how that went.
    fn is_settled(&self) -> bool {
        self.pid.is_some() || self.entry.state != EnrolledState::Started
    }
}

/// The process of each of `size` ranks; `None` where its host did not say in time. `hosts` may
/// name one more than once. One whose environment takes long to load counts as started.
pub fn of(
    vm: &Vm,
    hosts: &[HostId],
    command: CommandId,
    size: usize,
) -> Result<Vec<Option<Member>>, Error> {
    let deadline = Instant::now() + MEMBERS_WITHIN;
    loop {
        let entries = vm.enrolled(hosts, Some(command))?;
        // Asked behind, so that what ends between the two is asked about once more.
        let pids = pids(vm, hosts, command)?;
        let mut members = vec![None; size];
        for entry in entries {
            let Some((_, rank)) = entry.family else { continue };
            if let Some(member) = members.get_mut(rank.0 as usize) {
                *member = Some(Member { entry, pid: pids.get(&rank).copied() });
            }
        }
        let settled = |member: &Option<Member>| member.as_ref().is_some_and(Member::is_settled);
        if members.iter().all(settled) || Instant::now() >= deadline {
            return Ok(members);
        }
        std::thread::sleep(MEMBERS_LOOK_EVERY);
    }
}

fn pids(vm: &Vm, hosts: &[HostId], command: CommandId) -> Result<BTreeMap<Rank, u32>, Error> {
    let mut pids = BTreeMap::new();
    for reply in vm.query(hosts, Question::Processes, LOAD_WITHIN)? {
        if let Answered::Processes(list) = reply?.answer {
            let ours = list.into_iter().filter(|process| process.command == command);
            pids.extend(ours.map(|process| (process.rank, process.pid)));
        }
    }
    Ok(pids)
}

/// Why a process was never started; `None` where it was.
pub fn not_started(member: &Member) -> Option<&str> {
    match &member.entry.state {
        EnrolledState::Over { why } => why.strip_prefix(NOT_STARTED),
        _ => None,
    }
}

/// How the daemon begins such a reason (`proto::command::local`).
const NOT_STARTED: &str = "it could not be started: ";

#[cfg(test)]
mod tests {
    use super::*;
    use posse::ProcessId;

    #[test]
    fn an_end_is_not_a_failed_start() {
        let entry = |why: &str| Member {
            entry: EnrolledEntry {
                process: ProcessId(1),
                parent: None,
                family: None,
                state: EnrolledState::Over { why: why.to_owned() },
                title: String::new(),
            },
            pid: None,
        };
        let failed = entry("it could not be started: x: command not found");
        assert_eq!(not_started(&failed), Some("x: command not found"));
        assert_eq!(not_started(&entry("it left")), None);
    }
}
