//! Copies within this process, which may always read itself. Others are in tests/processes.

use super::{Invitation, Offer, Peer, Refusal, address};
use std::sync::atomic::AtomicU8;

#[test]
fn bytes_are_read_and_written() {
    let offer = Offer::new().unwrap();
    let peer = Peer::probe(offer.invitation()).unwrap();
    let theirs: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    let mut ours = vec![0; 100_000];
    peer.read(address(&theirs), &mut ours).unwrap();
    assert_eq!(ours, theirs);
    let mut more = b"before".to_vec();
    peer.append(address(&theirs), theirs.len(), &mut more).unwrap();
    assert!(more[..6] == *b"before" && more[6..] == theirs[..]);
    assert!(peer.append(u64::MAX - 4096, 16, &mut more).is_err());
    assert_eq!(more.len(), 6 + theirs.len());
    let target = [0; 5].map(AtomicU8::new);
    peer.write(target.as_ptr().expose_provenance() as u64, b"hello").unwrap();
    assert_eq!(target.map(AtomicU8::into_inner), *b"hello");
}

#[test]
fn a_stranger_is_known_by_its_nonce() {
    let offer = Offer::new().unwrap();
    let right = offer.invitation();
    let mut nonce = right.nonce;
    nonce[15] ^= 1;
    for wrong in [
        Invitation { nonce, ..right },
        Invitation { address: 8, ..right },
        Invitation { address: u64::MAX, ..right },
        Invitation { pid: 0, ..right },
        Invitation { pid: -5, ..right },
    ] {
        let refusal = Peer::probe(wrong).unwrap_err();
        assert!(matches!(refusal, Refusal::Stranger), "{wrong:?}: {refusal}");
    }
    let nobody = Invitation { pid: i32::MAX, ..right };
    let refusal = Peer::probe(nobody).unwrap_err();
    assert!(!refusal.to_string().is_empty());
}

#[test]
fn no_address_is_trusted() {
    let offer = Offer::new().unwrap();
    let peer = Peer::probe(offer.invitation()).unwrap();
    for address in [0, 8, u64::MAX - 4, 1 << 63] {
        let refusal = peer.read(address, &mut [0; 8]).unwrap_err();
        assert!(matches!(refusal, Refusal::BadAddress { bytes: 8, .. }), "{refusal}");
        let refusal = peer.write(address, &[0; 8]).unwrap_err();
        assert!(matches!(refusal, Refusal::BadAddress { .. }), "{refusal}");
    }
    peer.read(8, &mut []).unwrap();
}
