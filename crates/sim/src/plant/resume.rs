//! Planted bugs of resumption: what goes over a link that replaces a lost one. Called by
//! `bug.rs` with all that one input made a daemon do, since only the whole of it tells what
//! is said again.

use super::Plant;
use posse_proto::{Effect, Input};
use posse_wire::msg::{Resumed, Settled, Spawn, Welcome};
use posse_wire::{CommandId, Frame, Incarnation, Kind, Message, StreamAck, StreamChunk};

/// Changes what a daemon wants done; `dice` is thrown for each effect that could be hit.
pub fn on_effects(plant: Plant, effects: &mut Vec<Effect>, mut dice: impl FnMut() -> u64) {
    let says_again = effects.iter().any(|effect| sends(effect, Kind::Resumed));
    let mut done = Vec::with_capacity(effects.len());
    for mut effect in effects.drain(..) {
        let after = match (plant, &mut effect) {
            (Plant::LoseResumed | Plant::NeverSettle, effect) if is_lost(plant, effect) => {
                if dice().is_multiple_of(2) {
                    continue;
                }
                None
            }
            (Plant::ResendLate, Effect::Send { frame, .. }) if says_again => {
                start_late(frame);
                None
            }
            (_, Effect::Send { link, frame }) => {
                let link = *link;
                change(plant, frame, &mut dice).map(|frame| Effect::Send { link, frame })
            }
            _ => None,
        };
        done.push(effect);
        done.extend(after);
    }
    *effects = done;
}

/// Changes an input.
pub fn on_input(plant: Plant, input: &mut Input) {
    match (plant, input) {
        (Plant::GoneWhileAlive, Input::NotFound { gone, .. }) => *gone = true,
        (Plant::SameIncarnation, Input::Frame { frame, .. }) if frame.kind == Kind::Welcome => {
            if let Ok(mut welcome) = Welcome::decode(frame) {
                welcome.incarnation = Incarnation(1);
                *frame = welcome.frame(frame.id);
            }
        }
        _ => {}
    }
}

fn sends(effect: &Effect, kind: Kind) -> bool {
    matches!(effect, Effect::Send { frame, .. } if frame.kind == kind)
}

fn is_lost(plant: Plant, effect: &Effect) -> bool {
    let kind = if plant == Plant::LoseResumed { Kind::Resumed } else { Kind::Settled };
    sends(effect, kind)
}

/// Changes a frame; answers with one that is to follow it.
fn change(plant: Plant, frame: &mut Frame, dice: &mut impl FnMut() -> u64) -> Option<Frame> {
    match (plant, frame.kind) {
        (
            Plant::UnflagSpawn | Plant::MissTarget | Plant::SettleEarly | Plant::UnflagAnew,
            Kind::Spawn,
        ) => {
            let mut spawn = Spawn::decode(frame).ok().filter(|spawn| spawn.again)?;
            match plant {
                Plant::UnflagSpawn => spawn.again = false,
                Plant::MissTarget => drop(spawn.targets.pop()),
                Plant::UnflagAnew => spawn.anew = 0,
                _ => {
                    let settled = Settled { commands: vec![frame.id] };
                    return dice().is_multiple_of(2).then(|| settled.frame(CommandId::NONE));
                }
            }
            *frame = spawn.frame(frame.id);
        }
        (Plant::UnflagInputAck, Kind::InputAck) => {
            let ack = StreamAck::decode(frame).ok()?;
            *frame = StreamAck { again: false, ..ack }.frame(Kind::InputAck, frame.id);
        }
        (Plant::WrongResumed, Kind::Resumed) => {
            let Resumed { host, anew } = Resumed::decode(frame).ok()?;
            *frame = Resumed { host: posse_wire::HostId(host.0 + 1), anew }.frame(frame.id);
        }
        _ => {}
    }
    None
}

/// A chunk without its first byte.
fn start_late(frame: &mut Frame) {
    if frame.kind == Kind::Output
        && let Ok(mut chunk) = StreamChunk::decode(frame)
        && chunk.bytes.len() > 1
    {
        chunk.bytes = chunk.bytes.slice(1..);
        chunk.offset += 1;
        *frame = chunk.frame(Kind::Output, frame.id);
    }
}
