//! Which processes of this daemon's commands hold names, or may: what is over of them is told.
//! Front ends that hold names themselves are among them.

use crate::limits::TELL_AGAIN;
use crate::shell::Shell;
use posse_control::state::{Found, Owner, Question};
use posse_control::{Ask, Said};
use posse_wire::{CommandId, Rank};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// By command and rank; a front end by its first id and [`Rank::ALL`].
#[derive(Default)]
pub(super) struct Holders {
    all: RefCell<BTreeMap<(CommandId, Rank), Owner>>,
}

impl Shell {
    pub(super) fn may_hold(&self, owner: Owner) {
        self.control.holders.all.borrow_mut().insert((owner.command, owner.rank), owner);
    }

    pub(super) fn lives(&self, owner: &Owner) -> bool {
        self.with_daemon(|daemon| {
            if owner.rank == Rank::ALL {
                let life = (daemon.host(), daemon.incarnation());
                return daemon.has_client(owner.command) && (owner.host, owner.incarnation) == life;
            }
            let holder = daemon.holder(owner.command, owner.rank);
            holder == Some((owner.host, owner.incarnation))
        })
    }

    /// Processes of a command are over.
    pub fn processes_over(self: &Rc<Self>, command: CommandId, rank: Rank, count: u32) {
        let last = Rank(rank.0.saturating_add(count.saturating_sub(1)));
        let mut all = self.control.holders.all.borrow_mut();
        let over: Vec<Owner> =
            all.range((command, rank)..=(command, last)).map(|(_, owner)| *owner).collect();
        for owner in &over {
            all.remove(&(owner.command, owner.rank));
        }
        drop(all);
        over.into_iter().for_each(|owner| self.tell_gone(owner));
    }

    /// Those that hold names by what the control state has, after a start: processes may have
    /// ended while nobody looked.
    pub(super) async fn sweep_holders(self: &Rc<Self>) {
        for owner in self.all_owners().await {
            if self.lives(&owner) {
                self.may_hold(owner);
            } else {
                self.tell_gone(owner);
            }
        }
    }

    /// From this host's copy if it leads: one that follows may not have the last yet.
    async fn all_owners(self: &Rc<Self>) -> BTreeSet<Owner> {
        let voter = self.control.voter();
        if let Some(voter) = voter.filter(|voter| voter.with(|node| node.is_leader())) {
            return voter.state(|state| state.names.owners().collect());
        }
        let (mut owners, mut behind) = (BTreeSet::new(), None);
        loop {
            let question = Question::Names { prefix: String::new(), behind: behind.clone() };
            match self.ask_control(Ask::Question(question)).await {
                Ok(Said::Found(Found::Names { rows, more })) => {
                    owners.extend(rows.iter().map(|row| row.owner));
                    behind = rows.into_iter().next_back().map(|row| row.name);
                    if !more || behind.is_none() {
                        return owners;
                    }
                }
                _ => tokio::time::sleep(TELL_AGAIN).await,
            }
        }
    }
}
