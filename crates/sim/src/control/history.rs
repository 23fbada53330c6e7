//! What clients did and saw, and whether there is an order of it that one registry could have
//! gone through: the search of Wing and Gong with Lowe's memory of where it has been, one name
//! at a time. An operation without an answer may have happened at any time after it began, or
//! never. Called by the worlds' clients, and by cluster tests whose clients are real.

use posse_control::state::{Answer, Expect, Owner};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    Open,
    LookUp {
        name: usize,
    },
    Register {
        name: usize,
        value: Vec<u8>,
        owner: Owner,
        expect: Expect,
        before: Option<Vec<u8>>,
    },
    /// For this owner, or for whoever has it.
    Unregister {
        name: usize,
        owner: Option<Owner>,
    },
    Release {
        owner: Owner,
    },
    HostGone {
        host: u32,
        incarnation: u32,
    },
    Count {
        client: usize,
        count: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Answered(Answer),
    Found(Option<(Vec<u8>, u64)>),
    Unknown,
}

#[derive(Debug, Clone)]
pub struct Done {
    pub op: Op,
    pub began: u64,
    pub ended: u64,
    pub seen: Seen,
}

/// What the search found about one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order.
    Explained,
    /// There is none: the longest explained beginning.
    Unexplained(String),
    /// It was given up; nothing is proven.
    GivenUp,
}

#[derive(Debug, Default)]
pub struct History {
    pub all: Vec<Done>,
}

/// What a name is: nobody's, or this process's with this value.
type Held = Option<(Owner, Vec<u8>)>;

/// Places of the search before it is given up; nothing is proven then.
const STEPS: usize = 400_000;

impl Op {
    pub fn name(&self) -> String {
        match self {
            Op::LookUp { name } | Op::Register { name, .. } | Op::Unregister { name, .. } => {
                format!("name/{name}")
            }
            _ => String::new(),
        }
    }

    pub fn is_look_up(&self) -> bool {
        matches!(self, Op::LookUp { .. })
    }

    /// Whether it could matter to this name.
    fn is_about(&self, about: usize) -> bool {
        match self {
            Op::LookUp { name } | Op::Register { name, .. } | Op::Unregister { name, .. } => {
                *name == about
            }
            Op::Release { .. } | Op::HostGone { .. } => true,
            Op::Open | Op::Count { .. } => false,
        }
    }
}

impl History {
    pub fn push(&mut self, op: Op, began: u64, ended: u64, seen: Seen) {
        let ended = if seen == Seen::Unknown { u64::MAX } else { ended };
        self.all.push(Done { op, began, ended, seen });
    }

    /// What no order explains: the name, and the longest explained beginning.
    pub fn unexplained(&self, name: usize) -> Option<String> {
        match self.judge(name) {
            Verdict::Unexplained(what) => Some(what),
            Verdict::Explained | Verdict::GivenUp => None,
        }
    }

    /// Whether one registry could have shown what was seen of this name.
    pub fn judge(&self, name: usize) -> Verdict {
        let mut ops: Vec<&Done> = self.all.iter().filter(|done| done.op.is_about(name)).collect();
        // What nobody saw changes nothing for those who look.
        ops.retain(|done| !(done.seen == Seen::Unknown && done.op.is_look_up()));
        ops.sort_by_key(|done| done.began);
        Search { ops, best: 0, best_at: None, steps: 0 }.run(name)
    }
}

struct Search<'a> {
    ops: Vec<&'a Done>,
    best: usize,
    best_at: Option<String>,
    steps: usize,
}

/// A place of the search: which are ordered already, and what the name is then.
type Spot = (Vec<u64>, Held);

impl Search<'_> {
    fn run(mut self, name: usize) -> Verdict {
        let words = self.ops.len().div_ceil(64);
        let must = self.ops.iter().filter(|done| done.seen != Seen::Unknown).count();
        let mut open: Vec<(Spot, usize)> = vec![((vec![0; words], None), 0)];
        let mut been: BTreeSet<Spot> = BTreeSet::new();
        while let Some(((taken, held), answered)) = open.pop() {
            if answered == must {
                return Verdict::Explained;
            }
            self.steps += 1;
            if self.steps > STEPS {
                return Verdict::GivenUp;
            }
            if answered >= self.best {
                self.best = answered;
                self.best_at = Some(format!("{held:?}"));
            }
            for at in self.next(&taken) {
                let done = self.ops[at];
                let Some(after) = step(&held, &done.op, &done.seen) else { continue };
                let mut taken = taken.clone();
                taken[at / 64] |= 1 << (at % 64);
                let spot = (taken, after);
                if been.insert(spot.clone()) {
                    open.push((spot, answered + usize::from(done.seen != Seen::Unknown)));
                }
            }
        }
        let (best, at) = (self.best, self.best_at.unwrap_or_default());
        let what = format!("name/{name}: {best} of {must} answers can be explained, up to {at}");
        Verdict::Unexplained(what)
    }

    /// Those that may come next: none of the others was over before they began. The likeliest
    /// last, since the search takes the last first.
    fn next(&self, taken: &[u64]) -> Vec<usize> {
        let is_taken = |at: usize| taken[at / 64] >> (at % 64) & 1 == 1;
        let left = (0..self.ops.len()).filter(|at| !is_taken(*at));
        let first_end = left.clone().map(|at| self.ops[at].ended).min().unwrap_or(u64::MAX);
        let mut next: Vec<usize> = left.filter(|at| self.ops[*at].began <= first_end).collect();
        next.sort_by_key(|at| std::cmp::Reverse(self.ops[*at].ended));
        next
    }
}

