//! `posse pvm`: a script on stdin against what PVM's console would say, a host file, and a
//! session at a terminal. Alone: `cargo nextest run -p posse-cluster --test pvm`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, Terminal, wait_until};
use posse_cluster::{Vm, posse_binary, ready};
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Ids by their first appearance, as T1, T2, …: `t80001` and what stands in the tables.
fn normal(text: &str) -> String {
    let mut known: Vec<String> = Vec::new();
    let is_id = |word: &str| {
        let digits = word.strip_prefix('t').unwrap_or(word);
        digits.len() >= 5 && digits.chars().all(|c| c.is_ascii_hexdigit())
    };
    let mut name = |word: &str| {
        let digits = word.strip_prefix('t').unwrap_or(word).to_owned();
        let place = known.iter().position(|id| *id == digits).unwrap_or(known.len());
        if place == known.len() {
            known.push(digits);
        }
        format!("T{}", place + 1)
    };
    let words = |line: &str| {
        let words = line.split_whitespace();
        words.map(|w| if is_id(w) { name(w) } else { w.to_owned() }).collect::<Vec<_>>().join(" ")
    };
    text.lines().map(words).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_script_is_answered_as_by_pvm() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let mut vm = Vm::up(&bed, "local[1-2]");
    let script = "conf\nmstat local2\nmstat nohost\nmstat\nspawn -2 sleep 4392\nps -a\n\
                  ps -hlocal2\nspawn nosuch\nspawn -nohost sleep\npstat 40fff\nput a\n\
                  alias x echo\nx y\nnosuch\nadd local2\ndelete nohost\nreset\nquit\n\
                  echo not reached\n";
    let said = vm.posse_with(&["pvm"], script.as_bytes()).ok();
    let wanted = "pvmd already running.\n2 hosts, 1 data format\nHOST DTID ARCH SPEED DSIG\n\
        local1 T1 LINUX64 1000 0x00408c41\nlocal2 T2 LINUX64 1000 0x00408c41\nlocal2 ok\n\
        nohost No such host\nmstat: wrong #args\n2 successful\nT3\nT4\n\
        HOST TID FLAG 0x COMMAND\nlocal1 T4 2/f sleep\nlocal2 T3 2/f sleep\n\
        HOST TID FLAG 0x COMMAND\nlocal2 T3 2/f sleep\n0 successful\nNo such file\n\
        0 successful\nNo such host\nt 40fff No such task\nput: wrong #args\ny\n\
        nosuch: not found\n0 successful\nHOST DTID\nlocal2 Duplicate host\n0 successful\n\
        HOST STATUS\nnohost No such host\n\nConsole: exit handler called\npvmd still running.";
    let wanted = wanted.replace("t 40fff", "t T5");
    assert_eq!(normal(&said.text()), wanted, "{}", said.stderr);
    vm.wait_gone("sleep 4392", LONG);
    output_comes_to_the_console(&vm);
    // Also where it is called by that name.
    let binary = posse_binary().display();
    let line = format!("ln -s '{binary}' pvm; echo id | ./pvm; rm pvm");
    let said = vm.line(&line).ok();
    assert_eq!(normal(&said.text()).lines().nth(1), Some("T1"), "{said:?}");
    vm.down();
}

/// Lines of tasks come while the console waits for the next of its own.
fn output_comes_to_the_console(vm: &Vm) {
    let mut console = vm.command(&["pvm", "--echo"]);
    console.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut console = console.spawn().unwrap();
    let mut typed = console.stdin.take().unwrap();
    let out = console.stdout.take().unwrap();
    typed.write_all(b"spawn -2 -> /bin/echo hello\n").unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(out)).map(Result::unwrap);
    let mut until_finished = lines.by_ref().take_while(|line| !line.ends_with("[1] finished"));
    let mut seen: Vec<String> = until_finished.by_ref().collect();
    seen.retain(|line| !line.starts_with('t'));
    let first = ["pvmd already running.", "pvm> spawn -2 -> /bin/echo hello", "[1]"];
    assert_eq!(seen[..3], first);
    let count = |end: &str| seen.iter().filter(|line| line.ends_with(end)).count();
    assert_eq!((count("] hello"), count("] EOF")), (2, 2), "{seen:?}");
    drop(typed);
    assert_eq!(lines.last().unwrap(), "pvmd still running.");
    assert!(console.wait().unwrap().success());
}

#[test]
fn a_host_file_makes_a_machine_and_halt_ends_it() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let mut vm = Vm::start(&bed);
    let home = bed.root().join("home");
    std::fs::write(home.join(".pvmrc"), "alias hosts conf\n").unwrap();
    let file = home.join("hostfile");
    std::fs::write(&file, "# two now, one later\nlocal1\nlocal2\n&local3\n").unwrap();
    let mut console = Terminal::start(&vm.command(&["pvm", file.to_str().unwrap()])).unwrap();
    console.expect("pvm> ", LONG).unwrap();
    console.send("hosts\r").unwrap();
    console.expect("2 hosts, 1 data format\n", LONG).unwrap();
    console.expect("pvm> ", LONG).unwrap();
    console.send("add local3\r").unwrap();
    console.expect("1 successful\n", LONG).unwrap();
    console.expect("pvm> ", LONG).unwrap();
    console.send("spawn -3 -> sh -c 'echo he''llo'\r").unwrap();
    console.expect("] hello\n", LONG).unwrap();
    console.expect("[1] finished\n", LONG).unwrap();
    console.send("halt\r").unwrap();
    assert_eq!(console.wait(LONG).unwrap().code(), Some(0));
    assert!(wait_until(LONG, || vm.posse(&["hosts"]).code == 4));
    vm.down();
}
