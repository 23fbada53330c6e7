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
        let outside = format!("{}-{node}", if bridge == "hosts" { "p" } else { "q" });
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
    use super::{GATEWAY, ports};
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
}
