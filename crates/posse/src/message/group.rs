//! Processes that act together: barrier, broadcast, gather, scatter, reduce and the others, over
//! bytes, and over numbers where they are combined. Blocking; what is begun can be waited for
//! later.
//!
//! Called by programs; which algorithm it is, `posse_message::collective` decides.

use super::process::Process;
use crate::Error;
use bytes::Bytes;
use posse_message::Scope;
use posse_message::collective::{
    self as algorithm, AllGather, AllReduce, Broken, CollectiveId, Combination, Gather, Schedule,
};
use posse_wire::{Outcome, ProcessId};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A list of processes that is the same at all of them, each with its rank in it. All of them call
/// the same collectives in the same order. When one of them dies, every collective that is not
/// over ends with [`Error::Broken`] at every survivor, and so does each that is begun later.
#[derive(Clone)]
pub struct Group {
    process: Process,
    members: Arc<[ProcessId]>,
    hosts: Arc<[usize]>,
    inner: Arc<Mutex<algorithm::Group>>,
}

/// A collective that was begun.
#[must_use]
pub struct Begun {
    group: Group,
    id: CollectiveId,
}

impl Process {
    /// The members in the order of their ranks, this process among them. The scope must be used for
    /// nothing else.
    pub fn group(&self, scope: Scope, members: Vec<ProcessId>) -> Result<Group, Error> {
        let hosts = numbered(&members);
        let list: Arc<[ProcessId]> = members.clone().into();
        let inner = self.with_engine(|engine, _| algorithm::Group::new(engine, scope, members))?;
        let Some(inner) = inner else {
            let reason = "this process is no member of the group".to_owned();
            return Err(Error::NotDone { reason });
        };
        let inner = Arc::new(Mutex::new(inner));
        Ok(Group { process: self.clone(), members: list, hosts: hosts.into(), inner })
    }
}

/// Hosts of the members, counted from 0 in the order in which they come.
fn numbered(members: &[ProcessId]) -> Vec<usize> {
    let mut known = Vec::new();
    let mut number = |process: &ProcessId| {
        let host = process.host();
        known.iter().position(|other| *other == host).unwrap_or_else(|| {
            known.push(host);
            known.len() - 1
        })
    };
    members.iter().map(&mut number).collect()
}

impl Group {
    pub fn rank(&self) -> usize {
        self.lock().rank()
    }

    pub fn size(&self) -> usize {
        self.members.len()
    }

