//! A host's part: what it starts, keeps, gives back and ends. Not for what holders make of it.

use super::stage::{batch, cores, needs, task};
use posse_farm::words::{Ended, Ending, Hand, Handed, Order, Report, Shape, Usage};
use posse_farm::worker::{Blocked, Effect, Exit, Key, Mode, Signal, Start, Topology, Worker};
use posse_farm::{
    Checkpoint, Epoch, JobId, JobSpec, Lease, Needs, Program, Rules, Template, Text, Transfer,
};
use posse_wire::HostId;
use std::time::Duration;

const HOLDER: HostId = HostId(9);

struct Host {
    worker: Worker,
    now: Duration,
    epoch: u32,
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Host {
    fn new(count: u32) -> Host {
        let topology = Topology { nodes: vec![(0..count as u16).collect()] };
        let worker = Worker::new(cores(count), Some(&topology), 0);
        Host { worker, now: secs(1), epoch: 1 }
    }

    fn order(&mut self, orders: Vec<Order>) -> Vec<Effect> {
        self.worker.orders(self.now, HOLDER, Epoch(self.epoch), orders);
        self.worker.take_effects()
    }

    /// Tasks 0, 1, ... of job 1 that need so much.
    fn hand(&mut self, tasks: u32, needs: Needs, rules: Rules) -> Vec<Effect> {
        self.hand_with(tasks, needs, rules, vec![])
    }

    fn hand_with(
        &mut self,
        tasks: u32,
        needs: Needs,
        rules: Rules,
        inputs: Vec<Transfer<Text>>,
    ) -> Vec<Effect> {
        let template = Template { inputs, ..batch(1, needs.clone(), rules).template };
        let spec = JobSpec::default();
        let shape = Shape { job: JobId(1), number: 0, spec, template, kinds: vec![needs] };
        let handed = |index| Handed { index, attempt: 1, kind: 0, values: vec![] };
        let tasks = (0..tasks).map(handed).collect();
        let hand = Hand { job: JobId(1), shape: 0, tasks };
        self.order(vec![Order::Shape(Box::new(shape)), Order::Hand(hand)])
    }

    fn exit(&mut self, index: u32, ending: Ending) -> Vec<Effect> {
        let (ran, usage) = (secs(1), Usage::default());
        let exit = Exit { ending, started_ms: 5, ran, usage, values: vec![] };
        self.worker.exited(self.now, key(index), exit);
        self.worker.take_effects()
    }

    fn tick(&mut self, seconds: u64) -> Vec<Effect> {
        self.now += secs(seconds);
        self.worker.tick(self.now);
        self.worker.take_effects()
    }

    fn mode(&mut self, mode: Mode) -> Vec<Effect> {
        self.worker.mode(self.now, mode);
        self.worker.take_effects()
    }
}

fn key(index: u32) -> Key {
    (HOLDER, Lease { task: task(1, index), epoch: Epoch(1), attempt: 1 })
}

fn starts<'a>(effects: &'a [Effect]) -> Vec<&'a Start> {
    let start = |effect: &'a Effect| match effect {
        Effect::Start(start) => Some(&**start),
        _ => None,
    };
    effects.iter().filter_map(start).collect()
}

fn signals(effects: &[Effect]) -> Vec<(u32, Signal)> {
    let signal = |effect: &Effect| match effect {
        Effect::Signal { key, signal } => Some((key.1.task.index, *signal)),
        _ => None,
    };
    effects.iter().filter_map(signal).collect()
}

fn reports(effects: &[Effect]) -> Vec<Report> {
    let report = |effect: &Effect| match effect {
        Effect::Report { report, .. } => Some(report.clone()),
        _ => None,
    };
    effects.iter().filter_map(report).collect()
}

fn endings(effects: &[Effect]) -> Vec<Ending> {
    let ending = |report| match report {
        Report::Ended(ended) => Some(ended.ending),
        _ => None,
    };
    reports(effects).into_iter().filter_map(ending).collect()
}

