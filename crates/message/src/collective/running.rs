//! One collective over an engine: makes the sends and receives that it asks for, and gives it
//! what has come. Called by `group`.

use bytes::Bytes;
use posse_wire::ProcessId;

use super::broken::Broken;
use super::run::{Ask, Collective};
use super::tag::tag;
use crate::attributes::Attributes;
use crate::engine::{Engine, Message, RecvId, SendError};
use crate::envelope::{Mode, Scope};
use crate::want::Want;

/// How two operands become one. It may be moved to the thread that makes progress.
pub type Combination = Box<dyn FnMut(&[u8], &[u8]) -> Bytes + Send>;

/// Where messages of a group's collective go.
#[derive(Copy, Clone)]
pub struct Line<'a> {
    pub scope: Scope,
    pub members: &'a [ProcessId],
    pub collective: u64,
}

pub struct Running {
    pub collective: Collective,
    combine: Combination,
    receives: Vec<(RecvId, usize, u32)>,
    /// A send for which the engine had no room.
    held: Option<Ask>,
}

impl Running {
    pub fn new(schedule: super::Schedule, cells: Vec<Bytes>, mut combine: Combination) -> Running {
        let collective = Collective::new(schedule, cells, &mut *combine);
        Running { collective, combine, receives: vec![], held: None }
    }

    pub fn is_done(&self) -> bool {
        self.collective.is_done() && self.held.is_none()
    }

    /// Goes as far as it can without waiting.
    pub fn progress(&mut self, engine: &mut Engine, line: Line) -> Result<(), Broken> {
        loop {
            self.ask(engine, line)?;
            if !self.hear(engine)? {
                return Ok(());
            }
        }
    }

    fn ask(&mut self, engine: &mut Engine, line: Line) -> Result<(), Broken> {
        while let Some(ask) = self.held.take().or_else(|| self.collective.next_ask()) {
            match &ask {
                Ask::Send { to, slot, payload } => {
                    let tag = tag(line.collective, *slot);
                    match send(engine, line.scope, line.members[*to], tag, payload.clone()) {
                        Ok(()) => {}
                        Err(SendError::Down(_)) => return Err(Broken::Down(*to)),
                        Err(SendError::Full { .. } | SendError::Peers) => {
                            self.held = Some(ask);
                            return Ok(());
                        }
                    }
                }
                Ask::Receive { from, slot } => {
                    let tag = tag(line.collective, *slot);
                    let want = Want::any(line.scope).of(line.members[*from]).tagged(tag);
                    match engine.post(want) {
                        Ok(receive) => self.receives.push((receive, *from, *slot)),
                        Err(_) => {
                            self.held = Some(ask);
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether something had come.
    fn hear(&mut self, engine: &mut Engine) -> Result<bool, Broken> {
        let mut has_come = false;
        let mut at = 0;
        while let Some((receive, from, slot)) = self.receives.get(at).copied() {
            let Some(result) = engine.take_completed(receive) else {
                at += 1;
                continue;
            };
            self.receives.swap_remove(at);
            let received = result.map_err(|_| Broken::Down(from))?;
            let payload = received.payload;
            let arrived = self.collective.arrived(from, slot, payload, &mut *self.combine);
            arrived.map_err(|garbled| Broken::Garbled(garbled.from))?;
            has_come = true;
        }
        Ok(has_come)
    }

    /// Nothing of it is wanted any more.
    pub fn stop(self, engine: &mut Engine) {
        for (receive, _, _) in self.receives {
            engine.forget_receive(receive);
        }
    }
}

/// Sends a message of a group that nobody asks for later.
pub fn send(
    engine: &mut Engine,
    scope: Scope,
    to: ProcessId,
    tag: i64,
    payload: Bytes,
) -> Result<(), SendError> {
    let (mode, attributes) = (Mode::Eager, Attributes::NONE);
    let sent = engine.send(Message { to, scope, tag, mode, attributes, payload })?;
    engine.forget_send(sent);
    Ok(())
}
