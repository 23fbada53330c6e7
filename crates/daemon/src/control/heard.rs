//! Words of other hosts' control states, and questions of front ends, to the part they are for.

use super::voter::Voter;
use crate::shell::Shell;
use posse_control::consensus::{Body, Input, PeerMessage, Refused, VoterId};
use posse_control::{Ask, Word};
use posse_proto::{LinkId, Registry};
use posse_wire::{CommandId, HostId};
use std::rc::Rc;
use tokio::task::spawn_local;

impl Shell {
    pub fn registry(self: &Rc<Self>, link: LinkId, id: CommandId, ask: Registry) {
        match ask {
            Registry::Names(ask) => self.names(link, id, ask),
            Registry::Voters => self.show_voters(link, id),
            Registry::Recover { epoch } => self.recover_control(link, id, epoch),
        }
    }

    /// Routes say that it is of this host, or may be.
    pub fn word_came(self: &Rc<Self>, from: HostId, body: &[u8]) {
        self.control.leading.heard(from);
        match Word::decode(body) {
            Err(error) => crate::log::line(&format!("host {from}, control state: {error}")),
            Ok(Word::Voter(message)) => self.voter_heard(from, message),
            Ok(Word::Ask { token, ask }) => self.asked_by(from, token, ask),
            Ok(Word::Said { token, said }) => self.control.answered_by(from, token, said),
            Ok(Word::NotHere { voter, now }) => self.not_here(from, voter, now),
            Ok(Word::LeftOut { voter, epoch }) => self.left_out(from, voter, epoch),
        }
    }

    /// As far as this host's copy of the control state goes.
    pub(crate) fn is_voter(&self, host: HostId) -> bool {
        let is_one = |voter: Rc<Voter>| {
            voter.state(|state| state.members.settled().any(|id| id.host == host))
        };
        self.control.voter().is_some_and(is_one)
    }

    fn voter_heard(self: &Rc<Self>, from: HostId, message: Box<PeerMessage>) {
        let (sender, to, epoch) = (message.from, message.to, message.epoch);
        if sender.host != from || to.host != self.own_voter().host {
            return;
        }
        let Some(voter) = self.control.voter() else {
            if to == self.own_voter() && is_of_a_leader(&message.body) {
                self.follow();
            } else if !self.control.begins.get() {
                self.send_word(from, &Word::NotHere { voter: to, now: self.own_voter() });
            }
            return;
        };
        let (me, own_epoch) = voter.with(|node| (node.me(), node.epoch()));
        if to != me && epoch == own_epoch {
            // It knows of another log of this host, which is no more.
            self.send_word(from, &Word::NotHere { voter: to, now: me });
            return;
        }
        let is_stranger = voter
            .with(|node| node.is_leader() && !node.state().members.all().any(|id| id == sender));
        if is_stranger && epoch == own_epoch {
            self.send_word(from, &Word::LeftOut { voter: sender, epoch });
            return;
        }
        voter.feed(self, Input::Peer(message));
    }

    /// The voter of another host is not the one that was meant.
    fn not_here(self: &Rc<Self>, from: HostId, voter: VoterId, now: VoterId) {
        if voter.host == from && now.host == from {
            self.control.members.said(now);
        }
    }

    /// The one that leads, says this host, knows no such member as this one.
    fn left_out(self: &Rc<Self>, from: HostId, gone: VoterId, epoch: u32) {
        let Some(voter) = self.control.voter() else { return };
        let is_true = voter.with(|node| {
            let members = &node.state().members;
            let is_known = members.all().any(|id| id.host == from) || node.state().index == 0;
            is_known && gone == node.me() && epoch == node.epoch() && !node.is_leader()
        });
        if is_true {
            self.voter_left_out(&voter);
        }
    }

    /// Only this host's own voter answers: who asks finds the one that leads. Front ends and the
    /// table of hosts are at the owner's daemon, or at one that votes and leads the vm in its
    /// place; no other host has anything to ask.
    fn asked_by(self: &Rc<Self>, from: HostId, token: u64, ask: Ask) {
        let may_ask = from == HostId::OWNER || self.is_voter(from);
        if !may_ask || !self.control.heard.is_new(from, token) {
            return;
        }
        let shell = self.clone();
        spawn_local(async move {
            let said = match shell.control.voter() {
                Some(voter) => shell.ask_own(&voter, &ask).await,
                None => Err(Refused::NoMajority { last_leader: None, was_proposed: false }),
            };
            shell.send_word(from, &Word::Said { token, said });
        });
    }
}

/// What only one that leads says, to those that follow it.
fn is_of_a_leader(body: &Body) -> bool {
    match body {
        Body::Raft(message) => message.is_of_leader(),
        Body::Chunk { .. } | Body::Offer { .. } => true,
        Body::ChunkWanted { .. } | Body::Fenced => false,
    }
}
