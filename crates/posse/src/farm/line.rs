//! Questions to the daemon that holds jobs, in pieces, and its answers. Called by this folder.

use crate::answers::{Pending, WhenFull, decode};
use crate::limits::{FARM_AGAIN, FARM_PIECES_MAX, FARM_TRIES};
use crate::link::{Link, lock};
use crate::vm::Way;
use crate::{Error, Outcome};
use posse_farm::ask::{Ask, Said};
use posse_wire::msg::{Job, Jobs, Piece, Pieces};
use posse_wire::{Kind, Message, decode_value, encode_value};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// A connection, replaced where it is lost.
pub(super) struct Line {
    way: Way,
    link: Mutex<Arc<Link>>,
}

/// A question that was asked.
pub(super) struct Asked {
    pending: Pending,
    pieces: Pieces,
}

impl Line {
    pub fn new(link: Arc<Link>, way: Way) -> Line {
        Line { way, link: Mutex::new(link) }
    }

    pub fn can_again(&self) -> bool {
        self.way.is_there()
    }

    /// One answer. Everything may be asked again.
    pub fn ask(&self, ask: &Ask) -> Result<Said, Error> {
        self.tried(|| self.begin(ask)?.next(None))
    }

    /// For more than one answer.
    pub fn begin(&self, ask: &Ask) -> Result<Asked, Error> {
        let link = Arc::clone(&lock(&self.link));
        match Asked::of(&link, ask) {
            Err(Error::NoMoreNumbers) => {
                let Some(another) = self.way.connect() else { return Err(Error::NoMoreNumbers) };
                let link = another?.link();
                *lock(&self.link) = Arc::clone(&link);
                Asked::of(&link, ask)
            }
            result => result,
        }
    }

    /// Tries again where the daemon is gone, and comes back.
    pub fn tried<T>(&self, act: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        let mut left = FARM_TRIES;
        loop {
            let error = match act() {
                Err(error @ (Error::Disconnected { .. } | Error::Refused { .. })) => error,
                result => return result,
            };
            loop {
                if !self.way.is_there() || left == 0 {
                    return Err(error);
                }
                left -= 1;
                if let Some(Ok(vm)) = self.way.connect() {
                    *lock(&self.link) = vm.link();
                    break;
                }
                std::thread::sleep(FARM_AGAIN);
            }
        }
    }
}

impl Asked {
    fn of(link: &Arc<Link>, ask: &Ask) -> Result<Asked, Error> {
        let mut cut = Piece::cut(&encode_value(ask)).into_iter();
        // There is one always.
        let first = cut.next().unwrap_or(Piece { at: 0, more: false, bytes: Vec::new() });
        let kinds = &[Kind::Jobs];
        // What is said of a job that is followed fits into one piece each; only the last numbers
        // count, and what tasks printed comes again with their ends.
        let full = match ask {
            Ask::Follow(_) | Ask::Look(_) => WhenFull::DropOldest,
            _ => WhenFull::Refuse,
        };
        let pending = Pending::send(link, kinds, FARM_PIECES_MAX, full, |id| Job(first).frame(id))?;
        for piece in cut {
            pending.send_more(&Job(piece))?;
        }
        Ok(Asked { pending, pieces: Pieces::default() })
    }

    /// The next answer; [`Error::Deadline`] where none comes by then.
    pub fn next(&mut self, deadline: Option<Instant>) -> Result<Said, Error> {
        loop {
            let Jobs(piece) = decode(&self.pending.next(deadline)?)?;
            let Some(whole) = self.pieces.put(piece) else { continue };
            return decode_value(&whole).map_err(|error| {
                let (why, outcome) = (error.to_string(), Outcome::Unknown);
                Error::Protocol { why, outcome }
            });
        }
    }

    /// No more answers, please.
    pub fn stop(&self) {
        for piece in Piece::cut(&encode_value(&Ask::Stop)) {
            let _it_may_be_gone = self.pending.send_more(&Job(piece));
        }
    }
}

/// An answer that makes no sense for what was asked, or says no.
pub(super) fn unwanted(said: Said) -> Error {
    match said {
        Said::Refused { why } => Error::NotDone { reason: why },
        other => {
            let why = format!("{other:?} is no answer to this question");
            Error::Protocol { why: why.chars().take(200).collect(), outcome: Outcome::Unknown }
        }
    }
}
