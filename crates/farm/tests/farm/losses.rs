//! Attempts that fail or are lost.

use super::stage::{Stage, batch, cores, life, needs, task};
use posse_farm::holder::State;
use posse_farm::words::{Ending, Order, Report};
use posse_farm::{End, JobSpec, Rules};

fn one(stage: &mut Stage, rules: Rules) {
    stage.job(JobSpec::default(), batch(1, needs(1), rules));
}

fn lose(stage: &mut Stage, incarnation: u32) {
    stage.holder.lost(stage.now, life(1, incarnation));
    stage.follow();
    stage.at.clear();
}

fn come_back(stage: &mut Stage, incarnation: u32) {
    stage.holder.joined(stage.now, life(1, incarnation), "lab1".into(), cores(1));
    let attached = Report::Attached { queued: vec![], running: vec![], ended: vec![] };
    stage.holder.reports(stage.now, life(1, incarnation), vec![attached]);
    stage.follow();
}

#[test]
fn failures_are_tried_again_by_their_status() {
    let mut stage = Stage::new(&[1]);
    one(&mut stage, Rules { retries: 2, retry_statuses: vec![75], ..Rules::default() });
    stage.end(1, Ending::Exited(75));
    stage.end(1, Ending::Exited(75));
    assert_eq!(stage.holder.state(task(1, 0)), Some(State::Running));
    stage.end(1, Ending::Exited(1));
    let row = stage.holder.row(task(1, 0)).unwrap();
    assert_eq!((row.end, row.attempts), (End::Ended(Ending::Exited(1)), 3));
    assert_eq!(stage.why(task(1, 0)), "it ended on lab1: exit status 1");
}

#[test]
fn a_task_that_takes_its_hosts_down_is_given_up() {
    let mut stage = Stage::new(&[]);
    one(&mut stage, Rules { crash_limit: 2, ..Rules::default() });
    for life in 1..=2 {
        come_back(&mut stage, life);
        let lease = stage.at[&1][0];
        let started = vec![Report::Started(lease)];
        stage.holder.reports(stage.now, super::stage::life(1, life), started);
        lose(&mut stage, life);
    }
    assert_eq!(stage.holder.row(task(1, 0)).unwrap().end, End::Lost);
    let why = "its host was lost on host 1, and it is not tried again";
    assert_eq!(stage.why(task(1, 0)), why);
}

#[test]
fn a_task_that_only_waited_there_is_not_blamed() {
    let mut stage = Stage::new(&[]);
    one(&mut stage, Rules { crash_limit: 1, ..Rules::default() });
    for life in 1..=5 {
        come_back(&mut stage, life);
        lose(&mut stage, life);
    }
    assert_eq!(stage.holder.state(task(1, 0)), Some(State::Ready));
    assert_eq!(stage.why(task(1, 0)), "there are no hosts");
    come_back(&mut stage, 6);
    stage.holder.reports(stage.now, life(1, 6), vec![Report::Returned(stage.at[&1].clone())]);
    stage.follow();
    assert_eq!(stage.holder.state(task(1, 0)), Some(State::Running), "nor if it was given back");
}

#[test]
fn a_task_that_may_not_run_twice_is_lost_with_its_host() {
    let mut stage = Stage::new(&[1, 1]);
    one(&mut stage, Rules { rerun_lost: false, ..Rules::default() });
    let host = stage.hosts_of(task(1, 0))[0];
    stage.holder.lost(stage.now, life(host, 1));
    stage.follow();
    assert_eq!(stage.holder.state(task(1, 0)), Some(State::Lost));
}

#[test]
fn another_life_of_a_host_means_that_the_first_is_over() {
    let mut stage = Stage::new(&[1]);
    one(&mut stage, Rules::default());
    let first = stage.at[&1][0];
    stage.at.clear();
    come_back(&mut stage, 2);
    assert_eq!(stage.at[&1][0].attempt, first.attempt + 1);
    // What is still said by the life before is not heard.
    stage.report(1, vec![Report::Returned(vec![stage.at[&1][0]])]);
    assert_eq!(stage.holder.state(task(1, 0)), Some(State::Running));
}

#[test]
fn a_link_that_was_remade_finds_out_what_did_not_arrive() {
    let mut stage = Stage::new(&[2]);
    stage.tasks(2, needs(1));
    let (first, second) = (stage.at[&1][0], stage.at[&1][1]);
    stage.at.clear();
    stage.orders.clear();
    stage.holder.joined(stage.now, life(1, 1), "lab1".into(), cores(2));
    stage.follow();
    assert!(stage.orders.contains(&(1, Order::Attach)));
    stage.attach(1, vec![], vec![first], vec![]);
    assert_eq!(stage.at[&1].len(), 1);
    let again = stage.at[&1][0];
    assert_eq!((again.task, again.attempt), (second.task, 2));
}

#[test]
fn an_attempt_of_a_host_that_was_given_up_is_ended_when_it_is_back() {
    let mut stage = Stage::new(&[1, 1]);
    one(&mut stage, Rules::default());
    let host = stage.hosts_of(task(1, 0))[0];
    let old = stage.at[&host][0];
    stage.holder.lost(stage.now, life(host, 1));
    stage.follow();
    stage.orders.clear();
    stage.holder.joined(stage.now, life(host, 1), "lab".into(), cores(1));
    stage.attach(host, vec![], vec![old], vec![]);
    assert!(stage.orders.contains(&(host, Order::End(vec![old]))));
}

#[test]
fn a_saved_task_goes_on_elsewhere_and_that_is_no_failure() {
    let mut stage = Stage::new(&[1]);
    one(&mut stage, Rules::default());
    for _ in 0..3 {
        stage.end(1, Ending::Checkpointed);
    }
    assert_eq!(stage.holder.state(task(1, 0)), Some(State::Running));
}
