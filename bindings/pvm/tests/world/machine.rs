//! One task's way into the world of threads: messages, spawning, notices.

use std::os::fd::RawFd;
use std::time::Instant;

use posse_pvm::Tid;
use posse_pvm::buffer::Contents;
use posse_pvm::code::{PvmError, Result};
use posse_pvm::encoding::SIGNATURE;
use posse_pvm::machine::{
    About, Arrival, Arrived, Class, Clock, Host, LABEL_BYTES, Label, Machine, Me, Notice, Outgoing,
    Role, Spawn, Status, Subject, TaskInfo, Tasks, Wait, Want,
};
use posse_pvm::notices;

use super::shared::{Shared, World, child};

pub struct InProcess {
    pub world: World,
    pub me: Me,
}

/// A message for one of the handlers first, then a wanted one.
fn find(shared: &mut Shared, own: Tid, want: Option<&Want>, take: bool) -> Option<Arrival> {
    let inbox = shared.inboxes.get_mut(&own)?;
    let takes = |want: &Want, a: &Arrived| want.takes(a.from, a.label.context, a.label.tag);
    let handled = inbox.arrived.iter().enumerate().find_map(|(at, arrived)| {
        let handler = inbox.handlers.iter().find(|(_, want)| takes(want, arrived))?;
        Some((at, handler.0))
    });
    if let Some((at, handler)) = handled {
        return Some(Arrival::Handled(handler, inbox.arrived.remove(at)));
    }
    let at = inbox.arrived.iter().position(|arrived| want.is_some_and(|w| takes(w, arrived)))?;
    let arrived = if take { inbox.arrived.remove(at) } else { inbox.arrived[at].clone() };
    Some(Arrival::Wanted(arrived))
}

fn notice_label(notice: &Notice) -> Label {
    let (context, tag) = (notice.context, notice.tag);
    Label { context, tag, wait_id: 0, encoding: notices::encoding() }
}

pub fn tell_of_end(shared: &mut Shared, gone: Tid) {
    let due: Vec<(Tid, Notice)> = shared.notices.clone();
    for (watcher, notice) in due {
        let About::TaskExit(about) = &notice.about else { continue };
        if about.contains(&gone) {
            let body = notices::gone(gone).expect("is short");
            shared.deliver(Tid::DAEMON, watcher, notice_label(&notice), body);
        }
    }
    for (_, notice) in &mut shared.notices {
        if let About::TaskExit(about) = &mut notice.about {
            about.retain(|tid| *tid != gone);
        }
    }
}

impl InProcess {
    fn get(&self, want: Option<&Want>, wait: Wait, take: bool) -> Option<Arrival> {
        let deadline = match wait {
            Wait::No => Some(Instant::now()),
            Wait::Until(end) => Some(end),
            Wait::Forever => None,
        };
        self.world.until(deadline, |shared| find(shared, self.me.tid(), want, take))
    }

    fn output(&self, shared: &mut Shared, spawn: &Spawn, tid: Tid) {
        let (to, tag, context) = spawn.output;
        let label = Label { context, tag, wait_id: 0, encoding: notices::encoding() };
        let said = format!("hello from {tid}\nand");
        for body in [
            notices::output_new(tid, self.me.tid(), posse::CommandId(1)),
            notices::output_text(tid, said.as_bytes()),
            notices::output_ended(tid),
        ] {
            shared.deliver(Tid::DAEMON, Tid(to), label, body.expect("is short"));
        }
    }
}

impl Machine for InProcess {
    fn me(&self) -> &Me {
        &self.me
    }

    fn send(&self, to: &[Tid], label: Label, body: Contents<'_>) -> Result<()> {
        let body = match body {
            Contents::Whole(bytes) => bytes,
            Contents::Labelled(bytes) => bytes.slice(LABEL_BYTES..),
            Contents::Pieces(pieces) => pieces.concat().into(),
        };
        self.world.change(|shared| {
            to.iter().for_each(|to| shared.deliver(self.me.tid(), *to, label, body.clone()));
        });
        Ok(())
    }

    fn route(&self, _to: &[Tid]) {}

    fn handle(&self, handlers: &[(u32, Want)]) {
        let own = self.me.tid();
        self.world.change(|shared| {
            shared.inboxes.entry(own).or_default().handlers = handlers.to_vec();
        });
    }

    fn receive(&self, want: Option<&Want>, wait: Wait) -> Result<Option<Arrival>> {
        Ok(self.get(want, wait, true))
    }

    fn probe(&self, want: &Want, wait: Wait) -> Result<Option<Arrival>> {
        Ok(self.get(Some(want), wait, false))
    }

    fn descriptors(&self) -> Vec<RawFd> {
        vec![]
    }

    fn hosts(&self) -> Result<Vec<Host>> {
        let (name, arch) = ("here".to_owned(), "LINUX64".to_owned());
        let tid = self.me.tid().host();
        Ok(vec![Host { tid, name, arch, speed: 1000, signature: SIGNATURE }])
    }

    fn status(&self, of: &Subject) -> Result<Status> {
        let known = match of {
            Subject::Host(name) => name == "here",
            Subject::Task(tid) => self.world.lock().inboxes.contains_key(tid),
        };
        Ok(if known { Status::Well } else { Status::Unknown })
    }

    fn tasks(&self, which: Tasks) -> Result<Vec<TaskInfo>> {
        let shared = self.world.lock();
        let known = shared.inboxes.keys().filter(|tid| match which {
            Tasks::All => true,
            Tasks::OfHost(host) => tid.host() == host,
            Tasks::One(one) => **tid == one,
        });
        let info = |tid: &Tid| {
            let (program, host) = (String::new(), tid.host());
            TaskInfo { tid: *tid, parent: 0, host, flags: 0, program, pid: 1 }
        };
        Ok(known.map(info).collect())
    }

