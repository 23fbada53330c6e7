//! The first frames of a link: who is there, and is it welcome.

use crate::daemon::Hope;
use crate::lead::SUPERSEDED;
use crate::link::{Link, Standing};
use crate::{Daemon, Effect, LinkId, Peer};
use posse_wire::msg::{Facts, Hello, Hosts, Refused, Role, Welcome};
use posse_wire::{
    CommandId, Frame, HostId, Incarnation, Lead, Message, WIRE_VERSION, WIRE_VERSION_OLDEST,
    WireError, limits,
};

/// How many command ids a client gets at once. Ids are 32 bit a daemon, so 16 million clients
/// pass before they wrap; 256 serve a long console session of commands and questions.
const CLIENT_IDS: u32 = 256;

/// What a child said, kept until the owner has signed its ticket.
#[derive(Clone, Debug)]
pub(crate) struct ChildHello {
    pub boot: u64,
    pub key: [u8; 32],
    pub lead: Lead,
    pub facts: Facts,
}

/// Of a host that has a new daemon, while the owner's is away.
pub(crate) const NOT_SIGNED: &str = "only the owner's daemon can admit it, and that is away";

const NOBODY_LEADS: &str = "this host has lost its way to the daemon that leads the vm, and looks \
     for it; nothing was started, try again";

impl Daemon {
    pub(crate) fn link_opened(&mut self, id: LinkId, peer: Peer) {
        if self.links.len() >= limits::LINKS_MAX {
            let why = "this daemon has as many links as it may";
            let frame = Refused { reason: why.to_owned() }.frame(CommandId::NONE);
            self.out.push(Effect::Send { link: id, frame });
            self.out.push(Effect::Close { link: id });
            return;
        }
        self.links.insert(id, Link::new(peer.clone(), self.now));
        if peer == Peer::Parent {
            let config = &self.config;
            let role = Role::Host {
                number: config.host,
                boot: config.boot,
                key: config.key,
                lead: self.led.lead,
                facts: Box::new(config.facts.clone()),
            };
            let vm = config.vm;
            let (wire, wire_oldest) = (WIRE_VERSION, WIRE_VERSION_OLDEST);
            self.send(id, Hello { wire, wire_oldest, vm, role }.frame(CommandId::NONE));
        }
    }

    /// A frame on a link whose peer is not yet known.
    pub(crate) fn handshake(&mut self, id: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Some(peer) = self.links.get(&id).map(|link| link.peer.clone()) else { return Ok(()) };
        if peer == Peer::Parent {
            return self.welcomed(id, &Welcome::decode(frame)?);
        }
        let hello = Hello::decode(frame)?;
        if hello.wire_oldest > WIRE_VERSION || hello.wire < WIRE_VERSION_OLDEST {
            let (oldest, newest) = (hello.wire_oldest, hello.wire);
            return Err(WireError::Version { oldest, newest });
        }
        match (peer, hello.role) {
            (Peer::Local, Role::Client) if self.passes_clients() => self.pass_client(id, frame),
            (Peer::Local, Role::Client) if self.is_adrift() => self.refuse(id, NOBODY_LEADS),
            (Peer::Local, Role::Client) => self.client_joined(id),
            (Peer::Local, Role::Process) => self.process_joined(id),
            _ if hello.vm != self.config.vm => self.refuse(id, "this is another vm"),
            (Peer::Child(expected), Role::Host { number, boot, key, lead, facts })
                if number == expected =>
            {
                let hello = ChildHello { boot, key, lead, facts: *facts };
                self.child_said_hello(id, number, hello);
            }
            _ => self.refuse(id, "that role is not yours on this link"),
        }
        Ok(())
    }

