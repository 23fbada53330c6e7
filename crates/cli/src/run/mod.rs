//! Running commands at the front end: from what was typed (`plan`) over local stages and signals
//! to output and exit status (`drive`). Called by `commands/` and the console.

pub mod ask;
pub mod check;
pub mod detached;
pub mod directory;
pub mod drive;
pub mod environment;
pub mod input;
pub mod launch;
pub mod local;
pub mod mask;
pub mod mw;
pub mod pipeline;
pub mod plan;
mod select;
pub mod show;
pub mod signals;
pub mod strangers;
pub mod sudo;

pub use select::{hosts_up, one_host};

use crate::config::Groups;
use crate::error::Error;
use posse::Vm;

/// The vm that is meant; groups of the user's configuration can be named in its hostsets.
pub fn connect(name: Option<&str>) -> Result<Vm, Error> {
    with_groups(Vm::connect(&vm_name(name)?)?)
}

/// As [`connect`]; starts the vm's daemon on this computer where there is none.
pub fn connect_or_start(name: Option<&str>) -> Result<Vm, Error> {
    let own = std::env::current_exe()?;
    with_groups(Vm::connect_or_start(&vm_name(name)?, &own)?)
}

fn vm_name(name: Option<&str>) -> Result<String, Error> {
    let default = || posse::default_vm_name().map_err(posse::Error::from);
    Ok(name.map_or_else(default, |name| Ok(name.to_owned()))?)
}

/// Read only when a hostset names a group: most command lines name none.
fn with_groups(vm: Vm) -> Result<Vm, Error> {
    let groups = std::sync::OnceLock::new();
    vm.set_groups(move |source: Option<&str>, name: &str| {
        let load = || {
            Groups::load().unwrap_or_else(|error| {
                crate::tell::note(&error.text);
                Groups::default()
            })
        };
        let groups: &Groups = groups.get_or_init(load);
        source.is_none().then(|| groups.get(name).map(str::to_owned)).flatten()
    });
    Ok(vm)
}
