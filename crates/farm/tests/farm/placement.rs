//! Which task goes to which host.

use super::stage::{Stage, batch, cores, needs, task};
use posse_farm::policy::{Terms, Unmet};
use posse_farm::words::{Ending, Order, Report};
use posse_farm::worker::Mode;
use posse_farm::{Capacity, JobId, JobSpec, Needs, Rules};
use posse_wire::HostId;
use std::collections::BTreeSet;
use std::time::Duration;

const OK: Ending = Ending::Exited(0);

#[test]
fn tasks_are_spread_and_hosts_filled_to_their_cores() {
    let mut stage = Stage::new(&[2, 4, 2]);
    stage.tasks(4, needs(1));
    assert_eq!([1, 2, 3].map(|host| stage.count(host)), [1, 2, 1]);
    stage.tasks(9, needs(1));
    assert_eq!([1, 2, 3].map(|host| stage.count(host)), [2, 4, 2]);
    assert_eq!(stage.why(task(2, 8)), "all 3 hosts that could run it are full");
    stage.end(3, OK);
    assert_eq!(stage.count(3), 2);
}

#[test]
fn resources_of_all_kinds_bound_what_is_handed_out() {
    let mut stage = Stage::new(&[]);
    let named = vec![("licence".to_string(), 1500)];
    stage.join(1, Capacity { cores: 64_000, memory: 100, gpus: 2000, named });
    let with = |change: fn(&mut Needs)| {
        let mut needs = needs(1);
        change(&mut needs);
        needs
    };
    stage.tasks(9, with(|needs| needs.memory = 40));
    assert_eq!(stage.count(1), 2);
    stage.tasks(9, with(|needs| needs.gpus = 500));
    assert_eq!(stage.count(1), 6);
    stage.tasks(9, with(|needs| needs.named.push(("licence".into(), 500))));
    assert_eq!(stage.count(1), 9);
    stage.tasks(1, with(|needs| needs.named.push(("robot".into(), 1000))));
    assert_eq!(stage.why(task(4, 0)), "no host is large enough: it needs 1 cores, 1 robot");
}

#[test]
fn what_strangers_use_is_not_given_away() {
    let mut stage = Stage::new(&[]);
    stage.join(1, cores(4));
    let busy = |n| vec![Report::Room { capacity: cores(4), busy: cores(n) }];
    let mut strangers = busy(3);
    if let Report::Room { busy, .. } = &mut strangers[0] {
        busy.memory = 0;
    }
    stage.report(1, strangers);
    stage.tasks(9, needs(1));
    assert_eq!(stage.count(1), 1);
    stage.report(1, vec![Report::Room { capacity: cores(4), busy: Capacity::default() }]);
    assert_eq!(stage.count(1), 4);
}

#[test]
fn a_hostset_is_kept_to_and_asked_for() {
    let mut stage = Stage::new(&[2, 2]);
    let fast = Needs { hosts: "@fast".into(), ..needs(1) };
    stage.tasks(3, fast);
    assert_eq!(stage.count(1) + stage.count(2), 0);
    assert_eq!(stage.why(task(1, 0)), "it is not known yet which hosts are @fast");
    stage.holder.resolved(stage.now, "@fast", BTreeSet::new());
    assert_eq!(stage.why(task(1, 0)), "no host is of @fast");
    stage.holder.resolved(stage.now, "@fast", BTreeSet::from([HostId(2)]));
    stage.follow();
    assert_eq!((stage.count(1), stage.count(2)), (0, 2));
}

#[test]
fn short_tasks_are_handed_ahead_and_long_ones_are_not() {
    let mut stage = Stage::new(&[2]);
    stage.tasks(1000, needs(1));
    assert_eq!(stage.count(1), 2, "nothing is known of them yet");
    stage.end_after(1, OK, Duration::from_millis(1));
    // Two run, and as much as two cores do in 0.2 s waits there.
    assert!((350..=402).contains(&stage.count(1)), "{}", stage.count(1));
    let mut stage = Stage::new(&[2]);
    stage.tasks(1000, needs(1));
    stage.end_after(1, OK, Duration::from_secs(1));
    assert_eq!(stage.count(1), 2);
}

#[test]
fn tasks_go_where_their_inputs_are_but_no_host_idles_for_that() {
    let mut stage = Stage::new(&[8, 1, 1]);
    let mut near = batch(3, needs(1), Rules::default());
    near.near = vec![HostId(3), HostId(2), HostId(3)];
    stage.job(JobSpec::default(), near);
    assert_eq!(stage.hosts_of(task(1, 0)), [3]);
    assert_eq!(stage.hosts_of(task(1, 1)), [2]);
    assert_eq!(stage.hosts_of(task(1, 2)), [1]);
}

#[test]
fn a_large_task_lets_small_ones_pass_and_is_not_starved() {
    let mut stage = Stage::new(&[4, 4]);
    stage.tasks(100, needs(1));
    let large = stage.tasks(1, needs(4));
    stage.end(1, OK);
    stage.end(2, OK);
    assert_eq!((stage.count(1), stage.count(2)), (4, 4));
    stage.start(1);
    stage.start(2);
    stage.wait(31);
    // One of the hosts is now kept for it, and the other one is not.
    for _ in 0..4 {
        stage.end(1, OK);
        stage.end(2, OK);
    }
    assert_eq!(stage.of_job(1, large) + stage.of_job(2, large), 1);
    let (kept, other) = if stage.of_job(1, large) == 1 { (1, 2) } else { (2, 1) };
    assert_eq!((stage.count(kept), stage.count(other)), (1, 4));
    // Afterwards it is free for all.
    stage.end(kept, OK);
    assert_eq!(stage.count(kept), 4);
}

