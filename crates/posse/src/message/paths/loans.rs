//! Large payloads that other processes of this host read from memory of this one: each is copied
//! there once, for however many receivers, and its place is used again when the engine offers it
//! to nobody any more.
//!
//! Not for: payloads that are larger than a part of that memory, which receivers read where they
//! are. Called by `pair`.

use crate::limits::{LENT_BYTES_MAX, SEGMENT_BYTES};
use posse_message::Engine;
use posse_shm::segment::{Extent, Owner, Parts};
use posse_wire::ProcessId;

#[derive(Default)]
pub(super) struct Loans {
    segment: Segment,
    lent: Vec<Loan>,
    /// So many were left when they were last looked through.
    kept: usize,
}

#[derive(Default)]
enum Segment {
    /// Nothing large was sent yet.
    #[default]
    None,
    Made(Owner, Parts),
    /// The kernel gives none.
    Refused,
}

/// A payload that a process may read, or has read just now.
struct Loan {
    to: ProcessId,
    /// Of the message.
    number: u64,
    /// Where the payload itself is: as long as it is offered, nothing else is there.
    place: (usize, usize),
    extent: Extent,
}

impl Loans {
    /// Where the payload of this offer stands from now on; `None` where there is no room for it.
    pub fn lend(&mut self, engine: &Engine, to: ProcessId, number: u64) -> Option<Extent> {
        let payload = engine.offered(to, number)?;
        if payload.len() > LENT_BYTES_MAX {
            return None;
        }
        let is_own = |loan: &&Loan| (loan.to, loan.number) == (to, number);
        if let Some(own) = self.lent.iter().find(is_own) {
            return Some(own.extent);
        }
        if self.lent.len() >= 2 * self.kept {
            self.end_old(engine);
        }
        let place = (payload.as_ptr().addr(), payload.len());
        let mut same = self.lent.iter().filter(|loan| loan.place == place);
        let known = same.find(|loan| engine.offered(loan.to, loan.number).is_some());
        let extent = match known.map(|loan| loan.extent) {
            Some(extent) => extent,
            None => self.copy(payload)?,
        };
        self.lent.push(Loan { to, number, place, extent });
        Some(extent)
    }

    /// What a reader needs.
    pub fn parts(&self) -> Option<&Parts> {
        match &self.segment {
            Segment::Made(_, parts) => Some(parts),
            Segment::None | Segment::Refused => None,
        }
    }

    fn copy(&mut self, payload: &[u8]) -> Option<Extent> {
        if matches!(self.segment, Segment::None) {
            self.segment = match Owner::create(SEGMENT_BYTES) {
                Ok((owner, parts)) => Segment::Made(owner, parts),
                Err(_) => Segment::Refused,
            };
        }
        let Segment::Made(owner, _) = &mut self.segment else { return None };
        let extent = owner.take(payload.len() as u64)?;
        match owner.write(extent, payload) {
            Ok(()) => Some(extent),
            Err(_) => {
                owner.give(extent);
                None
            }
        }
    }

    /// The places of payloads that are offered to nobody any more are free.
    fn end_old(&mut self, engine: &Engine) {
        let is_offered = |loan: &Loan| engine.offered(loan.to, loan.number).is_some();
        let (kept, old): (Vec<Loan>, Vec<Loan>) = self.lent.drain(..).partition(is_offered);
        (self.kept, self.lent) = (kept.len(), kept);
        let Segment::Made(owner, _) = &mut self.segment else { return };
        let mut free: Vec<Extent> = old.into_iter().map(|loan| loan.extent).collect();
        free.sort_by_key(|extent| extent.at);
        free.dedup();
        let is_used = |extent: &Extent| self.lent.iter().any(|loan| loan.extent == *extent);
        free.into_iter().filter(|extent| !is_used(extent)).for_each(|extent| owner.give(extent));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use posse_message::{Attributes, Down, Message, Mode, Options, Scope};
    use posse_wire::{HostId, Incarnation};
    use std::time::Duration;

    fn id(sequence: u32) -> ProcessId {
        ProcessId::new(HostId(1), Incarnation(1), sequence).unwrap()
    }

    fn offer(engine: &mut Engine, to: ProcessId, payload: &Bytes) {
        let (scope, mode) = (Scope { face: 0, context: 0 }, Mode::Eager);
        let (attributes, payload) = (Attributes::NONE, payload.clone());
        engine.send(Message { to, scope, tag: 0, mode, attributes, payload }).unwrap();
        while engine.outgoing(Duration::ZERO).is_some() {}
    }

    #[test]
    fn one_place_serves_all_receivers_and_is_used_again() {
        let mut engine = Engine::new(id(1), Options::default());
        let mut loans = Loans::default();
        let (one, other) = (Bytes::from(vec![1; 100_000]), Bytes::from(vec![2; 100_000]));
        for (to, payload) in [(2, &one), (3, &one), (2, &other)] {
            offer(&mut engine, id(to), payload);
        }
        let first = loans.lend(&engine, id(2), 1).unwrap();
        assert_eq!(loans.lend(&engine, id(3), 1), Some(first));
        let second = loans.lend(&engine, id(2), 2).unwrap();
        assert_ne!(first.at, second.at);
        assert_eq!(loans.lend(&engine, id(2), 2), Some(second), "asked again");
        let mut read = vec![];
        loans.parts().unwrap().view().unwrap().read(second, &mut read).unwrap();
        assert!(read == other);
        assert_eq!(loans.lend(&engine, id(3), 2), None, "there is no such offer");
        engine.peer_down(id(3), Down::Ended);
        offer(&mut engine, id(4), &other);
        assert_eq!(loans.lend(&engine, id(4), 1), Some(second), "the first is still offered");
        engine.peer_down(id(2), Down::Ended);
        for number in 2..6 {
            offer(&mut engine, id(4), &Bytes::from(vec![number; 100_000]));
        }
        let places: Vec<Extent> =
            (2..6).map(|number| loans.lend(&engine, id(4), number).unwrap()).collect();
        assert!(places.contains(&first) && !places.contains(&second), "{places:?}");
    }

    #[test]
    fn what_is_too_large_or_has_no_room_is_not_copied() {
        let mut engine = Engine::new(id(1), Options::default());
        let mut loans = Loans::default();
        offer(&mut engine, id(2), &Bytes::from(vec![1; LENT_BYTES_MAX + 1]));
        assert_eq!(loans.lend(&engine, id(2), 1), None);
        let room = SEGMENT_BYTES / LENT_BYTES_MAX as u64;
        for number in 2..2 + room {
            offer(&mut engine, id(2), &Bytes::from(vec![1; LENT_BYTES_MAX]));
            assert!(loans.lend(&engine, id(2), number).is_some());
        }
        offer(&mut engine, id(2), &Bytes::from(vec![1; 100_000]));
        assert_eq!(loans.lend(&engine, id(2), 2 + room), None);
    }
}
