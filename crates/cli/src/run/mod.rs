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

use crate::error::Error;
use crate::groups::Lookup;
use posse::Vm;

/// The vm that is meant; groups of the user's configuration can be named in its hostsets.
pub fn connect(name: Option<&str>) -> Result<Vm, Error> {
    Ok(with_groups(Vm::connect(&vm_name(name)?)?))
}

/// As [`connect`]; `None` where none is up.
pub fn connect_if_up(name: Option<&str>) -> Result<Option<Vm>, Error> {
    match Vm::connect(&vm_name(name)?) {
        Err(posse::Error::NoVm { .. }) => Ok(None),
        vm => Ok(Some(with_groups(vm?))),
    }
}

/// As [`connect`]; starts the vm's daemon on this computer where there is none.
pub fn connect_or_start(name: Option<&str>) -> Result<Vm, Error> {
    let own = std::env::current_exe()?;
    Ok(with_groups(Vm::connect_or_start(&vm_name(name)?, &own)?))
}

fn vm_name(name: Option<&str>) -> Result<String, Error> {
    let default = || posse::default_vm_name().map_err(posse::Error::from);
    Ok(name.map_or_else(default, |name| Ok(name.to_owned()))?)
}

/// Read only when a hostset names a group: most command lines name none.
fn with_groups(vm: Vm) -> Vm {
    vm.set_groups(Lookup::default());
    vm
}
