//! The owner's key on another machine: once the owner's machine is lost, all that was typed there
//! is typed here. Alone: `cargo nextest run -p posse-cluster --test elsewhere`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Machine, Ran, Vm, kill_owner, ready, signal};
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(90);

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn lines(ran: &Ran) -> usize {
    ran.text().lines().count()
}

/// The same hosts, with the key of somebody else.
fn with_another_key(file: &Path, other: &Path) {
    let text = std::fs::read_to_string(file).unwrap();
    let own = text.lines().find(|line| line.starts_with("owner ")).unwrap();
    std::fs::write(other, text.replace(own, &format!("owner {}", "1f".repeat(32)))).unwrap();
    mode(other, 0o600);
}

/// Five hosts, four of which vote beside the owner's.
fn vm(bed: &LoopbackBed) -> Vm {
    let vm = Vm::up(bed, "n[001-005]");
    let votes = || vm.posse(&["hosts"]).ok().text().matches("votes").count();
    assert!(wait_until(LONG, || votes() == 4), "{}", vm.posse(&["hosts"]).text());
    vm
}

#[test]
fn attached_to_from_another_machine() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(5, LoopbackOptions::default()).unwrap();
    let vm = vm(&bed);
    let file = bed.root().join("vm.key");
    let file = file.to_str().unwrap();
    let exported = vm.posse(&["key", "export", file]).ok();
    assert!(exported.stderr.contains("5 hosts"), "{}", exported.stderr);
    let script = "i=0; while [ $i -lt 200 ]; do echo $i; i=$((i+1)); sleep 0.05; done; exit 7";
    let _ = vm.posse(&["e", "--detach", script]).ok();
    vm.wait_running("sh -c", 5);

    let machine = Machine::new(bed.root(), "other");
    let typed = |args: &[&str]| machine.posse(&vm, args);
    assert!(typed(&["hosts"]).expect(4).stderr.contains("no vm"));
    let _ = typed(&["key", "import", file]).ok();
    // While the owner's machine leads, that is where to type.
    for args in [&["hosts"][..], &["e", "true"], &["up", "--batch", "n001"]] {
        let refused = typed(args).expect(4);
        assert!(refused.stderr.contains("led by its owner's machine"), "{}", refused.stderr);
    }
    kill_owner(&vm);
    let all = || lines(&typed(&["hosts", "-q"])) == 5;
    assert!(wait_until(LONG, all), "{}", typed(&["hosts"]).stderr);
    assert_eq!(lines(&typed(&["e", "echo x"]).ok()), 5);
    assert_eq!(lines(&typed(&["attach", "1"]).expect(7)), 1000);
    assert_eq!(typed(&["e", "-H", "n003", "cat; exit 3"]).expect(3).text(), "");
    let _ = typed(&["names", "register", "here", "1", "--", "true"]).ok();
    let _ = typed(&["names", "lookup", "here"]).expect(1);
    let refused = typed(&["up", "--batch", "n001"]);
    assert!(refused.stderr.contains("owner's machine; type it there"), "{}", refused.stderr);
    // The owner's daemon comes back, and leads again.
    let _ = vm.posse(&["up", "--batch", "n001"]);
    let back = || lines(&vm.posse(&["e", "-H", "n[001-005]", "echo x"])) == 5;
    assert!(wait_until(LONG, back), "{}", vm.posse(&["hosts"]).text());
    assert!(typed(&["hosts"]).expect(4).stderr.contains("led by its owner's machine"));
}

