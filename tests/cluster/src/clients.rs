//! Clients of the registry of names that never rest: on several hosts each registers, looks up
//! and unregisters the same few names by `posse names`, and all of it is written down with when it
//! began, when it ended and what came of it. What they saw is judged by the simulator's checker.
//! Not the faults meanwhile. Called by `partitions`.

use crate::{Ran, run};
use posse_bed::wait_until;
use posse_control::state::{Answer, Expect, Owner};
use posse_sim::Chance;
use posse_sim::control::history::{Done, History, Op, Seen, Verdict};
use posse_wire::{CommandId, HostId, Incarnation, Rank};
use serde_json::Value;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// So few that clients meet, so many that one search is short.
const NAMES: u64 = 3;

/// A client rests so long between two operations, at least.
const PAUSE: Duration = Duration::from_millis(100);

/// A history of fewer answers about a name says little.
const ANSWERS_LEAST: usize = 5;

/// Everything is answered within five seconds; the machine may be busy.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// What somebody waits for here comes by then or never.
const COMES_WITHIN: Duration = Duration::from_secs(90);

/// How `posse ARGS` is typed on a host.
pub type Typed = Box<dyn Fn(&[&str]) -> Command + Send>;

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Done,
    /// There is no such name, or somebody else has it.
    No,
    /// Nothing happened.
    NotDone,
    /// It may have happened.
    Unknown,
}

/// A change, as somebody who waits for one needs it.
struct Change {
    host: String,
    began: Instant,
    fate: Fate,
    said: String,
}

struct Book {
    start: Instant,
    seen: Mutex<History>,
    changes: Mutex<Vec<Change>>,
    /// Processes that may have names: command and rank.
    processes: Mutex<Vec<(u32, u32)>>,
    is_over: AtomicBool,
}

pub struct Clients {
    book: Arc<Book>,
    threads: Vec<JoinHandle<()>>,
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A process of a detached command never is another.
fn owner((command, rank): (u32, u32)) -> Owner {
    let (host, incarnation) = (HostId(rank), Incarnation(1));
    Owner { host, incarnation, command: CommandId(u64::from(command)), rank: Rank(rank) }
}

fn fate(ran: &Ran) -> Fate {
    let nothing = ["it did not run", "the registry is as before", "no vm ", "the daemon refuses: "];
    match ran.code {
        0 => Fate::Done,
        1 => Fate::No,
        _ if nothing.iter().any(|words| ran.stderr.contains(words)) => Fate::NotDone,
        _ => Fate::Unknown,
    }
}

/// What an operation that was answered has seen; none where its words do not say.
fn no(said: &str) -> Option<Answer> {
    if said.contains("there is no name") {
        return Some(Answer::NoName);
    }
    let (_, holder) = said.split_once("is taken: ")?;
    let (command, rank) = holder.split_once(' ')?.0.split_once('.')?;
    let owner = owner((command.parse().ok()?, rank.parse().ok()?));
    Some(Answer::Taken { owner, version: 0 })
}

impl Clients {
    /// One on each of these hosts. No name is given before there are processes.
    #[must_use]
    pub fn start(hosts: Vec<(String, Typed)>, seed: u64) -> Clients {
        let book = Arc::new(Book {
            start: Instant::now(),
            seen: Mutex::default(),
            changes: Mutex::default(),
            processes: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let start = |((host, typed), number): ((String, Typed), u64)| {
            let chance = Chance::new(seed.wrapping_add(number));
            let mut client = Client {
                book: book.clone(),
                host,
                typed,
                chance,
                count: 0,
                seen: [const { None }; 3],
            };
            std::thread::spawn(move || client.go_on())
        };
        let threads = hosts.into_iter().zip(0..).map(start).collect();
        Clients { book, threads }
    }

    /// From now on these processes may be over, and their names free.
    pub fn may_end(&self, processes: &[(u32, u32)]) {
        let now = self.book.now();
        for process in processes {
            let release = Op::Release { owner: owner(*process) };
            lock(&self.book.seen).push(release, now, now, Seen::Unknown);
        }
    }

    /// Other processes are to have the names.
    pub fn use_processes(&self, processes: &[(u32, u32)]) {
        *lock(&self.book.processes) = processes.to_vec();
    }

    /// Until a change that begins from now on is done on one of these hosts.
    #[track_caller]
    pub fn wait_done(&self, hosts: &[&str]) {
        self.wait(hosts, Instant::now(), |change| change.fate == Fate::Done);
    }

    /// Until a change that begins from now on is refused on this host for want of a majority;
    /// what was said.
    #[track_caller]
    #[must_use]
    pub fn wait_refused(&self, host: &str) -> String {
        let words = "no majority of the voters";
        self.wait(&[host], Instant::now(), |change| change.said.contains(words))
    }

    #[track_caller]
    fn wait(&self, hosts: &[&str], from: Instant, is_it: impl Fn(&Change) -> bool) -> String {
        let mut said = None;
        let there = wait_until(COMES_WITHIN, || {
            let changes = lock(&self.book.changes);
            let mut later = changes.iter().filter(|change| change.began >= from);
            said = later
                .find(|change| hosts.contains(&&*change.host) && is_it(change))
                .map(|change| change.said.clone());
            said.is_some()
        });
        assert!(there, "it does not come at {hosts:?}: {}", self.book.last());
        said.unwrap_or_default()
    }

    /// Ends them; panics unless one registry could have shown what they saw.
    #[track_caller]
    pub fn end(mut self) {
        self.book.is_over.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
        let seen = lock(&self.book.seen);
        for name in 0..usize::try_from(NAMES).unwrap() {
            let about = format!("name/{name}");
            let is_answer = |done: &&Done| done.op.name() == about && done.seen != Seen::Unknown;
            let answers = seen.all.iter().filter(is_answer).count();
            assert!(answers >= ANSWERS_LEAST, "{answers} answers about {about}");
            let verdict = seen.judge(name);
            assert_eq!(verdict, Verdict::Explained, "{}", of_name(&seen, name));
        }
    }
}

/// They are over before the hosts are.
impl Drop for Clients {
    fn drop(&mut self) {
        self.book.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _what_it_says_is_said = thread.join();
        }
    }
}

fn of_name(history: &History, name: usize) -> String {
    let about = |op: &Op| op.name() == format!("name/{name}") || matches!(op, Op::Release { .. });
    let mut all: Vec<_> = history.all.iter().filter(|done| about(&done.op)).collect();
    all.sort_by_key(|done| done.began);
    all.iter().map(|done| format!("{done:?}\n")).collect()
}

impl Book {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The last that was said on each host.
    fn last(&self) -> String {
        let changes = lock(&self.changes);
        let line =
            |change: &Change| format!("{}: {:?} {}\n", change.host, change.fate, change.said);
        changes.iter().rev().take(30).map(line).collect()
    }
}

/// What a client last saw of a name: value and version.
type Known = Option<(Vec<u8>, u64)>;

struct Client {
    book: Arc<Book>,
    host: String,
    typed: Typed,
    chance: Chance,
    count: u64,
    seen: [Known; NAMES as usize],
}

impl Client {
    fn go_on(&mut self) {
        while !self.book.is_over.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let name = usize::try_from(self.chance.below(NAMES)).unwrap_or(0);
            match self.chance.below(100) {
                0..40 => self.look_up(name),
                40..85 => self.register(name),
                _ => self.unregister(name),
            }
            let _it_rests = wait_until(PAUSE, || begun.elapsed() >= PAUSE);
        }
    }

