//! Who leads the control state leads the vm: holds the table of hosts, with the tree hanging at
//! itself. The owner's daemon does wherever it can be heard; another host takes over when it has
//! lost its way to the one that led, and hands back when the owner's daemon is there again and
//! nobody works here. Called with each voter's start.

use super::rows;
use super::voter::Voter;
use crate::limits::{LEAD_LOOK_EVERY, PARENT_GONE, VOTERS_LOOK_EVERY};
use crate::shell::Shell;
use posse_control::consensus::{Input as Told, VoterId};
use posse_control::state::{Answer, ClientId, Command, Proposal, Question};
use posse_control::{Ask, Said};
use posse_proto::{Daemon, Input};
use posse_wire::limits::OFFERS_WITHIN;
use posse_wire::{HostId, Lead};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// What this host knows of who leads.
#[derive(Default)]
pub(super) struct Leading {
    /// Who leads is another, or may be.
    pub news: Notify,
    /// The host that led the control state before this one.
    before: Cell<Option<HostId>>,
    /// When the owner's daemon was last heard.
    owner: Cell<Option<Instant>>,
}

impl Leading {
    pub fn heard(&self, from: HostId) {
        if from == HostId::OWNER {
            self.owner.set(Some(Instant::now()));
        }
    }

    fn hears_owner(&self) -> bool {
        self.owner.get().is_some_and(|heard| heard.elapsed() < PARENT_GONE)
    }
}

impl Shell {
    /// As long as this voter is one.
    pub(super) async fn attend_to_lead(self: Rc<Self>, voter: Rc<Voter>) {
        while !voter.is_over() {
            let (leads, leader, me) =
                voter.with(|node| (node.is_leader(), node.leader(), node.me()));
            if leads {
                self.look_at_lead(&voter, me).await;
            } else if let Some(leader) = leader {
                self.control.leading.before.set(Some(leader.host));
            }
            if self.leads_vm() {
                // By this copy, whoever leads the control state.
                self.name_voters(&voter);
            } else {
                self.be_preferred(false);
            }
            let alone = voter.state(|state| state.members.all().count() < 2);
            let wait = match leads {
                true if me.host != HostId::OWNER || !self.leads_vm() => LEAD_LOOK_EVERY,
                // It will hear of who does lead, and is not to be found by front ends then.
                false if me.host != HostId::OWNER && self.leads_vm() => LEAD_LOOK_EVERY,
                true if !alone => VOTERS_LOOK_EVERY,
                _ => Duration::MAX,
            };
            let _or_it_is_time = timeout(wait, self.control.leading.news.notified()).await;
        }
        if !self.leads_vm() {
            self.be_preferred(false);
        }
    }

    pub(super) fn leads_vm(&self) -> bool {
        self.with_daemon(Daemon::is_leading)
    }

    async fn look_at_lead(self: &Rc<Self>, voter: &Rc<Voter>, me: VoterId) {
        let lead = voter.with(|node| Lead { epoch: node.epoch(), term: node.term() });
        let is_owner = me.host == HostId::OWNER;
        if self.leads_vm() {
            if self.with_daemon(|daemon| daemon.led_by().lead) < lead {
                self.lead_on(voter, lead).await;
            }
            if !is_owner && !self.with_daemon(Daemon::has_front_end) {
                self.hand_back(voter);
            }
        } else if is_owner || self.is_alone() {
            self.take_vm(voter, lead).await;
        } else {
            self.hand_back(voter);
        }
    }

    /// The one that led is not above this host any more, nor anybody who follows it.
    fn is_alone(&self) -> bool {
        let lost = self.with_daemon(Daemon::parent_lost);
        lost.is_some_and(|lost| self.now().since(lost) >= PARENT_GONE)
    }

    /// Leads already, by an earlier vote. Whether others did in between stands in the control
    /// state: then their table counts.
    async fn lead_on(self: &Rc<Self>, voter: &Rc<Voter>, lead: Lead) {
        // What was agreed on before is known once a question can be answered.
        let question = Ask::Question(Question::Name(String::new()));
        if self.ask_own(voter, &question).await.is_err() {
            return;
        }
        let before = self.with_daemon(|daemon| daemon.led_by().lead);
        if voter.state(|state| state.lead > before) {
            self.take_vm(voter, lead).await;
        } else {
            self.feed(Input::Lead { lead, table: Vec::new() });
        }
    }

    /// Once the control state knows of it: who leads next asks there.
    async fn take_vm(self: &Rc<Self>, voter: &Rc<Voter>, lead: Lead) {
        let proposal = Proposal { client: ClientId(0), seq: 0, command: Command::Lead(lead) };
        let said = self.ask_own(voter, &Ask::Change(proposal)).await;
        if !matches!(said, Ok(Said::Answer(Answer::Opened(_)))) {
            return;
        }
        let rows = voter.state(|state| {
            let row =
                |(number, host): (HostId, &posse_control::state::Host)| (number, host.clone());
            state.hosts.iter().map(row).collect::<Vec<_>>()
        });
        let before = self.control.leading.before.get().unwrap_or(HostId::OWNER);
        let table = rows::table(self, &rows, before);
        self.feed(Input::Lead { lead, table });
        self.name_voters(voter);
        if self.leads_vm() {
            crate::log::line(&format!("this host leads the vm now ({lead:?})"));
            self.begin_telling(OFFERS_WITHIN);
            self.be_preferred(true);
        }
    }

    /// The voters may be others than the hosts were told: those are refused that they do not know.
    pub(super) fn voters_changed(&self, voter: &Voter) {
        if self.leads_vm() && self.unnamed(voter).is_some() {
            self.control.leading.news.notify_one();
        }
    }

    fn name_voters(self: &Rc<Self>, voter: &Voter) {
        if let Some(voters) = self.unnamed(voter) {
            self.feed(Input::Voters { voters });
        }
    }

    /// Who votes, where hosts were told otherwise. One that has lost the control state, and is not
    /// taken in yet, knows nothing better than the table.
    fn unnamed(&self, voter: &Voter) -> Option<Vec<HostId>> {
        if voter.state(|state| state.index == 0) {
            return None;
        }
        let voters: Vec<HostId> =
            voter.state(|state| state.members.voters.iter().map(|id| id.host).collect());
        self.with_daemon(|daemon| daemon.led_by().voters != voters).then_some(voters)
    }

    /// To the owner's daemon, once it votes and has all.
    fn hand_back(self: &Rc<Self>, voter: &Rc<Voter>) {
        let owner = voter.with(|node| {
            let voters = &node.state().members.voters;
            let owner = voters.iter().find(|id| id.host == HostId::OWNER).copied();
            owner.filter(|owner| node.has_caught_up(*owner))
        });
        if let Some(owner) = owner.filter(|_| self.control.leading.hears_owner()) {
            voter.feed(self, Told::Transfer(owner));
        }
    }
}
