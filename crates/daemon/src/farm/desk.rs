//! What front ends ask of the task farm, answered. Called for effects of `proto`.

use super::holder::Held;
use super::limits::{OUTPUTS_BYTES, ROWS, ROWS_BYTES};
use crate::shell::Shell;
use posse_farm::ask::{Ask, Rows, Said, TaskRow};
use posse_farm::files::elsewhere;
use posse_farm::holder::{Answer, Refused, Request};
use posse_farm::{JobId, TaskId};
use posse_proto::LinkId;
use posse_wire::msg::{Jobs, Piece, Pieces};
use posse_wire::{CommandId, HostId, Message, decode_value, encode_value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// A front end and its question.
type Who = (LinkId, CommandId);

/// Questions of which not all pieces have come: one a front end.
#[derive(Default)]
pub(super) struct Desk {
    parts: RefCell<BTreeMap<LinkId, (CommandId, Pieces)>>,
}

impl Desk {
    fn put(&self, (link, id): Who, piece: Piece) -> Option<Vec<u8>> {
        let mut parts = self.parts.borrow_mut();
        let (of, pieces) = parts.entry(link).or_insert_with(|| (id, Pieces::default()));
        if *of != id {
            (*of, *pieces) = (id, Pieces::default());
        }
        let whole = pieces.put(piece)?;
        parts.remove(&link);
        Some(whole)
    }
}

impl Shell {
    pub(crate) fn asked_of_jobs(self: &Rc<Self>, link: LinkId, id: CommandId, piece: Piece) {
        let who = (link, id);
        let Some(whole) = self.farm.desk.put(who, piece) else { return };
        let ask = match decode_value::<Ask>(&whole) {
            Ok(ask) => ask,
            Err(error) => return self.refuse_of_jobs(who, error.to_string()),
        };
        if link.is_guest() && is_about_home(&ask) {
            let why = "files of the owner's machine are read and written only for what is typed \
                       there; a host's own are named HOST:PATH";
            return self.refuse_of_jobs(who, why.to_owned());
        }
        if let Err(why) = self.ready_to_hold() {
            return self.refuse_of_jobs(who, why);
        }
        if let Ask::Files { job, paths } = ask {
            return self.take_inputs(who, job, paths);
        }
        if matches!(ask, Ask::Moved) {
            let (to_hosts, home) = (self.data.sent(), self.farm.files.home());
            return self.say_of_jobs(who, &Said::Moved { to_hosts, home });
        }
        let names = if matches!(ask, Ask::Rows { .. }) { self.host_names() } else { Vec::new() };
        self.hold(|held, now| held.asked(now, who, ask, names));
    }

    fn refuse_of_jobs(self: &Rc<Self>, who: Who, why: String) {
        self.say_of_jobs(who, &Said::Refused { why });
    }

    pub(super) fn say_of_jobs(self: &Rc<Self>, (link, id): Who, said: &Said) {
        for piece in Piece::cut(&encode_value(said)) {
            self.say(link, &Jobs(piece).frame(id));
        }
    }

    pub(crate) fn farm_client_gone(self: &Rc<Self>, link: LinkId) {
        self.farm.desk.parts.borrow_mut().remove(&link);
        if let Some(held) = self.farm.held.borrow_mut().as_mut() {
            held.follows.gone(link);
        }
    }
}

/// Whether files of this machine are read or written for it: a host that is taken over is not to
/// have that.
fn is_about_home(ask: &Ask) -> bool {
    match ask {
        Ask::Files { paths, .. } => paths.iter().any(|path| elsewhere(path).is_none()),
        Ask::Change(request) => match &**request {
            Request::Add { batch, .. } => !batch.template.outputs.is_empty(),
            _ => false,
        },
        _ => false,
    }
}

impl Held {
    fn asked(&mut self, now: Duration, who: Who, ask: Ask, names: Vec<(HostId, String)>) {
        let said = match ask {
            Ask::Number => Said::Number(self.holder.next_job()),
            Ask::Change(request) => return self.change(now, who, *request),
            Ask::Jobs => {
                let all = self.holder.jobs();
                Said::Jobs(all.filter_map(|job| Some((job, self.holder.summary(job)?))).collect())
            }
            Ask::Rows { job, from } => self.rows(job, from, names),
            Ask::Output { job, from } => {
                let (outputs, next, more) = self.store.read(job, from, OUTPUTS_BYTES);
                Said::Output { outputs, next, more }
            }
            Ask::Why(task) => match self.holder.why(task) {
                Some(why) => Said::Why(why),
                None => Said::Refused { why: format!("no task {task}") },
            },
            Ask::Follow(job) => return self.follow(who, job),
            Ask::Stop => return self.follows.stop(who),
            // Taken before: they are not about what is held.
            Ask::Files { .. } | Ask::Moved => return,
        };
        self.say(who, said, 0);
    }

    fn change(&mut self, now: Duration, who: Who, mut request: Request) {
        if let Request::Add { job, first, batch } = &mut request
            && batch.near.is_empty()
        {
            batch.near = self.files.nearest(*job, *first, batch);
        }
        let dropped = if let Request::Drop(job) = &request { Some(*job) } else { None };
        let (answer, durable) = self.holder.request(now, request);
        let said = match answer {
            Answer::Done { tasks } => Said::Done { tasks },
            Answer::Refused(Refused::Taken(_)) => Said::Taken,
            Answer::Refused(why) => Said::Refused { why: why.to_string() },
        };
        if let (Some(job), Said::Done { .. }) = (dropped, &said) {
            self.store.remove(job);
            self.files.remove(job);
        }
        self.say(who, said, durable);
    }

    /// What it hears last of a job that is over is on disk.
    fn follow(&mut self, who: Who, job: JobId) {
        let said = match self.holder.summary(job) {
            None => Said::Refused { why: format!("no job {job}") },
            Some(summary) if summary.over => {
                let end = self.journal.end();
                return self.say(who, Said::Progress(summary), end);
            }
            Some(_) if !self.follows.add(job, who) => {
                Said::Refused { why: "too many follow jobs; try again".to_owned() }
            }
            Some(summary) => Said::Progress(summary),
        };
        self.say(who, said, 0);
    }

    fn rows(&self, job: JobId, from: u32, hosts: Vec<(HostId, String)>) -> Said {
        let Some(summary) = self.holder.summary(job) else {
            return Said::Refused { why: format!("no job {job}") };
        };
        let (all, mut bytes, mut tasks) = (summary.counts.all(), 0, Vec::new());
        let mut index = from;
        while index < all && tasks.len() < ROWS && bytes < ROWS_BYTES {
            let Some(row) = self.row(TaskId { job, index }) else { break };
            let printed = row.row.iter().flat_map(|row| &row.values);
            let texts = row.parameters.iter().chain(printed);
            bytes += texts.map(|(name, value)| name.len() + value.len()).sum::<usize>();
            tasks.push(row);
            index += 1;
        }
        let next = (index < all && !tasks.is_empty()).then_some(index);
        Said::Rows(Rows { hosts, tasks, next })
    }

    fn row(&self, task: TaskId) -> Option<TaskRow> {
        let state = self.holder.state(task)?;
        let (names, values) = self.holder.parameters(task)?;
        let parameters = names.iter().cloned().zip(values).collect();
        let row = self.holder.row(task);
        Some(TaskRow { index: task.index, state, parameters, row })
    }
}
