//! Limits and times of the daemon's own, each with its reason; what a peer's numbers are checked
//! against stands in `posse_wire::limits`.

use std::time::Duration;

/// News of launches that wait for their campaign; two for each login that may be under way.
pub(crate) const NEWS_MAX: usize = 256;

/// Connections to the direct port whose peer is not known yet; more wait in the kernel's queue. A
/// stranger holds one for the handshake's time at most.
pub(crate) const UNPROVEN_MAX: usize = 8;

/// And this long at least: two round trips to the other side of the earth. When others wait, the
/// oldest of them then makes room, so that a hundred strangers are gone in 3 s.
pub(crate) const UNPROVEN_LEAST: Duration = Duration::from_millis(250);

/// Links of siblings at a time: each is a descriptor and a TLS state of some 30 KiB.
pub(crate) const SIBLINGS_MAX: usize = 64;

/// Links of siblings are made for something; one on which nothing comes for so long is closed.
pub(crate) const SIBLING_IDLE: Duration = Duration::from_secs(30);

/// Hosts that one host dials at a time to measure them; more wait their turn.
pub(crate) const DIALS_MAX: usize = 4;

/// Hosts that one host looks for at a time because who leads does not hear them; that one asks
/// others for more.
pub(crate) const SEEKS_MAX: usize = 64;

/// Ports that were reached from here and are remembered, so that one that is closed is known for
/// what it is; 64 KiB.
pub(crate) const REACHED_MAX: usize = 1_024;

/// Round trips of which the least counts: the first one wakes the other end.
pub(crate) const ECHOES: u64 = 5;

/// All of them together.
pub(crate) const ECHO_WITHIN: Duration = Duration::from_secs(3);

/// A burst there and back: 1 MiB each way at 2 Mbit/s.
pub(crate) const BURST_WITHIN: Duration = Duration::from_secs(10);

/// Who has dialed may take so long to be told that it is welcome, or why not.
pub(crate) const TOLD_WITHIN: Duration = Duration::from_secs(1);

/// A port that never was dialed from here may be behind a firewall that says nothing: so long it
/// is tried for a lost host before another login.
pub(crate) const UNTRIED_WITHIN: Duration = Duration::from_secs(1);

/// One that was may answer late, over a line that stalls; but a login is to have its chance too
/// before the host is declared down.
pub(crate) const TRIED_WITHIN: Duration = Duration::from_secs(4);

/// An ssh server that has not said a word after this is taken for dead, so that it is known within
/// 10 s with what else an `up` takes; pdsh waits 10 s, clush 15 s.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(8);

/// Before it has heard its server, ssh writes one line of at most 255 bytes (RFC 4253, 4.2); the
/// first packet that it then sends, the offer of key exchange, has over 1,000. Warnings may come
/// before: what is over this counts as "has heard", and the host has the whole time of `up`.
pub(crate) const UNHEARD_BYTES_MAX: u64 = 512;

/// How often a launch that has heard nothing looks whether a person is being asked meanwhile.
pub(crate) const SILENCE_LOOK: Duration = Duration::from_secs(1);

/// `ssh -G` reads files, and what `Match exec` in them runs.
pub(crate) const SETTINGS_WITHIN: Duration = Duration::from_secs(2);

/// What `ssh -G` prints is 5 KiB.
pub(crate) const SETTINGS_BYTES_MAX: usize = 64 * 1024;

/// Changes of the host table that may wait are written together after this: 128 hosts that come
/// up at once cost some writes and not 128.
pub(crate) const GATHER: Duration = Duration::from_millis(100);

/// Pipes of a process that streams are widened to this from the kernel's 64 KiB: a quarter of the
/// wake-ups. Within what the kernel lets every user have (16,384 pages) for 256 such pipes.
pub(crate) const WIDE_PIPE_BYTES: usize = 256 * 1024;

/// What a main process leaves behind is asked to end, and killed after this.
pub(crate) const LEFTOVER_GRACE: Duration = Duration::from_millis(500);

/// Versions of the binary that a cache keeps at least, however old: the one in use, and the one
/// that an upgrade may be taken back to.
pub(crate) const CACHE_KEPT: usize = 2;

/// A version that no daemon has used for so long is removed. Daemons on other hosts of a shared
/// home can not be seen from here, but they mark theirs every day.
pub(crate) const CACHE_AGE: Duration = Duration::from_secs(30 * 24 * 3600);

/// How often a daemon marks its version as used and looks for old ones.
pub(crate) const CACHE_LOOK_EVERY: Duration = Duration::from_secs(24 * 3600);

/// What a broken transfer left is removed after this; no transfer takes so long.
pub(crate) const CACHE_PART_AGE: Duration = Duration::from_secs(24 * 3600);

/// A launcher that lost its connection ends at once and says how; for one that stays, nobody
/// waits longer.
pub(crate) const LAUNCHER_SAYS: Duration = Duration::from_millis(700);

/// A login that is to find a lost host again has this long: less than the time after which the
/// host is declared down.
pub(crate) const REDIAL_WITHIN: Duration = Duration::from_secs(8);

