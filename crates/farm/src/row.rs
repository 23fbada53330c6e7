//! A result as a row of a table: what `posse results` shows of a task. Kept by `holder` for each
//! task that is over, and written to the journal.

use crate::words::{Ending, Usage};
use posse_wire::HostId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is kept of a task that is over. Its parameters are the batch's.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub end: End,
    /// Attempts that were made, this one included.
    pub attempts: u32,
    /// Where the last attempt was.
    pub host: Option<HostId>,
    pub started_ms: u64,
    pub ran: Duration,
    pub usage: Usage,
    pub values: Vec<(String, String)>,
}

/// How a task came to its end.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// An attempt ended so, and no further one is made.
    Ended(Ending),
    /// Its host was lost, and no further attempt is made.
    Lost,
    Killed,
    /// Not run, since a task that it depends on did not end well.
    Skipped,
}

impl Row {
    /// Of a task that ended without an attempt that counts.
    pub fn without(end: End, attempts: u32) -> Row {
        Row {
            end,
            attempts,
            host: None,
            started_ms: 0,
            ran: Duration::ZERO,
            usage: Usage::default(),
            values: vec![],
        }
    }
}

/// The fixed part of a row: what a million of them cost.
#[derive(Clone, Copy, Debug, Default)]
struct Packed {
    started_ms: u64,
    ran_us: u64,
    user_us: u64,
    system_us: u64,
    memory_peak: u64,
    host: u32,
    /// Which ending, and its number.
    ending: (u8, u8),
}

/// Rows by the task's number, made as tasks end, in pages: a job of which nothing has ended costs
/// nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pages: BTreeMap<u32, Box<[Packed]>>,
    values: BTreeMap<u32, Box<[(String, String)]>>,
    texts: BTreeMap<u32, Box<str>>,
}

/// Rows of a page: 48 KiB.
const PAGE: u32 = 1024;

/// In [`Packed`]: no host.
const NO_HOST: u32 = u32::MAX;

impl Rows {
    pub fn put(&mut self, index: u32, row: &Row) {
        let page = self.pages.entry(index / PAGE);
        let page = page.or_insert_with(|| vec![Packed::default(); PAGE as usize].into());
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (kind, number, text) = pack(&row.end);
        page[(index % PAGE) as usize] = Packed {
            started_ms: row.started_ms,
            ran_us: us(row.ran),
            user_us: us(row.usage.user),
            system_us: us(row.usage.system),
            memory_peak: row.usage.memory_peak,
            host: row.host.map_or(NO_HOST, |host| host.0),
            ending: (kind, number),
        };
        self.remove_long(index);
        if !row.values.is_empty() {
            self.values.insert(index, row.values.clone().into());
        }
        if let Some(text) = text {
            self.texts.insert(index, text.into());
        }
    }

    /// Of a task that is to run again.
    pub fn remove(&mut self, index: u32) {
        if let Some(page) = self.pages.get_mut(&(index / PAGE)) {
            page[(index % PAGE) as usize] = Packed::default();
        }
        self.remove_long(index);
    }

    fn remove_long(&mut self, index: u32) {
        self.values.remove(&index);
        self.texts.remove(&index);
    }

    pub fn get(&self, index: u32, attempts: u32) -> Option<Row> {
        let packed = self.pages.get(&(index / PAGE))?[(index % PAGE) as usize];
        let text = || self.texts.get(&index).map(|text| text.to_string()).unwrap_or_default();
        Some(Row {
            end: unpack(packed.ending, text)?,
            attempts,
            host: (packed.host != NO_HOST).then_some(HostId(packed.host)),
            started_ms: packed.started_ms,
            ran: Duration::from_micros(packed.ran_us),
            usage: Usage {
                user: Duration::from_micros(packed.user_us),
                system: Duration::from_micros(packed.system_us),
                memory_peak: packed.memory_peak,
            },
            values: self.values.get(&index).map(|values| values.to_vec()).unwrap_or_default(),
        })
    }
}

/// 0 is kept for "no row".
fn pack(end: &End) -> (u8, u8, Option<&str>) {
    match end {
        End::Ended(Ending::Exited(status)) => (1, *status, None),
        End::Ended(Ending::Signalled(signal)) => (2, *signal, None),
        End::Ended(Ending::TimedOut) => (3, 0, None),
        End::Ended(Ending::OutOfMemory) => (4, 0, None),
        End::Ended(Ending::NotStarted(why)) => (5, 0, Some(why)),
        End::Ended(Ending::Files(why)) => (6, 0, Some(why)),
        End::Ended(Ending::Checkpointed) => (7, 0, None),
        End::Lost => (8, 0, None),
        End::Killed => (9, 0, None),
        End::Skipped => (10, 0, None),
    }
}

fn unpack((kind, number): (u8, u8), text: impl Fn() -> String) -> Option<End> {
    Some(match kind {
        1 => End::Ended(Ending::Exited(number)),
        2 => End::Ended(Ending::Signalled(number)),
        3 => End::Ended(Ending::TimedOut),
        4 => End::Ended(Ending::OutOfMemory),
        5 => End::Ended(Ending::NotStarted(text())),
        6 => End::Ended(Ending::Files(text())),
        7 => End::Ended(Ending::Checkpointed),
        8 => End::Lost,
        9 => End::Killed,
        10 => End::Skipped,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_put() {
        let ends = [
            End::Ended(Ending::Exited(3)),
            End::Ended(Ending::Signalled(9)),
            End::Ended(Ending::NotStarted("no such file".into())),
            End::Lost,
            End::Killed,
            End::Skipped,
        ];
        let mut rows = Rows::default();
        for (index, end) in (1000..).zip(ends) {
            let mut row = Row::without(end, 2);
            row.host = Some(HostId(7));
            row.ran = Duration::from_micros(12);
            row.values = vec![("misses".into(), "9".into())];
            rows.put(index, &row);
            assert_eq!(rows.get(index, 2), Some(row));
        }
        assert_eq!(rows.get(999, 1), None);
        rows.remove(1002);
        assert_eq!(rows.get(1002, 1), None);
    }
}
