//! `posse e` beside Debian's clush on the same sshd hosts: `-l` and clush's `-L` give the same
//! lines, `-b` the same blocks byte for byte (both in any order; clush's `-B` where the line
//! itself sends stderr there), `--diff` the same differences, `-o` the same files as `--outdir`,
//! `posse cp` the same as `--copy` and `--rcopy`; posse's exit status is always that of `clush
//! -S`. What differs on purpose, each shown below:
//! - a host that cannot be reached: posse runs nothing (5), clush runs the rest (255);
//! - stderr under `-b`: posse folds it as it folds stdout, clush labels each line;
//! - outputs that differ in the last line end only: two blocks, since posse compares bytes;
//! - what `-t` ends is ended on the hosts (`-u` of clush leaves it there);
//! - a signal is 128 and its number (255 in clush, which sees only that ssh failed), a time
//!   limit is 124 (255 in clush with `-S`);
//! - clush's `-t` (a host that cannot be logged in to in time) is `up --timeout`: before `e`;
//! - several words are an argument vector; `-s` joins them for a shell, as clush always does.
//!
//! Alone: `cargo nextest run -p posse-cluster --test clush`.

#![allow(clippy::unwrap_used)]

use posse_bed::{HostQuirk, LoopbackBed, LoopbackOptions, require};
use posse_cluster::{Ran, Vm, ready, run};
use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(60);
const RULE: &str = "---------------\n";

/// Hosts, the same for both; then the line that their shells get.
type Case = (&'static [&'static str], &'static str);

const CASES: &[Case] = &[
    (&["n[001-008]"], "echo hello"),
    (&["n[001-008]"], "case $me in 2|5) echo odd; exit 4;; 7) exit 9;; *) seq 3;; esac"),
    (&["n[001-008]", "-x", "n[002,005-007]"], "echo rest"),
    (&["n[001-004]", "-x", "n001,n004"], "echo middle"),
    (&["n001,n003"], "echo; echo '  a  b'; echo; echo end; echo"),
    (&["n[001-002]"], "printf 'one\\ntwo'; echo three >&2"),
    (&["n[001-003]"], "echo out $me; echo oh $me >&2; exit 7"),
    (&["n001"], "true"),
    (&["n[001-002]"], "no-such-program-here 2>/dev/null"),
    (&["n[001-002]"], "head -c 65536 /dev/zero | tr '\\0' x; echo; seq 2000"),
];

/// Before each line: the last digit of the host's name, which is that of its address.
const WHO: &str = "set -- ${POSSE_HOST:-$SSH_CONNECTION}; me=${3:-$1}; me=${me#${me%?}}; ";

/// Hosts and line of cases that two outputs at most come of.
const COMPARED: &[Case] = &[
    (&["n[001-008]"], "seq 5; [ $me = 3 ] && echo six; exit 0"),
    (&["n[001-008]"], "for k in 1 2 3 4 5 6 7 8 9; do echo $((k == $me / 7 ? 70 : k)); done"),
    (&["n[001-004]"], "echo all alike"),
];

/// Logins of clush are what takes long: they share a connection for each host.
fn clush(bed: &LoopbackBed, args: &[&[&str]]) -> Command {
    let mut command = bed.command("clush");
    let path = bed.root().join("run/%%h");
    // What clush reads as a configuration file it interpolates.
    let ssh = format!("-oControlMaster=auto -oControlPersist=600 -oControlPath={}", path.display());
    command.args(["-n", "--color=never", "-o", &ssh]).args(args.concat());
    command
}

/// The two tools with flags of their own for the same case.
struct Both {
    clush: Ran,
    posse: Ran,
}

fn both(bed: &LoopbackBed, vm: &Vm, flags: [&[&str]; 2], case: &Case) -> Both {
    let (hosts, line) = (case.0, format!("{WHO}{}", case.1));
    let clush = clush(bed, &[flags[0], &["-w"], hosts, &[&line]]);
    let args = [&["e"], flags[1], &["-H"], hosts, &[&line]].concat();
    Both { clush: run(clush, b"", WITHIN), posse: vm.posse(&args) }
}

/// What hosts wrote to stdout, lines in order, blanks and all.
fn lines(ran: &Ran) -> Vec<String> {
    let text = String::from_utf8(ran.stdout.clone()).unwrap();
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    lines.sort();
    lines
}

