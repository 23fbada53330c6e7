//! Starts the namespace hosts: bridges, cables, accounts, configuration, an sshd each.
//! Not the faults (`fault`) nor the way in (`node`). Called by cluster tests.

use super::fault::TABLE;
use super::node::{GATEWAY, LAPTOP, Port, SITES, enter, jump, ports, wait_for_holder};
use super::options::{NamespaceOptions, Topology};
use crate::accounts::{Account, login_name, password_file, shadow_file};
use crate::deadline::wait_until;
use crate::dir::{BedDir, quote};
use crate::isolation::{Isolation, sshd};
use crate::keys::{Keys, known_name};
use crate::proc;
use crate::ssh_config::{Client, Entry, Server};
use crate::supervisor::Supervisor;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const MAX_HOSTS: usize = 200;
/// sshd's port on every host: an ordinary user may not have 22.
const PORT: u16 = 2222;
const START_DEADLINE: Duration = Duration::from_secs(60);

/// N hosts in network, mount, process and name namespaces, and a laptop beside them.
/// Everything ends and is removed when this is dropped.
pub struct NamespaceBed {
    supervisor: Supervisor,
    dir: BedDir,
    isolation: Isolation,
    hosts: Vec<String>,
    pub(super) ports: Vec<Port>,
    topology: Topology,
    user: String,
    /// First processes of the hosts, in the machine's numbers.
    first: BTreeMap<String, u32>,
    /// What holds the laptop's network.
    pub(super) laptop: u32,
}

impl NamespaceBed {
    /// Starts hosts n001 to nNNN. Fails, saying why, where this machine cannot do it.
    pub fn start(n: usize, options: NamespaceOptions) -> Result<NamespaceBed> {
        ensure!((1..=MAX_HOSTS).contains(&n), "1 to {MAX_HOSTS} namespace hosts, not {n}");
        let isolation = Isolation::probe();
        ensure!(isolation != Isolation::None, "needs root or user namespaces");
        sshd()?;
        let hosts: Vec<String> = (1..=n).map(|k| format!("n{k:03}")).collect();
        let dir = BedDir::create()?;
        let mut bed = NamespaceBed {
            supervisor: Supervisor::start(&dir, isolation, &["--net"])?,
            dir,
            isolation,
            ports: ports(&hosts, options.topology),
            hosts,
            topology: options.topology,
            user: login_name()?,
            first: BTreeMap::new(),
            laptop: 0,
        };
        bed.write_files(&options)?;
        bed.make_network()?;
        let booted = bed.ssh_nodes();
        booted.iter().try_for_each(|host| bed.launch(host))?;
        booted.iter().try_for_each(|host| bed.settle(host))?;
        bed.start_laptop()?;
        Ok(bed)
    }

    /// The names of the hosts, in order, without the gateway.
    #[must_use]
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// The address of host `number` from 1.
    #[must_use]
    pub fn address(&self, number: usize) -> String {
        self.ports[number - 1].address.clone()
    }

    /// What host `number` from 1 sees as its home, by its path outside.
    #[must_use]
    pub fn home(&self, number: usize) -> PathBuf {
        self.dir.path(&format!("hosts/{}/home", self.hosts[number - 1]))
    }

    #[must_use]
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// The laptop's file to give to `ssh -F` (its `ssh` in PATH has it already).
    #[must_use]
    pub fn ssh_config(&self) -> PathBuf {
        self.dir.path("ssh/config")
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.dir.root
    }