    fn posse(&self, args: &[&str]) -> Ran {
        let ran = run((self.typed)(args), b"", ANSWERED_WITHIN);
        assert_ne!(ran.code, 127, "posse is not there on {}: {}", self.host, ran.stderr);
        ran
    }

    fn look_up(&mut self, name: usize) {
        let op = Op::LookUp { name };
        let began = self.book.now();
        let ran = self.posse(&["names", "lookup", "--json", &op.name()]);
        let found = match fate(&ran) {
            Fate::Done => {
                let entry: Value = serde_json::from_str(&ran.text()).unwrap();
                let value = entry["value"].as_str().unwrap().as_bytes().to_vec();
                Some((value, entry["version"].as_u64().unwrap()))
            }
            Fate::No => None,
            Fate::NotDone | Fate::Unknown => return,
        };
        self.seen[name].clone_from(&found);
        lock(&self.book.seen).push(op, began, self.book.now(), Seen::Found(found));
    }

    fn register(&mut self, name: usize) {
        let processes = lock(&self.book.processes).clone();
        if processes.is_empty() {
            return;
        }
        let among = self.chance.below(processes.len() as u64);
        let process = processes[usize::try_from(among).unwrap_or(0)];
        self.count += 1;
        let value = format!("{}-{}", self.host, self.count);
        let text = format!("{}.{}", process.0, process.1);
        let version = self.seen[name].clone().filter(|_| self.chance.percent(30));
        let number = version.as_ref().map(|(_, version)| version.to_string());
        let op = Op::Register {
            name,
            value: value.clone().into_bytes(),
            owner: owner(process),
            expect: version.as_ref().map_or(Expect::Own, |(_, version)| Expect::Version(*version)),
            before: version.map(|(value, _)| value),
        };
        let mut args = vec!["names", "register", "--for", &text];
        let name_text = op.name();
        args.extend([&*name_text, &*value]);
        args.extend(number.iter().flat_map(|number| ["--version", number]));
        self.change(op, &args, || Answer::Version(0));
    }

    fn unregister(&mut self, name: usize) {
        let op = Op::Unregister { name, owner: None };
        let text = op.name();
        self.change(op, &["names", "unregister", &text], || Answer::Done);
    }

    fn change(&mut self, op: Op, args: &[&str], done: impl Fn() -> Answer) {
        let (began, at) = (self.book.now(), Instant::now());
        let ran = self.posse(args);
        let ended = self.book.now();
        let fate = fate(&ran);
        let seen = match fate {
            Fate::Done => Some(Seen::Answered(done())),
            Fate::No => no(&ran.stderr).map(Seen::Answered),
            Fate::NotDone => None,
            Fate::Unknown => Some(Seen::Unknown),
        };
        if let Some(seen) = seen {
            lock(&self.book.seen).push(op, began, ended, seen);
        }
        let change = Change { host: self.host.clone(), began: at, fate, said: ran.stderr };
        lock(&self.book.changes).push(change);
    }
}
