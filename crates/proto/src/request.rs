//! What a front end asks of its daemon about the vm: hosts, launches, settings, events.

use crate::daemon::Hope;
use crate::member::Member;
use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{
    Admission, Answer, Ask, Attach, Cause, Commands, Done, Down, Happening, HostState, Hosts,
    Launch, Remove, Set, Stage, Up, Verdict, Watch,
};
use posse_wire::{CommandId, Frame, HostId, Kind, Message, WireError};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What carries the link of a host whose login was left.
pub(crate) const DIRECT: &str = "direct";

/// An `up` that is under way.
#[derive(Debug)]
struct Launches {
    link: LinkId,
    up: Rc<Up>,
    waiting: BTreeSet<HostId>,
}

#[derive(Debug, Default)]
pub(crate) struct Requests {
    ups: BTreeMap<CommandId, Launches>,
}

impl Requests {
    pub fn count(&self) -> usize {
        self.ups.len()
    }
}

impl Requests {
    /// Whose `up` waits for this host, where a person is there.
    pub fn person_who_waits_for(&self, number: HostId) -> Option<(LinkId, CommandId)> {
        let waits = |up: &&Launches| up.up.interactive && up.waiting.contains(&number);
        self.ups.iter().find(|(_, up)| waits(up)).map(|(id, up)| (up.link, *id))
    }
}

impl Daemon {
    pub(crate) fn request(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let id = frame.id;
        match frame.kind {
            Kind::Hosts => {
                let parts = Hosts::parts(self.members.entries());
                parts.iter().for_each(|part| self.send(link, part.frame(id)));
            }
            Kind::Commands => {
                Commands::decode(frame)?;
                self.send(link, Commands { commands: self.command_entries() }.frame(id));
            }
            Kind::Set => self.set(link, id, Set::decode(frame)?),
            Kind::Up => self.up(link, id, Up::decode(frame)?),
            Kind::Answer => self.answer(link, &Answer::decode(frame)?),
            Kind::Ask => self.ask(link, id, Ask::decode(frame)?),
            Kind::Remove => self.remove(link, id, &Remove::decode(frame)?),
            Kind::Watch => self.watch(link, id, Watch::decode(frame)?),
            Kind::Attach => self.attach(link, id, Attach::decode(frame)?),
            Kind::Down => self.down(frame)?,
            Kind::Job => self.job(link, frame)?,
            Kind::Invite => self.invite(link, frame)?,
            other => return Err(WireError::WrongKind { wanted: "request", got: other.name() }),
        }
        Ok(())
    }

    pub(crate) fn done(&mut self, link: LinkId, id: CommandId, error: Option<String>) {
        self.send(link, Done { error }.frame(id));
    }

    fn set(&mut self, link: LinkId, id: CommandId, set: Set) {
        if let Some(result) = self.set_by_lent(link, &set.name) {
            return self.done(link, id, result.err());
        }
        let result = self.members.set(set.name, set.value);
        self.out.push(Effect::Persist);
        self.done(link, id, result.err());
    }

    fn watch(&mut self, link: LinkId, id: CommandId, watch: Watch) {
        if let Some(state) = self.links.get_mut(&link) {
            state.watch = Some(id);
        }
        if watch.recent {
            let frames: Vec<Frame> = self.members.recent().map(|event| event.frame(id)).collect();
            frames.into_iter().for_each(|frame| self.send(link, frame));
        }
    }

    fn up(&mut self, link: LinkId, id: CommandId, up: Up) {
        if !self.is_owner() {
            let why = "hosts are brought up from the owner's machine; type it there";
            return self.done(link, id, Some(why.to_owned()));
        }
        let up = Rc::new(up);
        if self.leads() { self.launch_all(link, id, up) } else { self.hold_up(link, id, up) }
    }

