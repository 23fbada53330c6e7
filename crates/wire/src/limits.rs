//! Every limit and timeout of the wire and the state machines, each with its reason.
//! The only place for such numbers: decoders check against these before they allocate.

use std::time::Duration;

/// A frame before the peer is known: hello, key and facts fit in a quarter of this.
pub const UNAUTHENTICATED_FRAME_BYTES_MAX: usize = 4 * 1024;

/// A control frame: a spawn for 65,536 hosts (12 B a target) with its environment fits.
pub const CONTROL_FRAME_BYTES_MAX: usize = 1024 * 1024;

/// A stream chunk. Bounds how long a control frame waits behind data: 64 KiB is 0.5 ms at
/// 1 Gbit/s; larger chunks gained nothing over ssh, whose own packets are 32 KiB.
pub const CHUNK_BYTES_MAX: usize = 64 * 1024;

/// A burst that measures a link, each way: 4 MiB are 30 ms at 1 Gbit/s, enough for TCP to find its
/// pace on what is near.
pub const BURST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest body of a stream frame: a chunk and its prefix.
pub const STREAM_FRAME_BYTES_MAX: usize = CHUNK_BYTES_MAX + 64;

/// A part of what a client and the daemon that leads say to each other through others: a whole
/// frame of a stream fits.
pub const PASSED_BYTES_MAX: usize = STREAM_FRAME_BYTES_MAX + crate::HEADER_BYTES;

/// Clients that are passed on through one daemon: some for each process of a large host.
pub const PASSED_MAX: usize = 16_384;

/// What stands before the bytes of a message in its first frame: envelope and attributes.
pub const MESSAGE_HEAD_BYTES_MAX: usize = 8 * 1024;

/// Longest body of a message frame: source, head, a chunk.
pub const MESSAGE_FRAME_BYTES_MAX: usize = 8 + MESSAGE_HEAD_BYTES_MAX + CHUNK_BYTES_MAX;

/// Processes that want to know when a given one is over. A member of a large group may be followed
/// by all others; who comes later is refused by being told nothing until it asks again.
pub const FOLLOWERS_MAX: usize = 65_536;

/// Pairs of processes of one host that may have shared memory between them at a time: two rings of
/// 20 KiB each, so that all of them together stay below a gigabyte. Others go through the daemon.
pub const MEETINGS_MAX: usize = 24_000;

/// Processes in the list of one host: 160 B of title and 60 B of numbers each fit a control frame.
pub const ENROLLED_LISTED_MAX: usize = 4_096;

/// Processes that are over and that their host still knows: who has them started asks within a
/// round trip what became of them.
pub const ENROLLED_OVER_MAX: usize = 4_096;

/// What may wait on a link before messages for it are dropped; who sent them sends again. Credit
/// between two processes keeps it far below, this bounds thousands of pairs.
pub const MESSAGES_QUEUED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What one source may have sent and not yet seen acknowledged, when few hosts take part.
/// 256 KiB covers 20 ms of round trip at 100 Mbit/s, and is the kernel's own scale for pipes.
pub const WINDOW_BYTES_MAX: u32 = 256 * 1024;

/// The least window: a page, below which a line could not be sent whole.
pub const WINDOW_BYTES_MIN: u32 = 4 * 1024;

/// What the windows of all processes of one command may hold at the front end together:
/// half of the 64 MiB that the front end is promised to stay under.
pub const WINDOW_TOTAL_BYTES: u32 = 32 * 1024 * 1024;

/// Window of the stdin that is duplicated to all: larger than an output window, since one buffer
/// serves all receivers at the front end and each host holds one.
pub const STDIN_WINDOW_BYTES: u32 = 1024 * 1024;

/// Hosts in one command: the hostset grammar's own limit.
pub const TARGETS_MAX: usize = 65_536;

/// Processes of one command on one host (`--per-host`): far above any core count.
pub const PER_HOST_MAX: u32 = 4_096;

/// Commands in flight through one daemon; beyond it a spawn is refused, NotDone.
pub const COMMANDS_MAX: usize = 4_096;

/// Commands in one list: those in flight and the detached ones whose output is kept.
pub const COMMANDS_LISTED_MAX: usize = COMMANDS_MAX + KEPT_MAX;

/// Settled commands that wait for the next heartbeat of a link; more are told at once.
pub const SETTLED_MAX: usize = 256;

