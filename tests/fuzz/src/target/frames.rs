//! A stream of frames: the header, limits before and after the handshake, any cut.

use super::{Target, pieces, seen};
use bytes::BytesMut;
use posse_wire::{Frame, HEADER_BYTES, WireError, decode_frame, limits};

pub(super) const TARGET: Target = Target {
    name: "frames",
    says: "headers and lengths of frames",
    run,
    corpus: include_str!("../../corpus/frames.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    let limits = [limits::UNAUTHENTICATED_FRAME_BYTES_MAX, limits::CONTROL_FRAME_BYTES_MAX];
    let [stranger, friend] = limits.map(|most| {
        let whole = frames([bytes], most);
        assert_eq!(frames(pieces(bytes), most), whole, "cut");
        whole
    });
    assert!(stranger.0.len() <= friend.0.len() && friend.0.starts_with(&stranger.0));
    let sent: Vec<u8> = friend.0.iter().flat_map(Frame::to_bytes).collect();
    assert!(bytes.starts_with(&sent), "encodes to what it was");
    let kinds: Vec<_> = friend.0.iter().map(|frame| frame.kind as u16).take(3).collect();
    seen((kinds, friend.0.len().min(4), stranger.1.is_some(), friend.1.map(discriminant)))
}

/// What a stream holds, and what ended it.
fn frames<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    most: usize,
) -> (Vec<Frame>, Option<WireError>) {
    let (mut input, mut found) = (BytesMut::new(), Vec::new());
    let mut sent = 0;
    for piece in pieces {
        input.extend_from_slice(piece);
        sent += piece.len();
        loop {
            match decode_frame(&mut input, most) {
                Ok(Some(frame)) => found.push(frame),
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
        assert!(input.capacity() <= 2 * (sent + most + HEADER_BYTES), "more than may be claimed");
    }
    (found, None)
}

fn discriminant(error: WireError) -> std::mem::Discriminant<WireError> {
    std::mem::discriminant(&error)
}
