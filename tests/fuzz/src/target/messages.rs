//! The body of a frame of each kind: what decodes, encodes to something that decodes alike.

use super::{Target, seen};
use bytes::BytesMut;
use posse_wire::msg::{Spawn, Spec};
use posse_wire::{Frame, Kind, Message, decode_frame};

#[allow(dead_code)]
#[path = "../../../../crates/wire/tests/samples/frames.rs"]
mod samples;

pub(super) const TARGET: Target = Target {
    name: "messages",
    says: "the bodies of messages, a frame of each kind",
    run,
    corpus: include_str!("../../corpus/messages.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    let Some(frame) = frame(bytes) else { return 0 };
    let decoded = samples::again(&frame);
    if let Ok(once) = &decoded {
        assert_eq!(samples::again(once).as_ref(), Ok(once));
    }
    let spec = (frame.kind == Kind::Spawn).then(|| spec(&frame));
    let size = decoded.as_ref().map_or(0, |frame| frame.body.len().checked_ilog2().unwrap_or(0));
    let error = decoded.err().map(|error| std::mem::discriminant(&error));
    seen((frame.kind as u16, error, size, spec))
}

/// The first frame. A length that a change made wrong is made right: `frames.rs` is about those.
fn frame(bytes: &[u8]) -> Option<Frame> {
    let (head, body) = bytes.split_at_checked(posse_wire::HEADER_BYTES)?;
    let length = u32::try_from(body.len()).ok()?;
    let all = [&length.to_le_bytes(), &head[4..], body].concat();
    decode_frame(&mut BytesMut::from(&all[..]), usize::MAX).ok()?
}

/// The spec is only read where the process is started.
fn spec(frame: &Frame) -> Option<bool> {
    let spec = Spec::decode(&Spawn::decode(frame).ok()?.spec).ok();
    if let Some(spec) = &spec {
        assert_eq!(Spec::decode(&spec.encode()).as_ref(), Ok(spec));
    }
    Some(spec.is_some())
}

#[cfg(test)]
mod tests {
    use super::{TARGET, frame, samples};
    use posse_wire::Kind;

    #[test]
    fn every_kind_has_an_input_that_decodes() {
        let inputs = crate::parse(TARGET.corpus);
        for kind in Kind::ALL {
            let frames = inputs.iter().filter_map(|input| frame(&input.bytes));
            let mut of_kind = frames.filter(|frame| frame.kind == *kind);
            assert!(of_kind.any(|frame| samples::again(&frame).is_ok()), "{}", kind.name());
        }
    }
}
