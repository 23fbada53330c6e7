//! Launching from another host than the owner's (`--via`): the order goes down to that host, the
//! stages of the launch come back up, the new host's link hangs below it.

use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{Cause, Deploy, HostRequest, Launch, Stage, Up};
use posse_wire::{CommandId, Frame, HostId, Message, WireError};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Which hosts are being launched from which.
#[derive(Debug, Default)]
pub(crate) struct Deploys {
    from: BTreeMap<HostId, HostId>,
}

impl Deploys {
    /// Its launch is over, or it is launched another way now: the death of the host that was to
    /// launch it says nothing about it any more.
    pub fn forget(&mut self, number: HostId) {
        self.from.remove(&number);
    }
}

impl Daemon {
    /// The owner orders a launch from `via`. What belongs to the caller alone stays here.
    pub(crate) fn launch_from(
        &mut self,
        via: HostId,
        number: HostId,
        request: HostRequest,
        up: &Up,
    ) {
        let Some(link) = self.routes.below(via) else {
            return self.launch_stage(number, not_reached("it is not reached"));
        };
        self.deploys.from.insert(number, via);
        let options = Up {
            hosts: Vec::new(),
            environment: Vec::new(),
            interactive: false,
            via: None,
            ..up.clone()
        };
        self.send(link, Deploy { at: via, number, request, options }.frame(CommandId::NONE));
    }

    /// An order from above: for this host, or for one below.
    pub(crate) fn deploy(&mut self, frame: &Frame) -> Result<(), WireError> {
        let Deploy { at, number, request, options } = Deploy::decode(frame)?;
        if at == self.config.host {
            let (up, options) = (CommandId::NONE, Rc::new(options));
            self.out.push(Effect::Launch { number, request, up, options });
        } else if let Some(link) = self.routes.below(at) {
            self.send(link, frame.clone());
        } else {
            self.launch_here(number, not_reached("it is not reached"));
        }
        Ok(())
    }

    /// News of a launch from the shell: the owner keeps it, others tell it upwards.
    pub(crate) fn launch_here(&mut self, number: HostId, stage: Stage) {
        if self.leads() {
            self.launch_stage(number, stage);
        } else if let Some(parent) = self.parent {
            let launch = Launch { name: String::new(), number, stage };
            self.send(parent, launch.frame(CommandId::NONE));
        }
    }

    /// News of a launch from below. Only what was ordered from there is believed.
    pub(crate) fn launch_news(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Launch { number, stage, .. } = Launch::decode(frame)?;
        if !self.leads() {
            self.launch_here(number, stage);
            return Ok(());
        }
        let ordered = self.deploys.from.get(&number).and_then(|via| self.routes.below(*via));
        // That a host is up is said by its own hello, not by a relay.
        if ordered == Some(from) && !matches!(stage, Stage::Up { .. }) {
            self.launch_stage(number, stage);
        }
        Ok(())
    }

    /// The host that was to launch others is lost.
    pub(crate) fn launches_lost(&mut self, via: HostId, why: &str) {
        let lost: Vec<HostId> = self
            .deploys
            .from
            .iter()
            .filter(|(_, from)| **from == via)
            .map(|(number, _)| *number)
            .collect();
        for number in lost {
            self.deploys.from.remove(&number);
            if self.is_launching(number) {
                self.launch_stage(number, not_reached(why));
            }
        }
    }
}

fn not_reached(why: &str) -> Stage {
    Stage::Failed {
        cause: Cause::Unreachable,
        why: format!("the host that was to launch it cannot: {why}"),
        hint: "choose another host for --via; `posse hosts` lists those that are up".into(),
    }
}
