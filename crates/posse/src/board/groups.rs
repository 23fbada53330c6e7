//! Groups of processes: instance numbers, barriers. Called through `Board::groups`.

use super::asks::{Answer, Ask};
use super::{Board, GroupEntry, GroupError};
use crate::error::Failure;
use crate::{Error, Outcome};
use posse_wire::ProcessId;
use posse_wire::msg::{GroupAsk, Grouped};
use std::time::Instant;

/// What the death of a member is to others that wait in a barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDeath {
    /// The wait ends with [`GroupError::MemberDied`].
    Fail,
    /// The wait goes on, as in PVM: another process may join in its place.
    WaitOn,
}

/// The groups of a vm. Each member of a group has an *instance number*, the lowest that is free
/// when it joins; a group begins with its first member and ends with its last. A member that dies
/// leaves its groups. A name has 255 bytes at most, a group 65,536 members.
#[derive(Clone)]
pub struct Groups {
    board: Board,
}

impl Groups {
    pub(super) fn new(board: Board) -> Groups {
        Groups { board }
    }

    /// Gives the instance number of this process.
    pub fn join(&self, name: &str) -> Result<u32, Error> {
        match self.ask(name, GroupAsk::Join { name: name.to_owned() })? {
            Grouped::Joined { instance, .. } => Ok(instance),
            other => Err(nonsense(&other)),
        }
    }

    /// Of a frozen group, which is then of no use any more: its barriers fail.
    pub fn leave(&self, name: &str) -> Result<(), Error> {
        self.ask(name, GroupAsk::Leave { name: name.to_owned() }).map(drop)
    }

    /// The number that this process has in a group that it joined through this board.
    pub fn instance(&self, name: &str) -> Option<u32> {
        self.board.membership(name).map(|held| held.instance)
    }

    /// Members by instance number; `None` where one has left. A list of more than ten thousand is
    /// asked for in parts, each as of its own moment.
    pub fn members(&self, name: &str) -> Result<Vec<Option<ProcessId>>, Error> {
        let mut all: Vec<Option<ProcessId>> = Vec::new();
        loop {
            let behind = u32::try_from(all.len()).ok().and_then(|len| len.checked_sub(1));
            match self.ask(name, GroupAsk::Members { name: name.to_owned(), behind })? {
                Grouped::Members { members, more } => {
                    let before = all.len();
                    for (instance, process) in members {
                        let at = instance as usize;
                        let fits = at < posse_wire::limits::GROUP_MEMBERS_MAX;
                        if !fits || at < all.len() {
                            return Err(nonsense(&"members out of order"));
                        }
                        all.resize(at, None);
                        all.push(Some(process));
                    }
                    if !more || all.len() == before {
                        return Ok(all);
                    }
                }
                other => return Err(nonsense(&other)),
            }
        }
    }

    /// All groups of the vm.
    pub fn list(&self) -> Result<Vec<GroupEntry>, Error> {
        let mut all: Vec<GroupEntry> = Vec::new();
        loop {
            let behind = all.last().map(|entry| entry.name.clone());
            match self.ask("", GroupAsk::List { behind })? {
                Grouped::Groups { groups, more } => {
                    let is_over = !more || groups.is_empty();
                    all.extend(groups);
                    if is_over {
                        return Ok(all);
                    }
                }
                other => return Err(nonsense(&other)),
            }
        }
    }

    /// Waits until `count` members do (`None`: as many as there are now). All who wait name the
    /// same number: [`GroupError::Mismatch`] to who does not. With a deadline it ends with
    /// [`Error::Deadline`], and this process is not counted.
    pub fn barrier(
        &self,
        name: &str,
        count: Option<u32>,
        on_death: OnDeath,
        deadline: Option<Instant>,
    ) -> Result<(), Error> {
        let (name, strict) = (name.to_owned(), on_death == OnDeath::Fail);
        let ask = GroupAsk::Barrier { name: name.clone(), count, strict, again: None };
        match group_answer(&name, self.board.wait(Ask::Group(ask), deadline)?)? {
            Grouped::Passed { .. } => Ok(()),
            other => Err(nonsense(&other)),
        }
    }

    /// Waits until `size` members do (`None`: as many as there are now); nobody joins the group
    /// after that, so its members may be kept.
    pub fn freeze(
        &self,
        name: &str,
        size: Option<u32>,
        deadline: Option<Instant>,
    ) -> Result<(), Error> {
        let ask = GroupAsk::Freeze { name: name.to_owned(), size, again: None };
        match group_answer(name, self.board.wait(Ask::Group(ask), deadline)?)? {
            Grouped::Frozen => Ok(()),
            other => Err(nonsense(&other)),
        }
    }

    fn ask(&self, name: &str, ask: GroupAsk) -> Result<Grouped, Error> {
        group_answer(name, self.board.ask(Ask::Group(ask))?)
    }
}

pub(super) fn group_answer(name: &str, answer: Answer) -> Result<Grouped, Error> {
    match answer {
        Answer::Group(Grouped::Refused(why)) => Err(refused(name, why)),
        Answer::Group(answer) => Ok(answer),
        Answer::Mail(other) => Err(nonsense(&other)),
    }
}

fn refused(name: &str, why: GroupError) -> Error {
    Error::Group { name: name.to_owned(), why }
}

pub(super) fn nonsense(what: &impl std::fmt::Debug) -> Error {
    Failure::Nonsense(format!("{what:?} is no answer to this")).error(Outcome::Unknown)
}
