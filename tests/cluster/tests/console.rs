//! `posse console` at a real terminal: prompt, completion, history, ^C of a command, ^D; and over
//! a script. Alone: `cargo nextest run -p posse-cluster --test console`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, Terminal};
use posse_cluster::{Vm, ready, without_root};
use std::time::Duration;

const END: Duration = Duration::from_secs(60);

#[test]
fn a_session_at_a_terminal() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let mut vm = Vm::start(&bed);
    let mut console = Terminal::start(&vm.command(&["console"])).unwrap();
    console.expect("[no vm] posse> ", END).unwrap();
    console.send("up local[1-4]\r").unwrap();
    console.expect("[4/4/4] posse> ", END).unwrap();
    // Verbatim, with braces and without quotes.
    console.send("e {{ echo \"$POSSE_HOST  x\" }} sort | tail -n 1\r").unwrap();
    console.expect("\nlocal4  x\n", END).unwrap();
    console.expect("[4/4/4] posse> ", END).unwrap();
    console.send("e test $POSSE_HOST != local3\r").unwrap();
    console.expect("[3/4/4] posse> ", END).unwrap();
    // A command, a host, an option.
    console.send("hos\t").unwrap();
    console.expect("hosts ", END).unwrap();
    console.send("-q loc\t2\r").unwrap();
    console.expect("\nlocal2\n", END).unwrap();
    console.expect("posse> ", END).unwrap();
    console.send("e --fol\t-H local1,local\t\x15").unwrap();
    console.expect("--fold ", END).unwrap();
    // ^C ends the command, here and on the hosts, and nothing else.
    console.send("\x15e -H all sh -c 'echo begun; exec sleep 4321'\r").unwrap();
    console.expect("begun\n", END).unwrap();
    vm.wait_running("sleep 4321", 4);
    console.send("\x03").unwrap();
    console.expect("posse> ", END).unwrap();
    vm.wait_gone("sleep 4321", END);
    console.send("e -H local1 echo af''ter\r").unwrap();
    console.expect("after\n", END).unwrap();
    console.expect("posse> ", END).unwrap();
    // ^C at the prompt takes the line away.
    console.send("nonsense\x03").unwrap();
    console.expect("posse> ", END).unwrap();
    console.send("!echo he''re\r").unwrap();
    console.expect("\nhere\n", END).unwrap();
    console.expect("posse> ", END).unwrap();
    console.send("\x04").unwrap();
    assert_eq!(console.wait(END).unwrap().code(), Some(0));
    let history = bed.root().join("home/.local/state/posse/history");
    let history = std::fs::read_to_string(history).unwrap();
    assert!(history.contains("!echo he''re"), "{history}");
    vm.down();
}

#[test]
fn a_script() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    let script = "# two hosts\nup 'local[1-2]'\ne {{ echo $POSSE_HOST }} sort\n\
                  e -i cat\nhosts -q\nno-such-command\ne -H local2 exit 7\n";
    let ran = vm.posse_with(&["console"], script.as_bytes()).expect(7);
    assert_eq!(ran.text(), "local1\nlocal2\nlocal1\nlocal2");
    assert!(ran.stderr.contains("no-such-command"), "{}", ran.stderr);
    let ran = vm.posse_with(&["console"], b"e -H local1 exit 3\nquit\nhosts\n").expect(3);
    assert_eq!(ran.text(), "");
    std::fs::write(bed.root().join("home/lines"), "e -H local1 -i cat\n").unwrap();
    assert_eq!(vm.posse_with(&["console", "lines"], b"from stdin\n").ok().text(), "from stdin");
}

#[test]
fn a_session_at_a_terminal_without_root() {
    without_root("a_session_at_a_terminal");
}
