//! Masks as in GXP: after each command the hosts where it succeeded are the ok-set; `smask`
//! selects them for the commands that follow, masks can be named and stacked. Kept as settings of
//! the vm, a mask being a folded hostset.

use super::plan::Plan;
use crate::error::Error;
use crate::settings::{self, Settings};
use posse::Vm;

/// The mask in force, the ok-set of the last command, the failed ones, the stack.
pub const CURRENT: &str = "mask";
pub const OK: &str = "mask-ok";
pub const FAILED: &str = "mask-failed";
pub const STACK: &str = "mask-stack";
pub const NAMED: &str = "mask.";

/// The hostset that a plan means; `None` for all.
pub fn hosts(vm: &Vm, plan: &Plan) -> Result<Option<String>, Error> {
    let settings = Settings::of(vm);
    if let Some(name) = &plan.mask {
        let unknown =
            || Error::usage(format!("no mask is called {name}")).hint("`posse masks` lists them");
        let hosts = settings.get(&format!("{NAMED}{name}")).ok_or_else(unknown)?;
        return narrowed(&hosts, plan.hosts.as_deref());
    }
    match (&plan.hosts, settings.get(CURRENT)) {
        (Some(hosts), _) => Ok(Some(hosts.clone())),
        (None, Some(mask)) => narrowed(&mask, None),
        (None, None) => Ok(None),
    }
}

fn narrowed(mask: &str, hosts: Option<&str>) -> Result<Option<String>, Error> {
    if mask.is_empty() {
        return Err(Error::usage("the mask is empty").hint("`posse rmask` selects all hosts again"));
    }
    Ok(Some(hosts.map_or_else(|| mask.to_owned(), |hosts| format!("({mask})&({hosts})"))))
}

/// Remembers where a command succeeded; says nothing to the daemon where that is no news.
pub fn remember(vm: &Vm, ok: &[&str], failed: &[&str]) -> Result<(), Error> {
    let known = Settings::of(vm);
    for (name, hosts) in [(OK, ok), (FAILED, failed)] {
        let folded = super::launch::fold(hosts);
        if known.get(name).as_deref() != Some(&folded) {
            settings::set(vm, name, Some(&folded))?;
        }
    }
    Ok(())
}
