//! What an applied command changed, for those who wait for it. Never replicated.

use posse_wire::HostId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Host(HostId),
    /// A name has a new version, or none any more.
    Name {
        name: String,
        version: Option<u64>,
    },
    Setting(String),
}
