//! What people ask: asked again it changes nothing, and what is wrong is refused whole.

use super::stage::{Stage, batch, needs, task};
use posse_farm::holder::{Effect, Refused, Request, State};
use posse_farm::words::{Ending, Order};
use posse_farm::{BadBatch, Batch, Depends, JobId, JobSpec, Rules};

const OK: Ending = Ending::Exited(0);

fn open(job: u32, name: &str) -> Request {
    let spec = JobSpec { name: name.into(), ..JobSpec::default() };
    Request::Open { job: JobId(job), spec: Box::new(spec) }
}

fn add(job: u32, first: u32, batch: Batch) -> Request {
    Request::Add { job: JobId(job), first, batch: Box::new(batch) }
}

fn plain(tasks: u32) -> Batch {
    batch(tasks, needs(1), Rules::default())
}

/// Task 2 waits for 0 and 1, task 3 for 2.
fn graph() -> Batch {
    let mut graph = plain(4);
    graph.depends = Depends { ends: vec![0, 0, 2, 3], on: vec![0, 1, 2] };
    graph
}

#[test]
fn a_job_grows_until_it_is_sealed_and_may_be_asked_again() {
    let mut stage = Stage::new(&[64]);
    for _ in 0..2 {
        assert_eq!(stage.ask(open(1, "a")), Ok(0));
    }
    assert_eq!(stage.ask(add(1, 0, plain(3))), Ok(3));
    assert_eq!(stage.ask(add(1, 0, plain(3))), Ok(3));
    assert_eq!(stage.ask(add(1, 3, plain(2))), Ok(5));
    assert_eq!(stage.count(1), 5);
    let gap = Refused::Gap { job: JobId(1), tasks: 5 };
    assert_eq!(stage.ask(add(1, 9, plain(2))), Err(gap));
    for _ in 0..5 {
        stage.end(1, OK);
    }
    assert!(!stage.events.contains(&Effect::Over(JobId(1))));
    for _ in 0..2 {
        assert_eq!(stage.ask(Request::Seal(JobId(1))), Ok(5));
    }
    let over = stage.events.iter().filter(|event| **event == Effect::Over(JobId(1)));
    assert_eq!(over.count(), 1);
    assert_eq!(stage.ask(add(1, 5, plain(1))), Err(Refused::Sealed(JobId(1))));
    assert_eq!(stage.ask(add(1, 3, plain(2))), Ok(5));
}

#[test]
fn a_job_that_is_over_takes_tasks_again() {
    let mut stage = Stage::new(&[64]);
    let job = stage.tasks(1, needs(1));
    stage.end(1, OK);
    let overs =
        |stage: &Stage| stage.events.iter().filter(|event| **event == Effect::Over(job)).count();
    assert_eq!(overs(&stage), 1);
    for _ in 0..2 {
        assert_eq!(stage.ask(Request::Reopen(job)), Ok(1));
    }
    assert_eq!(stage.ask(add(job.0, 1, plain(2))), Ok(3));
    assert_eq!(stage.ask(Request::Seal(job)), Ok(3));
    for _ in 0..2 {
        stage.end(1, OK);
    }
    assert_eq!(overs(&stage), 2);
    assert_eq!(stage.ask(Request::Reopen(JobId(9))), Err(Refused::NoJob(JobId(9))));
}

#[test]
fn what_is_wrong_is_refused_whole() {
    let mut stage = Stage::new(&[1]);
    assert_eq!(stage.ask(add(1, 0, plain(1))), Err(Refused::NoJob(JobId(1))));
    stage.ask(open(1, "a")).unwrap();
    assert_eq!(stage.ask(open(1, "b")), Err(Refused::Taken(JobId(1))));
    let same = Refused::Name { name: "a".into(), job: JobId(1) };
    assert_eq!(stage.ask(open(2, "a")), Err(same));
    let mut bad = plain(2);
    bad.kind_of = vec![0, 7];
    let journal = stage.journal.len();
    assert_eq!(stage.ask(add(1, 0, bad)), Err(Refused::Bad(BadBatch::Kinds)));
    assert_eq!(stage.journal.len(), journal);
    assert_eq!(stage.ask(Request::Drop(JobId(1))), Err(Refused::NotOver(JobId(1))));
    let kill = Request::Kill { job: JobId(1), tasks: Some(vec![4]) };
    assert_eq!(stage.ask(kill), Err(Refused::NoTask { job: JobId(1), task: 5 }));
}

#[test]
fn a_job_that_is_over_is_dropped_and_its_number_is_not_used_again() {
    let mut stage = Stage::new(&[1]);
    stage.tasks(1, needs(1));
    stage.end(1, OK);
    assert!(stage.orders.contains(&(1, Order::Forget(JobId(1)))));
    assert_eq!(stage.ask(Request::Drop(JobId(1))), Ok(0));
    assert_eq!((stage.holder.row(task(1, 0)), stage.holder.jobs().count()), (None, 0));
    assert_eq!(stage.ask(open(1, "a")), Err(Refused::Taken(JobId(1))));
    assert_eq!(stage.holder.next_job(), JobId(2));
}

