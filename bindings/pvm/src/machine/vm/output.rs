//! What spawned tasks print, as messages for the task that wants it.
//!
//! A thread follows the command that they are; it ends with the command or with this task, whose
//! end nobody's output outlasts. Called by `spawn.rs`.

use std::sync::Weak;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use posse::{CommandId, Rank, RunEvent};

use super::VmMachine;
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::machine::Label;
use crate::notices;

/// How often the thread looks whether this task is still there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

struct Hearer {
    machine: Weak<VmMachine>,
    to: Tid,
    label: Label,
    /// By rank; `None` where nothing runs, or it has ended.
    tasks: Vec<Option<Tid>>,
}

impl VmMachine {
    pub(super) fn hear(
        &self,
        command: CommandId,
        tasks: Vec<Option<Tid>>,
        (to, tag, context): (i32, i32, i32),
    ) {
        if tasks.iter().all(Option::is_none) {
            return;
        }
        let label = Label { context, tag, wait_id: 0, encoding: notices::encoding() };
        let hearer = Hearer { machine: self.myself.clone(), to: Tid(to), label, tasks };
        for task in hearer.tasks.iter().flatten() {
            let own = self.me.tid();
            let spawned = notices::output_spawned(*task, own, command);
            for body in [spawned, notices::output_new(*task, own, command)] {
                let _nobody_may_listen = hearer.say(body);
            }
        }
        let named = thread::Builder::new().name("pvm-output".to_owned());
        let _where_no_thread_starts_nothing_is_heard = named.spawn(move || hearer.run(command));
    }
}

impl Hearer {
    fn run(mut self, command: CommandId) {
        let _the_command_can_not_be_followed = self.follow(command);
        for task in std::mem::take(&mut self.tasks).into_iter().flatten() {
            let _nobody_may_listen = self.say(notices::output_ended(task));
        }
    }

    fn follow(&mut self, command: CommandId) -> Result<()> {
        let machine = self.machine.upgrade().ok_or(PvmError::SysErr)?;
        let mut attached = machine.ask(|vm| vm.attach(command, true))?;
        drop(machine);
        loop {
            match attached.next_event(Some(Instant::now() + LOOK_EVERY)) {
                Err(error) if error.is_deadline() => {
                    if self.machine.strong_count() == 0 {
                        return Ok(());
                    }
                }
                Ok(Some(event)) => self.take(event)?,
                Ok(None) | Err(_) => return Ok(()),
            }
        }
    }

    fn take(&mut self, event: RunEvent) -> Result<()> {
        match event {
            RunEvent::Output { rank, bytes, .. } if !bytes.is_empty() => match self.task(rank) {
                Some(task) => self.say(notices::output_text(task, &bytes)),
                None => Ok(()),
            },
            RunEvent::Exit { rank, .. } => {
                let ended = self.tasks.get_mut(rank.0 as usize).and_then(Option::take);
                ended.map_or(Ok(()), |task| self.say(notices::output_ended(task)))
            }
            _ => Ok(()),
        }
    }

    fn task(&self, rank: Rank) -> Option<Tid> {
        self.tasks.get(rank.0 as usize).copied().flatten()
    }

    fn say(&self, body: Result<Bytes>) -> Result<()> {
        let machine = self.machine.upgrade().ok_or(PvmError::SysErr)?;
        machine.post_as_vm(self.to, self.label, body?)
    }
}