    pub(crate) fn launch_all(&mut self, link: LinkId, id: CommandId, up: Rc<Up>) {
        let mut waiting = BTreeSet::new();
        let mut launches = Vec::new();
        let numbers = self.members.find_or_add(&up.hosts);
        for (request, number) in up.hosts.iter().zip(numbers) {
            let Some(entry) = self.members.entry_mut(number) else { continue };
            if entry.is_up() && !self.missing.is_missing(number) {
                let (name, stage) = (entry.name.clone(), Stage::Up { already: true });
                self.send(link, Launch { name, number, stage }.frame(id));
                continue;
            }
            let launching = entry.state == HostState::Launching && self.is_waited_for(number);
            if waiting.insert(number) && !launching {
                launches.push((number, request.clone()));
            }
        }
        self.requests.ups.insert(id, Launches { link, up: up.clone(), waiting });
        for (number, request) in launches {
            if let Some(entry) = self.members.entry_mut(number) {
                entry.state = HostState::Launching;
            }
            match up.via.filter(|via| *via != self.config.host) {
                Some(via) => self.launch_from(via, number, request, &up),
                None => {
                    self.deploys.forget(number);
                    let options = up.clone();
                    self.out.push(Effect::Launch { number, request, up: id, options });
                }
            }
        }
        self.out.push(Effect::Persist);
        self.ups_finished();
    }

    fn is_waited_for(&self, number: HostId) -> bool {
        self.requests.ups.values().any(|up| up.waiting.contains(&number))
    }

    /// A launch got this far: tell those who wait for the host.
    pub(crate) fn launch_stage(&mut self, number: HostId, stage: Stage) {
        let Some(entry) = self.members.entry_mut(number) else { return };
        let is_looked_for = matches!(entry.state, HostState::Launching | HostState::Suspect);
        if stage == Stage::Direct && is_looked_for {
            DIRECT.clone_into(&mut entry.launcher);
        }
        // A second launch of a host that is up, or one that was given up: only its callers hear.
        if let Stage::Failed { why, .. } = &stage
            && entry.state == HostState::Launching
        {
            entry.state = HostState::Down { why: why.clone() };
            let why = why.clone();
            self.happened(number, Happening::LaunchFailed { why });
        }
        let over = matches!(stage, Stage::Up { .. } | Stage::Failed { .. });
        if over {
            self.deploys.forget(number);
        }
        let Some(name) = self.members.get(number).map(|member| member.entry.name.clone()) else {
            return;
        };
        let mut tell = Vec::new();
        for (id, up) in &mut self.requests.ups {
            if up.waiting.contains(&number) {
                tell.push((up.link, *id));
                if over {
                    up.waiting.remove(&number);
                }
            }
        }
        for (link, id) in tell {
            let (name, stage) = (name.clone(), stage.clone());
            self.send(link, Launch { name, number, stage }.frame(id));
        }
        self.ups_finished();
    }

    pub(crate) fn is_launching(&self, number: HostId) -> bool {
        let launching = |member: &Member| member.entry.state == HostState::Launching;
        self.members.get(number).is_some_and(launching)
    }

    /// The link of a launch closed before its handshake was over.
    pub(crate) fn launch_lost(&mut self, number: HostId, why: &str, hope: Hope) {
        // Declared down meanwhile, it is launched all the same.
        let launching = self.is_launching(number) || self.is_waited_for(number);
        if self.missing.is_missing(number) {
            self.not_found(number, hope == Hope::Refused, why);
        }
        // A host may be launched and looked for at once: who called `up` hears of it all the same.
        if hope == Hope::Replaced || (self.leads() && !launching) {
            return;
        }
        let stage = Stage::Failed {
            cause: Cause::Other,
            why: format!("the link closed before the daemon said hello: {why}"),
            hint: "type `posse doctor` with the host's name".into(),
        };
        self.launch_here(number, stage);
    }

    fn ups_finished(&mut self) {
        let over: Vec<(CommandId, LinkId)> = self
            .requests
            .ups
            .iter()
            .filter(|(_, up)| up.waiting.is_empty())
            .map(|(id, up)| (*id, up.link))
            .collect();
        for (id, link) in over {
            self.requests.ups.remove(&id);
            self.done(link, id, None);
        }
    }

