//! The `posse` binary. The hidden words by which daemons, keepers and launchers start are looked
//! at before the command line is parsed, since they must cost nothing; everything else is a
//! command (`commands/`), or a face of another tool when called by its name (`pdsh`, `dsh`).

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let hidden = args.get(1).and_then(|word| word.to_str()).unwrap_or_default();
    let rest = |from: usize| args.get(from..).unwrap_or_default().iter().cloned();
    match hidden {
        "keeper" => posse_daemon::keeper::run(rest(2)),
        // Typed by front ends; without `start`, by keepers.
        "daemon" if args.get(2).is_some_and(|word| word == "start") => posse_daemon::start(rest(3)),
        "daemon" => posse_daemon::run(rest(2)),
        "link" => posse_daemon::link(rest(2)),
        "trampoline" => posse_daemon::process::trampoline(rest(2)),
        "receive" => posse_cli::cp::receive::main(rest(2)),
        "send" => posse_cli::cp::send::main(rest(2)),
        "askpass" => posse_daemon::askpass(rest(2)),
        _ => posse_cli::main(args),
    }
}
