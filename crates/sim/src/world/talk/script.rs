//! What a member does with the board, one after the other: it joins a group, gets a context, leaves
//! an entry, passes barriers together with all other members that live, leaves, and looks whether
//! what it left is still there and what the dead left is not.

use super::Talk;
use super::desk::{Answer, Ask, Desk, Tell};
use super::life::{Mind, Stage};
use crate::check::{barriers, contexts, mailbox, told};
use crate::plan::{MS, SECOND};
use crate::trace::Place;
use crate::world::World;
use posse_wire::msg::{
    GroupAsk, GroupError, Grouped, MailAsk, MailError, MailFlags, Mailed, Stored,
};

const GROUP: &str = "g";
const CLASS: &str = "box";

/// Barriers that all members pass.
const ROUNDS: u64 = 4;

/// A wait in a barrier is given up after this, where some may have passed it without one that was
/// cut off, or was away for longer than a daemon that came to lead waits to be told.
const GIVE_UP: u64 = 20 * SECOND;

/// It looks again whether it may go on.
const LOOK_EVERY: u64 = 100 * MS;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug)]
pub enum Step {
    Join,
    Context,
    Put,
    /// All others that live join first.
    Gather,
    Barrier,
    Leave,
    /// What the dead left is to be gone.
    Settle,
    Get,
    Keep,
    List,
    Done,
}

/// What it was told that it holds.
#[derive(Debug)]
pub struct Held {
    rank: usize,
    /// Its number in the group, while it is a member.
    pub instance: Option<u32>,
    /// Barriers passed.
    pub round: u64,
    pub context: Option<u32>,
    entry: Option<Stored>,
}

impl Held {
    pub fn new(rank: usize) -> Held {
        Held { rank, instance: None, round: 0, context: None, entry: None }
    }

    fn value(&self) -> Vec<u8> {
        vec![self.rank as u8; 1 + self.rank * 100]
    }

    /// All of it, for a daemon that may not know.
    pub fn tell(&self) -> Vec<(Tell, Ask)> {
        let (round, is_frozen, name) = (self.round, false, GROUP.to_owned());
        let rejoin = |instance| GroupAsk::Rejoin { name, instance, round, is_frozen };
        let keep = |at| MailAsk::Keep {
            name: CLASS.to_owned(),
            flags: MailFlags::MULTI,
            value: self.value(),
            at,
        };
        let group = self.instance.map(|instance| (Tell::Rejoin, Ask::Group(rejoin(instance))));
        let context = self.context.map(|context| GroupAsk::KeepContext { context });
        let context = context.map(|ask| (Tell::Context, Ask::Group(ask)));
        let entry = self.entry.map(|at| (Tell::Entry, Ask::Mail(keep(at))));
        group.into_iter().chain(context).chain(entry).collect()
    }
}

impl Desk {
    /// What it asks now, where it need not wait for anything.
    fn wanted(&self) -> Option<Ask> {
        let name = GROUP.to_owned();
        let class = || CLASS.to_owned();
        let (count, strict, again) = (None, true, None);
        let context = self.held.context.unwrap_or_default();
        Some(match self.step {
            Step::Join => Ask::Group(GroupAsk::Join { name }),
            Step::Context => Ask::Group(GroupAsk::NewContext),
            Step::Put => Ask::Mail(MailAsk::Put {
                seq: 1,
                name: class(),
                flags: MailFlags::MULTI,
                value: self.held.value(),
            }),
            Step::Barrier => Ask::Group(GroupAsk::Barrier { name, count, strict, again }),
            Step::Leave => Ask::Group(GroupAsk::Leave { name }),
            Step::Get => {
                let index = self.held.entry.map_or(0, |at| at.index);
                Ask::Mail(MailAsk::Get { name: class(), index, flags: MailFlags::default() })
            }
            Step::Keep => Ask::Group(GroupAsk::KeepContext { context }),
            Step::List => Ask::Mail(MailAsk::List { behind: None }),
            Step::Gather | Step::Settle | Step::Done => return None,
        })
    }
}

impl Talk {
    /// Members that live and have not joined.
    fn not_joined(&self) -> impl Iterator<Item = usize> {
        let members = self.ring.members.iter().map(|(member, _)| *member);
        members.filter(|member| {
            let mind = self.all[*member].mind.as_ref();
            let desk = mind.and_then(|mind| mind.desk.as_ref());
            desk.is_some_and(|desk| desk.held.instance.is_none() && desk.step < Step::Gather)
        })
    }
}

impl World {
    /// What others hold that live, and are not given up with their host.
    fn others(&self, talker: usize) -> impl Iterator<Item = &Held> {
        let others = self.talk.all.iter().enumerate();
        let others = others.filter(move |(n, _)| *n != talker && self.hangs_at_leader(*n));
        others.filter_map(|(_, other)| Some(&other.mind.as_ref()?.desk.as_ref()?.held))
    }

