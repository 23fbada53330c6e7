//! Bugs planted at the edge between a voter and its world: each must be found by the checks.
//! Never active in a run that is meant to pass.

/// One planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A write is said to be durable before fsync came back.
    AckBeforeFsync,
    /// The vote is not in what is written.
    ForgetVote,
    /// A leader answers look-ups without asking whether it still leads.
    StaleRead,
    /// A client numbers a retry as something new.
    RetryAsNew,
    /// A host that lost its disk comes back as the voter that it was.
    ReuseVoterId,
    /// A living process is taken for dead.
    ReleaseLiving,
    /// New records are written behind a torn one.
    KeepTornTail,
    /// A crash brings the files of the generation before back.
    OldGeneration,
    /// A host starts with other members than were agreed: itself alone.
    ForgetMembers,
}

impl Plant {
    pub const ALL: [Plant; 9] = [
        Plant::AckBeforeFsync,
        Plant::ForgetVote,
        Plant::StaleRead,
        Plant::RetryAsNew,
        Plant::ReuseVoterId,
        Plant::ReleaseLiving,
        Plant::KeepTornTail,
        Plant::OldGeneration,
        Plant::ForgetMembers,
    ];

    pub fn from_name(name: &str) -> Option<Plant> {
        Plant::ALL.into_iter().find(|plant| format!("{plant:?}") == name)
    }
}
