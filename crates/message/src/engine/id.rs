//! Names that the engine gives to requests. One that was forgotten or taken names nothing again.

use crate::slab::Key;

/// A message that was sent.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SendId(pub(crate) Key);

/// A receive that was posted.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecvId(pub(crate) Key);

/// A message that has arrived, in part or whole, and that no receive will meet: a probe or a
/// standing receive has taken it out of the queue.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MessageId(pub(crate) Key);

/// What a driver that wakes waiters is told of.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Finished {
    /// Nothing more will change of it.
    Send(SendId),
    /// `take_completed` will give a result.
    Receive(RecvId),
    /// `next_met` of a standing receive will give a message.
    Met(RecvId),
}
