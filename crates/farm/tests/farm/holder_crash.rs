//! The next life of a holder.

use super::stage::{Stage, batch, cores, ended, life, needs, task};
use posse_farm::holder::{Drain, Holder, Request, Settings, State};
use posse_farm::policy::Terms;
use posse_farm::words::{Ending, Order};
use posse_farm::{Epoch, JobId, JobSpec, Lease, Rules};
use posse_wire::HostId;
use std::time::Duration;

const OK: Ending = Ending::Exited(0);

fn again(stage: &Stage) -> Stage {
    let none = Epoch(0);
    let (holder, found) = Holder::recover(stage.now, Settings::default(), none, &stage.journal);
    assert_eq!((found.strange, found.scan.lost.len()), (0, 0));
    assert!(holder.epoch() > stage.holder.epoch());
    Stage::of(holder)
}

#[test]
fn what_runs_goes_on_and_what_ended_is_accepted_and_nothing_runs_again() {
    let mut stage = Stage::new(&[3]);
    stage.tasks(5, needs(1));
    stage.end(1, OK);
    let at = stage.at[&1].clone();
    assert_eq!(at.len(), 3);
    let mut next = again(&stage);
    assert_eq!(next.holder.state(task(1, 0)), Some(State::Done));
    let why = next.why(at[0].task);
    assert_eq!(why, "it was handed to host 1, which has not come back since our start");
    next.holder.joined(next.now, life(1, 1), "lab1".into(), cores(3));
    next.follow();
    assert_eq!((next.count(1), &next.orders[..]), (0, &[(1, Order::Attach)][..]));
    let over = ended(at[0], OK, Duration::from_secs(1));
    next.attach(1, vec![at[1]], vec![at[2]], vec![over]);
    // One place is free, and the last task gets it.
    assert_eq!(next.at[&1].iter().map(|lease| lease.task).collect::<Vec<_>>(), [task(1, 4)]);
    assert!(next.orders.contains(&(1, Order::Taken(vec![at[0]]))));
    assert!(!next.orders.iter().any(|(_, order)| matches!(order, Order::End(_))));
    next.at.get_mut(&1).unwrap().extend([at[1], at[2]]);
    for _ in 0..3 {
        next.end(1, OK);
    }
    assert!(next.holder.summary(JobId(1)).unwrap().over);
    let attempts = (0..5).map(|index| next.holder.row(task(1, index)).unwrap().attempts);
    assert_eq!(attempts.collect::<Vec<_>>(), [1; 5]);
}

#[test]
fn terms_and_drained_hosts_are_not_forgotten() {
    let mut stage = Stage::new(&[1]);
    let terms = Terms { nice: Some(3), ..Terms::default() };
    let said = Request::Terms { host: "lab1".into(), terms: Box::new(terms.clone()) };
    stage.ask(said).unwrap();
    stage.ask(Request::Drain { host: HostId(1), draining: true, now: false }).unwrap();
    let mut snapshot = again(&stage);
    let (bytes, _) = snapshot.holder.snapshot();
    snapshot.journal = bytes;
    for mut next in [again(&stage), again(&snapshot)] {
        next.join(1, cores(1));
        assert_eq!(next.holder.drain_of(HostId(1)), Drain::Empty);
        assert!(next.orders.contains(&(1, Order::Terms(Box::new(terms.clone())))));
        next.tasks(1, needs(1));
        assert_eq!(next.count(1), 0);
        next.ask(Request::Drain { host: HostId(1), draining: false, now: false }).unwrap();
        assert_eq!(next.count(1), 1);
    }
}

#[test]
fn a_drained_host_that_may_still_run_something_is_not_empty() {
    let mut stage = Stage::new(&[1]);
    stage.tasks(1, needs(1));
    stage.ask(Request::Drain { host: HostId(1), draining: true, now: false }).unwrap();
    let mut next = again(&stage);
    assert_eq!(next.holder.drain_of(HostId(1)), Drain::GoesOn);
    next.holder.joined(next.now, life(1, 1), "lab1".into(), cores(1));
    assert_eq!(next.holder.drain_of(HostId(1)), Drain::GoesOn);
    next.attach(1, vec![], vec![], vec![]);
    assert_eq!(next.holder.drain_of(HostId(1)), Drain::Empty);
    next.ask(Request::Drain { host: HostId(1), draining: false, now: false }).unwrap();
    assert_eq!(next.holder.drain_of(HostId(1)), Drain::Undone);
}

