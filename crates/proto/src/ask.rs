//! Questions of launchers (password, host key) on their way to the person whose `up` it is, one
//! at a time, and the answers on their way back. Nothing of an answer is kept.

use crate::{Daemon, LinkId};
use posse_wire::msg::{Answer, Ask};
use posse_wire::{CommandId, HostId, Message};
use std::collections::VecDeque;

/// A launcher's question that is not answered.
#[derive(Debug)]
struct Open {
    host: HostId,
    asker: LinkId,
    asker_id: CommandId,
    person: LinkId,
    person_id: CommandId,
    ask: Ask,
    /// The person sees it now.
    shown: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Questions {
    open: VecDeque<Open>,
    asked: u32,
}

impl Daemon {
    /// From a launcher's askpass program; `ask.host` is the number of the host.
    pub(crate) fn ask(&mut self, asker: LinkId, asker_id: CommandId, mut ask: Ask) {
        let number = ask.host.parse().ok().map(HostId);
        let person = number.and_then(|number| self.requests.person_who_waits_for(number));
        let name = number.and_then(|number| self.members.get(number));
        let (Some(host), Some((person, person_id)), Some(member)) = (number, person, name) else {
            let nobody = Answer { question: ask.question, text: None };
            return self.send(asker, nobody.frame(asker_id));
        };
        ask.host.clone_from(&member.entry.name);
        self.questions.asked = self.questions.asked.wrapping_add(1);
        ask.question = self.questions.asked;
        let open = Open { host, asker, asker_id, person, person_id, ask, shown: false };
        self.questions.open.push_back(open);
        self.ask_next(person);
    }

    /// Whether the launcher of this host waits for a person's answer.
    pub fn is_asking(&self, host: HostId) -> bool {
        self.questions.open.iter().any(|open| open.host == host)
    }

    pub(crate) fn answer(&mut self, person: LinkId, answer: &Answer) {
        let mine = |open: &Open| open.person == person && open.ask.question == answer.question;
        let Some(at) = self.questions.open.iter().position(mine) else { return };
        if let Some(open) = self.questions.open.remove(at) {
            self.send(open.asker, answer.frame(open.asker_id));
        }
        self.ask_next(person);
    }

    fn ask_next(&mut self, person: LinkId) {
        let next = self.questions.open.iter_mut().find(|open| open.person == person);
        let Some(open) = next.filter(|open| !open.shown) else { return };
        open.shown = true;
        let frame = open.ask.frame(open.person_id);
        self.send(person, frame);
    }

    /// A client went: its questions need no answer, those put to it get none.
    pub(crate) fn questions_lost_client(&mut self, link: LinkId) {
        let (gone, kept): (VecDeque<Open>, VecDeque<Open>) =
            std::mem::take(&mut self.questions.open)
                .into_iter()
                .partition(|open| open.asker == link || open.person == link);
        self.questions.open = kept;
        for open in gone {
            if open.person == link {
                let nobody = Answer { question: open.ask.question, text: None };
                self.send(open.asker, nobody.frame(open.asker_id));
            } else {
                self.ask_next(open.person);
            }
        }
    }
}
