//! A front end elsewhere: it finds the host that leads, believes proven keys alone, and what it
//! says last arrives.

use crate::pair::{key, output, soon};
use posse_net::direct::{self, Wish, listen};
use posse_net::elsewhere::{ElsewhereError, KeyFile, Listening, Pump, connect};
use posse_net::identity::{PublicKey, SecretKey, vm_id};
use posse_net::link::Link;
use posse_net::ticket::Ticket;
use posse_wire::msg::{Leader, LeaderAt, Refused};
use posse_wire::{CommandId, Frame, HostId, Message, decode_frame};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// One host of a vm, which says this of who leads.
struct Host {
    listener: TcpListener,
    address: SocketAddr,
    key: SecretKey,
    says: Frame,
}

impl Host {
    async fn new(says: impl Message) -> Host {
        let (listener, address) = listen(HERE, std::iter::once(0)).await.unwrap();
        Host { listener, address, key: key(), says: says.frame(CommandId::NONE) }
    }

    fn listening(&self, number: u32) -> Listening {
        Listening { number: HostId(number), address: self.address, key: self.key.public() }
    }

    /// The link of the next that dials, with its proven key; what this host says was said.
    async fn answer(&self) -> (Link, PublicKey) {
        let (stream, _) = self.listener.accept().await.unwrap();
        let answered = direct::answer(stream, &self.key).await.unwrap();
        assert_eq!(answered.wish, Wish::FrontEnd);
        answered.link.push(&self.says);
        answered.link.drain().await.unwrap();
        (answered.link, answered.key)
    }
}

fn at(at: LeaderAt) -> Leader {
    Leader { at }
}

fn file(owner: &Arc<SecretKey>, hosts: &[Listening]) -> KeyFile {
    KeyFile::new("lab", owner.clone(), hosts.to_vec())
}

async fn dial(key: &KeyFile) -> Result<(UnixStream, Pump), ElsewhereError> {
    let key = key.clone();
    soon(spawn_blocking(move || connect(&key))).await.unwrap()
}

#[tokio::test]
async fn a_front_end_speaks_to_the_host_that_leads() {
    let (owner, host) = (Arc::new(key()), Host::new(at(LeaderAt::Here)).await);
    let key = file(&owner, &[host.listening(1)]);
    let front = spawn_blocking(move || {
        let (mut stream, pump) = connect(&key).unwrap();
        stream.write_all(&output(1, 50_000).to_bytes()).unwrap();
        let mut input = bytes::BytesMut::new();
        let frame = loop {
            let mut some = [0; 4096];
            let count = stream.read(&mut some).unwrap();
            assert!(count > 0, "closed too soon");
            input.extend_from_slice(&some[..count]);
            if let Some(frame) = decode_frame(&mut input, usize::MAX).unwrap() {
                break frame;
            }
        };
        // What is said last arrives, though nobody reads what is said here meanwhile.
        stream.write_all(&output(3, 60_000).to_bytes()).unwrap();
        drop(stream);
        drop(pump);
        frame
    });
    let (link, proven) = soon(host.answer()).await;
    assert_eq!(proven, owner.public());
    let mut frames = Vec::new();
    soon(link.read(&mut frames)).await.unwrap();
    assert_eq!(frames, [output(1, 50_000)]);
    (0..20).for_each(|_| link.push(&output(2, 60_000)));
    let drained = link.drain();
    let read = async {
        let (mut all, mut frames) = (Vec::new(), Vec::new());
        while link.read(&mut frames).await.is_ok() {
            all.append(&mut frames);
        }
        all
    };
    let (_it_may_be_gone, frames) = soon(async { tokio::join!(drained, read) }).await;
    assert!(frames == [output(3, 60_000)], "{} frames", frames.len());
    assert!(soon(front).await.unwrap() == output(2, 60_000));
}

#[tokio::test]
async fn the_end_of_the_link_is_told() {
    let (owner, host) = (Arc::new(key()), Host::new(at(LeaderAt::Here)).await);
    let key = file(&owner, &[host.listening(1)]);
    let (front, answered) = soon(async { tokio::join!(dial(&key), host.answer()) }).await;
    let ((mut stream, _pump), (link, _)) = (front.unwrap(), answered);
    link.push(&Refused { reason: "enough".into() }.frame(CommandId::NONE));
    soon(link.drain()).await.unwrap();
    drop(link);
    let mut all = Vec::new();
    let read = spawn_blocking(move || stream.read_to_end(&mut all).map(|_| all));
    let all = soon(read).await.unwrap().unwrap();
    assert!(all.ends_with(b"enough"));
}

