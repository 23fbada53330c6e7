//! The one port of each host: where it is, and who is served there.
//! Alone: `cargo nextest run -p posse-cluster --test ports`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions};
use posse_cluster::{Vm, ready};
use posse_net::direct::{self, Wish};
use posse_net::identity::{PublicKey, SecretKey, vm_id};
use posse_net::link::{Link, LinkError};
use posse_net::sibling::{SiblingError, dial};
use posse_net::ticket::Ticket;
use posse_wire::msg::{Heartbeat, Hello, Purpose, Role};
use posse_wire::{Burst, CommandId, HostId, Kind, Message, VmId, limits};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What takes longer hangs.
const LONG: Duration = Duration::from_secs(60);

/// A host as `posse hosts` shows it.
struct Host {
    number: HostId,
    key: PublicKey,
    listens: String,
}

impl Host {
    #[track_caller]
    fn of(vm: &Vm, name: &str) -> Host {
        let out = vm.posse(&["hosts", "--json", name]).ok().text();
        let host: serde_json::Value = serde_json::from_str(&out).unwrap();
        Host {
            number: HostId(u32::try_from(host["number"].as_u64().unwrap()).unwrap()),
            key: host["key"].as_str().unwrap().parse().unwrap(),
            listens: host["listens"].as_str().unwrap().to_owned(),
        }
    }

    fn address(&self) -> SocketAddr {
        self.listens.parse().unwrap()
    }

    fn there(&self) -> (SocketAddr, PublicKey) {
        (self.address(), self.key)
    }
}

/// The vm's own secret, which only the person who types has.
struct Owner {
    key: SecretKey,
    vm: VmId,
}

impl Owner {
    fn of(vm: &Vm) -> Owner {
        let key = SecretKey::load(&vm.kept().join("owner.key")).unwrap();
        let name = vm.directory().file_name().unwrap().to_str().unwrap();
        Owner { vm: vm_id(&key.public(), name), key }
    }

    fn ticket(&self, number: u32, key: &SecretKey) -> (HostId, Vec<u8>) {
        let number = HostId(number);
        let ticket = Ticket::sign(&self.key, self.vm, number, key.public());
        (number, ticket.encode().to_vec())
    }
}

fn key() -> SecretKey {
    SecretKey::generate().unwrap()
}

/// Runs a test that speaks to a port itself.
fn speak<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONG, test).await.unwrap() })
}

/// A heartbeat there and back.
async fn echoes(link: &Link) -> Result<(), LinkError> {
    link.push(&Heartbeat { sent_us: 7, echo_us: 0 }.frame(CommandId::NONE));
    link.drain().await?;
    let mut frames = Vec::new();
    link.read(&mut frames).await?;
    assert_eq!(Heartbeat::decode(&frames[0]).unwrap(), Heartbeat { sent_us: 0, echo_us: 7 });
    Ok(())
}

/// Dials as the holder of this key, of this vm, with this number and ticket.
async fn shows(
    there: (SocketAddr, PublicKey),
    vm: VmId,
    key: SecretKey,
    shown: (HostId, Vec<u8>),
) -> Result<Link, SiblingError> {
    dial(there, &key, vm, shown, Purpose::Measure).await
}

/// A burst there; how many bytes came back.
async fn bursts(link: &Link, bytes: usize) -> usize {
    let all = vec![7; bytes];
    for part in all.chunks(50_000) {
        link.push(&Burst { end: false, bytes: part.to_vec().into() }.frame());
    }
    link.push(&Burst { end: true, bytes: Vec::new().into() }.frame());
    link.drain().await.unwrap();
    let (mut count, mut frames) = (0, Vec::new());
    loop {
        link.read(&mut frames).await.unwrap();
        for frame in frames.drain(..) {
            let part = Burst::decode(&frame).unwrap();
            count += part.bytes.len();
            if part.end {
                return count;
            }
        }
    }
}

#[test]
fn a_burst_has_an_end() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n001");
    let (host, owner, key) = (Host::of(&vm, "n001"), Owner::of(&vm), key());
    speak(async {
        let link = dial(host.there(), &key, owner.vm, owner.ticket(9, &key), Purpose::Measure)
            .await
            .unwrap();
        let part = vec![0; limits::CHUNK_BYTES_MAX];
        for _ in 0..=limits::BURST_BYTES_MAX / part.len() {
            link.push(&Burst { end: false, bytes: part.clone().into() }.frame());
        }
        let _it_may_be_closed_already = link.drain().await;
        let mut frames = Vec::new();
        let closed = link.read(&mut frames).await;
        let refused = frames.first().is_some_and(|frame| frame.kind == Kind::Refused);
        assert!(closed.is_err() || refused, "{frames:?}");
    });
    assert_eq!(vm.posse(&["e", "echo lives"]).ok().text(), "lives");
}

