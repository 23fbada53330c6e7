//! What bounds inputs and outputs of tasks, each with its reason.

/// What inputs have in them is remembered by a host for so many; then it asks anew.
pub(super) const FINDS_MAX: usize = 65_536;

/// Attempts whose outputs come to one holder at a time: each has some open files and a megabyte on
/// the way. Others are offered again.
pub(super) const COMING_MAX: usize = 256;

/// Paths of inputs that a holder knows of one job: a hundred bytes each.
pub(super) const PATHS_MAX: usize = 1 << 20;
