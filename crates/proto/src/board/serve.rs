//! The daemon around the board: who may ask for which process, what happens when that is over or
//! its connection is lost, and when another daemon comes to lead.

use super::barrier::Wish;
use super::groups::Told;
use super::settle::Held;
use super::{Ask, Asker, Board};
use crate::{Daemon, LinkId};
use posse_wire::msg::{
    Follow, Group, GroupAsk, GroupError, Grouped, Mail, MailAsk, MailError, MailFlags, Mailed,
};
use posse_wire::{CommandId, Frame, Kind, Message, ProcessId, WireError};

const LED_ELSEWHERE: &str = "another host leads this vm now; connect again";
const BUSY: &str = "very many wait for this daemon, which has just come to lead; try again";

impl Daemon {
    /// A client's frame of one of these kinds.
    pub(crate) fn board(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let (by, ask) = match frame.kind {
            Kind::Group => {
                let Group { by, ask } = Group::decode(frame)?;
                (by, Ask::Group(ask))
            }
            _ => {
                let Mail { by, ask } = Mail::decode(frame)?;
                (by, Ask::Mail(ask))
            }
        };
        if !self.leads() {
            let why = format!("{}: {LED_ELSEWHERE}", frame.kind.name());
            self.refuse(link, &why);
            return Ok(());
        }
        let asker = Asker { link, id: frame.id };
        if let Err(why) = self.board_may_hold(link, by) {
            self.board_refuse(asker, &ask, &why);
        } else {
            self.board.links.entry(link).or_default().insert(by);
            match self.board.settling.hold(asker, by, ask) {
                Held::Yes => {}
                Held::Not(ask) => self.board_do(asker, by, ask),
                Held::Refused(ask) => self.board_refuse(asker, &ask, BUSY),
            }
        }
        self.board_answers();
        Ok(())
    }

    /// A connection speaks for processes of its own host that are not over; whoever may hold
    /// something is followed.
    fn board_may_hold(&mut self, link: LinkId, by: ProcessId) -> Result<(), String> {
        let guest = self.links.get(&link).and_then(|link| link.guest);
        let host = guest.map_or(self.config.host, |(host, _)| host);
        if by.host() != host || by.sequence() == 0 {
            return Err("a connection speaks for processes of its own host alone".to_owned());
        }
        if self.board.followed.contains(&by) {
            return Ok(());
        }
        let here = self.is_here(by);
        let lives = match self.processes.get_mut(by).filter(|_| here) {
            Some(entry) => {
                entry.followers.insert(ProcessId::of_daemon(host, self.incarnation));
                true
            }
            None => host != self.config.host && self.is_of_living_host(by),
        };
        if !lives {
            return Err("there is no such process".to_owned());
        }
        if !here && !self.processes.following.add(by, self.as_follower()) {
            return Err("as many processes are followed as may be".to_owned());
        }
        self.board.followed.insert(by);
        self.board_follow(by);
        Ok(())
    }

    fn is_of_living_host(&self, process: ProcessId) -> bool {
        let member = self.members.get(process.host());
        member.is_some_and(|member| process.is_of(member.entry.incarnation))
    }

    fn as_follower(&self) -> ProcessId {
        ProcessId::of_daemon(self.config.host, self.incarnation)
    }

    fn board_follow(&mut self, process: ProcessId) {
        if let Some(way) = self.routes.below(process.host()) {
            let by = self.as_follower();
            self.send(way, Follow { by }.frame(CommandId(process.0)));
        }
    }

    /// A host is reached again: it may have said of a process that it is over while it was not.
    pub(crate) fn board_follow_again(&mut self, host: posse_wire::HostId) {
        let there = self.board.followed.iter().filter(|process| process.host() == host);
        for process in there.copied().collect::<Vec<_>>() {
            self.board_follow(process);
        }
    }

    fn board_refuse(&mut self, asker: Asker, ask: &Ask, why: &str) {
        let why = why.to_owned();
        let out = &mut self.board.answers;
        match ask {
            Ask::Group(_) => out.grouped(asker, &Grouped::Refused(GroupError::Other { why })),
            Ask::Mail(_) => out.mailed(asker, &Mailed::Refused(MailError::Other { why })),
        }
    }

    pub(super) fn board_do(&mut self, asker: Asker, by: ProcessId, ask: Ask) {
        match ask {
            Ask::Group(ask) => self.board.group(asker, by, ask),
            Ask::Mail(ask) => self.board.mail(asker, by, ask),
        }
    }

    pub(super) fn board_answers(&mut self) {
        for (link, frame) in self.board.answers.take() {
            self.send(link, frame);
        }
    }

    /// A process that was followed is over.
    pub(crate) fn board_gone(&mut self, process: ProcessId) {
        if self.board.followed.remove(&process) {
            let Board { groups, mailbox, contexts, settling, answers, .. } = &mut self.board;
            settling.gone(process);
            groups.gone(process, answers);
            mailbox.gone(process, answers);
            contexts.gone(process);
            self.board_answers();
        }
    }

