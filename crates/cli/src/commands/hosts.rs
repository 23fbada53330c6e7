//! `posse hosts`: the members of the vm and how they are.

use super::Outcome;
use crate::error::Error;
use crate::output::visible;
use crate::{run, tell};
use posse::{Answered, HostEntry, HostId, HostLoad, HostState, Question, Voters};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// A host that does not say its load in this time is shown without.
const LOAD_WITHIN: Duration = Duration::from_secs(2);

/// List the hosts: state, link, architecture, cores, speed, load, memory, round trip
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse hosts\n  posse hosts 'lab[1-4]' --json\n  \
        posse hosts -q | xargs -n1 echo")]
pub struct Args {
    /// Only these
    #[arg(value_name = "HOSTSET")]
    hosts: Option<String>,
    /// One JSON object a host
    #[arg(long)]
    json: bool,
    /// Names only, those that are up
    #[arg(short, long)]
    quiet: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let wanted = args.hosts.as_deref().map(|text| vm.select(text)).transpose()?;
    let hosts = wanted.unwrap_or_else(|| vm.hosts().to_vec());
    if args.quiet {
        hosts.iter().filter(|host| host.is_up() && host.slots > 0).for_each(|h| tell::say(&h.name));
        return Ok(0);
    }
    let loads = loads(&vm, &hosts)?;
    let stated = |host: &HostEntry| Some((host.name.clone(), vm.stated_speed(&host.name)?));
    let stated = hosts.iter().filter_map(stated).collect();
    let known = Known { vias: vias(&vm.hosts()), voters: vm.voters()?, loads, stated };
    if args.json {
        hosts.iter().for_each(|host| tell::say(&object(host, &known)));
    } else {
        table(&hosts, &known);
    }
    if let Some(relay) = known.voters.hangs_by
        && let Some(relay) = vm.hosts().iter().find(|host| host.number == relay)
    {
        tell::note(&format!(
            "without {} most voters are not reached, and names can not change; hosts that are \
             reached another way would mend that",
            relay.name
        ));
    }
    Ok(0)
}

/// What is shown of hosts beside their entries.
struct Known {
    vias: BTreeMap<HostId, String>,
    voters: Voters,
    loads: BTreeMap<u32, HostLoad>,
    /// Speeds that somebody has stated, by the hosts' names.
    stated: BTreeMap<String, u32>,
}

impl Known {
    fn load(&self, host: &HostEntry) -> Option<&HostLoad> {
        self.loads.get(&host.number.0)
    }

    /// Of one core; what was stated stands in place of what was measured.
    fn speed(&self, host: &HostEntry) -> Option<u32> {
        let measured = || self.load(host).map(|load| load.speed).filter(|speed| *speed > 0);
        self.stated.get(&host.name).copied().or_else(measured)
    }

    /// Its part in the control state.
    fn part(&self, host: &HostEntry) -> Option<&'static str> {
        let number = &host.number;
        let votes = self.voters.voters.contains(number);
        match () {
            () if votes && self.voters.leader == Some(*number) => Some("leads"),
            () if votes => Some("votes"),
            () if self.voters.followers.contains(number) => Some("follows"),
            () => None,
        }
    }
}

fn loads(vm: &posse::Vm, hosts: &[HostEntry]) -> Result<BTreeMap<u32, HostLoad>, Error> {
    let up: Vec<_> = hosts.iter().filter(|host| host.is_up()).map(|host| host.number).collect();
    let mut loads = BTreeMap::new();
    for reply in vm.query(&up, Question::Load, LOAD_WITHIN)? {
        let Ok(reply) = reply else { break };
        if let Answered::Load(load) = reply.answer {
            loads.insert(reply.host.0, load);
        }
    }
    Ok(loads)
}

/// The host that a host hangs below, where that is not this computer's daemon.
fn vias(all: &[HostEntry]) -> BTreeMap<HostId, String> {
    let names: BTreeMap<HostId, &str> =
        all.iter().map(|host| (host.number, host.name.as_str())).collect();
    let relayed = all.iter().filter(|host| host.parent != HostId::OWNER);
    let via = |host: &HostEntry| names.get(&host.parent).map(|name| (*name).to_owned());
    relayed.filter_map(|host| Some((host.number, via(host)?))).collect()
}

