//! How a talker speaks with the board: over a connection of its own, as a client of its host's
//! daemon. When that is lost it connects again, tells what it holds, and asks once more what was
//! not answered, as `posse::board` does. What it asks: `script.rs`.

use super::Act;
use super::life::hello;
use super::script::{Held, Step};
use crate::check::refusals;
use crate::plan::MS;
use crate::trace::Place;
use crate::world::net::End;
use crate::world::{Event, World};
use posse_wire::msg::{
    Group, GroupAsk, Grouped, Heard, Mail, MailAsk, Mailed, Refused, Role, Welcome,
};
use posse_wire::{CommandId, Frame, Kind, Message, ProcessId, WireError};
use std::collections::BTreeMap;

/// Between tries to connect: at first, and at most.
const PAUSE_FIRST: u64 = 50 * MS;
const PAUSE_MAX: u64 = 1000 * MS;

#[derive(Clone, Debug)]
pub enum Ask {
    Group(GroupAsk),
    Mail(MailAsk),
}

#[derive(Debug)]
pub enum Answer {
    Group(Grouped),
    Mail(Mailed),
}

/// What was asked beside the script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tell {
    Rejoin,
    Context,
    Entry,
    /// To wait no more for the barrier that was asked for under this id.
    Stop(CommandId),
}

/// What is asked, and not answered yet.
#[derive(Debug)]
pub struct Open {
    pub ask: Ask,
    /// Of the connection that it was sent over.
    pub id: Option<CommandId>,
    again: bool,
    pub heard: Option<Heard>,
    pub since: u64,
}

pub struct Desk {
    pub conn: Option<usize>,
    connection: u32,
    next_id: Option<u64>,
    tries: u32,
    told: BTreeMap<CommandId, Tell>,
    pub open: Option<Open>,
    pub held: Held,
    pub step: Step,
}

impl Ask {
    pub fn frame(&self, by: ProcessId, id: CommandId) -> Frame {
        match self {
            Ask::Group(ask) => Group { by, ask: ask.clone() }.frame(id),
            Ask::Mail(ask) => Mail { by, ask: ask.clone() }.frame(id),
        }
    }
}

impl Open {
    pub fn new(ask: Ask, since: u64) -> Open {
        Open { ask, id: None, again: false, heard: None, since }
    }

    pub fn is_barrier(&self) -> bool {
        matches!(self.ask, Ask::Group(GroupAsk::Barrier { .. }))
    }

    /// As it is to be asked now, by one that heard of so many rounds.
    fn to_send(&self, round: u64) -> Ask {
        let mut ask = self.ask.clone();
        if let Ask::Group(GroupAsk::Barrier { count, again, .. }) = &mut ask
            && self.again
        {
            let unheard = Heard { round, members: 0, count: count.unwrap_or(0) };
            *again = Some(self.heard.unwrap_or(unheard));
            *count = self.heard.map_or(*count, |heard| Some(heard.count));
        }
        ask
    }
}

impl Desk {
    pub fn new(rank: usize) -> Desk {
        Desk {
            conn: None,
            connection: 0,
            next_id: None,
            tries: 0,
            told: BTreeMap::new(),
            open: None,
            held: Held::new(rank),
            step: Step::Join,
        }
    }

    pub fn connection(&self) -> u32 {
        self.connection
    }

    fn lose(&mut self) -> u64 {
        (self.conn, self.next_id) = (None, None);
        self.told.clear();
        if let Some(open) = &mut self.open {
            open.again |= open.id.take().is_some();
        }
        self.tries += 1;
        (PAUSE_FIRST << self.tries.min(5)).min(PAUSE_MAX)
    }

    fn id(&mut self) -> Option<CommandId> {
        let id = self.next_id?;
        self.next_id = Some(id + 1);
        Some(CommandId(id))
    }
}

impl World {
    pub fn desk(&mut self, talker: usize) -> Option<&mut Desk> {
        self.talk.mind(talker)?.desk.as_mut()
    }

    /// Its time to do something, unless the connection is another by now.
    pub fn desk_acts(&mut self, talker: usize, connection: u32) {
        let host = self.talker_host(talker);
        let Some(desk) = self.desk(talker) else { return };
        if desk.connection != connection {
            return;
        }
        if desk.conn.is_some() || desk.step == Step::Done {
            return self.next_ask(talker);
        }
        let conn = self.link_local(End::Desk(talker), host);
        if let Some(desk) = self.desk(talker) {
            desk.conn = Some(conn);
            desk.connection += 1;
        }
        self.send(conn, 1, hello(Role::Client));
    }

