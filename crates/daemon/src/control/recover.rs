//! Who votes, for front ends; and the new epoch that a person asks for where the majority of the
//! voters is lost for good.

use super::earlier::founded_after;
use super::files::{self, Found};
use super::members::places;
use crate::limits::RECOVER_LOOK_WITHIN;
use crate::shell::Shell;
use posse_control::Ask;
use posse_control::consensus::{Stored, VoterId, recover};
use posse_control::state::Question;
use posse_control::voters::hangs_by;
use posse_proto::LinkId;
use posse_wire::msg::{Done, Voters};
use posse_wire::{CommandId, HostId, Message};
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::{spawn_blocking, spawn_local};
use tokio::time::timeout;

/// What this host has becomes the state of the next epoch; where it has nothing, an empty one does.
fn next_epoch(
    directory: &Path,
    me: VoterId,
    epoch: u32,
) -> io::Result<(Stored, files::Files, super::generation::Held)> {
    let stored = match files::load(directory)? {
        Found::Kept(stored, ..) if stored.meta.index > 0 => recover(*stored, me),
        _ => founded_after(me, epoch),
    };
    let (files, held) = files::begin(directory, &stored)?;
    Ok((stored, files, held))
}

impl Shell {
    pub(super) fn show_voters(self: &Rc<Self>, link: LinkId, id: CommandId) {
        self.say(link, &self.voters().frame(id));
    }

    pub(super) fn voters(&self) -> Voters {
        let Some(voter) = self.control.voter() else { return Voters::default() };
        // Who has lost the control state knows from the table who had it, and of which epoch.
        let led = self.with_daemon(|daemon| daemon.led_by().clone());
        voter.with(|node| {
            let members = &node.state().members;
            let hosts = |ids: &[VoterId]| -> Vec<HostId> { ids.iter().map(|id| id.host).collect() };
            let voters: Vec<HostId> = members.settled().map(|id| id.host).collect();
            Voters {
                epoch: node.epoch().max(led.lead.epoch),
                leader: node.leader().map(|leader| leader.host),
                voters: if node.state().index == 0 { led.voters } else { voters },
                followers: hosts(&members.learners),
                hangs_by: hangs_by(&hosts(&members.voters), &places(node.state())),
            }
        })
    }

    pub(super) fn recover_control(self: &Rc<Self>, link: LinkId, id: CommandId, epoch: u32) {
        let shell = self.clone();
        spawn_local(async move {
            let error = shell.try_recover(epoch).await.err();
            shell.say(link, &Done { error }.frame(id));
        });
    }

    async fn try_recover(self: &Rc<Self>, epoch: u32) -> Result<(), String> {
        let now = self.voters().epoch;
        if now != epoch {
            return Err(format!(
                "epoch {epoch} is over already, this is epoch {now}; see `posse hosts`"
            ));
        }
        let ask = Ask::Question(Question::Name(String::new()));
        if let Ok(Ok(_)) = timeout(RECOVER_LOOK_WITHIN, self.ask_control(ask)).await {
            return Err("a majority of the voters answers: nothing is to be recovered".to_owned());
        }
        let before = self.control.voter.borrow_mut().take();
        if let Some(voter) = before {
            self.end_voter(&voter).await;
        }
        let (directory, me) = (self.state.clone(), self.own_voter());
        let kept = spawn_blocking(move || next_epoch(&directory, me, epoch)).await;
        let kept = kept.map_err(io::Error::other).and_then(|kept| kept);
        let kept = kept.map_err(|error| {
            format!("the new epoch can not be written ({error}); `posse recover` tries again")
        })?;
        crate::log::line(&format!("recovered as epoch {}", kept.0.state.epoch));
        self.run_voter(kept);
        self.begin_telling(Duration::ZERO);
        Ok(())
    }
}
