//! `posse join`: shows a code to who invites, and starts the daemon of the host that this computer
//! becomes. Returns when that daemon has its link. Called by the command.

use super::desk::now_ms;
use super::dial::{NotDialed, dial};
use super::joined::{Joined, arguments};
use super::until::until;
use crate::launch::start_keeper_with;
use crate::limits::JOINED_WITHIN;
use posse_net::identity::SecretKey;
use posse_net::invitation::Invitation;
use posse_net::place::VM_NAME;
use posse_wire::msg::Application;
use std::cell::Cell;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::task::LocalSet;

/// In the environment of a host's daemon: its user allows work only when nobody has touched the
/// computer for this time, whatever the vm says (`farm`).
const WHEN_IDLE: (&str, &str) = ("POSSE_WHEN_IDLE", "10m");

/// How often it is looked whether the daemon has come to its vm.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What this computer's user wants.
#[derive(Debug, Clone)]
pub struct Joining {
    pub code: String,
    /// How the host is to be called.
    pub name: String,
    /// It works only while nobody uses it.
    pub when_idle: bool,
    /// It leaves when this minute since midnight comes next, of its own time.
    pub until: Option<u16>,
}

/// The host that this computer is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedAs {
    pub vm: String,
    pub number: u32,
    pub name: String,
}

/// Why this computer did not join.
#[derive(Debug, Error)]
pub enum JoinError {
    #[error("{0}")]
    Code(#[from] posse_net::invitation::NoInvitation),
    #[error("{0}")]
    Refused(String),
    #[error("who invites is not reached from here: {0}")]
    Nobody(String),
    #[error("{0}")]
    System(#[from] io::Error),
    #[error("its daemon has no link yet; {log} says why, it goes on trying")]
    NotYet { log: String },
}

impl From<NotDialed> for JoinError {
    fn from(why: NotDialed) -> JoinError {
        match why {
            NotDialed::Refused(why) => JoinError::Refused(why),
            NotDialed::Nobody(why) => JoinError::Nobody(why),
        }
    }
}

pub fn join(wish: &Joining) -> Result<JoinedAs, JoinError> {
    let to: Invitation = wish.code.parse()?;
    // Before the code is used.
    let left = wish.until.map(until).transpose()?;
    let until_ms = left.map(|left| now_ms() + u64::try_from(left.as_millis()).unwrap_or(0));
    let key = SecretKey::generate().map_err(io::Error::other)?;
    let asked = Application::Join { secret: to.secret, name: wish.name.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let dialing = async { dial(&to, &key, &asked).await.map(|(_, applied)| applied) };
    let applied = LocalSet::new().block_on(&runtime, dialing)?;
    let ticket = applied.ticket.clone();
    let joined = Joined { to, ticket, until_ms, leaving: Cell::new(false) };
    let args = arguments(&joined, &applied, &wish.name);
    let directory = args.directory()?;
    joined.save(&key, &directory)?;
    let own: &[(&str, &str)] = if wish.when_idle { &[WHEN_IDLE] } else { &[] };
    start_keeper_with(&args, own)?;
    until_there(&directory)?;
    Ok(JoinedAs { vm: applied.vm_name, number: applied.number.0, name: wish.name.clone() })
}

/// The daemon writes the vm's name when it has come there (`Shell::be_found`).
fn until_there(directory: &Path) -> Result<(), JoinError> {
    let deadline = Instant::now() + JOINED_WITHIN;
    while Instant::now() < deadline {
        if directory.join(VM_NAME).exists() {
            return Ok(());
        }
        sleep(LOOK_EVERY);
    }
    Err(JoinError::NotYet { log: directory.join("log").display().to_string() })
}
