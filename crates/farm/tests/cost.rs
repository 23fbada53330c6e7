//! What tasks cost their holder: bytes while they are queued (asserted), time to hand out and
//! accept them and to read them back from a journal (printed: run with `--release` and
//! `--nocapture`).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use cap::Cap;
use posse_farm::holder::{Answer, Effect, Holder, Request, Settings};
use posse_farm::words::{Ended, Ending, Order, Report, Usage};
use posse_farm::{
    Batch, Capacity, Column, Epoch, HostLife, JobId, JobSpec, Lease, Needs, Program, Template, Text,
};
use posse_wire::{HostId, Incarnation};
use std::alloc::System;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const TASKS: u32 = 1_000_000;
const JOB: JobId = JobId(1);

/// Tasks with a line of their own each, 27 bytes as in `peers/tasks.md`.
fn batch(first: u32, tasks: u32) -> Batch {
    let lines: Vec<String> =
        (first..first + tasks).map(|n| format!("simulate --case {n:010}")).collect();
    let program = Program::Shell(Text::value(0));
    let template = Template::of(vec!["line".into()], program);
    let column = Column::each(lines.iter().map(String::as_str));
    Batch::of(template, tasks, vec![column], Needs::default())
}

fn done(answer: (Answer, u64)) {
    assert!(matches!(answer.0, Answer::Done { .. }), "{answer:?}");
}

/// The journal's bytes among what a holder wants.
fn journal(holder: &mut Holder, file: &mut Vec<u8>) -> Vec<(HostLife, Order)> {
    let mut sent = vec![];
    for effect in holder.take_effects() {
        match effect {
            Effect::Journal { bytes, upto } => {
                file.extend_from_slice(&bytes);
                holder.durable(upto);
            }
            Effect::Send { to, order, .. } => sent.push((to, order)),
            _ => {}
        }
    }
    sent
}

fn submit(holder: &mut Holder, tasks: u32, file: &mut Vec<u8>) {
    let now = Duration::ZERO;
    done(holder.request(now, Request::Open { job: JOB, spec: Box::default() }));
    for first in (0..tasks).step_by(100_000) {
        let batch = Box::new(batch(first, 100_000.min(tasks - first)));
        done(holder.request(now, Request::Add { job: JOB, first, batch }));
        journal(holder, file);
    }
    done(holder.request(now, Request::Seal(JOB)));
    journal(holder, file);
}

/// One after the other, since all count the same allocations.
#[test]
fn tasks_cost_their_holder_little() {
    a_million_queued_tasks_are_small_and_are_given_back();
    a_product_costs_its_axes();
    many_tasks_are_handed_out_accepted_and_read_back();
    one_task_at_a_time_costs_little_with_many_hosts_and_jobs();
}

fn a_million_queued_tasks_are_small_and_are_given_back() {
    let mut holder = Holder::new(Settings::default(), Epoch(1));
    let (mut file, before) = (vec![], ALLOCATOR.allocated());
    submit(&mut holder, TASKS, &mut file);
    let bytes = file.len();
    drop(file);
    let each = (ALLOCATOR.allocated() - before) / TASKS as usize;
    println!("queued: {each} bytes a task; journal: {} bytes a task", bytes / TASKS as usize);
    assert!(each <= 350, "{each} bytes a task");
    done(holder.request(Duration::ZERO, Request::Kill { job: JOB, tasks: None }));
    done(holder.request(Duration::ZERO, Request::Drop(JOB)));
    drop(holder.take_effects());
    let left = ALLOCATOR.allocated().saturating_sub(before);
    assert!(left < 100_000, "{left} bytes are left");
}

fn a_product_costs_its_axes() {
    let mut holder = Holder::new(Settings::default(), Epoch(1));
    let axis = |every| Column::Axis { values: ["a", "b", "c"].into_iter().collect(), every };
    let program = Program::Argv(vec![Text::plain("sim"), Text::value(0), Text::value(1)]);
    let template = Template::of(vec!["x".into(), "y".into()], program);
    let batch = Batch::of(template, TASKS, vec![axis(3), axis(1)], Needs::default());
    let before = ALLOCATOR.allocated();
    done(holder.request(Duration::ZERO, Request::Open { job: JOB, spec: Box::default() }));
    let add = Request::Add { job: JOB, first: 0, batch: Box::new(batch) };
    done(holder.request(Duration::ZERO, add));
    let mut file = vec![];
    journal(&mut holder, &mut file);
    let each = (ALLOCATOR.allocated() - before) as f64 / f64::from(TASKS);
    println!("product: {each} bytes a task; journal: {} bytes in all", file.len());
    assert!(each <= 20.0 && file.len() < 2000);
}

/// They join; what is handed to them at once.
fn hosts(holder: &mut Holder, count: u32, file: &mut Vec<u8>) -> Vec<(HostLife, Order)> {
    let mut sent = vec![];
    for number in 1..=count {
        let life = HostLife { host: HostId(number), incarnation: Incarnation(1) };
        let capacity = Capacity { cores: 2000, memory: 1 << 34, gpus: 0, named: vec![] };
        holder.joined(Duration::ZERO, life, format!("h{number}"), capacity);
        let attached = Report::Attached { queued: vec![], running: vec![], ended: vec![] };
        holder.reports(Duration::ZERO, life, vec![attached]);
        sent.extend(journal(holder, file));
    }
    sent
}

