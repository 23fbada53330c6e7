//! Limits and delays of links, of local sockets and of launching, each with its reason.
//!
//! Not for: what a peer's frames are checked against, nor what several crates share (both in
//! `wire::limits`). Used throughout this crate.

use std::time::Duration;

/// One read of a link: a stream chunk and its header fit.
#[cfg(feature = "tls")]
pub(crate) const READ_BYTES_MAX: usize = 128 * 1024;

/// Frames up to this size are joined with their header into one buffer; longer bodies are shared.
#[cfg(feature = "tls")]
pub(crate) const JOIN_BYTES_MAX: usize = 1024;

/// Buffers handed to one writev(2); Linux allows 1024, more than 64 gained nothing.
#[cfg(feature = "tls")]
pub(crate) const SLICES_MAX: usize = 64;

/// A key file is 84 bytes; more than this is something else.
#[cfg(feature = "tls")]
pub(crate) const KEY_FILE_BYTES_MAX: u64 = 256;

/// Hosts in a file with a vm's key: those that vote or follow are ten at most, and some more are
/// there should these be gone.
#[cfg(feature = "tls")]
pub(crate) const VM_KEY_HOSTS_MAX: usize = 16;

/// Such a file: a line of at most 150 bytes for each host, and 160 before them.
#[cfg(feature = "tls")]
pub(crate) const VM_KEY_FILE_BYTES_MAX: u64 = 4096;

/// Hosts that are asked who leads, those that others name included: each is asked once, and
/// nobody is sent around for ever.
#[cfg(feature = "tls")]
pub(crate) const ASKED_MAX: usize = 2 * VM_KEY_HOSTS_MAX;

/// Where none answers, so many say why: the others are no different.
#[cfg(feature = "tls")]
pub(crate) const REASONS_SHOWN: usize = 3;

/// Where hosts are reached but none leads yet, they are asked again until then: a silent leader is
/// given up after 9 s, another chosen in two, and takes over three seconds later.
#[cfg(feature = "tls")]
pub(crate) const LEADER_WITHIN: Duration = Duration::from_secs(15);

/// And so often.
#[cfg(feature = "tls")]
pub(crate) const LEADER_LOOK_EVERY: Duration = Duration::from_millis(300);

/// Whoever knows better than the host that has the owner's machine above it says so within this,
/// from the other side of the earth too; a host that is gone says nothing for longer.
#[cfg(feature = "tls")]
pub(crate) const OTHERS_WITHIN: Duration = Duration::from_secs(2);

/// What a front end said last has this long to arrive: some round trips to the other side of the
/// earth.
#[cfg(feature = "tls")]
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(2);

/// An idle link of a front end is probed after this, then so often, and is over after so many
/// probes without answer: together 9 s, as for hosts.
#[cfg(feature = "tls")]
pub(crate) const PROBE_AFTER: Duration = Duration::from_secs(3);
#[cfg(feature = "tls")]
pub(crate) const PROBE_EVERY: Duration = Duration::from_secs(2);
#[cfg(feature = "tls")]
pub(crate) const PROBES: u32 = 3;

/// Connections that wait for `accept`: front ends started at once by a shell loop.
pub(crate) const BACKLOG_MAX: i32 = 1024;

/// `sun_path` of unix(7) is 108 bytes, its last one is zero.
pub(crate) const SOCKET_PATH_BYTES_MAX: usize = 107;

/// A vm's name is a directory's name and stands in prompts and file names.
pub(crate) const VM_NAME_BYTES_MAX: usize = 64;

/// A host has the longest name that the DNS allows.
pub(crate) const HOST_NAME_BYTES_MAX: usize = 255;

/// Logins under way at one server. sshd's default MaxStartups 10:30:100 begins to drop at 10
/// unauthenticated connections; 8 leaves room for people.
pub(crate) const LOGINS_PER_GATE_MAX: usize = 8;

/// Logins under way in all: each costs this machine 0.1 s of CPU, and more at once than this only
/// makes each slower.
pub(crate) const LOGINS_MAX: usize = 64;

/// Tries per host, the first included: with the delays below they span about 8 s.
pub(crate) const LOGIN_TRIES_MAX: u32 = 5;

/// Wait before the second try; doubled for each further one.
pub(crate) const LOGIN_RETRY_AFTER: Duration = Duration::from_millis(500);

/// What start-up files may print before the first line of ours. Real ones print a page; 1 MiB of
/// noise is a program that does not end.
pub(crate) const NOISE_BYTES_MAX: usize = 1024 * 1024;

/// A line of ours: a place, a step, and an error text with a path in it.
pub(crate) const LINE_BYTES_MAX: usize = 4 * 1024;

/// What is kept of a launch's stderr. The longest of ssh's own messages, the changed host key, has
/// 900 bytes; what counts comes last, after a banner.
pub(crate) const STDERR_KEPT_BYTES_MAX: usize = 8 * 1024;

/// The longest `uname -s -m` worth repeating.
pub(crate) const HOST_KIND_BYTES_MAX: usize = 64;

/// The first stage knows five places, and asks at most once for each.
pub(crate) const ASKS_MAX: usize = 5;

/// More kinds of host than this cannot be named in one command line of old csh's size.
pub(crate) const BINARY_KINDS_MAX: usize = 8;

/// A front end waits so long for a daemon that has crashed and is being started again. Its keeper
/// first ends what it left, which has 2 s, and may find a busy machine.
pub(crate) const RESTART_WITHIN: Duration = Duration::from_secs(5);

/// And looks so often: such a start takes some 50 ms.
pub(crate) const RESTART_LOOK_EVERY: Duration = Duration::from_millis(20);

/// A state directory that somebody holds is looked at again after this: an ending daemon takes
/// tens of milliseconds.
pub(crate) const HOLD_LOOK_EVERY: Duration = Duration::from_millis(20);

/// So often a state directory is made whose parent another vm's end removes meanwhile; twice in a
/// row is rare already.
pub(crate) const MAKE_TRIES: usize = 3;

/// Written to see whether a disk has room: a block of most file systems.
pub(crate) const PROBE_BYTES: usize = 4096;

/// Descriptors that go with one message: nobody here sends more, and what more there were are
/// closed by the kernel.
pub(crate) const DESCRIPTORS_MAX: usize = 4;

/// What a process has sent to another one directly and was not taken for so long goes another way:
/// past the pauses of a busy machine, before its receiver's host is declared down.
#[cfg(feature = "tls")]
pub(crate) const STUCK_AFTER: Duration = Duration::from_secs(5);

/// A longer word is no code of an invitation: with eight addresses it has half of that.
pub(crate) const CODE_BYTES_MAX: usize = 1024;
