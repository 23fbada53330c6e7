//! An input cut in pieces, for targets where a cut must make no difference. Called by them.

/// Pieces of the input whose sizes its own bytes determine: a cut must make no difference.
pub(super) fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    let mut size = bytes.len() % 7 + 1;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(size.min(rest.len()));
        size = piece.last().map_or(1, |last| usize::from(*last) % 13 + 1);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}
