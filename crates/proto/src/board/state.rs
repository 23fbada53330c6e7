//! All that the board has, and what is asked of it. The one owner is the daemon.

use super::answers::Answers;
use super::contexts::Contexts;
use super::groups::Groups;
use super::mailbox::Mailbox;
use super::settle::Settling;
use crate::LinkId;
use posse_wire::ProcessId;
use posse_wire::msg::{GroupAsk, MailAsk};
use std::collections::{BTreeMap, BTreeSet};

/// Something asked of the board.
#[derive(Debug)]
pub(crate) enum Ask {
    Group(GroupAsk),
    Mail(MailAsk),
}

#[derive(Debug)]
pub(crate) struct Board {
    pub(super) groups: Groups,
    pub(super) mailbox: Mailbox,
    pub(super) contexts: Contexts,
    /// Those that asked, and are not known to be over.
    pub(super) followed: BTreeSet<ProcessId>,
    /// For whom was asked over each connection.
    pub(super) links: BTreeMap<LinkId, BTreeSet<ProcessId>>,
    pub(super) settling: Settling,
    pub(super) answers: Answers,
}

impl Board {
    /// Empty; `boot` tells it from those of other lives.
    pub fn new(boot: u64) -> Board {
        Board {
            groups: Groups::default(),
            mailbox: Mailbox::new(boot),
            contexts: Contexts::new(boot),
            followed: BTreeSet::new(),
            links: BTreeMap::new(),
            settling: Settling::default(),
            answers: Answers::default(),
        }
    }
}
