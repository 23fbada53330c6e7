//! How processes get their ids, and lose them. A process that is started to take part has one from
//! its start and claims it when it connects; one that was started by hand, or by another process,
//! gets one then. It is over when its connection ends, or when it is reaped, whichever is first.

use super::table::Entry;
use crate::{Daemon, LinkId};
use posse_wire::msg::{Enrol, Enrolled, EnrolledEntry, Spec};
use posse_wire::{CommandId, Frame, Incarnation, Message, ProcessId, Rank, WireError, limits};

impl Daemon {
    /// A process of a command starts here, and may enrol.
    pub(crate) fn id_for(
        &mut self,
        command: CommandId,
        rank: Rank,
        spec: &Spec,
    ) -> Option<ProcessId> {
        let title =
            spec.title[..spec.title.floor_char_boundary(limits::TITLE_BYTES_MAX)].to_owned();
        let family = Some((command, rank));
        let entry = Entry { family, parent: spec.parent, title, ..Entry::default() };
        self.processes.allot(self.config.host, self.incarnation, entry)
    }

    pub(crate) fn enrol(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let claims = Enrol::decode(frame)?.claims.filter(|id| self.is_here(*id));
        if self.incarnation == Incarnation::default() {
            self.refuse(link, "this host is not yet of its vm; try again");
            return Ok(());
        }
        let Some(state) = self.links.get_mut(&link) else { return Ok(()) };
        if state.process.is_some() {
            self.refuse(link, "enrolled twice over one connection");
            return Ok(());
        }
        let free = claims
            .filter(|id| self.processes.get_mut(*id).is_some_and(|entry| entry.link.is_none()));
        let process = free
            .or_else(|| self.processes.allot(self.config.host, self.incarnation, Entry::default()));
        let Some(process) = process else {
            self.refuse(link, "this daemon has given out all ids that it has; start it again");
            return Ok(());
        };
        if let Some(entry) = self.processes.get_mut(process) {
            entry.link = Some(link);
        }
        if let Some(state) = self.links.get_mut(&link) {
            state.process = Some(process);
        }
        self.send(link, Enrolled { process }.frame(frame.id));
        Ok(())
    }

    /// Whether this daemon, in this life as the leader counts it, gave the id out.
    pub(crate) fn is_here(&self, process: ProcessId) -> bool {
        process.host() == self.config.host && process.is_of(self.incarnation)
    }

    /// The connection of a process ended.
    pub(crate) fn process_left(&mut self, process: ProcessId) {
        self.process_over(process, "it left");
    }

    /// A process of a command was reaped.
    pub(crate) fn process_reaped(&mut self, command: CommandId, rank: Rank, why: &str) {
        if let Some(id) = self.process_of((command, rank)) {
            self.process_over(id, why);
        }
    }

    /// A process of a command was never started. Who asked for it may have been told that it has
    /// an id, and that it was begun: that one is told of its end although it does not follow yet.
    pub(crate) fn process_never_ran(&mut self, command: CommandId, rank: Rank, why: &str) {
        let Some(id) = self.process_of((command, rank)) else { return };
        let entry = self.processes.get_mut(id);
        let parent = entry.and_then(|entry| entry.parent.filter(|p| !entry.followers.contains(p)));
        self.process_over(id, why);
        if let Some(parent) = parent {
            self.tell_gone(parent, id, why);
        }
    }

    fn process_of(&self, family: (CommandId, Rank)) -> Option<ProcessId> {
        let sequence = self.processes.of_family(family)?;
        ProcessId::new(self.config.host, self.incarnation, sequence)
    }

    fn process_over(&mut self, process: ProcessId, why: &str) {
        let Some(entry) = self.processes.remove(process) else { return };
        self.processes.remember(process, &entry, why);
        self.processes.following.stop(process);
        self.meetings.end_all(process);
        if let Some(state) = entry.link.and_then(|link| self.links.get_mut(&link)) {
            state.process = None;
        }
        for follower in entry.followers {
            self.tell_gone(follower, process, why);
        }
    }

    /// This host was declared down and is another incarnation now: its processes are over for all
    /// others.
    pub(crate) fn processes_fenced(&mut self, was: Incarnation) {
        let why = "this host was declared down while it was cut off, and its processes with it";
        for process in self.processes.ids(self.config.host, was) {
            let link = self.processes.link(process);
            self.processes.remove(process);
            self.processes.following.stop(process);
            if let Some(link) = link {
                self.refuse(link, why);
            }
        }
    }

    /// Processes of this host that have ids.
    pub fn enrolled(&self, command: Option<CommandId>) -> Vec<EnrolledEntry> {
        self.processes.entries(self.config.host, self.incarnation, command)
    }

    /// Those of a command that live, by rank.
    pub fn members(&self, command: CommandId) -> Vec<(Rank, ProcessId)> {
        self.processes.members(self.config.host, self.incarnation, command)
    }
}
