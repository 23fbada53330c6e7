//! Hosts that misbehave, each in its own way, in one `up`: those that can be used come up, the
//! others are named with their cause and hold up nobody.
//! Alone: `cargo nextest run -p posse-cluster --test quirks`.

#![allow(clippy::unwrap_used)]

use posse_bed::{HostQuirk, LoginShell, LoopbackBed, LoopbackOptions, require};
use posse_cluster::{Vm, promised, ready, without_root};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What `up --json` says of each host.
fn reports(out: &str) -> BTreeMap<String, Value> {
    let line = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let name = |report: &Value| report["host"].as_str().unwrap().to_owned();
    out.lines().map(line).map(|report| (name(&report), report)).collect()
}

#[test]
fn start_up_files_shells_and_homes() {
    if !ready() || require(&["csh", "tcsh", "fish", "rbash"]).is_some() {
        return;
    }
    let usable = [
        HostQuirk::NoisyRc,
        HostQuirk::SlowRc(Duration::from_millis(1500)),
        HostQuirk::FailingRc,
        HostQuirk::ChangesMotd,
        HostQuirk::Shell(LoginShell::Csh),
        HostQuirk::Shell(LoginShell::Tcsh),
        HostQuirk::Shell(LoginShell::Fish),
        HostQuirk::Shell(LoginShell::Restricted),
        HostQuirk::HomeReadOnly,
        HostQuirk::HomeNoexec,
        HostQuirk::HomeFull,
    ];
    let options = usable
        .iter()
        .enumerate()
        .fold(LoopbackOptions::default(), |options, (k, q)| options.quirk(k + 1, q.clone()));
    let options = options.quirk(12, HostQuirk::ExitingRc).separate_homes();
    let bed = LoopbackBed::start(13, options).unwrap();
    let mut vm = Vm::start(&bed);
    let up = vm.posse(&["up", "--batch", "--json", "n[001-013]"]).expect(5);
    let reports = reports(&up.text());
    for (k, quirk) in usable.iter().enumerate() {
        let report = &reports[&format!("n{:03}", k + 1)];
        assert_eq!(report["up"], true, "{quirk:?}: {report}");
    }
    assert_eq!(reports["n012"]["cause"], "Shell", "{}", reports["n012"]);
    let why = reports["n012"]["why"].as_str().unwrap();
    assert!(why.contains("no such licence server"), "{why}");
    assert_eq!(reports["n013"]["up"], true);
    let out = vm.posse(&["e", "echo $POSSE_HOST"]).ok().sorted();
    assert_eq!(out.len(), 12, "{out:?}");
    let out = vm.posse(&["e", "-H", "n001,n005,n007", "printf 'a\\nb c'"]).ok();
    assert_eq!(out.stdout.len(), 3 * 5 + 3, "only what was printed, in whole lines: {out:?}");
    let purge = vm.posse(&["down", "--purge"]).ok();
    assert!(purge.stderr.is_empty(), "{purge:?}");
    vm.down();
}

#[test]
fn hosts_that_let_nobody_in() {
    if !ready() {
        return;
    }
    let options = LoopbackOptions::default()
        .quirk(1, HostQuirk::Refused)
        .quirk(2, HostQuirk::Silent)
        .quirk(3, HostQuirk::WrongHostKey)
        .quirk(4, HostQuirk::PasswordOnly)
        .quirk(5, HostQuirk::NoLogin);
    let bed = LoopbackBed::start(8, options).unwrap();
    let vm = Vm::start(&bed);
    // Long enough for those who do answer, also where the computer is busy.
    let within = promised(Duration::from_secs(8)).as_secs().min(60).to_string();
    let hosts = ["n[001-008]", "no-such-host.invalid"];
    let args = [&["up", "--batch", "--json", "--timeout", &within][..], &hosts].concat();
    let up = vm.posse(&args).expect(5);
    assert!(up.elapsed < promised(Duration::from_secs(40)), "{:?}", up.elapsed);
    let reports = reports(&up.text());
    let want = [
        ("n001", "Refused"),
        ("n002", "Timeout"),
        ("n003", "HostKey"),
        ("n004", "PermissionDenied"),
        ("n005", "PermissionDenied"),
        ("no-such-host.invalid", "Unresolvable"),
    ];
    for (host, cause) in want {
        let report = &reports[host];
        assert_eq!(report["cause"], cause, "{report}");
        assert!(!report["hint"].as_str().unwrap().is_empty(), "{report}");
    }
    let out = vm.posse(&["e", "echo $POSSE_HOST"]).ok().sorted();
    assert_eq!(out, ["n006", "n007", "n008"]);
}