    /// The caller of an `up` went away: launches that nobody else waits for are stopped.
    pub(crate) fn requests_lost_client(&mut self, link: LinkId) {
        self.held_ups.lost_client(link);
        let gone: Vec<CommandId> =
            self.requests.ups.iter().filter(|(_, up)| up.link == link).map(|(id, _)| *id).collect();
        for id in gone {
            let Some(up) = self.requests.ups.remove(&id) else { continue };
            for number in up.waiting {
                if self.is_waited_for(number) {
                    continue;
                }
                if let Some(entry) = self.members.entry_mut(number) {
                    entry.state = HostState::Down { why: "the launch was interrupted".into() };
                }
                self.out.push(Effect::StopLaunch { number });
            }
        }
    }

    /// Another daemon leads: what was asked for here has to wait.
    pub(crate) fn hold_requests(&mut self) {
        for (id, up) in std::mem::take(&mut self.requests.ups) {
            for number in up.waiting {
                self.out.push(Effect::StopLaunch { number });
            }
            self.hold_up(up.link, id, up.up);
        }
    }

    fn remove(&mut self, link: LinkId, id: CommandId, remove: &Remove) {
        if !self.leads() {
            let why = "another host leads this vm; `posse hosts` says which";
            return self.done(link, id, Some(why.to_owned()));
        }
        if remove.hosts.iter().any(|host| [HostId::OWNER, self.config.host].contains(host)) {
            let why = "this is the owner's own daemon; `posse down` ends the whole vm";
            return self.done(link, id, Some(why.to_owned()));
        }
        for host in &remove.hosts {
            self.remove_host(*host, remove.purge);
        }
        self.out.push(Effect::Persist);
        self.done(link, id, None);
    }

    /// It is no host of the vm any more, and its daemon is told to end.
    pub(crate) fn remove_host(&mut self, host: HostId, purge: bool) {
        if self.members.get(host).is_none() {
            return;
        }
        self.out.push(Effect::StopLaunch { number: host });
        if self.is_waited_for(host) {
            let cause = Cause::Interrupted;
            let (why, hint) = ("it was removed from the vm".to_owned(), String::new());
            self.launch_stage(host, Stage::Failed { cause, why, hint });
        }
        self.remove_daemon(host, purge);
        self.missing.forget(host);
        self.seeks.forget(host);
        self.commands_lost_member(host);
        self.happened(host, Happening::HostRemoved);
        let incarnation = self.members.incarnation_of(host);
        self.out.push(Effect::HostLost { host, incarnation });
        self.members.remove(host);
    }

    fn remove_daemon(&mut self, host: HostId, purge: bool) {
        let Some(link) = self.routes.below(host) else { return };
        if self.links.get(&link).is_some_and(|link| link.child() == Some(host)) {
            self.send(link, Down { purge }.frame(CommandId::NONE));
            self.refuse(link, "removed from the vm");
            return;
        }
        let verdict = Verdict::Removed { purge };
        self.send(link, Admission { number: host, verdict }.frame(CommandId::NONE));
        self.routes.remove(host, link);
        if let Some(link) = self.links.get_mut(&link) {
            link.reaches.remove(&host);
        }
    }

    /// End everything below, then here.
    pub(crate) fn down(&mut self, frame: &Frame) -> Result<(), WireError> {
        self.down_when_settled(Down::decode(frame)?.purge);
        Ok(())
    }

    pub(crate) fn end_everything(&mut self, purge: bool) {
        for child in self.children() {
            self.send(child, Down { purge }.frame(CommandId::NONE));
        }
        self.leaving = true;
        self.out.push(Effect::Exit { purge });
    }

    /// The links to daemons directly below.
    pub(crate) fn children(&self) -> Vec<LinkId> {
        let children = self.links.iter().filter(|(_, link)| link.child().is_some());
        children.map(|(id, _)| *id).collect()
    }

    fn attach(&mut self, link: LinkId, id: CommandId, attach: Attach) {
        if !self.is_kept(id) {
            let why = "no such command is kept; `posse ps` lists those that are";
            return self.done(link, id, Some(why.to_owned()));
        }
        self.out.push(Effect::Replay { link, command: id, follow: attach.follow });
    }
}
