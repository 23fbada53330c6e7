//! Collectives over values of any type, with an operator of the program's: CBOR in the cells, as in
//! `typed`.
//!
//! Called by programs.

use super::group::{Begun, Group};
use super::typed::{decoded, encoded};
use crate::Error;
use bytes::Bytes;
use posse_message::collective::{self as algorithm, Combination};
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Group {
    /// As [`Group::broadcast`]; others give `None`.
    pub fn broadcast_value<T: Serialize + DeserializeOwned>(
        &self,
        root: usize,
        value: Option<&T>,
    ) -> Result<T, Error> {
        let bytes = value.map(encoded).transpose()?.unwrap_or_default();
        let bytes = self.broadcast(root, bytes)?;
        decoded(&bytes, self.member(root))
    }

    /// As [`Group::gather`].
    pub fn gather_values<T: Serialize + DeserializeOwned>(
        &self,
        root: usize,
        value: &T,
    ) -> Result<Option<Vec<T>>, Error> {
        let all = self.gather(root, encoded(value)?)?;
        all.map(|all| self.all_decoded(&all)).transpose()
    }

    /// As [`Group::all_gather`].
    pub fn all_gather_values<T: Serialize + DeserializeOwned>(
        &self,
        value: &T,
    ) -> Result<Vec<T>, Error> {
        let all = self.all_gather(encoded(value)?)?;
        self.all_decoded(&all)
    }

    /// As [`Group::reduce`], of one value each. `combine` is associative, and is given its operands
    /// in the order of ranks. [`Error::Payload`] where a member gave another type.
    pub fn reduce_value<T: Serialize + DeserializeOwned>(
        &self,
        root: usize,
        value: &T,
        combine: impl Fn(T, T) -> T + Send + 'static,
    ) -> Result<Option<T>, Error> {
        let (rank, member) = (self.rank(), self.member(root));
        self.check(root)?;
        let schedule = algorithm::reduce::tree(rank, self.size(), root, false);
        let finish =
            move |cells: Vec<Bytes>| (rank == root).then(|| decoded(&cells[0], member)).transpose();
        self.begin_with(schedule, vec![encoded(value)?], by_value(combine), finish)?.wait(None)
    }

    /// The same at all members. `combine` commutes too.
    pub fn all_reduce_value<T: Serialize + DeserializeOwned + 'static>(
        &self,
        value: &T,
        combine: impl Fn(T, T) -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.begin_all_reduce_value(value, combine)?.wait(None)
    }

    /// See [`Group::all_reduce_value`].
    pub fn begin_all_reduce_value<T: Serialize + DeserializeOwned + 'static>(
        &self,
        value: &T,
        combine: impl Fn(T, T) -> T + Send + 'static,
    ) -> Result<Begun<T>, Error> {
        let (schedule, member) = (self.all_reduce_small(), self.member(0));
        let finish = move |cells: Vec<Bytes>| decoded(&cells[0], member);
        self.begin_with(schedule, vec![encoded(value)?], by_value(combine), finish)
    }

    fn all_decoded<T: DeserializeOwned>(&self, all: &[Bytes]) -> Result<Vec<T>, Error> {
        let members = self.members().iter();
        all.iter().zip(members).map(|(bytes, from)| decoded(bytes, *from)).collect()
    }
}

/// What can not be read makes no value, which no member can read either.
fn by_value<T: Serialize + DeserializeOwned>(
    combine: impl Fn(T, T) -> T + Send + 'static,
) -> Combination {
    let nobody = posse_wire::ProcessId(0);
    Box::new(move |left, right| {
        let both = decoded(left, nobody).and_then(|left| Ok((left, decoded(right, nobody)?)));
        let value = both.and_then(|(left, right)| encoded(&combine(left, right)));
        value.unwrap_or_default()
    })
}
