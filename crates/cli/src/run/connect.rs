//! Which daemon a command speaks to: the one on this computer, or where the vm is another
//! machine's, whose key was imported, the one that leads. Called by all commands.

use crate::error::Error;
use crate::groups::Lookup;
use crate::keys;
use posse::{NewVm, Vm};

/// The vm that is meant: its daemon on this computer, started again where a reboot ended it, or the
/// one that leads where its key was imported. Groups of the user's configuration can be named in
/// its hostsets.
pub fn connect(name: Option<&str>) -> Result<Vm, Error> {
    let name = vm_name(name)?;
    if let Some(vm) = own(&name)? {
        return Ok(vm);
    }
    let vm = keys::connect(&name)?.ok_or(posse::Error::NoVm { name })?;
    Ok(with_groups(vm))
}

/// By the daemon on this computer. One that a reboot ended is started again, from what it kept.
fn own(name: &str) -> Result<Option<Vm>, Error> {
    match Vm::connect(name) {
        Err(posse::Error::NoVm { .. }) => {}
        vm => return Ok(Some(with_groups(vm?))),
    }
    let is_kept = is_kept(Some(name))?;
    is_kept.then(|| make(Some(name), &NewVm::default())).transpose()
}

/// Whether the vm is on this computer's disk, where its owner's daemon finds it.
pub fn is_kept(name: Option<&str>) -> Result<bool, Error> {
    let kept = posse::find_state_directory(&vm_name(name)?);
    Ok(kept.map_err(posse::Error::from)?.is_some())
}

/// As [`connect`], by the daemon on this computer alone: where nobody is to wait.
pub fn connect_here(name: Option<&str>) -> Result<Vm, Error> {
    Ok(with_groups(Vm::connect(&vm_name(name)?)?))
}

/// As [`connect`]; `None` where there is none.
pub fn connect_if_up(name: Option<&str>) -> Result<Option<Vm>, Error> {
    let name = vm_name(name)?;
    if let Some(vm) = own(&name)? {
        return Ok(Some(vm));
    }
    let another = "`posse key remove NAME` where a new vm of that name is to be made here";
    let vm = keys::connect(&name).map_err(|error| error.hint(another))?;
    Ok(vm.map(with_groups))
}

/// As [`connect_if_up`]; starts the vm's daemon on this computer where there is none. Where the vm
/// is another machine's there is: two of one name would be taken for each other.
pub fn connect_or_start(name: Option<&str>) -> Result<Vm, Error> {
    connect_if_up(name)?.map_or_else(|| make(name, &NewVm::default()), Ok)
}

/// Starts the vm's daemon on this computer, where [`connect_if_up`] found none.
pub fn make(name: Option<&str>, new: &NewVm) -> Result<Vm, Error> {
    let own = std::env::current_exe()?;
    Ok(with_groups(Vm::connect_or_make(&vm_name(name)?, &own, new)?))
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
