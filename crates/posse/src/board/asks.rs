//! What is asked of the board and not answered yet, and how it is asked again over a connection
//! made anew. Values only; kept by `connection.rs`.

use super::held::Held;
use posse_wire::msg::{
    Group, GroupAsk, GroupError, Grouped, Heard, Mail, MailAsk, MailError, MailFlags, Mailed,
    Stored,
};
use posse_wire::{CommandId, Frame, Message, ProcessId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    Group(GroupAsk),
    Mail(MailAsk),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Group(Grouped),
    Mail(Mailed),
}

/// One of them.
#[derive(Debug)]
pub(super) struct Open {
    pub ask: Ask,
    /// Of the connection that it was sent over; none: it is to be sent.
    pub id: Option<CommandId>,
    pub answer: Option<Answer>,
    /// Nobody takes the answer.
    pub is_told: bool,
    /// It was sent over an earlier connection.
    again: bool,
    heard: Option<Heard>,
}

impl Ask {
    /// Whether the answer may be long in coming, so that it needs an id of its own.
    pub fn waits(&self) -> bool {
        match self {
            Ask::Group(ask) => {
                use GroupAsk::{Barrier, Freeze, Stop};
                // A stop is answered before what was asked earlier by a daemon new to its lead.
                matches!(ask, Barrier { .. } | Freeze { .. } | Stop { .. })
            }
            Ask::Mail(MailAsk::Get { flags, .. }) => flags.has(MailFlags::WAIT),
            Ask::Mail(_) => false,
        }
    }

    pub fn frame(&self, by: ProcessId, id: CommandId) -> Frame {
        match self {
            Ask::Group(ask) => Group { by, ask: ask.clone() }.frame(id),
            Ask::Mail(ask) => Mail { by, ask: ask.clone() }.frame(id),
        }
    }
}

impl Open {
    pub fn new(ask: Ask, is_told: bool) -> Open {
        Open { ask, id: None, answer: None, is_told, again: false, heard: None }
    }

    #[cfg(test)]
    pub fn is_known(&self) -> bool {
        self.heard.is_some()
    }

    /// The connection that it was sent over is lost.
    pub fn disconnect(&mut self) {
        self.again |= self.id.take().is_some();
    }

    /// It waits for others, which a stop does not.
    pub fn is_wait(&self) -> bool {
        self.ask.waits() && !matches!(self.ask, Ask::Group(GroupAsk::Stop { .. }))
    }

    /// It is not to be asked again: nobody waits for it, or it tells what is held, which is made
    /// anew from that.
    pub fn ends_with_connection(&self) -> bool {
        use GroupAsk::{KeepContext, Rejoin};
        let tells = match &self.ask {
            Ask::Group(ask) => matches!(ask, Rejoin { .. } | KeepContext { .. }),
            Ask::Mail(ask) => matches!(ask, MailAsk::Keep { .. }),
        };
        tells || (self.is_told && self.is_wait())
    }

    pub fn keeps(&self, entry: Stored) -> bool {
        matches!(&self.ask, Ask::Mail(MailAsk::Keep { at, .. }) if *at == entry)
    }

    /// As it is to be asked now.
    pub fn to_send(&self, held: &Held) -> Ask {
        let mut ask = self.ask.clone();
        if let Ask::Group(
            GroupAsk::Barrier { name, count, again, .. }
            | GroupAsk::Freeze { name, size: count, again },
        ) = &mut ask
            && self.again
        {
            // Where it never heard that it waits, the group was as it was last heard of.
            let round = held.membership(name).map_or(0, |held| held.round);
            let unheard = Heard { round, members: 0, count: count.unwrap_or(0) };
            *again = Some(self.heard.unwrap_or(unheard));
            *count = self.heard.map_or(*count, |heard| Some(heard.count));
        }
        ask
    }

    /// Takes an answer; true where it is the last.
    pub fn take(&mut self, answer: Answer) -> bool {
        if let Answer::Group(Grouped::Waiting(heard)) = answer {
            self.heard = Some(heard);
            return false;
        }
        self.answer = Some(if self.again { self.second(answer) } else { answer });
        true
    }

    /// An answer that says that it was done by the first try, which was not answered.
    fn second(&self, answer: Answer) -> Answer {
        use Answer as A;
        match (&self.ask, answer) {
            (
                Ask::Group(GroupAsk::Join { .. }),
                A::Group(Grouped::Refused(GroupError::AlreadyMember { instance })),
            ) => A::Group(Grouped::Joined { instance, round: 0 }),
            (
                Ask::Group(GroupAsk::Leave { .. }),
                A::Group(Grouped::Refused(GroupError::NotMember | GroupError::NoGroup)),
            )
            | (
                Ask::Group(GroupAsk::FreeContext { .. }),
                A::Group(Grouped::Refused(GroupError::NoContext)),
            ) => A::Group(Grouped::Done),
            (
                Ask::Mail(MailAsk::Delete { index, .. }),
                A::Mail(Mailed::Refused(MailError::NotFound)),
            ) => A::Mail(Mailed::Deleted { index: *index }),
            (_, answer) => answer,
        }
    }
}