#[test]
fn tasks_wait_for_those_that_they_depend_on() {
    let mut stage = Stage::new(&[8]);
    stage.job(JobSpec::default(), graph());
    assert_eq!(stage.count(1), 2);
    assert_eq!(stage.why(task(1, 2)), "it waits for 2 tasks, the first of them 1.1");
    stage.end(1, OK);
    assert_eq!((stage.count(1), stage.why(task(1, 2))), (1, "it waits for task 1.2".into()));
    stage.end(1, OK);
    assert_eq!(stage.at[&1][0].task, task(1, 2));
    stage.end(1, OK);
    stage.end(1, OK);
    assert!(stage.events.contains(&Effect::Over(JobId(1))));
}

#[test]
fn a_batch_may_come_after_others() {
    let mut stage = Stage::new(&[8]);
    let job = JobId(1);
    stage.ask(open(1, "a")).unwrap();
    stage.ask(add(1, 0, plain(2))).unwrap();
    let mut later = plain(3);
    later.after = vec![1];
    assert_eq!(stage.ask(add(1, 2, later.clone())), Err(Refused::Bad(BadBatch::After(1))));
    later.after = vec![0];
    stage.ask(add(1, 2, later)).unwrap();
    stage.ask(Request::Seal(job)).unwrap();
    assert_eq!(stage.count(1), 2);
    assert_eq!(stage.why(task(1, 4)), "it waits for 1 batches of its job that come before");
    stage.end(1, OK);
    stage.end(1, Ending::Exited(1));
    let skipped = |stage: &Stage| stage.holder.summary(job).unwrap().counts.of(State::Skipped);
    assert_eq!((stage.count(1), skipped(&stage)), (0, 3));
    stage.ask(Request::Retry { job, failed: true, lost: false }).unwrap();
    assert_eq!((stage.count(1), skipped(&stage)), (1, 0));
    stage.end(1, OK);
    assert_eq!(stage.count(1), 3);
}

#[test]
fn after_a_failure_what_depends_on_it_is_skipped_until_a_retry() {
    let mut stage = Stage::new(&[8]);
    let job = stage.job(JobSpec::default(), graph());
    stage.end(1, OK);
    stage.end(1, Ending::Exited(1));
    let states = |stage: &Stage| [0, 1, 2, 3].map(|i| stage.holder.state(task(1, i)).unwrap());
    use State::{Done, Failed, Running, Skipped, Waiting};
    assert_eq!(states(&stage), [Done, Failed, Skipped, Skipped]);
    assert!(stage.events.contains(&Effect::Over(job)));
    stage.ask(Request::Retry { job, failed: false, lost: true }).unwrap();
    assert_eq!(states(&stage), [Done, Failed, Skipped, Skipped]);
    stage.ask(Request::Retry { job, failed: true, lost: false }).unwrap();
    assert_eq!(states(&stage), [Done, Running, Waiting, Waiting]);
    for _ in 0..3 {
        stage.end(1, OK);
    }
    assert_eq!(states(&stage), [Done; 4]);
    assert_eq!(stage.holder.row(task(1, 1)).unwrap().attempts, 2);
}

#[test]
fn a_killed_job_is_over_at_once_and_what_runs_is_ended() {
    let mut stage = Stage::new(&[1]);
    let job = stage.job(JobSpec::default(), graph());
    let lease = stage.at[&1][0];
    stage.ask(Request::Kill { job, tasks: None }).unwrap();
    let killed = [0, 1, 2, 3].map(|i| stage.holder.state(task(1, i)).unwrap());
    assert_eq!(killed, [State::Killed; 4]);
    assert!(stage.orders.contains(&(1, Order::End(vec![lease]))));
    assert!(stage.events.contains(&Effect::Over(job)));
    // Its room is free when the host has ended it.
    stage.tasks(1, needs(1));
    assert_eq!(stage.count(1), 1);
    stage.end(1, Ending::Signalled(15));
    assert_eq!(stage.at[&1][0].task, task(2, 0));
}

#[test]
fn one_killed_task_leaves_the_others() {
    let mut stage = Stage::new(&[1]);
    let job = stage.tasks(3, needs(1));
    stage.ask(Request::Kill { job, tasks: Some(vec![1]) }).unwrap();
    stage.end(1, OK);
    assert_eq!(stage.at[&1][0].task, task(1, 2));
    stage.end(1, OK);
    assert!(stage.events.contains(&Effect::Over(job)));
    assert_eq!(stage.why(task(1, 1)), "it was killed");
}

#[test]
fn with_a_full_disk_nothing_is_taken_or_started_and_results_are() {
    let mut stage = Stage::new(&[1]);
    let job = stage.tasks(2, needs(1));
    stage.holder.disk(stage.now, false);
    assert_eq!(stage.ask(open(2, "b")), Err(Refused::Disk));
    stage.end(1, OK);
    assert_eq!(stage.holder.state(task(1, 0)), Some(State::Done));
    assert_eq!(stage.count(1), 0);
    assert_eq!(stage.why(task(1, 1)), "the journal can not be written, so nothing is started");
    stage.holder.disk(stage.now, true);
    stage.follow();
    stage.end(1, OK);
    assert!(stage.events.contains(&Effect::Over(job)));
}
