//! Processes that act together: barrier, broadcast, gather, scatter, reduce and the others, over
//! bytes, and over numbers where they are combined. Blocking; what is begun can be waited for
//! later.
//!
//! Called by programs; which algorithm it is, `posse_message::collective` decides. Values of other
//! types are in `typed_group`.

use super::process::Process;
use crate::Error;
use bytes::Bytes;
use posse_message::collective::{
    self as algorithm, AllGather, AllReduce, Broken, CollectiveId, Combination, Gather, Schedule,
};
use posse_message::{Engine, Scope};
use posse_wire::{Outcome, ProcessId};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
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

/// A collective that was begun: tested, waited for, or awaited in a task of any executor. Dropped,
/// it goes on without anybody who waits.
#[must_use]
pub struct Begun<T = Vec<Bytes>> {
    group: Group,
    id: CollectiveId,
    /// None when its result was given.
    finish: Option<Finish<T>>,
}

/// From its cells to its result.
type Finish<T> = Box<dyn FnOnce(Vec<Bytes>) -> Result<T, Error> + Send>;

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
        self.begin_with(schedule, cells, combine, Ok)
    }

    pub(super) fn begin_with<T>(
        &self,
        schedule: Schedule,
        cells: Vec<Bytes>,
        combine: Combination,
        finish: impl FnOnce(Vec<Bytes>) -> Result<T, Error> + Send + 'static,
    ) -> Result<Begun<T>, Error> {
        let begin = |engine: &mut _, _| self.lock().begin(engine, schedule, cells, combine);
        let id = self.process.with_engine(begin)?;
        Ok(Begun { group: self.clone(), id, finish: Some(Box::new(finish)) })
    }

    /// One in which nothing is combined.
    fn plain<T>(
        &self,
        schedule: Schedule,
        cells: Vec<Bytes>,
        finish: impl FnOnce(Vec<Bytes>) -> T + Send + 'static,
    ) -> Result<Begun<T>, Error> {
        self.begin_with(schedule, cells, never_combined(), |cells| Ok(finish(cells)))
    }

    /// Returns when all members have called it.
    pub fn barrier(&self) -> Result<(), Error> {
        self.begin_barrier()?.wait(None)
    }

    /// Each collective can be begun and waited for later; the order in which members begin them is
    /// what has to be the same.
    pub fn begin_barrier(&self) -> Result<Begun<()>, Error> {
        let schedule = match self.is_spread() {
            true => algorithm::two_level::barrier(self.rank(), &self.hosts),
            false => algorithm::barrier::dissemination(self.rank(), self.size()),
        };
        self.plain(schedule, Vec::new(), drop)
    }

    /// Several hosts, with several members on one of them: what goes between hosts goes once.
    fn is_spread(&self) -> bool {
        let hosts = self.hosts.iter().max().map_or(0, |last| last + 1);
        hosts > 1 && hosts < self.size()
    }

    /// What the member `root` gives, at all of them; what others give is not looked at.
    pub fn broadcast(&self, root: usize, bytes: Bytes) -> Result<Bytes, Error> {
        self.begin_broadcast(root, bytes)?.wait(None)
    }

    /// See [`Group::broadcast`].
    pub fn begin_broadcast(&self, root: usize, bytes: Bytes) -> Result<Begun<Bytes>, Error> {
        self.check(root)?;
        let rank = self.rank();
        let schedule = match self.is_spread() {
            true => algorithm::two_level::broadcast(rank, &self.hosts, root),
            false => algorithm::broadcast::tree(rank, self.size(), root),
        };
        let cells = if rank == root { vec![bytes] } else { Vec::new() };
        self.plain(schedule, cells, |mut cells| cells.swap_remove(0))
    }

    /// Everybody's part, by rank, at the root; of any length each. `None` at the others.
    pub fn gather(&self, root: usize, part: Bytes) -> Result<Option<Vec<Bytes>>, Error> {
        self.begin_gather(root, part)?.wait(None)
    }

    /// See [`Group::gather`].
    pub fn begin_gather(
        &self,
        root: usize,
        part: Bytes,
    ) -> Result<Begun<Option<Vec<Bytes>>>, Error> {
        self.check(root)?;
        let (rank, size) = (self.rank(), self.size());
        let schedule = algorithm::gather::linear(rank, size, root);
        self.plain(schedule, self.own(part), move |all| (rank == root).then_some(all))
    }

    /// To each member its part of what the root gives, by rank; what others give is not looked at.
    pub fn scatter(&self, root: usize, parts: Vec<Bytes>) -> Result<Bytes, Error> {
        self.begin_scatter(root, parts)?.wait(None)
    }

    /// See [`Group::scatter`].
    pub fn begin_scatter(&self, root: usize, parts: Vec<Bytes>) -> Result<Begun<Bytes>, Error> {
        self.check(root)?;
        let (rank, size) = (self.rank(), self.size());
        if rank == root && parts.len() != size {
            let reason = format!("{} parts for {size} members", parts.len());
            return Err(Error::NotDone { reason });
        }
        let cells = if rank == root { parts } else { Vec::new() };
        let schedule = algorithm::scatter::linear(rank, size, root);
        self.plain(schedule, cells, move |mut cells| cells.swap_remove(rank))
    }

    /// Everybody's part, by rank, at all; of any length each.
    pub fn all_gather(&self, part: Bytes) -> Result<Vec<Bytes>, Error> {
        self.begin_all_gather(part)?.wait(None)
    }

    /// See [`Group::all_gather`].
    pub fn begin_all_gather(&self, part: Bytes) -> Result<Begun, Error> {
        let schedule = algorithm::all_gather::ring(self.rank(), self.size());
        self.plain(schedule, self.own(part), |all| all)
    }

    /// From each member what it has for this one, by rank; of any length each.
    pub fn all_to_all(&self, parts: Vec<Bytes>) -> Result<Vec<Bytes>, Error> {
        self.begin_all_to_all(parts)?.wait(None)
    }

    /// See [`Group::all_to_all`].
    pub fn begin_all_to_all(&self, parts: Vec<Bytes>) -> Result<Begun, Error> {
        let (rank, size) = (self.rank(), self.size());
        if parts.len() != size {
            let reason = format!("{} parts for {size} members", parts.len());
            return Err(Error::NotDone { reason });
        }
        let schedule = algorithm::all_to_all::pairwise(rank, size);
        self.plain(schedule, parts, move |mut cells| cells.split_off(size))
    }

    /// The numbers of all members combined one by one, at the root; `None` at the others. All give
    /// equally many. `combine` is associative, and is given its operands in the order of ranks.
    pub fn reduce<N: Number>(
        &self,
        root: usize,
        numbers: &[N],
        combine: impl Fn(N, N) -> N + Send + 'static,
    ) -> Result<Option<Vec<N>>, Error> {
        self.begin_reduce(root, numbers, combine)?.wait(None)
    }

    /// See [`Group::reduce`].
    pub fn begin_reduce<N: Number>(
        &self,
        root: usize,
        numbers: &[N],
        combine: impl Fn(N, N) -> N + Send + 'static,
    ) -> Result<Begun<Option<Vec<N>>>, Error> {
        self.check(root)?;
        let rank = self.rank();
        let schedule = algorithm::reduce::tree(rank, self.size(), root, false);
        let finish = move |cells: Vec<Bytes>| Ok((rank == root).then(|| numbers_of(&cells[0])));
        self.begin_with(schedule, vec![bytes_of(numbers)], by_number(combine), finish)
    }

    /// The same at all members. `combine` commutes too.
    pub fn all_reduce<N: Number>(
        &self,
        numbers: &[N],
        combine: impl Fn(N, N) -> N + Send + 'static,
    ) -> Result<Vec<N>, Error> {
        self.begin_all_reduce(numbers, combine)?.wait(None)
    }

    /// See [`Group::all_reduce`].
    pub fn begin_all_reduce<N: Number>(
        &self,
        numbers: &[N],
        combine: impl Fn(N, N) -> N + Send + 'static,
    ) -> Result<Begun<Vec<N>>, Error> {
        let (rank, size) = (self.rank(), self.size());
        let (operand, combine) = (bytes_of(numbers), by_number(combine));
        match AllReduce::choose(operand.len(), size, true) {
            AllReduce::Ring => {
                let blocks = algorithm::split(&operand, size, N::BYTES);
                let schedule = algorithm::all_reduce::ring(rank, size);
                let joined =
                    move |cells: Vec<Bytes>| Ok(numbers_of(&algorithm::join(&cells[..size])));
                self.begin_with(schedule, blocks, combine, joined)
            }
            AllReduce::Doubling => {
                let finish = |cells: Vec<Bytes>| Ok(numbers_of(&cells[0]));
                self.begin_with(self.all_reduce_small(), vec![operand], combine, finish)
            }
        }
    }

    /// The schedule for an operand that is not worth cutting up.
    pub(super) fn all_reduce_small(&self) -> Schedule {
        match self.is_spread() {
            true => algorithm::two_level::all_reduce(self.rank(), &self.hosts),
            false => algorithm::all_reduce::doubling(self.rank(), self.size()),
        }
    }

    /// Those of the members up to this one, combined in the order of ranks.
    pub fn scan<N: Number>(
        &self,
        numbers: &[N],
        combine: impl Fn(N, N) -> N + Send + 'static,
    ) -> Result<Vec<N>, Error> {
        self.begin_scan(numbers, combine)?.wait(None)
    }

    /// See [`Group::scan`].
    pub fn begin_scan<N: Number>(
        &self,
        numbers: &[N],
        combine: impl Fn(N, N) -> N + Send + 'static,
    ) -> Result<Begun<Vec<N>>, Error> {
        let schedule = algorithm::scan::doubling(self.rank(), self.size());
        let finish = |cells: Vec<Bytes>| Ok(numbers_of(&cells[0]));
        self.begin_with(schedule, vec![bytes_of(numbers)], by_number(combine), finish)
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
        let all = self.plain(schedule, self.own(part), |all| all)?.wait(None)?;
        Ok((rank == root).then(|| all.iter().map(|part| numbers_of(part)).collect()))
    }

    /// See [`Group::gather_equal`].
    pub fn all_gather_equal<N: Number>(&self, numbers: &[N]) -> Result<Vec<Vec<N>>, Error> {
        let (rank, size, part) = (self.rank(), self.size(), bytes_of(numbers));
        let schedule = match AllGather::choose(part.len()) {
            AllGather::Doubling => algorithm::all_gather::doubling(rank, size),
            AllGather::Ring => algorithm::all_gather::ring(rank, size),
        };
        let all = self.plain(schedule, self.own(part), |all| all)?.wait(None)?;
        Ok(all.iter().map(|part| numbers_of(part)).collect())
    }

    /// One's part in the cell of one's rank.
    fn own(&self, part: Bytes) -> Vec<Bytes> {
        let mut cells = vec![Bytes::new(); self.rank()];
        cells.push(part);
        cells
    }

    /// One that there is not is told by the collective itself.
    pub(super) fn member(&self, rank: usize) -> ProcessId {
        self.members.get(rank).copied().unwrap_or(ProcessId(0))
    }

    pub(super) fn check(&self, root: usize) -> Result<(), Error> {
        if root < self.size() {
            return Ok(());
        }
        let reason = format!("there is no member {root} of {}", self.size());
        Err(Error::NotDone { reason })
    }
}