/// What hosts wrote to stderr, without what the tools say themselves (clush counts, and wipes the
/// count with carriage returns).
fn errors(ran: &Ran) -> Vec<String> {
    let own = |line: &&str| !line.starts_with("clush: ") && !line.starts_with("posse: ");
    let shown = ran.stderr.lines().filter_map(|line| line.rsplit('\r').next());
    let mut lines: Vec<String> = shown.filter(own).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The blocks of `-b`, head and body, sorted. No line of a case looks like a rule.
fn blocks(ran: &Ran) -> Vec<String> {
    let text = String::from_utf8(ran.stdout.clone()).unwrap();
    let parts: Vec<&str> = text.split(RULE).collect();
    assert_eq!((parts[0], parts.len() % 2), ("", 1), "{text}");
    let mut blocks: Vec<String> = parts[1..].chunks(2).map(|block| block.concat()).collect();
    blocks.sort();
    blocks
}

#[track_caller]
fn same_status(both: &Both, case: &Case) {
    assert_eq!(both.posse.code, both.clush.code, "{case:?}: {}", both.posse.stderr);
}

#[test]
fn e_is_clush() {
    if !ready() || require(&["clush"]).is_some() {
        return;
    }
    let options =
        LoopbackOptions::default().quirk(9, HostQuirk::Refused).quirk(10, HostQuirk::Silent);
    let bed = LoopbackBed::start(10, options).unwrap();
    // The connections that are shared are the bed's and not the vm's: they stand before it.
    let _ = run(clush(&bed, &[&["-S", "-w", "n[001-008]", "true"]]), b"", WITHIN).ok();
    let vm = Vm::up(&bed, "n[001-008]");
    thread::scope(|scope| {
        scope.spawn(|| on_purpose_slowly(&bed, &vm));
        scope.spawn(|| CASES.iter().for_each(|case| labelled(&bed, &vm, case)));
        for case in CASES {
            folded(&bed, &vm, case);
        }
        COMPARED.iter().for_each(|case| compared(&bed, &vm, case));
        files(&bed, &vm);
        copies(&bed, &vm);
        quiet_and_stdin(&bed, &vm);
        on_purpose(&bed, &vm);
    });
}

fn labelled(bed: &LoopbackBed, vm: &Vm, case: &Case) {
    let both = both(bed, vm, [&["-S", "-L"], &["-l"]], case);
    assert_eq!(lines(&both.posse), lines(&both.clush), "stdout of {case:?}");
    assert_eq!(errors(&both.posse), errors(&both.clush), "stderr of {case:?}");
    same_status(&both, case);
}

fn folded(bed: &LoopbackBed, vm: &Vm, case: &Case) {
    let both = both(bed, vm, [&["-S", "-b"], &["-b"]], case);
    assert_eq!(blocks(&both.posse), blocks(&both.clush), "{case:?}");
    same_status(&both, case);
}

/// `-B` has both streams in its blocks, and each line alone would come in any order.
fn compared(bed: &LoopbackBed, vm: &Vm, case: &Case) {
    let diff = both(bed, vm, [&["-S", "--diff"], &["--diff"]], case);
    assert_eq!(diff.posse.text(), diff.clush.text(), "{case:?}");
    same_status(&diff, case);
    let line = format!("{{ {}; }} >&2", case.1);
    let (joined, line) = (format!("{WHO}{{ {line}; }} 2>&1"), format!("{WHO}{line}"));
    let posse = vm.posse(&[&["e", "-b", "-H"], case.0, &[&joined]].concat());
    let clush = run(clush(bed, &[&["-S", "-B", "-w"], case.0, &[&line]]), b"", WITHIN);
    assert_eq!(blocks(&posse), blocks(&clush), "-B {case:?}");
}

/// The files of a directory, by name.
fn tree(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(directory).unwrap().map(Result::unwrap);
    let file = |entry: DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, std::fs::read(entry.path()).unwrap())
    };
    entries.map(file).collect()
}

/// clush has a directory for each stream, posse one for both.
fn files(bed: &LoopbackBed, vm: &Vm) {
    let case: Case = (&["n[001-008]"], "echo $me; [ $me = 4 ] && exit 6; seq $me; ls /none$me >&2");
    let [out, err, posse] = ["out.d", "err.d", "posse.d"].map(|name| bed.root().join(name));
    let [outdir, errdir] = [("out", &out), ("err", &err)]
        .map(|(name, directory)| format!("--{name}dir={}", directory.display()));
    let template = posse.join("{host}");
    let flags = [&["-S", "-q", &outdir, &errdir][..], &["-o", template.to_str().unwrap()]];
    let both = both(bed, vm, flags, &case);
    same_status(&both, &case);
    let mut clush = tree(&out);
    clush.extend(tree(&err).into_iter().map(|(name, text)| (name + ".err", text)));
    assert_eq!(tree(&posse), clush);
    assert_eq!(clush.len(), 16);
}

