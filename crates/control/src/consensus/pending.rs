//! Who waits at a leader for a change or a confirmation. Bounded; every wait ends. Called by
//! `node`.

use super::error::Refused;
use super::node::Time;
use crate::limits;
use crate::state::Token;
use std::collections::{BTreeMap, VecDeque};

#[derive(Debug, Clone, Copy)]
struct Proposed {
    term: u64,
    token: Token,
    at: Time,
}

/// Questions that one round of heartbeats confirms together.
#[derive(Debug, Default)]
struct Batch {
    tokens: Vec<Token>,
    at: Time,
    context: u64,
    sent: Time,
}

#[derive(Debug, Default)]
pub(super) struct Pending {
    proposals: BTreeMap<u64, Proposed>,
    asking: Option<Batch>,
    next: Batch,
    /// Confirmed as of an index that is not applied yet; and since when they wait.
    confirmed: VecDeque<(u64, Time, Vec<Token>)>,
    contexts: u64,
}

const ASK_AGAIN: Time = limits::HEARTBEAT_TICKS as u64 * limits::TICK.as_micros() as u64;
const PATIENCE: Time = limits::CONFIRM_WITHIN.as_micros() as u64;

impl Pending {
    pub fn has_room(&self) -> bool {
        self.proposals.len() < limits::PROPOSALS_MAX
    }

    pub fn is_idle(&self) -> bool {
        let asks = self.asking.is_some() || !self.next.tokens.is_empty();
        self.proposals.is_empty() && self.confirmed.is_empty() && !asks
    }

    pub fn proposed(&mut self, index: u64, term: u64, token: Token, at: Time) {
        self.proposals.insert(index, Proposed { term, token, at });
    }

    /// Who proposed the entry that is applied now; false if another took its place.
    pub fn applied(&mut self, index: u64, term: u64) -> Option<(Token, bool)> {
        let proposed = self.proposals.remove(&index)?;
        Some((proposed.token, proposed.term == term))
    }

    /// False if too many wait.
    pub fn read(&mut self, token: Token, now: Time) -> bool {
        if self.next.tokens.is_empty() {
            self.next.at = now;
        }
        let room = self.next.tokens.len() < limits::READS_MAX;
        if room {
            self.next.tokens.push(token);
        }
        room
    }

    /// The context of a round of heartbeats that is to be sent now. Lost ones are sent again as
    /// new ones, whose answer is as good.
    pub fn round(&mut self, now: Time) -> Option<u64> {
        if self.asking.is_none() && !self.next.tokens.is_empty() {
            let batch = std::mem::take(&mut self.next);
            self.asking = Some(Batch { sent: 0, ..batch });
        }
        let asking = self.asking.as_mut()?;
        if asking.sent != 0 && now < asking.sent + ASK_AGAIN {
            return None;
        }
        self.contexts += 1;
        asking.context = self.contexts;
        asking.sent = now.max(1);
        Some(asking.context)
    }

    pub fn confirmed(&mut self, context: u64, index: u64) {
        if self.asking.as_ref().is_some_and(|asking| asking.context == context)
            && let Some(asking) = self.asking.take()
        {
            self.confirmed.push_back((index, asking.at, asking.tokens));
        }
    }

    pub fn readable(&mut self, applied: u64) -> Vec<Token> {
        let mut tokens = vec![];
        while let Some((index, ..)) = self.confirmed.front()
            && *index <= applied
            && let Some((.., confirmed)) = self.confirmed.pop_front()
        {
            tokens.extend(confirmed);
        }
        tokens
    }

    /// Those who have waited long enough: for changes, for questions.
    pub fn overdue(&mut self, now: Time) -> (Vec<Token>, Vec<Token>) {
        let mut changes = vec![];
        while let Some(first) = self.proposals.first_entry()
            && first.get().at + PATIENCE <= now
        {
            changes.push(first.remove().token);
        }
        let mut questions = vec![];
        if self.asking.as_ref().is_some_and(|asking| asking.at + PATIENCE <= now) {
            questions.extend(self.asking.take().map(|asking| asking.tokens).unwrap_or_default());
        }
        while let Some((_, at, _)) = self.confirmed.front()
            && at + PATIENCE <= now
            && let Some((.., tokens)) = self.confirmed.pop_front()
        {
            questions.extend(tokens);
        }
        (changes, questions)
    }

    /// This one leads no more: all that was asked of it, and why there is no answer.
    pub fn drop_all(&mut self) -> (Vec<(Token, Refused)>, Vec<Token>) {
        let proposals = std::mem::take(&mut self.proposals).into_values();
        let refused = proposals.map(|p| (p.token, Refused::Replaced { is_certain: false }));
        let mut reads = std::mem::take(&mut self.next.tokens);
        reads.extend(self.asking.take().map(|asking| asking.tokens).unwrap_or_default());
        (refused.collect(), reads)
    }
}