#[test]
fn a_host_that_does_not_come_back_is_given_up() {
    let mut stage = Stage::new(&[1]);
    stage.tasks(1, needs(1));
    let mut next = again(&stage);
    next.now = stage.now;
    next.join(2, cores(4));
    assert_eq!(next.count(2), 0);
    next.wait(29);
    assert_eq!(next.count(2), 0);
    next.wait(2);
    assert_eq!(next.at[&2][0].attempt, 2);
}

#[test]
fn a_lease_that_the_journal_lost_is_adopted() {
    let mut stage = Stage::new(&[]);
    stage.tasks(2, needs(1));
    let before = stage.journal.len();
    stage.join(1, cores(2));
    let at = stage.at[&1].clone();
    stage.journal.truncate(before);
    let mut next = again(&stage);
    next.holder.joined(next.now, life(1, 1), "lab1".into(), cores(2));
    let over = ended(at[1], OK, Duration::from_secs(1));
    next.attach(1, vec![], vec![at[0]], vec![over]);
    assert_eq!(next.count(1), 0);
    assert_eq!(next.holder.state(task(1, 0)), Some(State::Running));
    assert_eq!(next.holder.state(task(1, 1)), Some(State::Done));
}

#[test]
fn what_the_holder_does_not_know_is_ended() {
    let stage = Stage::new(&[1]);
    let mut next = again(&stage);
    let unknown = Lease { task: task(9, 0), epoch: Epoch(1), attempt: 1 };
    next.holder.joined(next.now, life(1, 1), "lab1".into(), cores(1));
    next.attach(1, vec![unknown], vec![], vec![]);
    assert!(next.orders.contains(&(1, Order::End(vec![unknown]))));
}

#[test]
fn everything_asked_is_remembered_also_by_a_snapshot() {
    let mut stage = Stage::new(&[2]);
    let rules = Rules { retries: 1, ..Rules::default() };
    stage.job(JobSpec::default(), batch(4, needs(1), rules));
    stage.end(1, Ending::Exited(1));
    stage.end(1, Ending::Exited(1));
    stage.end(1, Ending::Exited(1));
    let gone = stage.tasks(1, needs(1));
    stage.ask(Request::Kill { job: gone, tasks: None }).unwrap();
    stage.ask(Request::Drop(gone)).unwrap();
    let last = stage.tasks(2, needs(2));
    stage.ask(Request::Kill { job: last, tasks: Some(vec![1]) }).unwrap();
    stage.ask(Request::Pause { job: last, paused: true }).unwrap();
    let plain = again(&stage);
    let (bytes, _) = stage.holder.snapshot();
    stage.journal = bytes;
    let short = again(&stage);
    for next in [plain, short] {
        assert_eq!(next.holder.next_job(), JobId(4));
        assert_eq!(next.holder.jobs().collect::<Vec<_>>(), [JobId(1), last]);
        for job in [JobId(1), last] {
            let (mut before, mut after) =
                (stage.holder.summary(job).unwrap(), next.holder.summary(job).unwrap());
            (before.left, after.left) = (None, None);
            assert_eq!(before, after);
        }
        for task in [task(1, 0), task(1, 1), task(1, 2), task(3, 0), task(3, 1)] {
            assert_eq!(stage.holder.row(task), next.holder.row(task));
        }
        // A task that had failed once fails for good the next time.
        let mut next = next;
        next.holder.joined(next.now, life(1, 1), "lab1".into(), cores(2));
        next.attach(1, vec![], stage.at[&1].clone(), vec![]);
        next.at.insert(1, stage.at[&1].clone());
        while next.count(1) > 0 {
            next.end(1, Ending::Exited(1));
        }
        let summary = next.holder.summary(JobId(1)).unwrap();
        assert_eq!(summary.counts.of(State::Failed), 4);
        let attempts = (0..4).map(|index| next.holder.row(task(1, index)).unwrap().attempts);
        assert_eq!(attempts.collect::<Vec<_>>(), [2; 4]);
    }
}

#[test]
fn any_bytes_give_a_holder() {
    for bytes in [vec![], vec![0; 4096], vec![0xff; 4096], (0..=255).collect::<Vec<u8>>()] {
        let (holder, found) =
            Holder::recover(Duration::ZERO, Settings::default(), Epoch(7), &bytes);
        assert_eq!((holder.epoch(), found.scan.good), (Epoch(7), 0));
    }
}
