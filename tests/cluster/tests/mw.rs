//! `posse mw` on 16 hosts: a C program and a Python program that exchange their ports through it
//! and connect all to all; one that dies does not keep the others waiting.
//! Alone: `cargo nextest run -p posse-cluster --test mw`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, require};
use posse_cluster::{Vm, ready, run, text};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const HOSTS: usize = 16;
const LONG: Duration = Duration::from_secs(60);

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/mw").join(name)
}

#[test]
fn everybody_meets_everybody() {
    if !ready() || require(&["cc", "python3"]).is_some() {
        return;
    }
    let bed = LoopbackBed::start(HOSTS, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-016]");
    let program = bed.root().join("all_to_all");
    let mut compiler = Command::new("cc");
    compiler.args(["-Wall", "-Wextra", "-Werror", "-o"]).arg(&program);
    compiler.arg(example("all_to_all.c"));
    let _ = run(compiler, b"", LONG).ok();
    all_met(&vm, &["mw", "--argv", program.to_str().unwrap()], HOSTS);
    all_met(&vm, &["mw", "-n", "3", "--argv", program.to_str().unwrap()], 3 * HOSTS);

    let mut python = Command::new("python3");
    python.args(["-c", "import sys; print(sys.executable)"]);
    let python = text(&run(python, b"", LONG).ok().stdout);
    let script = example("all_to_all.py").canonicalize().unwrap();
    all_met(&vm, &["mw", &python, script.to_str().unwrap()], HOSTS);

    lines_are_whole(&vm);
    through_a_local_command(&vm);
    a_death_is_an_end(&vm);
}

fn all_met(vm: &Vm, args: &[&str], size: usize) {
    let out = vm.posse(args).ok();
    let said = format!("{}\n{}", out.text(), out.stderr);
    let met = said.lines().filter(|line| line.contains(&format!("met all {size}"))).count();
    assert_eq!(met, size, "{said}");
}

fn lines_are_whole(vm: &Vm) {
    let line = "seq -f \"$POSSE_RANK %06g\" 1000; exec >&-; \
                test $(sort -u | wc -l) = 16000 && echo all >&2";
    let out = vm.posse(&["mw", line]).ok();
    assert_eq!(out.stderr.matches("all").count(), HOSTS, "{}", out.stderr);
}

fn through_a_local_command(vm: &Vm) {
    let line = "posse mw sort -n {{ 'echo $POSSE_RANK; exec >&-; head -n 1 >&2' }}";
    let out = vm.line(line).ok();
    let first: Vec<&str> = out.stderr.lines().collect();
    assert_eq!(first.len(), HOSTS, "{}", out.stderr);
    assert!(first.iter().all(|line| line.ends_with('0')), "{}", out.stderr);
}

fn a_death_is_an_end(vm: &Vm) {
    let line = "echo $POSSE_RANK; test $POSSE_RANK = 5 && kill -9 $$; exec >&-; wc -l >&2";
    let out = vm.posse(&["mw", line]).expect(137);
    assert!(out.stderr.contains("n006"), "{}", out.stderr);
    let counted = out.stderr.lines().filter(|line| line.trim_end().ends_with("16")).count();
    assert_eq!(counted, HOSTS - 1, "{}", out.stderr);
}
