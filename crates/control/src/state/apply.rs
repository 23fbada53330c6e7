//! One committed command after the other. Called by `consensus`.

use super::change::Change;
use super::command::{Answer, Command, Limit, Proposal};
use super::hosts::{Admission, Standing};
use super::{Owner, State};
use posse_wire::msg::HostRequest;
use posse_wire::{HostId, Incarnation, limits};

impl State {
    /// Does it unless it was done before. `changes` gets what others may wait for.
    pub fn apply(&mut self, index: u64, proposal: Proposal, changes: &mut Vec<Change>) -> Answer {
        self.index = index;
        let Proposal { client, seq, command } = proposal;
        if command == Command::Open {
            return self.sessions.open(index);
        }
        if let Some(answer) = self.sessions.known(client, seq) {
            return answer;
        }
        let answer = self.change(index, command, changes);
        self.sessions.done(client, seq, &answer, index);
        answer
    }

    pub fn setting(&self, name: &str) -> Option<&[u8]> {
        self.settings.all.get(name).map(Vec::as_slice)
    }

    pub fn settings(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.settings.all.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    fn change(&mut self, index: u64, command: Command, changes: &mut Vec<Change>) -> Answer {
        match command {
            Command::Open => Answer::Done,
            Command::AddHosts(requests) => self.add_hosts(&requests, changes),
            Command::HostUp { host, admission } => self.host_up(host, admission, changes),
            Command::HostDown { host, incarnation, why } => {
                self.host_down(host, incarnation, why, changes)
            }
            Command::Reparent { host, parent } => self.reparent(host, parent, changes),
            Command::RemoveHosts(hosts) => {
                hosts.into_iter().for_each(|host| self.remove_host(host, changes));
                Answer::Done
            }
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

    fn add_hosts(&mut self, requests: &[HostRequest], changes: &mut Vec<Change>) -> Answer {
        let new = requests.iter().filter(|r| self.hosts.named(&r.name).is_none()).count();
        if self.hosts.len() + new > limits::TARGETS_MAX {
            return Answer::Full(Limit::Hosts);
        }
        let numbers: Vec<HostId> = requests.iter().map(|r| self.hosts.wanted(r)).collect();
        changes.extend(numbers.iter().map(|number| Change::Host(*number)));
        Answer::Numbers(numbers)
    }

    fn host_up(
        &mut self,
        number: HostId,
        admission: Box<Admission>,
        changes: &mut Vec<Change>,
    ) -> Answer {
        let Some(host) = self.hosts.get(number) else { return Answer::NoHost };
        let same_life = host.admission.as_ref().is_some_and(|old| old.boot == admission.boot);
        if !same_life {
            // The old life is over, said or not.
            self.release_host(number, host.incarnation, changes);
        }
        let Some(host) = self.hosts.get_mut(number) else { return Answer::NoHost };
        host.incarnation.0 += u32::from(!same_life);
        host.standing = Standing::Up;
        host.admission = Some(admission);
        changes.push(Change::Host(number));
        Answer::Incarnation(host.incarnation)
    }

    fn host_down(
        &mut self,
        number: HostId,
        incarnation: Incarnation,
        why: String,
        changes: &mut Vec<Change>,
    ) -> Answer {
        let host = self.hosts.get_mut(number).filter(|host| host.incarnation == incarnation);
        let Some(host) = host else { return Answer::NoHost };
        host.standing = Standing::Down { why: why.into() };
        changes.push(Change::Host(number));
        self.release_host(number, incarnation, changes);
        Answer::Done
    }

    fn reparent(&mut self, number: HostId, parent: HostId, changes: &mut Vec<Change>) -> Answer {
        let admission = self.hosts.get_mut(number).and_then(|host| host.admission.as_mut());
        let Some(admission) = admission else { return Answer::NoHost };
        admission.parent = parent;
        changes.push(Change::Host(number));
        Answer::Done
    }

    fn remove_host(&mut self, number: HostId, changes: &mut Vec<Change>) {
        if let Some(host) = self.hosts.remove(number) {
            changes.push(Change::Host(number));
            self.release_host(number, host.incarnation, changes);
        }
    }

    fn release_host(&mut self, host: HostId, life: Incarnation, changes: &mut Vec<Change>) {
        let process = |process| Owner { host, incarnation: life, process };
        self.release(process(0), process(u32::MAX), changes);
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
