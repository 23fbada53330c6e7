//! The network falls apart: one side has the majority of the voters and goes on, the other refuses
//! changes of names and says why, and what is healed is one vm again. What clients on all sides
//! saw of the names meanwhile is what one registry could have shown.
//! Alone: `cargo nextest run -p posse-cluster --test partitions`.

#![allow(clippy::unwrap_used)]

use posse_bed::{NamespaceBed, NamespaceOptions, require, wait_until};
use posse_cluster::{Clients, Ran, Typed, Vm, command_on, ready, run, seed};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(90);
const HOSTS: [&str; 5] = ["n001", "n002", "n003", "n004", "n005"];
const LAPTOP: &str = "laptop";

/// The bed, shared with the clients.
#[derive(Clone)]
struct Net(Arc<Mutex<NamespaceBed>>);

/// A vm of six hosts, five of which vote, with a client on each, and a detached command whose
/// processes have the names.
struct World {
    clients: Clients,
    vm: Vm,
    net: Net,
    pids: BTreeMap<&'static str, u32>,
    /// Hosts that vote, beside the owner's.
    voters: Vec<&'static str>,
    /// The host that does not.
    other: &'static str,
    /// The number of the detached command.
    command: u32,
}

impl Net {
    fn posse(&self, host: &str, args: &[&str]) -> Ran {
        let command = command_on(&self.0.lock().unwrap(), host, args);
        run(command, b"", LONG)
    }

    fn typed(&self, host: &'static str) -> Typed {
        let net = self.clone();
        Box::new(move |args| command_on(&net.0.lock().unwrap(), host, args))
    }

    fn cut(&self, one: &[&str], other: &[&str]) {
        let mut bed = self.0.lock().unwrap();
        one.iter().for_each(|a| other.iter().for_each(|b| bed.cut(a, b).unwrap()));
    }

    fn cut_one_way(&self, from: &str, to: &str) {
        self.0.lock().unwrap().cut_one_way(from, to).unwrap();
    }

    fn heal(&self) {
        self.0.lock().unwrap().heal().unwrap();
    }
}

/// The part of each host in the control state, by its name; the owner's is `laptop`.
fn parts(hosts: &Ran) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    for line in hosts.text().lines() {
        let host: Value = serde_json::from_str(line).unwrap();
        let name = host["name"].as_str().unwrap();
        let name = if HOSTS.contains(&name) { name } else { LAPTOP };
        parts.insert(name.to_owned(), host["control"].as_str().unwrap_or_default().to_owned());
    }
    parts
}

/// The same command as often as it is wanted, with other arguments.
fn typed(first: Command) -> Typed {
    Box::new(move |args| {
        let mut command = Command::new(first.get_program());
        command.args(first.get_args()).args(args);
        for (name, value) in first.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(directory) = first.get_current_dir() {
            command.current_dir(directory);
        }
        command
    })
}

impl World {
    fn start() -> Option<World> {
        if !ready() || require(&["ip", "nft"]).is_some() {
            return None;
        }
        let bed = NamespaceBed::start(5, NamespaceOptions::default()).unwrap();
        let vm = Vm::up(&bed, "n[001-005]");
        let net = Net(Arc::new(Mutex::new(bed)));
        let (voters, other) = settled(&vm);
        let hosts = HOSTS.iter().map(|host| ((*host).to_owned(), net.typed(host)));
        let hosts = hosts.chain([(LAPTOP.to_owned(), typed(vm.command(&[])))]).collect();
        let pids = HOSTS.map(|host| (host, vm.daemon(host).pid)).into();
        let clients = Clients::start(hosts, seed());
        let mut world = World { clients, vm, net, pids, voters, other, command: 0 };
        world.start_processes();
        world.clients.wait_done(&[LAPTOP]);
        Some(world)
    }

    /// From now on these have the names.
    fn start_processes(&mut self) {
        let started = self.vm.posse(&["e", "-H", "n[001-005]", "--detach", "exec sleep 7611"]).ok();
        self.command = started.text().trim().parse().unwrap();
        self.clients.use_processes(&self.processes(&HOSTS));
    }

    /// The processes on these hosts.
    fn processes(&self, hosts: &[&str]) -> Vec<(u32, u32)> {
        let ranks = HOSTS.iter().zip(0..).filter(|(host, _)| hosts.contains(host));
        ranks.map(|(_, rank)| (self.command, rank)).collect()
    }

    fn posse(&self, host: &str, args: &[&str]) -> Ran {
        if host == LAPTOP { self.vm.posse(args) } else { self.net.posse(host, args) }
    }

    /// The hosts, beside the owner's, on which a command that is typed on this one runs.
    fn reached(&self, from: &str) -> Vec<String> {
        let ran = self.posse(from, &["e", "-H", "n[001-005]", "echo $POSSE_HOST"]);
        let mut hosts: Vec<String> = ran.text().lines().map(str::to_owned).collect();
        hosts.sort();
        hosts
    }

    /// Two sides that do not hear each other. Those without a majority refuse and say why, the
    /// others go on, and have all their hosts.
    #[track_caller]
    fn split(&self, most: &[&str], least: &[&str]) {
        // Those who go on believe that these are dead, in time.
        self.clients.may_end(&self.processes(least));
        self.net.cut(most, least);
        let voter = *least.iter().find(|host| **host == LAPTOP || self.votes(host)).unwrap();
        if voter == LAPTOP {
            refused_clearly(&self.clients.wait_refused(LAPTOP));
        }
        self.clients.wait_done(most);
        let hosts: Vec<&str> = most.iter().copied().filter(|host| *host != LAPTOP).collect();
        let mut hosts_sorted = hosts.clone();
        hosts_sorted.sort_unstable();
        let all = || most.iter().any(|host| self.reached(host) == hosts_sorted);
        assert!(wait_until(LONG, all), "{}", self.story());
    }

