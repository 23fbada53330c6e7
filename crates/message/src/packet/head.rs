//! What every packet begins with. It speaks of the other direction: what has arrived from there,
//! and how much more may come. Written by `engine` when a packet leaves, so it is never old.

/// 34 bytes after the kind of the body.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// Of this packet in its direction, from 1; 0 for one that is not numbered: an
    /// acknowledgement, which is neither sent again nor acknowledged.
    pub sequence: u64,
    /// All packets of the other direction up to this one have arrived.
    pub ack: u64,
    /// Payload that the other side may have sent with its envelopes in all, in bytes.
    pub payload_limit: u64,
    /// Envelopes that the other side may have sent in all, in bytes of `Envelope::cost`.
    pub envelope_limit: u64,
    /// Packets after `ack` have arrived, so one is missing.
    pub has_gap: bool,
    /// The sender waits for credit, and would like to be told where it stands.
    pub asks: bool,
}
