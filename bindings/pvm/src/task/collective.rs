//! Collective operations of a group, over messages: reduce, gather, scatter.
//!
//! One of the members is the root; the others exchange one message with it, or in a reduce with
//! the first member of their host, so that one message goes from host to host. Messages go in a
//! context that no program's receive looks at, with the program's tag, so that operations under
//! different tags do not meet. Called by `abi/group.rs`.

use super::Task;
use super::group::{instance, member};
use crate::Tid;
use crate::buffer::Contents;
use crate::code::{PvmError, Result};
use crate::encoding::Encoding;
use crate::machine::{Label, Want};

/// The context of the library's own messages.
pub(super) const CONTEXT: i32 = i32::MIN;

/// Who takes part: the tids by instance, this task's instance and the root's.
struct Circle {
    members: Vec<Tid>,
    own: usize,
    root: usize,
}

impl Circle {
    /// Who folds what the members of this one's host give.
    fn leader(&self, at: usize) -> usize {
        let host = self.members[at].host();
        if host == self.members[self.root].host() {
            return self.root;
        }
        self.members.iter().position(|member| member.host() == host).unwrap_or(at)
    }

    /// From whom a leader hears: the members of its host, and at the root all other leaders.
    fn folded_by(&self, leader: usize) -> Vec<usize> {
        let host = self.members[leader].host();
        let is_beside = |at: &usize| self.members[*at].host() == host;
        let (beside, away): (Vec<usize>, Vec<usize>) =
            (0..self.members.len()).filter(|at| *at != leader).partition(is_beside);
        let leaders = away.into_iter().filter(|at| leader == self.root && self.leader(*at) == *at);
        beside.into_iter().chain(leaders).collect()
    }
}

impl Task {
    /// `pvm_reduce`: gives the root what all members gave, folded. `fold` takes the second operand
    /// into the first; those of one host come in the order of instances, then those of hosts.
    pub fn reduce(
        &self,
        name: &str,
        tag: i32,
        root: i32,
        data: &[u8],
        mut fold: impl FnMut(&mut [u8], &[u8]) -> Result<()>,
    ) -> Result<Option<Vec<u8>>> {
        let circle = self.circle(name, root)?;
        let leader = circle.leader(circle.own);
        if circle.own != leader {
            self.send_own(circle.members[leader], tag, data)?;
            return Ok(None);
        }
        let mut sum = data.to_vec();
        for from in circle.folded_by(leader) {
            let part = self.part(circle.members[from], tag, data.len())?;
            fold(&mut sum, &part)?;
        }
        if circle.own == circle.root {
            return Ok(Some(sum));
        }
        self.send_own(circle.members[circle.root], tag, &sum)?;
        Ok(None)
    }

    /// `pvm_gather`: at the root, `store` is given each member's data with its instance.
    pub fn gather(
        &self,
        name: &str,
        tag: i32,
        root: i32,
        data: &[u8],
        mut store: impl FnMut(usize, &[u8]),
    ) -> Result<i32> {
        let circle = self.circle(name, root)?;
        if circle.own != circle.root {
            return self.send_own(circle.members[circle.root], tag, data);
        }
        for (at, from) in circle.members.iter().enumerate() {
            if at == circle.own {
                store(at, data);
            } else {
                store(at, &self.part(*from, tag, data.len())?);
            }
        }
        Ok(0)
    }

    /// `pvm_scatter`: at the root, `slice` gives the data of each instance, which `store` gets at
    /// each member.
    pub fn scatter<'a>(
        &self,
        name: &str,
        tag: i32,
        root: i32,
        bytes: usize,
        slice: impl Fn(usize) -> &'a [u8],
        store: impl FnOnce(&[u8]),
    ) -> Result<i32> {
        let circle = self.circle(name, root)?;
        if circle.own != circle.root {
            store(&self.part(circle.members[circle.root], tag, bytes)?);
            return Ok(0);
        }
        for (at, to) in circle.members.iter().enumerate() {
            if at != circle.own {
                self.send_own(*to, tag, slice(at))?;
            }
        }
        store(slice(circle.own));
        Ok(0)
    }

    /// `NoInst` for a root that is none, or a group with gaps: nobody could say whose part of an
    /// array is whose.
    fn circle(&self, name: &str, root: i32) -> Result<Circle> {
        let members = self.members(name)?;
        let own = instance(&members, self.tid()?)? as usize;
        member(&members, root)?;
        let members: Option<Vec<Tid>> = members.into_iter().collect();
        Ok(Circle { members: members.ok_or(PvmError::NoInst)?, own, root: root as usize })
    }

    fn send_own(&self, to: Tid, tag: i32, data: &[u8]) -> Result<i32> {
        let encoding = Encoding::Raw.wire();
        let label = Label { context: CONTEXT, tag, wait_id: 0, encoding };
        self.machine()?.send(&[to], label, Contents::Pieces(vec![data]))?;
        Ok(0)
    }

    /// `Mismatch` where the other one has another amount of data.
    fn part(&self, from: Tid, tag: i32, bytes: usize) -> Result<bytes::Bytes> {
        let want = Want { from: Some(from), tag: Some(tag), context: Some(CONTEXT) };
        let part = self.receive_own(&self.machine()?, want)?;
        if part.len() == bytes { Ok(part) } else { Err(PvmError::Mismatch) }
    }
}

#[cfg(test)]
mod tests {
    use super::Circle;
    use crate::Tid;
    use posse::HostId;

    /// Two hosts by turns, and the last member alone on a third; the root is the second of its own.
    #[test]
    fn one_of_each_host_speaks_for_it() {
        let hosts = [1, 2, 1, 2, 1, 3];
        let member = |(at, host): (u32, u32)| Tid::new(HostId(host), at + 1).unwrap();
        let members: Vec<Tid> = (0..).zip(hosts).map(member).collect();
        let circle = Circle { members, own: 0, root: 2 };
        let leaders: Vec<usize> = (0..hosts.len()).map(|at| circle.leader(at)).collect();
        assert_eq!(leaders, [2, 1, 2, 1, 2, 5]);
        assert_eq!(circle.folded_by(2), [0, 4, 1, 5]);
        assert_eq!((circle.folded_by(1), circle.folded_by(5)), (vec![3], vec![]));
    }
}
