//! The first frames of a link: who is there, and is it welcome.

use crate::link::{Link, Standing};
use crate::{Daemon, Effect, LinkId, Peer};
use posse_wire::msg::{Facts, Hello, Reach, Role, Welcome};
use posse_wire::{
    CommandId, Frame, HostId, Incarnation, Message, WIRE_VERSION, WIRE_VERSION_OLDEST, WireError,
};

/// How many command ids a client gets at once. Ids are 32 bit a daemon, so 16 million clients
/// pass before they wrap; 256 serve a long console session of commands and questions.
const CLIENT_IDS: u32 = 256;

/// What a child said, kept until the owner has signed its ticket.
#[derive(Clone, Debug)]
pub(crate) struct ChildHello {
    pub boot: u64,
    pub key: [u8; 32],
    pub facts: Facts,
}

impl Daemon {
    pub(crate) fn link_opened(&mut self, id: LinkId, peer: Peer) {
        self.links.insert(id, Link::new(peer.clone(), self.now));
        if peer == Peer::Parent {
            let config = &self.config;
            let role = Role::Host {
                number: config.host,
                boot: config.boot,
                key: config.key,
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
            (Peer::Local, Role::Client) => self.client_joined(id),
            _ if hello.vm != self.config.vm => self.refuse(id, "this is another vm"),
            (Peer::Child(expected), Role::Host { number, boot, key, facts })
                if number == expected && self.is_owner() =>
            {
                self.child_said_hello(id, number, ChildHello { boot, key, facts: *facts });
            }
            _ => self.refuse(id, "that role is not yours on this link"),
        }
        Ok(())
    }

    fn client_joined(&mut self, id: LinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.standing = Standing::Client;
        }
        let first = self.next_id;
        self.next_id = self.next_id.checked_add(CLIENT_IDS).unwrap_or(1);
        let welcome = Welcome {
            wire: WIRE_VERSION,
            vm_name: self.config.vm_name.clone(),
            host: self.config.host,
            incarnation: self.incarnation,
            ticket: Vec::new(),
            command_first: CommandId::new(self.config.host, first).0,
            command_count: CLIENT_IDS,
            hosts: self.members.entries(),
            settings: self.members.settings(),
        };
        self.send(id, welcome.frame(CommandId::NONE));
    }

    fn child_said_hello(&mut self, id: LinkId, number: HostId, hello: ChildHello) {
        let key = hello.key;
        if let Some(link) = self.links.get_mut(&id) {
            link.hello = Some(hello);
        }
        self.out.push(Effect::Admit { link: id, number, key });
    }

    /// The owner signed: the child is a host of the vm.
    pub(crate) fn admitted(&mut self, id: LinkId, ticket: Vec<u8>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let (Peer::Child(number), Some(hello)) = (link.peer.clone(), link.hello.take()) else {
            return;
        };
        link.standing = Standing::Child(number);
        link.reaches.insert(number);
        if let Some(old) = self.routes.below(number).filter(|old| *old != id) {
            self.refuse(old, "a newer link to this host took its place");
        }
        self.routes.add(number, id);
        let incarnation = self.host_joined(number, hello);
        let welcome = Welcome {
            wire: WIRE_VERSION,
            vm_name: self.config.vm_name.clone(),
            host: number,
            incarnation,
            ticket,
            command_first: 0,
            command_count: 0,
            hosts: Vec::new(),
            settings: Vec::new(),
        };
        self.send(id, welcome.frame(CommandId::NONE));
    }

    fn welcomed(&mut self, id: LinkId, welcome: &Welcome) -> Result<(), WireError> {
        if welcome.host != self.config.host {
            self.refuse(id, "this daemon is another host");
            return Ok(());
        }
        self.incarnation = welcome.incarnation;
        self.config.vm_name.clone_from(&welcome.vm_name);
        if let Some(link) = self.links.get_mut(&id) {
            link.standing = Standing::Parent;
        }
        if let Some(old) = self.parent.replace(id) {
            self.refuse(old, "a newer link to the parent took its place");
            self.parent = Some(id);
        }
        Ok(())
    }

    /// A child reports hosts that came or went below it.
    pub(crate) fn reach(&mut self, id: LinkId, frame: &Frame) -> Result<(), WireError> {
        let reach = Reach::decode(frame)?;
        for entry in &reach.up {
            self.routes.add(entry.number, id);
            if let Some(link) = self.links.get_mut(&id) {
                link.reaches.insert(entry.number);
            }
        }
        for (host, why) in &reach.down {
            if self.routes.remove(*host, id) {
                self.hosts_lost(&[*host], why);
            }
        }
        if let Some(parent) = self.parent {
            self.send(parent, reach.frame(CommandId::NONE));
        }
        Ok(())
    }

    /// The number of this life of the daemon, as the owner counts.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }
}
