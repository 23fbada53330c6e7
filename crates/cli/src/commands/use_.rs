//! `posse use`: which hosts can log in to which, as far as `up` and `explore` are to rely on it.

use super::Outcome;
use crate::error::Error;
use crate::explore::{self, Statement};
use crate::{run, tell};
use posse::{HostEntry, HostId, Vm};
use std::collections::BTreeMap;

/// State which hosts can log in to which, for `up` and `explore`; list that
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  posse use gate 'inner*'       gate logs in to all inner hosts\n  \
        posse use 'lab*'              those of lab log in to each other\n  \
        posse use                     what is stated, and what was found\n  \
        posse use --delete gate 'inner*'"
)]
pub struct Args {
    /// Hosts that can log in; a hostset, whose globs take any name
    #[arg(value_name = "SRC")]
    from: Option<String>,
    /// Hosts that they can log in to [default: SRC]; `user@` and `ssh://...:port` count
    #[arg(value_name = "TGT")]
    to: Option<String>,
    /// Forget what was stated of SRC (and TGT), without SRC everything
    #[arg(short, long)]
    delete: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    match (&args.from, args.delete) {
        (Some(from), false) => {
            let one = Statement::new(from, args.to.as_ref().unwrap_or(from))?;
            let vm = run::connect_or_start(vm)?;
            let mut all = explore::stated(&vm);
            if !all.contains(&one) {
                all.push(one);
                explore::keep(&vm, &all)?;
            }
        }
        (None, false) => list(&run::connect(vm)?),
        (from, true) => delete(&run::connect(vm)?, from.as_deref(), args.to.as_deref())?,
    }
    Ok(0)
}

fn delete(vm: &Vm, from: Option<&str>, to: Option<&str>) -> Result<(), Error> {
    let mut all = explore::stated(vm);
    let before = all.len();
    let wanted = from.map(|from| Statement::new(from, to.unwrap_or(from))).transpose()?;
    all.retain(|one| match &wanted {
        Some(wanted) => one.from != wanted.from || (to.is_some() && one.to != wanted.to),
        None => false,
    });
    if all.len() == before && from.is_some() {
        let text = "no such statement".to_owned();
        return Err(Error::usage(text).hint("`posse use` lists them, as they were typed"));
    }
    explore::keep(vm, &all)
}

/// Statements, then what the table of hosts shows.
fn list(vm: &Vm) {
    let stated = explore::stated(vm).into_iter().map(|one| ("stated", one.from, one.to));
    let mut rows: Vec<(&str, String, String)> = stated.collect();
    let hosts = vm.hosts();
    let relayed = |host: &&HostEntry| host.incarnation.0 > 0 && host.parent != HostId::OWNER;
    let mut below: BTreeMap<HostId, Vec<&str>> = BTreeMap::new();
    for host in hosts.iter().filter(relayed) {
        below.entry(host.parent).or_default().push(&host.name);
    }
    for (parent, names) in below {
        if let Some(parent) = hosts.iter().find(|host| host.number == parent) {
            rows.push(("found", parent.name.clone(), run::launch::fold(&names)));
        }
    }
    let width = rows.iter().map(|row| row.1.chars().count()).max().unwrap_or(0);
    for (kind, from, to) in rows {
        tell::say(&format!("{kind:6}  {from:width$}  {to}"));
    }
}
