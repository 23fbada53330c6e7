//! What talkers still wait for, and what must hold when all is over.

use super::life::Stage;
use super::script::Step;
use crate::check::told;
use crate::trace::Place;
use crate::world::World;
use posse_wire::ProcessId;

impl World {
    /// The end of all faults, where there are any that could hold up news.
    pub fn faults_matter(&self) -> Option<u64> {
        (!self.plan.faults.is_empty()).then(|| self.plan.faults_end())
    }

    /// Whom a talker waits for who is over, by its receives, its sends, or its collective.
    fn waits_for_the_dead(&self, talker: usize) -> Option<(ProcessId, u64)> {
        let mind = self.talk.all[talker].mind.as_ref()?;
        let over = |id: ProcessId| Some((id, self.talk.over_since(id)?));
        let chat = mind.chat.waits_for().filter_map(over).min_by_key(|(_, since)| *since);
        let members = || self.talk.ring.members.iter().filter_map(|(_, id)| over(*id));
        let seat = mind.seat.as_ref().filter(|seat| seat.waits_for().is_some());
        chat.or_else(|| seat.and_then(|_| members().min_by_key(|(_, since)| *since)))
    }

    /// No wait for one that is over goes on for long.
    pub fn waits_for_the_dead_end(&mut self) {
        for talker in 0..self.talk.all.len() {
            let host = self.talk.all[talker].host;
            if !self.hangs_at_leader(talker) || self.hosts[host].paused {
                self.talk.all[talker].linked_since = self.now;
                continue;
            }
            if let Some((id, since)) = self.waits_for_the_dead(talker) {
                let since = since.max(self.talk.all[talker].linked_since);
                let until = told::until(since, self.faults_matter());
                let held = told::ended(self.now, until, || id.to_string());
                self.must("told", held, || Place::Talker(talker).to_string());
            }
        }
    }

    /// What is not over yet of what they do.
    pub fn talkers_wait(&self) -> Option<String> {
        if self.talk.all.is_empty() {
            return None;
        }
        if self.now < self.talk.until {
            return Some("processes talk".to_owned());
        }
        let hangs = |id: &ProcessId| self.talk.of.get(id).is_some_and(|t| self.hangs_at_leader(*t));
        let talks = |id: &ProcessId| self.talk.talks(*id) && hangs(id);
        let mut pairs = self.talk.book.pairs();
        let behind = |(from, to): &(ProcessId, ProcessId)| {
            let both = talks(from) && talks(to) && !self.talk.is_misled(*from, *to);
            both && self.talk.book.is_behind((*from, *to))
        };
        if let Some((from, to)) = pairs.find(behind) {
            return Some(format!("{to} has not received all of {from}"));
        }
        self.talk.all.iter().enumerate().find_map(|(talker, state)| {
            let what = match (&state.stage, &state.mind) {
                (Stage::Over(_), _) => return None,
                _ if !self.hangs_at_leader(talker) => return None,
                (Stage::Talks, Some(mind)) => {
                    let mut unsettled = mind.chat.unsettled();
                    let send = unsettled.find(|to| talks(to) && !self.talk.is_misled(mind.id, *to));
                    let send = send.map(|to| format!("the end of a send to {to}"));
                    let seat = mind.seat.as_ref().filter(|seat| !seat.is_done);
                    let desk = mind.desk.as_ref().filter(|desk| desk.step != Step::Done);
                    let seat = seat.map(|seat| format!("collective {:?}", seat.waits_for()));
                    let desk = desk.map(|desk| format!("the board, {:?}", desk.step));
                    let dead = self.waits_for_the_dead(talker);
                    let dead = dead.map(|(id, _)| format!("{id}, which is over"));
                    seat.or(desk).or(send).or(dead)?
                }
                _ => "a daemon".to_owned(),
            };
            Some(format!("p{talker} on h{} waits for {what}", state.host))
        })
    }

    /// Nobody that lives is taken for dead by another.
    pub fn living_know_each_other(&mut self) {
        for talker in 0..self.talk.all.len() {
            let mind = self.talk.all[talker].mind.as_ref();
            let mind = mind.filter(|_| self.hangs_at_leader(talker));
            let down = mind.into_iter().flat_map(|mind| &mind.down);
            let lives = |id: &ProcessId| {
                let of = self.talk.of.get(id).filter(|_| self.talk.talks(*id));
                of.is_some_and(|talker| self.hangs_at_leader(*talker))
            };
            let misled =
                |id: &ProcessId| mind.is_some_and(|mind| self.talk.is_misled(mind.id, *id));
            let wrong = down.copied().find(|id| lives(id) && !misled(id));
            if let Some(id) = wrong {
                let held = told::gone(id, true, "at the end");
                self.must("told", held, || Place::Talker(talker).to_string());
            }
        }
    }
}
