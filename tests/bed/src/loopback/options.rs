//! What can be chosen about a `LoopbackBed`.
//! Not checked here: `bed` does that. Called by tests.

use super::quirk::HostQuirk;
use std::collections::BTreeMap;

/// Options of a bed; `LoopbackOptions::default()` is many equal, well-behaved hosts that share
/// one home.
#[derive(Clone, Debug)]
pub struct LoopbackOptions {
    pub(crate) separate_homes: bool,
    pub(crate) max_startups: String,
    pub(crate) max_sessions: u32,
    pub(crate) quirks: BTreeMap<usize, Vec<HostQuirk>>,
    pub(crate) client: Vec<String>,
    pub(crate) server: Vec<String>,
}

impl Default for LoopbackOptions {
    fn default() -> Self {
        LoopbackOptions {
            separate_homes: false,
            max_startups: "1000".to_owned(),
            max_sessions: 1000,
            quirks: BTreeMap::new(),
            client: Vec::new(),
            server: Vec::new(),
        }
    }
}

impl LoopbackOptions {
    /// Every host has an empty home of its own, so that N fresh hosts can be measured.
    #[must_use]
    pub fn separate_homes(mut self) -> Self {
        self.separate_homes = true;
        self
    }

    /// sshd's MaxStartups, such as `10:30:60` (its own default), to test pacing.
    #[must_use]
    pub fn max_startups(mut self, value: &str) -> Self {
        self.max_startups = value.to_owned();
        self
    }

    #[must_use]
    pub fn max_sessions(mut self, value: u32) -> Self {
        self.max_sessions = value;
        self
    }

    /// Makes host `number` (from 1) differ. One host may have several quirks.
    #[must_use]
    pub fn quirk(mut self, number: usize, quirk: HostQuirk) -> Self {
        self.quirks.entry(number).or_default().push(quirk);
        self
    }

    /// A further line of the client's ssh configuration, for all hosts.
    #[must_use]
    pub fn client_line(mut self, line: &str) -> Self {
        self.client.push(line.to_owned());
        self
    }

    /// A further line of the server's configuration.
    #[must_use]
    pub fn server_line(mut self, line: &str) -> Self {
        self.server.push(line.to_owned());
        self
    }
}
