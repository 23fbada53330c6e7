//! What runs tasks, holds them or gives them is killed again and again while jobs run: each task
//! that was acknowledged has one accepted result, none that had finished runs again because the
//! daemon that holds the job died, and nothing is left over.
//! Alone: `cargo nextest run -p posse-cluster --test kills`; `POSSE_KILLS=200` makes it longer,
//! `POSSE_SEED=N` repeats a run.

#![allow(clippy::unwrap_used)]

use posse_bed::{Chance, LoopbackBed, LoopbackOptions, Process, wait_until};
use posse_cluster::{Vm, ready, seed, text};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

/// Machines that run tests are busy.
const LONG: Duration = Duration::from_secs(110);

const KILLS: usize = 16;

/// For each kill; 200 kills make 20,000 tasks.
const TASKS_PER_KILL: usize = 100;

/// Between two kills, where no task ends meanwhile.
const PAUSE: Duration = Duration::from_millis(500);

const HOSTS: [&str; 4] = ["local1", "local2", "local3", "local4"];

/// Tasks of the jobs that a front end is killed over while it gives them.
const GIVEN: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Victim {
    Task,
    Host,
    /// The daemon that holds the jobs.
    Holder,
    /// One that follows a job.
    Follower,
    /// One that gives work.
    Giver,
}

const VICTIMS: [Victim; 5] =
    [Victim::Task, Victim::Host, Victim::Holder, Victim::Follower, Victim::Giver];

/// What happened, in order: tasks append a line as their last act, and the test one for each kill.
/// Appended in one write each, so none is torn.
struct Book {
    path: PathBuf,
}

impl Book {
    fn note(&self, line: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.path).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn lines(&self) -> usize {
        std::fs::read(&self.path).map_or(0, |all| all.iter().filter(|byte| **byte == b'\n').count())
    }

    /// The command of task `{n}`.
    fn command(&self, label: &str) -> String {
        let path = self.path.display();
        format!("sleep 0.05; echo ran {label}.{{n}} $POSSE_HOST $$ >> {path}; echo x={{n}}")
    }

    /// A kill of a host or a process, from its beginning to when nothing of it is left.
    fn kill(&self, what: &str, kill: impl FnOnce()) {
        self.note(&format!("kill {what}"));
        kill();
        self.note(&format!("killed {what}"));
    }

    /// A task that finished may do so again only if its first host, or its own process, was killed
    /// between: after it had written its line, and before its end was kept.
    fn check(&self) {
        let all = std::fs::read_to_string(&self.path).unwrap();
        let mut ran: BTreeMap<&str, Vec<(usize, &str, &str)>> = BTreeMap::new();
        let (mut begun, mut kills) = (BTreeMap::new(), BTreeMap::<&str, Vec<_>>::new());
        for (at, line) in all.lines().enumerate() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["kill", what] => drop(begun.insert(what, at)),
                ["killed", what] => kills.entry(what).or_default().push((begun[what], at)),
                ["ran", task, host, pid] => ran.entry(task).or_default().push((at, host, pid)),
                _ => panic!("{line:?} in the book"),
            }
        }
        for (task, ran) in ran {
            for pair in ran.windows(2) {
                let ((first, host, pid), (second, ..)) = (pair[0], pair[1]);
                let between = |(from, to): &(usize, usize)| *to > first && *from < second;
                let mut excuses = [host, pid].into_iter().filter_map(|what| kills.get(what));
                let excused = excuses.any(|all| all.iter().any(between));
                assert!(excused, "{task} had finished at {host} and ran again");
            }
        }
    }
}

fn kill(process: &Process) {
    let pid = Pid::from_raw(i32::try_from(process.pid).unwrap()).unwrap();
    let _it_may_just_have_ended = kill_process(pid, Signal::KILL);
}

fn is_there(vm: &Vm, host: &str) -> bool {
    let name = format!("--name {host} ");
    let daemons = vm.processes("posse daemon ");
    daemons.iter().any(|daemon| format!("{} ", daemon.command).contains(&name))
}

/// What the vm says of its hosts.
fn told(vm: &Vm) -> String {
    let [hosts, events] = ["hosts", "events"].map(|what| vm.posse(&[what]).text());
    format!("{hosts}\n{events}\n{}", vm.log())
}

fn bring(vm: &Vm, host: &str) {
    // As long as the vm has not noticed, there is nothing to be brought.
    let up = || vm.posse(&["up", "--batch", host]).code == 0 && is_there(vm, host);
    assert!(wait_until(LONG, up), "{host} does not come back: {}", vm.log());
}

/// One job of so many tasks; gives its number.
fn sweep(vm: &Vm, tasks: usize, command: &str) -> u32 {
    let n = format!("n=1..{tasks}");
    let words = ["sweep", "--no-copies", "--retries", "1000", "-p", &n, command];
    // Another life of the daemon may just begin.
    let given = vm.posse(&words).ok().text();
    given.strip_prefix("job ").and_then(|rest| rest.split(':').next()).unwrap().parse().unwrap()
}

