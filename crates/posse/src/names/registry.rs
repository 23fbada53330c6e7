//! Names: registered, looked up, listed, waited for. Called by front ends through `Vm::names`.

use super::watch::NameWatch;
use crate::answers::{Pending, WhenFull, decode};
use crate::limits::NAME_SLACK;
use crate::link::{Link, lock};
use crate::vm::Way;
use crate::{CommandId, Error, NameEntry, Outcome, Rank, Vm};
use posse_wire::msg::{Named, Names as Ask};
use posse_wire::{Kind, Message};
use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often a change is tried over a connection made anew.
const TRIES: usize = 3;

/// The names of a vm: short texts with a small value each, the same for all its hosts.
///
/// A name belongs to a process of the vm, or to this front end, and is *released* when that is
/// over: the process ended, its host is down, the front end's connection closed. Nobody alive
/// loses a name to another; who wants it is told who has it ([`Error::NameTaken`]).
///
/// All of it is linearizable: a look-up that begins when a change is over sees that change. The
/// answer to a change means that it is on the disks of a majority of the voters. Where no majority
/// is reached, everything here fails within five seconds with [`Error::Registry`], which says
/// whether a change may have been done; so does the owner's daemon while its disk is full.
///
/// A name has 255 bytes at most, a value 4 KiB; a vm has two million names.
///
/// ```no_run
/// use posse::Vm;
/// use std::time::{Duration, Instant};
///
/// fn main() -> Result<(), posse::Error> {
///     let names = Vm::connect("default")?.names();
///     names.register("db", b"10.0.0.7:5432")?;
///     let found = names.wait("cache", Some(Instant::now() + Duration::from_secs(10)))?;
///     println!("{}", String::from_utf8_lossy(&found.value));
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Names {
    /// For a connection made anew, where it can be.
    way: Way,
    session: Arc<Mutex<Session>>,
}

struct Session {
    link: Arc<Link>,
    /// One id for all that is asked and answered in turn: a connection has not many.
    line: Option<Pending>,
    /// Where waits and watches go when the first connection has no ids left.
    aside: Option<Arc<Link>>,
    /// By it the registry recognises a change that is tried again.
    client: Option<u64>,
    seq: u64,
}

impl Vm {
    /// The registry of names. It uses this connection until that is lost.
    pub fn names(&self) -> Names {
        let link = self.link();
        let way = self.way().clone();
        let session = Session { link, line: None, aside: None, client: None, seq: 0 };
        Names { way, session: Arc::new(Mutex::new(session)) }
    }
}

impl Names {
    /// Gives a name to this front end: it has it until it unregisters it or its connection closes,
    /// which the last clone of the [`Vm`] and of this does when it is dropped, and any death of
    /// this process. The same front end may give it another value. Returns the name's version.
    pub fn register(&self, name: &str, value: &[u8]) -> Result<u64, Error> {
        self.give(name, value, None, None)
    }

    /// Gives a name to a running process, by its command and rank; released when that ends. The
    /// same process may get another value. Tried again where the connection is lost meanwhile.
    pub fn register_for(
        &self,
        name: &str,
        value: &[u8],
        process: (CommandId, Rank),
    ) -> Result<u64, Error> {
        self.give(name, value, Some(process), None)
    }

    /// Another value for a name that is in this version, and has this holder (`None`: this front
    /// end); [`Error::NameTaken`] where it is in another, so that no change of others is lost.
    pub fn replace(
        &self,
        name: &str,
        value: &[u8],
        process: Option<(CommandId, Rank)>,
        version: u64,
    ) -> Result<u64, Error> {
        self.give(name, value, process, Some(version))
    }

    fn give(
        &self,
        name: &str,
        value: &[u8],
        process: Option<(CommandId, Rank)>,
        version: Option<u64>,
    ) -> Result<u64, Error> {
        let (name, value) = (name.to_owned(), value.to_vec());
        let ask = |client, seq| {
            let (name, value) = (name.clone(), value.clone());
            Ask::Register { client, seq, name, value, process, version }
        };
        // What a lost connection held is released: to register it again is for the caller.
        match self.change(process.is_some(), ask)? {
            Named::Registered { version } => Ok(version),
            other => Err(why(&name, other)),
        }
    }

    /// Takes a name away, from whoever of the vm has it; with a version only if it is in that.
    pub fn unregister(&self, name: &str, version: Option<u64>) -> Result<(), Error> {
        let name = name.to_owned();
        let ask = |client, seq| Ask::Unregister { client, seq, name: name.clone(), version };
        match self.change(true, ask)? {
            Named::Unregistered => Ok(()),
            other => Err(why(&name, other)),
        }
    }

    /// Who has a name, and its value.
    pub fn lookup(&self, name: &str) -> Result<Option<NameEntry>, Error> {
        match self.ask(&Ask::LookUp { name: name.to_owned() })? {
            Named::Found(found) => Ok(found),
            other => Err(why(name, other)),
        }
    }

    /// All names that begin so, in order. A list of many is asked for in parts: each is as of its
    /// own moment.
    pub fn list(&self, prefix: &str) -> Result<Vec<NameEntry>, Error> {
        let mut all: Vec<NameEntry> = Vec::new();
        loop {
            let behind = all.last().map(|entry| entry.name.clone());
            match self.ask(&Ask::List { prefix: prefix.to_owned(), behind })? {
                Named::Listed { names, more } => {
                    let is_over = !more || names.is_empty();
                    all.extend(names);
                    if is_over {
                        return Ok(all);
                    }
                }
                other => return Err(why(prefix, other)),
            }
        }
    }

