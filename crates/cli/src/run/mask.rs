//! Masks as in GXP: after each command the hosts where it succeeded are the ok-set; `smask`
//! selects them for the commands that follow, masks can be named and stacked. Kept as settings of
//! the vm, a mask being a folded hostset.

use super::plan::Plan;
use crate::error::Error;
use crate::settings::{self, Settings};
use crate::tell;
use posse::Vm;
use posse_hostset::HostSet;

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

/// All hosts, on the stack and under a name.
pub const ALL: &str = "all";

/// The mask in force, `all` where there is none.
pub fn in_force(vm: &Vm) -> String {
    Settings::of(vm).get(CURRENT).unwrap_or_else(|| ALL.to_owned())
}

/// The hosts that `smask` means: the ok-set, with `-` the failed ones, else a hostset.
pub fn chosen(vm: &Vm, which: Option<&str>) -> Result<String, Error> {
    let name = match which {
        None => OK,
        Some("-") => FAILED,
        Some(hosts) => {
            let hosts: Vec<String> = vm.select(hosts)?.into_iter().map(|host| host.name).collect();
            let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
            return Ok(super::launch::fold(&names));
        }
    };
    Settings::of(vm).get(name).ok_or_else(|| {
        Error::usage("no command has been run yet, so there is no ok-set")
            .hint("`posse e CMD`, then `posse smask` selects the hosts where it succeeded")
    })
}

/// Puts a mask in force and says which hosts it leaves.
pub fn put(vm: &Vm, hosts: &str) -> Result<(), Error> {
    let value = Some(hosts).filter(|hosts| *hosts != ALL);
    settings::set(vm, CURRENT, value)?;
    tell::note(&format!("mask: {}", described(hosts)));
    Ok(())
}

/// The stack, its top last.
pub fn stack(vm: &Vm) -> Vec<String> {
    let lines = Settings::of(vm).get(STACK);
    lines.map(|lines| lines.split('\n').map(str::to_owned).collect()).unwrap_or_default()
}

pub fn set_stack(vm: &Vm, stack: &[String]) -> Result<(), Error> {
    let lines = (!stack.is_empty()).then(|| stack.join("\n"));
    settings::set(vm, STACK, lines.as_deref())
}

/// Names stand in settings and on command lines.
pub fn check_name(name: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(allowed) {
        return Ok(());
    }
    Err(Error::usage(format!("`{name}` cannot be the name of a mask; use letters and digits")))
}

/// `lab[1-3] (3)`.
pub fn described(hosts: &str) -> String {
    match hosts.parse::<HostSet>() {
        _ if hosts.is_empty() => "no host".to_owned(),
        Ok(set) if hosts != ALL => format!("{hosts} ({})", set.len()),
        _ => hosts.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_described_and_named() {
        assert_eq!(described("lab[1-3]"), "lab[1-3] (3)");
        assert_eq!((described(""), described("all")), ("no host".into(), "all".into()));
        assert!(check_name("gpu-4").is_ok());
        assert!(check_name("").is_err() && check_name("-x").is_err() && check_name("a b").is_err());
    }
}
