//! Who should vote, asked by the daemon of the one that leads whenever something changed that may
//! matter, and again while something is under way. What it knows of hosts is the table's rows.
//! Called with each voter's start.

use super::voter::Voter;
use crate::limits::{MEMBERS_LOOK_EVERY, SETTLED_AFTER};
use crate::shell::Shell;
use posse_control::consensus::{Input, Membership, VoterId};
use posse_control::limits::REPLACE_AFTER;
use posse_control::state::{Host, State};
use posse_control::voters::{Facts, Next, Place, next_change};
use posse_wire::msg::Launcher;
use posse_wire::{HostId, Incarnation};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// Logs that one life of a daemon may begin.
const LOGS_A_LIFE: u32 = 1024;

/// How this host sees others.
#[derive(Default)]
pub(super) struct Members {
    pub news: Notify,
    /// Voters that hosts say they are now, where another was meant.
    said: RefCell<BTreeMap<HostId, VoterId>>,
    /// Since when a host is up in this life, or down.
    since: RefCell<BTreeMap<HostId, (u64, bool, Instant)>>,
}

/// A log is known by the life of the daemon that began it, and how many that life began before.
pub(super) fn voter_of(host: HostId, boot: u64, before: u32) -> VoterId {
    let first = (boot ^ boot >> 32) as u32;
    VoterId::new(host, Incarnation(first.wrapping_add(before).max(1)))
}

fn is_of_life(id: VoterId, boot: u64) -> bool {
    let first = voter_of(id.host, boot, 0).born.0;
    id.born.0.wrapping_sub(first) < LOGS_A_LIFE
}

fn boot(host: &Host) -> u64 {
    host.admission.as_ref().map_or(0, |admission| admission.boot)
}

impl Members {
    pub fn said(&self, voter: VoterId) {
        self.said.borrow_mut().insert(voter.host, voter);
        self.news.notify_one();
    }

    /// The owner's log outlives its daemon, those of other hosts do not.
    fn voter(&self, host: HostId, row: &Host, members: &Membership) -> VoterId {
        let lives = |id: &VoterId| host == HostId::OWNER || is_of_life(*id, boot(row));
        let said = self.said.borrow().get(&host).copied().filter(lives);
        let member = || members.all().find(|id| id.host == host && lives(id));
        said.or_else(member).unwrap_or_else(|| voter_of(host, boot(row), 0))
    }

    fn lasts(&self, host: HostId, row: &Host) -> Duration {
        let now = (boot(row), row.is_up(), Instant::now());
        let mut since = self.since.borrow_mut();
        let known = since.entry(host).or_insert(now);
        if (known.0, known.1) != (now.0, now.1) {
            *known = now;
        }
        known.2.elapsed()
    }
}

impl Shell {
    /// As long as this voter is one.
    pub(super) async fn choose_members(self: Rc<Self>, voter: Rc<Voter>) {
        let news = &self.control.members.news;
        while !voter.is_over() {
            let leads = voter.with(|node| node.is_leader());
            if !(leads && self.choose(&voter)) {
                news.notified().await;
                continue;
            }
            let _or_it_is_time = timeout(MEMBERS_LOOK_EVERY, news.notified()).await;
        }
    }

    /// The next change, if one is wanted. True where it should be looked at again soon.
    fn choose(self: &Rc<Self>, voter: &Rc<Voter>) -> bool {
        let members = &self.control.members;
        let (mut facts, mut is_soon) = (Vec::new(), false);
        let (me, now) = voter.with(|node| (node.me(), node.state().members.clone()));
        voter.with(|node| {
            for (number, row) in node.state().hosts.iter() {
                let id = members.voter(number, row, &now);
                let is_member = now.all().any(|member| member == id);
                let (is_up, lasts) = (row.is_up(), members.lasts(number, row));
                let is_owner = number == HostId::OWNER;
                // A daemon on the same computer as another has no disk of its own to vote with.
                // Nor has a computer that joined by a code a say in who leads the vm.
                let may_vote =
                    &*row.launcher != "local" && row.request.launcher != Launcher::Invited;
                let is_settled = is_up && lasts >= SETTLED_AFTER && may_vote;
                let is_new = is_up && lasts < SETTLED_AFTER;
                let is_lost = is_member && !is_up && lasts <= REPLACE_AFTER + SETTLED_AFTER;
                is_soon |= is_new || is_lost;
                if !is_member && !is_settled && !is_owner {
                    continue;
                }
                let has_caught_up = node.has_caught_up(id);
                is_soon |= is_member && is_up && !has_caught_up && id != me;
                let place = place(number, row);
                let is_steady = !is_owner;
                let fact = Facts {
                    voter: id,
                    is_up,
                    lasts,
                    place,
                    has_caught_up,
                    is_steady,
                    stays: is_owner,
                };
                facts.push(fact);
            }
        });
        let voters: Vec<HostId> = now.voters.iter().map(|id| id.host).collect();
        if self.with_daemon(|daemon| daemon.led_by().voters != voters) {
            self.control.leading.news.notify_one();
        }
        let next = next_change(&facts, &now, me);
        is_soon |= next.is_some() || now.is_changing();
        match next {
            Some(Next::Change(change)) => {
                voter.feed(self, Input::Members(change));
                self.control.leading.news.notify_one();
            }
            Some(Next::Transfer(to)) => voter.feed(self, Input::Transfer(to)),
            None => {}
        }
        is_soon
    }
}

/// Hosts reach each other over the tree alone.
fn place(number: HostId, row: &Host) -> Place {
    let parent = row.admission.as_ref().map(|admission| admission.parent);
    Place { parent: parent.filter(|_| number != HostId::OWNER), site: None }
}

pub(super) fn places(state: &State) -> BTreeMap<HostId, Place> {
    state.hosts.iter().map(|(number, row)| (number, place(number, row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_of_the_life_that_began_it() {
        let (host, boot) = (HostId(3), 0x1234_5678_9abc_def0);
        let first = voter_of(host, boot, 0);
        assert!(is_of_life(first, boot) && is_of_life(voter_of(host, boot, 7), boot));
        assert_ne!(first, voter_of(host, boot, 1));
        assert!(!is_of_life(first, boot + 0x10_0000));
        // Zero is nobody's.
        assert_ne!(voter_of(HostId(0), 0, 0).born.0, 0);
    }
}
