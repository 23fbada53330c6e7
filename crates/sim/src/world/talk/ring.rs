//! Some talkers act together: collectives over their engines, one after the other, each member at
//! its own pace.

use super::desk::Desk;
use super::life::{Mind, Stage};
use super::{Act, Talk};
use crate::check::collectives::{self, Kind};
use crate::plan::{MS, SECOND};
use crate::trace::Place;
use crate::world::{Event, World};
use posse_message::Scope;
use posse_message::collective::{CollectiveId, Group, all_reduce, barrier, reduce};
use posse_wire::ProcessId;

const RING: Scope = Scope { face: 2, context: 1 };

/// The members, by rank, and how many collectives each has begun.
#[derive(Default)]
pub struct Ring {
    pub members: Vec<(usize, ProcessId)>,
    begun: Vec<u64>,
    total: u64,
    /// Not all members have passed the same barriers of the board.
    pub is_uneven: bool,
}

/// A member's part.
pub struct Seat {
    pub group: Group,
    rank: usize,
    open: Option<(u64, CollectiveId)>,
    next: u64,
    /// All that it is to take part in, or all that there is sense in.
    pub is_done: bool,
}

impl Seat {
    pub fn waits_for(&self) -> Option<u64> {
        self.open.map(|(index, _)| index)
    }
}

impl World {
    /// Those that talk by now are the members, if they are at least two.
    pub fn gather(&mut self) {
        let Talk { all, ring, .. } = &mut self.talk;
        let talking = all.iter().enumerate().filter(|(_, talker)| talker.stage == Stage::Talks);
        let ids = talking.filter_map(|(number, talker)| Some((number, talker.mind.as_ref()?.id)));
        let mut members: Vec<(usize, ProcessId)> = ids.collect();
        members.sort_by_key(|(_, id)| *id);
        if members.len() < 2 {
            if self.now < self.talk.until {
                self.after(SECOND, Event::Gather);
            }
            return;
        }
        let ids: Vec<ProcessId> = members.iter().map(|(_, id)| *id).collect();
        ring.begun = vec![0; ids.len()];
        ring.members = members;
        for rank in 0..ids.len() {
            let talker = ring.members[rank].0;
            let Some(mind) = all[talker].mind.as_deref_mut() else { continue };
            let group = Group::new(&mut mind.engine, RING, ids.clone());
            let seat = |group| Seat { group, rank, open: None, next: 0, is_done: false };
            mind.seat = group.map(seat);
            mind.desk = Some(Desk::new(rank));
        }
        self.talk.ring.total = self.talk.dice().between(3, 20);
        for (talker, _) in self.talk.ring.members.clone() {
            self.after(0, Event::Talk { talker, act: Act::Collective });
            self.after(0, Event::Talk { talker, act: Act::Desk { connection: 0 } });
            self.say(Place::Talker(talker), || "is a member".to_owned());
        }
    }

    pub fn next_collective(&mut self, talker: usize) {
        let Talk { all, ring, .. } = &mut self.talk;
        let Some(Mind { engine, seat: Some(seat), .. }) = all[talker].mind.as_deref_mut() else {
            return;
        };
        if seat.open.is_some() || seat.is_done {
            return;
        }
        let (rank, size, index) = (seat.rank, ring.members.len(), seat.next);
        let (schedule, cells) = match collectives::kind(index, size) {
            Kind::Barrier => (barrier::dissemination(rank, size), vec![]),
            Kind::AllReduce => {
                (all_reduce::doubling(rank, size), vec![collectives::value(rank, index)])
            }
            Kind::Reduce(root) => {
                (reduce::tree(rank, size, root, true), vec![collectives::value(rank, index)])
            }
        };
        ring.begun[rank] = index + 1;
        seat.next += 1;
        let id = seat.group.begin(engine, schedule, cells, Box::new(collectives::add));
        seat.open = Some((index, id));
        self.talker_turn(talker);
    }

    /// Goes on with what is under way, and looks whether it has ended.
    pub fn ring_look(&mut self, talker: usize) {
        let Talk { all, ring, of, .. } = &mut self.talk;
        let Some(Mind { engine, seat: Some(seat), .. }) = all[talker].mind.as_deref_mut() else {
            return;
        };
        seat.group.progress(engine);
        let Some((index, id)) = seat.open else { return };
        let Some(result) = seat.group.take(id) else { return };
        seat.open = None;
        seat.is_done = result.is_err() || seat.next >= ring.total;
        let rank = seat.rank;
        // Whoever was told that it is over was told right: see `told`.
        let told = |id| all.iter().filter_map(|t| t.mind.as_ref()).any(|m| m.down.contains(&id));
        let over = |member: usize| {
            let id = ring.members[member].1;
            let of = of.get(&id);
            of.is_some_and(|of| matches!(all[*of].stage, Stage::Over(_))) || told(id)
        };
        let held = collectives::ended(index, rank, &result, &ring.begun, over);
        self.must("collectives", held, || Place::Talker(talker).to_string());
        let pause = self.talk.dice().below(400 * MS);
        self.after(pause, Event::Talk { talker, act: Act::Collective });
    }
}
