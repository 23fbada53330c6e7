//! Asks the hosts of a key file, all at once, who leads the vm, and goes where they say; ends with
//! a link to the daemon that leads, on which nothing was said yet. Called by `pump`.

use super::key_file::KeyFile;
use crate::direct::{self, Wish};
use crate::identity::{PublicKey, vm_id};
use crate::limits::{ASKED_MAX, LEADER_LOOK_EVERY, LEADER_WITHIN, OTHERS_WITHIN, REASONS_SHOWN};
use crate::link::Link;
use crate::ticket::Ticket;
use posse_wire::msg::{Leader, LeaderAt, Refused};
use posse_wire::{HostId, Kind, Message, limits};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use thiserror::Error;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Why there is no daemon that leads, seen from here. Nothing was asked of the vm.
#[derive(Debug, Error)]
pub enum ElsewhereError {
    #[error(
        "the vm `{vm}` is led by its owner's machine, which takes no connections from elsewhere; \
         type there, or here once that machine is lost"
    )]
    OwnerLeads { vm: String },
    #[error("no host of the vm `{vm}` leads it yet; try again")]
    NobodyLeads { vm: String },
    #[error(
        "no host of the vm `{vm}` answers ({why}); if its hosts were brought up anew, \
         `posse key export` again where the key is"
    )]
    NobodyAnswers { vm: String, why: String },
    #[error("the key of the vm `{vm}` names no hosts; none of them takes direct links")]
    NoHosts { vm: String },
    #[error("cannot connect to the vm from here: {0}")]
    Io(#[from] io::Error),
}

/// What one host said.
enum Said {
    LeadsItself(Box<Link>),
    Where(LeaderAt),
}

/// What all said together, where none leads.
#[derive(Default)]
struct Hearsay {
    owner: bool,
    /// It is another host, or nobody: that may change soon.
    open: bool,
    why: Vec<String>,
}

type Place = (SocketAddr, PublicKey);

pub(super) async fn find(key: &Rc<KeyFile>) -> Result<Link, ElsewhereError> {
    let vm = || key.vm().to_owned();
    if key.hosts().is_empty() {
        return Err(ElsewhereError::NoHosts { vm: vm() });
    }
    let within = LEADER_WITHIN + limits::HANDSHAKE_WITHIN;
    let found = timeout(within, ask_until_one_leads(key)).await;
    found.unwrap_or_else(|_| Err(ElsewhereError::NobodyLeads { vm: vm() }))
}

async fn ask_until_one_leads(key: &Rc<KeyFile>) -> Result<Link, ElsewhereError> {
    let vm = || key.vm().to_owned();
    let deadline = Instant::now() + LEADER_WITHIN;
    loop {
        let heard = match ask_all(key).await {
            Ok(link) => return Ok(link),
            Err(heard) => heard,
        };
        if heard.owner {
            return Err(ElsewhereError::OwnerLeads { vm: vm() });
        }
        if !heard.open {
            let why = heard.why.iter().take(REASONS_SHOWN).cloned().collect::<Vec<_>>().join("; ");
            return Err(ElsewhereError::NobodyAnswers { vm: vm(), why });
        }
        if Instant::now() >= deadline {
            return Err(ElsewhereError::NobodyLeads { vm: vm() });
        }
        sleep(LEADER_LOOK_EVERY).await;
    }
}

/// The first that says it leads is believed.
async fn ask_all(key: &Rc<KeyFile>) -> Result<Link, Hearsay> {
    let mut asked: BTreeSet<Place> = BTreeSet::new();
    let mut asking = JoinSet::new();
    let mut heard = Hearsay::default();
    let mut next: Vec<Place> = key.hosts().iter().map(|host| (host.address, host.key)).collect();
    // Once it is known that the owner's machine leads, the others may contradict, but not for long.
    let mut patience = LEADER_WITHIN;
    loop {
        for place in next.drain(..) {
            if asked.len() < ASKED_MAX && asked.insert(place) {
                let key = key.clone();
                asking.spawn_local(async move { (place.0, ask(place, &key).await) });
            }
        }
        match timeout(patience, asking.join_next()).await {
            Err(_) | Ok(None) => return Err(heard),
            Ok(Some(Err(_a_panic_was_printed))) => {}
            Ok(Some(Ok((_, Ok(Said::LeadsItself(link)))))) => return Ok(*link),
            Ok(Some(Ok((_, Ok(Said::Where(LeaderAt::Owner)))))) => {
                heard.owner = true;
                patience = OTHERS_WITHIN;
            }
            Ok(Some(Ok((_, Ok(Said::Where(at)))))) => {
                heard.open = true;
                next.extend(place_of(&at, key));
            }
            Ok(Some(Ok((address, Err(why))))) => heard.why.push(format!("{address}: {why}")),
        }
    }
}

/// Where the host is that leads, by the owner's word for its key or by the file's.
fn place_of(at: &LeaderAt, key: &KeyFile) -> Option<Place> {
    let LeaderAt::Host { number, address, ticket } = at else { return None };
    let vm = vm_id(&key.owner().public(), key.vm());
    let told = Ticket::decode(ticket).ok().filter(|ticket| {
        ticket.verify(vm, key.vm()).is_ok() && ticket.is_of(*number, &ticket.key).is_ok()
    });
    let told = told.and_then(|ticket| Some((address.parse().ok()?, ticket.key)));
    told.or_else(|| known(*number, key))
}

fn known(number: HostId, key: &KeyFile) -> Option<Place> {
    let host = key.hosts().iter().find(|host| host.number == number)?;
    Some((host.address, host.key))
}

async fn ask((address, expect): Place, key: &KeyFile) -> Result<Said, String> {
    let asking = async {
        let dialing = direct::dial(address, key.owner(), expect, Wish::FrontEnd);
        let link = dialing.await.map_err(text)?;
        let mut frames = Vec::new();
        link.read(&mut frames).await.map_err(text)?;
        let [said] = &frames[..] else { return Err("it says too much".to_owned()) };
        if said.kind == Kind::Refused {
            return Err(Refused::decode(said).map_err(text)?.reason);
        }
        Ok(match Leader::decode(said).map_err(text)?.at {
            LeaderAt::Here => Said::LeadsItself(Box::new(link)),
            elsewhere => Said::Where(elsewhere),
        })
    };
    let within = limits::HANDSHAKE_WITHIN;
    timeout(within, asking).await.map_err(|_| format!("no answer in {within:?}"))?
}

fn text(error: impl Display) -> String {
    error.to_string()
}
