//! One host that is to be brought up: the ways that were tried, and how it ended. Called by `ways`.

use posse::{Cause, HostId, HostRequest, Launcher};

/// Who logs in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// This computer.
    Direct,
    /// A host of the vm.
    Through(HostId),
}

/// A try that failed.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub way: Way,
    pub cause: Cause,
    pub why: String,
    pub hint: String,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Up { way: Way, already: bool },
    Failed,
}

/// Where a target stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Pending,
    Running(Way),
    Settled(Settled),
}

/// A host that is wanted.
#[derive(Debug, Clone)]
pub struct Target {
    pub request: HostRequest,
    pub tried: Vec<Attempt>,
    /// Indices of the statements that are about it.
    pub(super) statements: Vec<usize>,
    /// Below whom it hung when it was last up.
    pub(super) remembered: Option<HostId>,
    pub(super) standing: Standing,
    /// So many hosts were up when none of them was left to try.
    pub(super) exhausted: usize,
}

impl Target {
    pub(super) fn new(request: HostRequest) -> Target {
        Target {
            request,
            tried: Vec::new(),
            statements: Vec::new(),
            remembered: None,
            standing: Standing::Pending,
            exhausted: 0,
        }
    }

    pub fn name(&self) -> &str {
        &self.request.name
    }

    pub fn settled(&self) -> Option<Settled> {
        match self.standing {
            Standing::Settled(how) => Some(how),
            _ => None,
        }
    }

    /// Only a login can be made from elsewhere: a local daemon is one of this computer, and a
    /// command line of `--exec` was meant for it.
    pub(super) fn can_go_through(&self) -> bool {
        self.request.launcher == Launcher::Ssh
    }

    pub(super) fn was_tried(&self, way: Way) -> bool {
        self.tried.iter().any(|attempt| attempt.way == way)
    }

    /// Nobody else will fare better: the login worked, or the name is none.
    pub(super) fn is_hopeless(&self) -> bool {
        self.tried.last().is_some_and(|last| is_conclusive(last.cause))
    }

    /// Whether others are to be asked without a statement: this computer could not reach it.
    pub(super) fn is_out_of_reach(&self) -> bool {
        let direct = self.tried.iter().rfind(|attempt| attempt.way == Way::Direct);
        direct.is_some_and(|attempt| is_of_reach(attempt.cause))
    }
}

fn is_conclusive(cause: Cause) -> bool {
    use Cause::{BadName, Interrupted, NoBinary, NoExec, NoSpace, ReadOnly, Shell};
    matches!(cause, BadName | Interrupted | NoBinary | NoExec | NoSpace | ReadOnly | Shell)
}

/// Not a denied login and not a wrong host key: there the host was reached.
fn is_of_reach(cause: Cause) -> bool {
    matches!(cause, Cause::Unresolvable | Cause::Unreachable | Cause::Refused | Cause::Timeout)
}