#[test]
fn what_fits_runs_with_cores_and_slots_of_its_own() {
    let mut host = Host::new(3);
    let effects = host.hand(5, needs(1), Rules::default());
    let given = starts(&effects).iter().map(|s| (s.cores.clone(), s.slot)).collect::<Vec<_>>();
    assert_eq!(given, [(vec![0], 1), (vec![1], 2), (vec![2], 3)]);
    assert_eq!(starts(&effects)[0].spec.program, Program::Shell("true".into()));
    let effects = host.exit(1, Ending::Exited(0));
    assert_eq!(endings(&effects), [Ending::Exited(0)]);
    let next = starts(&effects)[0];
    assert_eq!((next.key, &next.cores[..], next.slot), (key(3), &[1][..], 2));
    assert_eq!((host.worker.queued(), host.worker.running().count()), (1, 3));
}

#[test]
fn a_start_is_said_before_it_is_done() {
    let effects = Host::new(1).hand(1, needs(1), Rules::default());
    assert!(matches!(effects[0], Effect::Report { report: Report::Started(_), .. }));
    assert!(matches!(effects[1], Effect::Start(_)));
}

#[test]
fn results_are_kept_until_they_are_taken() {
    let mut host = Host::new(1);
    host.hand(1, needs(1), Rules::default());
    host.exit(0, Ending::Exited(4));
    let kept = |host: &mut Host| -> Vec<Ended> {
        let attached = reports(&host.order(vec![Order::Attach]));
        let Report::Attached { ended, .. } = attached[0].clone() else { panic!() };
        ended
    };
    assert_eq!(kept(&mut host)[0].ending, Ending::Exited(4));
    host.epoch = 2;
    assert_eq!(kept(&mut host).len(), 1);
    host.order(vec![Order::Taken(vec![key(0).1])]);
    assert_eq!(kept(&mut host).len(), 0);
}

#[test]
fn an_earlier_life_of_a_holder_is_not_obeyed() {
    let mut host = Host::new(1);
    host.hand(1, needs(1), Rules::default());
    host.epoch = 2;
    host.order(vec![]);
    host.epoch = 1;
    assert_eq!(host.order(vec![Order::End(vec![key(0).1])]), []);
    host.epoch = 2;
    let effects = host.order(vec![Order::End(vec![key(0).1])]);
    assert_eq!(signals(&effects), [(0, Signal::Continue), (0, Signal::Terminate)]);
}

#[test]
fn a_task_is_ended_politely_and_then_killed() {
    let mut host = Host::new(1);
    let rules = Rules { time_limit: Some(secs(60)), ..Rules::default() };
    host.hand(1, needs(1), rules);
    assert_eq!(host.worker.wake(), Some(secs(61)));
    assert_eq!(host.tick(59), []);
    assert_eq!(signals(&host.tick(1)), [(0, Signal::Continue), (0, Signal::Terminate)]);
    assert_eq!(host.tick(4), []);
    assert_eq!(signals(&host.tick(1)), [(0, Signal::Kill)]);
    assert_eq!(endings(&host.exit(0, Ending::Signalled(9))), [Ending::TimedOut]);
}

#[test]
fn want_of_descriptors_is_waited_out_and_no_failure() {
    let mut host = Host::new(2);
    host.hand(2, needs(1), Rules::default());
    host.worker.not_started(host.now, key(1), Blocked::Short);
    let effects = host.worker.take_effects();
    assert_eq!(reports(&effects), [Report::Waits(key(1).1)]);
    assert_eq!(host.worker.wake(), Some(host.now + Duration::from_millis(50)));
    let effects = host.tick(1);
    assert_eq!(starts(&effects)[0].key, key(1));
    host.worker.not_started(host.now, key(1), Blocked::Short);
    host.worker.take_effects();
    assert_eq!(host.worker.wake(), Some(host.now + Duration::from_millis(100)));
    // A process that ends has left descriptors.
    assert_eq!(starts(&host.exit(0, Ending::Exited(0)))[0].key, key(1));
}

#[test]
fn what_can_not_be_started_has_failed() {
    let mut host = Host::new(1);
    host.hand(2, needs(1), Rules::default());
    host.worker.not_started(host.now, key(0), Blocked::Never("no such program".into()));
    let effects = host.worker.take_effects();
    assert_eq!(endings(&effects), [Ending::NotStarted("no such program".into())]);
    assert_eq!(starts(&effects)[0].key, key(1));
}

