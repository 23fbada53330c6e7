//! Stands in for the `posse` binary in the tests of processes and of the keeper: the words that
//! its `main` hands to this crate, a daemon that does nothing but start one script, and a
//! measurement of the start rate (`stand_in rate 5000`). Not a part of the product.

use posse_daemon::keeper::{self, Options};
use posse_daemon::process::{self, HostContext, Place};
use posse_wire::msg::{Directory, Program, Spec};
use posse_wire::{CommandId, HostId, Rank};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let word = args.next().unwrap_or_default();
    match word.to_str() {
        Some("trampoline") => process::trampoline(args),
        Some("keeper") => keeper::run(args),
        Some("launch") => done(launch(&args.collect::<Vec<_>>())),
        Some("daemon") => done(daemon(&args.collect::<Vec<_>>())),
        Some("rate") => done(rate(args.next().and_then(|n| n.to_str()?.parse().ok()))),
        _ => ExitCode::from(2),
    }
}

fn done(result: std::io::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "stand_in: {error}");
        ExitCode::FAILURE
    })
}

/// `launch LOG GIFT OPTIONS…`: the daemon gets GIFT, opened to write. Prints the keeper's pid.
fn launch(args: &[OsString]) -> std::io::Result<ExitCode> {
    let [log, gift, rest @ ..] = args else { return Ok(ExitCode::from(2)) };
    let Some(options) = Options::from_args(rest.iter().cloned()) else {
        return Ok(ExitCode::from(2));
    };
    let gift = File::create(gift)?;
    let pid = keeper::launch(&options, log.as_ref(), &[gift.as_fd()], &[])?;
    writeln!(std::io::stdout(), "{}", pid.as_raw_nonzero())?;
    Ok(ExitCode::SUCCESS)
}

/// `daemon LIST SCRIPT [CODE]`: adds its pid to LIST, runs SCRIPT, exits with CODE or never.
fn daemon(args: &[OsString]) -> std::io::Result<ExitCode> {
    let [list, script, rest @ ..] = args else { return Ok(ExitCode::from(2)) };
    let attended = keeper::attend()?;
    process::become_reaper()?;
    for gift in attended.descriptors {
        File::from(gift).write_all(b"given")?;
    }
    // Never waited for: this daemon does not reap.
    #[allow(clippy::zombie_processes)]
    let _child = Command::new("/bin/sh").arg("-c").arg(script).stdin(Stdio::null()).spawn()?;
    let mut list = OpenOptions::new().append(true).create(true).open(list)?;
    writeln!(list, "{}", std::process::id())?;
    if let Some(code) = rest.first() {
        return Ok(ExitCode::from(code.to_str().and_then(|code| code.parse().ok()).unwrap_or(2)));
    }
    loop {
        std::thread::park();
    }
}

/// Starts /bin/true `count` times, as a command and as plainly as std can.
fn rate(count: Option<u32>) -> std::io::Result<ExitCode> {
    let count = count.unwrap_or(2000);
    let context = HostContext::detect(HostId(1), "here");
    let spec = Spec {
        program: Program::Argv(vec!["true".to_owned()]),
        directory: Directory::Path("/".to_owned()),
        environment: vec![],
        loads: vec![],
        umask: None,
        nice: 0,
        resource_limits: vec![],
        terminal: None,
        pipes: [0, 1, 2].map(|fd| posse_wire::msg::Pipe { fd, input: fd == 0 }).to_vec(),
        window: 0,
        input_window: 0,
        timeout_ms: None,
        end_grace_ms: 0,
        session_grace_ms: 0,
        detached: false,
        parent: None,
        vm: "rate".to_owned(),
        title: String::new(),
    };
    let place = Place { command: CommandId(1), rank: Rank(0), size: 1, index: 0, process: None };
    let trampolined = Spec { nice: 1, ..spec.clone() };
    let mut out = std::io::stdout();
    let start = |spec: &Spec| process::start(&context, spec, &place).map(drop).map_err(other);
    writeln!(out, "start:      {:.0}/s", per_second(count, || start(&spec))?)?;
    writeln!(out, "trampoline: {:.0}/s", per_second(count, || start(&trampolined))?)?;
    let plain = || Command::new("/bin/true").env_clear().stdin(Stdio::null()).spawn().map(drop);
    writeln!(out, "plain:      {:.0}/s", per_second(count, plain)?)?;
    Ok(ExitCode::SUCCESS)
}

fn other(error: process::StartError) -> std::io::Error {
    std::io::Error::other(error.to_string())
}

/// Up to 8 at a time, as a daemon has many; all are reaped.
fn per_second(count: u32, start: impl Fn() -> std::io::Result<()>) -> std::io::Result<f64> {
    let begin = Instant::now();
    let (mut started, mut over) = (0, 0);
    while over < count {
        if started < count && started - over < 8 {
            start()?;
            started += 1;
        } else {
            std::thread::park_timeout(Duration::from_micros(200));
        }
        over += process::reap_all().len() as u32;
    }
    Ok(f64::from(count) / begin.elapsed().as_secs_f64())
}
