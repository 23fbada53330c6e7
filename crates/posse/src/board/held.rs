//! What a process holds on the board, as far as it was told: what is told again to a daemon that
//! may not know. Values only; kept by `connection.rs`.

use super::asks::{Answer, Ask};
use posse_wire::msg::{GroupAsk, GroupError, Grouped, MailAsk, MailFlags, Mailed, Stored};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Membership {
    pub instance: u32,
    /// Barriers that were passed, as last heard.
    pub round: u64,
    is_frozen: bool,
}

#[derive(Debug)]
struct Entry {
    flags: MailFlags,
    value: Vec<u8>,
    at: Stored,
}

#[derive(Debug, Default)]
pub(super) struct Held {
    groups: BTreeMap<String, Membership>,
    contexts: BTreeSet<u32>,
    mail: BTreeMap<(String, u32), Entry>,
}

impl Held {
    pub fn membership(&self, group: &str) -> Option<Membership> {
        self.groups.get(group).copied()
    }

    /// All of it, to be told again.
    pub fn tell(&self) -> Vec<Ask> {
        let rejoin = |(name, held): (&String, &Membership)| {
            let Membership { instance, round, is_frozen } = *held;
            Ask::Group(GroupAsk::Rejoin { name: name.clone(), instance, round, is_frozen })
        };
        let keep = |((name, _), entry): (&(String, u32), &Entry)| {
            let (name, value) = (name.clone(), entry.value.clone());
            Ask::Mail(MailAsk::Keep { name, flags: entry.flags, value, at: entry.at })
        };
        let context = |context: &u32| Ask::Group(GroupAsk::KeepContext { context: *context });
        let groups = self.groups.iter().map(rejoin);
        groups.chain(self.contexts.iter().map(context)).chain(self.mail.iter().map(keep)).collect()
    }

    /// Somebody took an entry of this process.
    pub fn taken(&mut self, name: &str, at: Stored) {
        let key = (name.to_owned(), at.index);
        if self.mail.get(&key).is_some_and(|entry| entry.at == at) {
            self.mail.remove(&key);
        }
    }

    /// What an answer says about it.
    pub fn learn(&mut self, ask: &Ask, answer: &Answer) {
        match (ask, answer) {
            (Ask::Group(ask), Answer::Group(answer)) => self.learn_group(ask, answer),
            (Ask::Mail(ask), Answer::Mail(answer)) => self.learn_mail(ask, answer),
            _ => {}
        }
    }

    fn learn_group(&mut self, ask: &GroupAsk, answer: &Grouped) {
        use GroupAsk::{Barrier, FreeContext, Freeze, Join, KeepContext, Leave, Rejoin};
        match (ask, answer) {
            (Join { name } | Rejoin { name, .. }, Grouped::Joined { instance, round }) => {
                let is_frozen = self.groups.get(name).is_some_and(|held| held.is_frozen);
                let held = Membership { instance: *instance, round: *round, is_frozen };
                self.groups.insert(name.clone(), held);
            }
            (Barrier { name, .. }, Grouped::Passed { round }) => {
                if let Some(held) = self.groups.get_mut(name) {
                    held.round = *round;
                }
            }
            (Freeze { name, .. }, Grouped::Frozen) => {
                if let Some(held) = self.groups.get_mut(name) {
                    held.is_frozen = true;
                }
            }
            (Leave { name }, Grouped::Done | Grouped::Refused(GroupError::NotMember))
            | (Rejoin { name, .. }, Grouped::Refused(_)) => {
                self.groups.remove(name);
            }
            (_, Grouped::Context { context }) => {
                self.contexts.insert(*context);
            }
            (FreeContext { context }, Grouped::Done)
            | (KeepContext { context }, Grouped::Refused(_)) => {
                self.contexts.remove(context);
            }
            _ => {}
        }
    }

    fn learn_mail(&mut self, ask: &MailAsk, answer: &Mailed) {
        use MailAsk::{Delete, Get, Keep, Put};
        match (ask, answer) {
            (
                Put { name, flags, value, .. } | Keep { name, flags, value, .. },
                Mailed::Stored(at),
            ) => {
                let entry = Entry { flags: *flags, value: value.clone(), at: *at };
                self.mail.insert((name.clone(), at.index), entry);
            }
            (Keep { name, at, .. }, Mailed::Refused(_)) => self.taken(name, *at),
            (Get { name, flags, .. }, Mailed::Found { index, .. })
                if flags.has(MailFlags::DELETE) =>
            {
                self.mail.remove(&(name.clone(), *index));
            }
            (Delete { name, .. }, Mailed::Deleted { index }) => {
                self.mail.remove(&(name.clone(), *index));
            }
            _ => {}
        }
    }
}
