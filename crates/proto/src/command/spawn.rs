//! A command arrives: its targets are split into those of this host, those below each link, and
//! those that cannot be reached.

use super::{Below, Command, Head, Process, Up, Way};
use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{Exit, Happening, Origin, Spawn, Spec, Status, Target};
use posse_wire::{CommandId, Frame, Message, Outcome, Rank, WireError, limits};
use std::collections::BTreeMap;
use std::iter::repeat;
use std::rc::Rc;
use std::time::Duration;

impl Daemon {
    pub(crate) fn spawn(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let mut spawn = Spawn::decode(frame)?;
        let spec = Spec::decode(&spawn.spec)?;
        let id = frame.id;
        let client = self.links.get(&from).is_some_and(|link| link.is_client());
        let known = self.commands.running.contains_key(&id) || self.is_kept(id);
        let full = self.commands.running.len() >= limits::COMMANDS_MAX;
        if spawn.again && !client && (known || !full) {
            self.spawn_again(from, id, spawn, spec);
            return Ok(());
        }
        let running = self.commands.running.get(&id);
        if !client && running.is_some_and(|command| command.is_joined_by(from, &spawn.targets)) {
            self.spawn_more(id, spawn);
            return Ok(());
        }
        let denied = self.commands.denied.contains(&id);
        if known || full || denied {
            let why = match (known, denied) {
                (true, _) => "this id is taken",
                (_, true) => "it was given up before it came here",
                _ => "too many commands at once",
            };
            for target in &spawn.targets {
                self.send(from, lost(target, why).frame(id));
            }
            return Ok(());
        }
        let not_allowed = self.allowed_targets(from, &mut spawn);
        let up = if spec.detached && client { Up::Keep } else { Up::Link(from) };
        self.commands.numbered += 1;
        let mut command = Command::new(up, spawn.size, Rc::new(spec), self.now);
        command.number = self.commands.numbered;
        if command.spec.detached {
            self.begin_keeping(id, &mut command, &spawn);
        }
        let mut unreached = self.distribute(id, &mut command, spawn);
        for (target, why) in not_allowed.iter().flat_map(|(all, why)| all.iter().zip(repeat(why))) {
            command.left += target.count;
            unreached.push(lost(target, why));
        }
        if client {
            let (number, size) = (command.number, command.size);
            let title = command.title();
            self.happened(self.config.host, Happening::CommandStarted { number, title, size });
        }
        self.commands.running.insert(id, command);
        for exit in unreached {
            self.over(id, exit);
        }
        if self.commands.running.get(&id).is_some_and(|command| command.left == 0) {
            self.command_over(id);
        }
        Ok(())
    }

    /// Hosts that were not reached when the command began are, below this relay.
    fn spawn_more(&mut self, id: CommandId, spawn: Spawn) {
        let Some(mut command) = self.commands.running.remove(&id) else { return };
        if command.spec.detached && command.uplink.is_none() {
            self.begin_keeping(id, &mut command, &spawn);
        }
        let unreached = self.distribute(id, &mut command, spawn);
        self.commands.running.insert(id, command);
        for exit in unreached {
            self.over(id, exit);
        }
    }

    /// What is written of a detached command before it starts: of all of it at its origin, of
    /// their own processes on hosts.
    fn begin_keeping(&mut self, id: CommandId, command: &mut Command, spawn: &Spawn) {
        let own = self.config.host;
        let mut spawn = spawn.clone();
        let here: Vec<Target> = spawn.targets.iter().copied().filter(|t| t.host == own).collect();
        if command.up == Up::Keep {
            command.origin = Origin { number: command.number, targets: here };
        } else {
            command.origin.clone_from(&spawn.origin);
            if here.is_empty() {
                return;
            }
            command.uplink = Some(Box::default());
            spawn.targets = here;
        }
        let head = Head { number: command.origin.number, spawn, adopted: false };
        let head = posse_wire::encode_value(&head);
        self.out.push(Effect::KeepHead { command: id, head });
    }

    /// Starts what is ours, sends on what is below, returns what cannot be reached.
    fn distribute(&mut self, id: CommandId, command: &mut Command, spawn: Spawn) -> Vec<Exit> {
        let mut by_link: BTreeMap<LinkId, Vec<Target>> = BTreeMap::new();
        let mut unreached = Vec::new();
        for target in &spawn.targets {
            command.left += target.count;
            if target.host == self.config.host {
                self.start_here(id, command, *target);
            } else if let Some(link) = self.routes.below(target.host) {
                by_link.entry(link).or_default().push(*target);
                command.below.push(Below::new(target, Way::Link(link)));
            } else if self.missing.is_missing(target.host) {
                command.below.push(Below::new(target, Way::Cut { started: false }));
            } else {
                unreached.push(lost(target, "not reached from here"));
            }
        }
        command.below.sort_by_key(|below| below.first);
        command.told.extend(by_link.keys());
        let Spawn { size, spec, again, anew, .. } = spawn;
        for (link, targets) in by_link {
            let (spec, origin) = (spec.clone(), command.origin.clone());
            self.send(link, Spawn { size, targets, spec, again, anew, origin }.frame(id));
        }
        unreached
    }

    fn start_here(&mut self, id: CommandId, command: &mut Command, target: Target) {
        let (spec, size) = (command.spec.clone(), command.size);
        for index in 0..target.count {
            let rank = Rank(target.first.0 + index);
            let process = Process::new(&spec, self.now);
            let named = self.id_for(id, rank, &spec);
            let spec = spec.clone();
            self.out.push(Effect::Start { command: id, rank, index, size, process: named, spec });
            for (fd, output) in &process.outputs {
                let upto = output.allowed();
                self.out.push(Effect::Read { command: id, rank, fd: *fd, upto });
            }
            command.local.insert(rank, process);
            if let Some(ms) = command.spec.timeout_ms {
                let due = self.now + Duration::from_millis(ms);
                self.commands.due.insert((due, id, rank));
            }
        }
    }
}

impl Command {
    /// Whether this is more of what the same daemon above began, and nothing said twice.
    fn is_joined_by(&self, from: LinkId, targets: &[Target]) -> bool {
        let knows = |target: &Target| {
            let (first, end) = (target.first.0, target.first.0.saturating_add(target.count));
            let here = self.local.range(Rank(first)..Rank(end)).next().is_some();
            let overlaps = |below: &Below| {
                below.first.0 < end && first < below.first.0 + below.over.len() as u32
            };
            here || self.below.iter().any(overlaps)
        };
        self.up == Up::Link(from) && !targets.iter().any(knows)
    }
}

/// These processes were never started.
fn lost(target: &Target, why: &str) -> Exit {
    Exit {
        rank: target.first,
        count: target.count,
        status: Status::Lost { why: why.to_owned(), outcome: Outcome::NotDone },
        elapsed_us: 0,
    }
}
