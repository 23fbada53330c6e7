//! Copies straight from another process's memory into ours: one copy instead of two.
//!
//! For: very large messages of a pair for which the kernel permits it (process_vm_readv(2): same
//! user, and what ptrace(2) and containers allow). Not for: pairs where it does not, nor messages
//! that go through a `segment` in less time. Each side makes an `Offer` and hands its `Invitation`
//! to the other, which probes it; a refusal says why not. Called by both sides of a pair.

mod copy;
mod offer;
mod peer;
mod refusal;

#[cfg(test)]
mod attach_tests;

pub use offer::{Invitation, Offer};
pub use peer::Peer;
pub use refusal::Refusal;

/// Where these bytes are, as the other side needs it. They must stay there until it has answered.
pub fn address(bytes: &[u8]) -> u64 {
    // Exposed: somebody reads there, though no Rust program does.
    std::ptr::from_ref(bytes).cast::<u8>().expose_provenance() as u64
}

/// Bytes that prove that it is this memory of this process.
pub(crate) const NONCE_BYTES: usize = 16;
