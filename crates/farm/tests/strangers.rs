//! Words and journals that nobody of ours wrote: real ones with some bytes changed, which still
//! can be decoded. Whatever they say, nothing panics, and what is right afterwards still works.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use posse_farm::holder::{Effect, Holder, Request, Settings};
use posse_farm::journal::{Record, Writer, scan};
use posse_farm::words::{Ended, Ending, Hand, Handed, Order, Report, Shape, Usage};
use posse_farm::worker::{Exit, Key, Mode, Worker};
use posse_farm::{
    Batch, Capacity, Column, Depends, Epoch, HostLife, JobId, JobSpec, Lease, Needs, Program,
    TaskId, Template, Text,
};
use posse_wire::{HostId, Incarnation, decode_value, encode_value};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(50);
const HOST: HostLife = HostLife { host: HostId(1), incarnation: Incarnation(1) };

/// Which byte of which value becomes what.
type Change = (prop::sample::Index, prop::sample::Index, u8);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let one = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>());
    prop::collection::vec(one, 1..6)
}

/// Those of the values that can still be read once bytes of some were changed.
fn changed<T: Serialize + DeserializeOwned>(values: &[T], changes: &[Change]) -> Vec<T> {
    let mut bytes: Vec<Vec<u8>> = values.iter().map(encode_value).collect();
    for (which, at, byte) in changes {
        let one = which.index(bytes.len());
        let at = at.index(bytes[one].len());
        bytes[one][at] = *byte;
    }
    bytes.iter().filter_map(|bytes| decode_value(bytes).ok()).collect()
}

fn capacity() -> Capacity {
    Capacity { cores: 4000, memory: 100, gpus: 0, named: vec![("disk".into(), 1000)] }
}

fn batch(after: Vec<u32>) -> Batch {
    let program = Program::Argv(vec![Text::plain("sim"), Text::value(0)]);
    let column =
        Column::Among { values: ["a", "b"].into_iter().collect(), which: vec![0, 1, 1, 0] };
    let mut batch =
        Batch::of(Template::of(vec!["x".into()], program), 4, vec![column], Needs::default());
    batch.depends = Depends { ends: vec![0, 1, 2, 2], on: vec![0, 0] };
    batch.after = after;
    batch.kinds.push(Needs { cores: 2000, ..Needs::default() });
    batch.kind_of = vec![0, 1, 0, 1];
    batch
}

fn requests() -> Vec<Request> {
    let job = JobId(1);
    vec![
        Request::Open { job, spec: Box::default() },
        Request::Add { job, first: 0, batch: Box::new(batch(vec![])) },
        Request::Kill { job, tasks: Some(vec![3]) },
        Request::Add { job, first: 4, batch: Box::new(batch(vec![0])) },
        Request::Seal(job),
        Request::Pause { job, paused: false },
        Request::Retry { job, failed: true, lost: true },
        Request::Drain { host: HostId(1), draining: false, now: false },
    ]
}

fn lease(index: u32) -> Lease {
    Lease { task: TaskId { job: JobId(1), index }, epoch: Epoch(1), attempt: 1 }
}

fn ended(index: u32, status: u8) -> Ended {
    Ended {
        lease: lease(index),
        ending: Ending::Exited(status),
        started_ms: 5,
        ran: Duration::from_millis(3),
        usage: Usage::default(),
        values: vec![("k".into(), "v".into())],
    }
}

fn reports() -> Vec<Report> {
    vec![
        Report::Attached { queued: vec![lease(1)], running: vec![lease(2)], ended: vec![] },
        Report::Started(lease(0)),
        Report::Ended(Box::new(ended(0, 0))),
        Report::Room { capacity: capacity(), busy: Capacity::default() },
        Report::Waits(lease(2)),
        Report::Ended(Box::new(ended(2, 1))),
        Report::Returned(vec![lease(4)]),
        Report::Mode { mode: Mode::Run, unmet: None },
    ]
}

fn play(requests: Vec<Request>, reports: Vec<Report>) -> (Holder, Vec<u8>) {
    let (mut holder, mut file) = (Holder::new(Settings::default(), Epoch(1)), vec![]);
    holder.joined(NOW, HOST, "lab1".into(), capacity());
    holder.reports(NOW, HOST, vec![reports[0].clone()]);
    requests.into_iter().for_each(|request| drop(holder.request(NOW, request)));
    reports.into_iter().for_each(|report| holder.reports(NOW, HOST, vec![report]));
    holder.tick(NOW + Duration::from_secs(90));
    for effect in holder.take_effects() {
        if let Effect::Journal { bytes, .. } = effect {
            file.extend(bytes);
        }
    }
    (holder, file)
}