#[test]
fn a_straggler_gets_a_second_copy_and_the_first_result_counts() {
    let mut stage = Stage::new(&[1, 1, 1]);
    let job = stage.tasks(6, needs(1));
    for host in [1, 2, 3, 1, 2] {
        stage.end(host, OK);
    }
    assert_eq!(stage.hosts_of(task(1, 5)).len(), 1);
    let slow = stage.hosts_of(task(1, 5))[0];
    stage.start(slow);
    stage.wait(15);
    assert_eq!(stage.hosts_of(task(1, 5)), [slow], "it has not run for twice the usual time");
    stage.wait(10);
    let hosts = stage.hosts_of(task(1, 5));
    assert_eq!(hosts.len(), 2);
    let copy = if hosts[0] == slow { hosts[1] } else { hosts[0] };
    stage.orders.clear();
    let lease = stage.at[&slow][0];
    stage.end(copy, OK);
    assert!(stage.orders.contains(&(slow, Order::End(vec![lease]))));
    let row = stage.holder.row(task(1, 5)).unwrap();
    assert_eq!((row.host, row.attempts), (Some(HostId(copy)), 2));
    // What the other one says later changes nothing.
    stage.end(slow, Ending::Signalled(15));
    assert_eq!(stage.holder.row(task(1, 5)).unwrap(), row);
    assert!(stage.holder.summary(job).unwrap().over);
}

#[test]
fn what_waits_where_nothing_moves_goes_elsewhere() {
    let mut stage = Stage::new(&[1]);
    stage.tasks(20, needs(1));
    stage.end_after(1, OK, Duration::from_millis(49));
    assert_eq!(stage.count(1), 5);
    let first = stage.at[&1][0];
    stage.report(1, vec![Report::Started(first)]);
    stage.orders.clear();
    stage.wait(2);
    let waits = stage.at[&1][1..].to_vec();
    assert_eq!(stage.orders, [(1, Order::Recall(waits.clone()))]);
    stage.at.get_mut(&1).unwrap().truncate(1);
    stage.report(1, vec![Report::Returned(waits.clone())]);
    stage.join(2, cores(1));
    assert_eq!((stage.count(1), stage.hosts_of(waits[0].task)), (1, vec![2]));
}

#[test]
fn a_drained_host_gets_nothing_more_and_says_when_it_is_empty() {
    use posse_farm::holder::{Effect, Request};
    let mut stage = Stage::new(&[1, 1]);
    stage.tasks(5, needs(1));
    stage.ask(Request::Drain { host: HostId(1), draining: true, now: false }).unwrap();
    stage.end(1, OK);
    assert_eq!((stage.count(1), stage.count(2)), (0, 1));
    assert!(stage.events.contains(&Effect::Drained(HostId(1))));
    stage.ask(Request::Drain { host: HostId(1), draining: false, now: false }).unwrap();
    assert_eq!(stage.count(1), 1);
    stage.report(1, vec![Report::Mode { mode: Mode::Suspend, unmet: Some(Unmet::InUse) }]);
    stage.end(1, OK);
    assert_eq!(stage.count(1), 0);
    let view = stage.holder.hosts().next().unwrap();
    assert_eq!((view.unmet, view.running.len()), (Some(Unmet::InUse), 0));
    stage.report(1, vec![Report::Mode { mode: Mode::Run, unmet: None }]);
    assert_eq!(stage.count(1), 1);
    assert_eq!(stage.holder.summary(JobId(1)).unwrap().counts.open(), 3);
}

#[test]
fn terms_are_told_to_who_comes_and_to_who_is_there() {
    use posse_farm::holder::{Refused, Request};
    let mut stage = Stage::new(&[1]);
    let told = |terms: &Terms| Order::Terms(Box::new(terms.clone()));
    let terms = Terms { named: vec![("licence".into(), 2000)], ..Terms::default() };
    let say = |host: &str, terms: &Terms| Request::Terms {
        host: host.into(),
        terms: Box::new(terms.clone()),
    };
    stage.orders.clear();
    stage.ask(say("lab1", &terms)).unwrap();
    stage.ask(say("lab2", &terms)).unwrap();
    assert_eq!(stage.orders, [(1, told(&terms))]);
    stage.ask(say("lab1", &terms)).unwrap();
    assert_eq!(stage.orders.len(), 1);
    stage.join(2, cores(1));
    assert!(stage.orders.contains(&(2, told(&terms))));
    let bad = Terms { named: vec![("a".into(), 1), ("a".into(), 1)], ..terms };
    assert!(matches!(stage.ask(say("lab1", &bad)), Err(Refused::Terms(_))));
}

#[test]
fn the_faster_of_two_idle_hosts_is_taken() {
    let mut stage = Stage::new(&[1, 1]);
    stage.tasks(40, needs(1));
    for _ in 0..20 {
        stage.end_after(1, OK, Duration::from_secs(40));
        stage.end_after(2, OK, Duration::from_secs(20));
    }
    stage.tasks(1, needs(1));
    assert_eq!(stage.hosts_of(task(2, 0)), [2]);
}
