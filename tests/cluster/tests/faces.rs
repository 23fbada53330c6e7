//! `posse pdsh` and `posse dsh` beside Debian's pdsh and dsh on the same sshd hosts: the same
//! lines (sorted, for hosts print in any order) and the same exit status for the same words.
//! Alone: `cargo nextest run -p posse-cluster --test faces`.

#![allow(clippy::unwrap_used)]

use posse_bed::{HostQuirk, LoopbackBed, LoopbackOptions, require};
use posse_cluster::{Ran, Vm, posse_binary, ready, run};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(120);

/// Four hosts, the fourth of which refuses connections.
fn bed() -> LoopbackBed {
    LoopbackBed::start(4, LoopbackOptions::default().quirk(4, HostQuirk::Refused)).unwrap()
}

fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The real tool, with ssh that uses the bed's own user.
fn real(bed: &LoopbackBed, tool: &str, args: &[&str], input: &[u8]) -> Ran {
    let mut command = bed.command(tool);
    command.env("PDSH_RCMD_TYPE", "ssh").env("PDSH_SSH_ARGS", "-2 -a -x %h").args(args);
    if tool == "dsh" {
        // Debian's default is rsh.
        let conf = bed.root().join("home/.dsh");
        std::fs::create_dir_all(&conf).unwrap();
        std::fs::write(conf.join("dsh.conf"), "remoteshell = ssh\n").unwrap();
    }
    run(command, input, WITHIN)
}

fn face(vm: &Vm, tool: &str, args: &[&str], input: &[u8]) -> Ran {
    let args: Vec<&str> = std::iter::once(tool).chain(args.iter().copied()).collect();
    vm.posse_with(&args, input)
}

/// Same stdout, stderr and status.
#[track_caller]
fn same(bed: &LoopbackBed, vm: &Vm, tool: &str, args: &[&str]) {
    let (real, ours) = (real(bed, tool, args, b""), face(vm, tool, args, b""));
    assert_eq!(ours.sorted(), real.sorted(), "stdout of {tool} {args:?}: {}", ours.stderr);
    assert_eq!(lines(&ours.stderr), lines(&real.stderr), "stderr of {tool} {args:?}");
    assert_eq!(ours.code, real.code, "status of {tool} {args:?}");
}

#[test]
fn pdsh_is_pdsh() {
    if !ready() || require(&["pdsh"]).is_some() {
        return;
    }
    let bed = bed();
    let vm = Vm::start(&bed);
    let home = bed.root().join("home");
    std::fs::write(home.join("wcoll"), "# all\nn001\nn[002-003] # two\n").unwrap();
    // The first one starts the vm, without a word.
    same(&bed, &vm, "pdsh", &["-w", "n[001-003]", "echo hello; echo oh >&2"]);
    for args in [
        &["-w", "n001,n003", "echo", "a  b", "c"][..],
        &["-w", "n[001-003]", "-x", "n002", "printf 'one\\n\\ntwo\\n'"],
        &["-w", "n[001-003],-n[001-002]", "echo rest"],
        &["-N", "-w", "n001,n002", "echo hi; echo err >&2"],
        &["-w", "n001,n002", "exit 3"],
        &["-S", "-w", "n001,n002", "exit 3"],
        &["-S", "-w", "n001", "-w", "n002", "true"],
        &["-S", "-w", "n001", "kill -9 $$"],
        &["-w", "^wcoll", "echo file"],
        &["-w", "ssh:n001", "-f", "1", "-b", "-R", "ssh", "ls -d /"],
        &["-f", "2", "-w", "n[001-003]", "echo window"],
        &["-w", "n001", "-x", "n001", "true"],
        &["true"],
        &["-w", "^no-such-file", "true"],
        &["-w", "n001", "no-such-program-here"],
    ] {
        same(&bed, &vm, "pdsh", args);
    }
    let mut real = bed.command("pdsh");
    real.env("PDSH_RCMD_TYPE", "ssh").env("PDSH_SSH_ARGS", "%h").arg("echo wcoll");
    let both = [real, vm.command(&["pdsh", "echo wcoll"])].map(|mut command| {
        command.env("WCOLL", "wcoll");
        run(command, b"", WITHIN).ok().sorted()
    });
    assert_eq!(both[0], both[1]);
    assert_eq!(both[0].len(), 3);
}

