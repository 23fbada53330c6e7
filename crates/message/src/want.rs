//! What a receive or a probe asks for. Made by faces, read by matching.

use posse_wire::ProcessId;

use crate::attributes::Attributes;
use crate::envelope::{Envelope, Scope};

/// Messages of one scope; of any source and tag where none is given; with all of these attributes,
/// whatever others they have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Want {
    pub scope: Scope,
    pub source: Option<ProcessId>,
    pub tag: Option<i64>,
    pub attributes: Attributes,
}

impl Want {
    /// Any message of the scope.
    pub fn any(scope: Scope) -> Want {
        Want { scope, source: None, tag: None, attributes: Attributes::NONE }
    }

    pub fn of(self, source: ProcessId) -> Want {
        Want { source: Some(source), ..self }
    }

    pub fn tagged(self, tag: i64) -> Want {
        Want { tag: Some(tag), ..self }
    }

    pub fn having(self, attributes: Attributes) -> Want {
        Want { attributes, ..self }
    }

    /// Whether this message may meet it.
    pub fn accepts(&self, envelope: &Envelope) -> bool {
        self.scope == envelope.scope
            && self.source.is_none_or(|source| source == envelope.source)
            && self.tag.is_none_or(|tag| tag == envelope.tag)
            && envelope.attributes.include(&self.attributes)
    }
}