    fn votes(&self, host: &str) -> bool {
        self.voters.contains(&host)
    }

    /// After this the owner's daemon leads, all hosts are up with the daemons that they had, and
    /// names change again.
    #[track_caller]
    fn heal(&self) {
        self.net.heal();
        let all = || self.reached(LAPTOP) == HOSTS;
        assert!(wait_until(LONG, all), "{}", self.story());
        self.clients.wait_done(&[LAPTOP]);
        for (host, pid) in &self.pids {
            assert_eq!(self.vm.daemon(host).pid, *pid, "{host} lived on");
        }
    }

    /// As `heal`, where hosts may have been declared down by the owner's daemon: `posse up` takes
    /// them back.
    #[track_caller]
    fn take_back(&self) {
        self.net.heal();
        let up = || self.vm.posse(&["up", "--batch", "n[001-005]"]).code == 0;
        assert!(wait_until(LONG, up), "{}", self.story());
        self.heal();
    }

    /// For a test that failed.
    fn story(&self) -> String {
        let mut story = String::new();
        for host in HOSTS.iter().chain([&LAPTOP]) {
            for what in ["hosts", "events"] {
                let said = self.posse(host, &[what]);
                story += &format!("{host}, {what}: {}\n{}\n", said.text(), said.stderr);
            }
        }
        story
    }
}

/// Waits for five voters of which the owner's daemon leads. Which hosts vote, and which one does
/// not.
#[track_caller]
fn settled(vm: &Vm) -> (Vec<&'static str>, &'static str) {
    let mut parts = BTreeMap::new();
    let there = wait_until(LONG, || {
        parts = self::parts(&vm.posse(&["hosts", "--json"]));
        let votes = parts.values().filter(|part| *part == "votes").count();
        votes == 4 && parts.get(LAPTOP).is_some_and(|part| part == "leads")
    });
    assert!(there, "{parts:?}: {}", vm.log());
    let votes = |host: &&str| parts[*host] == "votes";
    let (voters, others): (Vec<_>, Vec<_>) = HOSTS.iter().copied().partition(votes);
    (voters, others[0])
}

#[track_caller]
fn refused_clearly(said: &str) {
    assert!(said.contains("no majority of the voters is reached"), "{said}");
    let outcome = ["it did not run", "it may have run"];
    assert!(outcome.iter().any(|outcome| said.contains(outcome)), "{said}");
    for words in ["the voters are", "posse hosts", "posse recover"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn three_and_three() {
    let Some(mut world) = World::start() else { return };
    let (voters, other) = (world.voters.clone(), world.other);
    // The owner's daemon leads on.
    world.split(&[LAPTOP, voters[0], voters[1]], &[other, voters[2], voters[3]]);
    world.take_back();
    world.start_processes();
    world.clients.wait_done(&[LAPTOP]);
    // Another host leads, until it is healed.
    world.split(&[voters[1], voters[2], voters[3]], &[LAPTOP, other, voters[0]]);
    world.heal();
    world.clients.end();
}

#[test]
fn two_and_four() {
    let Some(world) = World::start() else { return };
    let (voters, other) = (world.voters.clone(), world.other);
    world.split(&[other, voters[1], voters[2], voters[3]], &[LAPTOP, voters[0]]);
    world.heal();
    world.clients.end();
}

#[test]
fn one_way() {
    let Some(world) = World::start() else { return };
    let all = |of: &str| -> Vec<&str> {
        HOSTS.iter().copied().chain([LAPTOP]).filter(|host| *host != of).collect()
    };
    // One that votes is not heard any more, another hears nothing.
    let (mute, deaf) = (world.voters[0], world.voters[1]);
    world.clients.may_end(&world.processes(&[mute, deaf]));
    for other in all(mute) {
        world.net.cut_one_way(mute, other);
    }
    for other in all(deaf) {
        world.net.cut_one_way(other, deaf);
    }
    world.clients.wait_done(&[LAPTOP]);
    let down = |host: &str| world.vm.posse(&["hosts", host]).text().contains("down");
    assert!(wait_until(LONG, || down(mute) && down(deaf)), "{}", world.story());
    world.clients.wait_done(&[LAPTOP]);
    world.take_back();
    world.clients.end();
}

/// Each cut is shorter than any death. Together they may be one: the kernel tries again more and
/// more seldom, and may meet a cut each time.
#[test]
fn flapping() {
    let Some(world) = World::start() else { return };
    let (voters, other) = (world.voters.clone(), world.other);
    let (one, two) = ([LAPTOP, other, voters[0]], [voters[1], voters[2], voters[3]]);
    world.clients.may_end(&world.processes(&HOSTS));
    let second = Duration::from_secs(1);
    for _ in 0..10 {
        world.net.cut(&one, &two);
        pass(second);
        world.net.heal();
        pass(second);
    }
    world.take_back();
    world.clients.end();
}

/// The world goes on for so long.
fn pass(time: Duration) {
    let began = Instant::now();
    let _it_passes = wait_until(time, || began.elapsed() >= time);
}
