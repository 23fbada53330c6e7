//! A task's state and counts, small enough for a million of them.

use serde::{Deserialize, Serialize};

/// Where a task is. A task that is ready or waits in a paused job is *held*.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum State {
    /// For tasks that it depends on.
    Waiting,
    Ready,
    /// Handed to a host.
    Running,
    Done,
    Failed,
    Lost,
    Killed,
    /// A task that it depends on did not end well.
    Skipped,
}

impl State {
    pub fn is_over(self) -> bool {
        self >= State::Done
    }
}

#[derive(Clone, Copy, Debug)]
pub(in crate::holder) struct Task {
    /// Numbers given to attempts so far.
    pub attempts: u32,
    pub failures: u16,
    /// Hosts that were lost while it was executing on them.
    pub crashes: u8,
    pub state: State,
}

impl Task {
    pub const NEW: Task = Task { attempts: 0, failures: 0, crashes: 0, state: State::Ready };
}

/// How many tasks of a job are in each state.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts([u32; 8]);

impl Counts {
    pub fn of(&self, state: State) -> u32 {
        self.0[state as usize]
    }

    pub fn all(&self) -> u32 {
        self.0.iter().sum()
    }

    /// Tasks that are not over.
    pub fn open(&self) -> u32 {
        self.of(State::Waiting) + self.of(State::Ready) + self.of(State::Running)
    }

    pub(in crate::holder) fn add(&mut self, state: State, tasks: u32) {
        self.0[state as usize] += tasks;
    }

    pub(in crate::holder) fn shift(&mut self, from: State, to: State) {
        self.0[from as usize] -= 1;
        self.0[to as usize] += 1;
    }
}
