//! Tasks of a job as they end, for those who do something with each while the job goes on. Called
//! by `parallel`.

use crate::error::Error;
use posse::HostId;
use posse::farm::{Farm, JobId, State, TaskRow};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

pub struct Ends {
    farm: Farm,
    job: JobId,
    /// All tasks before this one were told.
    first: u32,
    /// Of the others, those that were.
    told: BTreeSet<u32>,
    /// When each of those that run was first seen to.
    running: BTreeMap<u32, Instant>,
    hosts: BTreeMap<HostId, String>,
}

impl Ends {
    pub fn of(farm: &Farm, job: JobId) -> Ends {
        Ends {
            farm: farm.clone(),
            job,
            first: 0,
            told: BTreeSet::new(),
            running: BTreeMap::new(),
            hosts: BTreeMap::new(),
        }
    }

    /// Those that are over since the last look, in the order of their ends.
    pub fn look(&mut self) -> Result<Vec<TaskRow>, Error> {
        let (mut ended, mut from) = (Vec::new(), Some(self.first));
        while let Some(next) = from.take() {
            let page = self.farm.rows_from(self.job, next)?;
            self.hosts.extend(page.table.hosts);
            let waits = |task: &TaskRow| matches!(task.state, State::Waiting | State::Ready);
            // Tasks are handed out in their order, more or less.
            if !page.table.tasks.iter().all(waits) {
                from = page.next;
            }
            page.table.tasks.into_iter().for_each(|task| self.see(task, &mut ended));
        }
        while self.told.remove(&self.first) {
            self.first += 1;
        }
        ended.sort_by_key(|task| {
            task.row.as_ref().map(|row| Duration::from_millis(row.started_ms) + row.ran)
        });
        Ok(ended)
    }

    fn see(&mut self, task: TaskRow, ended: &mut Vec<TaskRow>) {
        let index = task.index;
        if task.state == State::Running {
            self.running.entry(index).or_insert_with(Instant::now);
            return;
        }
        self.running.remove(&index);
        if task.state.is_over() && index >= self.first && self.told.insert(index) {
            ended.push(task);
        }
    }

    /// How many were told.
    pub fn count(&self) -> u32 {
        // There are no more tasks than that.
        self.first + self.told.len() as u32
    }

    /// Those that were seen running for longer.
    pub fn running_for(&self, longer: Duration) -> Vec<u32> {
        let long = self.running.iter().filter(|(_, since)| since.elapsed() > longer);
        long.map(|(index, _)| *index).collect()
    }

    /// The name of a host that is or was in the vm.
    pub fn host(&self, number: Option<HostId>) -> Option<&str> {
        self.hosts.get(&number?).map(String::as_str)
    }
}
