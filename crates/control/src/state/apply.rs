//! One committed command after the other. Called by `consensus`.

use super::change::Change;
use super::command::{Answer, ClientId, Command, Limit, Proposal};
use super::hosts::HostRow;
use super::{Owner, State};
use posse_wire::{CommandId, HostId, Incarnation, Lead, Rank, limits};

impl State {
    /// Does it unless it was done before. `changes` gets what others may wait for.
    pub fn apply(&mut self, index: u64, proposal: Proposal, changes: &mut Vec<Change>) -> Answer {
        self.index = index;
        let Proposal { client, seq, command } = proposal;
        match command {
            Command::Open => return self.sessions.open(index),
            Command::Lead(lead) => return self.lead(index, lead),
            _ => {}
        }
        if let Some(answer) = self.sessions.known(client, seq) {
            return answer;
        }
        let answer = match command {
            Command::Hosts(_) | Command::ProcessGone(_) if !self.may_tell(client) => {
                Answer::Superseded
            }
            command => self.change(index, command, changes),
        };
        self.sessions.done(client, seq, &answer, index);
        answer
    }

    /// One client tells what is so. The same lead again is the same daemon's.
    fn lead(&mut self, index: u64, lead: Lead) -> Answer {
        if lead < self.lead {
            return Answer::Superseded;
        }
        self.lead = lead;
        self.teller = Some(ClientId(index));
        self.sessions.open(index)
    }

    fn may_tell(&self, client: ClientId) -> bool {
        self.teller.is_none_or(|teller| teller == client)
    }

    pub fn setting(&self, name: &str) -> Option<&[u8]> {
        self.settings.all.get(name).map(Vec::as_slice)
    }

    pub fn settings(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.settings.all.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    fn change(&mut self, index: u64, command: Command, changes: &mut Vec<Change>) -> Answer {
        match command {
            Command::Open | Command::Lead(_) => Answer::Done,
            Command::Hosts(rows) => self.take_hosts(rows, changes),
            Command::ProcessGone(owner) => {
                self.release(owner, owner, changes);
                Answer::Done
            }
            Command::Register { name, value, owner, expect } => {
                if !self.hosts.is_living(owner.host, owner.incarnation) {
                    return Answer::NoHost;
                }
                let answer = self.names.register(&name, value, owner, expect, index);
                if let Answer::Version(version) = answer {
                    changes.push(Change::Name { name, version: Some(version) });
                }
                answer
            }
            Command::Unregister { name, owner, expect } => {
                let answer = self.names.unregister(&name, owner, expect);
                if answer == Answer::Done {
                    changes.push(Change::Name { name, version: None });
                }
                answer
            }
            Command::Set { name, value } => {
                changes.push(Change::Setting(name.clone()));
                self.settings.set(name, value)
            }
        }
    }

    fn take_hosts(&mut self, rows: Vec<HostRow>, changes: &mut Vec<Change>) -> Answer {
        let is_new = |row: &&HostRow| row.host.is_some() && self.hosts.get(row.number).is_none();
        if self.hosts.len() + rows.iter().filter(is_new).count() > limits::TARGETS_MAX {
            return Answer::Full(Limit::Hosts);
        }
        for HostRow { number, host } in rows {
            let before = self.hosts.remove(number).map(|old| old.incarnation);
            changes.push(Change::Host(number));
            let life = host.as_ref().filter(|host| host.is_up()).map(|host| host.incarnation);
            if let Some(before) = before.filter(|before| life != Some(*before)) {
                self.release_host(number, before, changes);
            }
            if let Some(host) = host {
                self.hosts.insert(number, *host);
            }
        }
        Answer::Done
    }

    fn release_host(&mut self, host: HostId, life: Incarnation, changes: &mut Vec<Change>) {
        let process =
            |command, rank| Owner { host, incarnation: life, command: CommandId(command), rank };
        self.release(process(0, Rank(0)), process(u64::MAX, Rank::ALL), changes);
    }

    fn release(&mut self, first: Owner, last: Owner, changes: &mut Vec<Change>) {
        let free = self.names.release(first, last);
        let change = |name: std::sync::Arc<str>| Change::Name {
            name: name.as_ref().to_owned(),
            version: None,
        };
        changes.extend(free.into_iter().map(change));
    }
}
