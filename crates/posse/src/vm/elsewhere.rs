//! A vm from any machine, by its owner's key. Called by programs that have such a key in a file.

use super::Vm;
use super::connect::Way;
use crate::link::Link;
use crate::{Error, HostEntry, Outcome};
use posse_net::elsewhere::{self, KeyFile, Listening};
use posse_net::identity::{PublicKey, SecretKey};
use posse_net::state;
use std::sync::Arc;

impl Vm {
    /// Connects to the daemon that leads the vm of this key, wherever it is: the hosts of the file
    /// are asked, each known by its recorded key. Where the owner's machine leads, which takes no
    /// connections, that is an error ([`Error::Elsewhere`]), as everything else that stands in the
    /// way; nothing was done then.
    pub fn connect_with(key: &KeyFile) -> Result<Vm, Error> {
        match Vm::dial(key) {
            // The one that led is gone, or leads no more, since it was asked.
            Err(Error::Disconnected { outcome: Outcome::NotDone, .. }) => Vm::dial(key),
            result => result,
        }
    }

    fn dial(key: &KeyFile) -> Result<Vm, Error> {
        let (stream, pump) = elsewhere::connect(key)?;
        let (mut link, welcome) = Link::open(stream)?;
        link.hold(pump);
        Ok(Vm::of(link, welcome, Way::Key(key.clone())))
    }

    /// The owner's key with hosts to ask, those that vote first, for [`Vm::connect_with`] on
    /// another machine. Only where the key is: on the owner's machine, or where it was brought.
    pub fn key_file(&self) -> Result<KeyFile, Error> {
        let owner = self.owners_key()?;
        let voters = self.voters()?;
        let mut hosts = self.hosts().to_vec();
        let rank = |host: &HostEntry| match host.number {
            number if voters.voters.contains(&number) => 0,
            number if voters.followers.contains(&number) => 1,
            _ => 2,
        };
        hosts.sort_by_key(rank);
        let hosts = hosts.iter().filter(|host| host.is_up()).filter_map(listening);
        Ok(KeyFile::new(self.name(), owner, hosts.collect()))
    }

    fn owners_key(&self) -> Result<Arc<SecretKey>, Error> {
        match self.way() {
            Way::Key(key) => Ok(Arc::clone(key.owner())),
            Way::Name(_) | Way::Directory(_) | Way::None => {
                let found = state::find_state_directory(self.name())?;
                let path = found.map(|found| found.owner_key());
                let Some(path) = path else {
                    let reason = "the vm's key is on its owner's machine; type it there".to_owned();
                    return Err(Error::NotDone { reason });
                };
                let key = SecretKey::load(&path);
                Ok(Arc::new(key.map_err(|error| Error::Key(error.into()))?))
            }
        }
    }
}

/// One that takes no direct links has no place in the file.
fn listening(host: &HostEntry) -> Option<Listening> {
    let address = host.facts.listens.parse().ok()?;
    Some(Listening { number: host.number, address, key: PublicKey(host.key) })
}
