//! The keys under which messages and receives are found: the four wildcard forms of (source,
//! tag), and one for each attribute with its value.

use crate::envelope::{Envelope, Scope};
use crate::hash::Hash;
use crate::want::Want;

/// What a key is made of, beside the scope.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Form {
    Any = 0,
    Source = 1,
    Tag = 2,
    Both = 3,
    Attribute = 4,
}

impl Form {
    pub const COUNT: usize = 5;

    /// The forms that leave something open or nothing, by source and tag.
    pub const WILDCARDS: [Form; 4] = [Form::Both, Form::Source, Form::Tag, Form::Any];

    /// By what a want leaves open.
    pub fn of_want(want: &Want) -> Form {
        match (want.source, want.tag) {
            (None, None) => Form::Any,
            (Some(_), None) => Form::Source,
            (None, Some(_)) => Form::Tag,
            (Some(_), Some(_)) => Form::Both,
        }
    }
}

/// Equal for a message and a want that may meet by it. Two keys may have one hash, so what is
/// found by a key is still looked at.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Key {
    pub form: Form,
    pub hash: u64,
}

impl Key {
    pub fn any(scope: Scope) -> Key {
        Key::new(Form::Any, scope, 0, 0)
    }

    /// Of an attribute, by the number that `Attributes::hashes` has for it.
    pub fn attribute(scope: Scope, attribute: u64) -> Key {
        Key::new(Form::Attribute, scope, attribute, 0)
    }

    pub fn of_want(want: &Want) -> Key {
        let source = want.source.map_or(0, |source| source.0);
        Key::new(Form::of_want(want), want.scope, source, want.tag.unwrap_or(0))
    }

    /// Under which a want of this form, which is no attribute's, would find a message.
    pub fn of_envelope(form: Form, envelope: &Envelope) -> Key {
        let (source, tag) = (envelope.source.0, envelope.tag);
        match form {
            Form::Both => Key::new(form, envelope.scope, source, tag),
            Form::Source => Key::new(form, envelope.scope, source, 0),
            Form::Tag => Key::new(form, envelope.scope, 0, tag),
            Form::Any | Form::Attribute => Key::any(envelope.scope),
        }
    }

    fn new(form: Form, scope: Scope, a: u64, b: i64) -> Key {
        let head = u64::from(scope.face) << 8 | form as u64;
        let hash = Hash::new().word(head).word(scope.context).word(a).word(b as u64);
        Key { form, hash: hash.finish() }
    }
}
