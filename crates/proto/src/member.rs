//! The host table, held by the daemon that leads: who is a member, in which incarnation and state;
//! and the settings of the vm, which live and die with it.

use crate::Effect;
use crate::daemon::{Config, Daemon};
use crate::handshake::ChildHello;
use posse_wire::msg::{Event, Happening, HostEntry, HostRequest, HostState, Launcher, Led, Stage};
use posse_wire::{CommandId, HostId, Incarnation, Lead, Message, WireError, limits};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Events a late watcher still gets.
const EVENTS_KEPT: usize = 256;

#[derive(Debug)]
pub(crate) struct Member {
    pub entry: HostEntry,
    pub request: HostRequest,
    pub boot: u64,
    /// The last one that was signed for it.
    ticket: Vec<u8>,
    /// Given up since it was last heard: what comes back is another incarnation.
    down: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Members {
    hosts: BTreeMap<HostId, Member>,
    next: u32,
    settings: BTreeMap<String, Vec<u8>>,
    events: VecDeque<Event>,
}

/// Entry, request, the boot of the last life, and its ticket.
pub type Row = (HostEntry, HostRequest, u64, Vec<u8>);
type Table = ((Lead, HostId), u32, Vec<Row>, Vec<(String, Vec<u8>)>, Vm);

/// What the owner's next life has from nowhere else: who votes on the control state, and the
/// silence that is taken for death, in milliseconds.
type Vm = (Vec<HostId>, u64);

/// What a table of the owner's earlier life says besides its hosts.
#[derive(Debug)]
pub(crate) struct Before {
    pub lead: Lead,
    /// The hosts that were up.
    pub up: Vec<HostId>,
    pub voters: Vec<HostId>,
    pub down_after: Duration,
}

/// A table of these hosts, as the daemon that takes it over wants it; without settings.
pub fn table_of(leader: HostId, rows: Vec<Row>) -> Vec<u8> {
    let next = rows.iter().map(|(entry, ..)| entry.number.0 + 1).max().unwrap_or(1);
    let table: Table = ((Lead::default(), leader), next, rows, Vec::new(), Vm::default());
    posse_wire::encode_value(&table)
}

impl Members {
    pub fn new(config: &Config) -> Self {
        let mut members = Members { next: 1, ..Members::default() };
        if config.host == HostId::OWNER {
            let entry = HostEntry {
                incarnation: Incarnation(1),
                state: HostState::Up,
                launcher: String::new(),
                key: config.key,
                facts: config.facts.clone(),
                ..blank(HostId::OWNER, &config.name)
            };
            let request = request_for(&config.name);
            let (boot, ticket) = (config.boot, Vec::new());
            let own = Member { entry, request, boot, ticket, down: false };
            members.hosts.insert(HostId::OWNER, own);
        }
        members
    }

    pub fn entries(&self) -> Vec<HostEntry> {
        self.hosts.values().map(|member| member.entry.clone()).collect()
    }

    /// Zero where the host is not known, as on a daemon that holds no table.
    pub fn incarnation_of(&self, host: HostId) -> Incarnation {
        self.get(host).map_or(Incarnation::default(), |member| member.entry.incarnation)
    }

    /// The ticket of a host, where it was signed for this key.
    pub fn ticket(&self, host: HostId, key: &[u8; 32]) -> Option<Vec<u8>> {
        let member = self.get(host).filter(|member| member.entry.key == *key)?;
        (!member.ticket.is_empty()).then(|| member.ticket.clone())
    }

    pub fn get(&self, host: HostId) -> Option<&Member> {
        self.hosts.get(&host)
    }

    pub fn entry_mut(&mut self, host: HostId) -> Option<&mut HostEntry> {
        self.hosts.get_mut(&host).map(|member| &mut member.entry)
    }

    /// The hosts of these names, in their order, with new numbers for those that are new. The
    /// owner's own daemon is never meant.
    pub fn find_or_add(&mut self, requests: &[HostRequest]) -> Vec<HostId> {
        let others = self.hosts.iter().filter(|(number, _)| **number != HostId::OWNER);
        let mut by_name: BTreeMap<String, HostId> =
            others.map(|(number, member)| (member.entry.name.clone(), *number)).collect();
        let mut find = |request: &HostRequest| {
            let number = *by_name.entry(request.name.clone()).or_insert(HostId(self.next));
            self.next = self.next.max(number.0 + 1);
            number
        };
        let numbers: Vec<HostId> = requests.iter().map(&mut find).collect();
        for (request, number) in requests.iter().zip(&numbers) {
            self.wanted(*number, request);
        }
        numbers
    }