#[tokio::test]
async fn who_leads_is_found_by_whoever_knows() {
    let (owner, leader) = (Arc::new(key()), Host::new(at(LeaderAt::Here)).await);
    let vm = vm_id(&owner.public(), "lab");
    let ticket = Ticket::sign(&owner, vm, HostId(2), leader.key.public()).encode().to_vec();
    let address = leader.address.to_string();
    let there = LeaderAt::Host { number: HostId(2), address, ticket };
    let voter = Host::new(at(there)).await;
    let key = file(&owner, &[voter.listening(1)]);
    let all = async { tokio::join!(dial(&key), voter.answer(), leader.answer()) };
    soon(all).await.0.unwrap();
    // One that does not vote knows the number alone; where that listens is in the file.
    let (address, ticket) = (String::new(), Vec::new());
    let other = Host::new(at(LeaderAt::Host { number: HostId(2), address, ticket })).await;
    let key = file(&owner, &[other.listening(1), leader.listening(2)]);
    let all = async { tokio::join!(dial(&key), other.answer(), leader.answer()) };
    soon(all).await.0.unwrap();
}

#[tokio::test]
async fn a_host_of_another_key_than_the_recorded_is_not_spoken_to() {
    let (owner, host) = (Arc::new(key()), Host::new(at(LeaderAt::Here)).await);
    let recorded = Listening { key: key().public(), ..host.listening(1) };
    let answered = async {
        let (stream, _) = host.listener.accept().await.unwrap();
        direct::answer(stream, &host.key).await.map(drop)
    };
    let key = file(&owner, &[recorded]);
    let (front, answered) = soon(async { tokio::join!(dial(&key), answered) }).await;
    assert!(matches!(front, Err(ElsewhereError::NobodyAnswers { .. })), "{front:?}");
    assert!(answered.is_err());
}

#[tokio::test]
async fn who_refuses_or_says_nonsense_is_quoted() {
    let owner = Arc::new(key());
    let why = "only the owner may";
    let refuses = Host::new(Refused { reason: why.into() }).await;
    let silent = listen(HERE, std::iter::once(0)).await.unwrap().1;
    let gone = Listening { number: HostId(2), address: silent, key: key().public() };
    let key = file(&owner, &[refuses.listening(1), gone]);
    let (front, _) = soon(async { tokio::join!(dial(&key), refuses.answer()) }).await;
    let error = front.unwrap_err().to_string();
    assert!(error.contains(why) && error.contains(&silent.to_string()), "{error}");
    let none = dial(&file(&owner, &[])).await;
    assert!(matches!(none, Err(ElsewhereError::NoHosts { .. })));
}

#[tokio::test]
async fn that_the_owner_leads_is_said() {
    let owner = Arc::new(key());
    let (one, other) =
        (Host::new(at(LeaderAt::Owner)).await, Host::new(at(LeaderAt::Nobody)).await);
    let key = file(&owner, &[one.listening(1), other.listening(2)]);
    let all = async { tokio::join!(dial(&key), one.answer(), other.answer()) };
    let (front, ..) = soon(all).await;
    assert!(matches!(front, Err(ElsewhereError::OwnerLeads { .. })), "{front:?}");
}

#[tokio::test]
async fn a_place_that_the_owner_did_not_sign_for_is_not_dialed() {
    let (owner, trap) = (Arc::new(key()), Host::new(at(LeaderAt::Here)).await);
    let vm = vm_id(&owner.public(), "lab");
    let forged = Ticket::sign(&key(), vm, HostId(2), trap.key.public());
    let claimed = Ticket::of_parts((vm, HostId(2)), trap.key.public(), owner.public(), [7; 64]);
    let others = Ticket::sign(&owner, vm, HostId(3), trap.key.public());
    for ticket in [forged, claimed, others] {
        let (address, ticket) = (trap.address.to_string(), ticket.encode().to_vec());
        let voter = Host::new(at(LeaderAt::Host { number: HostId(2), address, ticket })).await;
        let key = file(&owner, &[voter.listening(1)]);
        // It is asked again and again, in the hope of better, and then goes away.
        let first = async {
            voter.answer().await;
            drop(voter);
        };
        let (front, ()) = soon(async { tokio::join!(dial(&key), first) }).await;
        assert!(matches!(front, Err(ElsewhereError::NobodyAnswers { .. })), "{front:?}");
    }
    let nobody_came = trap.listener.into_std().unwrap().accept().unwrap_err();
    assert_eq!(nobody_came.kind(), std::io::ErrorKind::WouldBlock);
}
