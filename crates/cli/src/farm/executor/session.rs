//! One workflow manager and its tasks, which are those of one job.

use super::request::{Request, Submit, Tasks, Wait};
use crate::error::Error;
use crate::farm::table::{ending, state};
use crate::farm::{batch, find_task};
use crate::run::directory;
use crate::settings::Settings;
use posse::farm::{Farm, JobId, JobSpec, State, TaskId, TaskRow};
use posse::{Directory, HostId, Vm};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

type Answer = Map<String, Value>;

/// Tasks that are waited for are looked at so often.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A wait that says no time: whoever asks may look again.
const WAIT_SECONDS: f64 = 60.0;

pub struct Session {
    vm: Vm,
    farm: Farm,
    directory: String,
    /// None until something is submitted.
    job: Option<JobId>,
    tasks: u32,
}

impl Session {
    pub fn new(vm: Vm) -> Result<Session, Error> {
        let directory = match directory::of(None, &Settings::of(&vm))? {
            Directory::Home => String::new(),
            Directory::BelowHome(path) | Directory::Path(path) => path,
        };
        Ok(Session { farm: vm.farm(), vm, directory, job: None, tasks: 0 })
    }

    pub fn answer(&mut self, request: Request) -> Result<Answer, Error> {
        match request {
            Request::Submit(submit) => self.submit(*submit),
            Request::Poll(tasks) => self.poll(&self.named(tasks)?),
            Request::Wait(wait) => self.wait(wait),
            Request::Cancel(tasks) => self.cancel(&self.named(tasks)?),
        }
    }

    /// No more tasks come.
    pub fn end(&self) -> Result<(), Error> {
        Ok(self.job.map_or(Ok(()), |job| self.farm.seal(job))?)
    }

    fn submit(&mut self, submit: Submit) -> Result<Answer, Error> {
        let batch = submit.batch()?;
        let hosts = &batch.shared.needs.hosts;
        if !hosts.is_empty() {
            self.vm.select(hosts)?;
        }
        let job = match self.job {
            Some(job) => job,
            None => {
                let name = format!("executor-{}", std::process::id());
                let environment = Settings::of(&self.vm).exports();
                let spec = JobSpec { name, environment, ..JobSpec::default() };
                *self.job.insert(self.farm.open(&spec)?)
            }
        };
        let index = self.tasks;
        for part in batch::parts(&batch, &self.directory) {
            self.tasks = self.farm.add(job, index, part)?;
        }
        Ok(Answer::from_iter([("task".to_owned(), json!(called(TaskId { job, index })))]))
    }

    fn named(&self, tasks: Tasks) -> Result<Vec<TaskId>, Error> {
        match (tasks.tasks, self.job) {
            (Some(words), _) => words.iter().map(|word| find_task(&self.farm, word)).collect(),
            (None, Some(job)) => Ok((0..self.tasks).map(|index| TaskId { job, index }).collect()),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn poll(&self, tasks: &[TaskId]) -> Result<Answer, Error> {
        let told = self.rows(tasks)?.into_iter().map(|(task, row, host)| told(task, &row, host));
        Ok(Answer::from_iter([("tasks".to_owned(), told.collect())]))
    }

    /// Rows of tasks with their hosts' names, in the order of jobs and numbers.
    fn rows(&self, tasks: &[TaskId]) -> Result<Vec<(TaskId, TaskRow, Option<String>)>, Error> {
        let mut wanted: Vec<TaskId> = tasks.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let (mut rows, mut at) = (Vec::new(), 0);
        while let Some(first) = wanted.get(at).copied() {
            let page = self.farm.rows_from(first.job, first.index)?.table;
            let mut known: BTreeMap<u32, TaskRow> =
                page.tasks.into_iter().map(|task| (task.index, task)).collect();
            let before = at;
            while let Some(task) = wanted.get(at).filter(|task| task.job == first.job)
                && let Some(row) = known.remove(&task.index)
            {
                let host = row.row.as_ref().and_then(|row| row.host);
                let name = |host: HostId| page.hosts.get(&host).cloned();
                rows.push((*task, row, host.and_then(name)));
                at += 1;
            }
            if at == before {
                return Err(Error::usage(format!("there is no task {}", called(first))));
            }
        }
        Ok(rows)
    }

    fn wait(&self, wait: Wait) -> Result<Answer, Error> {
        let tasks = self.named(Tasks { tasks: Some(wait.tasks) })?;
        let seconds = wait.seconds.unwrap_or(WAIT_SECONDS);
        let within = Duration::try_from_secs_f64(seconds);
        let within = within.map_err(|_| Error::usage("`seconds` is no time"))?;
        let until = Instant::now().checked_add(within);
        loop {
            let is_over = |(_, row, _): &(TaskId, TaskRow, Option<String>)| row.state.is_over();
            let is_late = until.is_some_and(|until| Instant::now() >= until);
            if tasks.is_empty() || is_late || self.rows(&tasks)?.iter().any(is_over) {
                return self.poll(&tasks);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn cancel(&self, tasks: &[TaskId]) -> Result<Answer, Error> {
        let mut by_job: BTreeMap<JobId, Vec<u32>> = BTreeMap::new();
        for task in tasks {
            by_job.entry(task.job).or_default().push(task.index);
        }
        for (job, indexes) in by_job {
            self.farm.kill(job, Some(indexes))?;
        }
        self.poll(tasks)
    }
}

fn called(task: TaskId) -> String {
    format!("{}.{}", task.job, u64::from(task.index) + 1)
}

/// What is not known is left out.
fn told(task: TaskId, row: &TaskRow, host: Option<String>) -> Value {
    let mut told = json!({"task": called(task), "state": state(row.state)});
    let Some(result) = &row.row else { return told };
    let (exit, why) = ending(&result.end);
    if row.state != State::Done {
        told["why"] = json!(why);
    }
    if let Some(exit) = exit {
        told["exit"] = json!(exit);
    }
    if let Some(host) = host {
        told["host"] = json!(host);
        told["seconds"] = json!(result.ran.as_secs_f64());
    }
    told
}