    /// What an `up` asks for now is what counts.
    fn wanted(&mut self, number: HostId, request: &HostRequest) {
        let member = self.hosts.entry(number).or_insert_with(|| Member {
            entry: blank(number, &request.name),
            request: request.clone(),
            boot: 0,
            ticket: Vec::new(),
            down: false,
        });
        member.request = request.clone();
        // A host that is up keeps its link, whatever is asked for now.
        if !member.entry.is_up() {
            request.launcher.name().clone_into(&mut member.entry.launcher);
        }
        member.entry.slots = request.slots.unwrap_or(member.entry.slots);
    }

    pub fn remove(&mut self, host: HostId) -> Option<Member> {
        self.hosts.remove(&host)
    }

    pub fn settings(&self) -> Vec<(String, Vec<u8>)> {
        self.settings.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Refuses what would make the settings outgrow their limit.
    pub fn set(&mut self, name: String, value: Option<Vec<u8>>) -> Result<(), String> {
        let Some(value) = value else {
            self.settings.remove(&name);
            return Ok(());
        };
        if self.settings.len() >= limits::SETTINGS_MAX && !self.settings.contains_key(&name) {
            let most = limits::SETTINGS_MAX;
            return Err(format!("a vm keeps at most {most} settings; unset one first"));
        }
        let others = self.settings.iter().filter(|(other, _)| **other != name);
        let bytes: usize = others.map(|(name, value)| name.len() + value.len()).sum();
        if bytes + name.len() + value.len() > limits::SETTING_BYTES_MAX {
            let most = limits::SETTING_BYTES_MAX / 1024;
            return Err(format!("settings hold at most {most} KiB together; unset one first"));
        }
        self.settings.insert(name, value);
        Ok(())
    }

    /// A host that is being launched has its next incarnation taken already: it may be in use
    /// before the table is written again.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.hosts.values().map(|member| {
            let mut entry = member.entry.clone();
            entry.incarnation.0 += u32::from(entry.state == HostState::Launching);
            (entry, member.request.clone(), member.boot, member.ticket.clone())
        })
    }

    pub fn table(&self, led: &Led, down_after: Duration) -> Vec<u8> {
        let silence = u64::try_from(down_after.as_millis()).unwrap_or(u64::MAX);
        let vm: Vm = (led.voters.clone(), silence);
        let leader = (led.lead, led.leader);
        let table: Table = (leader, self.next, self.rows().collect(), self.settings(), vm);
        posse_wire::encode_value(&table)
    }

    /// Hosts come back as down until their daemons are heard.
    pub fn restore(&mut self, bytes: &[u8], config: &Config) -> Result<Before, WireError> {
        let ((lead, _), next, hosts, settings, vm): Table = posse_wire::decode_value(bytes)?;
        self.next = next.max(self.next);
        self.settings = settings.into_iter().collect();
        let mut up = Vec::new();
        for (mut entry, request, boot, ticket) in hosts {
            if entry.number == HostId::OWNER {
                if let Some(own) = self.hosts.get_mut(&HostId::OWNER) {
                    let lives = entry.incarnation.0 + u32::from(boot != config.boot);
                    own.entry.incarnation = Incarnation(lives);
                    own.entry.slots = entry.slots;
                }
            } else {
                up.extend(entry.is_up().then_some(entry.number));
                // All were told so; should its daemon live, it is another life.
                let down = matches!(entry.state, HostState::Down { .. });
                if !down {
                    entry.state = HostState::Down { why: "the owner's daemon restarted".into() };
                }
                let member = Member { entry, request, boot, ticket, down };
                self.hosts.insert(member.entry.number, member);
            }
        }
        let (voters, silence) = vm;
        let down_after = Duration::from_millis(silence);
        let down_after = down_after.clamp(limits::DOWN_AFTER_MIN, limits::DOWN_AFTER_MAX);
        Ok(Before { lead, up, voters, down_after })
    }

    /// The table as another leader left it, for this host to go on with. Hosts that only this
    /// daemon knows, because it was cut off when it added them, stay. Returns that leader, and the
    /// others that were up.
    pub fn take_over(
        &mut self,
        bytes: &[u8],
        own: Own<'_>,
    ) -> Result<(HostId, Vec<HostId>), WireError> {
        let ((_, leader), next, hosts, settings, _): Table = posse_wire::decode_value(bytes)?;
        self.hosts.retain(|number, _| number.0 >= next || *number == own.config.host);
        self.next = next.max(self.next);
        self.settings.extend(settings);
        let mut up = Vec::new();
        for (entry, request, boot, ticket) in hosts {
            let number = entry.number;
            if number == own.config.host {
                self.own_row((entry, request, boot, ticket), own);
                continue;
            }
            up.extend(entry.is_up().then_some(number));
            let down = matches!(entry.state, HostState::Down { .. });
            self.hosts.insert(number, Member { entry, request, boot, ticket, down });
        }
        Ok((leader, up))
    }

    /// What the last leader had of this host is of this life of it, or of an earlier one; and if it
    /// had declared it down, this life counts as another from here on.
    fn own_row(&mut self, (entry, request, boot, ticket): Row, own: Own<'_>) {
        let was_down = matches!(entry.state, HostState::Down { .. });
        let another = u32::from(was_down || boot != own.config.boot);
        let incarnation = Incarnation(entry.incarnation.0 + another).max(own.incarnation);
        let entry = HostEntry {
            incarnation,
            state: HostState::Up,
            parent: own.config.host,
            key: own.config.key,
            facts: own.config.facts.clone(),
            rtt_us: 0,
            ..entry
        };
        let member = Member { entry, request, boot: own.config.boot, ticket, down: false };
        self.hosts.insert(own.config.host, member);
    }

    /// This daemon holds no table any more.
    pub fn let_go(&mut self) {
        self.hosts.clear();
        self.settings.clear();
    }

    pub fn recent(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }
}

