//! Which hosts a command without processes is about: one, or all that are up. Called by `ps`,
//! `ping`, `sh`, `env` and `doctor`.

use crate::error::Error;
use posse::{HostEntry, Vm};

/// Exactly one host.
pub fn one_host(vm: &Vm, text: &str) -> Result<HostEntry, Error> {
    let mut hosts = vm.select(text)?;
    match (hosts.pop(), hosts.is_empty()) {
        (Some(host), true) => Ok(host),
        (None, _) => {
            Err(Error::usage(format!("`{text}` selects no host")).hint("`posse hosts` lists them"))
        }
        (Some(_), false) => {
            let count = hosts.len() + 1;
            Err(Error::usage(format!("`{text}` selects {count} hosts; name one")))
        }
    }
}

/// Those that can be asked; without a hostset all, the owner's daemon without slots excepted.
pub fn hosts_up(vm: &Vm, text: Option<&str>) -> Result<Vec<HostEntry>, Error> {
    let mut hosts = vm.select(text.unwrap_or("all"))?;
    hosts.retain(HostEntry::is_up);
    if hosts.is_empty() {
        let which = text.map_or("no host".to_owned(), |text| format!("no host of `{text}`"));
        return Err(Error::usage(format!("{which} is up in the vm `{}`", vm.name()))
            .hint("`posse up HOST…` brings hosts up, `posse hosts` lists them"));
    }
    Ok(hosts)
}
