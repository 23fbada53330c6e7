//! What this daemon asks of its own voter: changes, questions, other members.

use super::super::error::Refused;
use super::super::output::Output;
use super::super::types::VoterId;
use super::{Node, translate};
use crate::state::{Proposal, Token};
use crate::voters::Change;
use posse_wire::{WireError, encode_value, limits};

impl Node {
    pub(super) fn propose(&mut self, token: Token, proposal: &Proposal) {
        if let Err(refused) = self.try_propose(token, proposal) {
            self.out.push(Output::Answer { token, result: Err(refused) });
        }
    }

    fn try_propose(&mut self, token: Token, proposal: &Proposal) -> Result<(), Refused> {
        self.leads()?;
        proposal.command.check()?;
        let bytes = proposal.encode();
        let (got, max) = (bytes.len() as u64, limits::COMMAND_BYTES_MAX as u64);
        if got > max {
            return Err(WireError::TooLong { got, max }.into());
        }
        if self.is_disk_failed {
            return Err(Refused::Disk);
        }
        if !self.pending.has_room() {
            return Err(Refused::Busy);
        }
        self.raw.propose(vec![], bytes).map_err(|_| Refused::Busy)?;
        let raft = &self.raw.raft;
        self.pending.proposed(raft.raft_log.last_index(), raft.term, token, self.now);
        Ok(())
    }

    pub(super) fn read(&mut self, token: Token) {
        let result = self.leads();
        if let Err(refused) = result {
            self.out.push(Output::Readable { token, result: Err(refused) });
        } else if !self.pending.read(token, self.now) {
            self.out.push(Output::Readable { token, result: Err(Refused::Busy) });
        }
    }

    /// Or why not, in words that help.
    fn leads(&self) -> Result<(), Refused> {
        if let Some(epoch) = self.fenced {
            return Err(Refused::OldEpoch { epoch });
        }
        if self.is_damaged {
            return Err(Refused::Damaged);
        }
        if self.is_leader() {
            return Ok(());
        }
        let others = self.leader().filter(|leader| *leader != self.me);
        let last_leader = self.last_leader;
        let nobody = Refused::NoMajority { last_leader, was_proposed: false };
        Err(others.map_or(nobody, |leader| Refused::NotLeader { leader }))
    }

    /// Sends the round of heartbeats that confirms questions, if one is due.
    pub(super) fn ask_round(&mut self) {
        if self.is_leader()
            && let Some(context) = self.pending.round(self.now)
        {
            self.raw.read_index(context.to_le_bytes().to_vec());
        }
    }

    pub(super) fn change_members(&mut self, change: &Change) {
        let busy = self.raw.raft.has_pending_conf() || self.state.members.is_changing();
        if !self.is_leader() || busy || !change.is_sound(&self.state.members) {
            return;
        }
        let context = encode_value(change);
        let _asked_again = self.raw.propose_conf_change(context, translate::conf_change(change));
    }

    /// No leader whose disk takes nothing: somebody else, if there is one.
    pub(super) fn disk_failed(&mut self) {
        self.is_disk_failed = true;
        if !self.is_leader() {
            return;
        }
        let others = self.state.members.voters.iter().filter(|id| **id != self.me);
        let matched = |id: &VoterId| self.raw.raft.prs().get(id.number()).map_or(0, |p| p.matched);
        if let Some(best) = others.copied().max_by_key(|id| (matched(id), *id)) {
            self.raw.transfer_leader(best.number());
        }
    }
}
