//! Output that is hard to carry: 1 GB into `head`, no newline, bytes that are no text, escapes
//! that a terminal would obey; commands that do not exist or may not be run.
//! Alone: `cargo nextest run -p posse-cluster --test output`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, Terminal};
use posse_cluster::{Vm, promised, ready};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

#[test]
fn awkward_output() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(4, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-004]");
    a_gigabyte_into_head(&vm);
    bytes_are_exact(&vm);
    a_terminal_is_safe(&vm);
    what_cannot_be_started(&vm);
}

fn a_gigabyte_into_head(vm: &Vm) {
    let line = "posse e 'yes 0123456789abcdef | head -c 1000000000' | head -n 3";
    let out = vm.line(line);
    assert_eq!(out.text().lines().collect::<Vec<_>>(), ["0123456789abcdef"; 3]);
    assert!(out.elapsed < promised(Duration::from_secs(10)), "ends at once: {:?}", out.elapsed);
    vm.wait_gone("yes 0123456789abcdef", LONG);
    let all = vm.line("posse e -H n001 'yes abcdefghijklmno | head -c 100000000' | wc -c").ok();
    assert_eq!(all.text().trim(), "100000000");
}

fn bytes_are_exact(vm: &Vm) {
    let one = ["e", "-H", "n002"];
    let out = vm.posse(&[&one[..], &["printf 'no newline'"]].concat()).ok();
    assert!(out.stdout == b"no newline" || out.stdout == b"no newline\n", "{out:?}");
    let out = vm.posse(&[&one[..], &["--raw", "printf 'no newline'"]].concat()).ok();
    assert_eq!(out.stdout, b"no newline");
    let line = r"printf '\377\376\200 \303\050\n\033[2J\033]0;title\007\000x\n'";
    let want = b"\xff\xfe\x80 \xc3\x28\n\x1b[2J\x1b]0;title\x07\x00x\n";
    let out = vm.posse(&[&one[..], &[line]].concat()).ok();
    assert_eq!(out.stdout, want, "into a pipe or file they are exact");
    let random = vm.line(
        "head -c 1000000 /dev/urandom >r; posse e -H n003 --raw \"cat $PWD/r\" >back; \
         cmp r back && echo same",
    );
    assert_eq!(random.ok().text(), "same");
}

fn a_terminal_is_safe(vm: &Vm) {
    let line = r"printf 'red \033[31m \033]0;title\007 \377 end\n'";
    let mut terminal = Terminal::start(&vm.command(&["e", "-H", "n001,n002", line])).unwrap();
    assert!(terminal.wait(LONG).unwrap().success());
    let raw = terminal.raw();
    let text = String::from_utf8_lossy(&raw);
    assert!(!text.contains("\x1b]0;") && !text.contains('\x07'), "colours may pass: {text:?}");
    assert!(text.contains("title") && text.contains("end"), "{text:?}");
    assert!(text.contains("n001") && text.contains("n002"), "labelled: {text:?}");
}

fn what_cannot_be_started(vm: &Vm) {
    let out = vm.posse(&["e", "no-such-command-here"]).expect(127);
    assert!(out.stderr.contains("n[001-004]"), "{}", out.stderr);
    let _ = vm.posse(&["e", "--argv", "no-such-command-here"]).expect(127);
    let _ = vm.posse(&["e", "-H", "n001", "echo text >plain; chmod 644 plain"]).ok();
    let _ = vm.posse(&["e", "--argv", "./plain"]).expect(126);
    let _ = vm.posse(&["e", "./plain"]).expect(126);
    let out = vm.posse(&["e", "-C", "/no/such/directory", "true"]);
    assert_ne!(out.code, 0);
    assert!(out.stderr.contains("/no/such/directory"), "{}", out.stderr);
}
