//! Who leads the vm: holds the table of hosts, and has the tree hanging at itself. That is the
//! owner's daemon wherever it can be; where it is lost, the voters choose another host, which
//! takes the table over and looks for all the others. Each lead is greater than those before, and
//! who has heard of one does not listen to a smaller: so a leader that was cut off, or comes back,
//! learns from any host that it leads no more.
//!
//! Not for: how voters choose; see `posse_control`.

use crate::admission::Asked;
use crate::daemon::{Hope, Part};
use crate::link::Link;
use crate::member::Own;
use crate::{Daemon, Effect, LinkId, Peer, Time};
use posse_wire::msg::{Happening, Join, Led};
use posse_wire::{CommandId, Frame, HostId, Lead, Message, WireError};

pub(crate) const SUPERSEDED: &str = "another host leads this vm by now";
const LEADER_LOST: &str = "the host that led the vm is lost";

impl Daemon {
    /// The greatest lead that is known here, who has it, and who may have the next.
    pub fn led_by(&self) -> &Led {
        &self.led
    }

    /// Whether the table of hosts is held here.
    pub fn is_leading(&self) -> bool {
        self.leads()
    }

    /// Whether a front end is connected here.
    pub fn has_front_end(&self) -> bool {
        self.links.values().any(Link::is_client)
    }

    /// The link to the daemon above, where there is one.
    pub fn parent(&self) -> Option<LinkId> {
        self.parent
    }

    /// Since when the way up is lost, or that of another leader is waited for.
    pub fn parent_lost(&self) -> Option<Time> {
        self.parent_lost
    }

    pub(crate) fn leads(&self) -> bool {
        self.part == Part::Leads
    }

    /// The voters' word, which may be late. Who leads already gets a table where another host led
    /// in between.
    pub(crate) fn take_lead(&mut self, lead: Lead, table: &[u8]) {
        if lead <= self.led.lead {
            return;
        }
        if self.leads() && !table.is_empty() {
            self.superseded(lead);
        }
        if !self.leads() {
            if let Some(parent) = self.parent {
                self.refuse(parent, "this host leads the vm now");
            }
            let own = Own { config: &self.config, incarnation: self.incarnation };
            let Ok((before, up)) = self.members.take_over(table, own) else { return };
            self.part = Part::Leads;
            self.count_own_life(self.members.incarnation_of(self.config.host));
            self.led_before = Some(before);
            self.board_begins();
            self.take_over();
            self.look_for_all(before, up);
            self.take_held_ups();
        }
        (self.led.lead, self.led.leader) = (lead, self.config.host);
        self.say_who_leads();
        self.happened(self.config.host, Happening::Leads { lead });
        self.out.push(Effect::Persist);
    }

    /// Hosts below stay, and are admitted anew; the others are looked for.
    fn look_for_all(&mut self, before: HostId, mut up: Vec<HostId>) {
        let asked = std::mem::take(&mut self.joins);
        up.retain(|host| !asked.contains_key(host));
        for (number, Asked { link, join }) in asked {
            let known = self.members.ticket(number, &join.key);
            let key = join.key;
            let Some(state) = self.links.get_mut(&link) else { continue };
            if state.peer != Peer::Child(number) {
                state.joining.push_back(join);
            }
            self.out.push(Effect::Admit { link, number, key, known });
        }
        let waited = self.missing.forget_all();
        // They hung here until now; the last leader, which had no way to them, has them as down.
        let known = waited.iter().filter(|host| self.members.get(**host).is_some());
        let more: Vec<HostId> = known.filter(|host| !up.contains(host)).copied().collect();
        up.extend(more);
        self.miss_restored(up, before, LEADER_LOST);
        for host in waited {
            if !self.missing.is_missing(host) {
                self.commands_lost_host(host, LEADER_LOST);
            }
        }
    }

    fn say_who_leads(&mut self) {
        let frame = self.led.frame(CommandId::NONE);
        for child in self.children() {
            self.send(child, frame.clone());
        }
    }

    pub(crate) fn take_voters(&mut self, voters: Vec<HostId>) {
        if self.leads() && self.led.voters != voters {
            self.led.voters = voters;
            self.say_who_leads();
            // Whether the owner's next life may begin the control state anew hangs on it.
            self.out.push(Effect::Persist);
        }
    }

    /// The parent heard of another lead.
    pub(crate) fn led(&mut self, frame: &Frame) -> Result<(), WireError> {
        let led = Led::decode(frame)?;
        let another = led.lead > self.led.lead;
        self.hear_of(&led);
        if another {
            // It may know nothing of what is kept here.
            self.asked_to_offer = true;
            self.offer_all();
        }
        Ok(())
    }

    fn hear_of(&mut self, led: &Led) {
        let mut led = led.clone();
        if led.voters.is_empty() {
            // An owner's daemon that has just started knows of none yet.
            led.voters.clone_from(&self.led.voters);
        }
        if led.lead >= self.led.lead && led != self.led {
            self.led = led;
            self.say_who_leads();
        }
    }

    /// Whether a parent with this lead is to be followed. If not, it is told why.
    pub(crate) fn follows(&mut self, parent: LinkId, led: &Led) -> bool {
        if led.lead < self.led.lead || (self.leads() && led.lead == self.led.lead) {
            self.refuse(parent, SUPERSEDED);
            return false;
        }
        if self.part != Part::Follows {
            self.stand_down();
        }
        self.part = Part::Follows;
        self.hear_of(led);
        true
    }

    /// Another leader is there: what hangs here goes on hanging here, below it.
    fn stand_down(&mut self) {
        self.board_ends();
        for (number, link) in self.routes.all().collect::<Vec<_>>() {
            let Some(member) = self.members.get(number) else { continue };
            let join = Join {
                number,
                parent: member.entry.parent,
                boot: member.boot,
                key: member.entry.key,
                facts: Box::new(member.entry.facts.clone()),
            };
            self.joins.insert(number, Asked { link, join });
        }
        self.hold_requests();
        self.seeks.forget_all();
        for host in self.missing.forget_all() {
            self.commands_lost_host(host, SUPERSEDED);
        }
        self.hand_over_commands();
        self.members.let_go();
    }

    /// A host has heard of a greater lead than this daemon's, or than that which it follows.
    pub(crate) fn heard_of_greater(&mut self, link: LinkId, lead: Lead) {
        if self.leads() {
            self.superseded(lead);
        }
        self.refuse(link, SUPERSEDED);
    }

    fn superseded(&mut self, lead: Lead) {
        self.part = Part::Between;
        self.board_ends();
        self.parent_lost = Some(self.now);
        self.out.push(Effect::Superseded { lead });
        self.hold_requests();
        self.seeks.forget_all();
        let missing = self.missing.forget_all();
        self.wait_for(&missing, SUPERSEDED);
        for child in self.children() {
            self.refuse_with(child, SUPERSEDED, Hope::Some);
        }
    }
}