/// To the hosts, which share a home, and back, where clush puts the host behind a file's name.
fn copies(bed: &LoopbackBed, vm: &Vm) {
    let home = bed.root().join("home");
    let bytes: Vec<u8> = (0..300_000_u32).map(|k| (k % 251) as u8).collect();
    std::fs::write(home.join("data"), &bytes).unwrap();
    let there = |name: &str| bed.root().join(name).to_string_lossy().into_owned();
    let (a, b) = (there("to.clush"), there("to.posse"));
    for directory in [&a, &b, &there("from.clush"), &there("from.posse")] {
        std::fs::create_dir(directory).unwrap();
    }
    let copy = clush(bed, &[&["-S", "-w", "n001", "-p", "--copy", "data", "--dest", &a]]);
    let _ = run(copy, b"", WITHIN).ok();
    let _ = vm.posse(&["cp", "-p", "data", &format!("n001:{b}/")]).ok();
    assert_eq!(tree(Path::new(&a)), tree(Path::new(&b)));
    let about = |directory: &str| std::fs::metadata(Path::new(directory).join("data")).unwrap();
    assert_eq!(about(&a).mtime(), about(&b).mtime());
    assert_eq!(about(&a).mode(), about(&b).mode());

    let (to, from) = (there("from.clush"), format!("{a}/data"));
    let rcopy = clush(bed, &[&["-S", "-w", "n[001-003]", "--rcopy", &from, "--dest", &to]]);
    let _ = run(rcopy, b"", WITHIN).ok();
    let target = format!("{}/data.{{host}}", there("from.posse"));
    let _ = vm.posse(&["cp", &format!("n[001-003]:{from}"), &target]).ok();
    assert_eq!(tree(Path::new(&there("from.posse"))), tree(Path::new(&to)));
    assert_eq!(tree(Path::new(&to)).len(), 3);
    let args = ["-S", "-w", "n[001-002]", "--rcopy", "/no/such/file", "--dest", &to];
    let failed = vm.posse(&["cp", "n[001-002]:/no/such/file", &target]);
    assert_eq!((run(clush(bed, &[&args]), b"", WITHIN).code, failed.code), (1, 1));
}

/// `-q`: no word on who failed. Stdin goes to all, in posse with `-i`.
fn quiet_and_stdin(bed: &LoopbackBed, vm: &Vm) {
    let case: Case = (&["n[001-003]"], "echo $me; exit $me");
    let both = both(bed, vm, [&["-S", "-L", "-q"], &["-l", "-q"]], &case);
    assert_eq!(lines(&both.posse), lines(&both.clush));
    assert_eq!((both.posse.stderr.as_str(), both.clush.stderr.as_str()), ("", ""));
    same_status(&both, &case);
    let mut clush = bed.command("clush");
    clush.args(["-S", "-b", "-w", "n[001-003]", "sort; exit 2"]);
    let clush = run(clush, b"b\na\n", WITHIN);
    let posse = vm.posse_with(&["e", "-i", "-b", "-H", "n[001-003]", "sort; exit 2"], b"b\na\n");
    assert_eq!((blocks(&posse), posse.code), (blocks(&clush), clush.code));
}

/// What the head of this file says.
fn on_purpose(bed: &LoopbackBed, vm: &Vm) {
    let fold = [&["-S", "-b"][..], &["-b"]];
    let ran = both(bed, vm, fold, &(&["n[001-002]"], "echo oh >&2"));
    assert_eq!(errors(&ran.clush), ["n001: oh", "n002: oh"], "{:?}", ran.clush);
    assert_eq!(ran.posse.stderr, format!("{RULE}n[001-002] (2)\n{RULE}oh"));
    let ran = both(bed, vm, fold, &(&["n[001-002]"], "printf a; [ $me = 1 ] || echo"));
    assert_eq!(blocks(&ran.clush), ["n[001-002] (2)\na\n"]);
    assert_eq!(blocks(&ran.posse), ["n001\na\n", "n002\na\n"]);
    let ran = both(bed, vm, fold, &(&["n001"], "kill -9 $$"));
    assert_eq!((ran.clush.code, ran.posse.code), (255, 137));
    let ran = vm.posse(&["e", "-s", "-l", "-H", "n001", "echo", "a  b", "|", "cat"]).ok();
    let clush = clush(bed, &[&["-L", "-w", "n001", "echo", "a  b", "|", "cat"]]);
    assert_eq!(ran.stdout, run(clush, b"", WITHIN).ok().stdout);
}

/// Likewise; these wait.
fn on_purpose_slowly(bed: &LoopbackBed, vm: &Vm) {
    let timed = [&["-S", "-u", "1"][..], &["-t", "1"]];
    let ran = both(bed, vm, timed, &(&["n[001-002]"], "echo begun; exec sleep 4"));
    assert_eq!((ran.clush.code, ran.posse.code), (255, 124), "{}", ran.clush.stderr);
    let ran = both(bed, vm, [&["-S", "-L"], &["-l"]], &(&["n001,n009"], "echo up"));
    assert_eq!((ran.clush.sorted(), ran.clush.code), (vec!["n001: up".to_owned()], 255));
    assert_eq!((ran.posse.text().as_str(), ran.posse.code), ("", 5));
    assert!(ran.posse.stderr.contains("n009: connection refused"), "{}", ran.posse.stderr);
    let connect = clush(bed, &[&["-S", "-L", "-t", "1", "-w", "n001,n010", "echo up"]]);
    let ran = run(connect, b"", WITHIN);
    assert_eq!((ran.sorted(), ran.code), (vec!["n001: up".to_owned()], 255));
    let up = vm.posse(&["up", "--batch", "--timeout", "1", "n001", "n010"]).expect(5);
    assert!(up.stderr.contains("1 of 2 hosts up") && up.stderr.contains("n010: "), "{up:?}");
}
