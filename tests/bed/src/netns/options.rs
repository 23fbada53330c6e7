//! What can be chosen about a `NamespaceBed`.
//! Not checked here. Called by tests.

/// How the laptop reaches the hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Topology {
    /// Laptop and hosts on one network, 10.77.0.x; the laptop is 10.77.0.254.
    #[default]
    Flat,
    /// The laptop is 10.78.0.2 and sees only the host `gw` (10.78.0.1), which forwards nothing
    /// but logs in to 10.77.0.x; the laptop's ssh configuration has it as ProxyJump.
    Gateway,
    /// The laptop is 10.78.0.2 behind an address translator (`gw`, no sshd): it reaches every
    /// host directly, and no host can reach it.
    Nat,
    /// Two sites with half of the hosts each, both 10.77.0.x, behind `gw1` and `gw2`, which
    /// translate addresses and let nobody in; these two (10.78.0.1 and .3) and the laptop
    /// (10.78.0.2) see each other, and the laptop's ssh configuration has them as ProxyJump.
    Sites,
}

/// Options of a bed; the default is a flat network of hosts that may log in to each other.
#[derive(Clone, Debug)]
pub struct NamespaceOptions {
    pub(crate) topology: Topology,
    pub(crate) mutual_login: bool,
    pub(crate) jump: bool,
    pub(crate) client: Vec<String>,
}

impl Default for NamespaceOptions {
    fn default() -> Self {
        let (topology, client) = (Topology::Flat, Vec::new());
        NamespaceOptions { topology, mutual_login: true, jump: true, client }
    }
}

impl NamespaceOptions {
    #[must_use]
    pub fn topology(mut self, topology: Topology) -> Self {
        self.topology = topology;
        self
    }

    /// Whether the hosts have a key for each other (they do by default).
    #[must_use]
    pub fn mutual_login(mut self, yes: bool) -> Self {
        self.mutual_login = yes;
        self
    }

    /// Whether the laptop's ssh configuration knows the way to hosts behind a gateway (it does by
    /// default); without it their network cannot be reached.
    #[must_use]
    pub fn jump(mut self, yes: bool) -> Self {
        self.jump = yes;
        self
    }

    /// A further line of the laptop's ssh configuration, for all hosts.
    #[must_use]
    pub fn client_line(mut self, line: &str) -> Self {
        self.client.push(line.to_owned());
        self
    }
}
