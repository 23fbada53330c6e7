//! A program that takes part in messages, for the tests of them: `talk WHAT ARGS`. What it finds
//! it prints; each line is written at once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use posse::message::{Attributes, Message, Mode, Process, ProcessId, Received, Scope, Want, Way};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::Write;
use std::time::{Duration, Instant};

const SCOPE: Scope = Scope { face: 0, context: 7 };

/// A wait that lasts longer hangs.
const LONG: Duration = Duration::from_secs(120);

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args[at].parse::<u64>().expect("a number");
    match args[0].as_str() {
        "ring" => ring(number(1), number(2) as usize),
        "all" => all_to_all(number(1) as usize),
        "after" => after(),
        "group" => group(),
        "typed" => typed(),
        "mourn" => mourn(),
        "flood" => flood(number(1)),
        "watch" => watch(number(1), number(2) as usize),
        "hand" => by_hand(&args[1]),
        "serve" => serve(),
        other => panic!("no {other}"),
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("somebody reads");
}

fn rank() -> usize {
    std::env::var("POSSE_RANK").expect("started by posse").parse().expect("a number")
}

fn joined() -> (Process, Vec<ProcessId>) {
    let process = Process::join().expect("joins");
    let members = process.members().expect("members");
    (process, members.into_iter().map(|member| member.expect("it lives")).collect())
}

fn message(to: ProcessId, tag: i64, payload: Vec<u8>) -> Message {
    let (mode, attributes) = (Mode::Eager, Attributes::NONE);
    Message { to, scope: SCOPE, tag, mode, attributes, payload: payload.into() }
}

fn receive(process: &Process, want: Want) -> Result<Received, posse::Error> {
    process.receive(want, Some(Instant::now() + LONG))
}

/// What every byte of a payload is, so that a wrong one is seen.
fn filled(bytes: usize, seed: u64) -> Vec<u8> {
    (0..bytes).map(|at| (at as u64).wrapping_mul(31).wrapping_add(seed) as u8).collect()
}

/// A token goes around so many times, each member adding one, with so many bytes.
fn ring(laps: u64, bytes: usize) {
    let (process, members) = joined();
    let (me, size) = (rank(), members.len());
    let (next, before) = (members[(me + 1) % size], members[(me + size - 1) % size]);
    let mut way = Way::Daemons;
    let mut hand_on = |lap: u64| {
        way = process.way_to(next).expect("connected");
        process.post(message(next, lap as i64, filled(bytes, lap + me as u64))).expect("sent");
    };
    for lap in 0..laps {
        if me == 0 {
            hand_on(lap);
        }
        let want = Want::any(SCOPE).of(before).tagged(lap as i64);
        let payload = receive(&process, want).expect("the token").payload;
        let seed = lap + if me == 0 { size as u64 - 1 } else { me as u64 - 1 };
        assert!(payload == filled(bytes, seed), "lap {lap}: {} bytes", payload.len());
        if me != 0 {
            hand_on(lap);
        }
    }
    process.leave(Some(Instant::now() + LONG)).expect("left");
    say(&format!("{me} {laps} laps, at last by {way:?}"));
}

/// Everybody sends to everybody before anybody receives, the last sent is received first.
fn all_to_all(bytes: usize) {
    const EACH: i64 = 20;
    let (process, members) = joined();
    for tag in 0..EACH {
        for to in &members {
            process.post(message(*to, tag, filled(bytes, tag as u64))).expect("sent");
        }
    }
    let mut got = 0;
    for tag in (0..EACH).rev() {
        for from in &members {
            let received = receive(&process, Want::any(SCOPE).of(*from).tagged(tag));
            let payload = received.expect("it comes").payload;
            assert!(payload == filled(bytes, tag as u64));
            got += 1;
        }
    }
    process.leave(Some(Instant::now() + LONG)).expect("left");
    say(&format!("{got} received"));
}