/// Detached commands that are over and whose output is still kept; the oldest goes first.
pub const KEPT_MAX: usize = 64;

/// Detached commands that are over and of which a host still keeps what its own processes said;
/// the oldest that its origin has goes first. More than an origin keeps, since it decides.
pub const HELD_MAX: usize = 2 * KEPT_MAX;

/// Commands that were dropped or denied, remembered by their ids: those are not taken over again
/// from a host that was away then, these are not started should they come yet.
pub const DROPPED_MAX: usize = 4 * KEPT_MAX;

/// Hosts whose fate is open when another origin takes a command over have been found, declared
/// down or heard after this: [`DOWN_AFTER`], [`ORPHAN_WITHIN`], a round trip.
pub const OFFERS_WITHIN: Duration = Duration::from_secs(15);

/// What is read back at a time of what a host keeps of a detached command. A read holds up all
/// else in the daemon: this much takes a tenth of a millisecond from memory.
pub const FETCH_BYTES_MAX: usize = 256 * 1024;

/// What lists and events show of a command's title: 4,160 of them fit a control frame.
pub const TITLE_BYTES_MAX: usize = 160;

/// Carried streams of one process: descriptors 0 to 2 and what `--fd` adds.
pub const PIPES_MAX: usize = 64;

/// Requests of daemons below one relay that wait for the owner's signature at a time.
pub const JOINS_MAX: usize = 4_096;

/// Links of one daemon: children of a flat vm, clients, neighbours.
pub const LINKS_MAX: usize = 16_384;

/// What may wait to be sent on one link. Credit keeps streams far below it: 32 MiB of output for
/// a front end, 1 MiB of input per command for a host. Who reads so slowly that events and the
/// like pile up beyond it is cut off.
pub const LINK_QUEUE_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Between heartbeats on a link where nothing else was sent (design D5).
pub const HEARTBEAT_EVERY: Duration = Duration::from_millis(250);

/// A host that only has its parent answers the parent's heartbeats, and looks at the time itself
/// when none came for so long: an idle host wakes for the heartbeat and nothing else.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A look at the time that comes this much later than asked for means that this daemon itself was
/// stopped or asleep: what it did not hear meanwhile proves nothing.
pub const LATE_AFTER: Duration = Duration::from_millis(750);

/// A link's peer is suspected after this part of the silence that is taken for death (3 s and 12
/// heartbeats of [`DOWN_AFTER`]; shown, nothing ended).
pub const SUSPECT_PART: u32 = 3;

/// Silence after which the peer is down. Pauses up to 8 s must not be deaths, a death must be
/// known within 10 s (PVM waits 180 s, Open MPI with fault tolerance 10 s, Ray 25 s).
pub const DOWN_AFTER: Duration = Duration::from_secs(9);

/// A vm may have another: less than some heartbeats would take every stall for a death, and more
/// than an hour is no detection.
pub const DOWN_AFTER_MIN: Duration = Duration::from_secs(2);

/// See [`DOWN_AFTER_MIN`].
pub const DOWN_AFTER_MAX: Duration = Duration::from_secs(3600);

/// A host whose link was lost late in a silence is still looked for this long: a login takes a
/// tenth of it, and a death must be known within 10 s all the same.
pub const REDIAL_LEAST: Duration = Duration::from_secs(1);

/// A launch that is asked for while another host leads waits so long for the owner's daemon to
/// lead again: that takes some seconds where nobody works on the other host.
pub const UP_HELD_WITHIN: Duration = Duration::from_secs(30);

/// The end of a vm waits so long for hosts that are being looked for: by then they are found or,
/// with the usual silence for death, given up. After that they end by themselves.
pub const DOWN_HELD_WITHIN: Duration = Duration::from_secs(10);

/// Of those; more are refused at once.
pub const UPS_HELD_MAX: usize = 64;

/// Hosts that are asked at a time to look for one that is not heard: the network in between has
/// several parts, and each of these is likely in another one. As many are named in a reason.
pub const SEEKERS: usize = 3;

/// Hosts that are asked in all, three times as many: so many tries end before [`DOWN_AFTER`].
pub const SEEKERS_MAX: usize = 3 * SEEKERS;

