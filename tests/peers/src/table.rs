//! The table of conformance programs. Data only. Called by the tests.

use crate::{Order, Row, differ};

/// Every row, in the order in which they are run.
#[must_use]
pub fn rows() -> Vec<Row> {
    [GUIDE, GROUPS, MAILBOX, CONSOLE, DRIVERS].concat()
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
    // Says that it waits as often as it looks, or never if the others are quicker than a spawn.
    Row::new("gs", "gs 4").without(&["waiting on kids"]),
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
    // What the server shows of the library's tables is the library's own matter. It deletes one of
    // PVM's handlers, about which PVM complains at its exit.
    // Menu: load handler 1 for tag 7 in context 0, hit it, show handlers, delete it, hit again.
    Row::new(
        "mhf",
        "stdbuf -oL mhf_server >first 2>&1 & await first 'mailbox'
         printf '%s\\n' 1 7 0 1 4 7 0 1 how 0 2 0 0 4 7 0 1 again 0 9 | mhf_tickle
         wait; cat first",
    )
    .decimal()
    .without(&["dhandles", "free list", "takes messages of", "pvm_delmhf(): Not Found"]),
    Row::new("inherita-1", "inherita inherit1"),
    Row::new("inherita-3", "inherita inherit3"),
    Row::new("inheritb-1", "inheritb inherit1"),
];

/// The console's own words.
const CONSOLE: &[Row] = &[
    Row::new(
        "console-words",
        "console ^END help version conf id 'echo some words' 'alias x echo' 'x y' alias \
         'unalias x' 'x y' 'setenv A b' 'setenv A' 'setopt Route 3' 'setopt NoSuch 3' getopt \
         'help add' \
         'help spawn' 'help nosuch' nosuch trace 'echo END'",
    )
    .source_only(),
    // A deletion is answered before it is over.
    Row::new(
        "console-hosts",
        "console ^END 'mstat local2' 'mstat nohost' mstat 'delete local4' 'delete nohost' delete \
         'add nohost' 'add local2' add 'echo END'
         until echo conf | typed | grep -q '^3 hosts'; do :; done
         console ^END conf 'mstat local4' 'delete local4' 'echo END'",
    )
    .source_only(),
    // A process that waits, asked about until it has connected, and ended in each way.
    Row::new(
        "console-tasks",
        "console ^END 'spawn nosuch' 'spawn -nohost driver-child' 'spawn' 'kill' 'kill 40fff' \
         'pstat t40fff' 'sig 9 t40fff' 'sig' 'ps' 'jobs' 'spawn -local2 driver-child wait' \
         'echo END'
         console 'c' 'ps -a' >/dev/null
         until echo 'ps -a' | typed | grep c,f >/dev/null; do :; done
         console ^END 'ps -a' 'ps -hlocal2' 'ps -nlocal2' reset 'echo END'
         until ! echo 'ps -a' | typed | grep -q driver; do :; done
         console ^END 'ps -a' 'echo END'",
    )
    .source_only()
    .bare()
    // A console that has just been left may still be in the list.
    .without(&["4/c -"]),
    Row::new("console-output", "console '] finished' 'spawn -2 -> driver-child say'")
        .source_only()
        .order(Order::ByTask),
    // What a task spawns is heard as well.
    Row::new("console-descend", "console '] finished' 'spawn -1 -> driver-child parent'")
        .source_only()
        .order(Order::ByTask),
    // `->>said` says that the file exists, and does nothing: left out.
    Row::new(
        "console-output-file",
        "console '] finished' 'spawn -1 ->said driver-child say'; cat said",
    )
    .source_only(),
    Row::new(
        "console-mailbox",
        "console ^END names put 'put a b' 'put a c' names 'reset info' 'reset info a' names \
         'export X' 'unexport X' 'unexport Y' export 'help put' 'echo END'",
    )
    .source_only()
    .decimal(),
    // Ends the machine and the console with it.
    Row::new("console-halt", "echo halt | typed; console . conf | tail -1")
        .source_only()
        .by_hand()
        .differs(differ::CONSOLE_HALT),
    // Debian's resource manager takes the machine over. A spawn waits for ever then: left out.
    Row::new(
        "srm",
        "srm.pvm >said 2>&1 & until echo 'ps -a' | typed | grep -q R,c; do :; done
         console ^END conf 'mstat local2' 'echo END'; cat said",
    )
    .debian_only()
    .bare(),
    Row::new("console-quit", "printf 'id\\nquit\\necho not reached\\n' | typed").source_only(),
];

/// Our own callers of all functions, good arguments and bad.
const DRIVERS: &[Row] = &[
    Row::new("driver-buffers", "driver-buffers").source_only(),
    Row::new("driver-pack", "driver-pack").source_only().differs(differ::PACK),
    Row::new("driver-packf", "driver-packf").source_only(),
    Row::new("driver-exchange", "driver-exchange").source_only(),
    Row::new("driver-message", "driver-message").source_only().differs(differ::MESSAGE),
    Row::new("driver-output", "driver-output").source_only(),
    // An exit waits for the output of children, and says so if it must. PVM's also complains that
    // it can not find handlers of its own.
    Row::new("driver-process", "driver-process")
        .source_only()
        .without(&["still running", "pvm_delmhf(): Not Found"]),
    Row::new("driver-hosts", "driver-hosts").source_only(),
    Row::new("driver-mailbox", "driver-mailbox").source_only(),
    // The same at its exit.
    Row::new("driver-context", "driver-context")
        .source_only()
        .without(&["pvm_delmhf(): Not Found"]),
    Row::new("driver-options", "driver-options").source_only().differs(differ::OPTIONS),
    Row::new("driver-group", "driver-group").source_only(),
    Row::new("driver-fortran", "GFORTRAN_UNBUFFERED_ALL=1 driver-fortran")
        .source_only()
        .differs(differ::FORTRAN),
    Row::new(
        "driver-hoster",
        "driver-plug hoster >first & await first ready; driver-plug add; wait; cat first",
    )
    .source_only()
    .differs(differ::HOSTER),
    Row::new(
        "driver-tasker",
        "driver-plug tasker >first & await first ready; driver-plug spawn; wait; cat first",
    )
    .source_only(),
    Row::new(
        "driver-tasker-end",
        "driver-plug tasker >first & await first ready; driver-plug end; wait; cat first",
    )
    .source_only(),
    // A question to a manager that does not answer waits for ever.
    Row::new(
        "driver-manager",
        "driver-plug manager >first & await first ready
         timeout 3 driver-plug ask; wait; cat first",
    )
    .source_only()
    .differs(differ::MANAGER),
    Row::new("driver-tracer", "driver-plug tracer").source_only(),
    Row::new("driver-halt", "driver-plug halt").source_only().by_hand(),
];