    /// What was asked for over it is kept: its process lives, and connects again.
    pub(crate) fn board_lost_link(&mut self, link: LinkId) {
        let all = self.board.links.remove(&link).unwrap_or_default();
        self.board.settling.disconnect(link);
        for by in all {
            self.board.groups.disconnect(by, link);
            self.board.mailbox.disconnect(by, link);
        }
    }

    /// Another daemon leads, or may: those who hold something here tell that one.
    pub(crate) fn board_ends(&mut self) {
        let board = std::mem::replace(&mut self.board, Board::new(self.config.boot));
        self.processes.following.stop(self.as_follower());
        for link in board.links.into_keys() {
            self.refuse(link, LED_ELSEWHERE);
        }
    }

    /// Memberships, entries, contexts and waits.
    pub(crate) fn board_count(&self) -> usize {
        let Board { groups, mailbox, contexts, settling, .. } = &self.board;
        groups.count() + mailbox.count() + contexts.count() + settling.count()
    }
}

impl Board {
    fn group(&mut self, asker: Asker, by: ProcessId, ask: GroupAsk) {
        match self.grouped(asker, by, ask) {
            Ok(Some(answer)) => self.answers.grouped(asker, &answer),
            // It was answered, or will be.
            Ok(None) => {}
            Err(why) => self.answers.grouped(asker, &Grouped::Refused(why)),
        }
    }

    fn grouped(
        &mut self,
        asker: Asker,
        by: ProcessId,
        ask: GroupAsk,
    ) -> Result<Option<Grouped>, GroupError> {
        let Board { groups, contexts, answers, .. } = self;
        let answer = match ask {
            GroupAsk::Join { name } => groups.join(by, name)?,
            GroupAsk::Rejoin { name, instance, round, is_frozen } => {
                let told = Told { instance, round, is_frozen };
                let joined = groups.rejoin(by, name.clone(), told)?;
                groups.group(&name)?.release_late(answers);
                joined
            }
            GroupAsk::Leave { name } => groups.leave(by, &name, answers)?,
            GroupAsk::Members { name, behind } => groups.members(&name, behind)?,
            GroupAsk::List { behind } => groups.list(behind),
            GroupAsk::Barrier { name, count, strict, again } => {
                groups.barrier(by, &name, Wish { asker, count, strict, again }, answers)?;
                return Ok(None);
            }
            GroupAsk::Freeze { name, size, again } => {
                let wish = Wish { asker, count: size, strict: false, again };
                groups.freeze(by, &name, wish, answers)?;
                return Ok(None);
            }
            GroupAsk::Stop { name } => {
                groups.stop(by, &name);
                Grouped::Done
            }
            GroupAsk::NewContext => {
                let why = "as many contexts are held as may be".to_owned();
                let context = contexts.allot(by).ok_or(GroupError::Other { why })?;
                Grouped::Context { context }
            }
            GroupAsk::KeepContext { context } => {
                contexts.keep(by, context).then_some(()).ok_or(GroupError::NoContext)?;
                Grouped::Context { context }
            }
            GroupAsk::FreeContext { context } => {
                contexts.free(context).then_some(()).ok_or(GroupError::NoContext)?;
                Grouped::Done
            }
        };
        Ok(Some(answer))
    }

    fn mail(&mut self, asker: Asker, by: ProcessId, ask: MailAsk) {
        let Board { mailbox, answers: out, .. } = self;
        match ask {
            MailAsk::Put { seq, name, flags, value } => {
                mailbox.listen(by, asker);
                let put = |all: &mut super::mailbox::Mailbox| all.put(by, &name, flags, value, out);
                let answer = mailbox.change(by, seq, put);
                out.mailed(asker, &answer);
                mailbox.serve_waits(&name, out);
            }
            MailAsk::Keep { name, flags, value, at } => {
                mailbox.listen(by, asker);
                let kept = mailbox.keep(by, &name, (flags, value), at, out);
                out.mailed(asker, &kept.unwrap_or_else(Mailed::Refused));
                mailbox.serve_waits(&name, out);
            }
            MailAsk::Get { name, index, flags } => {
                let found = match mailbox.get(by, &name, index, flags, out) {
                    Err(MailError::NotFound) if flags.has(MailFlags::WAIT) => {
                        match mailbox.wait((asker, by), name, index, flags) {
                            Ok(()) => return,
                            Err(why) => Err(why),
                        }
                    }
                    found => found,
                };
                out.mailed(asker, &found.unwrap_or_else(Mailed::Refused));
            }
            MailAsk::Delete { seq, name, index } => {
                let answer = mailbox.change(by, seq, |all| all.delete(by, &name, index, out));
                out.mailed(asker, &answer);
            }
            MailAsk::List { behind } => {
                let listed = mailbox.list(behind);
                out.mailed(asker, &listed);
            }
            MailAsk::Stop => {
                mailbox.stop(asker);
                out.mailed(asker, &Mailed::Stopped);
            }
        }
    }
}