fn state(host: &HostEntry) -> String {
    match &host.state {
        HostState::Launching => "launching".into(),
        HostState::Up => "up".into(),
        HostState::Suspect => "suspect".into(),
        HostState::Down { why } => format!("down: {}", why.lines().next().unwrap_or_default()),
    }
}

fn object(host: &HostEntry, known: &Known) -> String {
    let (facts, load) = (&host.facts, known.load(host));
    json!({
        "name": host.name, "number": host.number.0, "state": state(host),
        "up": host.is_up(), "incarnation": host.incarnation.0,
        "link": host.launcher, "listens": facts.listens, "key": hex(&host.key),
        "parent": host.parent.0, "via": known.vias.get(&host.number),
        "control": known.part(host),
        "rtt_us": host.rtt_us,
        "slots": host.slots, "hostname": facts.hostname, "arch": facts.arch,
        "system": facts.system, "version": facts.version, "cores": facts.cores,
        "speed": known.speed(host),
        "memory_bytes": facts.memory,
        "load": load.map(|load| load.load),
        "memory_available_bytes": load.map(|load| load.memory_available),
        "uptime_s": load.map(|load| load.uptime_s),
        "processes": load.map(|load| load.processes),
    })
    .to_string()
}

fn hex(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

const GIB: f64 = (1u64 << 30) as f64;

/// Columns of their own only where there is a tree, and where others than the owner's daemon vote.
fn columns(hosts: &[HostEntry], known: &Known) -> impl Fn(&str, &str) -> String {
    let below = hosts.iter().filter_map(|host| known.vias.get(&host.number));
    let via = below.map(|via| via.chars().count() + 2).max().map(|most| most.max(5));
    let votes = known.voters.voters.len() + known.voters.followers.len() > 1;
    move |via_text, part| {
        let part = if votes { format!("{part:9}") } else { String::new() };
        via.map_or_else(|| part.clone(), |width| format!("{via_text:width$}{part}"))
    }
}

fn table(hosts: &[HostEntry], known: &Known) {
    let width = hosts.iter().map(|host| host.name.chars().count()).max().unwrap_or(4).max(4);
    let columns = columns(hosts, known);
    tell::say(&format!(
        "{:width$}  {:9} {:6} {}{:8} {:>5} {:>5} {:>6} {:>11} {:>8}  {}",
        "NAME",
        "STATE",
        "LINK",
        columns("VIA", "CONTROL"),
        "ARCH",
        "CORES",
        "SPEED",
        "LOAD",
        "FREE/GIB",
        "RTT/MS",
        "VERSION"
    ));
    for host in hosts {
        let via = known.vias.get(&host.number).map_or("-", String::as_str);
        let middle = columns(via, known.part(host).unwrap_or("-"));
        tell::say(visible(row(host, width, &middle, known).as_bytes()).trim_end());
        if let HostState::Down { .. } = host.state {
            tell::say(&visible(format!("{:width$}  {}", "", state(host)).as_bytes()));
        }
    }
}

fn row(host: &HostEntry, width: usize, middle: &str, known: &Known) -> String {
    let (state, load) = (state(host), known.load(host));
    let short = state.split(':').next().unwrap_or_default();
    let free = load.map_or("-".into(), |load| {
        let (free, all) = (load.memory_available as f64 / GIB, host.facts.memory as f64 / GIB);
        format!("{free:.1}/{all:.1}")
    });
    let load = load.map_or("-".into(), |load| format!("{:.2}", load.load[0]));
    let speed = known.speed(host).map_or("-".into(), |speed| speed.to_string());
    let link = if host.launcher.is_empty() { "owner" } else { &host.launcher };
    format!(
        "{:width$}  {short:9} {link:6} {middle}{:8} {:>5} {speed:>5} {load:>6} {free:>11} \
         {:>8.2}  {}",
        host.name,
        host.facts.arch,
        host.facts.cores,
        f64::from(host.rtt_us) / 1000.0,
        host.facts.version,
    )
}
