//! The queue of arrived messages, the queue of posted receives, and the standing receives, which
//! come before those and stay. Order is MPI's (MPI 4.1, 3.5): a message meets the receive that
//! was posted first of those that accept it, a receive meets the message that arrived first.
//! Called by `engine`.

use super::index::{Index, Place};
use super::key::{Form, Key};
use crate::envelope::{Envelope, Scope};
use crate::want::Want;

/// What became of a message that arrived.
#[derive(Debug, PartialEq)]
pub enum Arrival<R> {
    Met { receive: R, envelope: Envelope },
    Queued(Place),
}

/// What became of a receive that was posted.
#[derive(Debug, PartialEq)]
pub enum Posting<M> {
    Met { message: M, envelope: Envelope },
    Queued(Place),
}

#[derive(Debug)]
struct Arrived<M> {
    envelope: Envelope,
    message: M,
}

#[derive(Debug)]
struct Posted<R> {
    want: Want,
    receive: R,
}

/// `M` is the user's handle of a message, `R` that of a receive.
///
/// A want without attributes costs O(1). One with attributes looks at the messages that share
/// its rarest attribute, or its source and tag if those are fewer.
#[derive(Debug)]
pub struct Table<M, R> {
    arrived: Index<Arrived<M>>,
    posted: Index<Posted<R>>,
    standing: Index<Posted<R>>,
    /// By which forms messages can be found: those that somebody has asked by.
    filed: [bool; Form::COUNT],
}

impl<M, R> Default for Table<M, R> {
    fn default() -> Self {
        let (posted, standing) = (Index::default(), Index::default());
        Table { arrived: Index::default(), posted, standing, filed: [false; Form::COUNT] }
    }
}

impl<M: Copy, R: Copy> Table<M, R> {
    /// A message is here: it meets the oldest standing receive that accepts it, else the oldest
    /// posted one, which is then no longer posted, else it is queued.
    pub fn arrive(&mut self, envelope: Envelope, message: M) -> Arrival<R> {
        if let Some((_, receive)) = oldest(&self.standing, &envelope) {
            return Arrival::Met { receive, envelope };
        }
        if let Some((place, receive)) = oldest(&self.posted, &envelope) {
            self.posted.remove(place);
            return Arrival::Met { receive, envelope };
        }
        let place = self.arrived.push(Arrived { envelope, message });
        for form in Form::WILDCARDS.into_iter().chain([Form::Attribute]) {
            if self.filed[form as usize] {
                self.file_under(place, form);
            }
        }
        Arrival::Queued(place)
    }

    /// A receive is posted: it meets the oldest message that it accepts, which is then no longer
    /// queued, else it waits.
    pub fn post(&mut self, want: Want, receive: R) -> Posting<M> {
        match self.take(&want) {
            Some((envelope, message)) => Posting::Met { message, envelope },
            None => Posting::Queued(file(&mut self.posted, want, receive)),
        }
    }

    /// A receive for every message that arrives from now on and that it accepts.
    pub fn stand(&mut self, want: Want, receive: R) -> Place {
        file(&mut self.standing, want, receive)
    }

    /// Takes a receive back. `None` if it has met a message, or was taken back before.
    pub fn cancel(&mut self, place: Place) -> Option<R> {
        self.posted.remove(place).map(|posted| posted.receive)
    }

    /// Takes a standing receive back.
    pub fn dismiss(&mut self, place: Place) -> Option<R> {
        self.standing.remove(place).map(|standing| standing.receive)
    }

    /// The message that a receive would meet now.
    pub fn probe(&mut self, want: &Want) -> Option<(&Envelope, M)> {
        let place = self.find(want)?;
        self.arrived.get(place).map(|arrived| (&arrived.envelope, arrived.message))
    }

    /// The same, and it is no longer queued (MPI's matched probe).
    pub fn take(&mut self, want: &Want) -> Option<(Envelope, M)> {
        let place = self.find(want)?;
        self.remove(place)
    }

