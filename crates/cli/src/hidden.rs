//! The hidden words by which daemons, keepers and launchers start. They are looked at before the
//! command line is parsed, since they must cost nothing. Called by both binaries: `main.rs` and
//! `host.rs`.

use std::ffi::OsString;
use std::process::ExitCode;

/// `args[0]` is the name that the binary was called by. `None` where the word is for people.
pub fn run(args: &[OsString]) -> Option<ExitCode> {
    let word = args.get(1).and_then(|word| word.to_str()).unwrap_or_default();
    let rest = |from: usize| args.get(from..).unwrap_or_default().iter().cloned();
    Some(match word {
        "keeper" => posse_daemon::keeper::run(rest(2)),
        // Typed by front ends; without `start`, by keepers.
        "daemon" if args.get(2).is_some_and(|word| word == "start") => posse_daemon::start(rest(3)),
        "daemon" => posse_daemon::run(rest(2)),
        "link" => posse_daemon::link(rest(2)),
        "trampoline" => posse_daemon::process::trampoline(rest(2)),
        "receive" => crate::cp::receive::main(rest(2)),
        "send" => crate::cp::send::main(rest(2)),
        "stage" => posse_daemon::staged::put(rest(2)),
        "staged" => posse_daemon::staged::start(rest(2)),
        "askpass" => posse_daemon::askpass(rest(2)),
        _ => return None,
    })
}
