//! Contexts: numbers that no two parts of a vm's programs share. Called through `Board::contexts`.

use super::Board;
use super::asks::Ask;
use super::groups::{group_answer, nonsense};
use crate::Error;
use posse_wire::msg::{GroupAsk, GroupError, Grouped};

/// The contexts of a vm: a library that sends and receives in one of its own never takes another's
/// messages. Freed by anybody, and with the process that asked for it.
#[derive(Clone)]
pub struct Contexts {
    board: Board,
}

impl Contexts {
    pub(super) fn new(board: Board) -> Contexts {
        Contexts { board }
    }

    /// A number that nobody else has; from 2^20 to 2^31 - 1.
    pub fn allot(&self) -> Result<u32, Error> {
        match self.ask(GroupAsk::NewContext)? {
            Grouped::Context { context } => Ok(context),
            other => Err(nonsense(&other)),
        }
    }

    pub fn free(&self, context: u32) -> Result<(), Error> {
        self.ask(GroupAsk::FreeContext { context }).map(drop)
    }

    fn ask(&self, ask: GroupAsk) -> Result<Grouped, Error> {
        let answer = group_answer("", self.board.ask(Ask::Group(ask))?);
        answer.map_err(|error| match error {
            Error::Group { why: GroupError::NoContext, .. } => Error::NoSuchContext,
            other => other,
        })
    }
}
