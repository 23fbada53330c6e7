//! Starting a command.

use super::Vm;
use crate::broadcast::{Input, Sender};
use crate::command::{self, Command};
use crate::link::Inbox;
use crate::run::{RunInbox, Running};
use crate::{CommandEntry, Controller, Error};
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Vm {
    /// Starts a command on its hosts and returns at once: no round trip. What cannot be started
    /// where is said by the exits.
    pub fn run(&self, command: &Command) -> Result<Running, Error> {
        let hosts = self.resolve_for(command)?;
        let loads = self.loads_of(command, &hosts)?;
        let plan = command::plan(command, &hosts, loads, self.name(), false)?;
        let (size, window) = (plan.shape.size, plan.input_window);
        let input = |fd: &_| Arc::new(Input::new(*fd, size, window));
        let inputs = plan.inputs.iter().map(input).collect();
        let inbox = Arc::new(RunInbox::new(plan.shape.clone(), inputs));
        let link = Arc::clone(&self.inner.link);
        let id = link.register(Arc::clone(&inbox) as Arc<dyn Inbox>)?;
        let sent = plan.frame(id).and_then(|frame| link.send(&[frame]));
        if let Err(error) = sent {
            link.forget(id);
            return Err(error);
        }
        let sender = Sender { link, id };
        inbox.goes_to(&sender);
        let running = Running::new(sender, Arc::clone(&inbox), plan.ranks);
        if let Some(limit) = command.timeout_all {
            end_after(limit, running.controller(), inbox)?;
        }
        Ok(running)
    }

    /// Starts a command that outlives this front end; its daemon keeps the output, and
    /// [`Vm::attach`] follows it. Returns when the daemon has it, with its number. Nothing can be
    /// written to its inputs.
    pub fn run_detached(&self, command: &Command) -> Result<CommandEntry, Error> {
        if command.timeout_all.is_some() {
            let text = "a detached command has no front end that could end all of it in time; \
                        give each process a time limit";
            return Err(Error::Command(text.to_owned()));
        }
        let hosts = self.resolve_for(command)?;
        let loads = self.loads_of(command, &hosts)?;
        let plan = command::plan(command, &hosts, loads, self.name(), true)?;
        let link = &self.inner.link;
        let nobody = RunInbox::new(plan.shape.clone(), Vec::new());
        let id = link.register(Arc::new(nobody))?;
        link.forget(id);
        link.send(&[plan.frame(id)?])?;
        // Frames of a connection are taken in order: this answer comes after the start.
        self.commands()?.into_iter().find(|entry| entry.id == id).ok_or_else(|| {
            let reason = "the daemon did not take the command; see `posse events`".to_owned();
            Error::NotDone { reason }
        })
    }
}

/// A thread of its own, since the consumer of the command may be busy elsewhere.
fn end_after(limit: Duration, controller: Controller, inbox: Arc<RunInbox>) -> Result<(), Error> {
    let Some(deadline) = Instant::now().checked_add(limit) else { return Ok(()) };
    let wait = move || {
        if !inbox.over_before(deadline) {
            let _the_daemon_ends_it_where_the_connection_is_lost = controller.end(None);
        }
    };
    let thread = std::thread::Builder::new().name("posse-limit".to_owned());
    thread.spawn(wait).map(drop).map_err(Error::Thread)
}
