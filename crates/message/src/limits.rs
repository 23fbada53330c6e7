//! What bounds the memory of messages and the time they wait, each with its reason. What peers'
//! numbers are checked against stands here too: no other crate reads packets.

use std::time::Duration;

/// A buffer of this size or more is kept for the next payload. Allocators give back to the system,
/// or take from it anew, from about here on (glibc: 128 KiB, M_TRIM_THRESHOLD of mallopt(3)).
pub const BUFFER_KEPT_BYTES_MIN: usize = 64 * 1024;

/// Buffers that a process keeps: one that is packed, one under way and one that was received, for
/// messages of two sizes, and some more.
pub const BUFFERS_KEPT_MAX: usize = 8;

/// And their bytes: two of the largest messages for which a first touch of fresh pages counts
/// beside the network.
pub const BUFFERS_KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What is allocated for a payload before any of it has come: beyond it the buffer grows with what
/// comes, whatever the offer claims.
pub const AHEAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Payload of one packet: what a frame of a daemon carries beside the source.
pub const PACKET_PAYLOAD_BYTES_MAX: usize = posse_wire::limits::CHUNK_BYTES_MAX;

/// Head of a packet, attributes included: an eighth of its payload, so that no list of attributes
/// costs more than what it describes.
pub const HEAD_BYTES_MAX: usize = 8 * 1024;

/// Attributes of one message, encoded: what a head has left beside its fixed fields.
pub const ATTRIBUTES_BYTES_MAX: usize = HEAD_BYTES_MAX - 128;

/// Attributes of one message: each costs a place in the index while the message waits.
pub const ATTRIBUTES_MAX: usize = 64;

/// Name of an attribute: a word. Its length is one byte on the wire.
pub const ATTRIBUTE_NAME_BYTES_MAX: usize = 255;

/// A message up to this goes with its envelope: beyond it, the round trip of a rendezvous costs
/// less than a copy that may have to wait (Open MPI has 4 KiB to 64 KiB, by transport).
pub const EAGER_BYTES_MAX: usize = 16 * 1024;

/// What a pair may have sent and not seen acknowledged, as `wire::limits::WINDOW_BYTES_MAX`.
pub const WINDOW_BYTES_MAX: usize = 256 * 1024;

/// The same on a path that loses nothing while it is there: a gigabit line of 32 ms is full then.
/// Large payloads stay in their place anyway, so it costs their sender nothing.
pub const WIDE_WINDOW_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What every packet counts for in the window, beside its payload: about its head.
pub const PACKET_COST_BYTES: usize = 64;

/// Packets of messages that a pair may have sent and not seen acknowledged: the window full of
/// empty ones.
pub const WINDOW_PACKETS_MAX: u64 = (WINDOW_BYTES_MAX / PACKET_COST_BYTES) as u64;

/// Replies have as much room again, which messages can not take: a pair that has sent all it may
/// still lets the other one go on.
pub const REPLY_PACKETS_MAX: u64 = 2 * WINDOW_PACKETS_MAX;

/// Places that an empty queue of a pair keeps: a burst of this many allocates nothing, and a
/// thousand idle pairs hold no more than they used a moment ago.
pub const QUEUE_KEPT: usize = 256;

/// Packets of all peers that came too early and wait for one that was lost; more are dropped and
/// sent again. 64 pairs may lose a packet at once.
pub const EARLY_BYTES_MAX: usize = 64 * WINDOW_BYTES_MAX;

/// Payload that a process may send before the receiver has said anything: one eager message.
pub const PAYLOAD_ALLOWANCE_BYTES_MIN: u64 = EAGER_BYTES_MAX as u64;

/// Payload of one peer that may wait to be received: as much as may be under way.
pub const PAYLOAD_ALLOWANCE_BYTES_MAX: u64 = WINDOW_BYTES_MAX as u64;

/// Payload of all peers that may wait, but for one eager message each.
pub const PAYLOAD_ALLOWANCES_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What an envelope counts for while it waits, beside its attributes: what it takes in memory
/// with its places in the index.
pub const ENVELOPE_COST_BYTES: u64 = 512;

/// Envelopes that a process may send before the receiver has said anything: 1,024.
pub const ENVELOPE_ALLOWANCE_BYTES_MIN: u64 = 1_024 * ENVELOPE_COST_BYTES;

/// Envelopes of one peer that may wait to be received: 65,536. Past these a later message does
/// not travel, so who waits for its tag first waits until earlier ones are received.
pub const ENVELOPE_ALLOWANCE_BYTES_MAX: u64 = 65_536 * ENVELOPE_COST_BYTES;

/// Envelopes of all peers that may wait, but for the least of each: half a million.
pub const ENVELOPE_ALLOWANCES_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Peers that one process has spoken to or waited for. A vm of some thousand hosts with a process
/// a core fits.
pub const PEERS_MAX: usize = 65_536;

/// Peers that are down and still known as such; the first is forgotten then. Packets of the dead
/// come late by seconds, and this many do not die in seconds.
pub const DOWN_PEERS_MAX: usize = 65_536;

/// What the engine keeps of sent messages by default: sends beyond are refused. A quarter of a
/// small machine's memory; PVM has no limit but the machine's.
pub const BUFFER_BYTES: u64 = 512 * 1024 * 1024;

/// An acknowledgement waits this long for a packet that takes it along: a tenth of what the
/// sender waits, and longer than most answers take.
pub const ACK_WITHIN: Duration = Duration::from_millis(20);

/// A packet that was not acknowledged within this is sent again. Linux's TCP has 200 ms as its
/// least; packets are not lost but where a daemon's queue is full or a link broke.
pub const RESEND_AFTER: Duration = Duration::from_millis(200);

/// The wait is doubled each time up to this: short enough that a path that is back is found
/// before anybody has given up, long enough that 1,000 waiting pairs load nothing.
pub const RESEND_AFTER_MAX: Duration = Duration::from_secs(2);

/// Parts up to this are carried several times down or up a tree: a packet with its head costs
/// more than the bytes.
pub const COLLECTIVE_SMALL_BYTES_MAX: usize = 2 * 1024;

/// From here on a broadcast or an all-reduce goes in blocks: what a tree carries twice then costs
/// more than the ring's rounds (MPICH has 12 KiB to 512 KiB, by size).
pub const COLLECTIVE_SPREAD_BYTES_MIN: usize = 128 * 1024;