#[test]
fn pdsh_says_what_failed() {
    if !ready() || require(&["pdsh"]).is_some() {
        return;
    }
    let bed = bed();
    let vm = Vm::start(&bed);
    let signed = |ran: &Ran| -> Vec<String> {
        let lines = lines(&ran.stderr).into_iter();
        lines.filter(|line| line.starts_with("pdsh@")).collect()
    };
    for args in [&["-w", "n[001-004]", "echo up"][..], &["-S", "-w", "n[001-004]", "echo up"]] {
        let (real, ours) = (real(&bed, "pdsh", args, b""), face(&vm, "pdsh", args, b""));
        assert_eq!(ours.sorted(), real.sorted(), "{args:?}");
        assert_eq!(signed(&ours), signed(&real), "{args:?}: {}", ours.stderr);
        assert_eq!(ours.code, real.code, "{args:?}");
        // ssh's own words are its own; ours are labelled as they are.
        assert!(ours.stderr.contains("n004: "), "{}", ours.stderr);
        assert!(ours.stderr.to_lowercase().contains("refused"), "{}", ours.stderr);
    }
    let args = ["-S", "-u", "1", "-w", "n001", "sleep 6"];
    let (real, ours) = (real(&bed, "pdsh", &args, b""), face(&vm, "pdsh", &args, b""));
    assert_eq!((signed(&ours), ours.code), (signed(&real), real.code));
    for (args, words) in [
        (&["-R", "exec", "-w", "n001", "true"][..], "-R exec"),
        (&["-A", "true"], "genders are not read"),
        (&["-w", "/n.*/", "true"], "regular expressions"),
        (&["-g", "nobody", "true"], "no group nobody"),
    ] {
        let ran = face(&vm, "pdsh", args, b"").expect(1);
        assert!(ran.stderr.contains(words), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn pdsh_by_its_name_with_groups_and_lines() {
    if !ready() {
        return;
    }
    let bed = bed();
    let vm = Vm::start(&bed);
    let groups = bed.root().join("home/.dsh/group");
    std::fs::create_dir_all(&groups).unwrap();
    std::fs::write(groups.join("two"), "n001\nn002\n").unwrap();
    std::fs::write(groups.join("three"), "#include two\nn003\n").unwrap();
    std::fs::write(bed.root().join("home/.dsh/machines.list"), "n001\nn003\n").unwrap();
    let link = bed.root().join("home/pdsh");
    std::os::unix::fs::symlink(posse_binary(), &link).unwrap();
    let run_link = |args: &str, input: &str| vm.line(&format!("printf '{input}' | ./pdsh {args}"));
    assert_eq!(run_link("-g three -X two echo g", "").ok().sorted(), ["n003: g"]);
    assert_eq!(run_link("-a echo a", "").ok().sorted(), ["n001: a", "n003: a"]);
    let lines = run_link("-S -w n001", "echo one\\n!echo here\\nexit 5\\n").expect(5);
    let text = lines.text();
    assert!(text.contains("n001: one") && text.contains("here"), "{text}");
    let shown = run_link("-q -w n[001-003] -f 2 echo hi", "").ok().text();
    assert!(shown.contains("Fanout\t\t\t\t2") && shown.ends_with("n[001-003]"), "{shown}");
}

#[test]
fn dsh_is_dsh() {
    if !ready() || require(&["dsh"]).is_some() {
        return;
    }
    let bed = bed();
    let vm = Vm::start(&bed);
    let home = bed.root().join("home");
    std::fs::create_dir_all(home.join(".dsh/group")).unwrap();
    std::fs::write(home.join(".dsh/machines.list"), "# all\nn001\n\nn003\n").unwrap();
    std::fs::write(home.join(".dsh/group/g1"), "n002\nn001\n").unwrap();
    std::fs::write(home.join("file"), "n003\n").unwrap();
    for args in [
        &["-M", "-m", "n001,n002", "echo hi; echo err >&2"][..],
        &["-M", "-c", "-m", "n001", "-m", "n002,n001", "--", "echo hi; exit 3"],
        &["-m", "n001", "--", "echo", "a  b", "c"],
        &["-M", "-a", "-w", "echo all"],
        &["-M", "-g", "g1", "--", "echo group"],
        &["-M", "-f", "file", "-m", "n002", "echo file"],
        &["-M", "-q", "-F", "2", "-m", "n001,n002,n003", "echo limited"],
        &["-M", "-w", "-m", "n001,n002", "exit 4"],
        &["-M", "-H", "-m", "n001", "echo hidden"],
        &["--show-machine-names", "--machine", "n001", "--wait-shell", "--", "echo long"],
        &["-m", "n001", "printf no-newline"],
        &["-M", "echo", "nobody"],
        &["-M", "-g", "no-such-group", "true"],
        &["-M", "-f", "no-such-file", "true"],
        &["-Z"],
        &["-m"],
    ] {
        same(&bed, &vm, "dsh", args);
    }
    let args = ["-M", "-m", "n001,n004", "echo hi"];
    let (real_ran, ours) = (real(&bed, "dsh", &args, b""), face(&vm, "dsh", &args, b""));
    assert_eq!(ours.sorted(), real_ran.sorted());
    assert_eq!(ours.code, real_ran.code);
    assert!(ours.stderr.to_lowercase().contains("refused"), "{}", ours.stderr);
    let args = ["-M", "-c", "-i", "-m", "n001,n002", "--", "cat"];
    let real_ran = real(&bed, "dsh", &args, b"one\ntwo\n");
    let ours = face(&vm, "dsh", &args, b"one\ntwo\n");
    assert_eq!((ours.sorted(), ours.code), (real_ran.sorted(), real_ran.code));
}

/// One host after the other: what the second sees was made by the first.
#[test]
fn dsh_waits_for_each_host() {
    if !ready() {
        return;
    }
    let bed = bed();
    let vm = Vm::start(&bed);
    let link = bed.root().join("home/dsh");
    std::os::unix::fs::symlink(posse_binary(), &link).unwrap();
    let line = "./dsh -M -m n003,n001,n002 -- 'echo $POSSE_HOST >>order; wc -l <order'";
    assert_eq!(vm.line(line).ok().text(), "n003: 1\nn001: 2\nn002: 3");
    assert!(Path::new(&link).exists());
    let version = Command::new(&link).arg("-V").output().unwrap();
    assert_eq!(version.status.code(), Some(1), "as dsh does it");
}