    /// Value of `POSSE_BED` in the environment of all that runs in this bed.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.dir.token
    }

    /// A command on the laptop, with the bed's environment. It becomes the program itself, so
    /// that killing the child kills the program.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = enter(self.laptop, self.isolation, false);
        command.args(self.isolation.as_user()).arg(program);
        self.dir.dress(&mut command);
        command
    }

    /// A shell command on a host, without ssh, as its user, at home.
    pub fn run_in(&self, host: &str, line: &str) -> Result<Command> {
        let command = enter(self.host_pid(host)?, self.isolation, true);
        Ok(self.on_host(command, self.isolation.as_user(), line))
    }

    /// The same as the host's root, who may mount there and change its network.
    pub fn admin_in(&self, host: &str, line: &str) -> Result<Command> {
        let command = enter(self.host_pid(host)?, self.isolation, true);
        Ok(self.on_host(command, Vec::new(), line))
    }

    fn on_host(&self, mut command: Command, words: Vec<String>, line: &str) -> Command {
        let line = format!("cd && {line}");
        command.args(words).args(["/bin/sh", "-c", &line]).current_dir("/").env_clear();
        command
            .env("HOME", self.dir.path("hosts/home"))
            .env("USER", &self.user)
            .env("POSSE_BED", &self.dir.token)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        command
    }

    /// What the sshd of a host has written so far.
    #[must_use]
    pub fn server_log(&self, host: &str) -> String {
        std::fs::read_to_string(self.dir.path(&format!("log/sshd.{host}"))).unwrap_or_default()
    }

    /// Starts a crashed host or laptop again.
    pub fn boot(&mut self, host: &str) -> Result<()> {
        if host == LAPTOP {
            return self.link_up(host);
        }
        ensure!(!self.first.contains_key(host), "host {host} is running");
        self.link_up(host)?;
        self.dir.write(&format!("log/sshd.{host}"), "")?;
        self.launch(host)?;
        self.settle(host)
    }

    pub(super) fn tell(&mut self, line: &str) -> Result<()> {
        self.supervisor.tell(line)
    }

    pub(super) fn ports_of(&self, node: &str) -> Result<Vec<Port>> {
        let ports: Vec<Port> = self.ports.iter().filter(|p| p.node == node).cloned().collect();
        if ports.is_empty() {
            bail!("no node {node}: there are {}, laptop and perhaps gw", self.hosts.join(", "));
        }
        Ok(ports)
    }

    pub(super) fn host_pid(&self, host: &str) -> Result<u32> {
        self.first.get(host).copied().with_context(|| format!("no host {host} is running"))
    }

    pub(super) fn forget(&mut self, host: &str) {
        self.first.remove(host);
    }

    /// The nodes with an sshd.
    fn ssh_nodes(&self) -> Vec<String> {
        let mut nodes = self.hosts.clone();
        match self.topology {
            Topology::Gateway => nodes.push(GATEWAY.to_owned()),
            Topology::Sites => nodes.extend(SITES.map(|(gateway, _)| gateway.to_owned())),
            Topology::Flat | Topology::Nat => {}
        }
        nodes
    }

    fn write_files(&mut self, options: &NamespaceOptions) -> Result<()> {
        self.dir.write("ssh/host.sh", include_str!("../../scripts/host.sh"))?;
        let keys = Keys::create(&self.dir)?;
        let home = self.dir.path("hosts/home");
        std::fs::create_dir(&home)?;
        let account = Account { name: self.user.clone(), home, shell: "/bin/sh".to_owned() };
        let machine = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let accounts = [account];
        self.dir.write("ssh/passwd", &password_file(&accounts, &machine))?;
        self.dir.write("ssh/shadow", &shadow_file(&accounts))?;
        let (mut known, mut names) = (String::new(), String::from("127.0.0.1 localhost\n"));
        for port in &self.ports {
            let _ = writeln!(known, "{} {}", known_name(&port.address, PORT), keys.server_public);
            let _ = writeln!(names, "{} {}", port.address, port.node);
        }
        let known = self.dir.write("ssh/known_hosts", &known)?;
        self.dir.write("ssh/hosts", &names)?;
        let server = Server {
            listen: "0.0.0.0".to_owned(),
            port: PORT,
            host_key: &keys.server,
            authorized_keys: &self.dir.path("ssh/authorized_keys"),
            token: &self.dir.token,
            max_startups: "1000",
            max_sessions: 1000,
            extra: &[],
            matches: "",
        };
        self.dir.write("ssh/sshd_config", &server.text())?;
        let mut outside = self.entries(LAPTOP);
        if !options.jump {
            outside.iter_mut().for_each(|entry| entry.jump = None);
        }
        let client = Client {
            entries: &outside,
            identity: &keys.user,
            known_hosts: &known,
            extra: &options.client,
        };
        let config = self.dir.write("ssh/config", &client.text())?;
        self.dir.write_ssh_wrappers(&config)?;
        for node in self.ssh_nodes() {
            let inside = self.entries(&node);
            let client = Client { entries: &inside, extra: &[], ..client };
            std::fs::create_dir_all(self.dir.path(&format!("hosts/{node}/home")))?;
            if options.mutual_login {
                std::fs::create_dir(self.dir.path(&format!("hosts/{node}/home/.ssh")))?;
                self.dir.write(&format!("hosts/{node}/home/.ssh/config"), &client.text())?;
            }
        }
        Ok(())
    }

    /// The entries of a node's configuration: those on networks of its own, and from the laptop
    /// all others behind their gateways. From hosts the network of the laptop is not used.
    fn entries(&self, of: &str) -> Vec<Entry> {
        let (nodes, laptop) = (self.ssh_nodes(), of == LAPTOP);
        let is_gateway = |node: &str| !self.hosts.iter().any(|host| host == node);
        let is_own = |bridge| self.ports.iter().any(|p| p.node == of && p.bridge == bridge);
        let is_named = |p: &Port| match laptop {
            true => (p.bridge == "home") == (self.is_behind() && is_gateway(&p.node)),
            false => p.bridge != "home" && is_own(p.bridge),
        };
        self.ports
            .iter()
            .filter(|p| nodes.contains(&p.node) && is_named(p))
            .map(|p| Entry {
                name: p.node.clone(),
                address: p.address.clone(),
                port: PORT,
                user: self.user.clone(),
                jump: jump(self.topology, p)
                    .filter(|_| laptop && !is_gateway(&p.node))
                    .map(str::to_owned),
                password_only: false,
            })
            .collect()
    }

    /// Whether the laptop sees the gateways alone.
    fn is_behind(&self) -> bool {
        matches!(self.topology, Topology::Gateway | Topology::Sites)
    }

    fn make_network(&mut self) -> Result<()> {
        self.tell("ip link set lo up")?;
        self.tell("ip link add hosts type bridge && ip link set hosts up")?;
        self.tell("ip link add others type bridge && ip link set others up")?;
        self.tell("ip link add home type bridge && ip link set home up")?;
        self.tell(TABLE)?;
        let mut made: Vec<String> = Vec::new();
        for port in self.ports.clone() {
            if !made.contains(&port.node) {
                self.tell(&format!("ip netns add {0} && ip -n {0} link set lo up", port.node))?;
                made.push(port.node.clone());
            }
            port.lines().iter().try_for_each(|line| self.tell(line))?;
        }
        match self.topology {
            Topology::Flat | Topology::Gateway => Ok(()),
            Topology::Nat => {
                self.tell(&format!("ip -n {LAPTOP} route add default via 10.78.0.1"))?;
                self.translate(GATEWAY, "eth0")
            }
            Topology::Sites => self.open_sites(),
        }
    }

    /// A node that forwards, and hides behind its own address who sends out at `port`.
    fn translate(&mut self, node: &str, port: &str) -> Result<()> {
        self.tell(&format!("ip netns exec {node} sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'"))?;
        self.tell(&format!(
            "ip netns exec {node} nft 'add table ip nat; add chain ip nat post \
             {{ type nat hook postrouting priority 100; }}; \
             add rule ip nat post oifname {port} masquerade'"
        ))
    }

    /// The ways out of the two sites; nothing new comes in.
    fn open_sites(&mut self) -> Result<()> {
        for (gateway, bridge) in SITES {
            self.translate(gateway, "eth1")?;
            self.tell(&format!(
                "ip netns exec {gateway} nft 'add table ip guard; add chain ip guard in \
                 {{ type filter hook forward priority 0; }}; \
                 add rule ip guard in iifname eth1 ct state new drop'"
            ))?;
            for port in self.ports.clone() {
                if port.bridge == bridge && port.node != gateway {
                    self.tell(&format!("ip -n {} route add default via 10.77.0.253", port.node))?;
                }
            }
        }
        Ok(())
    }

    /// Starts the first process of a host, which prepares it and starts its sshd.
    fn launch(&mut self, host: &str) -> Result<()> {
        let script = self.dir.path("ssh/host.sh");
        let bed = quote(&self.dir.root.to_string_lossy());
        let line = format!(
            "POSSE_BED_NODE={token}/{host} nsenter --net=/run/netns/{host} unshare \
             --mount --uts --pid --fork --kill-child --mount-proc bash --norc {script} \
             {bed} {host} {home} {user} {words} {sshd} -D -e -f {config} \
             >{bed}/log/boot.{host} 2>&1 &",
            token = self.dir.token,
            script = quote(&script.to_string_lossy()),
            home = quote(&self.dir.path("hosts/home").to_string_lossy()),
            user = rustix::process::getuid().as_raw(),
            words = self.isolation.as_user().join(" "),
            sshd = sshd()?,
            config = quote(&self.dir.path("ssh/sshd_config").to_string_lossy()),
        );
        self.tell(&line)
    }

    /// Waits until the host's sshd listens, and notes the host's first process.
    fn settle(&mut self, host: &str) -> Result<()> {
        if !wait_until(START_DEADLINE, || self.server_log(host).contains("Server listening")) {
            let boot = std::fs::read_to_string(self.dir.path(&format!("log/boot.{host}")));
            let boot = boot.unwrap_or_default();
            bail!("host {host} did not start: {boot}{}", self.server_log(host));
        }
        let mark = format!("POSSE_BED_NODE={}/{host}", self.dir.token);
        let pid = wait_for_holder(&mark, true, START_DEADLINE)?;
        self.first.insert(host.to_owned(), pid);
        Ok(())
    }

    fn start_laptop(&mut self) -> Result<()> {
        let mark = format!("POSSE_BED_NODE={}/{LAPTOP}", self.dir.token);
        self.tell(&format!("{mark} nsenter --net=/run/netns/{LAPTOP} sleep infinity &"))?;
        self.laptop = wait_for_holder(&mark, false, START_DEADLINE)?;
        // Before it is `sleep` it may not have entered the network yet.
        let there = || proc::one(self.laptop).is_some_and(|p| p.command.starts_with("sleep"));
        ensure!(wait_until(START_DEADLINE, there), "the laptop does not start");
        Ok(())
    }
}
