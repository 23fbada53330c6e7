//! A virtual host: the daemon, unmodified, and what carries out its effects that concern links,
//! launches and time. Effects on processes: `shell.rs`.

use super::keep::Kept;
use super::{Event, World};
use crate::check::{death, lives, refusals};
use crate::plan::{MS, SECOND};
use crate::trace::Place;
use posse_proto::{Config, Daemon, Effect, Input, LinkId, Progress, Time};
use posse_wire::msg::{
    Answered, Cause, Dialed, Exit, Facts, HostLoad, HostState, Question, Refused, Stage,
};
use posse_wire::{CommandId, Frame, HostId, Incarnation, Kind, Message, StreamChunk, VmId};
use std::collections::{BTreeMap, VecDeque};

/// A launch waits this often for its relay.
const LAUNCH_TRIES: u32 = 300;

/// After this time a host that is still no member has failed.
const LAUNCH_WITHIN: u64 = 16 * SECOND;

#[derive(Debug)]
pub struct Host {
    pub number: usize,
    /// Grows with every daemon that lived here; what was meant for an earlier one is dropped.
    pub life: u32,
    pub daemon: Option<Daemon>,
    pub links: BTreeMap<LinkId, (usize, usize)>,
    pub next_link: u64,
    /// Connections in which this host is the lower end, oldest first.
    pub upwards: Vec<usize>,
    pub sent: Sent,
    pub procs: BTreeMap<super::process::Key, super::process::Process>,
    pub kept: BTreeMap<CommandId, Kept>,
    pub paused: bool,
    /// When its last pause was over.
    pub went_on: u64,
    /// Of the last daemon here that was welcomed.
    pub counted: Option<lives::Life>,
    /// The computer died, so that nobody there can say that the daemon did.
    pub crashed: bool,
    pub inbox: VecDeque<Event>,
    /// What its next life will find.
    pub disk: Disk,
    /// Its disk has no room until then.
    pub full_until: u64,
    /// The owner wants it launched.
    pub launching: bool,
    tick_at: u64,
}

/// What the owner's daemon has made durable, besides kept frames.
#[derive(Debug, Default)]
pub struct Disk {
    table: Vec<u8>,
    pub heads: BTreeMap<CommandId, Vec<u8>>,
}

/// What its daemons did so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    /// Without heartbeats.
    pub frames: u64,
    pub bytes: u64,
    pub beats: u64,
    /// Inputs that they took.
    pub inputs: u64,
}

impl Host {
    pub fn new(number: usize) -> Host {
        Host {
            number,
            life: 0,
            daemon: None,
            links: BTreeMap::new(),
            next_link: 0,
            upwards: Vec::new(),
            sent: Sent::default(),
            procs: BTreeMap::new(),
            kept: BTreeMap::new(),
            paused: false,
            went_on: 0,
            counted: None,
            crashed: false,
            inbox: VecDeque::new(),
            disk: Disk::default(),
            full_until: 0,
            launching: false,
            tick_at: u64::MAX,
        }
    }
}

/// How far a detached command came, as its kept frames say.
fn progress(frames: &[Frame]) -> Progress {
    let mut progress = Progress::default();
    let mut arrived = BTreeMap::new();
    for frame in frames {
        if let Ok(exit) = Exit::decode(frame) {
            progress.exits.push(exit);
        } else if let Ok(chunk) = StreamChunk::decode(frame) {
            let known: &mut (u64, bool) = arrived.entry((chunk.rank, chunk.fd)).or_default();
            *known = (known.0.max(chunk.upto()), known.1 || chunk.end);
        }
    }
    let arrived = arrived.into_iter().map(|((rank, fd), (upto, end))| (rank, fd, upto, end));
    progress.arrived = arrived.collect();
    progress
}

impl World {
    /// A new daemon lives on this host.
    pub fn boot(&mut self, number: usize) {
        let boot = self.chance.number();
        let name = if number == 0 { "owner".to_owned() } else { format!("h{number}") };
        // The owner's computer takes no links.
        let listens = if number == 0 { String::new() } else { format!("10.0.{number}.1:7") };
        let config = Config {
            vm: VmId([7; 16]),
            vm_name: "sim".to_owned(),
            host: HostId(number as u32),
            name: name.clone(),
            boot,
            key: [number as u8; 32],
            facts: Facts { hostname: name, cores: 2, listens, ..Facts::default() },
            down_after: match self.plant {
                Some(crate::Plant::Impatient) => std::time::Duration::from_secs(7),
                _ => posse_wire::limits::DOWN_AFTER,
            },
            linger: posse_wire::limits::LINGER,
            kept_max: self.plan.kept_max,
            epoch_ms: 0,
        };
        let now = Time(self.now);
        let host = &mut self.hosts[number];
        host.life += 1;
        host.crashed = false;
        host.tick_at = u64::MAX;
        host.daemon = Some(Daemon::new(config, now));
        self.say(Place::Host(number), || "daemon starts".to_owned());
    }

