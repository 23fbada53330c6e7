//! Carries out the effects that the state machine asks for.

use super::core::{Ending, Shell};
use crate::limits::GATHER;
use posse_proto::{Daemon, Effect, Input};
use posse_wire::msg::{Answered, Question};
use posse_wire::{CommandId, HostId};
use std::rc::Rc;

impl Shell {
    pub(super) fn carry_out(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Send { link, frame } => self.send(link, &frame),
            Effect::Close { link } => self.close_link(link),
            Effect::Admit { link, number, key, known } => {
                // A hello that names another key than the handshake proved waits for nothing: it
                // is closed when the handshake's time is over.
                if self.is_proven(link, number, key) {
                    let ticket = known.unwrap_or_else(|| self.identity.sign(number, key));
                    self.feed(Input::Admitted { link, ticket });
                }
            }
            Effect::Launch { number, request, up, options } => {
                crate::launch::begin(self, number, request, up, options);
            }
            Effect::Redial { number, request, direct } => {
                crate::launch::redial(self, number, request, direct);
            }
            Effect::SendSeek { link, seek } => crate::seek::send(self, link, seek),
            Effect::Seek { seek } => crate::seek::look(self, seek),
            Effect::StopLaunch { number } => self.launches.stop(number),
            Effect::KeepHead { command, head } => self.keep.begin(command, &head),
            Effect::Keep { command, frame } => crate::keep::keep(self, command, frame),
            Effect::Fetch { command, from, bytes_max } => {
                crate::keep::fetch(self, command, from, bytes_max);
            }
            Effect::Replay { link, command, follow } => {
                tokio::task::spawn_local(crate::keep::replay(self.clone(), link, command, follow));
            }
            Effect::Stuck { command } => self.keep.nudge(command),
            Effect::Unkeep { command } => self.keep.remove(command),
            Effect::Introduce { from, to, key, answers } => {
                crate::introduce::sign(self, (from, to), key, answers);
            }
            Effect::Introduced { link, to, introduce } => {
                crate::introduce::tell(self, link, to, introduce);
            }
            Effect::Meet { a, b, number } => self.let_meet(a, b, number),
            Effect::Answer { query, question } => self.answer(query, question),
            Effect::Joined => self.be_found(),
            Effect::Superseded { lead } => {
                crate::log::line(&format!("another host leads this vm, with lead {lead:?}"));
            }
            Effect::Persist => self.persist(),
            Effect::PersistSoon => self.persist_soon(),
            Effect::Control { from, body } => self.word_came(from, &body),
            Effect::Registry { link, id, ask } => self.registry(link, id, ask),
            Effect::Job { link, id, piece } => self.asked_of_jobs(link, id, piece),
            Effect::Lease { from, piece } => self.orders_came(from, piece),
            Effect::Leased { from, piece } => self.reports_came(from, piece),
            Effect::Bring { link, bring } => self.part_asked(link, bring),
            Effect::Brought { brought } => self.part_came(brought),
            Effect::Ship { from, body } => self.files_ordered(from, &body),
            Effect::Shipped { from, body } => self.files_reported(from, &body),
            Effect::HostUp { host, incarnation } => self.farm_host_up(host, incarnation),
            Effect::HostLost { host, incarnation } => self.farm_host_lost(host, incarnation),
            Effect::ClientGone { link, first } => {
                self.farm_client_gone(link);
                self.client_gone(link, first);
            }
            Effect::Over { command, rank, count } => self.processes_over(command, rank, count),
            Effect::Exit { purge } => {
                self.leave(if purge { Ending::LeaveAndPurge } else { Ending::Leave });
            }
            process => self.carry_out_on_process(process),
        }
    }

    fn answer(self: &Rc<Self>, query: CommandId, question: Question) {
        let answer = match question {
            Question::Ping => Answered::Pong,
            Question::Load => Answered::Load(crate::facts::load(self.processes.count())),
            Question::Processes => Answered::Processes(self.process_entries()),
            Question::Enrolled { command } => {
                Answered::Enrolled(self.with_daemon(|daemon| daemon.enrolled(command)))
            }
            Question::Dial(dial) => return crate::measure::answer(self, query, dial),
        };
        self.feed(Input::Answer { query, answer });
    }

    /// Gathers the changes of a moment into one write.
    fn persist_soon(self: &Rc<Self>) {
        if self.unkept.replace(true) {
            return;
        }
        let shell = self.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(GATHER).await;
            if shell.unkept.get() {
                shell.persist();
            }
        });
    }

    /// What was to be gathered is written now: this daemon ends.
    pub fn persist_gathered(self: &Rc<Self>) {
        if self.unkept.get() {
            self.persist();
        }
    }

    /// The owner's daemon keeps the table on its own disk too.
    fn persist(self: &Rc<Self>) {
        self.unkept.set(false);
        if self.with_daemon(|daemon| daemon.host()) == HostId::OWNER {
            let table = self.with_daemon(|daemon| daemon.table());
            if let Err(error) = crate::table::save(&self.state, &table) {
                crate::log::line(&format!("the host table could not be kept: {error}"));
            }
        }
        if self.with_daemon(Daemon::is_leading) {
            self.table_changed();
        }
    }
}
