//! The connection of a front end to its vm, and what the daemon said in its welcome.

use super::start::{self, NewVm};
use crate::command::Groups;
use crate::link::{Link, lock};
use crate::{Error, HostEntry, HostId, Outcome};
use posse_net::local;
use posse_net::place::VmDirectory;
use posse_wire::msg::Welcome;
use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A virtual machine, seen by a front end through its daemon: the one on this computer, or with the
/// owner's key the one that leads, wherever that is.
///
/// Cheap to clone; all clones share one connection, which closes when the last of them and of the
/// commands started through them is gone. That ends the attached commands.
#[derive(Clone)]
pub struct Vm {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) link: Arc<Link>,
    name: String,
    daemon: HostId,
    pub(super) hosts: Mutex<Arc<[HostEntry]>>,
    pub(super) settings: Mutex<BTreeMap<String, Vec<u8>>>,
    pub(super) groups: Mutex<Option<Arc<dyn Groups>>>,
    pub(super) way: Way,
}

/// How a second connection can be made.
#[derive(Clone)]
pub(crate) enum Way {
    /// By the socket of the vm that is called so.
    Name(String),
    /// By that of the daemon here.
    Directory(VmDirectory),
    Key(posse_net::elsewhere::KeyFile),
    /// It can not: somebody else connected the socket.
    None,
}

impl Way {
    pub(crate) fn is_there(&self) -> bool {
        !matches!(self, Way::None)
    }

    /// `None` where there is none.
    pub(crate) fn connect(&self) -> Option<Result<Vm, Error>> {
        match self {
            Way::Name(name) => Some(Vm::connect(name)),
            Way::Directory(directory) => Some(Vm::connect_in(directory)),
            Way::Key(key) => Some(Vm::connect_with(key)),
            Way::None => None,
        }
    }
}

impl Vm {
    /// Connects to the daemon of the vm `name` on this computer: one round trip over a unix
    /// socket. [`Error::NoVm`] where none is up.
    pub fn connect(name: &str) -> Result<Vm, Error> {
        let way = || Way::Name(name.to_owned());
        match Vm::open(local::connect(name)?, way()) {
            // It died in the moment of the welcome; nothing was asked, and its next life is there
            // soon.
            Err(Error::Disconnected { outcome: Outcome::NotDone, .. }) => {
                Vm::open(local::connect(name)?, way())
            }
            result => result,
        }
    }

    /// As [`Vm::connect`]; where none is up, starts a daemon from the posse binary `binary`.
    pub fn connect_or_start(name: &str, binary: &Path) -> Result<Vm, Error> {
        Vm::connect_or_make(name, binary, &NewVm::default())
    }

    /// As [`Vm::connect_or_start`]; where none is up, it is made as `new` says. One that is up
    /// stays as it is.
    pub fn connect_or_make(name: &str, binary: &Path, new: &NewVm) -> Result<Vm, Error> {
        match Vm::connect(name) {
            Err(Error::NoVm { .. }) => {
                start::start(name, binary, new)?;
                Vm::connect(name)
            }
            result => result,
        }
    }

    fn connect_in(directory: &VmDirectory) -> Result<Vm, Error> {
        Vm::open(local::connect_in(directory)?, Way::Directory(directory.clone()))
    }

    /// The vm of this process, through the daemon that started it, or that of this computer.
    pub(crate) fn of_process(name: &str) -> Result<Vm, Error> {
        match local::of_process()?.filter(|vm| name.is_empty() || vm.name() == name) {
            Some(directory) => Vm::connect_in(&directory),
            None if name.is_empty() => Vm::connect(&posse_net::place::default_vm_name()?),
            None => Vm::connect(name),
        }
    }

    /// Speaks to a daemon through a socket that is connected already; for tests.
    pub fn from_stream(stream: UnixStream) -> Result<Vm, Error> {
        Vm::open(stream, Way::None)
    }

    fn open(stream: UnixStream, way: Way) -> Result<Vm, Error> {
        let (link, welcome) = Link::open(stream)?;
        Ok(Vm::of(link, welcome, way))
    }

    pub(super) fn of(link: Link, welcome: Welcome, way: Way) -> Vm {
        let inner = Inner {
            link: Arc::new(link),
            name: welcome.vm_name,
            daemon: welcome.host,
            hosts: Mutex::new(welcome.hosts.hosts.into()),
            settings: Mutex::new(welcome.settings.into_iter().collect()),
            groups: Mutex::new(None),
            way,
        };
        Vm { inner: Arc::new(inner) }
    }

    pub(crate) fn link(&self) -> Arc<Link> {
        Arc::clone(&self.inner.link)
    }

    pub(crate) fn way(&self) -> &Way {
        &self.inner.way
    }

    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The host whose daemon this front end speaks to.
    pub fn daemon(&self) -> HostId {
        self.inner.daemon
    }

    /// The hosts as they were when the vm was connected to, or asked by [`Vm::refresh_hosts`].
    pub fn hosts(&self) -> Arc<[HostEntry]> {
        Arc::clone(&lock(&self.inner.hosts))
    }

    /// The settings that front ends share, as last heard.
    pub fn settings(&self) -> BTreeMap<String, Vec<u8>> {
        lock(&self.inner.settings).clone()
    }

    /// Where `@group` in hostsets is looked up from now on; there are no groups by default.
    pub fn set_groups(&self, groups: impl Groups + 'static) {
        *lock(&self.inner.groups) = Some(Arc::new(groups));
    }
}

impl std::fmt::Debug for Vm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vm").field("name", &self.inner.name).finish_non_exhaustive()
    }
}
