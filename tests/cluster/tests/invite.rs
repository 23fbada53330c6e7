//! Computers that join by a code: `posse invite`, `posse join`, `posse leave`.
//! Alone: `cargo nextest run -p posse-cluster --test invite`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Bed, Machine, Vm, ready, run, signal};
use posse_net::direct::dial_to_join;
use posse_net::identity::{SecretKey, vm_id};
use posse_net::invitation::Invitation;
use posse_net::ticket::Ticket;
use posse_wire::msg::{Application, Applied, Apply, Heartbeat, Refused};
use posse_wire::{CommandId, Frame, HostId, Kind, Message, WIRE_VERSION, WIRE_VERSION_OLDEST};
use rustix::process::Signal;
use std::time::Duration;

/// What takes longer hangs.
const LONG: Duration = Duration::from_secs(60);

fn code(vm: &Vm, more: &[&str]) -> String {
    let words = [&["invite", "--at", "127.0.0.1"], more].concat();
    vm.posse(&words).ok().text().trim().to_owned()
}

/// The state of a host as the owner sees it; empty where it is none.
fn state(vm: &Vm, name: &str) -> String {
    let text = vm.posse(&["hosts", "--json"]).ok().text();
    let all = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let mut found = all.filter(|host| host["name"] == name);
    found.next().map_or_else(String::new, |host| host["state"].as_str().unwrap().to_owned())
}

#[track_caller]
fn wait_for(vm: &Vm, name: &str, wanted: &str) {
    let is_so = || state(vm, name).starts_with(wanted);
    assert!(wait_until(LONG, is_so), "{name} is {:?}, not {wanted:?}", state(vm, name));
}

#[test]
fn a_computer_joins_works_and_leaves() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let mut vm = Vm::up(&bed, "local1");
    let (desk, other) =
        (Machine::new(bed.directory(), "desk"), Machine::new(bed.directory(), "other"));
    let good = code(&vm, &[]);
    let said = desk.posse(&vm, &["join", &good, "--name", "desk"]).ok().text();
    assert!(said.starts_with("desk is a host of the vm"), "{said}");
    wait_for(&vm, "desk", "up");
    let ran = vm.posse(&["e", "-H", "desk,local1", "--no-label", "echo $POSSE_HOST"]).ok();
    assert_eq!(ran.sorted(), ["desk", "local1"]);

    // Its own user starts nothing on the hosts of the vm.
    let there = desk.posse(&vm, &["e", "-H", "desk,local1", "--no-label", "echo $POSSE_HOST"]);
    let there = there.expect(255);
    assert_eq!(there.text(), "desk");
    assert!(there.stderr.contains("may start nothing on other hosts"), "{there:?}");

    // A code is used once, and a name is one host's.
    let used = other.posse(&vm, &["join", &good, "--name", "other"]).expect(4);
    assert!(used.stderr.contains("used up"), "{used:?}");
    let next = code(&vm, &["--uses", "2"]);
    let taken = other.posse(&vm, &["join", &next, "--name", "desk"]).expect(4);
    assert!(taken.stderr.contains("has a host `desk` already"), "{taken:?}");
    let joined = other.command(&vm, &["join", "-", "--name", "other"]);
    let joined = run(joined, next.as_bytes(), LONG).ok();
    assert!(joined.text().starts_with("other is a host"), "{joined:?}");
    wait_for(&vm, "other", "up");
    let short = other.posse(&vm, &["join", &next[..next.len() - 1]]).expect(2);
    assert!(short.stderr.contains("no code"), "{short:?}");

    // Its daemon is back by itself when the owner's was lost, and nothing of its commands is.
    let number = vm.posse(&["e", "--detach", "-H", "desk", "sleep 2; echo there"]).ok().text();
    signal(&vm.owner(), Signal::KILL);
    wait_for(&vm, "desk", "up");
    wait_for(&vm, "other", "up");
    let out = vm.posse(&["attach", number.trim()]).ok();
    assert_eq!(out.text(), "there");

    // It leaves at its own user's word, and may be taken out by the vm's owner.
    let left = desk.posse(&vm, &["leave"]).ok();
    assert!(left.text().starts_with("left `"), "{left:?}");
    wait_for(&vm, "desk", "");
    assert_eq!(state(&vm, "desk"), "");
    let _ = desk.posse(&vm, &["leave"]).expect(1);
    let _ = vm.posse(&["remove", "other"]).ok();
    assert!(wait_until(LONG, || vm.processes("--name other").is_empty()));
    // Codes that were given out can be ended.
    let last = code(&vm, &[]);
    let _ = vm.posse(&["invite", "--end"]).ok();
    let ended = other.posse(&vm, &["join", &last, "--name", "other"]).expect(4);
    assert!(ended.stderr.contains("not known here"), "{ended:?}");
    vm.down();
}

