//! Ends of processes: nobody is told that a process is over which lives on a host that is up, and
//! all that waits for one that is over ends soon.

use super::Held;
use crate::plan::SECOND;
use posse_wire::ProcessId;

/// Where nothing else goes wrong: the question after a process is asked again every 5 s.
const WITHIN: u64 = 6 * SECOND;

/// Where links, hosts or the lead were lost: a host that is lost is given up after 9 s, one behind
/// a relay 5 s later, and then by another that came to lead.
const WITHIN_FAULTS: u64 = 20 * SECOND;

/// When a wait for a process that is over since `died` must have ended.
pub fn until(died: u64, faults_end: Option<u64>) -> u64 {
    faults_end.map_or(died + WITHIN, |end| died.max(end) + WITHIN_FAULTS)
}

/// Somebody was told that this process is over; `lives` on a host that is up in the table of who
/// leads, in the life in which the process began.
pub fn gone(process: ProcessId, lives: bool, why: &str) -> Held {
    if lives { Err(format!("{process} is said to be over ({why}), and lives")) } else { Ok(()) }
}

/// A wait that only this process could have ended.
pub fn ended(now: u64, until: u64, waits: impl FnOnce() -> String) -> Held {
    if now <= until { Ok(()) } else { Err(format!("still waits for {}, which is over", waits())) }
}

/// A wait ended because this process is over, as this one was told before or not at all.
pub fn failed(process: ProcessId, told: bool) -> Held {
    if told { Ok(()) } else { Err(format!("a wait ended for {process}, which nobody called over")) }
}