/// Rank 0 waits for a message of the last rank, which never sends one, and says how that ends.
fn after() {
    let (process, members) = joined();
    let last = *members.last().expect("one");
    if rank() + 1 == members.len() {
        say(&format!("pid {}", std::process::id()));
    }
    if rank() != 0 {
        // Nobody ends before all know all.
        process.post(message(members[0], 1, Vec::new())).expect("sent");
    }
    if rank() + 1 == members.len() {
        // Nobody sends this.
        let _ = receive(&process, Want::any(SCOPE).tagged(99));
    }
    if rank() != 0 {
        receive(&process, Want::any(SCOPE).of(members[0])).expect("leave to go");
        return;
    }
    for other in &members[1..] {
        receive(&process, Want::any(SCOPE).of(*other).tagged(1)).expect("it is there");
    }
    for other in &members[1..members.len() - 1] {
        process.post(message(*other, 0, Vec::new())).expect("sent");
    }
    say("waits");
    let error = receive(&process, Want::any(SCOPE).of(last)).expect_err("nothing is sent");
    say(&format!("{error}"));
}

/// Every collective, against what it must give.
fn group() {
    let (process, members) = joined();
    let size = members.len();
    let scope = Scope { face: 0, context: 8 };
    let group = process.group(scope, members).expect("a member");
    let me = group.rank();
    let large = 1_000_000;
    for root in 0..size {
        let given = if me == root { filled(large, root as u64) } else { Vec::new() };
        let got = group.broadcast(root, given.into()).expect("broadcast");
        assert!(got == filled(large, root as u64));
        let sum = group.reduce(root, &[me as u64, 1], |a, b| a + b).expect("reduce");
        let all = (0..size as u64).sum();
        assert_eq!(sum, (me == root).then(|| vec![all, size as u64]));
        let parts = group.gather(root, vec![me as u8; me * 1000].into()).expect("gather");
        let wanted = || (0..size).map(|rank| vec![rank as u8; rank * 1000].into()).collect();
        assert_eq!(parts, (me == root).then(wanted));
        let given: Vec<_> = (0..size).map(|rank| filled(rank * 100, root as u64).into()).collect();
        let part = group.scatter(root, if me == root { given } else { Vec::new() });
        assert!(part.expect("scatter") == filled(me * 100, root as u64));
        group.barrier().expect("barrier");
    }
    let sums = group.all_reduce(&vec![1.5f64; 50_000], |a, b| a + b).expect("all-reduce");
    assert!(sums.len() == 50_000 && sums.iter().all(|sum| *sum == 1.5 * size as f64));
    let most = group.all_reduce(&[me as i32, -(me as i32)], i32::max).expect("all-reduce");
    assert_eq!(most, [size as i32 - 1, 0]);
    assert_eq!(group.scan(&[1u32], |a, b| a + b).expect("scan"), [me as u32 + 1]);
    let ranks = group.all_gather_equal(&[me as u16]).expect("all-gather");
    assert_eq!(ranks, (0..size as u16).map(|rank| vec![rank]).collect::<Vec<_>>());
    let parts = (0..size).map(|to| vec![me as u8, to as u8].into()).collect();
    for (from, part) in group.all_to_all(parts).expect("all-to-all").iter().enumerate() {
        assert_eq!(part.as_ref(), [from as u8, me as u8]);
    }
    group.barrier().expect("the last");
    process.leave(Some(Instant::now() + LONG)).expect("left");
    say("all hold");
}

