//! Questions of ssh at the terminal of the calling `up`: one at a time, labelled with the host,
//! never echoed; a wrong answer is a named failure.
//! Alone: `cargo nextest run -p posse-cluster --test password`.

#![allow(clippy::unwrap_used)]

use posse_bed::{HostQuirk, LoopbackBed, LoopbackOptions, PASSWORD, Terminal};
use posse_cluster::{Vm, promised, ready, without_root};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

fn bed() -> LoopbackBed {
    let options = LoopbackOptions::default()
        .quirk(1, HostQuirk::PasswordOnly)
        .quirk(2, HostQuirk::PasswordOnly);
    LoopbackBed::start(4, options).unwrap()
}

#[test]
fn passwords_are_asked_for_one_at_a_time() {
    if !ready() {
        return;
    }
    let bed = bed();
    let vm = Vm::start(&bed);
    let mut terminal = Terminal::start(&vm.command(&["up", "n[001-004]"])).unwrap();
    for _ in 0..2 {
        let _ = terminal.expect("'s password:", SOON).unwrap();
        let asked = terminal.text().matches("'s password:").count();
        terminal.send(&format!("{PASSWORD}\r")).unwrap();
        assert!(asked <= 2, "{}", terminal.text());
    }
    let status = terminal.wait(SOON).unwrap();
    let text = terminal.text();
    assert!(status.success() && text.contains("4 of 4 hosts up"), "{text}");
    assert!(text.contains("[n001]") && text.contains("[n002]"), "{text}");
    let answers = text.replace(".posse", "").matches(&format!("{PASSWORD}\n")).count();
    assert_eq!(answers, 0, "the password was echoed: {text}");
    let out = vm.posse(&["e", "echo $POSSE_HOST"]).ok().sorted();
    assert_eq!(out, ["n001", "n002", "n003", "n004"]);
}

#[test]
fn a_wrong_password_is_one_hosts_failure() {
    if !ready() {
        return;
    }
    let bed = bed();
    let vm = Vm::start(&bed);
    let mut terminal = Terminal::start(&vm.command(&["up", "n001", "n003"])).unwrap();
    let _ = terminal.expect("'s password:", SOON).unwrap();
    terminal.send("wrong\r").unwrap();
    let status = terminal.wait(SOON).unwrap();
    let text = terminal.text();
    assert_eq!(status.code(), Some(5), "{text}");
    assert!(text.contains("n001: login denied") && text.contains("hint:"), "{text}");
    assert_eq!(vm.posse(&["e", "echo $POSSE_HOST"]).ok().sorted(), ["n003"]);
}

/// Nobody at a terminal: no question, a named failure, no waiting.
#[test]
fn without_a_terminal_nothing_is_asked() {
    if !ready() {
        return;
    }
    let bed = bed();
    let vm = Vm::start(&bed);
    let up = vm.posse(&["up", "n001", "n003"]).expect(5);
    assert!(up.stderr.contains("n001: login denied"), "{}", up.stderr);
    assert!(up.elapsed < promised(Duration::from_secs(30)), "{:?}", up.elapsed);
}

#[test]
fn passwords_are_asked_for_one_at_a_time_without_root() {
    without_root("passwords_are_asked_for_one_at_a_time");
}