/// Hosts that run everything at once, and say so in frames of so many tasks.
fn run_all(
    holder: &mut Holder,
    first: Vec<(HostLife, Order)>,
    frame: usize,
    file: &mut Vec<u8>,
) -> u32 {
    let (mut now, mut done) = (Duration::ZERO, 0);
    let mut handed: BTreeMap<HostLife, VecDeque<Report>> = BTreeMap::new();
    let mut take = |sent: Vec<(HostLife, Order)>,
                    handed: &mut BTreeMap<HostLife, VecDeque<Report>>| {
        for (to, order) in sent {
            let Order::Hand(hand) = order else { continue };
            for task in hand.tasks {
                let (task, attempt) = (task.task(hand.job), task.attempt);
                let lease = Lease { task, epoch: Epoch(1), attempt };
                let ended = Ended {
                    lease,
                    ending: Ending::Exited(0),
                    started_ms: 1_800_000_000_000,
                    ran: Duration::from_millis(1),
                    usage: Usage::default(),
                    values: vec![],
                };
                let reports = handed.entry(to).or_default();
                reports.extend([Report::Started(lease), Report::Ended(Box::new(ended))]);
                done += 1;
            }
        }
    };
    take(first, &mut handed);
    while let Some((from, mut reports)) = handed.pop_first() {
        now += Duration::from_micros(100);
        let some = reports.drain(..reports.len().min(2 * frame)).collect();
        if !reports.is_empty() {
            handed.insert(from, reports);
        }
        holder.reports(now, from, some);
        take(journal(holder, file), &mut handed);
    }
    done
}

fn many_tasks_are_handed_out_accepted_and_read_back() {
    let tasks = if cfg!(debug_assertions) { 50_000 } else { TASKS };
    run_tasks(tasks / 10, 1);
    let (mut holder, queued, file) = run_tasks(tasks, 64);
    println!("journal: {} bytes a task", file.len() / tasks as usize);
    let begin = Instant::now();
    let (snapshot, _) = holder.snapshot();
    let seconds = begin.elapsed().as_secs_f64();
    println!("snapshot: {} bytes a task, {seconds:.2} s", snapshot.len() / tasks as usize);
    for (what, bytes) in [("queued", &queued), ("done", &file), ("snapshot of done", &snapshot)] {
        let (begin, before) = (Instant::now(), ALLOCATOR.allocated());
        let (again, _) = Holder::recover(Duration::ZERO, Settings::default(), Epoch(0), bytes);
        let seconds = begin.elapsed().as_secs_f64();
        let each = (ALLOCATOR.allocated() - before) / tasks as usize;
        assert_eq!(again.summary(JOB).unwrap().counts.all(), tasks);
        println!("recovery, {what}: {seconds:.2} s, {each} bytes a task");
    }
}

/// The holder, its journal before the first task was run, and after the last one.
fn run_tasks(tasks: u32, frame: usize) -> (Holder, Vec<u8>, Vec<u8>) {
    let (mut holder, mut file) = (Holder::new(Settings::default(), Epoch(1)), vec![]);
    journal(&mut holder, &mut file);
    submit(&mut holder, tasks, &mut file);
    let queued = file.clone();
    let begin = Instant::now();
    let first = hosts(&mut holder, 64, &mut file);
    assert_eq!(run_all(&mut holder, first, frame, &mut file), tasks);
    let us = begin.elapsed().as_secs_f64() * 1e6 / f64::from(tasks);
    assert!(holder.summary(JOB).unwrap().over);
    println!("64 hosts, {tasks} tasks, {frame} a frame: {us:.2} us from hand-out to acceptance");
    (holder, queued, file)
}

fn one_task_at_a_time_costs_little_with_many_hosts_and_jobs() {
    let (mut holder, mut file) = (Holder::new(Settings::default(), Epoch(1)), vec![]);
    hosts(&mut holder, 64, &mut file);
    let jobs = if cfg!(debug_assertions) { 200 } else { 5_000 };
    let begin = Instant::now();
    for job in (1..=jobs).map(JobId) {
        let spec = Box::new(JobSpec::default());
        done(holder.request(Duration::ZERO, Request::Open { job, spec }));
        let batch = Box::new(batch(0, 10));
        done(holder.request(Duration::ZERO, Request::Add { job, first: 0, batch }));
        done(holder.request(Duration::ZERO, Request::Seal(job)));
    }
    let us = begin.elapsed().as_secs_f64() * 1e6 / f64::from(jobs);
    println!("{jobs} jobs of 10 tasks: {us:.1} us to submit one");
    let begin = Instant::now();
    let first = journal(&mut holder, &mut file);
    let ran = run_all(&mut holder, first, 1, &mut file);
    assert_eq!(ran, jobs * 10);
    let us = begin.elapsed().as_secs_f64() * 1e6 / f64::from(ran);
    println!("{us:.2} us a task");
}
