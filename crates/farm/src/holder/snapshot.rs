//! A journal that begins with what all of the last one came to.

use super::Holder;
use super::job::Job;
use crate::journal::{Outcome, Record, Verdict};
use crate::{Epoch, HostLife, limits};
use std::collections::BTreeMap;

impl Holder {
    /// The journal's file is worth being replaced by a shorter one.
    pub fn wants_snapshot(&self) -> bool {
        let bytes = self.journal.file_bytes();
        bytes >= limits::COMPACT_BYTES_MIN && bytes >= self.snapshot_bytes.saturating_mul(2)
    }

    /// All that is known, for a new file that takes the place of the journal's once it is
    /// durable; what comes after it is appended there. All effects must have been taken before.
    /// The offset is that of its end: once it is durable, so is everything before.
    pub fn snapshot(&mut self) -> (Vec<u8>, u64) {
        self.journal.next_file();
        let mut bytes = vec![];
        let mut writer = std::mem::take(&mut self.journal);
        let mut put = |record: &Record| writer.push(record, &mut bytes);
        put(&Record::Epoch(self.epoch));
        put(&Record::Next(self.next_job));
        for (host, terms) in &self.terms {
            put(&Record::Terms { host: host.clone(), terms: Box::new(terms.clone()) });
        }
        for host in &self.drained {
            put(&Record::Drain { host: host.clone(), draining: true });
        }
        self.jobs.values().for_each(|job| job.snapshot(&mut put));
        self.journal = writer;
        self.snapshot_bytes = self.journal.file_bytes();
        (bytes, self.journal.end())
    }
}

impl Job {
    fn snapshot(&self, put: &mut impl FnMut(&Record)) {
        let job = self.id;
        put(&Record::Open { job, spec: Box::new(self.spec.clone()) });
        for kept in &self.batches {
            let batch = kept.batch(&self.shapes[kept.shape as usize]);
            put(&Record::Add { job, first: kept.first, batch: Box::new(batch) });
        }
        self.snapshot_tries(put);
        self.snapshot_rows(put);
        self.snapshot_flights(put);
        if self.sealed {
            put(&Record::Seal(job));
        }
        if self.paused {
            put(&Record::Pause { job, paused: true });
        }
    }

    fn snapshot_tries(&self, put: &mut impl FnMut(&Record)) {
        let tries = |index| {
            let task = self.task(index)?;
            Some((task.attempts, task.failures, task.crashes))
        };
        for first in (0..self.tasks()).step_by(limits::RECORD_TASKS_MAX) {
            let list = (first..).map_while(tries).take(limits::RECORD_TASKS_MAX);
            let list: Vec<(u32, u16, u8)> = list.collect();
            if list.iter().any(|tries| *tries != (0, 0, 0)) {
                put(&Record::Tries { job: self.id, first, tries: list });
            }
        }
    }

    fn snapshot_rows(&self, put: &mut impl FnMut(&Record)) {
        let mut list = vec![];
        for index in 0..self.tasks() {
            let Some(row) = self.row(index) else { continue };
            let (attempt, verdict) = (row.attempts, Verdict::Over(Box::new(row)));
            list.push(Outcome { index, attempt, epoch: Epoch(0), verdict });
            if list.len() == limits::RECORD_TASKS_MAX {
                put(&Record::Outcomes { job: self.id, list: std::mem::take(&mut list) });
            }
        }
        if !list.is_empty() {
            put(&Record::Outcomes { job: self.id, list });
        }
    }

    fn snapshot_flights(&self, put: &mut impl FnMut(&Record)) {
        let mut handed: BTreeMap<(HostLife, Epoch), Vec<(u32, u32)>> = BTreeMap::new();
        for flight in self.flights.all() {
            let to = handed.entry((flight.host, flight.lease.epoch)).or_default();
            to.push((flight.lease.task.index, flight.lease.attempt));
        }
        for ((host, epoch), tasks) in handed {
            put(&Record::Handed { job: self.id, host, epoch, tasks });
        }
    }
}
