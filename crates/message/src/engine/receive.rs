//! Receives and probes, as faces ask for them.

use bytes::Bytes;
use posse_wire::Outcome;

use super::error::{Failure, PostError};
use super::held::{Owed, Receiving, Stage, Where};
use super::id::{MessageId, RecvId};
use super::state::Engine;
use crate::envelope::{Envelope, Scope};
use crate::matching::Posting;
use crate::slab::Key;
use crate::want::Want;

/// A message as a receive got it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    pub envelope: Envelope,
    /// All of it, but for what was taken piece by piece before.
    pub payload: Bytes,
}

impl Engine {
    /// Posts a receive. It meets the oldest message that it accepts, or waits for one. If the
    /// only process that could send it is down, it ends at once.
    pub fn post(&mut self, want: Want) -> Result<RecvId, PostError> {
        let source = want.source.filter(|source| *source != self.me);
        let down = source.and_then(|source| Some((source, *self.down.get(&source)?)));
        if let (Some(source), None) = (source, down) {
            self.peer(source).ok_or(PostError::Peers)?;
        }
        let Some((peer, why)) = down else {
            let receive = self.receives.insert(Receiving::new(Stage::Done));
            match self.table.post(want, receive) {
                Posting::Met { message, envelope } => self.meet(receive, message, envelope),
                Posting::Queued(place) => self.set_stage(receive, Stage::Posted(place)),
            }
            return Ok(RecvId(receive));
        };
        let receive = self.receives.insert(Receiving::new(Stage::Done));
        match self.table.take(&want) {
            Some((envelope, message)) => self.meet(receive, message, envelope),
            None => {
                let failure = Failure { peer, why, outcome: Outcome::NotDone };
                self.fail_receive(receive, failure);
            }
        }
        Ok(RecvId(receive))
    }

    /// Posts a standing receive: it comes before all others, meets every message that arrives
    /// from now on and that it accepts, and ends by `cancel` alone. `next_met` has the messages.
    pub fn stand(&mut self, want: Want) -> RecvId {
        let receive = self.receives.insert(Receiving::new(Stage::Done));
        let place = self.table.stand(want, receive);
        self.set_stage(receive, Stage::Standing { place, met: Default::default() });
        RecvId(receive)
    }

    /// The next message that a standing receive has met, to be received or discarded.
    pub fn next_met(&mut self, id: RecvId) -> Option<(MessageId, &Envelope)> {
        let Stage::Standing { met, .. } = &mut self.receives.get_mut(id.0)?.stage else {
            return None;
        };
        let message = met.pop_front()?;
        match &self.held.get(message)?.rest {
            Where::Taken(envelope) => Some((MessageId(message), envelope)),
            Where::Queued(_) | Where::Arriving => None,
        }
    }

    /// Takes a receive back that has met no message: true. One that has goes on, and false is
    /// said. Of a standing one, what it has met and nobody has fetched is discarded.
    pub fn cancel(&mut self, id: RecvId) -> bool {
        let Some(receiving) = self.receives.get_mut(id.0) else { return false };
        match &mut receiving.stage {
            Stage::Posted(place) => {
                self.table.cancel(*place);
            }
            Stage::Standing { place, met } => {
                let (place, met) = (*place, std::mem::take(met));
                self.table.dismiss(place);
                met.into_iter().for_each(|message| self.discard_taken(message));
            }
            _ => return false,
        }
        self.receives.remove(id.0);
        true
    }

    /// Nobody will ask for the receive any more: taken back if it has met no message, else the
    /// message is received and dropped.
    pub fn forget_receive(&mut self, id: RecvId) {
        if self.cancel(id) {
            return;
        }
        let Some(receiving) = self.receives.get_mut(id.0) else { return };
        receiving.is_forgotten = true;
        receiving.payload = Default::default();
        if !matches!(receiving.stage, Stage::Pulling) {
            self.completed(id.0);
        }
    }

