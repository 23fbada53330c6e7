//! The table of conformance programs. Data only. Called by the tests.

use crate::{Order, Row};

/// Every row, in the order in which they are run.
#[must_use]
pub fn rows() -> Vec<Row> {
    [GUIDE, GROUPS, MAILBOX, CONSOLE].concat()
}

/// The programs of the PVM guide: spawn, messages, options.
const GUIDE: &[Row] = &[
    Row::new("hello", "hello"),
    // Workers answer in any order.
    Row::new("master1", "master1").order(Order::Any),
    Row::new("fmaster1", "fmaster1").order(Order::Any),
    Row::new("spmd", "console '] finished' 'spawn -4 -> spmd'").order(Order::ByTask).decimal(),
    Row::new("fspmd", "console '] finished' 'spawn -4 -> fspmd'").order(Order::ByTask).decimal(),
    // A pool of tasks of random sizes: who gets which is open.
    Row::new("hitc", "echo 4 | hitc").order(Order::Any).numbers(),
    // Its main returns nothing, so its status is open.
    Row::new("timing", "timing; true").numbers(),
    // Which of the two is the master is open.
    Row::new("dbwtest", "console '] finished' 'spawn -2 -> dbwtest'").order(Order::Any).numbers(),
    Row::new("rbwtest", "console '] finished' 'spawn -2 -> rbwtest'").order(Order::Any).numbers(),
    Row::new("ibwtest", "console '] finished' 'spawn -2 -> ibwtest'").order(Order::Any).numbers(),
    Row::new("pbwtest", "console '] finished' 'spawn -2 -> pbwtest'").order(Order::Any).numbers(),
];

/// Groups and their collectives.
const GROUPS: &[Row] = &[
    Row::new("gexample", "printf '10\\n4\\n' | gexample"),
    // Which of the three prints is open.
    Row::new("gexample-console", "console '] finished' 'spawn -3 -> gexample'").order(Order::Any),
    Row::new("gexamp", "gexamp 5"),
    // Expects members to join in the order in which they were spawned; they need not.
    Row::new("ge", "ge 4").without(&["match up"]),
    // Says that it waits as often as it looks.
    Row::new("gs", "gs 4").order(Order::Repeats),
    Row::new("joinleave", "joinleave 100"),
    Row::new("thb", "thb 4"),
    Row::new("tjl", "tjl"),
    Row::new("tjf", "tjf"),
    Row::new("tst", "tst"),
    Row::new("trsg", "printf '4\\n10\\n' | trsg"),
    Row::new("trsg-no-input", "trsg"),
    Row::new("frsg", "printf '4\\n20\\n' | frsg"),
];

/// The mailbox, contexts, message handlers.
const MAILBOX: &[Row] = &[
    Row::new("mbox", "mbox; true").source_only(),
    Row::new(
        "task0",
        "stdbuf -oL task0 svc d >first & await first 'waiting for service'
         task1 svc; task1 svc 0 r; task_end svc 0; wait; cat first",
    ),
    Row::new(
        "lmbi",
        "stdbuf -oL lmbi 3 m w >first & await first 'waiting for exit'
         gmbi '*'; gmbi 'no such class'; cat first",
    ),
    Row::new(
        "lmbi-persistent",
        "lmbi 2 pm e; gmbi '*'; lmbi 1 po e; gmbi '*'; lmbi 1 d e; gmbi '*'",
    ),
    // A mailbox entry of somebody else's can not be deleted.
    Row::new(
        "rme",
        "stdbuf -oL task0 svc d >first & await first 'waiting for service'
         rme svc 0; rme other 0; task_end svc 0; wait",
    ),
    // What the server shows of the library's tables is the library's own matter.
    // Menu: load handler 1 for tag 7 in context 0, hit it, show handlers, delete it, hit again.
    Row::new(
        "mhf",
        "stdbuf -oL mhf_server >first 2>&1 & await first 'mailbox'
         printf '%s\\n' 1 7 0 1 4 7 0 1 how 0 2 0 0 4 7 0 1 again 0 9 | mhf_tickle
         wait; cat first",
    )
    .decimal()
    .without(&["dhandles", "free list"]),
    Row::new("inherita-1", "inherita inherit1"),
    Row::new("inherita-3", "inherita inherit3"),
    Row::new("inheritb-1", "inheritb inherit1"),
];

/// The console's own words.
const CONSOLE: &[Row] = &[];
