//! The members of a group as one of them sees it, and its collectives over an [`Engine`]. Pure as
//! the engine is: a driver calls `progress` whenever the engine has got something. Called by
//! faces and drivers.

use std::collections::BTreeMap;

use bytes::Bytes;
use posse_wire::ProcessId;

use super::broken::Broken;
use super::running::{Combination, Line, Running, send};
use super::schedule::Schedule;
use super::tag::BROKEN;
use crate::engine::{Engine, RecvId};
use crate::envelope::Scope;
use crate::want::Want;

/// Names a collective of a group: how many were begun before it, at every member.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CollectiveId(u64);

/// All members have the same list of members, and begin the same collectives in the same order.
/// The scope is the group's alone, for as long as any of its messages may come.
pub struct Group {
    scope: Scope,
    members: Vec<ProcessId>,
    me: usize,
    begun: u64,
    running: BTreeMap<u64, Running>,
    broken: Option<Broken>,
    /// Notes that the group is broken; once it is, everything.
    standing: RecvId,
}

impl Group {
    /// `None` if the engine's process is no member.
    pub fn new(engine: &mut Engine, scope: Scope, members: Vec<ProcessId>) -> Option<Group> {
        let me = members.iter().position(|member| *member == engine.me())?;
        let standing = engine.stand(Want::any(scope).tagged(BROKEN));
        let running = BTreeMap::new();
        Some(Group { scope, members, me, begun: 0, running, broken: None, standing })
    }

    pub fn rank(&self) -> usize {
        self.me
    }

    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// Begins a collective with these cells. It goes on by `progress`.
    pub fn begin(
        &mut self,
        engine: &mut Engine,
        schedule: Schedule,
        cells: Vec<Bytes>,
        combine: Combination,
    ) -> CollectiveId {
        let id = self.begun;
        self.begun += 1;
        if self.broken.is_none() {
            self.running.insert(id, Running::new(schedule, cells, combine));
            self.progress(engine);
        }
        CollectiveId(id)
    }

    /// Goes as far as it can without waiting.
    pub fn progress(&mut self, engine: &mut Engine) {
        self.hear_notes(engine);
        let Group { scope, members, .. } = self;
        for (collective, running) in &mut self.running {
            let line = Line { scope: *scope, members, collective: *collective };
            if let Err(broken) = running.progress(engine, line) {
                let all = 0..self.members.len();
                return self.break_up(engine, broken, all);
            }
        }
    }

    /// The cells of a collective at its end, once; or why there are none. `None` while it runs.
    pub fn take(&mut self, id: CollectiveId) -> Option<Result<Vec<Bytes>, Broken>> {
        match (self.running.get(&id.0), self.broken) {
            (Some(running), _) if running.is_done() => {
                let running = self.running.remove(&id.0)?;
                Some(Ok(running.collective.into_cells()))
            }
            (Some(_), _) | (None, None) => None,
            (None, Some(broken)) => Some(Err(broken)),
        }
    }

    /// Whether `take` would give its cells.
    pub fn is_over(&self, id: CollectiveId) -> bool {
        self.running.get(&id.0).is_some_and(Running::is_done)
    }

    /// Why the group can not go on, if so.
    pub fn broken(&self) -> Option<Broken> {
        self.broken
    }

    /// The driver has heard that a process is down, and told the engine.
    pub fn peer_down(&mut self, engine: &mut Engine, peer: ProcessId) {
        let Some(dead) = self.members.iter().position(|member| *member == peer) else { return };
        let all = 0..self.members.len();
        self.break_up(engine, Broken::Down(dead), all);
    }

    /// This member has no part in the group any more. What still comes of it is the face's.
    pub fn leave(mut self, engine: &mut Engine) {
        self.stop(engine);
        engine.cancel(self.standing);
    }

    /// Ends all that runs, and tells these members.
    fn break_up(
        &mut self,
        engine: &mut Engine,
        broken: Broken,
        members: impl IntoIterator<Item = usize>,
    ) {
        if self.broken.is_some() {
            return;
        }
        self.broken = Some(broken);
        for member in broken.to_tell(members, self.me) {
            // Who is down needs no note; and where there is no room for so little, the member
            // hears of it as this one did.
            let to = self.members[member];
            let _told = send(engine, self.scope, to, BROKEN, broken.note());
        }
        self.stop(engine);
        // What members have sent for collectives that are no more: senders are not to wait.
        engine.cancel(self.standing);
        while let Some((message, _)) = engine.probe_out(&Want::any(self.scope)) {
            engine.discard(message);
        }
        self.standing = engine.stand(Want::any(self.scope));
    }

    /// What is done stays, for `take`.
    fn stop(&mut self, engine: &mut Engine) {
        let running = std::mem::take(&mut self.running);
        for (id, running) in running {
            match running.is_done() {
                true => drop(self.running.insert(id, running)),
                false => running.stop(engine),
            }
        }
    }

    fn hear_notes(&mut self, engine: &mut Engine) {
        while let Some((message, envelope)) = engine.next_met(self.standing) {
            let is_note = self.broken.is_none() && self.members.contains(&envelope.source);
            let note = is_note.then(|| engine.receive(message)).flatten();
            let Some(receive) = note else {
                engine.discard(message);
                continue;
            };
            let Some(Ok(note)) = engine.take_completed(receive) else {
                // No note is so large that it has to be fetched.
                engine.forget_receive(receive);
                continue;
            };
            if let Some(broken) = Broken::from_note(&note.payload, self.members.len()) {
                let left = self.running.values().flat_map(|running| running.collective.partners());
                let left: Vec<usize> = left.collect();
                self.break_up(engine, broken, left);
            }
        }
    }
}