/// A host that is asked to look for another finds it within this or not at all: as
/// [`DIAL_WITHIN`], so that three tries go between suspicion (3 s) and death (9 s).
pub const SEEK_WITHIN: Duration = DIAL_WITHIN;

/// Who was asked and says nothing for so long is asked no more: [`SEEK_WITHIN`] and a way there and
/// back through relays.
pub const SEEK_ANSWERED_WITHIN: Duration = Duration::from_secs(3);

/// Only who was heard this shortly ago is asked: four heartbeats. Where the asking host itself is
/// cut off, nobody is.
pub const SEEKER_HEARD_WITHIN: Duration = Duration::from_secs(1);

/// Relays on the way to a host; a longer chain is a circle, as there may be for a moment. Each adds
/// a round trip, so that even a few are slow.
pub const RELAYS_MAX: usize = 64;

/// An address and a port: IPv6 with a scope takes some 80 bytes.
pub const ADDRESS_BYTES_MAX: usize = 256;

/// A host whose relay is down is looked for this long before it is declared down too.
pub const ORPHAN_WITHIN: Duration = Duration::from_secs(5);

/// After the first try to reach a host whose link was lost: its daemon may have been about to die,
/// and its death is to be known within a second.
pub const REDIAL_SOON: Duration = Duration::from_millis(200);

/// Between later tries.
pub const REDIAL_EVERY: Duration = Duration::from_secs(1);

/// A handshake that takes longer is a stranger or a wreck (sshd allows 120 s for people who type
/// passwords; nobody types here).
pub const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// The same for a host that was launched: no stranger, its login has proven it. Its daemon may be
/// one of a hundred that start on two busy cores at once.
pub const JOIN_WITHIN: Duration = Duration::from_secs(30);

/// From the polite signal to SIGKILL when a command is ended: with detection and the scan for
/// descendants it stays under the promised 2 s.
pub const END_GRACE: Duration = Duration::from_millis(1000);

/// Outputs that stay open this long after their process was reaped and everything that descends
/// from it was killed are held by something that cannot die (a dead file server): given up.
pub const LEFT_OPEN: Duration = Duration::from_secs(5);

/// A direct link that is to be measured is made within this or not at all: three round trips to
/// the other side of the earth, or two with a lost first packet, which TCP sends again after 1 s.
pub const DIAL_WITHIN: Duration = Duration::from_secs(2);

/// An attached command outlives a lost front end by this much by default (laptop lid, network).
pub const SESSION_GRACE: Duration = Duration::from_secs(600);

/// A vm with no owner and no work ends itself after this time by default (design D6a).
pub const LINGER: Duration = Duration::from_secs(12 * 3600);

/// A query is forgotten by the daemons it passed after this time.
pub const QUERY_WITHIN: Duration = Duration::from_secs(60);

/// The settings of a vm together, and so each (masks, directory, exports): 65,536 host numbers
/// fit. They travel in one `Welcome` with the hosts, which have the other half of its frame.
pub const SETTING_BYTES_MAX: usize = 512 * 1024;

/// A list of hosts goes in parts of this, so that 65,536 hosts (some 20 MB) need no larger frames.
/// A welcome has room for the first one beside its settings.
pub const HOSTS_PART_BYTES: usize = 256 * 1024;

/// Parts of a list of hosts that may wait at a client: 1 KiB a host, for the most hosts.
pub const HOSTS_PARTS_MAX: usize = 256;

/// Texts that a command loads its environments from: a line for every kind of machine.
pub const LOADS_MAX: usize = 64;

/// Settings of a vm.
pub const SETTINGS_MAX: usize = 1_024;

/// One change of the control state, encoded: a batch of hosts or one name with its value fits.
pub const COMMAND_BYTES_MAX: usize = 64 * 1024;

/// Hosts added or removed by one change: keeps it, and the answer kept for a retry, small.
pub const HOSTS_PER_COMMAND_MAX: usize = 64;

/// A name in the registry: a path of several words. DNS allows 253 bytes, PVM no more.
pub const NAME_BYTES_MAX: usize = 255;

/// The value of a name: an address, a reference, a small record; larger things travel by streams.
/// Every voter holds every value in memory.
pub const NAME_VALUE_BYTES_MAX: usize = 4 * 1024;

/// A list of names goes in parts of this: a part between daemons fits with its prefix.
pub const NAMES_PART_BYTES: usize = 128 * 1024;

