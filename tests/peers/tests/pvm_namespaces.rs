//! PVM's first example between two computers: hosts with a network, an sshd, a name and a /tmp of
//! their own. What starts on one is sent a message by what it had started on the other, and the
//! console on a third shows both. Alone: `cargo test -p posse-peers --test pvm_namespaces`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use posse_bed::{NamespaceBed, NamespaceOptions, require, wait_until};
use posse_cluster::{Vm, Watched, ready};
use posse_peers::{Form, Machine, Programs, libraries};

const LONG: Duration = Duration::from_secs(60);

/// Programs and libraries in the bed's directory, which its hosts see.
struct Folder(PathBuf);

impl Folder {
    fn fill(bed: &NamespaceBed) -> Folder {
        let folder = bed.root().join("pvm");
        fs::create_dir(&folder).unwrap();
        let programs = Programs::ready(Machine::Posse, Form::Source).folder;
        let from = |path: &Path, name: &str| {
            fs::copy(path.join(name), folder.join(name)).unwrap();
        };
        from(&programs, "hello");
        from(&programs, "hello_other");
        from(&libraries(), "libpvm3.so.3");
        from(&libraries(), "libgpvm3.so.3");
        Folder(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    /// The program begins when `let_go` is called.
    fn hold(&self, name: &str) {
        let (held, go) = (self.path("held"), self.path("go"));
        fs::rename(self.0.join(name), &held).unwrap();
        let script =
            format!("#!/bin/sh\nuntil [ -e '{go}' ]; do sleep 0.05; done\nexec '{held}'\n");
        fs::write(self.0.join(name), script).unwrap();
        fs::set_permissions(self.0.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn let_go(&self) {
        fs::write(self.0.join("go"), "").unwrap();
    }
}

#[test]
fn hello_comes_from_another_computer() {
    if !ready() || require(&["ip", "nft"]).is_some() || !Machine::Posse.is_here() {
        return;
    }
    let bed = NamespaceBed::start(2, NamespaceOptions::default()).unwrap();
    let mut vm = Vm::up(&bed, "n[001-002]");
    let folder = Folder::fill(&bed);
    folder.hold("hello_other");
    let place = folder.path("");
    let (libraries, path) = (format!("LD_LIBRARY_PATH={place}"), format!("PVM_PATH={place}"));
    let hello = folder.path("hello");
    // The first host is the first whose turn it is to get a task.
    let line = ["e", "-H", "n002", "--env", &libraries, "--env", &path, "--argv", &hello];
    let mut hello = Watched::start(&vm, bed.root(), &line);
    let mut shown = Vec::new();
    let both = wait_until(LONG, || {
        shown = tasks(&vm);
        // PVM has no name for a task that was started by hand.
        shown == [("n001", "hello_other"), ("n002", "-")].map(owned)
    });
    assert!(both, "{shown:?}: {}", hello.said());
    let conf = vm.posse_with(&["pvm"], b"conf\n").ok().text();
    for words in ["2 hosts, 1 data format", "n001", "n002"] {
        assert!(conf.contains(words), "{words}: {conf}");
    }
    folder.let_go();
    let (status, ..) = hello.end();
    let said = hello.text();
    assert_eq!(status, 0, "{said} {}", hello.said());
    let lines: Vec<&str> = said.lines().collect();
    let [own, message] = lines[..] else { panic!("{said}") };
    assert!(own.starts_with("i'm t"), "{said}");
    let (from, words) = message.split_once(": ").unwrap();
    assert_eq!(words, "hello, world from n001");
    assert_ne!(from.trim_start_matches("from "), own.trim_start_matches("i'm "));
    assert!(wait_until(LONG, || tasks(&vm).is_empty()), "{:?}", tasks(&vm));
    vm.down();
}

fn owned((host, program): (&str, &str)) -> (String, String) {
    (host.to_owned(), program.to_owned())
}

/// Host and program of each task that the console's `ps -a` shows, sorted.
fn tasks(vm: &Vm) -> Vec<(String, String)> {
    let said = vm.posse_with(&["pvm"], b"ps -a\n").ok().text();
    let of_host = |line: &&str| line.trim_start().starts_with("n00");
    let task = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        owned((words[0], words[words.len() - 1]))
    };
    let mut tasks: Vec<(String, String)> = said.lines().filter(of_host).map(task).collect();
    tasks.sort();
    tasks
}
