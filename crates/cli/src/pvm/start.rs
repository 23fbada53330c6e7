//! The vm of a console: the one that is up, or one of this computer, or of the hosts of a file;
//! and how more hosts come to it. Called by `session` and `hosts`.

use super::console::Console;
use super::options::Options;
use crate::commands::up;
use crate::error::Error;
use crate::explore::Target;
use crate::limits::UP_WITHIN_S;
use crate::run;
use crate::run::launch;
use crate::tell;
use posse::{HostRequest, Launcher, Vm};
use posse_hostset::{Format, HostFile, HostItem};

/// Logins at a time: as `posse up`.
const WINDOW: u32 = 64;

/// Options of a host that have no meaning here.
const UNUSED: [&str; 6] = ["so", "dx", "wd", "bx", "ip", "id"];

/// What is there to begin with.
pub struct Started {
    pub vm: Vm,
    pub items: Vec<HostItem>,
    pub was_up: bool,
}

pub fn vm(name: Option<&str>, options: &Options, is_interactive: bool) -> Result<Started, Error> {
    let items = options.file.as_deref().map(read).transpose()?.unwrap_or_default();
    if let Some(vm) = run::connect_if_up(name)? {
        return Ok(Started { vm, items, was_up: true });
    }
    let vm = run::connect_or_start(name)?;
    let now: Vec<HostItem> = items.iter().filter(|item| !item.deferred).cloned().collect();
    let requests = match &options.name {
        Some(name) => {
            let (name, launcher) = (name.clone(), Launcher::Local);
            let own = HostRequest { name, user: None, port: None, slots: None, launcher };
            let others = now.iter().filter(|item| item.name.to_string() != own.name);
            let others: Vec<_> = others.map(|item| up::request(item, None)).collect();
            std::iter::once(Ok(own)).chain(others).collect()
        }
        None if now.is_empty() => up::requests(Some(&vm), &up::Args::default()),
        None => now.iter().map(|item| up::request(item, None)).collect(),
    };
    launch::bring_up(&vm, requests?, &args(is_interactive))?;
    Ok(Started { vm, items, was_up: false })
}

fn args(is_interactive: bool) -> up::Args {
    let batch = !is_interactive;
    up::Args { timeout: UP_WITHIN_S, window: WINDOW, batch, ..up::Args::default() }
}

fn read(path: &str) -> Result<Vec<HostItem>, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::config(format!("cannot read {path}: {error}")))?;
    let file = HostFile::parse(&text, Some(Format::Pvm));
    if file.error_count > 0 {
        return Err(Error::config(format!("{path}: {}", file.report())));
    }
    Ok(file.items)
}

/// A word of `add`: a host with its options, as a line of a host file.
pub fn items(word: &str) -> Result<Vec<HostItem>, Error> {
    let file = HostFile::parse(word, Some(Format::Pvm));
    if file.error_count > 0 || file.items.is_empty() {
        return Err(Error::usage(format!("`{word}` is no host")));
    }
    Ok(file.items)
}

/// Brings hosts up and says how it went with each.
pub fn bring_up(vm: &Vm, items: &[HostItem], is_interactive: bool) -> Result<Vec<Target>, Error> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let requests: Result<Vec<HostRequest>, Error> =
        items.iter().map(|item| up::request(item, None)).collect();
    let policy = crate::explore::Policy::Known;
    Ok(launch::carry_out(vm, requests?, &args(is_interactive), policy)?.targets)
}

/// Keeps what hosts are described with, as far as it is used, and says what is not.
pub fn remember(console: &mut Console, items: &[HostItem]) -> Result<(), Error> {
    up::state_speeds(&console.vm, items)?;
    let mut unused: Vec<&str> = Vec::new();
    for item in items {
        for (key, value) in &item.options {
            if key == "ep" {
                let folders = value.split(':').map(str::to_owned);
                let new = folders.filter(|folder| !console.search.contains(folder));
                let new: Vec<String> = new.collect();
                console.search.extend(new);
            } else if UNUSED.contains(&key.as_str()) && !unused.contains(&key.as_str()) {
                unused.push(key);
            }
        }
        if item.deferred {
            console.described.push(item.clone());
        }
    }
    if !unused.is_empty() {
        tell::note(&format!("options of hosts that mean nothing here: {}", unused.join(" ")));
    }
    Ok(())
}
