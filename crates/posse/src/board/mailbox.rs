//! The mailbox: messages left for whoever wants them. Called through `Board::mailbox`.

use super::asks::{Answer, Ask};
use super::groups::nonsense;
use super::{Board, MailEntry, MailFlags};
use crate::Error;
use posse_wire::ProcessId;
use posse_wire::msg::{MailAsk, Mailed};
use std::time::Instant;

/// The mailbox of a vm: classes of messages by name, each message with an index. An entry is its
/// owner's, who put it there, and goes with it; [`MailFlags`] say what else. Rules are those of
/// pvm_putinfo(3PVM).
///
/// A message has 256 KiB at most, all of them 64 MiB. A persistent entry whose owner has gone is
/// lost when another daemon comes to lead, since nobody is there to tell it.
#[derive(Clone)]
pub struct Mailbox {
    board: Board,
}

/// A message that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub index: u32,
    /// `None` where it has gone.
    pub owner: Option<ProcessId>,
    pub flags: MailFlags,
    pub value: Vec<u8>,
}

impl Mailbox {
    pub(super) fn new(board: Board) -> Mailbox {
        Mailbox { board }
    }

    /// Leaves a message, and gives its index: that of the flags, and with [`MailFlags::MULTI`] the
    /// next free one from there on. [`MailError::Denied`](super::MailError::Denied) where another
    /// process's stands there that may not be written over.
    pub fn put(&self, name: &str, flags: MailFlags, value: &[u8]) -> Result<u32, Error> {
        let (seq, value) = (self.board.next_seq(), value.to_vec());
        let ask = MailAsk::Put { seq, name: name.to_owned(), flags, value };
        match mail_answer(name, self.board.ask(Ask::Mail(ask))?)? {
            Mailed::Stored(at) => Ok(at.index),
            other => Err(nonsense(&other)),
        }
    }

    /// Reads the entry of this index, or with [`MailFlags::FIRST`] the first from there on; with
    /// [`MailFlags::DELETE`] takes it out; with [`MailFlags::WAIT`] waits until there is one.
    /// What is taken out comes at most once: where the connection is lost just then, it may be
    /// lost too.
    pub fn get(
        &self,
        name: &str,
        index: u32,
        flags: MailFlags,
        deadline: Option<Instant>,
    ) -> Result<Letter, Error> {
        let ask = Ask::Mail(MailAsk::Get { name: name.to_owned(), index, flags });
        let answer = match flags.has(MailFlags::WAIT) {
            true => self.board.wait(ask, deadline)?,
            false => self.board.ask(ask)?,
        };
        match mail_answer(name, answer)? {
            Mailed::Found { index, owner, flags, value } => {
                Ok(Letter { index, owner, flags, value })
            }
            other => Err(nonsense(&other)),
        }
    }

    pub fn delete(&self, name: &str, index: u32) -> Result<(), Error> {
        let ask = MailAsk::Delete { seq: self.board.next_seq(), name: name.to_owned(), index };
        mail_answer(name, self.board.ask(Ask::Mail(ask))?).map(drop)
    }

    /// All entries, in the order in which their classes came to be, and by index within each. A
    /// list of many is asked for in parts, each as of its own moment.
    pub fn list(&self) -> Result<Vec<MailEntry>, Error> {
        let mut all: Vec<MailEntry> = Vec::new();
        loop {
            let behind = all.last().map(|entry| (entry.name.clone(), entry.index));
            let ask = MailAsk::List { behind };
            match mail_answer("", self.board.ask(Ask::Mail(ask))?)? {
                Mailed::Listed { entries, more } => {
                    let is_over = !more || entries.is_empty();
                    all.extend(entries);
                    if is_over {
                        all.sort_by_key(|entry| entry.class);
                        return Ok(all);
                    }
                }
                other => return Err(nonsense(&other)),
            }
        }
    }
}

fn mail_answer(name: &str, answer: Answer) -> Result<Mailed, Error> {
    match answer {
        Answer::Mail(Mailed::Refused(why)) => Err(Error::Mail { name: name.to_owned(), why }),
        Answer::Mail(answer) => Ok(answer),
        Answer::Group(other) => Err(nonsense(&other)),
    }
}
