//! Front ends on hosts that do not lead: what they say goes up the tree to the daemon that leads,
//! which serves them as its own, as guests; what it answers comes back. A daemon on the way keeps
//! for each such front end the two links that it goes over, and closes one side when the other is
//! lost: what was asked then ends as if the front end had gone.
//!
//! A host is trusted less than the owner's machine, so a guest may run commands and ask, and not
//! change which hosts there are, nor start anything on the owner's machine.

use crate::command::Up;
use crate::daemon::{Hope, Part};
use crate::link::{Link, Standing};
use crate::{Daemon, Effect, LinkId, Peer};
use bytes::BytesMut;
use posse_wire::msg::{Passed, Passing, Spawn, Target};
use posse_wire::{
    CommandId, Frame, HostId, Incarnation, Kind, Message, WireError, decode_frame, limits,
};
use std::collections::BTreeMap;

/// A front end: its host, and that host's number for it.
pub(crate) type Guest = (HostId, u64);

/// Links of guests are the state machine's own; those of the shell never come so far.
const FIRST_GUEST_LINK: u64 = 1 << 63;

impl LinkId {
    /// Whether it is no connection of this daemon, but a front end of another host's. What the
    /// shell has to say to that goes in as [`crate::Input::Tell`].
    pub fn is_guest(self) -> bool {
        self.0 >= FIRST_GUEST_LINK
    }
}

const WAY_LOST: &str = "the way to the daemon that leads is lost; try again";

#[derive(Debug)]
struct Pass {
    /// Towards the front end: its own link, or that of the next daemon.
    down: LinkId,
    /// Towards the daemon that leads, or the guest's own link there.
    up: LinkId,
    /// What has come and is no whole frame yet, at an end of the way.
    part: BytesMut,
}

#[derive(Debug, Default)]
pub(crate) struct Passes {
    ways: BTreeMap<Guest, Pass>,
    clients: u64,
    guests: u64,
}

impl Passes {
    pub fn count(&self) -> usize {
        self.ways.len()
    }
}

impl Daemon {
    /// Whether another daemon serves the front ends of this one.
    pub(crate) fn passes_clients(&self) -> bool {
        !self.leads() && self.parent.is_some()
    }

    /// A host of the vm that has no way to who leads.
    pub(crate) fn is_adrift(&self) -> bool {
        self.part == Part::Follows && self.incarnation > Incarnation::default()
    }

    /// A front end said hello here.
    pub(crate) fn pass_client(&mut self, link: LinkId, hello: &Frame) {
        let Some(up) = self.parent.filter(|_| self.passes.count() < limits::PASSED_MAX) else {
            return self.refuse(link, "too many front ends at once; try again");
        };
        self.passes.clients += 1;
        let guest = (self.config.host, self.passes.clients);
        self.passes.ways.insert(guest, Pass { down: link, up, part: BytesMut::new() });
        if let Some(state) = self.links.get_mut(&link) {
            state.standing = Standing::Passed(guest);
        }
        self.pass(up, guest, Passing::Opened);
        self.pass_up(guest, hello);
    }

    /// From the front end on.
    pub(crate) fn pass_up(&mut self, guest: Guest, frame: &Frame) {
        if let Some(up) = self.passes.ways.get(&guest).map(|way| way.up) {
            self.pass_frame(up, guest, frame);
        }
    }

    /// From the daemon that leads back.
    pub(crate) fn pass_down(&mut self, guest: Guest, frame: &Frame) {
        if let Some(down) = self.passes.ways.get(&guest).map(|way| way.down) {
            self.pass_frame(down, guest, frame);
        }
    }

    fn pass_frame(&mut self, link: LinkId, guest: Guest, frame: &Frame) {
        let bytes = frame.to_bytes();
        for part in bytes.chunks(limits::PASSED_BYTES_MAX) {
            self.pass(link, guest, Passing::Bytes(part.to_vec()));
        }
    }

    fn pass(&mut self, link: LinkId, (host, client): Guest, what: Passing) {
        self.send(link, Passed { host, client, what }.frame(CommandId::NONE));
    }

