//! One world: what everything in it stands on, and its events in virtual time, handed one after
//! the other to the file that knows what they mean.

use super::queue::Queue;
use super::quiet::{self, Report};
use crate::case::Case;
use crate::chance::Chance;
use crate::check::truth::Truth;
use crate::check::{Held, Violation};
use crate::pattern::Pattern;
use crate::plan::Plan;
use crate::plant::Plant;
use crate::trace::{Place, Trace};
use std::collections::BTreeSet;

/// Something that happens at a time, to a place.
#[derive(Debug)]
pub enum Event {
    /// A frame, or the end of the link, reaches the end `side` of a connection.
    Arrive {
        conn: usize,
        side: usize,
    },
    /// Something for the daemon of a host, in that life of it.
    Daemon {
        host: usize,
        life: u32,
        input: posse_proto::Input,
    },
    Tick {
        host: usize,
        life: u32,
        at: u64,
    },
    /// A process of a host does something, or its shell does something for it.
    Process {
        host: usize,
        life: u32,
        key: super::process::Key,
        act: super::process::Act,
    },
    Launch {
        number: usize,
        tries: u32,
    },
    LaunchDue {
        number: usize,
    },
    /// A daemon looks for a host whose link it lost.
    Redial {
        above: usize,
        life: u32,
        host: usize,
    },
    /// A host looks for another one, because it was asked to.
    Seek {
        above: usize,
        life: u32,
        host: usize,
    },
    OwnerIsBack,
    /// The voters see to it that somebody leads.
    Elect,
    /// A disk that was full is tried again.
    DiskRetry {
        host: usize,
        life: u32,
        command: posse_wire::CommandId,
    },
    Resume {
        host: usize,
    },
    Front {
        front: usize,
        act: super::job::Act,
    },
    /// A process that takes part in messages does something.
    Talk {
        talker: usize,
        act: super::talk::Act,
    },
    /// Those of them that are there begin to act together.
    Gather,
    Fault(crate::plan::Fault),
    /// The owner must know by now that this life of the host is over.
    Known {
        host: usize,
        life: u32,
        died: u64,
    },
    /// A host that was cut off must hang below another by now.
    Bridged(super::part::Bridge),
    Look,
}

pub struct World {
    pub(super) now: u64,
    pub(super) queue: Queue,
    pub(super) chance: Chance,
    pub(super) plan: Plan,
    pub(super) pattern: Pattern,
    pub(super) hosts: Vec<super::host::Host>,
    pub(super) conns: Vec<super::net::Conn>,
    pub(super) parts: Vec<super::part::Part>,
    pub(super) fronts: Vec<super::front::Front>,
    pub(super) detached: Vec<super::job::Detached>,
    /// Detached commands that their origin keeps no more.
    pub(super) dropped: BTreeSet<posse_wire::CommandId>,
    pub(super) truth: Truth,
    pub(super) trace: Trace,
    pub(super) plant: Option<Plant>,
    pub(super) violations: Vec<Violation>,
    pub(super) faults_fired: usize,
    pub(super) faults_pending: usize,
    /// When a link last fell silent: until that is noticed, no news comes over it.
    pub(super) silenced_at: u64,
    pub(super) bytes: u64,
    pub(super) steps: u64,
    pub(super) done: bool,
    pub(super) voted: super::lead::Voted,
    pub(super) split: super::split::Split,
    pub(super) talk: super::talk::Talk,
}

/// Runs a world to its end, or to the first violation.
pub fn run(case: &Case, trace: bool) -> Report {
    let (plan, chance) = case.plan();
    let mut world = World::new(plan, chance);
    world.plant = case.plant;
    world.trace.on = trace;
    world.begin();
    world.at(quiet::LOOK_EVERY, Event::Look);
    while !world.done && world.violations.is_empty() && world.turn() {}
    world.report(case.seed)
}

impl World {
    pub(super) fn new(plan: Plan, chance: Chance) -> World {
        World {
            now: 0,
            queue: Queue::default(),
            chance,
            plan,
            pattern: Pattern::new(),
            hosts: Vec::new(),
            conns: Vec::new(),
            parts: Vec::new(),
            fronts: Vec::new(),
            detached: Vec::new(),
            dropped: BTreeSet::new(),
            truth: Truth::default(),
            trace: Trace::default(),
            plant: None,
            violations: Vec::new(),
            faults_fired: 0,
            faults_pending: 0,
            silenced_at: 0,
            bytes: 0,
            steps: 0,
            done: false,
            voted: super::lead::Voted::default(),
            split: super::split::Split::default(),
            talk: super::talk::Talk::default(),
        }
    }

