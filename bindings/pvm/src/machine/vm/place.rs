//! Where tasks are started: the hosts that a `pvm_spawn` may use, and which of them in turn.
//!
//! Values only. Called by `spawn.rs`.

use posse::pvm::arch;
use posse::{Directory, HostEntry, HostId};

use crate::code::{PvmError, Result};
use crate::machine::flags::{SPAWN_ARCH, SPAWN_HOST, SPAWN_OTHERS};

/// The two parts of `place` as a program gives it: `where:directory`.
pub fn parts(place: &str) -> (&str, Directory) {
    let (place, directory) = place.split_once(':').unwrap_or((place, ""));
    let directory = match directory {
        "" => Directory::Home,
        path if path.starts_with('/') => Directory::Path(path.to_owned()),
        path => Directory::BelowHome(path.to_owned()),
    };
    (place, directory)
}

/// The hosts that the flags of pvm_spawn(3PVM) allow; `here` is this task's, named `.` too.
/// `NoHost` where there is none.
pub fn allowed(
    hosts: &[HostEntry],
    here: HostId,
    flags: i32,
    place: &str,
) -> Result<Vec<HostEntry>> {
    let named = |host: &HostEntry| {
        let by_host = host.name == place || (place == "." && host.number == here);
        let by_arch = arch(&host.facts.arch) == place;
        (flags & SPAWN_HOST == 0 || by_host) && (flags & SPAWN_ARCH == 0 || by_arch)
    };
    let others = flags & SPAWN_OTHERS != 0;
    let chosen: Vec<HostEntry> =
        hosts.iter().filter(|host| named(host) != others).cloned().collect();
    if chosen.is_empty() { Err(PvmError::NoHost) } else { Ok(chosen) }
}

/// A host for each of `count` tasks, in turn from `first` on; a host has as many turns in a round
/// as it has slots. Gives where the next spawn goes on.
pub fn in_turn(hosts: &[HostEntry], first: usize, count: usize) -> (Vec<HostId>, usize) {
    let turns = turns(hosts);
    if turns.is_empty() {
        return (Vec::new(), first);
    }
    let chosen = (0..count).map(|at| turns[(first + at) % turns.len()]).collect();
    (chosen, (first + count) % turns.len())
}

/// The same hosts, beginning with this one: where they are equal, it is the next.
pub fn from(hosts: &[HostEntry], first: Option<&HostId>) -> Vec<HostEntry> {
    let at = hosts.iter().position(|host| Some(&host.number) == first).unwrap_or(0);
    [&hosts[at..], &hosts[..at]].concat()
}

/// Slots beyond this many a host are no turns of their own: a round stays short.
const SLOTS_MAX: u32 = 4096;

fn turns(hosts: &[HostEntry]) -> Vec<HostId> {
    let slots = |host: &HostEntry| host.slots.clamp(1, SLOTS_MAX);
    let most = hosts.iter().map(slots).max().unwrap_or(0);
    let round = |turn| hosts.iter().filter(move |host| slots(host) > turn);
    (0..most).flat_map(|turn| round(turn).map(|host| host.number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse::{Facts, HostState, Incarnation};

    fn host(number: u32, slots: u32) -> HostEntry {
        HostEntry {
            number: HostId(number),
            name: format!("local{number}"),
            incarnation: Incarnation(1),
            state: HostState::Up,
            launcher: String::new(),
            parent: HostId(0),
            rtt_us: 0,
            slots,
            key: [0; 32],
            facts: Facts { arch: "x86_64".into(), ..Facts::default() },
        }
    }

    fn numbers(hosts: Result<Vec<HostEntry>>) -> Result<Vec<u32>> {
        hosts.map(|hosts| hosts.iter().map(|host| host.number.0).collect())
    }

    #[test]
    fn a_place_is_a_host_or_an_architecture_and_a_directory() {
        assert_eq!(parts("local2"), ("local2", Directory::Home));
        assert_eq!(parts("local2:/tmp"), ("local2", Directory::Path("/tmp".into())));
        assert_eq!(parts(":work"), ("", Directory::BelowHome("work".into())));
    }

    #[test]
    fn flags_choose_hosts() {
        let hosts = [host(1, 1), host(2, 1), host(3, 1)];
        let choose = |flags, place| numbers(allowed(&hosts, HostId(2), flags, place));
        assert_eq!(choose(0, "local3"), Ok(vec![1, 2, 3]));
        assert_eq!(choose(SPAWN_HOST, "local3"), Ok(vec![3]));
        assert_eq!(choose(SPAWN_HOST, "."), Ok(vec![2]));
        assert_eq!(choose(SPAWN_HOST | SPAWN_OTHERS, "local1"), Ok(vec![2, 3]));
        assert_eq!(choose(SPAWN_HOST, "nohost"), Err(PvmError::NoHost));
        assert_eq!(choose(SPAWN_ARCH, "LINUX64"), Ok(vec![1, 2, 3]));
        assert_eq!(choose(SPAWN_ARCH, "CRAY"), Err(PvmError::NoHost));
    }

    #[test]
    fn tasks_go_around_by_slots() {
        let hosts = [host(1, 1), host(2, 3)];
        let (first, next) = in_turn(&hosts, 0, 3);
        assert_eq!((first, next), (vec![HostId(1), HostId(2), HostId(2)], 3));
        let (second, next) = in_turn(&hosts, next, 2);
        assert_eq!((second, next), (vec![HostId(2), HostId(1)], 1));
        assert_eq!(in_turn(&[], 0, 2), (vec![], 0));
        let from = |first| from(&hosts, first).iter().map(|host| host.number.0).collect::<Vec<_>>();
        assert_eq!((from(Some(&HostId(2))), from(None)), (vec![2, 1], vec![1, 2]));
    }
}