/// Who dials the door by hand.
struct Stranger {
    runtime: tokio::runtime::Runtime,
    to: Invitation,
    key: SecretKey,
}

impl Stranger {
    /// What is answered to a first frame: the last frame before the end, or nothing.
    fn says(&self, frame: &Frame) -> Option<Frame> {
        let (to, address) = (self.to.clone(), self.to.addresses[0]);
        let local = tokio::task::LocalSet::new();
        local.block_on(&self.runtime, async {
            let link = dial_to_join(address, &self.key, move |key| to.is_of(key)).await.unwrap();
            link.push(frame);
            let _it_may_be_closed = link.drain().await;
            tokio::time::timeout(LONG, link.read_first()).await.unwrap().ok()
        })
    }

    fn applies(&self, wish: Application) -> Option<Frame> {
        let (wire, wire_oldest) = (WIRE_VERSION, WIRE_VERSION_OLDEST);
        self.says(&Apply { wire, wire_oldest, vm: self.to.vm, wish }.frame(CommandId::NONE))
    }

    #[track_caller]
    fn is_refused(&self, wish: Application, why: &str) {
        let said = self.applies(wish).unwrap();
        let reason = Refused::decode(&said).unwrap().reason;
        assert!(reason.contains(why), "{reason}");
    }
}

#[test]
fn strangers_are_told_why_and_nothing_else() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let mut vm = Vm::up(&bed, "local1");
    let to: Invitation = code(&vm, &["--uses", "1"]).parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let key = SecretKey::generate().unwrap();
    let stranger = Stranger { runtime, to: to.clone(), key };
    // Another kind of frame is not even answered.
    let odd = Heartbeat { sent_us: 1, echo_us: 0 };
    assert!(stranger.says(&odd.frame(CommandId::NONE)).is_none());
    let name = || "stranger".to_owned();
    let wrong = Application::Join { secret: [0; 16], name: name() };
    stranger.is_refused(wrong, "not known here");
    stranger.is_refused(Application::Leave, "by its own link");
    // Not the ticket of another's key, nor one that somebody else has signed.
    let own = stranger.key.public();
    let forged = Ticket::sign(&stranger.key, to.vm, HostId(1), own).encode().to_vec();
    stranger.is_refused(Application::Back { number: HostId(1), ticket: forged }, "not signed");
    let owner = SecretKey::load(&vm.kept().join("owner.key")).unwrap();
    assert_eq!(vm_id(&owner.public(), &to.vm_name), to.vm);
    let other = Ticket::sign(&owner, to.vm, HostId(1), owner.public()).encode().to_vec();
    stranger.is_refused(Application::Back { number: HostId(1), ticket: other }, "another host");
    // A good ticket of a host that did not join so.
    let good = Ticket::sign(&owner, to.vm, HostId(1), own).encode().to_vec();
    stranger.is_refused(Application::Back { number: HostId(1), ticket: good }, "no longer");
    // A bad name uses nothing up; a good one does.
    let bad = Application::Join { secret: to.secret, name: "a/b".to_owned() };
    stranger.is_refused(bad, "no host can be called so");
    let join = || Application::Join { secret: to.secret, name: name() };
    let said = stranger.applies(join()).unwrap();
    assert_eq!(said.kind, Kind::Applied);
    let applied = Applied::decode(&said).unwrap();
    let ticket = Ticket::decode(&applied.ticket).unwrap();
    assert_eq!(ticket.verify(to.vm, &to.vm_name), Ok(()));
    assert_eq!(ticket.is_of(applied.number, &own), Ok(()));
    assert!(state(&vm, "stranger").starts_with("down"), "it has not come");
    stranger.is_refused(join(), "used up");
    // What was taken out does not come back.
    let _ = vm.posse(&["remove", "stranger"]).ok();
    let back = Application::Back { number: applied.number, ticket: applied.ticket };
    stranger.is_refused(back, "no longer");
    vm.down();
}