    /// The next thing happens; false where there is none.
    pub(super) fn turn(&mut self) -> bool {
        let Some((at, event)) = self.queue.take() else { return false };
        self.now = at;
        self.steps += 1;
        self.happen(event);
        true
    }

    pub(super) fn begin(&mut self) {
        let plan = self.plan.clone();
        let shape =
            if plan.relays == 0 { "flat".into() } else { format!("{} relays", plan.relays) };
        self.say(Place::World, || {
            let (hosts, fronts) = (plan.hosts, plan.fronts - plan.absent.len());
            format!("{hosts} hosts, {shape}, {fronts} front ends, {} faults", plan.faults.len())
        });
        for number in 0..=plan.hosts {
            self.hosts.push(super::host::Host::new(number));
        }
        self.boot(0);
        self.faults_pending = plan.faults.len();
        for (at, fault) in plan.faults {
            self.at(at, Event::Fault(fault));
        }
        self.open_fronts();
        self.open_talkers();
    }

    pub(super) fn at(&mut self, at: u64, event: Event) {
        self.queue.put(at, event);
    }

    pub(super) fn after(&mut self, us: u64, event: Event) {
        self.at(self.now + us, event);
    }

    pub(super) fn happen(&mut self, event: Event) {
        if let Some(host) = self.stands_still(&event) {
            self.hosts[host].inbox.push_back(event);
            return;
        }
        match event {
            Event::Arrive { conn, side } => self.arrive(conn, side),
            Event::Daemon { host, life, input } => {
                if self.hosts[host].life == life {
                    self.feed(host, input);
                }
            }
            Event::Tick { host, life, at } => self.tick(host, life, at),
            Event::Process { host, life, key, act } => {
                if self.hosts[host].life == life {
                    self.process_acts(host, key, act);
                }
            }
            Event::Launch { number, tries } => self.launch(number, tries),
            Event::LaunchDue { number } => self.launch_due(number),
            Event::Redial { above, life, host } => self.redial(above, life, host),
            Event::Seek { above, life, host } => self.seek(above, life, host),
            Event::OwnerIsBack => self.owner_is_back(),
            Event::Elect => self.elect(),
            Event::DiskRetry { host, life, command } => {
                if self.hosts[host].life == life {
                    self.append(host, command);
                }
            }
            Event::Resume { host } => self.resume(host),
            Event::Front { front, act } => self.front_acts(front, act),
            Event::Talk { talker, act } => self.talker_acts(talker, act),
            Event::Gather => self.gather(),
            Event::Fault(fault) => self.fault(fault),
            Event::Known { host, life, died } => self.must_be_known(host, life, died),
            Event::Bridged(bridge) => self.must_be_bridged(&bridge),
            Event::Look => self.look(),
        }
    }

    /// The host that an event is for, where that host is paused.
    pub(super) fn stands_still(&self, event: &Event) -> Option<usize> {
        let host = match event {
            Event::Arrive { conn, side } => match self.conns[*conn].ends[*side] {
                super::net::End::Host { host, .. } => host,
                super::net::End::Front(front) => self.fronts[front].host,
                super::net::End::Talker(talker) | super::net::End::Desk(talker) => {
                    self.talker_host(talker)
                }
            },
            Event::Daemon { host, .. } | Event::Tick { host, .. } => *host,
            Event::DiskRetry { host, .. } => *host,
            Event::Process { host, .. } => *host,
            Event::Redial { above, .. } | Event::Seek { above, .. } => *above,
            Event::Front { front, .. } => self.fronts[*front].host,
            Event::Talk { talker, .. } => self.talker_host(*talker),
            _ => return None,
        };
        self.hosts[host].paused.then_some(host)
    }

    pub(super) fn say(&mut self, place: Place, what: impl FnOnce() -> String) {
        self.trace.line(self.now, place, what);
    }

    /// Notes what a check answered; `about` is only made where it did not hold.
    pub(super) fn must(&mut self, check: &'static str, held: Held, about: impl FnOnce() -> String) {
        if let Err(why) = held {
            let what = format!("{}: {why}", about());
            self.trace.line(self.now, Place::World, || format!("WRONG {check}: {what}"));
            self.violations.push(Violation { check, at_us: self.now, what });
        }
    }
}
