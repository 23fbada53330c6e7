//! The vm that a command line means, and its daemon where none runs yet. Called by `commands/`, the
//! faces and the console.

use crate::error::Error;
use crate::groups::Lookup;
use posse::{NewVm, Vm};

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
    connect_or_make(name, &NewVm::default())
}

/// As [`connect_or_start`]; a vm that is started is made so.
pub fn connect_or_make(name: Option<&str>, new: &NewVm) -> Result<Vm, Error> {
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
