//! `posse e` beside Debian's clush on the same sshd hosts: `-l` and clush's `-L` give the same
//! lines, `-b` the same blocks byte for byte (both in any order), and posse's exit status is
//! always that of `clush -S`. What differs on purpose, each shown below:
//! - a host that cannot be reached: posse runs nothing (5), clush runs the rest (255);
//! - stderr under `-b`: posse folds it as it folds stdout, clush labels each line;
//! - outputs that differ in the last line end only: two blocks, since posse compares bytes;
//! - what `-t` ends is ended on the hosts (`-u` of clush leaves it there);
//! - a signal is 128 and its number (255 in clush, which sees only that ssh failed), a time
//!   limit is 124 (255 in clush with `-S`);
//! - several words are an argument vector; `-s` joins them for a shell, as clush always does.
//!
//! Alone: `cargo nextest run -p posse-cluster --test clush`.

#![allow(clippy::unwrap_used)]

use posse_bed::{HostQuirk, LoopbackBed, LoopbackOptions, require};
use posse_cluster::{Ran, Vm, ready, run};
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

/// The two tools with flags of their own for the same case.
struct Both {
    clush: Ran,
    posse: Ran,
}

fn both(bed: &LoopbackBed, vm: &Vm, flags: [&[&str]; 2], case: &Case) -> Both {
    let (hosts, line) = (case.0, format!("{WHO}{}", case.1));
    let mut clush = bed.command("clush");
    clush.args(["-n", "--color=never"]).args(flags[0]).arg("-w").args(hosts).arg(&line);
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
    let options = LoopbackOptions::default().quirk(9, HostQuirk::Refused);
    let bed = LoopbackBed::start(9, options).unwrap();
    let vm = Vm::up(&bed, "n[001-008]");
    // At the same time: what takes long are the logins of clush.
    thread::scope(|scope| {
        scope.spawn(|| on_purpose_slowly(&bed, &vm));
        scope.spawn(|| CASES.iter().for_each(|case| labelled(&bed, &vm, case)));
        scope.spawn(|| CASES.iter().for_each(|case| folded(&bed, &vm, case)));
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
    let mut clush = bed.command("clush");
    clush.args(["-n", "-L", "-w", "n001", "echo", "a  b", "|", "cat"]);
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
}