    /// Hands an input to a daemon and carries out what it wants done.
    pub fn feed(&mut self, number: usize, mut input: Input) {
        if let Some(plant) = self.plant
            && plant.swallows(&mut input, self.chance.number())
        {
            return;
        }
        let host = &mut self.hosts[number];
        let Some(daemon) = host.daemon.as_mut() else { return };
        host.sent.inputs += 1;
        let mut effects = Vec::new();
        daemon.handle(Time(self.now), input, &mut effects);
        if let Some(plant) = self.plant {
            plant.on_effects(&mut effects, || self.chance.number());
        }
        self.count_life(number);
        for effect in effects {
            self.carry_out(number, effect);
        }
        self.plan_tick(number);
    }

    /// Notes as which incarnation the daemon was welcomed.
    fn count_life(&mut self, number: usize) {
        let host = &mut self.hosts[number];
        let now = (host.life, host.daemon.as_ref().map(Daemon::incarnation).unwrap_or_default());
        if now.1 != Incarnation(0) && host.counted != Some(now) {
            let held = lives::raised(host.counted.replace(now), now);
            self.must("lives", held, || format!("h{number}"));
        }
    }

    fn plan_tick(&mut self, number: usize) {
        let host = &mut self.hosts[number];
        let Some(Time(wanted)) = host.daemon.as_ref().and_then(Daemon::next_tick) else { return };
        let at = wanted.max(self.now);
        if at != host.tick_at {
            host.tick_at = at;
            let life = host.life;
            self.at(at, Event::Tick { host: number, life, at });
        }
    }

    pub fn tick(&mut self, number: usize, life: u32, at: u64) {
        let host = &mut self.hosts[number];
        if host.life == life && host.tick_at == at {
            host.tick_at = u64::MAX;
            self.feed(number, Input::Tick);
        }
    }

    fn carry_out(&mut self, number: usize, effect: Effect) {
        let life = self.hosts[number].life;
        match effect {
            Effect::Send { link, frame } => self.send_from(number, link, frame),
            Effect::Close { link } => {
                if let Some((conn, side)) = self.hosts[number].links.get(&link).copied() {
                    self.close(conn, side, "closed by the other end");
                }
            }
            // Signing takes the same time for all, so answers keep their order.
            Effect::Admit { link, known, .. } => {
                let signed = if number == 0 { vec![1; 16] } else { Vec::new() };
                let input = Input::Admitted { link, ticket: known.unwrap_or(signed) };
                self.after(MS, Event::Daemon { host: number, life, input });
            }
            Effect::Launch { number: host, .. } => {
                let host = host.0 as usize;
                self.hosts[host].launching = true;
                let after = self.chance.between(MS, 100 * MS);
                self.after(after, Event::Launch { number: host, tries: 0 });
                self.after(LAUNCH_WITHIN, Event::LaunchDue { number: host });
            }
            Effect::Redial { number: host, .. } => {
                let after = self.chance.between(5 * MS, 400 * MS);
                let host = host.0 as usize;
                self.after(after, Event::Redial { above: number, life, host });
            }
            Effect::SendSeek { link, seek } => {
                self.send_from(number, link, seek.frame(CommandId::NONE));
            }
            Effect::Seek { seek } => {
                let after = self.chance.between(5 * MS, 400 * MS);
                let host = seek.number.0 as usize;
                self.after(after, Event::Seek { above: number, life, host });
            }
            Effect::Persist | Effect::PersistSoon => {
                // In a calm world no later life reads it, and writing it for each host adds up.
                let daemon = self.hosts[number].daemon.as_ref().filter(|_| !self.plan.calm);
                if let Some(table) = daemon.map(Daemon::table) {
                    self.voted_on(number, &table);
                    self.hosts[number].disk.table = table;
                }
            }
            Effect::Superseded { .. } => self.must_elect(),
            Effect::KeepHead { command, head } => {
                self.hosts[number].disk.heads.insert(command, head);
            }
            Effect::StopLaunch { number: host } => {
                self.hosts[host.0 as usize].launching = false;
            }
            Effect::Answer { query, question } => {
                let answer = match question {
                    Question::Processes => Answered::Processes(Vec::new()),
                    Question::Dial(_) => {
                        Answered::Dialed(Dialed::Failed { why: "no port".to_owned() })
                    }
                    _ => Answered::Load(HostLoad::default()),
                };
                let after = self.chance.below(20 * MS);
                let input = Input::Answer { query, answer };
                self.after(after, Event::Daemon { host: number, life, input });
            }
            Effect::Exit { .. } => self.daemon_ends(number),
            of_process => self.shell(number, of_process),
        }
    }

    fn send_from(&mut self, number: usize, link: LinkId, frame: Frame) {
        let Some((conn, side)) = self.hosts[number].links.get(&link).copied() else { return };
        if frame.kind == Kind::Refused
            && let Ok(Refused { reason }) = Refused::decode(&frame)
        {
            let held = refusals::expected(&reason);
            self.must("refusals", held, || format!("h{number}"));
            let excuse = self.conns[conn].excused[side] || self.conns[conn].silent;
            let held = death::deserved(excuse, &reason);
            let peer = self.place(conn, 1 - side);
            self.must("death", held, || format!("h{number} -> {peer}"));
        }
        self.send(conn, side, frame);
    }