    pub fn members(&self) -> &[ProcessId] {
        &self.members
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, algorithm::Group> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Any schedule of `posse_message`, with these cells.
    pub fn begin(
        &self,
        schedule: Schedule,
        cells: Vec<Bytes>,
        combine: Combination,
    ) -> Result<Begun, Error> {
        let begin = |engine: &mut _, _| self.lock().begin(engine, schedule, cells, combine);
        let id = self.process.with_engine(begin)?;
        Ok(Begun { group: self.clone(), id })
    }

    fn plain(&self, schedule: Schedule, cells: Vec<Bytes>) -> Result<Vec<Bytes>, Error> {
        self.begin(schedule, cells, never_combined())?.wait(None)
    }

    /// Returns when all members have called it.
    pub fn barrier(&self) -> Result<(), Error> {
        self.begin_barrier()?.wait(None).map(drop)
    }

    /// The same, to be waited for later.
    pub fn begin_barrier(&self) -> Result<Begun, Error> {
        let schedule = match self.is_spread() {
            true => algorithm::two_level::barrier(self.rank(), &self.hosts),
            false => algorithm::barrier::dissemination(self.rank(), self.size()),
        };
        self.begin(schedule, Vec::new(), never_combined())
    }

    /// Several hosts, with several members on one of them: what goes between hosts goes once.
    fn is_spread(&self) -> bool {
        let hosts = self.hosts.iter().max().map_or(0, |last| last + 1);
        hosts > 1 && hosts < self.size()
    }

    /// What the member `root` gives, at all of them; what others give is not looked at.
    pub fn broadcast(&self, root: usize, bytes: Bytes) -> Result<Bytes, Error> {
        self.check(root)?;
        let rank = self.rank();
        let schedule = match self.is_spread() {
            true => algorithm::two_level::broadcast(rank, &self.hosts, root),
            false => algorithm::broadcast::tree(rank, self.size(), root),
        };
        let cells = if rank == root { vec![bytes] } else { Vec::new() };
        Ok(self.plain(schedule, cells)?.swap_remove(0))
    }

    /// Everybody's part, by rank, at the root; of any length each. `None` at the others.
    pub fn gather(&self, root: usize, part: Bytes) -> Result<Option<Vec<Bytes>>, Error> {
        self.check(root)?;
        let (rank, size) = (self.rank(), self.size());
        let schedule = algorithm::gather::linear(rank, size, root);
        let all = self.plain(schedule, self.own(part))?;
        Ok((rank == root).then_some(all))
    }

    /// To each member its part of what the root gives, by rank; what others give is not looked at.
    pub fn scatter(&self, root: usize, parts: Vec<Bytes>) -> Result<Bytes, Error> {
        self.check(root)?;
        let (rank, size) = (self.rank(), self.size());
        if rank == root && parts.len() != size {
            let reason = format!("{} parts for {size} members", parts.len());
            return Err(Error::NotDone { reason });
        }
        let cells = if rank == root { parts } else { Vec::new() };
        let mut cells = self.plain(algorithm::scatter::linear(rank, size, root), cells)?;
        Ok(cells.swap_remove(rank))
    }

    /// Everybody's part, by rank, at all; of any length each.
    pub fn all_gather(&self, part: Bytes) -> Result<Vec<Bytes>, Error> {
        self.plain(algorithm::all_gather::ring(self.rank(), self.size()), self.own(part))
    }

    /// From each member what it has for this one, by rank; of any length each.
    pub fn all_to_all(&self, parts: Vec<Bytes>) -> Result<Vec<Bytes>, Error> {
        let (rank, size) = (self.rank(), self.size());
        if parts.len() != size {
            let reason = format!("{} parts for {size} members", parts.len());
            return Err(Error::NotDone { reason });
        }
        Ok(self.plain(algorithm::all_to_all::pairwise(rank, size), parts)?.split_off(size))
    }

    /// The numbers of all members combined one by one, at the root; `None` at the others. All give
    /// equally many. `combine` is associative, and is given its operands in the order of ranks.
    pub fn reduce<N: Number>(
        &self,
        root: usize,
        numbers: &[N],
        combine: impl Fn(N, N) -> N + Send + 'static,
    ) -> Result<Option<Vec<N>>, Error> {
        self.check(root)?;
        let rank = self.rank();
        let schedule = algorithm::reduce::tree(rank, self.size(), root, false);
        let cells =
            self.begin(schedule, vec![bytes_of(numbers)], by_number(combine))?.wait(None)?;
        Ok((rank == root).then(|| numbers_of(&cells[0])))
    }

    /// The same at all members. `combine` commutes too.
    pub fn all_reduce<N: Number>(
        &self,
        numbers: &[N],
        combine: impl Fn(N, N) -> N + Send + 'static,
    ) -> Result<Vec<N>, Error> {
        let (rank, size) = (self.rank(), self.size());
        let operand = bytes_of(numbers);
        match AllReduce::choose(operand.len(), size, true) {
            AllReduce::Ring => {
                let blocks = algorithm::split(&operand, size, N::BYTES);
                let schedule = algorithm::all_reduce::ring(rank, size);
                let cells = self.begin(schedule, blocks, by_number(combine))?.wait(None)?;
                Ok(numbers_of(&algorithm::join(&cells[..size])))
            }
            AllReduce::Doubling => {
                let schedule = match self.is_spread() {
                    true => algorithm::two_level::all_reduce(rank, &self.hosts),
                    false => algorithm::all_reduce::doubling(rank, size),
                };
                let cells = self.begin(schedule, vec![operand], by_number(combine))?.wait(None)?;
                Ok(numbers_of(&cells[0]))
            }
        }
    }

    /// Those of the members up to this one, combined in the order of ranks.
    pub fn scan<N: Number>(
        &self,
        numbers: &[N],
        combine: impl Fn(N, N) -> N + Send + 'static,
    ) -> Result<Vec<N>, Error> {
        let schedule = algorithm::scan::doubling(self.rank(), self.size());
        let cells =
            self.begin(schedule, vec![bytes_of(numbers)], by_number(combine))?.wait(None)?;
        Ok(numbers_of(&cells[0]))
    }

    /// As [`Group::gather`] and [`Group::all_gather`] where all parts are of the same length, which
    /// lets small ones travel together.
    pub fn gather_equal<N: Number>(
        &self,
        root: usize,
        numbers: &[N],
    ) -> Result<Option<Vec<Vec<N>>>, Error> {
        self.check(root)?;
        let (rank, size, part) = (self.rank(), self.size(), bytes_of(numbers));
        let schedule = match Gather::choose(part.len()) {
            Gather::Tree => algorithm::gather::tree(rank, size, root),
            Gather::Linear => algorithm::gather::linear(rank, size, root),
        };
        let all = self.plain(schedule, self.own(part))?;
        Ok((rank == root).then(|| all.iter().map(|part| numbers_of(part)).collect()))
    }

    /// See [`Group::gather_equal`].
    pub fn all_gather_equal<N: Number>(&self, numbers: &[N]) -> Result<Vec<Vec<N>>, Error> {
        let (rank, size, part) = (self.rank(), self.size(), bytes_of(numbers));
        let schedule = match AllGather::choose(part.len()) {
            AllGather::Doubling => algorithm::all_gather::doubling(rank, size),
            AllGather::Ring => algorithm::all_gather::ring(rank, size),
        };
        let all = self.plain(schedule, self.own(part))?;
        Ok(all.iter().map(|part| numbers_of(part)).collect())
    }

    /// One's part in the cell of one's rank.
    fn own(&self, part: Bytes) -> Vec<Bytes> {
        let mut cells = vec![Bytes::new(); self.rank()];
        cells.push(part);
        cells
    }

    fn check(&self, root: usize) -> Result<(), Error> {
        if root < self.size() {
            return Ok(());
        }
        let reason = format!("there is no member {root} of {}", self.size());
        Err(Error::NotDone { reason })
    }
}

impl Begun {
    /// Whether it is over, after what can be done without waiting.
    pub fn test(&self) -> Result<bool, Error> {
        let Begun { group, .. } = self;
        group.process.with_engine(|engine, _| {
            let mut inner = group.lock();
            inner.progress(engine);
            inner.broken().is_some() || inner.is_over(self.id)
        })
    }

