//! How a part of the control state begins and ends on this host: the owner's daemon takes up what
//! is on its disk or founds it; whoever was fenced, or has lost what it had kept, begins again as
//! another voter. Called by `run` and by the voter.

use super::earlier::{Earlier, is_foreign};
use super::files::{self, Found};
use super::members::voter_of;
use super::voter::Voter;
use crate::limits::DISK_AGAIN;
use crate::shell::Shell;
use posse_control::consensus::{Stored, VoterId};
use posse_wire::HostId;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::{spawn_blocking, spawn_local};

type Kept = (Stored, files::Files, super::generation::Held);

/// What is there; what is not is founded where it may be, else begun anew, as nobody yet: then
/// those that vote take this host in, and where most of them are lost a person says what counts.
fn take_up(
    directory: &Path,
    (founder, key): (VoterId, [u8; 32]),
    earlier: Earlier,
) -> io::Result<Kept> {
    let found = match files::load(directory)? {
        Found::Kept(stored, ..) if is_foreign(&stored, &key) => {
            Found::Unusable("it is of another vm".to_owned())
        }
        Found::Kept(stored, ..) if earlier.is_ahead_of(&stored) => {
            Found::Unusable("it is older than the table of hosts".to_owned())
        }
        found => found,
    };
    let why = match found {
        Found::Kept(stored, files, held) => return Ok((*stored, files, held)),
        Found::Nothing => "there is none".to_owned(),
        Found::Unusable(why) => why,
    };
    let stored = earlier.begins(founder, &why);
    let (files, held) = files::begin(directory, &stored)?;
    Ok((stored, files, held))
}

impl Shell {
    /// The number of the log that this host would begin now. No log that it began before has it,
    /// since what was promised there is forgotten.
    pub(super) fn own_voter(&self) -> VoterId {
        let before = self.control.begun.get();
        self.with_daemon(|daemon| voter_of(daemon.host(), daemon.boot(), before))
    }

    /// The owner's daemon, once it serves.
    pub async fn begin_control(self: Rc<Self>, earlier: Earlier) {
        let mut is_said = false;
        let kept = loop {
            let directory = self.state.clone();
            let founder = (self.own_voter(), self.identity.own.public().0);
            match spawn_blocking(move || take_up(&directory, founder, earlier)).await {
                Ok(Ok(kept)) => break kept,
                Ok(Err(error)) if !is_said => {
                    crate::log::line(&format!("the control state has no place: {error}"));
                    is_said = true;
                }
                Ok(Err(_)) => {}
                Err(error) => crate::log::line(&format!("control state: {error}")),
            }
            tokio::time::sleep(DISK_AGAIN).await;
        };
        self.run_voter(kept);
        self.begin_telling(Duration::ZERO);
    }

    /// A voter is a log: who continues one goes by the number under which it began.
    pub(super) fn run_voter(self: &Rc<Self>, (stored, files, held): Kept) {
        let own = self.own_voter();
        let me = stored.meta.members.all().find(|id| id.host == own.host).unwrap_or(own);
        self.control.begun.set(self.control.begun.get() + u32::from(me == own));
        match Voter::start(self, me, stored, files, held) {
            Ok(voter) => {
                *self.control.voter.borrow_mut() = Some(voter.clone());
                spawn_local(self.clone().attend_to_lead(voter.clone()));
                spawn_local(self.clone().choose_members(voter));
                self.control.leader_news();
            }
            Err(why) => {
                crate::log::line(&why);
                self.begin_again();
            }
        }
    }

    /// The one that leads speaks to this host, which has no part yet: it follows from now on.
    pub(super) fn follow(self: &Rc<Self>) {
        if self.control.begins.replace(true) {
            return;
        }
        let shell = self.clone();
        spawn_local(async move {
            let directory = shell.state.clone();
            let begun = spawn_blocking(move || files::begin(&directory, &Stored::default())).await;
            match begun.map_err(io::Error::other).and_then(|begun| begun) {
                Ok((files, held)) => shell.run_voter((Stored::default(), files, held)),
                Err(error) => {
                    crate::log::line(&format!("the control state has no place: {error}"));
                    tokio::time::sleep(DISK_AGAIN).await;
                }
            }
            shell.control.begins.set(false);
        });
    }

    /// As another voter, if this is the owner's; any other host waits to be asked.
    pub(super) fn begin_again(self: &Rc<Self>) {
        let before = self.control.voter.borrow_mut().take();
        self.control.begins.set(true);
        let shell = self.clone();
        spawn_local(async move {
            if let Some(voter) = before {
                shell.end_voter(&voter).await;
            }
            let directory = shell.state.clone();
            let is_owner = shell.with_daemon(|daemon| daemon.host()) == HostId::OWNER;
            let next = spawn_blocking(move || -> io::Result<Option<Kept>> {
                files::remove(&directory);
                if !is_owner {
                    return Ok(None);
                }
                let (files, held) = files::begin(&directory, &Stored::default())?;
                Ok(Some((Stored::default(), files, held)))
            });
            match next.await {
                Ok(Ok(Some(kept))) => shell.run_voter(kept),
                Ok(Ok(None)) => {}
                Ok(Err(error)) => crate::log::line(&format!("control state: {error}")),
                Err(error) => crate::log::line(&format!("control state: {error}")),
            }
            shell.control.begins.set(false);
        });
    }

    pub(super) async fn end_voter(self: &Rc<Self>, voter: &Rc<Voter>) {
        voter.stop();
        self.control.voter_lost();
        voter.disk.idle().await;
    }

    pub(super) fn voter_fenced(self: &Rc<Self>, voter: &Rc<Voter>, epoch: u32) {
        crate::log::line(&format!(
            "the control state was recovered elsewhere (epoch {epoch}); what this host held of it \
             is dropped"
        ));
        voter.stop();
        self.begin_again();
    }

    pub(super) fn voter_damaged(self: &Rc<Self>, voter: &Rc<Voter>, why: &str) {
        crate::log::line(&format!("this host's disk lost a part of the control state: {why}"));
        voter.stop();
        self.begin_again();
    }

    /// Others vote now, without this one.
    pub(super) fn voter_left_out(self: &Rc<Self>, voter: &Rc<Voter>) {
        voter.stop();
        self.begin_again();
    }

    /// The daemon ends: nothing is written any more when this returns.
    pub async fn end_control(self: &Rc<Self>) {
        let voter = self.control.voter.borrow_mut().take();
        if let Some(voter) = voter {
            self.end_voter(&voter).await;
        }
    }
}