    /// Starts a daemon there if none lives, and links it to the one above.
    pub fn launch(&mut self, number: usize, tries: u32) {
        if !self.hosts[number].launching {
            return;
        }
        let above = self.plan.parent(number);
        let ready = |host: &Host| {
            host.daemon.as_ref().is_some_and(|d| d.incarnation() > Incarnation(0)) && !host.paused
        };
        let usable = ready(&self.hosts[above]) && (above == 0 || self.uplink(above).is_some());
        let usable = usable && !self.is_parted(above, number);
        if !usable || self.chance.percent(2) {
            if tries < LAUNCH_TRIES {
                self.after(50 * MS, Event::Launch { number, tries: tries + 1 });
                return;
            }
            return self.launch_fails(number);
        }
        self.hosts[number].launching = false;
        if self.hosts[number].daemon.is_none() {
            self.boot(number);
        }
        self.link_hosts(above, number);
    }

    /// The next life of the owner's daemon begins with what is on its disk.
    pub fn owner_is_back(&mut self) {
        if self.hosts[0].daemon.is_some() {
            return;
        }
        self.boot(0);
        let host = &mut self.hosts[0];
        let Some(daemon) = host.daemon.as_mut() else { return };
        let mut whole = daemon.restore(&host.disk.table).is_ok();
        for (command, head) in &host.disk.heads {
            let frames = host.kept.get(command).map(|kept| &kept.frames[..]).unwrap_or_default();
            whole &= daemon.restore_command(*command, head, &progress(frames)).is_ok();
        }
        let held = if whole { Ok(()) } else { Err("what it kept does not decode".to_owned()) };
        self.must("limits", held, || "the owner's disk".to_owned());
        self.feed(0, Input::Tick);
        if self.voted.leader != 0 {
            self.must_elect();
        }
        if self.chance.percent(50) {
            let jobs = self.chance.between(1, 3);
            self.one_more_front(jobs);
        }
    }

    /// Looks for the daemon of a host; finds it only if that lives and answers.
    pub fn redial(&mut self, above: usize, life: u32, number: usize) {
        if self.hosts[above].life != life || self.hosts[above].daemon.is_none() {
            return;
        }
        if number == 0 {
            // The owner's computer takes no links.
            let (gone, why) = (true, "no way is known".to_owned());
            let number = HostId(0);
            return self.feed(above, Input::NotFound { number, gone, why });
        }
        let host = &self.hosts[number];
        let gone = host.daemon.is_none() && !host.crashed;
        let joined = |daemon: &Daemon| daemon.incarnation() > Incarnation(0);
        let answers = host.daemon.as_ref().is_some_and(joined) && !host.paused;
        let answers = answers && !self.is_parted(above, number);
        let gone = gone && !self.is_parted(above, number);
        if answers && self.chance.percent(80) {
            return self.link_hosts(above, number);
        }
        let lives = host.daemon.is_some();
        let down = |world: &World| {
            let here = world.hosts[above].daemon.as_ref();
            let state = here.and_then(|daemon| daemon.host_state(HostId(number as u32)));
            matches!(state, Some(HostState::Down { .. }))
        };
        let was_down = down(self);
        let why = "not found".to_owned();
        self.feed(above, Input::NotFound { number: HostId(number as u32), gone, why });
        let held = death::sought(lives && !was_down && down(self));
        self.must("death", held, || format!("h{above} looks for h{number}"));
    }

    /// Looks for a host that who leads does not hear.
    pub fn seek(&mut self, above: usize, life: u32, number: usize) {
        if self.hosts[above].life != life || self.hosts[above].daemon.is_none() {
            return;
        }
        let host = &self.hosts[number];
        let joined = |daemon: &Daemon| daemon.incarnation() > Incarnation(0);
        let is_parted = self.is_parted(above, number);
        if host.daemon.as_ref().is_some_and(joined) && !host.paused && !is_parted {
            return self.link_hosts(above, number);
        }
        let gone = host.daemon.is_none() && !host.crashed && !is_parted;
        let (number, why) = (HostId(number as u32), "not found".to_owned());
        self.feed(above, Input::NotSought { number, gone, why });
    }

    /// A launcher does not wait for ever: the way to the host may be lost before it is a member.
    pub fn launch_due(&mut self, number: usize) {
        let Some(owner) = self.hosts[0].daemon.as_ref() else { return };
        // Whatever the table has by then: those who called `up` are told by their launcher.
        if owner.host_state(HostId(number as u32)) != Some(&HostState::Up) {
            self.launch_fails(number);
        }
    }

    fn launch_fails(&mut self, number: usize) {
        let (cause, why, hint) = (Cause::Timeout, "not reached".to_owned(), String::new());
        let stage = Stage::Failed { cause, why, hint };
        self.hosts[number].launching = false;
        self.feed(0, Input::Launch { number: HostId(number as u32), stage });
    }
}