    /// Takes one queued message out: one that a scan chose, or whose sender is down.
    pub fn remove(&mut self, place: Place) -> Option<(Envelope, M)> {
        self.arrived.remove(place).map(|arrived| (arrived.envelope, arrived.message))
    }

    /// Queued messages of a scope in the order of arrival, for a face that chooses by itself
    /// (`pvm_recvf`).
    pub fn scan(&mut self, scope: Scope) -> impl Iterator<Item = (&Envelope, M)> {
        self.ask_by(Form::Any);
        let all = self.arrived.walk(Key::any(scope)).map(|(_, _, arrived)| arrived);
        let all = all.filter(move |arrived| arrived.envelope.scope == scope);
        all.map(|arrived| (&arrived.envelope, arrived.message))
    }

    /// Messages that wait to be received.
    pub fn arrived(&self) -> usize {
        self.arrived.len()
    }

    /// Receives that wait for a message, but for standing ones.
    pub fn posted(&self) -> impl Iterator<Item = (Place, &Want, R)> {
        self.posted.iter().map(|(place, posted)| (place, &posted.want, posted.receive))
    }

    fn find(&mut self, want: &Want) -> Option<Place> {
        if self.arrived.len() == 0 {
            return None;
        }
        self.ask_by(Form::of_want(want));
        if !want.attributes.is_empty() {
            self.ask_by(Form::Attribute);
        }
        let key = rarest(&self.arrived, want, Some(Key::of_want(want)))?;
        let mut found = self.arrived.walk(key);
        found.find(|(_, _, arrived)| want.accepts(&arrived.envelope)).map(|(_, place, _)| place)
    }

    /// From the first time that somebody asks by a form, messages are filed by it: a program that
    /// never uses a wildcard does not pay for it.
    fn ask_by(&mut self, form: Form) {
        if std::mem::replace(&mut self.filed[form as usize], true) {
            return;
        }
        for place in self.arrived.in_order() {
            self.file_under(place, form);
        }
    }

    fn file_under(&mut self, place: Place, form: Form) {
        let Some(Arrived { envelope, .. }) = self.arrived.get(place) else { return };
        if form != Form::Attribute {
            let key = Key::of_envelope(form, envelope);
            return self.arrived.file(place, key);
        }
        if !envelope.attributes.is_empty() {
            let (attributes, scope) = (envelope.attributes.clone(), envelope.scope);
            let keys = attributes.hashes().map(|hash| Key::attribute(scope, hash));
            keys.for_each(|key| self.arrived.file(place, key));
        }
    }
}

/// The key under which the index has least, of those that a want can be met by.
fn rarest<T>(index: &Index<T>, want: &Want, form: Option<Key>) -> Option<Key> {
    let attributes = want.attributes.hashes().map(|hash| Key::attribute(want.scope, hash));
    let mut keys = form.into_iter().chain(attributes);
    let first = keys.next()?;
    let mut best = (index.count(first), first);
    for key in keys {
        let count = index.count(key);
        if count < best.0 {
            best = (count, key);
        }
    }
    Some(best.1)
}

/// A want stands under one key: its form, or one of its attributes, which is the one that fewest
/// others stand under.
fn file<R>(index: &mut Index<Posted<R>>, want: Want, receive: R) -> Place {
    let key = rarest(index, &want, None).unwrap_or(Key::of_want(&want));
    let place = index.push(Posted { want, receive });
    index.file(place, key);
    place
}

/// The receive that was posted first of those that accept a message.
fn oldest<R: Copy>(index: &Index<Posted<R>>, envelope: &Envelope) -> Option<(Place, R)> {
    if index.len() == 0 {
        return None;
    }
    let attributes = envelope.attributes.hashes();
    let attributes = attributes.map(|hash| Key::attribute(envelope.scope, hash));
    let keys = Form::WILDCARDS.into_iter().map(|form| Key::of_envelope(form, envelope));
    let keys = keys.chain(attributes);
    let first = |key| index.walk(key).find(|(_, _, posted)| posted.want.accepts(envelope));
    let met = keys.filter_map(first).min_by_key(|(stamp, _, _)| *stamp);
    met.map(|(_, place, posted)| (place, posted.receive))
}