/// What a job has, by task: `None` where it is not known.
fn job(vm: &Vm, number: u32) -> Option<serde_json::Value> {
    let text = vm.posse(&["jobs", "--json"]).ok().text();
    let jobs = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    jobs.into_iter().find(|job| job["job"].as_u64() == Some(u64::from(number)))
}

fn is_over(vm: &Vm, number: u32, tasks: usize) -> bool {
    job(vm, number).is_some_and(|job| job["done"].as_u64() == Some(tasks as u64))
}

/// Exactly one result for each task, and it is the task's own.
fn check(vm: &Vm, number: u32, tasks: usize) {
    let rows = vm.posse(&["results", &number.to_string(), "--json"]).ok().text();
    let mut seen = BTreeSet::new();
    for line in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["state"], "done", "{line}");
        assert_eq!(text_of(&row["n"]), text_of(&row["x"]), "{line}");
        assert!(seen.insert(row["task"].as_u64().unwrap()), "twice: {line}");
    }
    assert_eq!(seen.len(), tasks, "rows of job {number}");
}

fn text_of(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

struct Run<'a> {
    vm: &'a Vm,
    book: &'a Book,
    chance: Chance,
    /// Jobs that were acknowledged, with their tasks.
    jobs: Vec<(u32, usize)>,
    /// Jobs that a front end began to give.
    given: usize,
    struck: BTreeMap<String, usize>,
}

impl Run<'_> {
    fn strike(&mut self) {
        let victim = VICTIMS[self.chance.below(VICTIMS.len())];
        println!("{:?} {victim:?}", std::time::SystemTime::now());
        let struck = match victim {
            Victim::Task => self.kill_task(),
            Victim::Host => {
                let host = HOSTS[self.chance.below(HOSTS.len())];
                assert!(is_there(self.vm, host), "{host} ended by itself: {}", told(self.vm));
                self.book.kill(host, || {
                    kill(&self.vm.daemon(host));
                    bring(self.vm, host);
                });
                true
            }
            Victim::Holder => {
                kill(&self.vm.owner());
                true
            }
            Victim::Follower => {
                let last = self.jobs.last().unwrap().0.to_string();
                self.front_end(&["jobs", "--wait", &last]);
                true
            }
            Victim::Giver => {
                self.given += 1;
                let command = self.book.command(&format!("given{}", self.given));
                let n = format!("n=1..{GIVEN}");
                self.front_end(&["sweep", "--retries", "1000", "-p", &n, &command])
                    .into_iter()
                    .for_each(|job| self.jobs.push((job, GIVEN)));
                true
            }
        };
        if struck {
            *self.struck.entry(format!("{victim:?}")).or_default() += 1;
        }
    }

    fn kill_task(&mut self) -> bool {
        let mut all = self.vm.processes("sleep 0.05; echo ran");
        // What gives them has their text among its words.
        all.retain(|process| !process.command.contains(" sweep "));
        if all.is_empty() {
            return false;
        }
        let one = &all[self.chance.below(all.len())];
        self.book.kill(&one.pid.to_string(), || kill(one));
        true
    }

    /// Starts one, kills it within some milliseconds, and gives the job that it had told of.
    fn front_end(&mut self, words: &[&str]) -> Option<u32> {
        let mut command = self.vm.command(words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let while_it_runs = Duration::from_millis(self.chance.below(120) as u64);
        let _or_it_is_over = wait_until(while_it_runs, || child.try_wait().unwrap().is_some());
        let _it_may_be_over = child.kill();
        let said = text(&child.wait_with_output().unwrap().stdout);
        said.strip_prefix("job ")
            .and_then(|rest| rest.split(':').next())
            .map(|n| n.parse().unwrap())
    }
}

#[test]
fn every_acknowledged_task_has_one_result() {
    if !ready() {
        return;
    }
    let kills = std::env::var("POSSE_KILLS").ok().map_or(KILLS, |text| text.parse().unwrap());
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    let _ = vm.posse(&["up", "--batch", "local[1-4]"]).ok();
    let book = Book { path: bed.root().join("book") };
    let (tasks, chance) = (kills * TASKS_PER_KILL, Chance::of_seed(seed()));
    let first = sweep(&vm, tasks, &book.command("a"));
    let jobs = vec![(first, tasks)];
    let mut run = Run { vm: &vm, book: &book, chance, jobs, given: 0, struck: BTreeMap::new() };
    let mut number = 0;
    while run.struck.values().sum::<usize>() < kills {
        let (last, of_last) = run.jobs[0];
        if is_over(&vm, last, of_last) {
            number += 1;
            let more = sweep(&vm, tasks, &book.command(&format!("more{number}")));
            run.jobs.insert(0, (more, tasks));
        }
        let more = book.lines() + run.chance.below(60);
        let _or_nothing_goes_on = wait_until(PAUSE, || book.lines() >= more);
        run.strike();
    }
    println!("killed: {:?}", run.struck);
    for (number, tasks) in &run.jobs {
        let over = || is_over(&vm, *number, *tasks);
        assert!(wait_until(LONG * 4, over), "job {number}: {:?}\n{}", job(&vm, *number), vm.log());
        check(&vm, *number, *tasks);
    }
    book.check();
}
