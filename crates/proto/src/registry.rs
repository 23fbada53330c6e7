//! Names and voters: what front ends ask of the control state goes to the shell, messages between
//! the control states of hosts go along the tree. What is in them is the control state's own
//! affair (`posse-control`), which this crate knows nothing of.

use crate::command::Way;
use crate::member::Row;
use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{Control, Names, Recover, Voters};
use posse_wire::{CommandId, Frame, HostId, Incarnation, Kind, Message, Rank, WireError};

/// A front end's question to the control state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registry {
    Names(Names),
    Voters,
    Recover { epoch: u32 },
}

impl Daemon {
    /// A client's frame of one of these kinds.
    pub(crate) fn registry(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let ask = match frame.kind {
            Kind::Names => Registry::Names(Names::decode(frame)?),
            Kind::Voters => {
                Voters::decode(frame)?;
                Registry::Voters
            }
            _ => Registry::Recover { epoch: Recover::decode(frame)?.epoch },
        };
        self.out.push(Effect::Registry { link, id: frame.id, ask });
        Ok(())
    }

    /// A message between control states. A child speaks for the hosts below it and for no other.
    pub(crate) fn control_frame(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let control = Control::decode(frame)?;
        let is_parent = self.parent == Some(from);
        if is_parent || self.routes.below(control.from) == Some(from) {
            self.pass_control(control);
        }
        Ok(())
    }

    pub(crate) fn control_send(&mut self, to: HostId, body: Vec<u8>) {
        self.pass_control(Control { to, from: self.config.host, body });
    }

    /// To this host, down, or up; where no way is known it is dropped, which Raft bears.
    fn pass_control(&mut self, control: Control) {
        let Control { to, from, .. } = control;
        if to == self.config.host {
            self.out.push(Effect::Control { from, body: control.body });
            return;
        }
        // What came from above and has no way down would only go back there.
        let is_from_below = from == self.config.host || self.routes.below(from).is_some();
        let up = self.parent.filter(|_| is_from_below);
        if let Some(link) = self.routes.below(to).or(up) {
            self.send(link, control.frame(CommandId::NONE));
        }
    }

    /// The table of hosts as it is kept on disk.
    pub fn rows(&self) -> Vec<Row> {
        self.members.rows().collect()
    }

    /// Where this process of a command of this daemon runs, while it is not over as far as is
    /// known, and in which life of that host.
    pub fn holder(&self, command: CommandId, rank: Rank) -> Option<(HostId, Incarnation)> {
        let command = self.commands.get(command)?;
        if let Some(process) = command.local.get(&rank) {
            let lives = process.exit.is_none() && !process.is_reaped();
            return lives.then_some((self.config.host, self.incarnation));
        }
        let below = command.below.iter().find(|below| below.has(rank))?;
        let member = self.members.get(below.host).filter(|member| member.entry.is_up())?;
        let runs = below.way != Way::Cut { started: false };
        runs.then_some((below.host, member.entry.incarnation))
    }

    /// Tells this life of the daemon from others.
    pub fn boot(&self) -> u64 {
        self.config.boot
    }

    /// The first id that this front end got: by it the names that it holds itself are known.
    pub fn client_first(&self, link: LinkId) -> Option<CommandId> {
        self.links.get(&link).and_then(|link| link.first)
    }

    /// Whether the front end with this first id is there.
    pub fn has_client(&self, first: CommandId) -> bool {
        self.links.values().any(|link| link.first == Some(first))
    }
}