#[test]
fn each_host_has_one() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n001,local1");
    let ssh = Host::of(&vm, "n001").address();
    assert!(ssh.ip().is_loopback() && ssh.port() > 0, "where the login came to: {ssh}");
    assert_eq!(Host::of(&vm, "local1").address().ip().to_string(), "127.0.0.1");
    let _ = vm.posse(&["up", "--batch", "--no-port", "n002", "local2"]).ok();
    for name in ["n002", "local2"] {
        assert_eq!(Host::of(&vm, name).listens, "");
    }
    // Two want the only port there is: one gets it, the other goes without.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let range = format!("{free}-{free}");
    let up = vm.posse(&["up", "--batch", "--port-range", &range, "local[3-4]"]).ok();
    assert!(up.stderr.contains("2 of 2 hosts up"), "{}", up.stderr);
    let mut listens = ["local3", "local4"].map(|name| Host::of(&vm, name).listens);
    listens.sort();
    assert_eq!(listens, [String::new(), format!("127.0.0.1:{free}")]);
    let _ = vm.posse(&["up", "--port-range", "9-8", "n003"]).expect(2);
    let _ = vm.posse(&["up", "--port-range", "8-9", "--no-port", "n003"]).expect(2);
}

#[test]
fn it_serves_hosts_of_its_vm_alone() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n001");
    let (host, owner) = (Host::of(&vm, "n001"), Owner::of(&vm));
    let ours = key();
    let there = host.there();
    speak(async {
        let good = owner.ticket(9, &ours);
        let link = dial(there, &ours, owner.vm, good.clone(), Purpose::Measure).await.unwrap();
        echoes(&link).await.unwrap();
        echoes(&link).await.unwrap();
        // Another host's ticket, none, garbage; another vm's; one of another's making.
        let other = Owner { key: key(), vm: owner.vm };
        let forged = other.ticket(9, &other.key);
        let foreign = VmId([3; 16]);
        let refusals = [
            (shows(there, owner.vm, key(), good.clone()).await, "another host"),
            (shows(there, owner.vm, key(), (host.number, vec![])).await, "bytes"),
            (shows(there, owner.vm, key(), (host.number, vec![7; 500])).await, "bytes"),
            (shows(there, foreign, key(), good).await, "another vm"),
            (shows(there, owner.vm, other.key, forged).await, "not signed"),
        ];
        for (result, wanted) in refusals {
            let refused =
                matches!(&result, Err(SiblingError::Refused(why)) if why.contains(wanted));
            assert!(refused, "{wanted}: {result:?}");
        }
        // Whoever is not the owner is no parent, ticket or not.
        let (address, expect) = there;
        let parent = direct::dial(address, &ours, expect, Wish::Parent).await.unwrap();
        assert!(parent.read(&mut Vec::new()).await.is_ok(), "it is told why");
        // The first one is still served; as many bytes come back as went there.
        echoes(&link).await.unwrap();
        assert_eq!(bursts(&link, 200_000).await, 200_000);
        assert_eq!(bursts(&link, 0).await, 0);
        // What it may not say ends it.
        link.push(&posse_wire::msg::Down { purge: true }.frame(CommandId::NONE));
        link.drain().await.unwrap();
        let mut frames = Vec::new();
        link.read(&mut frames).await.unwrap();
        assert_eq!(frames[0].kind, Kind::Refused);
    });
    assert_eq!(vm.posse(&["e", "echo lives"]).ok().text(), "lives");
}

#[test]
fn strangers_do_not_keep_the_owner_out() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n001");
    let (host, owner) = (Host::of(&vm, "n001"), Owner::of(&vm));
    // Half of them say nothing, the others something that is no TLS, without an end.
    let mut strangers: Vec<TcpStream> =
        (0..100).map(|_| TcpStream::connect(host.address()).unwrap()).collect();
    for stranger in strangers.iter_mut().step_by(2) {
        stranger.write_all(&[0x16, 3, 1, 0xff]).unwrap();
    }
    speak(async {
        let (address, expect) = host.there();
        let link = direct::dial(address, &owner.key, expect, Wish::Parent).await.unwrap();
        let mut frames = Vec::new();
        link.read(&mut frames).await.unwrap();
        let hello = Hello::decode(&frames[0]).unwrap();
        assert!(matches!(hello.role, Role::Host { number, .. } if number == host.number));
    });
    drop(strangers);
    assert_eq!(vm.posse(&["e", "echo lives"]).ok().text(), "lives");
}