    fn clock(&self, _host: Tid) -> Result<Clock> {
        Ok(Clock { remote_us: 1_500_000, delta_us: -1 })
    }

    fn set_output(&self, _output: (i32, i32, i32)) -> Result<()> {
        Ok(())
    }

    fn spawn(&self, spawn: &Spawn) -> Result<Vec<Result<Tid>>> {
        self.world.change(|shared| {
            if !shared.programs.contains_key(&spawn.program) {
                return Ok(vec![Err(PvmError::NoFile); spawn.count]);
            }
            let tids: Vec<Tid> = (0..spawn.count).map(|_| shared.new_tid()).collect();
            for tid in &tids {
                let mut me = child(self.me.tid(), *tid, &tids);
                (me.context, me.output) = (spawn.context, spawn.output);
                shared.spawn(&self.world, &spawn.program, me);
                if spawn.output.0 != 0 {
                    self.output(shared, spawn, *tid);
                }
            }
            Ok(tids.into_iter().map(Ok).collect())
        })
    }

    fn signal(&self, to: Tid, _signal: i32) -> Result<()> {
        self.world.change(|shared| shared.end(to));
        Ok(())
    }

    fn add_hosts(&self, lines: &[String]) -> Result<Vec<Result<Tid>>> {
        Ok(vec![Err(PvmError::CantStart); lines.len()])
    }

    fn delete_hosts(&self, names: &[String]) -> Result<Vec<Result<()>>> {
        Ok(vec![Err(PvmError::NoHost); names.len()])
    }

    fn halt(&self) -> Result<()> {
        Ok(())
    }

    fn notify(&self, notice: &Notice) -> Result<()> {
        let own = self.me.tid();
        self.world.change(|shared| {
            if notice.cancel {
                shared.notices.retain(|(who, n)| *who != own || n.tag != notice.tag);
            }
            let About::TaskExit(about) = &notice.about else { return };
            let (now, later): (Vec<Tid>, Vec<Tid>) = about
                .iter()
                .copied()
                .partition(|tid| notice.cancel || !shared.inboxes.contains_key(tid));
            for tid in now {
                let body = notices::gone(tid).expect("is short");
                shared.deliver(Tid::DAEMON, own, notice_label(notice), body);
            }
            if !later.is_empty() {
                let about = About::TaskExit(later);
                shared.notices.push((own, Notice { about, ..notice.clone() }));
            }
        });
        Ok(())
    }

    fn register(&self, _role: Role) -> Result<()> {
        Err(PvmError::NotImpl)
    }

    fn new_context(&self) -> Result<i32> {
        self.world.change(|shared| {
            let context = shared.contexts.last().map_or(0x40001, |last| last + 1);
            shared.contexts.push(context);
            Ok(context)
        })
    }

    fn free_context(&self, context: i32) -> Result<()> {
        self.world.change(|shared| {
            let at = shared.contexts.iter().position(|c| *c == context);
            shared.contexts.remove(at.ok_or(PvmError::NotFound)?);
            Ok(())
        })
    }

    fn mailbox_put(&self, name: &str, message: Outgoing, flags: i32) -> Result<i32> {
        self.world.change(|shared| shared.mail.put(self.me.tid(), name, message, flags))
    }

    fn mailbox_get(&self, name: &str, index: i32, flags: i32) -> Result<(i32, Arrived)> {
        self.world.change(|shared| shared.mail.get(self.me.tid(), name, index, flags))
    }

    fn mailbox_delete(&self, name: &str, index: i32) -> Result<i32> {
        self.world.change(|shared| shared.mail.delete(self.me.tid(), name, index))
    }

    fn mailbox_list(&self) -> Result<Vec<Class>> {
        Ok(self.world.lock().mail.list())
    }

    fn group_join(&self, name: &str) -> Result<i32> {
        let own = self.me.tid();
        self.world.change(|shared| shared.groups.entry(name.to_owned()).or_default().join(own))
    }

    fn group_leave(&self, name: &str) -> Result<()> {
        self.world.change(|shared| {
            let group = shared.groups.get_mut(name).ok_or(PvmError::NoGroup)?;
            group.leave(self.me.tid());
            shared.groups.retain(|_, group| !group.members.is_empty());
            Ok(())
        })
    }

    fn group_members(&self, name: &str) -> Result<Vec<Option<Tid>>> {
        let shared = self.world.lock();
        shared.groups.get(name).map(|group| group.members.clone()).ok_or(PvmError::NoGroup)
    }

    fn group_barrier(&self, name: &str, count: Option<u32>) -> Result<()> {
        let own = Some(self.me.tid());
        let round = self.world.change(|shared| {
            let group = shared.groups.get_mut(name).ok_or(PvmError::NoGroup)?;
            let is_member = group.members.contains(&own);
            is_member.then(|| group.arrive(count)).ok_or(PvmError::NotInGroup)?
        })?;
        self.world.until(None, |shared| (shared.groups[name].round > round).then_some(()));
        Ok(())
    }

    fn group_freeze(&self, name: &str, size: i32) -> Result<Vec<Option<Tid>>> {
        self.group_members(name)?;
        let full = |shared: &mut Shared| {
            let members = &shared.groups[name].members;
            (members.iter().flatten().count() as i32 >= size).then(|| members.clone())
        };
        Ok(self.world.until(None, full).expect("waits without end"))
    }

    fn exit(&self) {
        self.world.change(|shared| shared.end(self.me.tid()));
    }
}
