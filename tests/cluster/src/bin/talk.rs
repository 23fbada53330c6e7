//! A program that takes part in messages, for the tests of them: `talk WHAT ARGS`. What it finds
//! it prints; each line is written at once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use posse::message::{Attributes, Message, Mode, Process, ProcessId, Received, Scope, Want};
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
        "flood" => flood(number(1)),
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
    for lap in 0..laps {
        if me == 0 {
            process.post(message(next, lap as i64, filled(bytes, lap))).expect("sent");
        }
        let want = Want::any(SCOPE).of(before).tagged(lap as i64);
        let payload = receive(&process, want).expect("the token").payload.into_bytes();
        let seed = lap + if me == 0 { size as u64 - 1 } else { me as u64 - 1 };
        assert!(payload == filled(bytes, seed), "lap {lap}: {} bytes", payload.len());
        if me != 0 {
            process.post(message(next, lap as i64, filled(bytes, lap + me as u64))).expect("sent");
        }
    }
    process.leave(Some(Instant::now() + LONG)).expect("left");
    say(&format!("{me} {laps} laps"));
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
            let payload = received.expect("it comes").payload.into_bytes();
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
        // Nobody sends this.
        let _ = receive(&process, Want::any(SCOPE).tagged(99));
    }
    if rank() != 0 {
        receive(&process, Want::any(SCOPE).of(members[0])).expect("leave to go");
        return;
    }
    for other in &members[1..members.len() - 1] {
        process.post(message(*other, 0, Vec::new())).expect("sent");
    }
    say("waits");
    let error = receive(&process, Want::any(SCOPE).of(last)).expect_err("nothing is sent");
    say(&format!("{error}"));
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
                let bytes = received.payload.into_bytes();
                assert_eq!(bytes.as_ref(), number.to_le_bytes());
            }
            say(&format!("{count} in order"));
        }
        _ => {}
    }
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
            ..message(envelope.source, envelope.tag, received.payload.clone().into_bytes().to_vec())
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
        say(&format!("{kind} {:?}", received.payload.into_bytes()));
    }
    process.leave(Some(Instant::now() + LONG)).expect("left");
}
