//! The deterministic machine: the same commands in the same order give the same state and the
//! same answers on every voter. No command has a failing case: what can not be done has an answer.
//!
//! Called by `consensus` with committed commands, by the daemon for look-ups.

mod apply;
mod change;
mod command;
mod digest;
mod error;
mod hosts;
mod names;
mod question;
mod sessions;
mod settings;
mod snapshot;
mod watch;

pub use change::Change;
pub use command::{Answer, ClientId, Command, Expect, Limit, Proposal};
pub use error::StateError;
pub use hosts::{Admission, Host, HostRow, Hosts, Signature, Standing};
pub use names::{Name, Names, Owner};
pub use question::{Found, NameRow, Question};
pub use snapshot::{Cursor, Loader};
pub use watch::{Token, Watch, Watches};

use crate::consensus::Membership;
use posse_wire::Lead;
use sessions::Sessions;
use settings::Settings;

/// Everything that a voter knows.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Grows by one at each `recover`: who says a lower one is not listened to.
    pub epoch: u32,
    /// The last log entry that is in here.
    pub index: u64,
    /// Who votes and who follows, as of `index`.
    pub members: Membership,
    pub hosts: Hosts,
    pub names: Names,
    /// The greatest lead under which a daemon has led the vm.
    pub lead: Lead,
    /// That daemon's client; none before one has said that it leads.
    teller: Option<ClientId>,
    settings: Settings,
    sessions: Sessions,
}
