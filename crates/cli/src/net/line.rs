//! Questions to one host after the other, over connections of their own: the daemon gives each
//! connection a limited number of ids, and some thousand pairs need more. Called by `ping` and
//! `survey`, once in each of their threads.

use crate::error::Error;
use crate::limits::QUESTIONS_MAX;
use posse::{Answered, HostId, Question, Vm};
use std::time::Duration;

/// Connects to the vm once more.
pub type Connect<'a> = &'a (dyn Fn() -> Result<Vm, Error> + Sync);

pub struct Line<'a> {
    connect: Connect<'a>,
    now: Option<(Vm, u32)>,
}

impl<'a> Line<'a> {
    pub fn new(connect: Connect<'a>) -> Line<'a> {
        Line { connect, now: None }
    }

    /// The host's answer; whoever says nothing in time is lost.
    pub fn ask(
        &mut self,
        host: HostId,
        question: Question,
        within: Duration,
    ) -> Result<Answered, Error> {
        let (vm, left) = match self.now.take() {
            Some((vm, left)) if left > 0 => (vm, left),
            _ => ((self.connect)()?, QUESTIONS_MAX),
        };
        let reply = vm.query(&[host], question, within)?.next();
        self.now = Some((vm, left - 1));
        let lost = Answered::Lost { why: "no answer".to_owned() };
        Ok(reply.transpose()?.map_or(lost, |reply| reply.answer))
    }
}
