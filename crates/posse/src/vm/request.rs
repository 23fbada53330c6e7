//! Requests with one answer: hosts, settings, commands, remove, down.

use super::Vm;
use crate::answers::{Pending, WhenFull, decode};
use crate::error::Failure;
use crate::link::lock;
use crate::{Error, HostEntry, HostId};
use posse_wire::msg::{CommandEntry, Commands, Done, Down, Hosts, Remove, Set};
use posse_wire::{Kind, Message, Outcome, limits};
use std::sync::Arc;

impl Vm {
    fn ask(&self, message: &impl Message, kinds: &'static [Kind]) -> Result<Pending, Error> {
        let refuse = WhenFull::Refuse;
        Pending::send(&self.inner.link, kinds, 1, refuse, |id| message.frame(id))
    }

    /// Asks for the list of hosts; [`Vm::hosts`] gives this one from now on.
    pub fn refresh_hosts(&self) -> Result<Arc<[HostEntry]>, Error> {
        let (most, refuse) = (limits::HOSTS_PARTS_MAX, WhenFull::Refuse);
        let ask = |id| Hosts::default().frame(id);
        let pending = Pending::send(&self.inner.link, &[Kind::Hosts], most, refuse, ask)?;
        let mut hosts = Vec::new();
        loop {
            let part: Hosts = decode(&pending.only("list of hosts")?)?;
            let joined = part.join(&mut hosts);
            if !joined.map_err(|error| Failure::from(error).error(Outcome::Unknown))? {
                break;
            }
        }
        let hosts: Arc<[HostEntry]> = hosts.into();
        *lock(&self.inner.hosts) = Arc::clone(&hosts);
        Ok(hosts)
    }

    /// Keeps a setting for all front ends of the vm; `None` forgets it.
    pub fn set_setting(&self, name: &str, value: Option<Vec<u8>>) -> Result<(), Error> {
        let set = Set { name: name.to_owned(), value: value.clone() };
        set.check().map_err(|error| Error::Command(error.to_string()))?;
        self.ask(&set, &[Kind::Done])?.done("answer to a setting")?;
        let mut settings = lock(&self.inner.settings);
        match value {
            Some(value) => settings.insert(set.name, value),
            None => settings.remove(name),
        };
        Ok(())
    }

    /// The commands that this daemon knows: running ones, and detached ones with kept output.
    pub fn commands(&self) -> Result<Vec<CommandEntry>, Error> {
        let pending = self.ask(&Commands::default(), &[Kind::Commands])?;
        let commands: Commands = decode(&pending.only("list of commands")?)?;
        Ok(commands.commands)
    }

    /// Takes hosts out of the vm: their processes end, their daemons exit. With `purge` the
    /// binary cache goes as well.
    pub fn remove(&self, hosts: &[HostId], purge: bool) -> Result<(), Error> {
        let remove = Remove { hosts: hosts.to_vec(), purge };
        self.ask(&remove, &[Kind::Done])?.done("answer to the removal")
    }

    /// Ends the vm, on all its hosts, and returns when its daemon here is gone. With `purge` the
    /// binary caches go as well.
    pub fn down(&self, purge: bool) -> Result<(), Error> {
        let pending = self.ask(&Down { purge }, &[Kind::Done])?;
        loop {
            match pending.only("end of the vm") {
                // The daemon closes the connection as the last thing it does.
                Err(Error::Disconnected { .. }) => return Ok(()),
                Err(error) => return Err(error),
                Ok(frame) => {
                    let done: Done = decode(&frame)?;
                    if let Some(reason) = done.error {
                        return Err(Error::NotDone { reason });
                    }
                }
            }
        }
    }
}
