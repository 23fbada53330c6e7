//! The end of a command's record: with its last exit at the origin, and on hosts and relays when
//! they are told that it is settled, or when nobody can come back for it. Until then they keep
//! what may have to be said again over a new link.

use super::relay::HANGUP;
use super::{Kept, Up};
use crate::{Daemon, LinkId, Time};
use posse_wire::msg::{CommandState, Happening, Settled};
use posse_wire::{CommandId, Message, Rank, WireError, limits};
use std::time::Duration;

impl Daemon {
    /// The last process of a command is over, here and below.
    pub(crate) fn command_over(&mut self, id: CommandId) {
        let Some(up) = self.commands.running.get(&id).map(|command| command.up) else { return };
        self.idle_since = self.now;
        self.commands.due.retain(|(_, due_for, _)| *due_for != id);
        if up == Up::Nobody || id.origin() == self.config.host {
            self.forget_command(id);
        } else if let Up::Lost(since) = up {
            self.session_ends(id, since);
        }
    }

    /// Forgets it, and lets those below forget it.
    fn forget_command(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.remove(&id) else { return };
        self.commands.due.retain(|(_, due_for, _)| *due_for != id);
        for link in &command.told {
            self.settle_below(*link, id);
        }
        if id.origin() != self.config.host {
            return;
        }
        let (number, code) = (command.number, command.code);
        self.happened(self.config.host, Happening::CommandOver { number, code });
        if command.up != Up::Keep {
            return;
        }
        let mut entry = command.entry(id, self.now);
        entry.state = CommandState::Over { code: command.code };
        self.commands.kept.push_back(Kept { entry });
        if self.commands.kept.len() > limits::KEPT_MAX
            && let Some(oldest) = self.commands.kept.pop_front()
        {
            self.out.push(crate::Effect::Unkeep { command: oldest.entry.id });
        }
    }

    /// What was said while the way up was lost is kept as long as a session is.
    pub(super) fn session_ends(&mut self, id: CommandId, since: Time) {
        let Some(command) = self.commands.running.get(&id) else { return };
        let due = since + Duration::from_millis(command.spec.session_grace_ms);
        self.commands.due.insert((due, id, Rank::ALL));
    }

    /// Tells a child with the next heartbeat, so that an idle host does not wake for it.
    fn settle_below(&mut self, link: LinkId, id: CommandId) {
        let Some(state) = self.links.get_mut(&link) else { return };
        state.settled.push(id);
        if state.settled.len() >= limits::SETTLED_MAX {
            self.flush_settled(link);
        }
    }

    pub(crate) fn flush_settled(&mut self, link: LinkId) {
        let Some(state) = self.links.get_mut(&link) else { return };
        let commands = std::mem::take(&mut state.settled);
        if !commands.is_empty() {
            self.send(link, Settled { commands }.frame(CommandId::NONE));
        }
    }

    /// The parent's word that these commands have no front end that waits for anything.
    pub(crate) fn settled(&mut self, frame: &posse_wire::Frame) -> Result<(), WireError> {
        for id in Settled::decode(frame)?.commands {
            match self.commands.running.get_mut(&id) {
                Some(command) if command.left == 0 => self.forget_command(id),
                Some(_) => self.session_over(id),
                None => {}
            }
        }
        Ok(())
    }

    /// The front end of a command is gone: it ends everywhere, and is forgotten with its last
    /// process.
    pub(crate) fn abandon(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        command.up = Up::Nobody;
        if command.left == 0 {
            return self.forget_command(id);
        }
        self.end_everywhere(id, HANGUP);
    }

    /// Another daemon leads: it keeps what detached commands say, and asks this host for what
    /// is of it.
    pub(crate) fn hand_over_commands(&mut self) {
        let kept = self.commands.running.iter().filter(|(_, command)| command.up == Up::Keep);
        let kept: Vec<CommandId> = kept.map(|(id, _)| *id).collect();
        for id in kept {
            let Some(command) = self.commands.running.get_mut(&id) else { continue };
            command.up = Up::Lost(self.now);
            command.below.clear();
            command.count_left();
            let (here, left) = (!command.local.is_empty(), command.left);
            if !here {
                self.commands.running.remove(&id);
            } else if left == 0 {
                self.session_ends(id, self.now);
            }
            self.out.push(crate::Effect::Unkeep { command: id });
        }
        for kept in std::mem::take(&mut self.commands.kept) {
            self.out.push(crate::Effect::Unkeep { command: kept.entry.id });
        }
    }

    /// Nobody came back for a command in the time that it had, or it was given up above: the
    /// hosts below are told the same, and each ends what it runs. Whoever asks for it later hears
    /// that it is lost.
    pub(crate) fn session_over(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        command.up = Up::Nobody;
        command.below.clear();
        command.count_left();
        for link in std::mem::take(&mut command.told) {
            self.settle_below(link, id);
            self.flush_settled(link);
        }
        self.abandon(id);
    }
}
