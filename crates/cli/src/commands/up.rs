//! `posse up`: from names to hosts of a vm, with progress, and a report of those that failed.

use super::Outcome;
use crate::error::Error;
use crate::farm::TermsOptions;
use crate::known::Known;
use crate::run::{self, launch};
use posse::{HostRequest, Launcher, NewVm, Ports, Vm};
use posse_hostset::{Expr, Format, HostFile, HostItem};
use std::path::PathBuf;
use std::time::Duration;

/// Bring hosts up: log in, install nothing, start a daemon on each
#[derive(clap::Args, Debug, Clone, Default)]
#[command(
    after_help = "Example:\n  posse up                       as many local hosts as cores\n  \
    posse up 'lab[1-40]' gpu1      through ssh, with your own ssh configuration\n  \
    posse up 'lab*' '@gpu - gpu7'  names that ~/.ssh/config, /etc/hosts, groups, ... know\n  \
    posse up -f ~/hosts            plain, pdsh, GXP, PVM and MPI host files\n  \
    posse up 'lab*' --when-idle     borrowed: only while nobody uses them\n  \
    posse up --exec 'docker exec -i {host} sh -c {cmd}' c1 c2"
)]
pub struct Args {
    /// Hosts: names, `user@host`, `ssh://user@host:port`, sets like `lab[1-40]`, globs of known
    /// names, `@group`, `local[1-4]`
    #[arg(value_name = "HOSTSET")]
    pub hosts: Vec<String>,
    /// Read hosts from this file (`-` is stdin); may be repeated
    #[arg(short, long, value_name = "FILE")]
    pub file: Vec<PathBuf>,
    /// Form of the host files [default: told from the text]
    #[arg(long, value_name = "plain|dsh|gxp|pvm|mpi")]
    pub format: Option<String>,
    /// Start daemons by this command line instead of ssh; `{host}` and `{cmd}` are filled in
    #[arg(long, value_name = "COMMAND")]
    pub exec: Option<String>,
    /// Keep the binary in memory only on the hosts
    #[arg(long)]
    pub ram: bool,
    /// After the login, go on over a direct link (TCP with TLS) where one can be made
    #[arg(long)]
    pub direct: bool,
    /// Let no daemon take direct links: nothing of posse listens on the network
    #[arg(long, conflicts_with_all = ["direct", "port_range"])]
    pub no_port: bool,
    /// Let daemons take direct links at the first free of these ports only [default: any free one]
    #[arg(long, value_name = "A-B", value_parser = port_range)]
    pub port_range: Option<(u16, u16)>,
    /// Log in from this host of the vm instead of this computer, with the keys that are there
    #[arg(long, value_name = "HOST")]
    pub via: Option<String>,
    /// A host that lost this computer and has no work ends itself after this time [default: 12h]
    #[arg(long, value_name = "TIME", value_parser = super::e::duration)]
    pub linger: Option<Duration>,
    /// For a new vm: a host that is silent for this time is down, 2s to 1h [default: 9s]
    #[arg(long, value_name = "TIME", value_parser = super::e::duration)]
    pub down_after: Option<Duration>,
    /// Give up on a host after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
    /// Give up on a host whose ssh server has not said a word after this many seconds [default:
    /// 9, or the ConnectTimeout of your ssh configuration if that is more]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub connect_timeout: Option<u64>,
    /// Logins at a time in all
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub window: u32,
    /// Ask nothing: a login that needs a password or a new host key fails
    #[arg(long)]
    pub batch: bool,
    /// One JSON object per host on stdout
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub terms: TermsOptions,
}

impl Args {
    /// Where daemons take direct links.
    pub fn ports(&self) -> Ports {
        match (self.no_port, self.port_range) {
            (true, _) => Ports::None,
            (false, Some((first, last))) => Ports::Range { first, last },
            (false, None) => Ports::Any,
        }
    }
}

/// `7000-7010`, or one port.
fn port_range(text: &str) -> Result<(u16, u16), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse().ok().filter(|port: &u16| *port > 0);
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err("two ports from 1 to 65535, the lower one first, as in 7000-7010".to_owned()),
    }
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    // A slip of the keyboard starts no daemon.
    let there = run::connect_if_up(vm)?;
    let items = items(there.as_ref(), args)?;
    let requests = items.iter().map(|item| request(item, args.exec.as_deref()));
    let requests = requests.collect::<Result<_, Error>>()?;
    args.terms.terms()?;
    let vm = made(vm, there, args)?;
    state_speeds(&vm, &items)?;
    args.terms.tell(|| vm.farm(), items.iter().map(|item| item.name.as_ref()))?;
    launch::bring_up(&vm, requests, args)
}

