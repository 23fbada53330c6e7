//! The namespace hosts do what their documentation says, and leave nothing.

#![allow(clippy::unwrap_used)]

use posse_bed::{
    Isolation, NamespaceBed, NamespaceOptions, ProcessCensus, Topology, require, skip, wait_until,
};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

const END: Duration = Duration::from_secs(60);

fn ready() -> bool {
    if require(&["sshd", "ssh", "bash", "unshare", "nsenter", "ip", "nft", "tc"]).is_some() {
        return false;
    }
    if Isolation::probe() == Isolation::None {
        skip("no root and no user namespaces");
        return false;
    }
    true
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

fn ssh(bed: &NamespaceBed, host: &str, command: &str) -> Output {
    let options = ["-oBatchMode=yes", "-oConnectTimeout=5"];
    bed.command("ssh").args(options).args([host, command]).output().unwrap()
}

/// Whether `from` reaches the sshd of `to`, seen from within.
fn reaches(bed: &NamespaceBed, from: &str, to: &str) -> bool {
    let line = format!("ssh -oBatchMode=yes -oConnectTimeout=1 {to} true");
    bed.run_in(from, &line).unwrap().output().unwrap().status.success()
}

/// Whether it does so in time, however busy the machine is.
fn comes_to_reach(bed: &NamespaceBed, from: &str, to: &str) -> bool {
    wait_until(END, || reaches(bed, from, to))
}

#[test]
fn four_hosts_log_in_to_each_other() {
    if !ready() {
        return;
    }
    let bed = NamespaceBed::start(4, NamespaceOptions::default()).unwrap();
    for host in bed.hosts() {
        let out =
            ssh(&bed, host, "hostname; for h in n001 n002 n003 n004; do ssh $h hostname; done");
        assert_eq!(text(&out.stdout), format!("{host}\nn001\nn002\nn003\nn004"), "{out:?}");
    }
    // Homes, /tmp, /run and process tables are apart.
    let write = ssh(&bed, "n001", "echo mine >~/a; echo mine >/tmp/b; echo mine >/dev/shm/c; pwd");
    assert!(write.status.success(), "{write:?}");
    assert_eq!(std::fs::read_to_string(bed.home(1).join("a")).unwrap(), "mine\n");
    let look = ssh(&bed, "n002", "ls ~ /tmp/b /dev/shm/c 2>/dev/null; ps ax | grep -c '[h]ost.sh'");
    assert_eq!(text(&look.stdout).lines().last(), Some("1"), "{look:?}");
    assert!(!text(&look.stdout).contains("/tmp/b"), "{look:?}");
    let mut bed = bed;
    bed.noexec("n003", "/tmp").unwrap();
    let run = "cp /bin/true /tmp/t && /tmp/t; echo $?";
    assert_eq!(text(&ssh(&bed, "n003", run).stdout), "126");
    assert_eq!(text(&ssh(&bed, "n004", run).stdout), "0");
    // The laptop is one of them on the network and nothing of the machine is.
    let out = bed.command("ip").args(["-4", "-brief", "address"]).output().unwrap();
    let seen = text(&out.stdout);
    assert!(seen.contains("10.77.0.254/24") && seen.lines().count() == 2, "{seen}");
}

#[test]
fn a_cut_is_a_cut() {
    if !ready() {
        return;
    }
    let mut bed = NamespaceBed::start(3, NamespaceOptions::default()).unwrap();
    assert!(comes_to_reach(&bed, "n001", "n002") && comes_to_reach(&bed, "n003", "n002"));
    bed.cut("n001", "n002").unwrap();
    assert!(!reaches(&bed, "n001", "n002") && !reaches(&bed, "n002", "n001"));
    assert!(comes_to_reach(&bed, "n003", "n002") && comes_to_reach(&bed, "n001", "n003"));
    bed.heal().unwrap();
    assert!(comes_to_reach(&bed, "n001", "n002"));
    bed.link_down("n003").unwrap();
    assert!(!reaches(&bed, "n001", "n003"));
    bed.link_up("n003").unwrap();
    assert!(comes_to_reach(&bed, "n001", "n003"));
    assert!(bed.cut("n001", "n009").unwrap_err().to_string().contains("no node n009"));
}

#[test]
fn a_cut_one_way_lets_the_other_pass() {
    if !ready() {
        return;
    }
    let mut bed = NamespaceBed::start(1, NamespaceOptions::default()).unwrap();
    let mut command = bed.command("ssh");
    let loops = "read a; echo got $a; read b; echo $b >~/second; read c; true";
    let mut ssh =
        command.args(["n001", loops]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = ssh.stdin.take().unwrap();
    let mut output = BufReader::new(ssh.stdout.take().unwrap());
    input.write_all(b"one\n").unwrap();
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "got one\n");
    bed.cut_one_way("n001", "laptop").unwrap();
    input.write_all(b"two\n").unwrap();
    let second = bed.home(1).join("second");
    assert!(wait_until(END, || second.exists()), "the open direction must pass");
    bed.heal().unwrap();
    drop(input);
    assert!(ssh.wait().unwrap().success());
}

#[test]
fn a_rate_is_kept() {
    if !ready() {
        return;
    }
    let mut bed = NamespaceBed::start(1, NamespaceOptions::default()).unwrap();
    bed.rate("n001", 1000).unwrap();
    let start = Instant::now();
    let out = ssh(&bed, "n001", "head -c 250000 /dev/zero");
    // 2 Mbit at 1 Mbit/s; the bucket holds little of it.
    assert_eq!(out.stdout.len(), 250_000);
    assert!(start.elapsed() > Duration::from_millis(1500), "{:?}", start.elapsed());
    bed.heal().unwrap();
    let start = Instant::now();
    // This much would take 400 s.
    assert_eq!(ssh(&bed, "n001", "head -c 50000000 /dev/zero").stdout.len(), 50_000_000);
    assert!(start.elapsed() < Duration::from_secs(200), "{:?}", start.elapsed());
}

#[test]
fn hosts_behind_a_gateway() {
    if !ready() {
        return;
    }
    let options = NamespaceOptions::default().topology(Topology::Gateway).mutual_login(false);
    let mut bed = NamespaceBed::start(2, options).unwrap();
    assert_eq!(text(&ssh(&bed, "n002", "hostname").stdout), "n002");
    assert_eq!(text(&ssh(&bed, "gw", "hostname").stdout), "gw");
    let direct = ssh(&bed, "n002", "true");
    assert!(direct.status.success());
    let out = bed
        .command("ssh")
        .args(["-oProxyJump=none", "-oBatchMode=yes", "-oConnectTimeout=1", "n002", "true"])
        .output()
        .unwrap();
    assert!(!out.status.success(), "only through the gateway");
    assert!(!reaches(&bed, "n001", "n002"), "no key for each other");
    bed.link_down("gw").unwrap();
    assert!(!ssh(&bed, "n001", "true").status.success());
}

#[test]
fn a_laptop_behind_a_translator() {
    if !ready() {
        return;
    }
    let bed = NamespaceBed::start(1, NamespaceOptions::default().topology(Topology::Nat)).unwrap();
    let out = ssh(&bed, "n001", "echo ${SSH_CONNECTION%% *}");
    assert_eq!(text(&out.stdout), "10.77.0.253", "{out:?}");
    let back = "timeout 2 bash -c 'echo >/dev/tcp/10.78.0.2/22' 2>&1";
    let out = bed.run_in("n001", back).unwrap().output().unwrap();
    assert!(text(&out.stdout).contains("unreachable"), "{out:?}");
}

#[test]
fn a_crash_is_silent_and_a_pause_is_not_a_death() {
    if !ready() {
        return;
    }
    let mut bed = NamespaceBed::start(2, NamespaceOptions::default()).unwrap();
    let census = ProcessCensus::new().token(&format!("POSSE_BED={}", bed.token())).from_now();
    let count = |census: &ProcessCensus| {
        census.snapshot().processes.iter().filter(|p| p.command == "sleep 2000").count()
    };
    let out =
        ssh(&bed, "n001", "echo kept >~/disk; setsid sleep 2000 >/dev/null 2>&1 </dev/null &");
    assert!(out.status.success() && wait_until(END, || count(&census) == 1), "{out:?}");
    bed.pause("n002").unwrap();
    assert!(!reaches(&bed, "n001", "n002"));
    bed.resume("n002").unwrap();
    assert!(comes_to_reach(&bed, "n001", "n002"));
    bed.crash("n001").unwrap();
    assert!(wait_until(END, || count(&census) == 0), "{}", census.snapshot());
    bed.boot("n001").unwrap();
    let back = wait_until(END, || text(&ssh(&bed, "n001", "cat ~/disk").stdout) == "kept");
    assert!(back, "{}", bed.server_log("n001"));
}

#[test]
fn a_laptop_crashes_alone() {
    if !ready() {
        return;
    }
    let mut bed = NamespaceBed::start(1, NamespaceOptions::default()).unwrap();
    let census = ProcessCensus::new().token(&format!("POSSE_BED={}", bed.token())).from_now();
    let count =
        |command: &str| census.snapshot().processes.iter().filter(|p| p.command == command).count();
    let mut beside = bed.run_in("n001", "exec sleep 2001").unwrap().spawn().unwrap();
    // One that goes on starting others, in sessions of their own.
    let line = "for i in $(seq 2000); do setsid sleep 2002 & sleep 0.01; done; wait";
    let mut front = bed.command("bash").args(["-c", line]).spawn().unwrap();
    assert!(wait_until(END, || count("sleep 2001") == 1 && count("sleep 2002") > 20));
    bed.crash("laptop").unwrap();
    assert_eq!((count("sleep 2001"), count("sleep 2002")), (1, 0), "{}", census.snapshot());
    assert!(!front.wait().unwrap().success());
    assert!(!ssh(&bed, "n001", "true").status.success());
    bed.boot("laptop").unwrap();
    assert!(wait_until(END, || ssh(&bed, "n001", "true").status.success()));
    drop(bed);
    assert!(!beside.wait().unwrap().success());
}

#[test]
fn nothing_is_left() {
    if !ready() {
        return;
    }
    let bed = NamespaceBed::start(2, NamespaceOptions::default()).unwrap();
    let census =
        ProcessCensus::new().token(&format!("POSSE_BED={}", bed.token())).directory(bed.root());
    let mut on_laptop = bed.command("sleep").arg("3000").spawn().unwrap();
    let mut on_host = bed.run_in("n002", "setsid sleep 3000").unwrap().spawn().unwrap();
    let there = wait_until(END, || {
        let seen = census.snapshot().processes;
        seen.iter().filter(|p| p.command == "sleep 3000").count() == 2
    });
    assert!(there, "{}", census.snapshot());
    drop(bed);
    assert!(!on_laptop.wait().unwrap().success() && !on_host.wait().unwrap().success());
    census.assert_nothing_left(END);
}

/// Starts this test program again as the process that a kill hits.
#[test]
fn a_killed_test_leaves_nothing() {
    const ROLE: &str = "POSSE_BED_TEST_ROLE";
    if !ready() {
        return;
    }
    if std::env::var_os(ROLE).is_some() {
        let bed = NamespaceBed::start(1, NamespaceOptions::default()).unwrap();
        // Past the harness's capture, for the process that reads it.
        writeln!(std::io::stderr(), "BED {} {}", bed.token(), bed.root().display()).unwrap();
        let _ = std::io::stdin().read(&mut [0]);
        return;
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_killed_test_leaves_nothing"])
        .env(ROLE, "victim")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.map_while(Result::ok).find(|l| l.starts_with("BED ")).unwrap();
    let (token, root) = line[4..].split_once(' ').unwrap();
    let census = ProcessCensus::new().token(&format!("POSSE_BED={token}")).directory(root);
    assert!(!census.snapshot().is_empty());
    let _stdin = child.stdin.take();
    child.kill().unwrap();
    child.wait().unwrap();
    census.assert_nothing_left(END);
    assert!(wait_until(END, || !std::path::Path::new(root).exists()));
}
