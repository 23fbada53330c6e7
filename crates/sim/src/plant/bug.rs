//! Bugs planted at the edge between daemon and world: each must be found by the checks, which
//! shows that the net catches fish. Never active in a run that is meant to pass. What those of
//! resumption do is in `resume.rs`, those of processes and the board in `process.rs`.

use super::{process, resume};
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
    /// One `Resumed` in two is lost.
    LoseResumed,
    /// A `Resumed` names another host.
    WrongResumed,
    /// A `Spawn` that is said again looks like a first one.
    UnflagSpawn,
    /// A `Spawn` that is said again leaves its last host out.
    MissTarget,
    /// One command in two that is said again is settled at once.
    SettleEarly,
    /// One `Settled` in two is lost.
    NeverSettle,
    /// An acknowledgement of stdin that asks for more only acknowledges.
    UnflagInputAck,
    /// Output that is said again begins a byte late.
    ResendLate,
    /// A host that is looked for and not found at once is taken for gone.
    GoneWhileAlive,
    /// Every life of every host is the first.
    SameIncarnation,
    /// Who leads is not passed on below a relay.
    DeafToLed,
    /// A host follows whoever claims to lead, also with a smaller lead.
    AnyLead,
    /// One part in two that is to be read back from a kept file never is.
    ForgetFetch,
    /// What is read back begins a frame late.
    FetchLate,
    /// A host that is asked for everything anew goes on where it was.
    UnflagAnew,
    /// What hosts offer is not heard.
    LoseOffer,
    /// Nobody is asked to look for a host that is not heard.
    SeekAlone,
    /// What relays say of hosts that they do not hear is not heard.
    LoseDoubt,
    /// Nobody is told that a process is over, but where its host is.
    LoseGone,
    /// Who is told of an end is told of that of another process.
    WrongGone,
    /// One packet in twenty has another last byte.
    GarbleMessage,
    /// One packet in twenty has another source.
    ForgeSource,
    /// One member in two that is to wait in a barrier is told that it is passed.
    PassEarly,
    /// One member in four is not told that a barrier is passed.
    LosePassed,
    /// Everybody gets the same context.
    SameContext,
    /// The board does not hear that a process of another host is over.
    DeafBoard,
}

impl Plant {
    pub const ALL: [Plant; 35] = [
        Plant::LoseCredit,
        Plant::DoubleOutput,
        Plant::SkipForget,
        Plant::WidenWindow,
        Plant::LoseExit,
        Plant::ShortenInput,
        Plant::Impatient,
        Plant::HideClose,
        Plant::SkipKill,
        Plant::LoseResumed,
        Plant::WrongResumed,
        Plant::UnflagSpawn,
        Plant::MissTarget,
        Plant::SettleEarly,
        Plant::NeverSettle,
        Plant::UnflagInputAck,
        Plant::ResendLate,
        Plant::GoneWhileAlive,
        Plant::SameIncarnation,
        Plant::DeafToLed,
        Plant::AnyLead,
        Plant::ForgetFetch,
        Plant::FetchLate,
        Plant::UnflagAnew,
        Plant::LoseOffer,
        Plant::SeekAlone,
        Plant::LoseDoubt,
        Plant::LoseGone,
        Plant::WrongGone,
        Plant::GarbleMessage,
        Plant::ForgeSource,
        Plant::PassEarly,
        Plant::LosePassed,
        Plant::SameContext,
        Plant::DeafBoard,
    ];

    pub fn from_name(name: &str) -> Option<Plant> {
        Plant::ALL.into_iter().find(|plant| format!("{plant:?}") == name)
    }

    /// Changes what one input made a daemon do.
    pub fn on_effects(self, effects: &mut Vec<Effect>, mut dice: impl FnMut() -> u64) {
        effects.retain_mut(|effect| self.on_effect(effect, dice()));
        process::on_effects(self, effects, &mut dice);
        resume::on_effects(self, effects, dice);
    }

    /// Whether this effect happens; may change it.
    fn on_effect(self, effect: &mut Effect, dice: u64) -> bool {
        match (self, effect) {
            (Plant::SkipForget, Effect::Forget { .. }) if dice.is_multiple_of(10) => false,
            (Plant::SeekAlone, Effect::SendSeek { .. }) => false,
            (Plant::ForgetFetch, Effect::Fetch { .. }) if dice.is_multiple_of(2) => false,
            (Plant::SkipKill, Effect::Kill { .. }) if dice.is_multiple_of(2) => false,
            (Plant::WidenWindow, Effect::Read { upto, .. }) => {
                *upto += 1;
                true
            }
            (Plant::ShortenInput, Effect::Write { bytes, .. }) if dice.is_multiple_of(10) => {
                bytes.truncate(bytes.len().saturating_sub(1));
                true
            }
            (Plant::DoubleOutput, Effect::Send { frame, .. })
                if frame.kind == Kind::Output && dice.is_multiple_of(20) =>
            {
                if let Ok(mut chunk) = StreamChunk::decode(frame) {
                    chunk.bytes = [&chunk.bytes[..], &chunk.bytes[..]].concat().into();
                    *frame = chunk.frame(Kind::Output, frame.id);
                }
                true
            }
            (Plant::LoseExit, Effect::Send { frame, .. })
                if frame.kind == Kind::Exit && dice.is_multiple_of(20) =>
            {
                false
            }
            _ => true,
        }
    }

    /// Whether this input never reaches the daemon; may change it.
    pub fn swallows(self, input: &mut Input, dice: u64) -> bool {
        resume::on_input(self, input);
        if process::swallows(self, input) {
            return true;
        }
        match (self, input) {
            (Plant::LoseCredit, Input::Frame { frame, .. }) => {
                frame.kind == Kind::OutputAck && dice.is_multiple_of(10)
            }
            (Plant::LoseOffer, Input::Frame { frame, .. }) => frame.kind == Kind::Offer,
            (Plant::LoseDoubt, Input::Frame { frame, .. }) => frame.kind == Kind::Doubt,
            (Plant::FetchLate, Input::Fetched { frames, .. }) => {
                drop((frames.len() > 1).then(|| frames.remove(0)));
                false
            }
            (Plant::HideClose, Input::LinkClosed { .. }) => dice.is_multiple_of(4),
            (Plant::DeafToLed, Input::Frame { frame, .. }) => frame.kind == Kind::Led,
            _ => false,
        }
    }
}
