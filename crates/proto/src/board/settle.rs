//! The first seconds of a daemon that has come to lead: processes tell it what they hold, and all
//! else that is asked waits until they have. Else a new member would get the number of one that
//! is about to tell its own, and a reader would find a mailbox empty that is not.

use super::{Ask, Asker, Board};
use crate::{Daemon, LinkId, Time};
use posse_wire::msg::{GroupAsk, MailAsk};
use posse_wire::{ProcessId, limits};
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(crate) struct Settling {
    /// It is over then, if no host is looked for any more.
    until: Option<Time>,
    /// Or then.
    latest: Time,
    held: VecDeque<(Asker, ProcessId, Ask)>,
    /// Of the values in it.
    bytes: usize,
}

impl Ask {
    /// Told by one that holds it, or by one that gives up.
    fn tells(&self) -> bool {
        match self {
            Ask::Group(ask) => match ask {
                GroupAsk::Rejoin { .. } | GroupAsk::KeepContext { .. } => true,
                GroupAsk::Stop { .. } => true,
                // Without a count it would be for as many as have told by now.
                GroupAsk::Barrier { again, count, .. }
                | GroupAsk::Freeze { again, size: count, .. } => again.is_some() && count.is_some(),
                _ => false,
            },
            Ask::Mail(ask) => matches!(ask, MailAsk::Keep { .. } | MailAsk::Stop),
        }
    }

    /// To wait in this group.
    fn waits_in(&self, group: &str) -> bool {
        let Ask::Group(GroupAsk::Barrier { name, .. } | GroupAsk::Freeze { name, .. }) = self
        else {
            return false;
        };
        name == group
    }

    fn bytes(&self) -> usize {
        match self {
            Ask::Mail(MailAsk::Put { value, .. }) => value.len(),
            _ => 0,
        }
    }
}

/// What became of an ask that might have to wait.
pub(crate) enum Held {
    /// It is to be done now.
    Not(Ask),
    Yes,
    /// There is no room.
    Refused(Ask),
}

impl Settling {
    pub fn hold(&mut self, asker: Asker, by: ProcessId, ask: Ask) -> Held {
        if self.until.is_none() {
            return Held::Not(ask);
        }
        if ask.tells() {
            self.drop_if(|held, process, waits| match &ask {
                Ask::Mail(MailAsk::Stop) => held == asker,
                Ask::Group(GroupAsk::Stop { name }) => process == by && waits.waits_in(name),
                _ => false,
            });
            return Held::Not(ask);
        }
        if self.held.len() >= limits::ASKS_HELD_MAX
            || self.bytes + ask.bytes() > limits::MAIL_BYTES_MAX
        {
            return Held::Refused(ask);
        }
        self.bytes += ask.bytes();
        self.held.push_back((asker, by, ask));
        Held::Yes
    }

    fn drop_if(&mut self, which: impl Fn(Asker, ProcessId, &Ask) -> bool) {
        self.held.retain(|(asker, by, ask)| !which(*asker, *by, ask));
        self.bytes = self.held.iter().map(|(_, _, ask)| ask.bytes()).sum();
    }

    pub fn disconnect(&mut self, link: LinkId) {
        self.drop_if(|asker, _, _| asker.link == link);
    }

    pub fn gone(&mut self, process: ProcessId) {
        self.drop_if(|_, by, _| by == process);
    }

    pub fn count(&self) -> usize {
        self.held.len()
    }
}

impl Daemon {
    /// This daemon leads from now on, and another one did.
    pub(crate) fn board_begins(&mut self) {
        self.board = Board::new(self.config.boot ^ self.now.0);
        self.board.settling.until = Some(self.now + limits::TOLD_WITHIN);
        self.board.settling.latest = self.now + limits::OFFERS_WITHIN;
    }

    /// When to look whether all have told.
    pub(crate) fn board_next_due(&self) -> Option<Time> {
        self.board.settling.until
    }

    pub(crate) fn board_due(&mut self) {
        if self.board.settling.until.is_none_or(|until| until > self.now) {
            return;
        }
        if self.missing.count() > 0 && self.now < self.board.settling.latest {
            // Their processes tell when they are found.
            self.board.settling.until = Some(self.now + limits::REDIAL_EVERY);
            return;
        }
        let Settling { held, .. } = std::mem::take(&mut self.board.settling);
        self.board.groups.settled(&mut self.board.answers);
        for (asker, by, ask) in held {
            self.board_do(asker, by, ask);
        }
        self.board_answers();
    }
}
