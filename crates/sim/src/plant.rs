//! Bugs planted at the edge between daemon and world: each must be found by the checks, which
//! shows that the net catches fish. Never active in a run that is meant to pass.

use posse_proto::{Effect, Input};
use posse_wire::{Kind, StreamChunk};

/// One planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// One credit in ten never arrives.
    LoseCredit,
    /// One chunk of output in twenty carries its bytes twice.
    DoubleOutput,
    /// One process in ten is never forgotten.
    SkipForget,
    /// A source may read one byte more than its window.
    WidenWindow,
    /// One exit in twenty is swallowed on the way.
    LoseExit,
    /// One chunk of stdin in ten loses its last byte.
    ShortenInput,
    /// Silence is taken for death after 7 s.
    Impatient,
    /// The loss of one link in four is never told.
    HideClose,
    /// One kill in two is forgotten.
    SkipKill,
}

impl Plant {
    pub const ALL: [Plant; 9] = [
        Plant::LoseCredit,
        Plant::DoubleOutput,
        Plant::SkipForget,
        Plant::WidenWindow,
        Plant::LoseExit,
        Plant::ShortenInput,
        Plant::Impatient,
        Plant::HideClose,
        Plant::SkipKill,
    ];

    pub fn from_name(name: &str) -> Option<Plant> {
        Plant::ALL.into_iter().find(|plant| format!("{plant:?}") == name)
    }

    /// How many times this effect happens; may change it.
    pub fn on_effect(self, effect: &mut Effect, dice: u64) -> usize {
        match (self, effect) {
            (Plant::SkipForget, Effect::Forget { .. }) if dice.is_multiple_of(10) => 0,
            (Plant::SkipKill, Effect::Kill { .. }) if dice.is_multiple_of(2) => 0,
            (Plant::WidenWindow, Effect::Read { upto, .. }) => {
                *upto += 1;
                1
            }
            (Plant::ShortenInput, Effect::Write { bytes, .. }) if dice.is_multiple_of(10) => {
                bytes.truncate(bytes.len().saturating_sub(1));
                1
            }
            (Plant::DoubleOutput, Effect::Send { frame, .. })
                if frame.kind == Kind::Output && dice.is_multiple_of(20) =>
            {
                if let Ok(mut chunk) = StreamChunk::decode(frame) {
                    chunk.bytes = [&chunk.bytes[..], &chunk.bytes[..]].concat().into();
                    *frame = chunk.frame(Kind::Output, frame.id);
                }
                1
            }
            (Plant::LoseExit, Effect::Send { frame, .. })
                if frame.kind == Kind::Exit && dice.is_multiple_of(20) =>
            {
                0
            }
            _ => 1,
        }
    }

    /// Whether this input never reaches the daemon.
    pub fn swallows(self, input: &Input, dice: u64) -> bool {
        match (self, input) {
            (Plant::LoseCredit, Input::Frame { frame, .. }) => {
                frame.kind == Kind::OutputAck && dice.is_multiple_of(10)
            }
            (Plant::HideClose, Input::LinkClosed { .. }) => dice.is_multiple_of(4),
            _ => false,
        }
    }
}