    fn process_joined(&mut self, id: LinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.standing = Standing::Process;
        }
        let welcome = self.welcome(Vec::new(), 0, Hosts::default());
        self.send(id, welcome.frame(CommandId::NONE));
    }

    /// Of a client or process.
    fn welcome(&self, settings: Vec<(String, Vec<u8>)>, count: u32, hosts: Hosts) -> Welcome {
        Welcome {
            wire: WIRE_VERSION,
            vm_name: self.config.vm_name.clone(),
            host: self.config.host,
            incarnation: self.incarnation,
            led: self.led.clone(),
            ticket: Vec::new(),
            command_first: CommandId::new(self.config.host, self.next_id).0,
            command_count: count,
            hosts,
            settings,
            adopt: false,
        }
    }

    pub(crate) fn client_joined(&mut self, id: LinkId) {
        let first = self.next_id;
        if let Some(link) = self.links.get_mut(&id) {
            link.standing = Standing::Client;
            link.first = Some(CommandId::new(self.config.host, first));
        }
        let mut parts = Hosts::parts(self.members.entries()).into_iter();
        let hosts = parts.next().unwrap_or_default();
        let welcome = self.welcome(self.members.settings(), CLIENT_IDS, hosts);
        self.next_id = self.next_id.checked_add(CLIENT_IDS).unwrap_or(1);
        self.send(id, welcome.frame(CommandId::NONE));
        parts.for_each(|part| self.send(id, part.frame(CommandId::NONE)));
    }

    fn child_said_hello(&mut self, id: LinkId, number: HostId, hello: ChildHello) {
        let key = hello.key;
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.hello.is_some() {
            return self.refuse(id, "said hello twice");
        }
        if hello.lead > self.led.lead {
            return self.heard_of_greater(id, hello.lead);
        }
        link.hello = Some(hello.clone());
        if !self.leads() {
            self.ask_owner(id, number, hello);
        } else if self.members.get(number).is_none() {
            self.refuse(id, "this host is not, or no longer, of this vm");
        } else {
            let known = self.members.ticket(number, &key);
            self.out.push(Effect::Admit { link: id, number, key, known });
        }
    }

    /// The owner signed: the child, or the host below it that asked first, is a host of the vm.
    pub(crate) fn admitted(&mut self, id: LinkId, ticket: Vec<u8>) {
        let leads = self.leads();
        let Some(link) = self.links.get_mut(&id) else { return };
        let (Peer::Child(number), Some(hello)) = (link.peer.clone(), link.hello.take()) else {
            if let Some(join) = link.joining.pop_front() {
                self.admitted_below(id, join, ticket);
            }
            return;
        };
        if self.members.get(number).is_none() {
            return self.refuse(id, "this host is no longer of this vm");
        }
        if !leads || ticket.is_empty() {
            return self.refuse(id, if leads { NOT_SIGNED } else { SUPERSEDED });
        }
        link.admit(number, self.now);
        self.leave_old_way(number, id);
        self.reached(number, id);
        let incarnation = self.host_joined(number, self.config.host, hello, &ticket);
        self.welcome_host(id, number, (incarnation, ticket), self.restored);
        self.found(number, id);
    }

    /// A host is told that it is one; commands, hosts and settings are for clients.
    pub(crate) fn welcome_host(
        &mut self,
        id: LinkId,
        number: HostId,
        (incarnation, ticket): (Incarnation, Vec<u8>),
        adopt: bool,
    ) {
        let welcome = Welcome {
            wire: WIRE_VERSION,
            vm_name: self.config.vm_name.clone(),
            host: number,
            incarnation,
            led: self.led.clone(),
            ticket,
            command_first: 0,
            command_count: 0,
            hosts: Hosts::default(),
            settings: Vec::new(),
            adopt: adopt || self.asked_to_offer,
        };
        if let Some(link) = self.links.get_mut(&id) {
            link.welcomed = incarnation;
        }
        self.send(id, welcome.frame(CommandId::NONE));
    }

    /// A host came over a new link: its old one, or the way through a relay, is no more.
    pub(crate) fn leave_old_way(&mut self, number: HostId, new: LinkId) {
        let Some(old) = self.routes.below(number).filter(|old| *old != new) else { return };
        if self.links.get(&old).is_some_and(|link| link.child() == Some(number)) {
            let why = "a newer link to this host took its place";
            self.refuse_with(old, why, Hope::Replaced);
            return;
        }
        self.refuse_below(old, number, "a direct link to this host took its place");
        if let Some(link) = self.links.get_mut(&old) {
            link.reaches.remove(&number);
        }
        self.routes.remove(number, old);
        self.commands_cut(number);
    }

    /// The parent's word; said again on the same link where this host was declared down and its
    /// relay reached it all the while.
    pub(crate) fn welcomed(&mut self, id: LinkId, welcome: &Welcome) -> Result<(), WireError> {
        if welcome.wire > WIRE_VERSION || welcome.wire < WIRE_VERSION_OLDEST {
            return Err(WireError::Version { oldest: welcome.wire, newest: welcome.wire });
        }
        if welcome.host != self.config.host {
            self.refuse(id, "this daemon is another host");
            return Ok(());
        }
        if !self.follows(id, &welcome.led) {
            return Ok(());
        }
        self.count_own_life(welcome.incarnation);
        self.config.vm_name.clone_from(&welcome.vm_name);
        self.ticket.clone_from(&welcome.ticket);
        if let Some(link) = self.links.get_mut(&id) {
            link.standing = Standing::Parent;
        }
        self.parent_lost = None;
        if self.parent != Some(id) {
            if let Some(old) = self.parent.replace(id) {
                self.refuse(old, "a newer link to the parent took its place");
                (self.parent, self.parent_lost) = (Some(id), None);
            }
            self.out.push(Effect::Joined);
            self.ask_again();
            self.follow_again();
            self.asked_to_offer = false;
        }
        self.asked_to_offer |= welcome.adopt;
        if welcome.adopt {
            self.offer_all();
        }
        Ok(())
    }

    /// As which life of this host the vm has this daemon. If it was another before, it was declared
    /// down meanwhile, and what ran here with it.
    pub(crate) fn count_own_life(&mut self, incarnation: Incarnation) {
        let was = std::mem::replace(&mut self.incarnation, incarnation);
        if was != Incarnation::default() && was != incarnation {
            self.processes_fenced(was);
            self.fenced();
        }
    }

    /// The ticket of this host, as its parent brought it; empty before, and on the owner's daemon.
    pub fn ticket(&self) -> &[u8] {
        &self.ticket
    }

    /// Where this host takes connections; empty where it takes none.
    pub fn listens(&self) -> &str {
        &self.config.facts.listens
    }

    /// The number of this life of the daemon, as the owner counts.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }
}
