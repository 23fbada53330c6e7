//! `posse e -H newhost …`: hosts that are named and not in the vm are brought up first, as `posse
//! up` would, and it is said so. Names in masks and groups of globs are never brought up. Called
//! before a command starts.

use super::launch;
use crate::commands::up;
use crate::error::{Error, Kind};
use crate::limits::{STRANGERS_MAX, UP_WITHIN_S};
use crate::tell;
use posse::{HostRequest, Vm};
use posse_hostset::{Expr, HostItem};

const WINDOW: u32 = 64;

/// `strangers` are the names in `hosts` that are no members.
pub fn bring_up(vm: &Vm, hosts: &str, strangers: &[String]) -> Result<(), Error> {
    let names: Vec<&str> = strangers.iter().map(String::as_str).collect();
    let shown = launch::fold(&names);
    if names.len() > STRANGERS_MAX {
        let text = format!("{} of the hosts named are not in the vm `{}`", names.len(), vm.name());
        return Err(Error::usage(text).hint("`posse up` brings so many up; -H is for those there"));
    }
    tell::note(&format!("{shown}: not in the vm `{}` yet, is brought up first", vm.name()));
    let options = up::Args { timeout: UP_WITHIN_S, window: WINDOW, ..up::Args::default() };
    let code = launch::bring_up(vm, requests(hosts, strangers)?, &options)?;
    if code != 0 {
        return Err(Error::new(Kind::Hosts, "nothing was run, since not all hosts came up")
            .hint(format!("`posse doctor {}` looks into it", names.first().unwrap_or(&"HOST"))));
    }
    vm.refresh_hosts()?;
    Ok(())
}

/// With the user and port that stand at the name, where the expression is a plain list.
fn requests(hosts: &str, strangers: &[String]) -> Result<Vec<HostRequest>, Error> {
    let stated: Vec<HostItem> =
        Expr::parse(hosts).ok().and_then(|expr| expr.items().ok()).unwrap_or_default();
    let mut requests = Vec::with_capacity(strangers.len());
    for name in strangers {
        match stated.iter().find(|item| item.name.to_string() == *name) {
            Some(item) => requests.push(up::request(item, None)?),
            None => {
                for item in up::parse(name)? {
                    requests.push(up::request(&item, None)?);
                }
            }
        }
    }
    Ok(requests)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use posse::Launcher;

    #[test]
    fn what_stands_at_the_name_counts() {
        let strangers = ["lab2".to_owned(), "local9".to_owned()];
        let made = requests("lab1,ssh://me@lab2:22,local9", &strangers).unwrap();
        assert_eq!((made[0].user.as_deref(), made[0].port), (Some("me"), Some(22)));
        assert_eq!(made[1].launcher, Launcher::Local);
        let made = requests("all,lab2", &strangers[..1]).unwrap();
        assert_eq!((made[0].name.as_str(), made[0].launcher.clone()), ("lab2", Launcher::Ssh));
    }
}
