//! Members that wait for each other: barriers and freezes, and what a leave or a death is to those
//! who wait.
//!
//! A barrier lets all go once as many members wait as the first of them said; who names another
//! number is refused. It is the group's next *round*: a member that asks again over another
//! connection, or another daemon, is let go if its round was passed meanwhile.

use super::Asker;
use super::answers::Answers;
use super::gathering::{Gathering, Waiter};
use super::groups::{Group, Groups, State};
use crate::LinkId;
use posse_wire::ProcessId;
use posse_wire::msg::{GroupError, Grouped, Heard};

/// How one of a group's waits is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub asker: Asker,
    /// None: as many as there are.
    pub count: Option<u32>,
    pub strict: bool,
    pub again: Option<Heard>,
}

impl Group {
    /// What one that begins to wait is told, and how it waits.
    fn waiter(&self, wish: Wish) -> Result<Waiter, GroupError> {
        let count = wish.count.unwrap_or(self.size());
        if count == 0 {
            return Err(GroupError::Other { why: "nobody is waited for".to_owned() });
        }
        let members = wish.again.map_or(self.size(), |heard| heard.members);
        let heard = Heard { round: self.round, members, count };
        let told = wish.again.is_some();
        Ok(Waiter { asker: Some(wish.asker), strict: wish.strict, heard, told })
    }

    /// Whether the round for which it says to wait was passed while it could not be told so.
    fn was_passed(&self, by: ProcessId, again: Heard) -> bool {
        let Some(member) = self.members.get(&by) else { return false };
        let passed = if member.told { self.round } else { member.passed };
        passed > again.round
    }

    /// A member was told by an earlier daemon that more rounds were passed: so were those who wait
    /// as the earlier ones let them.
    pub fn release_late(&mut self, out: &mut Answers) {
        let round = self.round;
        let members = &self.members;
        let is_late = |by: ProcessId, waiter: &Waiter| {
            let told = members.get(&by).is_some_and(|member| member.told);
            told && waiter.told && waiter.heard.round < round
        };
        let late = self.barrier.as_mut().map(|all| all.take(is_late)).unwrap_or_default();
        for (_, waiter) in late {
            answer(waiter, &Grouped::Passed { round }, out);
        }
        self.barrier.take_if(|all| all.is_empty());
    }

    fn pass(&mut self, out: &mut Answers) {
        let Some(all) = self.barrier.take() else { return };
        // A peer may have told any number.
        self.round = self.round.saturating_add(1);
        let round = self.round;
        for (by, waiter) in all.into_all() {
            if let Some(member) = self.members.get_mut(&by) {
                (member.passed, member.told) = (round, false);
            }
            answer(waiter, &Grouped::Passed { round }, out);
        }
    }

    /// Before a member leaves, or because it is over.
    fn part(&mut self, by: ProcessId, is_dead: bool, out: &mut Answers) {
        for all in [&mut self.barrier, &mut self.freeze].into_iter().flatten() {
            if let Some(waiter) = all.withdraw(by) {
                answer(waiter, &Grouped::Refused(GroupError::NotMember), out);
            }
        }
        if let (true, Some(all)) = (is_dead, self.barrier.as_mut()) {
            let died = Grouped::Refused(GroupError::MemberDied { process: Some(by) });
            for (_, waiter) in all.take(|_, waiter| waiter.strict) {
                answer(waiter, &died, out);
            }
        }
        if self.state != State::Open {
            self.state = State::Broken;
            let all = self.barrier.take().map(Gathering::into_all).unwrap_or_default();
            for waiter in all.into_values() {
                answer(waiter, &Grouped::Refused(GroupError::NoGroup), out);
            }
        }
        self.forget_empty();
    }

    fn forget_empty(&mut self) {
        self.barrier.take_if(|all| all.is_empty());
        self.freeze.take_if(|all| all.is_empty());
    }
}

impl Groups {
    pub fn barrier(
        &mut self,
        by: ProcessId,
        name: &str,
        wish: Wish,
        out: &mut Answers,
    ) -> Result<(), GroupError> {
        let group = self.group(name)?;
        if group.state == State::Broken {
            return Err(GroupError::NoGroup);
        }
        if !group.members.contains_key(&by) {
            return Err(GroupError::NotMember);
        }
        if wish.again.is_some_and(|heard| group.was_passed(by, heard)) {
            out.grouped(wish.asker, &Grouped::Passed { round: group.round });
            return Ok(());
        }
        let mut waiter = group.waiter(wish)?;
        if let Some(heard) = wish.again {
            waiter.heard.round = heard.round;
        }
        if gather(&mut group.barrier, by, waiter, out)? {
            group.pass(out);
        }
        Ok(())
    }