    /// Waits until a name is there; [`Error::Deadline`] where it is not by then.
    pub fn wait(&self, name: &str, deadline: Option<Instant>) -> Result<NameEntry, Error> {
        let mut tries = 1;
        loop {
            match self.wait_once(name, deadline) {
                // The daemon is being started again; names outlive it.
                Err(Error::Disconnected { .. }) if self.way.is_there() && tries < TRIES => {
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    fn wait_once(&self, name: &str, deadline: Option<Instant>) -> Result<NameEntry, Error> {
        let left = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
        let within = deadline.map_or(Duration::MAX, left);
        let within_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        let ask = Ask::Wait { name: name.to_owned(), within_ms };
        let pending = self.send(&ask, 1, WhenFull::Refuse)?;
        // The daemon says when the time is over; should it not, it is all the same.
        let frame = pending.next(deadline.map(|deadline| deadline + NAME_SLACK))?;
        match decode(&frame)? {
            Named::Found(Some(entry)) => Ok(entry),
            Named::Found(None) => Err(Error::Deadline),
            other => Err(why(name, other)),
        }
    }

    /// Every change of names that begin so, from now on. What is there already is for
    /// [`Names::list`], asked after this: then nothing is missed.
    pub fn watch(&self, prefix: &str) -> Result<NameWatch, Error> {
        let ask = Ask::Watch { prefix: prefix.to_owned() };
        let bound = crate::limits::NAME_CHANGES_MAX;
        let pending = self.send(&ask, bound, WhenFull::DropOldest)?;
        match decode(&pending.only("answer to a watch")?)? {
            Named::Watching => Ok(NameWatch::new(pending)),
            other => Err(why(prefix, other)),
        }
    }

    /// Something that has an id of its own.
    fn send(&self, ask: &Ask, bound: usize, when_full: WhenFull) -> Result<Pending, Error> {
        check(ask)?;
        let mut session = lock(&self.session);
        let link = session.aside.as_ref().unwrap_or(&session.link);
        let kinds = &[Kind::Named];
        match Pending::send(link, kinds, bound, when_full, |id| ask.frame(id)) {
            Err(error @ (Error::NoMoreNumbers | Error::Disconnected { .. })) => {
                let Some(another) = self.way.connect() else { return Err(error) };
                let link = session.aside.insert(another?.link());
                Pending::send(link, kinds, bound, when_full, |id| ask.frame(id))
            }
            result => result,
        }
    }

    /// A look-up; over a connection made anew where the first is lost.
    fn ask(&self, ask: &Ask) -> Result<Named, Error> {
        let mut session = lock(&self.session);
        self.tried(&mut session, true, |session| session.one(ask))
    }

    /// A change, under a number that is the same for every try.
    fn change(&self, again: bool, ask: impl Fn(u64, u64) -> Ask) -> Result<Named, Error> {
        let mut session = lock(&self.session);
        session.seq += 1;
        let is_first = Cell::new(true);
        self.tried(&mut session, again, |session| {
            let was_first = is_first.replace(false);
            match session.change(&ask)? {
                // Nothing was tried under the forgotten number, so another does as well.
                Named::Forgotten if was_first => {
                    session.client = None;
                    session.change(&ask)
                }
                other => Ok(other),
            }
        })
    }

    fn tried(
        &self,
        session: &mut Session,
        again: bool,
        act: impl Fn(&mut Session) -> Result<Named, Error>,
    ) -> Result<Named, Error> {
        let mut tries = 1;
        loop {
            let result = act(session);
            match &result {
                Err(Error::Disconnected { .. }) if again && tries < TRIES => {
                    tries += 1;
                    // Waits for a daemon that is being started again.
                    let Some(another) = self.way.connect() else { return result };
                    session.link = another?.link();
                    (session.line, session.aside) = (None, None);
                }
                _ => return result,
            }
        }
    }
}

impl Session {
    fn change(&mut self, ask: &impl Fn(u64, u64) -> Ask) -> Result<Named, Error> {
        let client = match self.client {
            Some(client) => client,
            None => match self.one(&Ask::Open)? {
                Named::Opened { client } => {
                    self.seq = 1;
                    *self.client.insert(client)
                }
                other => return Ok(other),
            },
        };
        let ask = ask(client, self.seq);
        self.one(&ask)
    }

    /// One question, one answer.
    fn one(&mut self, ask: &Ask) -> Result<Named, Error> {
        check(ask)?;
        let line = match self.line.take() {
            Some(line) => {
                line.send_more(ask)?;
                line
            }
            None => {
                let (kinds, refuse) = (&[Kind::Named], WhenFull::Refuse);
                Pending::send(&self.link, kinds, 1, refuse, |id| ask.frame(id))?
            }
        };
        let named = decode(&line.only("answer of the registry of names")?)?;
        // After an error it may still come, and would be taken for that of the next.
        self.line = Some(line);
        Ok(named)
    }
}

fn check(ask: &Ask) -> Result<(), Error> {
    ask.check().map_err(|error| Error::Command(error.to_string()))
}

/// An answer that is none of those wished for.
fn why(name: &str, named: Named) -> Error {
    let name = name.to_owned();
    match named {
        Named::Taken { holder, version } => Error::NameTaken { name, holder, version },
        Named::NoName => Error::NoSuchName { name },
        Named::Forgotten => {
            let why = "whether an earlier try was done is not known any more; look the name up";
            Error::Registry { why: why.to_owned(), outcome: Outcome::Unknown }
        }
        Named::Refused { why, outcome } => Error::Registry { why, outcome },
        other => {
            let why = format!("{other:?} is no answer to this");
            Error::Protocol { why, outcome: Outcome::Unknown }
        }
    }
}
