//! What the renderers hold back at most, each with its reason. Limits of the wire are not here
//! but in `posse_wire::limits`. Read by the other files of this folder.

/// Unfinished lines of all hosts together, in a front end that may use 64 MiB: a line that grows
/// alone up to this is copied once while it grows.
pub const LINES_HELD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Grouped and folded output in memory; the rest is in the spill file.
pub const STORE_HELD_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The spill file of one command: a command that prints without end must not fill the disk.
pub const SPILL_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// A piece of held output: what one read of it takes, and one write to the outlet.
pub const BLOCK_BYTES: usize = 64 * 1024;

/// Output descriptors of one process: each costs a fold 16 bytes a host.
pub const FDS_MAX: usize = 16;

/// Files open at once by `--out`, well below the usual 256 of the smallest systems.
pub const FILES_OPEN_MAX: usize = 64;

/// A file name made of a host's: NAME_MAX is 255, less what the template adds.
pub const FILE_NAME_BYTES_MAX: usize = 200;

/// A terminal sequence that is longer than this is no colour.
pub const COLOUR_BYTES_MAX: usize = 32;

/// Labels are aligned up to this width; a longer one sticks out.
pub const LABEL_WIDTH_MAX: usize = 32;

/// The words of a host in a status line: the rest would hide the other lines.
pub const REASON_CHARS_MAX: usize = 400;

/// What is compared line by line of one output; above it, that it differs is all that is said.
pub const DIFF_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Differing lines of two outputs: the trace of the search grows with its square (8 MiB here).
pub const DIFF_EDITS_MAX: usize = 1_000;