/// What the name is after it, or none if it can not have been seen so.
fn step(held: &Held, op: &Op, seen: &Seen) -> Option<Held> {
    match op {
        Op::LookUp { .. } => {
            let Seen::Found(found) = seen else { return Some(held.clone()) };
            let same = found.as_ref().map(|(value, _)| value) == held.as_ref().map(|(_, v)| v);
            same.then(|| held.clone())
        }
        Op::Register { value, owner, expect, before, .. } => {
            let allowed = may(held, *owner, *expect, before.as_deref());
            let changed = Some((*owner, value.clone()));
            match seen {
                Seen::Answered(Answer::Version(_)) => allowed.then_some(changed),
                Seen::Answered(Answer::Taken { owner: other, .. }) => {
                    let is_other = held.as_ref().is_some_and(|(holder, _)| holder == other);
                    (!allowed && is_other).then(|| held.clone())
                }
                Seen::Answered(Answer::NoName) => {
                    (held.is_none() && matches!(expect, Expect::Version(_))).then(|| held.clone())
                }
                Seen::Unknown => Some(if allowed { changed } else { held.clone() }),
                _ => Some(held.clone()),
            }
        }
        Op::Unregister { owner, .. } => {
            let is_whose = |holder: &Owner| owner.is_none_or(|owner| owner == *holder);
            let is_own = held.as_ref().is_some_and(|(holder, _)| is_whose(holder));
            match seen {
                Seen::Answered(Answer::Done) => is_own.then_some(None),
                Seen::Answered(Answer::NoName) => held.is_none().then_some(None),
                Seen::Answered(Answer::Taken { owner: other, .. }) => {
                    let is_other = held.as_ref().is_some_and(|(holder, _)| holder == other);
                    (is_other && !(is_own && owner.is_some())).then(|| held.clone())
                }
                _ => Some(if is_own { None } else { held.clone() }),
            }
        }
        Op::Release { owner } => Some(held.clone().filter(|(holder, _)| holder != owner)),
        Op::HostGone { host, incarnation } => {
            Some(held.clone().filter(|(holder, _)| {
                (holder.host.0, holder.incarnation.0) != (*host, *incarnation)
            }))
        }
        Op::Open | Op::Count { .. } => Some(held.clone()),
    }
}

fn may(held: &Held, owner: Owner, expect: Expect, before: Option<&[u8]>) -> bool {
    match (held, expect) {
        (None, Expect::Version(_)) => false,
        (None, _) => true,
        (Some(_), Expect::Absent) => false,
        (Some((holder, _)), Expect::Own) => *holder == owner,
        (Some((holder, value)), Expect::Version(_)) => {
            *holder == owner && Some(value.as_slice()) == before
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse_wire::{CommandId, HostId, Incarnation, Rank};

    const OWNER: Owner = Owner {
        host: HostId(1),
        incarnation: Incarnation(1),
        command: CommandId(1),
        rank: Rank(1),
    };

    fn register(value: u8) -> Op {
        let (value, expect) = (vec![value], Expect::Own);
        Op::Register { name: 0, value, owner: OWNER, expect, before: None }
    }

    fn found(value: u8) -> Seen {
        Seen::Found(Some((vec![value], 0)))
    }

    #[test]
    fn a_stale_read_has_no_explanation() {
        let mut history = History::default();
        history.push(register(1), 0, 1, Seen::Answered(Answer::Version(1)));
        history.push(register(2), 2, 3, Seen::Answered(Answer::Version(2)));
        history.push(Op::LookUp { name: 0 }, 4, 5, found(2));
        assert_eq!(history.unexplained(0), None);
        history.push(Op::LookUp { name: 0 }, 6, 7, found(1));
        assert!(history.unexplained(0).is_some());
    }

    #[test]
    fn what_was_not_answered_may_have_been_done_late() {
        let mut history = History::default();
        history.push(register(1), 0, 1, Seen::Unknown);
        history.push(Op::LookUp { name: 0 }, 4, 5, Seen::Found(None));
        history.push(Op::LookUp { name: 0 }, 6, 7, found(1));
        assert_eq!(history.unexplained(0), None);
        history.push(Op::LookUp { name: 0 }, 8, 9, Seen::Found(None));
        assert!(history.unexplained(0).is_some());
    }
}
