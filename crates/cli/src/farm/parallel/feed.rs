//! How tasks of a line come to the job: all at once, or one by one where something is to be waited
//! for: a time between starts (`--delay`), hosts that are not busy (`--load`), the next block of
//! the input (`--pipe`).

use super::blocks::Blocks;
use super::load::Idle;
use crate::error::Error;
use crate::farm::batch;
use posse::farm::{Farm, JobId, Stdin};
use posse_work::Batch;
use std::time::{Duration, Instant};

/// Where tasks of a line go, and what of it is not there yet.
pub struct Feeder<'a> {
    pub farm: &'a Farm,
    pub job: JobId,
    pub directory: String,
    pub batches: Vec<Batch>,
    /// The next task of which batch.
    pub at: (usize, u64),
    pub blocks: Option<Blocks>,
    pub delay: Duration,
    pub idle: Option<Idle>,
    /// Tasks that run at a time in all.
    pub room: u32,
    pub added: u32,
    pub next: Instant,
    pub is_sealed: bool,
}

impl Feeder<'_> {
    /// Gives what can be given, of which `over` tasks are over.
    pub fn feed(&mut self, over: u32) -> Result<(), Error> {
        if self.is_sealed {
            return Ok(());
        }
        if self.blocks.is_none() && self.idle.is_none() && self.delay.is_zero() {
            return self.all();
        }
        while self.has_room(over) && Instant::now() >= self.next {
            let hosts = match &self.idle {
                None => Some(String::new()),
                Some(idle) => idle.hosts()?,
            };
            let given = hosts.map(|hosts| self.one(&hosts)).transpose()?;
            if given == Some(false) {
                break;
            }
            let wait = self.idle.as_ref().map_or(self.delay, |idle| self.delay.max(idle.every()));
            self.next = Instant::now() + wait;
        }
        Ok(())
    }

    /// Of blocks some are at hand, as reading them takes a while.
    fn has_room(&self, over: u32) -> bool {
        let room = if self.blocks.is_some() { self.room.saturating_mul(2) } else { self.room };
        self.added.saturating_sub(over) < room
    }

    /// When there may be something to give, if it is not an end that is waited for.
    pub fn due(&self, over: u32) -> Option<Instant> {
        (!self.is_sealed && self.has_room(over)).then_some(self.next)
    }

    fn all(&mut self) -> Result<(), Error> {
        for batch in &self.batches {
            for part in batch::parts(batch, &self.directory) {
                self.added = self.farm.add(self.job, self.added, part)?;
            }
        }
        self.seal()
    }

    /// False where nothing is there now.
    fn one(&mut self, hosts: &str) -> Result<bool, Error> {
        let block = match &mut self.blocks {
            None => None,
            Some(blocks) => match blocks.next()? {
                None if blocks.are_over() => return self.seal().map(|()| false),
                None => return Ok(false),
                block => block,
            },
        };
        let (batch, task) = self.at;
        let Some(whole) = self.batches.get(batch) else { return self.seal().map(|()| false) };
        let mut one = part_of(whole, task);
        one.shared.needs.hosts = hosts.to_owned();
        for mut part in batch::parts(&one, &self.directory) {
            if let Some(block) = &block {
                part.template.stdin = Stdin::Bytes(block.clone());
            }
            self.added = self.farm.add(self.job, self.added, part)?;
        }
        // Blocks are all for the one task that there is.
        if block.is_none() {
            self.at = if task + 1 < whole.len() { (batch, task + 1) } else { (batch + 1, 0) };
        }
        if self.at.0 == self.batches.len() {
            self.seal()?;
        }
        Ok(true)
    }

    /// No more is given.
    pub fn seal(&mut self) -> Result<(), Error> {
        if !std::mem::replace(&mut self.is_sealed, true) {
            self.farm.seal(self.job)?;
        }
        Ok(())
    }
}

/// One task as a batch.
fn part_of(batch: &Batch, task: u64) -> Batch {
    let start = task * batch.per_task;
    Batch {
        first: batch.first + start,
        records: batch.per_task.min(batch.records - start),
        first_number: batch.first_number + task,
        ..batch.clone()
    }
}
