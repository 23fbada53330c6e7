//! The nodes of a namespace bed (laptop, hosts, gateway): their ports on the bed's bridges, and
//! how a command gets into one. Not the sshd in them. Called by `bed` and `fault`.

use super::options::Topology;
use crate::deadline::wait_until;
use crate::isolation::Isolation;
use crate::proc;
use anyhow::{Result, bail};
use std::process::Command;
use std::time::Duration;

pub(crate) const LAPTOP: &str = "laptop";
pub(crate) const GATEWAY: &str = "gw";
/// Those of the two sites, and the bridges behind them.
pub(crate) const SITES: [(&str, &str); 2] = [("gw1", "hosts"), ("gw2", "others")];

/// One end of a cable: the other end is on a bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    pub node: String,
    /// The interface within the node.
    pub inside: &'static str,
    /// The interface on the bridge's side; at most 15 bytes.
    pub outside: String,
    pub bridge: &'static str,
    pub address: String,
}

impl Port {
    fn new(node: &str, inside: &'static str, bridge: &'static str, address: &str) -> Port {
        let outside = format!("{}-{node}", if bridge == "home" { "q" } else { "p" });
        Port { node: node.to_owned(), inside, outside, bridge, address: address.to_owned() }
    }

    /// The shell lines that plug it in.
    pub fn lines(&self) -> Vec<String> {
        let Port { node, inside, outside, bridge, address } = self;
        vec![
            format!("ip link add {outside} type veth peer name {inside} netns {node}"),
            format!("ip link set {outside} master {bridge} up"),
            format!("ip -n {node} addr add {address}/24 dev {inside}"),
            format!("ip -n {node} link set {inside} up"),
        ]
    }
}

/// The cables of a topology with hosts n001 to nNNN.
pub(crate) fn ports(hosts: &[String], topology: Topology) -> Vec<Port> {
    if topology == Topology::Sites {
        return sites(hosts);
    }
    let mut ports: Vec<Port> = hosts
        .iter()
        .enumerate()
        .map(|(k, name)| Port::new(name, "eth0", "hosts", &format!("10.77.0.{}", k + 1)))
        .collect();
    if topology == Topology::Flat {
        ports.push(Port::new(LAPTOP, "eth0", "hosts", "10.77.0.254"));
    } else {
        ports.push(Port::new(GATEWAY, "eth0", "hosts", "10.77.0.253"));
        ports.push(Port::new(GATEWAY, "eth1", "home", "10.78.0.1"));
        ports.push(Port::new(LAPTOP, "eth0", "home", "10.78.0.2"));
    }
    ports
}

fn sites(hosts: &[String]) -> Vec<Port> {
    let mut ports = vec![Port::new(LAPTOP, "eth0", "home", "10.78.0.2")];
    let half = hosts.len().div_ceil(2);
    let halves = hosts.chunks(half.max(1));
    for (((gateway, bridge), hosts), address) in SITES.into_iter().zip(halves).zip([1, 3]) {
        ports.push(Port::new(gateway, "eth0", bridge, "10.77.0.253"));
        ports.push(Port::new(gateway, "eth1", "home", &format!("10.78.0.{address}")));
        let host = |(k, name): (usize, &String)| {
            Port::new(name, "eth0", bridge, &format!("10.77.0.{}", k + 1))
        };
        ports.extend(hosts.iter().enumerate().map(host));
    }
    ports
}

/// The gateway of a node on one of the bridges of a topology, where the laptop goes through one.
pub(crate) fn jump(topology: Topology, port: &Port) -> Option<&'static str> {
    match topology {
        Topology::Gateway => (port.bridge == "hosts").then_some(GATEWAY),
        Topology::Sites => {
            SITES.iter().find(|(_, bridge)| *bridge == port.bridge).map(|(gateway, _)| *gateway)
        }
        Topology::Flat | Topology::Nat => None,
    }
}

/// The process that holds a node's namespaces, by the mark in its environment. A host's is the
/// innermost of those that carry it, since `unshare` waits outside.
pub(crate) fn holder(mark: &str) -> Option<u32> {
    let marked = proc::pids().into_iter().filter(|pid| proc::has_env(*pid, mark));
    marked.max_by_key(|pid| proc::depth(*pid).map_or(0, |(levels, _)| levels))
}

/// Waits for the holder of a host: the first process of a namespace of its own.
pub(crate) fn wait_for_holder(mark: &str, first: bool, deadline: Duration) -> Result<u32> {
    let mut found = None;
    let there = wait_until(deadline, || {
        found = holder(mark).filter(|pid| {
            !first || proc::depth(*pid).is_some_and(|(levels, init)| levels > 2 && init)
        });
        found.is_some()
    });
    match found {
        Some(pid) if there => Ok(pid),
        _ => bail!("no process with {mark} within {deadline:?}"),
    }
}

/// `nsenter` into the namespaces of `pid`: the network alone (the command keeps its place in
/// the machine's process table, so that it can be killed and waited for), or all of a host.
/// What comes next runs as the root of the namespaces.
pub(crate) fn enter(pid: u32, isolation: Isolation, all: bool) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--target={pid}")).arg("--net");
    if isolation == Isolation::User {
        command.args(["--user", "--preserve-credentials"]);
    }
    if all {
        command.args(["--mount", "--uts", "--pid"]);
    }
    command.arg("--");
    command
}

#[cfg(test)]
mod tests {
    use super::{GATEWAY, jump, ports};
    use crate::netns::Topology;

    #[test]
    fn a_gateway_has_two_cables() {
        let hosts = ["n001".to_owned(), "n002".to_owned()];
        assert_eq!(ports(&hosts, Topology::Flat).len(), 3);
        let ports = ports(&hosts, Topology::Gateway);
        let both: Vec<_> = ports.iter().filter(|p| p.node == GATEWAY).collect();
        assert_eq!(both.iter().map(|p| p.bridge).collect::<Vec<_>>(), ["hosts", "home"]);
        assert!(ports.iter().all(|p| p.outside.len() < 16));
    }

    #[test]
    fn sites_have_the_same_addresses() {
        let hosts = ["n001", "n002", "n003"].map(str::to_owned);
        let ports = ports(&hosts, Topology::Sites);
        let at = |node: &str| {
            let port = ports.iter().find(|p| p.node == node && p.bridge != "home").unwrap();
            (port.bridge, port.address.as_str(), jump(Topology::Sites, port).unwrap())
        };
        assert_eq!(at("n001"), ("hosts", "10.77.0.1", "gw1"));
        assert_eq!(at("n002"), ("hosts", "10.77.0.2", "gw1"));
        assert_eq!(at("n003"), ("others", "10.77.0.1", "gw2"));
        let mut outside: Vec<_> = ports.iter().map(|p| &p.outside).collect();
        outside.sort();
        outside.dedup();
        assert_eq!(outside.len(), ports.len());
    }
}