/// Values and numbers, receives and collectives that were begun, waited for and awaited.
fn typed() {
    let (process, members) = joined();
    let (me, size) = (rank(), members.len());
    let scope = Scope { face: 0, context: 11 };
    let (before, after) = (members[(me + size - 1) % size], members[(me + 1) % size]);
    let from = |tag| Want::any(scope).of(before).tagged(tag);
    process.send_value(after, scope, 1, &("rank", me, vec![Some(0.5), None])).expect("sent");
    let deadline = Some(Instant::now() + LONG);
    type Told = (String, usize, Vec<Option<f64>>);
    let (envelope, told) = process.receive_value::<Told>(from(1), deadline).expect("a value");
    let rank_before = (me + size - 1) % size;
    assert_eq!(told, ("rank".to_owned(), rank_before, vec![Some(0.5), None]));
    assert_eq!(envelope.source, before);
    let numbers = |rank: usize| (0..200_000).map(|at| (at * (rank + 1)) as f64).collect::<Vec<_>>();
    process.send_numbers(after, scope, 2, numbers(me)).expect("sent");
    let (_, came) = process.receive_numbers::<f64>(from(2), deadline).expect("numbers");
    assert!(*came == numbers(rank_before));
    process.send_value(after, scope, 3, "text").expect("sent");
    let error = process.receive_value::<u32>(from(3), deadline).expect_err("it is a text");
    assert!(matches!(error, posse::Error::Payload { .. }), "{error}");

    // Begun in one order, met in another; what nobody sends is taken back.
    let mut begun: Vec<_> =
        [6, 5, 4].map(|tag| process.begin_receive(from(tag)).expect("room")).into();
    let never = process.begin_receive(from(99)).expect("room");
    for tag in [4, 5] {
        process.send_value(after, scope, tag, &tag).expect("sent");
    }
    let mut tags: Vec<i64> = (0..2)
        .map(|_| posse::message::Receiving::wait_any(&mut begun, deadline).expect("one"))
        .map(|(_, received)| received.envelope.tag)
        .collect();
    tags.sort_unstable();
    assert_eq!((tags, begun.len()), (vec![4, 5], 1));
    assert!(!begun[0].test().expect("looks") && never.cancel().expect("taken back").is_none());

    // The last of them in a task, and collectives, when nobody waits for the first two any more.
    let group = process.group(Scope { context: 12, ..scope }, members).expect("a member");
    group.barrier().expect("all are here");
    let last = begun.pop().expect("one is left");
    let sum = group.begin_all_reduce(&[me as u64], |a, b| a + b).expect("begun");
    let barrier = group.begin_barrier().expect("begun");
    process.send_value(after, scope, 6, &6).expect("sent");
    let received = await_it(async {
        let received = last.await?;
        barrier.await?;
        assert_eq!(sum.await?, [(0..size as u64).sum::<u64>()]);
        Ok::<_, posse::Error>(received)
    });
    assert_eq!(received.expect("received").envelope.tag, 6);
    let longest = |a: String, b: String| if b.len() > a.len() { b } else { a };
    let word = "x".repeat(me + 1);
    assert_eq!(group.all_reduce_value(&word, longest).expect("reduced"), "x".repeat(size));
    let all = group.all_gather_values(&(me, word.clone())).map(|all| all.len());
    assert_eq!(all.expect("gathered"), size);
    let told = group.broadcast_value(size - 1, (me + 1 == size).then_some(&word)).expect("told");
    assert_eq!(told, "x".repeat(size));
    process.leave(deadline).expect("left");
    say("all hold");
}

/// An executor of one task.
fn await_it<T>(task: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut task = std::pin::pin!(task);
    let end = Instant::now() + LONG;
    loop {
        match task.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park_timeout(LONG),
        }
        assert!(Instant::now() < end, "it was not woken");
    }
}

/// All but the last one wait in a barrier, which the last one never comes to.
fn mourn() {
    let (process, members) = joined();
    let is_last = rank() + 1 == members.len();
    let group = process.group(Scope { face: 0, context: 9 }, members).expect("a member");
    group.barrier().expect("all are there");
    if is_last {
        say(&format!("pid {}", std::process::id()));
        let _ = receive(&process, Want::any(SCOPE).tagged(99));
    }
    say(&format!("{}", group.barrier().expect_err("one is missing")));
}

