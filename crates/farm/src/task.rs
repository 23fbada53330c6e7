//! One task as a host starts it: everything filled in. A job does not hold these: it holds a
//! `Template` and columns of values, from which the host makes a [`TaskSpec`] when it starts the
//! attempt. Not for how tasks are typed (`posse-work`). Used by `worker`, and by whoever submits.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is started, with every template filled in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskSpec {
    pub program: Program,
    /// Added to the environment of the host's daemon, in order; a later one wins. Those of the
    /// job come first, then the task's own.
    pub environment: Vec<(String, String)>,
    /// Absolute, or below the home directory.
    pub directory: String,
    pub stdin: Stdin<String>,
    pub stdout: Sink<String>,
    pub stderr: Sink<String>,
    /// Brought to the host before the start.
    pub inputs: Vec<Transfer<String>>,
    /// Must be there after the end, and are brought away before the result counts.
    pub outputs: Vec<Transfer<String>>,
    pub needs: Needs,
    pub rules: Rules,
}

/// What is executed. `T` is `String`, or `Text` in a template.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum Program<T = String> {
    /// An argument vector; no shell is involved.
    Argv(Vec<T>),
    /// One line for `/bin/sh -c`. Values in it are quoted for the shell.
    Shell(T),
}

/// Where a task's input comes from.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum Stdin<T = String> {
    /// `/dev/null`.
    Null,
    /// These bytes, then the end.
    Given(T),
    /// A file of the host that runs the task.
    File(T),
    /// As `Given`, for what is no text and has no places for values.
    Bytes(Vec<u8>),
}

/// Where what a task prints goes.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum Sink<T = String> {
    /// The job's one store of output.
    Store,
    /// A file of the job's own.
    File(T),
    Null,
}

/// A file that goes from one place to another: a path, `host:path`, or an address with a scheme.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Transfer<T = String> {
    pub from: T,
    pub to: T,
}

/// What a task takes of a host while it runs, and on which hosts it may.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Needs {
    /// Thousandths of a core. 0 takes none: for tasks that wait.
    pub cores: u32,
    /// Bytes.
    pub memory: u64,
    /// Thousandths of a device.
    pub gpus: u32,
    /// Named resources of a host, in thousandths; sorted by name, each once.
    pub named: Vec<(String, u32)>,
    /// A hostset, resolved by whoever knows the hosts. Empty: all of them.
    pub hosts: String,
}

/// One core, nothing else, any host: what a task needs that says nothing.
impl Default for Needs {
    fn default() -> Self {
        Needs { cores: 1000, memory: 0, gpus: 0, named: vec![], hosts: String::new() }
    }
}

/// What happens when an attempt ends otherwise than well.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Ended after this; it counts as a failure.
    pub time_limit: Option<Duration>,
    /// From the polite signal to SIGKILL.
    pub end_grace: Duration,
    /// Further attempts after a failure.
    pub retries: u16,
    /// Exit statuses that are tried again; empty: all but 0.
    pub retry_statuses: Vec<u8>,
    /// An attempt whose host was lost is made again elsewhere.
    pub rerun_lost: bool,
    /// Given up after so many hosts were lost while it was executing on them. 0: never.
    pub crash_limit: u8,
    /// May run twice at once near the end of its job, if it takes longer than the others.
    pub second_copy: bool,
    /// With this signal it saves what it has and exits with this status, and goes on elsewhere.
    pub checkpoint: Option<Checkpoint>,
    /// As nice(1); the host's own where nothing is said.
    pub nice: Option<i8>,
    /// Ended when its processes together hold more bytes of memory than this.
    pub memory_limit: Option<u64>,
    /// Stays on the cores that it was given, where the host has its computer to itself.
    pub pin: bool,
}

/// An agreement with a program that saves itself.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    pub signal: u8,
    pub status: u8,
}

impl Checkpoint {
    /// As HTCondor's; sysexits.h has no name for it.
    pub const STATUS: u8 = 85;

    /// What it usually has for that: some GB of memory to a shared disk.
    pub const WITHIN: Duration = Duration::from_secs(60);
}

/// No limit, no retries; lost attempts are made again, five crashes at most (as HyperQueue).
impl Default for Rules {
    fn default() -> Self {
        Rules {
            time_limit: None,
            end_grace: Duration::from_secs(5),
            retries: 0,
            retry_statuses: vec![],
            rerun_lost: true,
            crash_limit: 5,
            second_copy: true,
            checkpoint: None,
            nice: None,
            memory_limit: None,
            pin: true,
        }
    }
}

impl Rules {
    /// Whether a failed attempt with this exit status is made again, `failures` including it.
    pub fn retries_after(&self, status: Option<u8>, failures: u16) -> bool {
        let listed = self.retry_statuses.is_empty()
            || status.is_some_and(|status| self.retry_statuses.contains(&status));
        failures <= self.retries && listed
    }
}

#[cfg(test)]
mod tests {
    use super::Rules;

    #[test]
    fn retries_go_by_count_and_status() {
        let rules = Rules { retries: 2, retry_statuses: vec![75], ..Rules::default() };
        assert!(rules.retries_after(Some(75), 1) && rules.retries_after(Some(75), 2));
        assert!(!rules.retries_after(Some(75), 3));
        assert!(!rules.retries_after(Some(1), 1) && !rules.retries_after(None, 1));
        let any = Rules { retries: 1, ..Rules::default() };
        assert!(any.retries_after(Some(1), 1) && any.retries_after(None, 1));
    }
}
