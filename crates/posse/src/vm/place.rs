//! Which hosts processes are to start on: asks them how busy and how fast they are, and leaves the
//! choice to `placement`.

use super::Vm;
use crate::placement::{self, Room};
use crate::{Answered, Error, HostEntry, HostId, HostLoad, Question};
use std::collections::BTreeMap;
use std::time::Duration;

/// A host that does not say in this time how busy it is counts as idle: a person waits for it.
const LOAD_WITHIN: Duration = Duration::from_secs(2);

/// The setting `speed.HOST` is a speed that somebody has stated (PVM's `sp=`); it stands in place
/// of the measured one.
const STATED: &str = "speed.";

/// How hosts are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    /// Those with free slots first, by load and by speed.
    #[default]
    ByLoad,
    /// Each in turn.
    RoundRobin,
}

impl Vm {
    /// A host for each of `count` processes out of `hosts`, of which the first comes first where
    /// they are equal. Processes that have begun just now count as load from their beginning.
    ///
    /// ```no_run
    /// # use posse::{Command, Placement, Vm};
    /// let vm = Vm::connect("default")?;
    /// let on = vm.place(8, &vm.hosts(), Placement::ByLoad)?;
    /// let workers = vm.run(&Command::argv(["./worker"]).hosts(on))?;
    /// # Ok::<(), posse::Error>(())
    /// ```
    pub fn place(
        &self,
        count: u32,
        hosts: &[HostEntry],
        how: Placement,
    ) -> Result<Vec<HostId>, Error> {
        let chosen = match how {
            Placement::ByLoad if hosts.len() > 1 => placement::by_load(count, &self.rooms(hosts)?),
            _ => placement::in_turn(count, hosts.len()),
        };
        Ok(chosen.into_iter().map(|at| hosts[at].number).collect())
    }

    fn rooms(&self, hosts: &[HostEntry]) -> Result<Vec<Room>, Error> {
        let numbers: Vec<HostId> = hosts.iter().map(|host| host.number).collect();
        let mut loads = BTreeMap::new();
        for reply in self.query(&numbers, Question::Load, LOAD_WITHIN)? {
            let reply = reply?;
            if let Answered::Load(load) = reply.answer {
                loads.insert(reply.host, load);
            }
        }
        let stated: Vec<Option<u32>> =
            hosts.iter().map(|host| self.stated_speed(&host.name)).collect();
        Ok(rooms(hosts, &loads, &stated))
    }

    /// The speed that somebody has stated for the host that is called so.
    pub fn stated_speed(&self, host: &str) -> Option<u32> {
        let settings = self.settings();
        let value = settings.get(&format!("{STATED}{host}"))?;
        std::str::from_utf8(value).ok()?.parse().ok()
    }

    /// States it, for all front ends; a usual core has [`SPEED`](crate::SPEED).
    pub fn state_speed(&self, host: &str, speed: u32) -> Result<(), Error> {
        self.set_setting(&format!("{STATED}{host}"), Some(speed.to_string().into_bytes()))
    }
}

fn rooms(
    hosts: &[HostEntry],
    loads: &BTreeMap<HostId, HostLoad>,
    stated: &[Option<u32>],
) -> Vec<Room> {
    // Hosts of one computer have its load in common, and read it at different moments.
    let computer =
        |host: &HostEntry| (host.facts.hostname.clone(), host.facts.cores, host.facts.memory);
    let mut computers: BTreeMap<_, f32> = BTreeMap::new();
    for host in hosts {
        let load = loads.get(&host.number).map_or(0.0, |load| load.load[0]);
        let most = computers.entry(computer(host)).or_default();
        *most = most.max(load);
    }
    let room = |(host, stated): (&HostEntry, &Option<u32>)| {
        let load = loads.get(&host.number);
        let average = computers.get(&computer(host)).copied().unwrap_or(0.0);
        let coming = load.map_or(0.0, |load| load.coming);
        Room {
            slots: host.slots,
            // Apart, so that one more process is one more whatever the load is.
            busy: (average.round() as u32).saturating_add(coming.round() as u32),
            speed: stated.unwrap_or_else(|| load.map_or(0, |load| load.speed)),
        }
    };
    hosts.iter().zip(stated).map(room).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Facts, HostState, Incarnation};

    fn host(number: u32, hostname: &str) -> HostEntry {
        HostEntry {
            number: HostId(number),
            name: format!("lab{number}"),
            incarnation: Incarnation(1),
            state: HostState::Up,
            launcher: "ssh".to_owned(),
            parent: HostId(0),
            rtt_us: 0,
            slots: 2,
            key: [0; 32],
            facts: Facts { hostname: hostname.to_owned(), ..Facts::default() },
        }
    }

    fn load(average: f32, coming: f32, speed: u32) -> HostLoad {
        HostLoad { load: [average, 0.0, 0.0], coming, speed, ..HostLoad::default() }
    }

    #[test]
    fn hosts_of_one_computer_share_its_load() {
        let hosts = [host(1, "a"), host(2, "a"), host(3, "b"), host(4, "c")];
        let loads = [
            (HostId(1), load(1.4, 0.9, 1000)),
            (HostId(2), load(1.6, 0.0, 990)),
            (HostId(3), load(0.4, 0.4, 500)),
        ];
        let rooms = rooms(&hosts, &loads.into(), &[None, Some(2000), None, None]);
        let told: Vec<(u32, u32)> = rooms.iter().map(|room| (room.busy, room.speed)).collect();
        assert_eq!(told, [(3, 1000), (2, 2000), (0, 500), (0, 0)]);
    }
}