/// Rank 0 sends so many numbered messages to rank 1 as fast as it can, which checks their order.
fn flood(count: u64) {
    let (process, members) = joined();
    match rank() {
        0 => {
            for number in 0..count {
                let payload = number.to_le_bytes().to_vec();
                process.post(message(members[1], 0, payload)).expect("sent");
            }
            process.leave(Some(Instant::now() + LONG)).expect("left");
        }
        1 => {
            for number in 0..count {
                let received = receive(&process, Want::any(SCOPE)).expect("the next");
                let bytes = received.payload;
                assert_eq!(bytes.as_ref(), number.to_le_bytes());
            }
            say(&format!("{count} in order"));
        }
        _ => {}
    }
}

/// Rank 0 sleeps at nothing but its descriptor, and answers what the others send once it has said
/// that the descriptor is quiet.
fn watch(count: u64, bytes: usize) {
    let (process, members) = joined();
    let Some((first, others)) = members.split_first().filter(|_| rank() == 0) else {
        receive(&process, Want::any(SCOPE).tagged(-1)).expect("leave to begin");
        for number in 0..count {
            let tag = number as i64;
            process.post(message(members[0], tag, filled(bytes, number))).expect("sent");
            receive(&process, Want::any(SCOPE).tagged(tag)).expect("an answer");
        }
        process.leave(Some(Instant::now() + LONG)).expect("left");
        return;
    };
    assert_eq!(*first, process.id());
    let descriptor = process.descriptor().expect("one");
    let is_ready = |within: Duration| {
        let within = Timespec::try_from(within).expect("short");
        poll(&mut [PollFd::new(&descriptor, PollFlags::IN)], Some(&within)).expect("polls") > 0
    };
    let next = || match process.receive(Want::any(SCOPE), Some(Instant::now())) {
        Ok(received) => Some(received),
        Err(posse::Error::Deadline) => None,
        Err(error) => panic!("{error}"),
    };
    while is_ready(Duration::from_millis(50)) {
        assert!(next().is_none(), "nobody may send yet");
    }
    for other in others {
        process.post(message(*other, -1, vec![])).expect("sent");
    }
    let all = count * others.len() as u64;
    let mut left = all;
    while left > 0 {
        assert!(is_ready(LONG), "{left} are not told");
        while let Some(Received { envelope, payload }) = next() {
            assert!(payload == filled(bytes, envelope.tag as u64));
            process.post(message(envelope.source, envelope.tag, vec![])).expect("sent");
            left -= 1;
        }
    }
    process.leave(Some(Instant::now() + LONG)).expect("left");
    say(&format!("{all} answered"));
}

/// Says its id, and answers each message with its attributes until one says that it is the last.
fn serve() {
    let process = Process::join().expect("joins");
    say(&process.id().0.to_string());
    loop {
        let received = receive(&process, Want::any(SCOPE)).expect("a question");
        let envelope = &received.envelope;
        let answer = Message {
            attributes: envelope.attributes.clone(),
            ..message(envelope.source, envelope.tag, received.payload.to_vec())
        };
        process.post(answer).expect("sent");
        if envelope.attributes.get("last").is_some() {
            break;
        }
    }
    process.leave(Some(Instant::now() + LONG)).expect("left");
    say("served");
}

/// Started by a person on a host: asks the process of this id, by attributes, and leaves.
fn by_hand(id: &str) {
    let process = Process::join().expect("joins");
    let to = ProcessId(id.parse().expect("an id"));
    for (kind, last) in [("a", false), ("b", true)] {
        let mut pairs = vec![("kind", kind.as_bytes())];
        pairs.extend(last.then_some(("last", &b"1"[..])));
        let attributes = Attributes::new(&pairs).expect("few");
        process.post(Message { attributes, ..message(to, 1, kind.into()) }).expect("sent");
    }
    // The later one first.
    for kind in ["b", "a"] {
        let attributes = Attributes::new(&[("kind", kind.as_bytes())]).expect("few");
        let received = receive(&process, Want::any(SCOPE).having(attributes)).expect("an answer");
        say(&format!("{kind} {:?}", received.payload));
    }
    process.leave(Some(Instant::now() + LONG)).expect("left");
}
