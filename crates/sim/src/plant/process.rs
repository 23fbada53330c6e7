//! Planted bugs of what processes do together: messages, ends, and the board. Called by `bug.rs`
//! with all that one input made a daemon do, and with each input before.

use super::Plant;
use posse_proto::{Effect, Input};
use posse_wire::msg::{Gone, Grouped, Packet};
use posse_wire::{Frame, Kind, Message, ProcessId};

/// Of what is sent, the number that a plant strikes: one in so many.
const RARELY: u64 = 20;

/// Changes what a daemon wants done; `dice` is thrown for each frame that could be hit.
pub fn on_effects(plant: Plant, effects: &mut Vec<Effect>, mut dice: impl FnMut() -> u64) {
    effects.retain_mut(|effect| match effect {
        Effect::Send { frame, .. } => change(plant, frame, &mut dice),
        _ => true,
    });
    if plant == Plant::PassEarly {
        let early = effects.iter().filter_map(pass_early);
        let early: Vec<Effect> = early.filter(|_| dice().is_multiple_of(2)).collect();
        effects.extend(early);
    }
}

/// To one that is told to wait in a barrier: that it is passed.
fn pass_early(effect: &Effect) -> Option<Effect> {
    let Effect::Send { link, frame } = effect else { return None };
    match Grouped::decode(frame) {
        Ok(Grouped::Waiting(heard)) => {
            let frame = Grouped::Passed { round: heard.round + 1 }.frame(frame.id);
            Some(Effect::Send { link: *link, frame })
        }
        _ => None,
    }
}

/// Whether this frame is sent; may change it.
fn change(plant: Plant, frame: &mut Frame, dice: &mut impl FnMut() -> u64) -> bool {
    match (plant, frame.kind) {
        (Plant::LoseGone, Kind::Gone) => return false,
        (Plant::WrongGone, Kind::Gone) => {
            if let Ok(Gone { process, why }) = Gone::decode(frame) {
                let another = process.sequence() % 4 + 1;
                let process = ProcessId((process.0 & !0xff_ffff) | u64::from(another));
                *frame = Gone { process, why }.frame(frame.id);
            }
        }
        (Plant::GarbleMessage, Kind::Message) if dice().is_multiple_of(RARELY) => {
            if let Ok(Packet { from, to, bytes }) = Packet::decode(frame)
                && let Some((last, rest)) = bytes.split_last()
            {
                let bytes = [rest, &[last ^ 1]].concat().into();
                *frame = Packet { from, to, bytes }.frame();
            }
        }
        (Plant::ForgeSource, Kind::Message) if dice().is_multiple_of(RARELY) => {
            if let Ok(Packet { from, to, bytes }) = Packet::decode(frame) {
                *frame = Packet { from: ProcessId(from.0 ^ 3), to, bytes }.frame();
            }
        }
        (Plant::LosePassed, Kind::Grouped) => {
            let passed = matches!(Grouped::decode(frame), Ok(Grouped::Passed { .. }));
            return !(passed && dice().is_multiple_of(4));
        }
        (Plant::SameContext, Kind::Grouped) => {
            if let Ok(Grouped::Context { .. }) = Grouped::decode(frame) {
                *frame = Grouped::Context { context: 1 << 20 }.frame(frame.id);
            }
        }
        _ => {}
    }
    true
}

/// Whether this input never reaches the daemon.
pub fn swallows(plant: Plant, input: &Input) -> bool {
    let Input::Frame { frame, .. } = input else { return false };
    // What daemons follow themselves, they follow for the board.
    plant == Plant::DeafBoard && frame.kind == Kind::Gone && ProcessId(frame.id.0).sequence() == 0
}