    /// The connection is lost, or of no use.
    pub fn desk_lost(&mut self, talker: usize, conn: usize) {
        let Some(desk) = self.desk(talker).filter(|desk| desk.conn == Some(conn)) else { return };
        let (pause, connection) = (desk.lose(), desk.connection);
        self.close(conn, 1, "the connection is of no use");
        self.desk_later(talker, connection, pause);
    }

    pub fn desk_later(&mut self, talker: usize, connection: u32, us: u64) {
        self.after(us, Event::Talk { talker, act: Act::Desk { connection } });
    }

    pub fn desk_got(&mut self, talker: usize, conn: usize, frame: &Frame) {
        let current = self.desk(talker).is_some_and(|desk| desk.conn == Some(conn));
        if !current {
            return;
        }
        if let Err(error) = self.desk_takes(talker, conn, frame) {
            let held = Err(format!("{} does not decode: {error}", frame.kind.name()));
            self.must("limits", held, || Place::Talker(talker).to_string());
        }
    }

    fn desk_takes(&mut self, talker: usize, conn: usize, frame: &Frame) -> Result<(), WireError> {
        let answer = match frame.kind {
            Kind::Welcome => {
                let first = Welcome::decode(frame)?.command_first;
                self.desk_begins(talker, conn, first);
                return Ok(());
            }
            Kind::Refused => {
                let held = refusals::expected(&Refused::decode(frame)?.reason);
                self.must("refusals", held, || Place::Talker(talker).to_string());
                return Ok(());
            }
            Kind::Grouped => Answer::Group(Grouped::decode(frame)?),
            Kind::Mailed => Answer::Mail(Mailed::decode(frame)?),
            _ => return Ok(()),
        };
        let Some(desk) = self.desk(talker) else { return Ok(()) };
        desk.tries = 0;
        if let Some(tell) = desk.told.get(&frame.id).copied() {
            self.told_answered(talker, conn, tell, answer);
            if let Some(desk) = self.desk(talker) {
                desk.told.remove(&frame.id);
            }
        } else if desk.open.as_ref().is_some_and(|open| open.id == Some(frame.id)) {
            self.answered(talker, answer);
        }
        Ok(())
    }

    /// A new connection: what it holds is told, then what is open is asked again.
    fn desk_begins(&mut self, talker: usize, conn: usize, first: u64) {
        let Some(mind) = self.talk.mind(talker) else { return };
        let by = mind.id;
        let Some(desk) = mind.desk.as_mut() else { return };
        desk.next_id = Some(first);
        let mut frames = Vec::new();
        for (tell, ask) in desk.held.tell() {
            let Some(id) = desk.id() else { continue };
            desk.told.insert(id, tell);
            frames.push(ask.frame(by, id));
        }
        frames.into_iter().for_each(|frame| self.send(conn, 1, frame));
        self.next_ask(talker);
    }

    /// Sends what is open, where that was not.
    pub fn ask_board(&mut self, talker: usize) {
        let Some(mind) = self.talk.mind(talker) else { return };
        let by = mind.id;
        let Some(desk) = mind.desk.as_mut() else { return };
        let unsent = desk.open.as_ref().is_some_and(|open| open.id.is_none());
        let Some((conn, id)) = desk.conn.filter(|_| unsent).and_then(|c| Some((c, desk.id()?)))
        else {
            return;
        };
        let round = desk.held.round;
        let Some(open) = desk.open.as_mut() else { return };
        open.id = Some(id);
        let (frame, is_barrier) = (open.to_send(round).frame(by, id), open.is_barrier());
        if is_barrier {
            self.talk.rounds.asked(round + 1, talker);
        }
        self.send(conn, 1, frame);
    }

    /// Asks something beside the script.
    pub fn tell(&mut self, talker: usize, tell: Tell, ask: &Ask) {
        let Some(mind) = self.talk.mind(talker) else { return };
        let by = mind.id;
        let Some(desk) = mind.desk.as_mut() else { return };
        if let Some((conn, id)) = desk.conn.and_then(|conn| Some((conn, desk.id()?))) {
            desk.told.insert(id, tell);
            self.send(conn, 1, ask.frame(by, id));
        }
    }
}
