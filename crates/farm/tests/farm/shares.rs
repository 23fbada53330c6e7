//! Which job is next: priorities, fair shares, caps.

use super::stage::{Stage, batch, needs, task};
use posse_farm::holder::Request;
use posse_farm::words::{Ending, Report};
use posse_farm::{JobId, JobSpec, Rules};
use std::time::Duration;

const OK: Ending = Ending::Exited(0);

fn job(stage: &mut Stage, tasks: u32, change: impl Fn(&mut JobSpec)) -> JobId {
    let mut spec = JobSpec::default();
    change(&mut spec);
    stage.job(spec, batch(tasks, needs(1), Rules::default()))
}

#[test]
fn jobs_of_one_priority_have_equal_parts() {
    let mut stage = Stage::new(&[8]);
    let first = job(&mut stage, 100, |_| {});
    let second = job(&mut stage, 100, |_| {});
    assert_eq!((stage.of_job(1, first), stage.of_job(1, second)), (8, 0));
    for _ in 0..8 {
        stage.end(1, OK);
    }
    assert_eq!((stage.of_job(1, first), stage.of_job(1, second)), (4, 4));
}

#[test]
fn jobs_with_other_needs_have_their_part_too() {
    let mut stage = Stage::new(&[16]);
    job(&mut stage, 16, |_| {});
    let narrow = job(&mut stage, 100, |_| {});
    let wide = stage.tasks(100, needs(2));
    stage.ask(Request::Kill { job: JobId(1), tasks: None }).unwrap();
    // All room comes at once.
    let at = stage.at.remove(&1).unwrap();
    stage.report(1, vec![Report::Returned(at)]);
    let cores = [stage.of_job(1, narrow), 2 * stage.of_job(1, wide)];
    assert!(cores.iter().sum::<usize>() == 16 && cores.iter().all(|n| *n >= 6), "{cores:?}");
}

#[test]
fn a_job_may_have_a_larger_share() {
    let mut stage = Stage::new(&[8]);
    let blocker = job(&mut stage, 8, |_| {});
    let large = job(&mut stage, 100, |spec| spec.share = 3000);
    let small = job(&mut stage, 100, |_| {});
    for _ in 0..8 {
        stage.end(1, OK);
    }
    assert_eq!(stage.of_job(1, blocker), 0);
    assert_eq!((stage.of_job(1, large), stage.of_job(1, small)), (6, 2));
}

#[test]
fn greater_priority_goes_first() {
    let mut stage = Stage::new(&[2]);
    job(&mut stage, 2, |_| {});
    let low = job(&mut stage, 2, |spec| spec.priority = -1);
    let high = job(&mut stage, 2, |spec| spec.priority = 7);
    stage.end(1, OK);
    stage.end(1, OK);
    assert_eq!((stage.of_job(1, high), stage.of_job(1, low)), (2, 0));
    let why = "all 1 hosts that could run it are full";
    assert_eq!(stage.why(task(2, 0)), why);
}

#[test]
fn caps_hold_in_all_and_on_each_host() {
    let mut stage = Stage::new(&[8, 8]);
    let capped = job(&mut stage, 20, |spec| {
        spec.cap = 5;
        spec.cap_per_host = 3;
    });
    let counts = |stage: &Stage| [1, 2].map(|host| stage.of_job(host, capped));
    assert_eq!(counts(&stage).iter().sum::<usize>(), 5);
    assert!(counts(&stage).iter().all(|count| *count <= 3));
    assert_eq!(stage.why(task(1, 19)), "5 tasks of job 1 run, which is its cap");
    stage.end(1, OK);
    assert_eq!(counts(&stage).iter().sum::<usize>(), 5);
    let other = job(&mut stage, 30, |_| {});
    assert_eq!(stage.of_job(1, other) + stage.of_job(2, other), 11);
}

#[test]
fn a_paused_job_starts_nothing_and_goes_on() {
    let mut stage = Stage::new(&[2]);
    let job = job(&mut stage, 5, |_| {});
    stage.ask(Request::Pause { job, paused: true }).unwrap();
    stage.end(1, OK);
    assert_eq!((stage.count(1), stage.holder.held(job)), (1, 3));
    assert_eq!(stage.why(task(1, 4)), "job 1 is paused");
    stage.ask(Request::Pause { job, paused: false }).unwrap();
    assert_eq!((stage.count(1), stage.holder.held(job)), (2, 0));
}

/// Short tasks that are handed ahead take all room as soon as it comes.
#[test]
fn a_job_that_comes_later_is_not_shut_out_by_short_tasks() {
    let mut stage = Stage::new(&[2]);
    stage.tasks(50_000, needs(1));
    for _ in 0..20 {
        stage.now += Duration::from_millis(1);
        stage.end_after(1, OK, Duration::from_millis(1));
    }
    assert!(stage.count(1) > 2, "some are ahead");
    let late = stage.tasks(1, needs(1));
    assert!(stage.at[&1].iter().any(|lease| lease.task.job == late));
}