/// What voters and those who ask them send each other in one frame: a piece of a snapshot, or
/// entries of the log, the last of which may go over by a command.
pub const CONTROL_BODY_BYTES_MAX: usize = 512 * 1024;

/// Names of a vm: twice what is promised to fit a voter's memory.
pub const NAMES_MAX: usize = 2_000_000;

/// Bytes of all values of names together: a quarter of what a voter may use.
pub const NAME_VALUES_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Why a host is down, as kept: one line.
pub const DOWN_WHY_BYTES_MAX: usize = 160;

/// Names, users, templates and facts of a host, together: kept on every voter.
pub const HOST_BYTES_MAX: usize = 2 * 1024;

/// Clients whose retried changes are recognised; the one unused for longest is forgotten, and
/// told so when it comes back. All links of a daemon fit.
pub const SESSIONS_MAX: usize = 16_384;

/// Answers kept for retries of one client, which is how many changes it may have under way.
pub const SESSION_ANSWERS_MAX: usize = 8;

/// Hosts that vote on the control state: two may die at once; more would only be slower.
pub const VOTERS_MAX: usize = 5;

/// Hosts that follow the control state without a vote.
pub const LEARNERS_MAX: usize = 5;

/// Log entries in one message between voters, in bytes: with its prefix below a control frame.
pub const APPEND_BYTES_MAX: usize = 256 * 1024;

/// Entries in one message between voters: empty ones count for nothing in bytes.
pub const APPEND_ENTRIES_MAX: usize = 4_096;

/// A piece of a snapshot between voters: one round trip each, so larger than a stream's chunk.
pub const SNAPSHOT_CHUNK_BYTES_MAX: usize = 256 * 1024;

/// What a process asks about its groups: a name and some numbers.
pub const GROUP_FRAME_BYTES_MAX: usize = 1024;

/// Members of one group, which is also above all instance numbers: a process on each host of the
/// largest vm.
pub const GROUP_MEMBERS_MAX: usize = TARGETS_MAX;

/// Memberships in all groups of a vm: four groups for each of as many processes. Some 150 B each
/// are 40 MB in the daemon that leads.
pub const MEMBERSHIPS_MAX: usize = 4 * GROUP_MEMBERS_MAX;

/// A part of a list of members, groups or mailbox entries: as of names.
pub const BOARD_PART_BYTES: usize = NAMES_PART_BYTES;

/// Contexts that are held at a time in a vm: one for each process that may be followed.
pub const CONTEXTS_MAX: usize = FOLLOWERS_MAX;

/// A message in the mailbox: an address, a parameter set, a small array. Larger ones are sent.
pub const MAIL_VALUE_BYTES_MAX: usize = 256 * 1024;

/// Such a message on its way, with name and numbers.
pub const MAIL_FRAME_BYTES_MAX: usize = MAIL_VALUE_BYTES_MAX + 1024;

/// All that is in the mailbox, names and what it takes to keep them included: half of what may
/// wait on one link, so that a daemon that leads stays small beside its hosts' work.
pub const MAIL_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What an entry of the mailbox costs beside its name and value; it bounds how many there are.
pub const MAIL_ENTRY_BYTES: usize = 256;

/// Reads of the mailbox that wait: one for each front end that may be passed on.
pub const MAIL_WAITS_MAX: usize = PASSED_MAX;

/// Once another daemon leads, processes have this long to tell it what they hold before others
/// are served, who would find numbers free that are not: they notice the change with their lost
/// connection, and connect again within a second or two. Longer where hosts are looked for, up to
/// [`OFFERS_WITHIN`].
pub const TOLD_WITHIN: Duration = Duration::from_secs(5);

/// What else is asked meanwhile waits for that; more is refused.
pub const ASKS_HELD_MAX: usize = 16_384;

/// One frame of what the task farm says: at 100 Mbit/s it holds others up for 20 ms.
pub const FARM_PIECE_BYTES: usize = 256 * 1024;

/// A part of a file: a chunk, and which part of which content it is.
pub const DATA_FRAME_BYTES_MAX: usize = CHUNK_BYTES_MAX + 128;

/// All pieces of one thing together: a batch of `posse_farm::limits::RECORD_BYTES_MAX`, and what
/// stands around it.
pub const FARM_MESSAGE_BYTES_MAX: usize = 96 * 1024 * 1024;
