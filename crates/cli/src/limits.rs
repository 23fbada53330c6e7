//! Limits of the front end, each with its reason; those of output and of copies stand beside them
//! in `output/limits.rs` and `cp/limits.rs`.

use std::time::Duration;

/// What a host may print of its environment: the kernel's own limit of an argument list is 2 MiB.
pub const ENVIRONMENT_BYTES_MAX: usize = 4 << 20;

/// Masks that are kept on the stack.
pub const MASK_DEPTH_MAX: usize = 64;

/// A file of the user's configuration that is larger is none.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;

/// What `doctor` keeps of each stream; a login that prints more is cut.
pub const SAID_BYTES_MAX: u64 = 256 * 1024;

/// Hosts that a command brings up because it names them; more is a slip of the keyboard rather
/// than a wish.
pub const STRANGERS_MAX: usize = 256;

/// Seconds that a host has to come up when a command names it: as `posse up` by default.
pub const UP_WITHIN_S: u64 = 60;

/// A password or passphrase that is longer is none: sudo takes 256, ssh 1024.
pub const ANSWER_BYTES_MAX: usize = 1024;

/// Pairs of hosts that `net` measures at a time: enough that those who wait for a firewall's
/// silence do not hold up the others, few enough that they do not measure each other.
pub const PAIRS_MAX: usize = 8;

/// A link between hosts that is to be measured is waited for this long; daemons allow no more.
pub const DIAL_MS_MAX: u32 = 2_000;

/// And this long at least, however near they are: two busy hosts take a tenth for the handshake.
pub const DIAL_MS_LEAST: u64 = 600;

/// Questions that `net` asks over one connection: the daemon gives each 256 ids.
pub const QUESTIONS_MAX: u32 = 250;

/// Hosts that `net` asks for an echo at a time: as with pairs.
pub const PINGS_MAX: usize = 4;

/// A directory service may be slow, but not for ever.
pub const SUDO_CHECK_WITHIN: Duration = Duration::from_secs(60);

/// What a program of a group source may print: as long as an expression may be.
pub const SOURCE_BYTES_MAX: u64 = posse_hostset::limits::MAX_TEXT as u64;

/// A batch system's own commands answer in a second, in ten when it is in trouble; a person waits
/// for this.
pub const SOURCE_WITHIN: Duration = Duration::from_secs(20);

/// Groups of a source that are asked for one by one where the program does not know `all`.
pub const SOURCE_GROUPS_MAX: usize = 256;

/// A file of names (ssh's, `/etc/hosts`) is read as far as the grammar looks at it.
pub const NAMES_BYTES_MAX: u64 = posse_hostset::limits::MAX_FILE as u64;

/// How deep files of ssh's configuration include each other, and how many are read: ssh itself
/// stops at a depth of 16.
pub const INCLUDE_DEPTH_MAX: usize = 16;
pub const INCLUDED_FILES_MAX: usize = 1024;

/// What `posse use` may state: a person types some, a script a screenful.
pub const STATEMENTS_MAX: usize = 256;

/// Hosts that are tried as ways to one target before it is given up: each try is a login that its
/// server may count as an attack.
pub const TRIED_THROUGH_MAX: usize = 6;

/// Of hosts that are called alike so many are tried for one target: where two could not, a third
/// seldom can.
pub const ALIKE_TRIED_MAX: usize = 2;

/// Batches of launches that are under way at once, each with a thread that listens. One is the way
/// from here; the others let hosts go on that have failed while one of an earlier batch hangs.
pub const BATCHES_MAX: usize = 8;

/// Hosts that fail within this time of each other go on in one batch.
pub const GATHER: Duration = Duration::from_millis(200);

/// News of launches that may wait: beyond it the listening threads do, and their queues thin out.
pub const LAUNCH_NEWS_MAX: usize = 256;

/// So many daemons of a vm in a row may be ended by somebody else just when `posse down` tells
/// them to end.
pub const LIVES_MAX: usize = 5;

/// Hosts have given out the ids of a command's processes as soon as they have heard of it; one
/// that has not by then is cut off.
pub const MEMBERS_WITHIN: Duration = Duration::from_secs(5);

/// How often they are asked meanwhile: a question of a loopback takes one millisecond.
pub const MEMBERS_LOOK_EVERY: Duration = Duration::from_millis(20);

/// A host that does not say in this time how busy it is, or what runs there, is taken as idle.
pub const LOAD_WITHIN: Duration = Duration::from_secs(2);

/// A line of a task at the console of PVM; a longer one is given in parts, since a task may write
/// without ever ending a line.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// Processes that are spawned at once: a command has no more.
pub const SPAWNED_MAX: u32 = 65_536;

/// A code by which others join is good so long: from an afternoon to the next morning.
pub const INVITED_FOR: Duration = Duration::from_secs(12 * 3600);

/// What is read of a code from stdin: those that there are have a tenth of it.
pub const CODE_BYTES_MAX: u64 = 4096;