#[test]
fn what_waits_is_given_back_and_what_runs_is_not() {
    let mut host = Host::new(1);
    host.hand(3, needs(1), Rules::default());
    let all = vec![key(0).1, key(1).1, key(2).1];
    let effects = host.order(vec![Order::Recall(all.clone())]);
    assert_eq!(reports(&effects), [Report::Returned(all[1..].to_vec())]);
    let effects = host.order(vec![Order::End(vec![all[1]])]);
    assert_eq!(reports(&effects), [Report::Returned(vec![all[1]])]);
}

#[test]
fn an_owner_who_comes_back_has_the_computer_at_once() {
    let mut host = Host::new(1);
    host.hand(2, needs(1), Rules::default());
    let effects = host.mode(Mode::Suspend);
    assert_eq!(signals(&effects), [(0, Signal::Stop)]);
    assert!(reports(&effects).contains(&Report::Open(false)));
    assert_eq!(signals(&host.mode(Mode::Run)), [(0, Signal::Continue)]);
    host.mode(Mode::Suspend);
    let effects = host.mode(Mode::Vacate);
    assert_eq!(signals(&effects), [(0, Signal::Continue), (0, Signal::Terminate)]);
    assert!(reports(&effects).contains(&Report::Returned(vec![key(1).1])));
    let effects = host.exit(0, Ending::Signalled(15));
    assert_eq!(reports(&effects), [Report::Returned(vec![key(0).1])]);
}

#[test]
fn a_task_that_saves_itself_says_so_by_its_status() {
    let mut host = Host::new(1);
    let checkpoint = Some(Checkpoint { signal: 12, status: 85 });
    host.hand(1, needs(1), Rules { checkpoint, ..Rules::default() });
    let effects = host.mode(Mode::Vacate);
    assert_eq!(signals(&effects), [(0, Signal::Continue), (0, Signal::Checkpoint(12))]);
    assert_eq!(endings(&host.exit(0, Ending::Exited(85))), [Ending::Checkpointed]);
}

#[test]
fn a_silent_holder_loses_its_leases() {
    let mut host = Host::new(1);
    host.hand(2, needs(1), Rules::default());
    host.tick(500);
    host.worker.heard(host.now, HOLDER);
    assert_eq!(host.tick(599), []);
    assert_eq!(host.worker.wake(), Some(host.now + secs(1)));
    assert_eq!(signals(&host.tick(1)), [(0, Signal::Continue), (0, Signal::Terminate)]);
    assert_eq!(host.worker.queued(), 0);
    assert_eq!(host.worker.wake(), Some(host.now + secs(5)));
}

#[test]
fn a_large_task_at_the_head_is_passed_by_small_ones() {
    let mut host = Host::new(2);
    host.hand(1, needs(1), Rules::default());
    let template = batch(1, needs(1), Rules::default()).template;
    let kinds = vec![needs(2), needs(1)];
    let spec = JobSpec::default();
    let shape = Shape { job: JobId(2), number: 0, spec, template, kinds };
    let handed = |index, kind| Handed { index, attempt: 1, kind, values: vec![] };
    let tasks = vec![handed(0, 0), handed(1, 1), handed(2, 7)];
    let hand = Hand { job: JobId(2), shape: 0, tasks };
    let effects = host.order(vec![Order::Shape(Box::new(shape)), Order::Hand(hand)]);
    assert_eq!(starts(&effects)[0].key.1.task, task(2, 1));
    // What names a kind that is not there is given back.
    let strange = Lease { task: task(2, 2), epoch: Epoch(1), attempt: 1 };
    assert!(reports(&effects).contains(&Report::Returned(vec![strange])));
}

#[test]
fn a_time_limit_counts_for_the_process_and_not_for_its_files() {
    let rules = Rules { time_limit: Some(secs(5)), ..Rules::default() };
    let input = || vec![Transfer { from: Text::plain("a"), to: Text::plain("a") }];
    let mut host = Host::new(1);
    host.hand_with(1, needs(1), rules.clone(), input());
    assert_eq!(host.tick(60), []);
    host.worker.process_begins(host.now, key(0));
    assert_eq!(host.tick(4), []);
    let signal = Effect::Signal { key: key(0), signal: Signal::Terminate };
    assert!(host.tick(2).contains(&signal));
    let mut host = Host::new(1);
    host.hand_with(1, needs(1), rules, input());
    host.worker.process_begins(host.now, key(0));
    host.worker.process_ends(key(0));
    assert_eq!(host.tick(60), []);
}
