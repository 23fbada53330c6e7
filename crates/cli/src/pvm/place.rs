//! Which hosts a spawn may use, the one whose turn it is first. Pure; called by `spawn`.

use super::request::Place;
use posse::HostEntry;
use posse::pvm::arch;

/// Over all hosts or those that are named. `next` is whose turn it is, and is moved on by as many
/// as are to be spawned. Empty where the place names no host of the vm.
pub fn hosts(all: &[HostEntry], place: &Place, count: u32, next: &mut usize) -> Vec<HostEntry> {
    let can = |host: &&HostEntry| host.is_up() && host.slots > 0;
    let fits = |host: &&HostEntry| match place {
        Place::Any => true,
        Place::Named(name) => host.name == *name || arch(&host.facts.arch) == *name,
    };
    let mut chosen: Vec<HostEntry> = all.iter().filter(can).filter(fits).cloned().collect();
    if !chosen.is_empty() {
        let first = *next % chosen.len();
        chosen.rotate_left(first);
        *next = next.wrapping_add(count as usize);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse::{Facts, HostId, HostState, Incarnation};

    fn host(number: u32, slots: u32, machine: &str) -> HostEntry {
        HostEntry {
            number: HostId(number),
            name: format!("lab{number}"),
            incarnation: Incarnation(1),
            state: HostState::Up,
            launcher: "ssh".to_owned(),
            parent: HostId(0),
            rtt_us: 0,
            slots,
            key: [0; 32],
            facts: Facts { arch: machine.to_owned(), ..Facts::default() },
        }
    }

    #[test]
    fn hosts_take_turns_to_be_the_first() {
        let all = [host(0, 0, "x86_64"), host(1, 1, "x86_64"), host(2, 1, "sparc")];
        let mut next = 0;
        let mut of = |place: &Place, count| -> Vec<u32> {
            hosts(&all, place, count, &mut next).iter().map(|host| host.number.0).collect()
        };
        assert_eq!(of(&Place::Any, 3), [1, 2]);
        assert_eq!(of(&Place::Any, 1), [2, 1]);
        assert_eq!(of(&Place::Named("lab2".to_owned()), 2), [2]);
        assert_eq!(of(&Place::Named("SPARC".to_owned()), 1), [2]);
        assert_eq!(of(&Place::Named("lab0".to_owned()), 1), Vec::<u32>::new());
        assert_eq!(of(&Place::Named("lab9".to_owned()), 1), Vec::<u32>::new());
    }
}
