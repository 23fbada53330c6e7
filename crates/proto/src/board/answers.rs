//! Answers of the board on their way to those who asked. Filled by its parts, emptied by
//! `serve.rs`.

use crate::LinkId;
use posse_wire::msg::{Grouped, Mailed};
use posse_wire::{CommandId, Frame, Message};

/// Where an answer goes: the connection that was asked over, and the id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Asker {
    pub link: LinkId,
    pub id: CommandId,
}

#[derive(Debug, Default)]
pub(super) struct Answers(Vec<(LinkId, Frame)>);

impl Answers {
    pub fn grouped(&mut self, to: Asker, answer: &Grouped) {
        self.0.push((to.link, answer.frame(to.id)));
    }

    pub fn mailed(&mut self, to: Asker, answer: &Mailed) {
        self.0.push((to.link, answer.frame(to.id)));
    }

    pub fn take(&mut self) -> Vec<(LinkId, Frame)> {
        std::mem::take(&mut self.0)
    }
}
