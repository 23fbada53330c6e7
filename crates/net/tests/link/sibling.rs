//! Two hosts of a vm on a direct link: the ticket is judged before anything else is heard.

use crate::pair::{key, output, soon};
use posse_net::direct::{self, Wish, listen};
use posse_net::identity::{PublicKey, SecretKey, vm_id};
use posse_net::link::Link;
use posse_net::sibling::{Family, SiblingError, Stranger, dial, judge};
use posse_net::ticket::{Ticket, TicketError};
use posse_wire::msg::{Facts, Hello, Hosts, Led, Purpose, Refused, Role, Welcome};
use posse_wire::{
    CommandId, Frame, HostId, Incarnation, Kind, Lead, Message, VmId, WIRE_VERSION,
    WIRE_VERSION_OLDEST, limits,
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

struct Meeting {
    owner: SecretKey,
    vm: VmId,
    dialer: SecretKey,
    answerer: SecretKey,
}

impl Meeting {
    fn new() -> Meeting {
        let owner = key();
        let vm = vm_id(&owner.public(), "lab");
        Meeting { owner, vm, dialer: key(), answerer: key() }
    }

    fn ticket(&self, number: u32) -> Ticket {
        Ticket::sign(&self.owner, self.vm, HostId(number), self.dialer.public())
    }

    /// Who is judged says all this to a host of the vm.
    async fn judged(&self, says: &[Frame]) -> Result<HostId, Stranger> {
        let (link, key, _dialed) = self.linked(says).await;
        let judged = soon(judge(&link, &key, Family { vm: self.vm, name: "lab" })).await;
        judged.map(|(number, _)| number)
    }

    async fn linked(&self, says: &[Frame]) -> (Link, PublicKey, Link) {
        let (listener, address) = listen(HERE, std::iter::once(0)).await.unwrap();
        let answered = async {
            let (stream, _) = listener.accept().await.unwrap();
            direct::answer(stream, &self.answerer).await.unwrap()
        };
        let dialed = direct::dial(address, &self.dialer, self.answerer.public(), Wish::Sibling);
        let (dialed, answered) = soon(async { tokio::join!(dialed, answered) }).await;
        let dialed = dialed.unwrap();
        says.iter().for_each(|frame| dialed.push(frame));
        soon(dialed.drain()).await.unwrap();
        (answered.link, answered.key, dialed)
    }

    fn hello(&self, role: Role) -> Frame {
        let (wire, wire_oldest) = (WIRE_VERSION, WIRE_VERSION_OLDEST);
        Hello { wire, wire_oldest, vm: self.vm, role }.frame(CommandId::NONE)
    }

    fn shows(&self, number: u32, ticket: &Ticket) -> Frame {
        let (number, ticket) = (HostId(number), ticket.encode().to_vec());
        self.hello(Role::Sibling { number, ticket, purpose: Purpose::Measure })
    }
}

fn welcome() -> Frame {
    let welcome = Welcome {
        wire: WIRE_VERSION,
        vm_name: "lab".into(),
        host: HostId(2),
        incarnation: Incarnation(1),
        led: Led::default(),
        adopt: false,
        ticket: Vec::new(),
        command_first: 0,
        command_count: 0,
        hosts: Hosts::default(),
        settings: Vec::new(),
    };
    welcome.frame(CommandId::NONE)
}

#[tokio::test]
async fn a_host_of_the_vm_is_known_by_its_ticket() {
    let meeting = Meeting::new();
    let shown = meeting.shows(7, &meeting.ticket(7));
    // What it says next is left in the link.
    let (link, key, _dialed) = meeting.linked(&[shown, output(1, 50_000)]).await;
    let ours = Family { vm: meeting.vm, name: "lab" };
    let judged = soon(judge(&link, &key, ours)).await.unwrap();
    assert_eq!(judged, (HostId(7), Purpose::Measure));
    let mut frames = Vec::new();
    soon(link.read(&mut frames)).await.unwrap();
    assert_eq!(frames, [output(1, 50_000)]);
}

#[tokio::test]
async fn tickets_of_others_are_worth_nothing() {
    let meeting = Meeting::new();
    let ours = meeting.ticket(7);
    // Another host's ticket, seen on its way.
    let theirs = Ticket::sign(&meeting.owner, meeting.vm, HostId(8), key().public());
    for number in [7, 8] {
        let result = meeting.judged(&[meeting.shows(number, &theirs)]).await;
        assert!(matches!(result, Err(Stranger::Ticket(TicketError::Host))), "{result:?}");
    }
    let result = meeting.judged(&[meeting.shows(8, &ours)]).await;
    assert!(matches!(result, Err(Stranger::Ticket(TicketError::Host))), "{result:?}");
    // One of another vm of the same owner.
    let other = vm_id(&meeting.owner.public(), "other");
    let foreign = Ticket::sign(&meeting.owner, other, HostId(7), meeting.dialer.public());
    let result = meeting.judged(&[meeting.shows(7, &foreign)]).await;
    assert!(matches!(result, Err(Stranger::Ticket(TicketError::Vm))), "{result:?}");
    // One that somebody signed himself.
    let forged = Ticket::sign(&key(), meeting.vm, HostId(7), meeting.dialer.public());
    let result = meeting.judged(&[meeting.shows(7, &forged)]).await;
    assert!(matches!(result, Err(Stranger::Ticket(TicketError::Signature))), "{result:?}");
    // None, or garbage.
    for ticket in [vec![], vec![0; 5], vec![0xff; 1000]] {
        let role = Role::Sibling { number: HostId(7), ticket, purpose: Purpose::Measure };
        let result = meeting.judged(&[meeting.hello(role)]).await;
        assert!(matches!(result, Err(Stranger::Ticket(TicketError::Size(_)))), "{result:?}");
    }
}

#[tokio::test]
async fn only_a_hello_of_a_sibling_is_heard() {
    let meeting = Meeting::new();
    let host = Role::Host {
        number: HostId(7),
        boot: 1,
        key: meeting.dialer.public().0,
        lead: Lead::default(),
        facts: Box::new(Facts::default()),
    };
    for role in [Role::Client, host] {
        let result = meeting.judged(&[meeting.hello(role)]).await;
        assert!(matches!(result, Err(Stranger::Role)), "{result:?}");
    }
    let mut shown = Hello::decode(&meeting.shows(7, &meeting.ticket(7))).unwrap();
    shown.vm = VmId([9; 16]);
    let result = meeting.judged(&[shown.frame(CommandId::NONE)]).await;
    assert!(matches!(result, Err(Stranger::Vm)), "{result:?}");
    shown.wire_oldest = 99;
    let result = meeting.judged(&[shown.frame(CommandId::NONE)]).await;
    assert!(matches!(result, Err(Stranger::Wire(_))), "{result:?}");
    // Nothing but a handshake, and nothing large.
    let result = meeting.judged(&[output(1, 10)]).await;
    assert!(matches!(result, Err(Stranger::Link(_))), "{result:?}");
    let mut large = meeting.shows(7, &meeting.ticket(7));
    large.body = vec![0; limits::UNAUTHENTICATED_FRAME_BYTES_MAX + 1].into();
    let result = meeting.judged(&[large]).await;
    assert!(matches!(result, Err(Stranger::Link(_))), "{result:?}");
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let meeting = Meeting::new();
    let (link, key, _dialed) = meeting.linked(&[]).await;
    tokio::time::pause();
    let result = judge(&link, &key, Family { vm: meeting.vm, name: "lab" }).await;
    assert!(matches!(result, Err(Stranger::Silent)), "{result:?}");
}

/// One dial; the other side answers with this frame.
async fn dialed(meeting: &Meeting, answer: Frame) -> Result<Link, SiblingError> {
    let (listener, address) = listen(HERE, std::iter::once(0)).await.unwrap();
    let answering = async {
        let (stream, _) = listener.accept().await.unwrap();
        let answered = direct::answer(stream, &meeting.answerer).await.unwrap();
        let heard = answered.link.read_first().await.unwrap();
        assert_eq!(heard.kind, Kind::Hello);
        answered.link.push(&answer);
        answered.link.drain().await.unwrap();
        answered.link
    };
    let there: (SocketAddr, PublicKey) = (address, meeting.answerer.public());
    let ticket = meeting.ticket(7).encode().to_vec();
    let dialing = dial(there, &meeting.dialer, meeting.vm, (HostId(7), ticket), Purpose::Measure);
    soon(async { tokio::join!(dialing, answering) }).await.0
}

#[tokio::test]
async fn the_dialer_hears_whether_it_is_welcome() {
    let meeting = Meeting::new();
    assert!(dialed(&meeting, welcome()).await.is_ok());
    let refused = Refused { reason: "another day".into() }.frame(CommandId::NONE);
    let result = dialed(&meeting, refused).await;
    assert!(matches!(&result, Err(SiblingError::Refused(why)) if why == "another day"));
    assert!(matches!(dialed(&meeting, output(1, 10)).await, Err(SiblingError::Link(_))));
}
