//! `posse drain`: work is moved away from hosts.

use crate::commands::Outcome;
use crate::error::Error;
use crate::output::visible_line;
use crate::{run, tell};
use posse::Vm;
use posse::farm::{Farm, HostView, Mode};
use posse::{HostEntry, HostId};

/// Tasks that are named of one host.
const NAMED: usize = 8;

/// Move work away from hosts: nothing more is started there; without hosts, show what they do
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse drain lab3            what runs there ends there\n  \
        posse drain --now 'lab[3-5]' it is ended, and runs elsewhere\n  \
        posse drain --wait lab3     until nothing is left on it\n  \
        posse drain --undo lab3     it takes work again\n  \
        posse drain                 what each host does, and why not more")]
pub struct Args {
    /// Hosts of the vm
    #[arg(value_name = "HOSTSET")]
    hosts: Vec<String>,
    /// End what runs there; it runs again elsewhere
    #[arg(long)]
    now: bool,
    /// Stay until no task is left there
    #[arg(short, long)]
    wait: bool,
    /// Let them take work again
    #[arg(long, conflicts_with_all = ["now", "wait"])]
    undo: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let farm = vm.farm();
    if args.hosts.is_empty() {
        if args.now || args.wait || args.undo {
            return Err(Error::usage("which hosts?").hint("`posse drain lab3`, or a hostset"));
        }
        return list(&farm);
    }
    let hosts = chosen(&vm, &args.hosts)?;
    for host in &hosts {
        match args.undo {
            true => farm.undrain(host.number)?,
            false => farm.drain(host.number, args.now)?,
        }
    }
    if args.undo {
        return Ok(0);
    }
    let views = farm.hosts()?;
    for view in views.iter().filter(|view| hosts.iter().any(|host| host.number == view.host)) {
        tell::note(&visible_line(&left(view)));
    }
    if args.wait {
        hosts.iter().try_for_each(|host| farm.wait_empty(host.number, None))?;
    }
    Ok(0)
}

fn chosen(vm: &Vm, words: &[String]) -> Result<Vec<HostEntry>, Error> {
    let hosts = vm.select(&words.join(","))?;
    Ok(hosts
        .iter()
        .filter(|host| host.number != HostId::OWNER || host.slots > 0)
        .cloned()
        .collect())
}

/// What still is on a host.
fn left(view: &HostView) -> String {
    let name = &view.name;
    let named = view.running.iter().take(NAMED).map(ToString::to_string);
    let named = named.collect::<Vec<_>>().join(", ");
    match view.running.len() {
        0 => format!("{name}: nothing runs there"),
        1 => format!("{name}: task {named} still runs there"),
        count if count <= NAMED => format!("{name}: {count} tasks still run there: {named}"),
        count => format!("{name}: {count} tasks still run there: {named}, ..."),
    }
}

fn list(farm: &Farm) -> Outcome {
    tell::say("  CORES   OTHERS  RUNNING  WAITING  STATE      HOST");
    for view in farm.hosts()? {
        let cores = |thousandths: u32| f64::from(thousandths) / 1000.0;
        let reason = view.unmet.map(|unmet| format!("  ({unmet})")).unwrap_or_default();
        let line = format!(
            "{:>7}  {:>7}  {:>7}  {:>7}  {:<9}  {}{reason}",
            cores(view.capacity.cores),
            cores(view.busy),
            view.running.len(),
            view.waiting,
            state(&view),
            view.name
        );
        tell::say(&visible_line(&line));
    }
    Ok(0)
}

fn state(view: &HostView) -> &'static str {
    match view.mode {
        _ if view.draining => "drained",
        Mode::Run => "works",
        Mode::Suspend => "suspended",
        Mode::Vacate => "vacated",
    }
}