/// The daemon that takes the table over.
#[derive(Clone, Copy)]
pub(crate) struct Own<'a> {
    pub config: &'a Config,
    pub incarnation: Incarnation,
}

fn blank(number: HostId, name: &str) -> HostEntry {
    HostEntry {
        number,
        name: name.to_owned(),
        incarnation: Incarnation(0),
        state: HostState::Launching,
        launcher: String::new(),
        parent: HostId::OWNER,
        rtt_us: 0,
        slots: 0,
        key: [0; 32],
        facts: Default::default(),
    }
}

fn request_for(name: &str) -> HostRequest {
    HostRequest {
        name: name.to_owned(),
        user: None,
        port: None,
        slots: None,
        launcher: Launcher::Local,
    }
}

impl Daemon {
    /// A child's ticket is signed: it is up. Returns its incarnation: the same life of a daemon
    /// that comes back over a remade link keeps its number, unless it was declared down meanwhile.
    pub(crate) fn host_joined(
        &mut self,
        number: HostId,
        parent: HostId,
        hello: ChildHello,
        ticket: &[u8],
    ) -> Incarnation {
        let Some(member) = self.members.hosts.get_mut(&number) else {
            return Incarnation::default();
        };
        if member.boot != hello.boot || member.down {
            member.down = false;
            member.entry.incarnation.0 += 1;
            member.boot = hello.boot;
        }
        let incarnation = member.entry.incarnation;
        member.entry.state = HostState::Up;
        member.entry.parent = parent;
        member.entry.key = hello.key;
        ticket.clone_into(&mut member.ticket);
        member.entry.slots = member.request.slots.unwrap_or(hello.facts.cores);
        member.entry.facts = hello.facts;
        self.happened(number, Happening::HostUp { incarnation });
        self.out.push(Effect::HostUp { host: number, incarnation });
        self.out.push(Effect::PersistSoon);
        self.launch_stage(number, Stage::Up { already: false });
        incarnation
    }

    /// These hosts are no longer reached.
    pub(crate) fn hosts_lost(&mut self, hosts: &[HostId], why: &str) {
        if hosts.is_empty() {
            return;
        }
        if !self.leads() {
            let down = hosts.iter().map(|host| (*host, why.to_owned())).collect();
            if let Some(parent) = self.parent {
                let reach = posse_wire::msg::Reach { down };
                self.send(parent, reach.frame(CommandId::NONE));
            }
            return;
        }
        let mut lives = Vec::new();
        for host in hosts {
            self.launches_lost(*host, why);
            if let Some(member) = self.members.hosts.get_mut(host) {
                lives.push((*host, member.entry.incarnation));
                member.down = true;
                member.entry.state = HostState::Down { why: why.to_owned() };
                self.happened(*host, Happening::HostDown { why: why.to_owned() });
            }
        }
        let over = lives.iter().map(|(host, incarnation)| (*host, *incarnation));
        self.out.extend(over.map(|(host, incarnation)| Effect::HostLost { host, incarnation }));
        self.processes_lost(lives, why);
        self.out.push(Effect::PersistSoon);
    }

    /// Remembers an event and tells those who watch.
    pub(crate) fn happened(&mut self, host: HostId, what: Happening) {
        let name = self.members.get(host).map_or_else(String::new, |m| m.entry.name.clone());
        let at_ms = self.config.epoch_ms + self.now.0 / 1000;
        let event = Event { at_ms, host, name, what };
        let watchers: Vec<_> =
            self.links.iter().filter_map(|(id, link)| Some((*id, link.watch?))).collect();
        for (link, watch) in watchers {
            self.send(link, event.frame(watch));
        }
        if self.members.events.len() == EVENTS_KEPT {
            self.members.events.pop_front();
        }
        self.members.events.push_back(event);
    }
}
