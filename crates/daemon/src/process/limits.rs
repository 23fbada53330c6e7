//! The limits and timeouts of processes on one host, each with its reason. Nothing here is seen
//! by a peer; what peers see stands in `posse_wire::limits`. Used by `process` and `keeper`.

use std::time::Duration;

/// Descriptors of one process that are carried: three are usual, GXP's `--fd` adds a few.
/// One message of a unix socket takes 253.
pub const PIPES_MAX: usize = 64;

/// What is read of an environment to find the mark of a command: the kernel itself refuses more
/// than 2 MiB of arguments and environment under the usual stack limit.
pub const ENVIRON_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The daemon's thread waits this long for a trampoline to say that it could not start a program;
/// it takes a millisecond. Past it (a dead file server) the process counts as started.
pub const TRAMPOLINE_WITHIN: Duration = Duration::from_secs(2);

/// What a trampoline may be told, and may say: numbers of descriptors and limits, one sentence.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// `posse env --load`: conda and large module trees take seconds, a prompt takes for ever.
pub const LOAD_WITHIN: Duration = Duration::from_secs(60);

/// What a login shell may print while it loads an environment, the environment included.
pub const LOAD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Environments that are kept: one a group of hosts in the user's configuration.
pub const LOADED_MAX: usize = 64;

/// Between two looks at processes that were told to end: short, since `posse e` waits for it.
pub const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What one polite look at a family may take of the daemon's thread: a thousand processes on an
/// idle computer. A fork bomb is not asked to the last process; it is killed to the last.
pub const POLITE_WITHIN: Duration = Duration::from_millis(20);

/// Passes over a family to stop all of it before it is killed; one that forks faster than it is
/// stopped gets the next round.
pub const STOP_PASSES: usize = 6;

/// What is left after this many rounds of SIGKILL forks faster than it is killed, and is put into
/// a cgroup where that is possible; dying itself takes a large process one or two.
pub const ROUNDS_BEFORE_CGROUP: u32 = 3;

/// From the first SIGKILL to giving up: what then remains hangs in the kernel or belongs to
/// another user.
pub const KILL_WITHIN: Duration = Duration::from_secs(5);

/// From SIGTERM to SIGKILL for what is left when a daemon is over.
pub const KEEPER_GRACE: Duration = Duration::from_secs(1);

/// A new life of a daemon waits this long for the keeper of the last one, which needs
/// [`KEEPER_GRACE`] where something does not end politely.
pub const PREDECESSOR_WITHIN: Duration = Duration::from_secs(4);

/// A daemon that crashes is started again this often within [`RESTART_WINDOW`]. One that is killed
/// (by a person, by the kernel for its memory) is so always, and from then on after a pause.
pub const RESTARTS_MAX: usize = 3;

/// That pause: an endless round of it takes nobody's core.
pub const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// The minute in which [`RESTARTS_MAX`] counts.
pub const RESTART_WINDOW: Duration = Duration::from_secs(60);