    /// Whether a daemon has come to lead whose board was empty: what was not told it in time is
    /// not kept.
    fn has_another_board(&self) -> bool {
        self.voted.term() > 0 || self.hosts[0].life > 1
    }

    /// Goes on with the script.
    pub fn next_ask(&mut self, talker: usize) {
        let now = self.now;
        let joined = !self.talk.not_joined().any(|member| self.hangs_at_leader(member));
        let late = self.talk.not_joined().next().is_some();
        let settled = now > self.dead_settle_by();
        let uneven = self.has_another_board() || self.talk.ring.is_uneven;
        let Some(desk) = self.desk(talker) else { return };
        let connection = desk.connection();
        if let Some(open) = &desk.open {
            let waits = open.is_barrier() && open.heard.is_some() && now >= open.since + GIVE_UP;
            if let (true, true, Some(id)) = (waits, uneven, open.id) {
                let stop = Ask::Group(GroupAsk::Stop { name: GROUP.to_owned() });
                return self.tell(talker, Tell::Stop(id), &stop);
            }
            return self.ask_board(talker);
        }
        match desk.step {
            Step::Gather if joined => {
                desk.step = Step::Barrier;
                self.talk.ring.is_uneven |= late;
                return self.desk_later(talker, connection, 0);
            }
            Step::Settle if settled => desk.step = Step::Get,
            Step::Barrier if desk.held.round >= ROUNDS => desk.step = Step::Leave,
            _ => {}
        }
        match desk.wanted() {
            Some(ask) => {
                desk.open = Some(super::desk::Open::new(ask, now));
                self.ask_board(talker);
            }
            None if desk.step == Step::Done => {
                if let Some(conn) = desk.conn.take() {
                    self.close(conn, 1, "it has done all");
                }
            }
            None => self.desk_later(talker, connection, LOOK_EVERY),
        }
    }

    /// When entries of the members that are over must be gone.
    fn dead_settle_by(&self) -> u64 {
        let members = self.talk.ring.members.iter();
        let over = members.filter_map(|(_, id)| self.talk.over_since(*id)).max();
        over.map_or(0, |over| told::until(over, self.faults_matter()))
    }

    /// An answer to what is open.
    pub fn answered(&mut self, talker: usize, answer: Answer) {
        let about = || Place::Talker(talker).to_string();
        let Some(desk) = self.desk(talker) else { return };
        let connection = desk.connection();
        if let (Answer::Group(Grouped::Waiting(heard)), Some(open)) = (&answer, &mut desk.open) {
            open.heard = Some(*heard);
            return self.desk_later(talker, connection, GIVE_UP);
        }
        let Some(open) = desk.open.take() else { return };
        let step = desk.step;
        let retry = match (step, answer) {
            (_, Answer::Group(Grouped::Refused(GroupError::Other { .. })))
            | (_, Answer::Mail(Mailed::Refused(MailError::Other { .. }))) => true,
            (Step::Barrier, Answer::Group(answer)) => self.barrier_answered(talker, &open, &answer),
            (_, Answer::Group(answer)) => self.group_answered(talker, step, &answer),
            (_, Answer::Mail(answer)) => self.mail_answered(talker, step, &answer),
        };
        if retry && step != Step::Barrier && self.voted.term() == 0 && self.faults_fired == 0 {
            self.must("barriers", Err(format!("{:?} was refused", open.ask)), about);
        }
        let pause = self.talk.dice().below(300 * MS);
        self.desk_later(talker, connection, pause);
    }

    fn barrier_answered(
        &mut self,
        talker: usize,
        open: &super::desk::Open,
        answer: &Grouped,
    ) -> bool {
        let held = match answer {
            Grouped::Passed { round } => {
                let held = barriers::passed(&self.talk.rounds, *round, open.heard);
                if let Some(desk) = self.desk(talker) {
                    desk.held.round = *round;
                }
                held
            }
            Grouped::Refused(GroupError::MemberDied { .. } | GroupError::Mismatch { .. }) => Ok(()),
            other => Err(format!("a member is answered {other:?}")),
        };
        self.must("barriers", held, || Place::Talker(talker).to_string());
        false
    }