    /// Something of a front end came over a link between daemons.
    pub(crate) fn passed(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Passed { host, client, what } = Passed::decode(frame)?;
        let guest = (host, client);
        let reaches = |link: &Link| link.reaches.contains(&host);
        let is_new = what == Passing::Opened && !self.passes.ways.contains_key(&guest);
        if is_new && self.links.get(&from).is_some_and(reaches) {
            self.guest_opened(from, guest);
            return Ok(());
        } else if is_new {
            // The word that its host hangs there is still on its way.
            self.pass(from, guest, Passing::Closed { why: WAY_LOST.to_owned() });
            return Ok(());
        }
        // Its host may be reached another way by now; what it began goes the way it began.
        let Some(way) = self.passes.ways.get(&guest) else { return Ok(()) };
        let is_up = way.up == from;
        if !is_up && way.down != from {
            return Ok(());
        }
        match what {
            Passing::Opened => {}
            Passing::Bytes(bytes) => {
                let Some(way) = self.passes.ways.get_mut(&guest) else { return Ok(()) };
                let (next, ends) = match is_up {
                    true => (way.down, host == self.config.host),
                    false => (way.up, way.up.is_guest()),
                };
                if !ends {
                    self.send(next, frame.clone());
                } else {
                    way.part.extend_from_slice(&bytes);
                    self.deliver(guest, next, is_up)?;
                }
            }
            Passing::Closed { why } => self.pass_closed(guest, is_up, &why),
        }
        Ok(())
    }

    fn guest_opened(&mut self, from: LinkId, guest: Guest) {
        let room = self.passes.count() < limits::PASSED_MAX;
        let up = match self.parent {
            _ if !room => None,
            _ if self.leads() => {
                self.passes.guests += 1;
                let link = LinkId(FIRST_GUEST_LINK + self.passes.guests);
                let state = Link { guest: Some(guest), ..Link::new(Peer::Local, self.now) };
                self.links.insert(link, state);
                Some(link)
            }
            parent => parent,
        };
        let Some(up) = up else {
            return self.pass(from, guest, Passing::Closed { why: WAY_LOST.to_owned() });
        };
        self.passes.ways.insert(guest, Pass { down: from, up, part: BytesMut::new() });
        if !up.is_guest() {
            self.pass(up, guest, Passing::Opened);
        }
    }

    /// Whole frames at the end of the way: to the front end, or to the guest's link.
    fn deliver(&mut self, guest: Guest, link: LinkId, down: bool) -> Result<(), WireError> {
        loop {
            let Some(way) = self.passes.ways.get_mut(&guest) else { return Ok(()) };
            match decode_frame(&mut way.part, limits::CONTROL_FRAME_BYTES_MAX) {
                Ok(None) => return Ok(()),
                Ok(Some(frame)) if down => self.out.push(Effect::Send { link, frame }),
                Ok(Some(frame)) => self.frame(link, frame),
                Err(error) if down => return Err(error),
                Err(error) => {
                    self.refuse(link, &error.to_string());
                    return Ok(());
                }
            }
        }
    }

    /// One end is gone: the word comes from its side.
    fn pass_closed(&mut self, guest: Guest, from_above: bool, why: &str) {
        let Some(way) = self.passes.ways.remove(&guest) else { return };
        let next = if from_above { way.down } else { way.up };
        self.end_pass(guest, next, why);
    }

    fn end_pass(&mut self, guest: Guest, next: LinkId, why: &str) {
        let Some(state) = self.links.get(&next) else { return };
        if state.guest.is_some() {
            self.link_gone(next, why, Hope::None);
        } else if matches!(state.standing, Standing::Passed(_)) {
            self.refuse(next, why);
        } else {
            self.pass(next, guest, Passing::Closed { why: why.to_owned() });
        }
    }

    /// The daemon that leads is done with it.
    pub(crate) fn close_guest(&mut self, guest: Guest) {
        if let Some(way) = self.passes.ways.remove(&guest) {
            self.pass(way.down, guest, Passing::Closed { why: "closed".to_owned() });
        }
    }