    /// The result of a receive, once. `None` while there is none.
    pub fn take_completed(&mut self, id: RecvId) -> Option<Result<Received, Failure>> {
        match self.receives.get(id.0)?.stage {
            Stage::Done | Stage::Failed(_) => {}
            Stage::Posted(_) | Stage::Standing { .. } | Stage::Pulling => return None,
        }
        let mut receiving = self.receives.remove(id.0)?;
        self.give_back(receiving.owed);
        if let Stage::Failed(failure) = receiving.stage {
            return Some(Err(failure));
        }
        let envelope = receiving.envelope?;
        Some(Ok(Received { envelope, payload: receiving.payload.take(&self.buffers) }))
    }

    /// Whether `take_completed` would give a result.
    pub fn is_complete(&self, id: RecvId) -> bool {
        let stage = self.receives.get(id.0).map(|receiving| &receiving.stage);
        matches!(stage, Some(Stage::Done | Stage::Failed(_)))
    }

    /// The envelope of the message that a receive has met, while its payload may still come: a
    /// face makes its buffer ready by it, and fetches the payload with `take_piece`.
    pub fn met(&self, id: RecvId) -> Option<&Envelope> {
        self.receives.get(id.0)?.envelope.as_ref()
    }

    /// What has arrived of a payload and was not taken; `take_completed` gives what is left. What
    /// is taken as it comes is never all in the engine, whatever its length.
    pub fn take_piece(&mut self, id: RecvId) -> Option<Bytes> {
        let receiving = self.receives.get_mut(id.0)?;
        let piece = receiving.payload.take(&self.buffers);
        let owed = std::mem::replace(&mut receiving.owed, Owed::Nothing);
        self.give_back(owed);
        (!piece.is_empty()).then_some(piece)
    }

    /// The envelope of the message that a receive would meet now.
    pub fn probe(&mut self, want: &Want) -> Option<&Envelope> {
        self.table.probe(want).map(|(envelope, _)| envelope)
    }

    /// The same, and no other receive will meet it (MPI's matched probe).
    pub fn probe_out(&mut self, want: &Want) -> Option<(MessageId, &Envelope)> {
        let (envelope, message) = self.table.take(want)?;
        let id = self.take_out(message, envelope);
        self.taken(id)
    }

    /// Messages of a scope that no receive has met, in the order of arrival, for a face that
    /// chooses by itself (`pvm_recvf`). Its choice goes to `take`.
    pub fn scan(&mut self, scope: Scope) -> impl Iterator<Item = (MessageId, &Envelope)> {
        self.table.scan(scope).map(|(envelope, message)| (MessageId(message), envelope))
    }

    /// Takes a message that a scan has shown out of the queue. False if it is there no more.
    pub fn take(&mut self, id: MessageId) -> bool {
        let Some(Where::Queued(place)) = self.held.get(id.0).map(|held| &held.rest) else {
            return false;
        };
        let Some((envelope, message)) = self.table.remove(*place) else { return false };
        self.take_out(message, envelope);
        true
    }

    /// Receives a message that was taken out of the queue. `None` if it was received before, or
    /// is still queued.
    pub fn receive(&mut self, id: MessageId) -> Option<RecvId> {
        let (_, envelope) = self.taken(id)?;
        let envelope = envelope.clone();
        let receive = self.receives.insert(Receiving::new(Stage::Done));
        self.meet(receive, id.0, envelope);
        Some(RecvId(receive))
    }

    /// Drops a message that was taken out of the queue. Its sender takes it for received.
    pub fn discard(&mut self, id: MessageId) {
        if self.taken(id).is_some() {
            self.discard_taken(id.0);
        }
    }

    fn taken(&self, id: MessageId) -> Option<(MessageId, &Envelope)> {
        match &self.held.get(id.0)?.rest {
            Where::Taken(envelope) => Some((id, envelope)),
            Where::Queued(_) | Where::Arriving => None,
        }
    }

    fn set_stage(&mut self, receive: Key, stage: Stage) {
        if let Some(receiving) = self.receives.get_mut(receive) {
            receiving.stage = stage;
        }
    }
}