    fn group_answered(&mut self, talker: usize, step: Step, answer: &Grouped) -> bool {
        let lead_is_old = !self.has_another_board();
        let Talk { all, .. } = &self.talk;
        debug_assert!(all[talker].stage == Stage::Talks);
        let (next, held) = match (step, answer) {
            (Step::Join, Grouped::Joined { instance, .. })
            | (Step::Join, Grouped::Refused(GroupError::AlreadyMember { instance })) => {
                let taken = self.others(talker).filter_map(|held| held.instance);
                let held = barriers::numbered(*instance, taken.filter(|_| lead_is_old));
                (Step::Context, ("barriers", held))
            }
            (Step::Context, Grouped::Context { context }) => {
                let others = self.others(talker).filter_map(|held| held.context);
                (Step::Put, ("contexts", contexts::once(*context, others)))
            }
            (Step::Leave, Grouped::Done | Grouped::Refused(_)) => {
                (Step::Settle, ("barriers", Ok(())))
            }
            (Step::Keep, answer) => {
                let mind = all[talker].mind.as_deref();
                let held = mind.and_then(|mind| mind.desk.as_ref()).and_then(|d| d.held.context);
                let is_kept = matches!(answer, Grouped::Context { .. });
                let held = contexts::kept(held.unwrap_or_default(), is_kept);
                (Step::List, ("contexts", held))
            }
            _ => return true,
        };
        let Some(desk) = self.desk(talker) else { return false };
        desk.step = next;
        match answer {
            Grouped::Joined { instance, round } => {
                (desk.held.instance, desk.held.round) = (Some(*instance), *round);
            }
            Grouped::Refused(GroupError::AlreadyMember { instance }) => {
                desk.held.instance = Some(*instance);
            }
            Grouped::Context { context } => desk.held.context = Some(*context),
            _ => desk.held.instance = None,
        }
        self.must(held.0, held.1, || Place::Talker(talker).to_string());
        false
    }

    fn mail_answered(&mut self, talker: usize, step: Step, answer: &Mailed) -> bool {
        let (now, matter) = (self.now, self.faults_matter());
        let Talk { all, of, .. } = &self.talk;
        let over = |id| match of.get(&id).map(|talker| all[*talker].stage) {
            Some(Stage::Over(since)) => Some(told::until(since, matter)),
            _ => None,
        };
        let mind = all[talker].mind.as_deref();
        let Some(Mind { desk: Some(desk), .. }) = mind else { return false };
        let (next, held) = match (step, answer) {
            (Step::Put, Mailed::Stored(_)) => (Step::Gather, Ok(())),
            (Step::Get, _) if desk.held.entry.is_none() => (Step::Keep, Ok(())),
            (Step::Get, Mailed::Found { value, .. }) => {
                (Step::Keep, mailbox::found(Some(value), &desk.held.value()))
            }
            (Step::Get, _) => (Step::Keep, mailbox::found(None, &desk.held.value())),
            (Step::List, Mailed::Listed { entries, .. }) => {
                let owners = entries.iter().filter_map(|entry| entry.owner);
                let mut held = owners.map(|owner| mailbox::goes(now, over(owner)));
                (Step::Done, held.find(Result::is_err).unwrap_or(Ok(())))
            }
            _ => return true,
        };
        let Some(desk) = self.desk(talker) else { return false };
        desk.step = next;
        if let Mailed::Stored(at) = answer {
            desk.held.entry = Some(*at);
        }
        self.must("mailbox", held, || Place::Talker(talker).to_string());
        false
    }

    /// An answer to what was told, or to a stop.
    pub fn told_answered(&mut self, talker: usize, conn: usize, tell: Tell, answer: Answer) {
        let lead_is_old = !self.has_another_board();
        let Some(desk) = self.desk(talker) else { return };
        let held = match (tell, answer) {
            (Tell::Rejoin, Answer::Group(Grouped::Joined { instance, round })) => {
                desk.held.instance = Some(instance);
                // A barrier that is open is asked for with what was heard before.
                if desk.open.as_ref().is_none_or(|open| !open.is_barrier()) {
                    desk.held.round = desk.held.round.max(round);
                }
                Ok(())
            }
            (Tell::Entry, Answer::Mail(Mailed::Stored(at))) => {
                desk.held.entry = Some(at);
                Ok(())
            }
            (Tell::Entry, Answer::Mail(Mailed::Taken { .. })) if !lead_is_old => {
                desk.held.entry = None;
                Ok(())
            }
            (Tell::Context, Answer::Group(Grouped::Context { .. })) => Ok(()),
            (Tell::Stop(id), _) => {
                if desk.open.as_ref().is_some_and(|open| open.id == Some(id)) {
                    desk.open = None;
                    let connection = desk.connection();
                    self.desk_later(talker, connection, LOOK_EVERY);
                }
                return;
            }
            (_, Answer::Group(Grouped::Refused(GroupError::Other { .. })))
            | (_, Answer::Mail(Mailed::Refused(MailError::Other { .. }))) => {
                return self.desk_lost(talker, conn);
            }
            (tell, answer) => Err(format!("{tell:?} is answered {answer:?}")),
        };
        let check = match tell {
            Tell::Entry => "mailbox",
            Tell::Context => "contexts",
            _ => "barriers",
        };
        self.must(check, held, || Place::Talker(talker).to_string());
    }
}
