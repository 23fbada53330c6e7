//! Limits and times of the faces, each with its reason. Read by the faces.

use std::time::Duration;

/// A file of hosts larger than this is none.
pub const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// `#include` in a group file goes no deeper.
pub const DEPTH_MAX: u32 = 16;

/// A host that has not come up after this time is given up: longer than pdsh's 10 s to connect,
/// since a new host is sent the binary.
pub const UP_WITHIN: Duration = Duration::from_secs(60);

/// So long the hosts that are up wait for others, to be started together.
pub const TOGETHER: Duration = Duration::from_secs(1);

/// Commands that run at once where a face limits its hosts: each has a thread. A window of more
/// hosts than this may wait until all hosts of one command are done.
pub const COMMANDS_TOGETHER: usize = 64;

/// News that wait to be shown: a chunk each, 64 KiB at most.
pub const NEWS_MAX: usize = 64;

/// How often a window with room looks for hosts that have come up.
pub const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Logins at a time, as `posse up` has them.
pub const LOGIN_WINDOW: u32 = 64;