/// A job that comes now is run to its end.
fn still_works(holder: &mut Holder) {
    let new = HostLife { host: HostId(77), incarnation: Incarnation(1) };
    holder.disk(NOW, true);
    holder.joined(NOW, new, "lab77".into(), capacity());
    let attached = Report::Attached { queued: vec![], running: vec![], ended: vec![] };
    holder.reports(NOW, new, vec![attached]);
    let job = holder.next_job();
    let spec = JobSpec { priority: i16::MAX, ..JobSpec::default() };
    holder.request(NOW, Request::Open { job, spec: Box::new(spec) });
    holder.request(NOW, Request::Add { job, first: 0, batch: Box::new(batch(vec![])) });
    holder.request(NOW, Request::Seal(job));
    for index in 0..holder.summary(job).map_or(0, |summary| summary.counts.all()) {
        assert!(holder.why(TaskId { job, index }).is_some());
    }
}

fn orders() -> Vec<Order> {
    let shape = Shape {
        job: JobId(1),
        number: 0,
        spec: JobSpec::default(),
        template: batch(vec![]).template,
        kinds: batch(vec![]).kinds,
    };
    let handed = |index| Handed { index, attempt: 1, kind: 1, values: vec!["a".into()] };
    let tasks = (0..4).map(handed).collect();
    vec![
        Order::Attach,
        Order::Shape(Box::new(shape)),
        Order::Hand(Hand { job: JobId(1), shape: 0, tasks }),
        Order::Recall(vec![lease(3)]),
        Order::End(vec![lease(0), lease(2)]),
        Order::Taken(vec![lease(1)]),
        Order::Forget(JobId(1)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn any_words_to_a_holder(asked in changes(), said in changes()) {
        let said: Vec<Report> = std::iter::once(reports()[0].clone())
            .chain(changed(&reports(), &said))
            .collect();
        let (mut holder, file) = play(changed(&requests(), &asked), said);
        still_works(&mut holder);
        let (_, found) = Holder::recover(NOW, Settings::default(), Epoch(0), &file);
        prop_assert_eq!(found.strange, 0);
    }

    #[test]
    fn any_journal_gives_a_holder(changes in changes()) {
        let (_, file) = play(requests(), reports());
        let mut records: Vec<Record> = vec![];
        scan(&file, |record| records.push(record));
        let (mut writer, mut bytes) = (Writer::default(), vec![]);
        for record in changed(&records, &changes) {
            writer.push(&record, &mut bytes);
        }
        let (mut holder, _) = Holder::recover(NOW, Settings::default(), Epoch(0), &bytes);
        still_works(&mut holder);
        holder.tick(NOW + Duration::from_secs(60));
        drop(holder.take_effects());
        drop(holder.snapshot());
    }

    #[test]
    fn any_bytes_are_no_harm(flips in changes()) {
        let (_, mut file) = play(requests(), reports());
        for (_, at, byte) in &flips {
            let at = at.index(file.len());
            file[at] ^= byte;
        }
        let (mut holder, _) = Holder::recover(NOW, Settings::default(), Epoch(0), &file);
        still_works(&mut holder);
    }

    #[test]
    fn any_orders_to_a_worker(changes in changes()) {
        let mut worker = Worker::new(capacity(), None, 0);
        let holder = HostId(9);
        for order in changed(&orders(), &changes) {
            worker.orders(NOW, holder, Epoch(1), vec![order]);
        }
        worker.mode(NOW, Mode::Suspend, None);
        worker.mode(NOW, Mode::Run, None);
        worker.tick(NOW + Duration::from_secs(5000));
        let running: Vec<Key> = worker.running().collect();
        for key in running {
            let (ending, ran, usage) = (Ending::Exited(0), NOW, Usage::default());
            worker.exited(NOW, key, Exit { ending, started_ms: 0, ran, usage, values: vec![] });
        }
        worker.orders(NOW, holder, Epoch(1), orders());
        prop_assert!(worker.take_effects().len() > 1);
    }
}
