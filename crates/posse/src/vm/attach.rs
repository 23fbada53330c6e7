//! Following a detached command, and acting on any.

use super::Vm;
use crate::broadcast::Sender;
use crate::run::Attached;
use crate::{CommandEntry, CommandId, Controller, Error};
use std::sync::Arc;

impl Vm {
    /// The output of a detached command from its start; with `follow` also what still comes.
    ///
    /// It gets a connection of its own, because the daemon is held back by the socket alone. (A
    /// vm from [`Vm::from_stream`] has one connection only: nothing else can be asked while output
    /// of the command waits to be taken.)
    pub fn attach(&self, id: CommandId, follow: bool) -> Result<Attached, Error> {
        let commands = self.commands()?;
        let Some(entry) = commands.into_iter().find(|entry| entry.id == id) else {
            let reason = "there is no such command any more; see `posse ps`".to_owned();
            return Err(Error::NotDone { reason });
        };
        let link = match self.way().connect() {
            Some(another) => another?.link(),
            None => self.link(),
        };
        Attached::new(link, entry, follow)
    }

    /// Signals and ends the processes of any command of this vm, started by whatever front end.
    pub fn controller(&self, entry: &CommandEntry) -> Controller {
        let sender = Sender { link: Arc::clone(&self.inner.link), id: entry.id };
        Controller::new(sender, entry.size)
    }
}