    /// The cells at its end. [`Error::Deadline`] where that is not by then; it goes on, and can not
    /// be waited for again.
    pub fn wait(self, deadline: Option<Instant>) -> Result<Vec<Bytes>, Error> {
        let Begun { group, id } = self;
        let over = group.process.wait_engine(deadline, |engine, _| {
            let mut inner = group.lock();
            inner.progress(engine);
            inner.take(id)
        })?;
        over.ok_or(Error::Deadline)?.map_err(|why| broken(&group, why))
    }
}

fn broken(group: &Group, why: Broken) -> Error {
    let (Broken::Down(rank) | Broken::Garbled(rank)) = why;
    let member = group.members.get(rank).copied().unwrap_or(ProcessId(0));
    Error::Broken { why: why.to_string(), member, outcome: Outcome::Unknown }
}

fn never_combined() -> Combination {
    Box::new(|_, _| Bytes::new())
}

/// Numbers that have one form everywhere: little-endian in messages.
pub trait Number: Copy + Send + 'static {
    const BYTES: usize;

    fn put(self, out: &mut Vec<u8>);

    /// From so many bytes.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Number for $number {
            const BYTES: usize = size_of::<$number>();

            fn put(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn get(bytes: &[u8]) -> Self {
                bytes.try_into().map_or(0 as $number, <$number>::from_le_bytes)
            }
        }
    )*};
}

numbers!(u8, i8, u16, i16, u32, i32, u64, i64, u128, i128, f32, f64);

fn bytes_of<N: Number>(numbers: &[N]) -> Bytes {
    let mut bytes = Vec::with_capacity(numbers.len() * N::BYTES);
    numbers.iter().for_each(|number| number.put(&mut bytes));
    bytes.into()
}

fn numbers_of<N: Number>(bytes: &[u8]) -> Vec<N> {
    bytes.chunks_exact(N::BYTES).map(N::get).collect()
}

/// Of members that give unequally many, the rest of the longer is left out.
fn by_number<N: Number>(combine: impl Fn(N, N) -> N + Send + 'static) -> Combination {
    Box::new(move |left, right| {
        let pairs = left.chunks_exact(N::BYTES).zip(right.chunks_exact(N::BYTES));
        let mut bytes = Vec::with_capacity(left.len());
        pairs.for_each(|(left, right)| combine(N::get(left), N::get(right)).put(&mut bytes));
        bytes.into()
    })
}