/// The vm that is up, or one that is started now.
pub fn made(name: Option<&str>, there: Option<Vm>, args: &Args) -> Result<Vm, Error> {
    match there {
        Some(_) if args.down_after.is_some() => {
            let text = "--down-after is for a new vm, and this one is up";
            Err(Error::usage(text).hint("`posse down` ends it"))
        }
        Some(vm) => Ok(vm),
        None => run::make(name, &NewVm { down_after: args.down_after }),
    }
}

/// What the words and files ask for.
pub fn requests(vm: Option<&Vm>, args: &Args) -> Result<Vec<HostRequest>, Error> {
    items(vm, args)?.iter().map(|item| request(item, args.exec.as_deref())).collect()
}

/// Keeps the speeds that a host file of PVM's states (`sp=`).
pub fn state_speeds(vm: &Vm, items: &[HostItem]) -> Result<(), Error> {
    for item in items {
        if let Some(speed) = item.option("sp").and_then(|text| text.parse().ok()) {
            vm.state_speed(item.name.as_ref(), speed)?;
        }
    }
    Ok(())
}

/// Nothing asked for is this computer's cores.
fn items(vm: Option<&Vm>, args: &Args) -> Result<Vec<HostItem>, Error> {
    let known = Known::new(vm);
    let mut items = Vec::new();
    for path in &args.file {
        items.extend(read_file(path, args.format.as_deref())?);
    }
    for word in &args.hosts {
        items.extend(known.items(word)?);
    }
    if items.is_empty() && args.file.is_empty() {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        items = parse(&format!("local[1-{cores}]"))?;
    }
    Ok(items)
}

pub fn parse(text: &str) -> Result<Vec<HostItem>, Error> {
    let expr =
        Expr::parse(text).map_err(|error| Error::usage(format!("{error}\n{}", error.pointer())))?;
    expr.items().map_err(|error| Error::usage(format!("{text}: {error}")))
}

fn read_file(path: &PathBuf, format: Option<&str>) -> Result<Vec<HostItem>, Error> {
    let shown = path.display();
    let text = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    }
    .map_err(|error| Error::config(format!("cannot read {shown}: {error}")))?;
    let format: Option<Format> = format
        .map(|name| name.parse().map_err(|error| Error::usage(format!("{error:?}"))))
        .transpose()?;
    let file = HostFile::parse(&text, format);
    if file.error_count > 0 {
        let hint = "mend the lines, or name the form with --format";
        return Err(Error::config(format!("{shown}: {}", file.report())).hint(hint));
    }
    Ok(file.items.into_iter().filter(|item| !item.deferred).collect())
}

pub fn request(item: &HostItem, exec: Option<&str>) -> Result<HostRequest, Error> {
    let name = item.name.to_string();
    let launcher = match (item.launcher.as_deref(), exec) {
        (Some("local"), _) => Launcher::Local,
        (None, None) if is_local(&name) => Launcher::Local,
        (Some("ssh") | None, None) => Launcher::Ssh,
        (Some("exec") | None, Some(template)) => Launcher::Exec { template: template.to_owned() },
        (Some(other), _) => {
            let text = format!("{name}: no launcher is called {other}");
            return Err(Error::usage(text).hint("there are ssh://, local:// and --exec"));
        }
    };
    let (user, port, slots) = (item.user.clone(), item.port, item.slots);
    Ok(HostRequest { name, user, port, slots, launcher })
}

/// `local`, `local1`, `local2`, …: daemons on this computer.
fn is_local(name: &str) -> bool {
    name.strip_prefix("local").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Vec<HostRequest> {
        let hosts = words.iter().map(|word| (*word).to_owned()).collect();
        requests(None, &Args { hosts, ..Args::default() }).unwrap()
    }

    #[test]
    fn a_range_of_ports_has_two_ends() {
        assert_eq!(port_range("7000-7010"), Ok((7000, 7010)));
        assert_eq!(port_range("7000"), Ok((7000, 7000)));
        for bad in ["", "7010-7000", "0-7", "1-65536", "a-b", "-7", "7-"] {
            assert!(port_range(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn words_become_requests() {
        let all = asked(&["local[1-2]", "ssh://me@lab1:2222"]);
        assert_eq!(all.len(), 3);
        assert_eq!(all[0].launcher, Launcher::Local);
        assert_eq!(all[2].launcher, Launcher::Ssh);
        assert_eq!((all[2].user.as_deref(), all[2].port), (Some("me"), Some(2222)));
        assert_eq!(asked(&["locality"])[0].launcher, Launcher::Ssh);
        assert!(!asked(&[]).is_empty());
    }
}