    pub fn freeze(
        &mut self,
        by: ProcessId,
        name: &str,
        wish: Wish,
        out: &mut Answers,
    ) -> Result<(), GroupError> {
        let group = self.group(name)?;
        let is_member = group.members.contains_key(&by);
        if group.state != State::Open {
            let was_waiting = is_member && wish.again.is_some();
            let frozen = || out.grouped(wish.asker, &Grouped::Frozen);
            return was_waiting.then(frozen).ok_or(GroupError::Frozen);
        }
        if !is_member {
            return Err(GroupError::NotMember);
        }
        let waiter = group.waiter(wish)?;
        if gather(&mut group.freeze, by, waiter, out)? {
            group.state = State::Frozen;
            let all = group.freeze.take().map(Gathering::into_all).unwrap_or_default();
            for waiter in all.into_values() {
                answer(waiter, &Grouped::Frozen, out);
            }
        }
        Ok(())
    }

    /// It wants to wait for nothing more in this group.
    pub fn stop(&mut self, by: ProcessId, name: &str) {
        if let Ok(group) = self.group(name) {
            for all in [&mut group.barrier, &mut group.freeze].into_iter().flatten() {
                all.withdraw(by);
            }
            group.forget_empty();
        }
    }

    pub fn leave(
        &mut self,
        by: ProcessId,
        name: &str,
        out: &mut Answers,
    ) -> Result<Grouped, GroupError> {
        let group = self.group(name)?;
        if !group.members.contains_key(&by) {
            return Err(GroupError::NotMember);
        }
        group.part(by, false, out);
        self.remove(by, name);
        Ok(Grouped::Done)
    }

    /// A process is over.
    pub fn gone(&mut self, by: ProcessId, out: &mut Answers) {
        for name in self.of(by) {
            if let Ok(group) = self.group(&name) {
                group.part(by, true, out);
            }
            self.remove(by, &name);
        }
    }

    /// A connection by which this process asked is lost.
    pub fn disconnect(&mut self, by: ProcessId, link: LinkId) {
        for name in self.of(by) {
            let Ok(group) = self.group(&name) else { continue };
            for all in [&mut group.barrier, &mut group.freeze].into_iter().flatten() {
                all.disconnect(by, link);
            }
        }
    }

    /// All who are there have told what they hold. Who was waiting in a group that was large
    /// enough, and is not now, waits for somebody who died unseen.
    pub fn settled(&mut self, out: &mut Answers) {
        let died = Grouped::Refused(GroupError::MemberDied { process: None });
        for group in self.by_name.values_mut() {
            let size = group.size();
            let is_short = |_, waiter: &Waiter| {
                let count = waiter.heard.count;
                waiter.strict && waiter.told && size < count && count <= waiter.heard.members
            };
            let short = group.barrier.as_mut().map(|all| all.take(is_short)).unwrap_or_default();
            for (_, waiter) in short {
                answer(waiter, &died, out);
            }
            group.forget_empty();
        }
    }
}

/// One more waits; true where that makes it complete.
fn gather(
    place: &mut Option<Gathering>,
    by: ProcessId,
    waiter: Waiter,
    out: &mut Answers,
) -> Result<bool, GroupError> {
    let all = place.get_or_insert_with(|| Gathering::new(waiter.heard.count));
    if all.count != waiter.heard.count {
        return Err(GroupError::Mismatch { count: all.count });
    }
    if let Some(before) = all.arrive(by, waiter).filter(|before| before.asker != waiter.asker) {
        let why = "the process has asked to wait once more".to_owned();
        answer(before, &Grouped::Refused(GroupError::Other { why }), out);
    }
    let is_complete = all.is_complete();
    if !is_complete {
        answer(waiter, &Grouped::Waiting(waiter.heard), out);
    }
    Ok(is_complete)
}

