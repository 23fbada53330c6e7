//! The keys under which messages and receives are found: the four wildcard forms of (source,
//! tag), and one for each attribute with its value.

use crate::envelope::{Envelope, Scope};
use crate::hash::Hash;
use crate::want::Want;

/// Equal for a message and a want that may meet by it. Two attributes may have one key, if their
/// hashes are the same, so what is found by a key is still looked at.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Key {
    Any(Scope),
    Source(Scope, u64),
    Tag(Scope, i64),
    Both(Scope, u64, i64),
    Attribute(Scope, u64),
}

impl Key {
    /// The form of a want, by what it leaves open.
    pub fn of_want(want: &Want) -> Key {
        match (want.source, want.tag) {
            (None, None) => Key::Any(want.scope),
            (Some(source), None) => Key::Source(want.scope, source.0),
            (None, Some(tag)) => Key::Tag(want.scope, tag),
            (Some(source), Some(tag)) => Key::Both(want.scope, source.0, tag),
        }
    }

    /// The four forms by which a message may be wanted.
    pub fn of_envelope(envelope: &Envelope) -> [Key; 4] {
        let (scope, source, tag) = (envelope.scope, envelope.source.0, envelope.tag);
        [
            Key::Both(scope, source, tag),
            Key::Source(scope, source),
            Key::Tag(scope, tag),
            Key::Any(scope),
        ]
    }

    pub fn hash(self) -> u64 {
        let (form, scope, a, b) = match self {
            Key::Any(scope) => (0, scope, 0, 0),
            Key::Source(scope, source) => (1, scope, source, 0),
            Key::Tag(scope, tag) => (2, scope, 0, tag),
            Key::Both(scope, source, tag) => (3, scope, source, tag),
            Key::Attribute(scope, hash) => (4, scope, hash, 0),
        };
        let head = u64::from(scope.face) << 8 | form;
        Hash::new().word(head).word(scope.context).word(a).word(b as u64).finish()
    }
}