    /// A link is gone: all that went over it ends on its other side.
    pub(crate) fn passes_lost_link(&mut self, id: LinkId, why: &str) {
        let lost = |way: &Pass| way.down == id || way.up == id;
        let guests: Vec<Guest> =
            self.passes.ways.iter().filter(|(_, way)| lost(way)).map(|(guest, _)| *guest).collect();
        for guest in guests {
            let Some(way) = self.passes.ways.remove(&guest) else { continue };
            let (next, why) = if way.up == id { (way.down, WAY_LOST) } else { (way.up, why) };
            self.end_pass(guest, next, why);
        }
    }

    /// The link that carries what is said to a guest.
    pub fn carrier(&self, link: LinkId) -> Option<LinkId> {
        let guest = self.links.get(&link)?.guest?;
        self.passes.ways.get(&guest).map(|way| way.down)
    }

    /// What a guest may not ask for.
    pub(crate) fn is_denied(&self, link: LinkId, kind: Kind) -> bool {
        let changes = matches!(
            kind,
            Kind::Up
                | Kind::Remove
                | Kind::Down
                | Kind::Recover
                | Kind::Answer
                | Kind::Ask
                | Kind::Invite
        );
        changes && self.links.get(&link).is_some_and(|link| link.guest.is_some())
    }

    /// What a guest of a computer that joined by a code may not say: its user is not the vm's
    /// owner, who lends nothing to it. Jobs start programs on other hosts, outputs are of other
    /// hosts, and a command of somebody else's is not its to end or to feed.
    pub(crate) fn is_denied_to_lent(&self, link: LinkId, frame: &Frame) -> bool {
        if self.lent(link).is_none() {
            return false;
        }
        match frame.kind {
            Kind::Job | Kind::Attach => true,
            Kind::Signal | Kind::End | Kind::Resize | Kind::Input | Kind::OutputAck => {
                self.commands.get(frame.id).is_some_and(|command| command.up != Up::Link(link))
            }
            _ => false,
        }
    }

    /// What becomes of a setting that such a guest wants kept. None: it is another's link.
    /// Settings start programs on other hosts, so none is kept; what every command notes of itself
    /// is no mistake of its user's.
    pub(crate) fn set_by_lent(&self, link: LinkId, name: &str) -> Option<Result<(), String>> {
        self.lent(link)?;
        let is_note = ["mask-ok", "mask-failed"].contains(&name) || name.starts_with("detached.");
        let why = "a computer that joined by a code changes no settings of the vm";
        Some(if is_note { Ok(()) } else { Err(why.to_owned()) })
    }

    /// The computer that joined by a code, where this is a front end of it.
    fn lent(&self, link: LinkId) -> Option<HostId> {
        let (host, _) = self.links.get(&link)?.guest?;
        self.is_invited(host).then_some(host)
    }

    pub(crate) fn refuse_guest(&mut self, link: LinkId, id: CommandId) {
        let why = "that changes the vm, and is typed on the machine that leads it; \
                   `posse hosts` says which";
        self.done(link, id, Some(why.to_owned()));
    }

    /// Takes out of a guest's spawn what it may not start: anything on the owner's machine, unless
    /// that has slots as other hosts have; and on other hosts, where its own joined by a code. With
    /// the reason.
    pub(crate) fn allowed_targets(
        &self,
        link: LinkId,
        spawn: &mut Spawn,
    ) -> Option<(Vec<Target>, &'static str)> {
        let is_guest = self.links.get(&link).is_some_and(|link| link.guest.is_some());
        let lent = self.lent(link);
        let slots = self.members.get(HostId::OWNER).map_or(0, |owner| owner.entry.slots);
        let owners = is_guest && slots == 0;
        let is_denied = |target: &Target| {
            lent.is_some_and(|own| target.host != own) || (owners && target.host == HostId::OWNER)
        };
        let (denied, allowed): (Vec<Target>, _) =
            std::mem::take(&mut spawn.targets).into_iter().partition(is_denied);
        spawn.targets = allowed;
        let why = match lent {
            Some(_) => "a computer that joined by a code may start nothing on other hosts",
            None => "a host may start nothing on the owner's machine",
        };
        (!denied.is_empty()).then_some((denied, why))
    }
}