/// A silent host is waited for alone and not for long: the others work meanwhile, and one that
/// answered may take longer.
#[test]
fn a_silent_host_holds_up_nobody() {
    if !ready() {
        return;
    }
    let slow = HostQuirk::SlowRc(Duration::from_secs(11));
    let options = LoopbackOptions::default().quirk(2, HostQuirk::Silent).quirk(4, slow);
    let bed = LoopbackBed::start(4, options).unwrap();
    let vm = Vm::start(&bed);
    let mut up = vm.command(&["up", "--batch", "--connect-timeout", "120", "n[001-003]"]);
    let mut up = up.stderr(std::process::Stdio::null()).spawn().unwrap();
    let both = posse_bed::wait_until(Duration::from_secs(60), || {
        vm.posse(&["e", "-H", "n001,n003", "true"]).code == 0
    });
    assert!(both && up.try_wait().unwrap().is_none(), "usable before `up` has ended");
    kill_process(Pid::from_child(&up), Signal::INT).unwrap();
    assert!(!up.wait().unwrap().success());
    let up = vm.posse(&["up", "--batch", "n002"]).expect(5);
    // Ten on a machine that does nothing else.
    assert!(up.elapsed < promised(Duration::from_secs(14)), "{:?}", up.elapsed);
    // Time enough for the server of n004 to say a word, less than its start-up files take.
    let within = promised(Duration::from_secs(2)).as_secs().min(10).to_string();
    let args = ["up", "--batch", "--json", "--connect-timeout", &within, "n002", "n004"];
    let up = vm.posse(&args).expect(5);
    let reports = reports(&up.text());
    let why = reports["n002"]["why"].as_str().unwrap();
    let said = format!("not a word from its ssh server in {within} s");
    assert!(why.contains(&said), "{why}");
    assert_eq!(reports["n004"]["up"], true, "{}", reports["n004"]);
}

/// The time that the user's own ssh configuration gives a server counts if it is longer; a shorter
/// one is ssh's own affair, and its tries do not add up.
#[test]
fn ssh_settings_decide_how_long_a_silent_host_is_waited_for() {
    if !ready() {
        return;
    }
    let took = |seconds: u64| {
        let setting = format!("ConnectTimeout {seconds}");
        let options = LoopbackOptions::default().quirk(1, HostQuirk::Silent).client_line(&setting);
        let bed = LoopbackBed::start(1, options).unwrap();
        let vm = Vm::start(&bed);
        vm.posse(&["up", "--batch", "n001"]).expect(5).elapsed
    };
    let (short, long) = (took(3), took(12));
    assert!(short < promised(Duration::from_secs(14)), "{short:?}");
    assert!(long >= Duration::from_secs(12), "{long:?}");
}

#[test]
fn max_startups_loses_none() {
    if !ready() {
        return;
    }
    let options = LoopbackOptions::default().max_startups("10:30:60");
    let bed = LoopbackBed::start(40, options).unwrap();
    let vm = Vm::start(&bed);
    let up = vm.posse(&["up", "--batch", "n[001-040]"]).ok();
    assert!(up.stderr.contains("40 of 40 hosts up"), "{}", up.stderr);
    let _ = vm.posse(&["e", "true"]).ok();
}

#[test]
fn start_up_files_shells_and_homes_without_root() {
    without_root("start_up_files_shells_and_homes");
}
