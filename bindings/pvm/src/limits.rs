//! Limits of the library, each with its reason.

/// Bytes of one message: PVM gives lengths as C `int`s, so a longer one could not be described.
pub const MESSAGE_BYTES_MAX: usize = i32::MAX as usize;

/// Largest `PvmFragSize` that PVM takes. The value changes nothing here.
pub const FRAGMENT_BYTES_MAX: i32 = 1 << 20;

/// Smallest one: a message header and a word.
pub const FRAGMENT_BYTES_MIN: i32 = 64;

/// Bytes of a line of a child's output that are kept until its end comes; a longer line is cut.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// Members of one group: as many tasks as PVM gives a host.
pub const MEMBERS_MAX: usize = 1 << 18;

/// Tasks of which it is remembered that their output has ended: more than one `pvm_spawn` of
/// another thread starts while this one receives.
pub const ENDED_MAX: usize = 4096;