/// Logins at a time that look for lost hosts: a computer that wakes has lost all of them at once,
/// and one server behind many names takes ten (MaxStartups).
pub(crate) const REDIALS_MAX: usize = 10;

/// A disk that takes nothing of the control state is tried again after this.
pub(crate) const DISK_AGAIN: Duration = Duration::from_millis(500);

/// Who found nobody that leads asks again after this, or when somebody does.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(200);

/// The host that leads is asked again after this: more than a round trip through a tree and two
/// writes, a fifth of the time in which a majority is to be found.
pub(crate) const OTHER_ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// What another host asked is remembered for so long, so that it is not asked twice: longer than
/// it waits, whose own clock began before.
pub(crate) const HEARD_KEPT: Duration = Duration::from_secs(2);

/// What may be asked of the control state and not answered, for all front ends together.
pub(crate) const ASKS_MAX: usize = 16_384;

/// A host that is up for so long may be asked to vote: `posse up` of many is over, and one that
/// comes and goes is not chosen.
pub(crate) const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// How often the one that leads looks at its followers while something is under way among them.
pub(crate) const MEMBERS_LOOK_EVERY: Duration = Duration::from_millis(500);

/// Before a new epoch begins, the voters have this long to show that there is no need for one.
pub(crate) const RECOVER_LOOK_WITHIN: Duration = Duration::from_secs(5);

/// What the daemon itself has to tell, and could not, it tells again after this.
pub(crate) const TELL_AGAIN: Duration = Duration::from_millis(500);

/// Who waits for a name looks this often where this host has no copy of the state.
pub(crate) const WAIT_LOOK_EVERY: Duration = Duration::from_secs(1);

/// After a failed accept (no descriptors left) the next one waits, so that the daemon does not
/// spin.
pub(crate) const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// A line between two that vote is dialed again at most so often.
pub(crate) const LINE_AGAIN: Duration = Duration::from_secs(1);

/// A dial of one ends by then: four round trips to the other side of the earth, and a lost packet.
/// Meanwhile others may begin, so that a way that opens is found at once.
pub(crate) const LINE_DIAL_WITHIN: Duration = Duration::from_secs(3);

/// A line on which nothing comes for so long is closed: the other end votes no more, or is gone.
pub(crate) const LINE_IDLE: Duration = Duration::from_secs(30);

/// Who votes answers most of what is said to it, and what is not answered is said again every
/// second or so. A line that was spoken into for so long without a word back has lost its other
/// end, and another is dialed: a cut network leaves such lines behind, in which the kernel tries
/// again more and more seldom.
pub(crate) const LINE_DEAF: Duration = Duration::from_secs(2);

/// Words that were said meanwhile: one or two may have been answers.
pub(crate) const LINE_DEAF_WORDS: u32 = 3;

/// Words beyond this are dropped, and said again: some pieces of a snapshot.
pub(crate) const LINE_QUEUE_BYTES_MAX: usize = 1024 * 1024;

/// A host that leads the control state looks so often whether it should lead the vm.
pub(crate) const LEAD_LOOK_EVERY: Duration = Duration::from_millis(250);

/// The way up of a host is gone, not only being remade: a crashed owner's daemon is back in less.
pub(crate) const PARENT_GONE: Duration = Duration::from_secs(2);

/// Hosts are told of other voters within this; the old ones are believed until then.
pub(crate) const VOTERS_LOOK_EVERY: Duration = Duration::from_secs(2);

/// Pairs of processes that were told of each other and have no link yet.
pub(crate) const EXPECTED_MAX: usize = 4096;

/// How long a call may take to come after that: a lost packet of the dialer's is sent again after
/// 1 s, 3 s and 7 s.
pub(crate) const EXPECTED_WITHIN: Duration = Duration::from_secs(15);

/// Codes by which others may join that are out at a time: a person gives them out by hand.
pub(crate) const INVITATIONS_MAX: usize = 64;

/// Computers that one code is for: a room of them.
pub(crate) const INVITED_AT_ONCE_MAX: u32 = 1000;

/// Who shows a code that is not good waits so long for the word on it: 128 bits are not guessed,
/// and a program that tries does not fill the log.
pub(crate) const WRONG_CODE_WAITS: Duration = Duration::from_secs(1);

/// A host that joined dials so long after its link was lost, and after each try twice as long as
/// before, up to the second: the owner's machine may be off for a night.
pub(crate) const BACK_AFTER: Duration = Duration::from_millis(500);
pub(crate) const BACK_AFTER_MOST: Duration = Duration::from_secs(30);

/// A host that wants to leave is let go in this time, or leaves by itself.
pub(crate) const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// How often a host looks whether its time to leave has come: the clock on the wall may be set.
pub(crate) const UNTIL_LOOK_EVERY: Duration = Duration::from_secs(5);

/// The daemon of a computer that joined has its link by then; the network was there just now.
pub(crate) const JOINED_WITHIN: Duration = Duration::from_secs(15);

/// Who is at the door at a time, after its key was proven.
pub(crate) const INVITED_JOINS_MAX: usize = 16;

/// Tasks that are to give way end by then, politely or not.
pub(crate) const VACATE_WITHIN: Duration = Duration::from_secs(30);