impl<T> Begun<T> {
    /// Whether it is over, after what can be done without waiting.
    pub fn test(&self) -> Result<bool, Error> {
        let Begun { group, .. } = self;
        group.process.with_engine(|engine, _| {
            let mut inner = group.lock();
            inner.progress(engine);
            inner.broken().is_some() || inner.is_over(self.id)
        })
    }

    /// Its result. [`Error::Deadline`] where that is not there by then; it goes on, and can not be
    /// waited for again.
    pub fn wait(mut self, deadline: Option<Instant>) -> Result<T, Error> {
        let over = self.group.process.wait_engine(deadline, |engine, _| self.over(engine))?;
        self.end(over.ok_or(Error::Deadline)?)
    }

    fn over(&self, engine: &mut Engine) -> Option<Over> {
        let mut inner = self.group.lock();
        inner.progress(engine);
        inner.take(self.id)
    }

    fn end(&mut self, over: Over) -> Result<T, Error> {
        let cells = over.map_err(|why| broken(&self.group, why))?;
        self.finish.take().map_or(Err(Error::Deadline), |finish| finish(cells))
    }
}

type Over = Result<Vec<Bytes>, Broken>;

impl<T> Future for Begun<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let shared = self.group.process.shared();
        let polled = shared.poll_for(context.waker(), |state| self.over(&mut state.engine));
        polled.map(|over| self.end(over?))
    }
}

fn broken(group: &Group, why: Broken) -> Error {
    let (Broken::Down(rank) | Broken::Garbled(rank)) = why;
    let member = group.member(rank);
    Error::Broken { why: why.to_string(), member, outcome: Outcome::Unknown }
}

fn never_combined() -> Combination {
    Box::new(|_, _| Bytes::new())
}

/// Numbers that have one form everywhere: little-endian in messages.
pub trait Number: bytemuck::Pod + Send + Sync {
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