fn answer(waiter: Waiter, answer: &Grouped, out: &mut Answers) {
    if let Some(asker) = waiter.asker {
        out.grouped(asker, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse_wire::CommandId;

    const A: ProcessId = ProcessId(1);
    const B: ProcessId = ProcessId(2);
    const C: ProcessId = ProcessId(3);

    fn asker(by: ProcessId) -> Asker {
        Asker { link: LinkId(by.0), id: CommandId(by.0) }
    }

    fn group(members: &[ProcessId]) -> Groups {
        let mut groups = Groups::default();
        members.iter().for_each(|by| drop(groups.join(*by, "g".into())));
        groups
    }

    fn wish(by: ProcessId, count: u32, strict: bool) -> Wish {
        Wish { asker: asker(by), count: Some(count), strict, again: None }
    }

    fn told(out: &mut Answers) -> Vec<u64> {
        out.take().iter().map(|(_, frame)| frame.id.0).collect()
    }

    #[test]
    fn numbers_are_the_lowest_free_and_leave_holes() {
        let mut groups = group(&[A, B, C]);
        assert_eq!(groups.join(B, "g".into()), Err(GroupError::AlreadyMember { instance: 1 }));
        let mut out = Answers::default();
        assert_eq!(groups.leave(A, "g", &mut out), Ok(Grouped::Done));
        assert_eq!(groups.leave(A, "g", &mut out), Err(GroupError::NotMember));
        let members = groups.members("g", None);
        assert_eq!(members, Ok(Grouped::Members { members: vec![(1, B), (2, C)], more: false }));
        assert_eq!(groups.join(A, "g".into()), Ok(Grouped::Joined { instance: 0, round: 0 }));
        for by in [A, B, C] {
            groups.gone(by, &mut out);
        }
        assert_eq!(groups.members("g", None), Err(GroupError::NoGroup));
        assert_eq!(groups.count(), 0);
    }

    #[test]
    fn who_names_another_count_is_refused_and_the_others_wait_on() {
        let (mut groups, mut out) = (group(&[A, B]), Answers::default());
        let nobody = groups.barrier(A, "g", wish(A, 0, false), &mut out);
        assert!(matches!(nobody, Err(GroupError::Other { .. })));
        assert_eq!(groups.barrier(A, "g", wish(A, 2, false), &mut out), Ok(()));
        let other = groups.barrier(B, "g", wish(B, 3, false), &mut out);
        assert_eq!(other, Err(GroupError::Mismatch { count: 2 }));
        assert_eq!(groups.barrier(C, "g", wish(C, 2, false), &mut out), Err(GroupError::NotMember));
        assert_eq!(groups.barrier(C, "h", wish(C, 2, false), &mut out), Err(GroupError::NoGroup));
        told(&mut out);
        assert_eq!(groups.barrier(B, "g", wish(B, 2, false), &mut out), Ok(()));
        assert_eq!(told(&mut out), [1, 2]);
    }

    #[test]
    fn a_death_ends_strict_waits_alone_and_one_that_waited_counts_no_more() {
        let (mut groups, mut out) = (group(&[A, B, C]), Answers::default());
        assert!(groups.barrier(A, "g", wish(A, 3, false), &mut out).is_ok());
        assert!(groups.barrier(B, "g", wish(B, 3, true), &mut out).is_ok());
        told(&mut out);
        groups.gone(C, &mut out);
        assert_eq!(told(&mut out), [2]);
        assert_eq!(groups.join(C, "g".into()), Ok(Grouped::Joined { instance: 2, round: 0 }));
        assert!(groups.barrier(B, "g", wish(B, 3, false), &mut out).is_ok());
        groups.gone(B, &mut out);
        assert!(groups.barrier(C, "g", wish(C, 3, false), &mut out).is_ok());
        told(&mut out);
        assert!(groups.join(B, "g".into()).is_ok());
        assert!(groups.barrier(B, "g", wish(B, 3, false), &mut out).is_ok());
        assert_eq!(told(&mut out), [1, 2, 3]);
    }

    #[test]
    fn a_frozen_group_takes_nobody_and_is_of_no_use_once_one_has_left() {
        let (mut groups, mut out) = (group(&[A, B]), Answers::default());
        assert!(groups.freeze(A, "g", wish(A, 2, false), &mut out).is_ok());
        assert!(groups.freeze(B, "g", wish(B, 2, false), &mut out).is_ok());
        assert_eq!(told(&mut out), [1, 1, 2], "the first was told that it waits");
        assert_eq!(groups.join(C, "g".into()), Err(GroupError::Frozen));
        let again = groups.freeze(A, "g", wish(A, 2, false), &mut out);
        assert_eq!(again, Err(GroupError::Frozen));
        assert!(groups.barrier(A, "g", wish(A, 2, false), &mut out).is_ok());
        told(&mut out);
        groups.gone(B, &mut out);
        assert_eq!(told(&mut out), [1]);
        let after = groups.barrier(A, "g", wish(A, 1, false), &mut out);
        assert_eq!(after, Err(GroupError::NoGroup));
        assert!(groups.leave(A, "g", &mut out).is_ok());
        assert_eq!(groups.join(C, "g".into()), Ok(Grouped::Joined { instance: 0, round: 0 }));
    }

    #[test]
    fn who_gives_up_does_not_count() {
        let (mut groups, mut out) = (group(&[A, B]), Answers::default());
        assert!(groups.barrier(A, "g", wish(A, 2, false), &mut out).is_ok());
        groups.stop(A, "g");
        assert!(groups.barrier(B, "g", wish(B, 1, false), &mut out).is_ok());
        assert_eq!(told(&mut out), [1, 2]);
    }
}