/// The host that leads the control state, if it is one of these.
fn leader(ran: &Ran) -> Option<String> {
    let line = ran.text().lines().find(|line| line.contains(r#""control":"leads""#))?.to_owned();
    let host: serde_json::Value = serde_json::from_str(&line).unwrap();
    Some(host["name"].as_str().unwrap().to_owned())
}

#[test]
fn a_front_end_finds_the_next_one_that_leads() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(5, LoopbackOptions::default()).unwrap();
    let vm = vm(&bed);
    let file = bed.root().join("vm.key");
    let _ = vm.posse(&["key", "export", file.to_str().unwrap()]).ok();
    let machine = Machine::new(bed.root(), "other");
    let typed = |args: &[&str]| machine.posse(&vm, args);
    let _ = typed(&["key", "import", file.to_str().unwrap()]).ok();
    kill_owner(&vm);
    let all = || lines(&typed(&["hosts", "-q"])) == 5;
    assert!(wait_until(LONG, all), "{}", typed(&["hosts"]).stderr);
    // A front end that is killed takes its command with it.
    let mut front = machine.command(&vm, &["e", "exec sleep 4321"]).spawn().unwrap();
    vm.wait_running("sleep 4321", 5);
    front.kill().unwrap();
    front.wait().unwrap();
    vm.wait_gone("sleep 4321", LONG);

    let first = leader(&typed(&["hosts", "--json"]).ok()).unwrap();
    let daemon = vm.daemon(&first);
    signal(&daemon, Signal::STOP);
    let others = || {
        let up = typed(&["hosts", "-q"]);
        lines(&up) == 4 && !up.text().contains(&first)
    };
    assert!(wait_until(LONG, others), "{first}: {}", typed(&["hosts"]).text());
    // The one that is lost counts.
    assert_eq!(lines(&typed(&["e", "echo x"]).expect(255)), 4);
    signal(&daemon, Signal::CONT);
    // Refused until the owner's daemon leads again.
    let back = || {
        let _ = vm.posse(&["up", "--batch", "n[001-005]"]);
        lines(&vm.posse(&["e", "-H", "n[001-005]", "echo x"])) == 5
    };
    assert!(wait_until(LONG, back), "{}", vm.posse(&["hosts"]).text());
}

#[test]
fn a_key_is_refused_that_others_can_read_or_that_is_another() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-002]");
    let path = bed.root().join("vm.key");
    let file = path.to_str().unwrap();
    let _ = vm.posse(&["key", "export", "-"]).expect(2);
    let _ = vm.posse(&["key", "export", file]).ok();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(vm.posse(&["key", "export", file]).expect(3).stderr.contains("--force"));
    let _ = vm.posse(&["key", "export", "--force", file]).ok();

    let machine = Machine::new(bed.root(), "other");
    let typed = |args: &[&str]| machine.posse(&vm, args);
    mode(&path, 0o644);
    assert!(typed(&["key", "import", file]).expect(3).stderr.contains("chmod 600"));
    mode(&path, 0o600);
    let _ = typed(&["key", "import", file, "--name", "lab"]).ok();
    let _ = typed(&["key", "import", file, "--name", "lab"]).expect(3);
    let _ = typed(&["key", "import", file, "--name", "../lab"]).expect(2);
    let _ = typed(&["key", "import", file, "--name", "lab", "--force"]).ok();
    let other = bed.root().join("other.key");
    with_another_key(&path, &other);
    let _ = typed(&["key", "import", other.to_str().unwrap(), "--name", "wrong"]).ok();
    assert_eq!(lines(&typed(&["key", "list"]).ok()), 3);

    // The right key is heard, a wrong one is not.
    assert!(typed(&["--vm", "lab", "hosts"]).expect(4).stderr.contains("led by its owner's"));
    let refused = typed(&["--vm", "wrong", "hosts"]).expect(4);
    assert!(refused.stderr.contains("not the key of the vm's owner"), "{}", refused.stderr);
    let kept = machine.config().join("keys/lab");
    mode(&kept, 0o644);
    assert!(typed(&["--vm", "lab", "hosts"]).expect(3).stderr.contains("chmod 600"));
    let _ = typed(&["key", "remove", "lab"]).ok();
    let _ = typed(&["key", "remove", "lab"]).expect(1);
    assert!(typed(&["--vm", "lab", "hosts"]).expect(4).stderr.contains("no vm"));
}
