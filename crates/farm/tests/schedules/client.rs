//! Somebody who submits jobs and asks again until all is acknowledged.

use super::chance::Chance;
use posse_farm::holder::Request;
use posse_farm::{
    Batch, Checkpoint, Column, Depends, JobId, JobSpec, Needs, Program, Rules, Template, Text,
};
use posse_wire::HostId;
use std::time::Duration;

pub struct Submission {
    pub job: JobId,
    pub requests: Vec<Request>,
    /// How many of them were acknowledged in a row.
    pub acknowledged: usize,
    /// The one that was asked and not answered.
    pub asked: Option<usize>,
    pub tasks: Vec<Wanted>,
}

/// What was submitted of one task.
#[derive(Clone)]
pub struct Wanted {
    pub behaviour: &'static str,
    pub on: Vec<u32>,
}

pub fn submission(job: JobId, chance: &mut Chance) -> Submission {
    let spec = JobSpec {
        name: format!("job{job}"),
        priority: chance.below(3) as i16,
        cap: chance.one(&[u32::MAX, u32::MAX, 3]),
        cap_per_host: chance.one(&[u32::MAX, u32::MAX, 2]),
        ..JobSpec::default()
    };
    let mut requests = vec![Request::Open { job, spec: Box::new(spec) }];
    let mut tasks: Vec<Wanted> = vec![];
    let mut firsts = vec![];
    for number in 0..1 + chance.below(4) as u32 {
        let first = tasks.len() as u32;
        firsts.push(first);
        let mut batch = batch(first, &mut tasks, chance);
        if number > 0 && chance.percent(40) {
            let before = chance.below(number.into()) as usize;
            batch.after = vec![before as u32; 1 + chance.below(2) as usize];
            for task in &mut tasks[first as usize..] {
                task.on.extend(firsts[before]..firsts[before + 1]);
            }
        }
        requests.push(Request::Add { job, first, batch: Box::new(batch) });
    }
    requests.push(Request::Seal(job));
    Submission { job, requests, acknowledged: 0, asked: None, tasks }
}

fn batch(first: u32, tasks: &mut Vec<Wanted>, chance: &mut Chance) -> Batch {
    let count = 1 + chance.below(20) as u32;
    let (linked, mut depends) = (chance.percent(40), Depends::default());
    let mut behaviours = vec![];
    for index in first..first + count {
        let kinds = ["good", "good", "good", "good", "good", "flaky", "fails"];
        let behaviour = chance.one(&kinds);
        behaviours.push(behaviour);
        let mut on = vec![];
        if linked && index > 0 {
            on.extend((0..chance.below(3)).map(|_| chance.below(u64::from(index)) as u32));
        }
        depends.on.extend(&on);
        depends.ends.push(depends.on.len() as u32);
        tasks.push(Wanted { behaviour, on });
    }
    if !linked {
        depends = Depends::default();
    }
    let program = Program::Argv(vec![Text::plain("run"), Text::value(0)]);
    let mut template = Template::of(vec!["behaviour".into()], program);
    template.rules = Rules {
        retries: 3,
        retry_statuses: vec![75],
        crash_limit: 0,
        end_grace: Duration::from_secs(1),
        time_limit: None,
        checkpoint: chance.percent(30).then_some(Checkpoint { signal: 10, status: 85 }),
        second_copy: chance.percent(70),
        ..Rules::default()
    };
    let mut batch = Batch::of(template, count, vec![Column::each(behaviours)], needs(chance));
    batch.depends = depends;
    if chance.percent(30) {
        batch.kinds.push(needs(chance));
        batch.kind_of = (0..count).map(|_| chance.below(2) as u16).collect();
    }
    if chance.percent(30) {
        batch.near = (0..count).map(|_| HostId(1 + chance.below(3) as u32)).collect();
    }
    batch
}

/// What the first host surely has, so that every task can run.
fn needs(chance: &mut Chance) -> Needs {
    Needs {
        cores: chance.one(&[1000, 1000, 1000, 500, 0, 2000]),
        memory: chance.one(&[0, 0, 3, 8]),
        gpus: chance.one(&[0, 0, 0, 500, 1000]),
        named: chance.one(&[&[][..], &[("disk", 1000)][..]]).iter().map(named).collect(),
        hosts: String::new(),
    }
}

fn named((name, amount): &(&str, u32)) -> (String, u32) {
    (name.to_string(), *amount)
}
