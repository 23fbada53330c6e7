//! Memory of another process: read, and not believed once the process is another or gone.

use crate::{handover, roles};
use posse_shm::attach::{self, Invitation, Offer, Peer, Refusal};
use rustix::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

const BYTES: usize = 1 << 20;
const DEADLINE: Duration = Duration::from_secs(60);

/// The second process: offers its memory, and becomes another program when told to.
pub fn offer(line: &OwnedFd) {
    let offer = Offer::new().unwrap();
    let message: Vec<u8> = (0..BYTES).map(|n| (n / 3) as u8).collect();
    let Invitation { pid, address, nonce } = offer.invitation();
    let [low, high] = [&nonce[..8], &nonce[8..]].map(|half| half.try_into().unwrap());
    let [low, high] = [low, high].map(u64::from_ne_bytes);
    let place = attach::address(&message);
    handover::send(line, &[pid as u64, address, low, high, place], &[]).unwrap();
    let (word, _) = handover::receive(line).unwrap();
    if word == [1] {
        panic!("{}", Command::new("sleep").arg("600").exec());
    }
    drop(offer);
}

/// The second process, its invitation and the place of its message.
fn offered() -> (handover::Second, Invitation, u64) {
    let second = roles::start("offer");
    let (words, _) = handover::receive(&second.line).unwrap();
    let nonce: Vec<u8> = words[2..4].iter().flat_map(|word| word.to_ne_bytes()).collect();
    let nonce = nonce.try_into().unwrap();
    (second, Invitation { pid: words[0] as i32, address: words[1], nonce }, words[4])
}

/// Whoever may not attach at all (a container) has seen that this is said.
fn probed(invitation: Invitation) -> Option<Peer> {
    match Peer::probe(invitation) {
        Ok(peer) => Some(peer),
        Err(refusal @ (Refusal::Forbidden { .. } | Refusal::NoCall)) => {
            eprintln!("left out: {refusal}");
            None
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_large_message_is_read_in_place() {
    let (_second, invitation, place) = offered();
    let Some(peer) = probed(invitation) else { return };
    let mut message = vec![0; BYTES];
    peer.read(place, &mut message).unwrap();
    assert!(message.iter().enumerate().all(|(n, byte)| *byte == (n / 3) as u8));
    peer.write(place, b"changed").unwrap();
    peer.read(place, &mut message[..7]).unwrap();
    assert_eq!(&message[..7], b"changed");
}

#[test]
fn the_dead_are_not_believed() {
    let (mut second, invitation, place) = offered();
    let Some(peer) = probed(invitation) else { return };
    second.child.kill().unwrap();
    second.child.wait().unwrap();
    let refusal = peer.read(place, &mut [0; 8]).unwrap_err();
    assert!(matches!(refusal, Refusal::Gone), "{refusal}");
    assert!(peer.write(place, &[0; 8]).is_err());
    assert!(Peer::probe(invitation).is_err());
}

#[test]
fn another_program_in_the_same_process_is_a_stranger() {
    let (second, invitation, place) = offered();
    let Some(peer) = probed(invitation) else { return };
    handover::send(&second.line, &[1], &[]).unwrap();
    // The pid and its pidfd are the same; only the memory tells.
    let stranger = || match peer.read(place, &mut [0; 8]) {
        Ok(()) => false,
        Err(refusal) => matches!(refusal, Refusal::Stranger),
    };
    assert!(posse_bed::wait_until(DEADLINE, stranger));
    assert!(matches!(peer.write(place, &[0; 8]), Err(Refusal::Stranger)));
}
