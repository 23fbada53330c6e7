//! `posse e --sudo` with a stand-in for sudo, first in the PATH of local hosts. Not sudo's own
//! policy, and no real password.

#![allow(clippy::unwrap_used)]

use posse_bed::{ProcessCensus, Terminal};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// Asks by its askpass program as sudo does, which gets neither more descriptors than its own
/// three nor this program's variables, and counts what it was asked in a file. A host in the file
/// `free` has no need of a password, nor has the program `free-command`.
const STAND_IN: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$POSSE_HOST $*" >>"$here/log"
env | grep -q 'open sesame' && echo "$POSSE_HOST environment" >>"$here/log"
free=; grep -qx "$POSSE_HOST" "$here/free" && free=1
quiet=; asks=; validate=; prompt=
while [ $# -gt 0 ]; do
    case $1 in
    -n) quiet=1 ;;
    -k) ;;
    -A) asks=1 ;;
    -p) shift; prompt=$1 ;;
    -v) validate=1 ;;
    --) shift; break ;;
    *) break ;;
    esac
    shift
done
case $1 in */free-command) free=1 ;; esac
if [ -z "$free" ]; then
    if [ -n "$quiet" ]; then echo 'sudo: a password is required' >&2; exit 1; fi
    [ -n "$asks" ] && line=$("$SUDO_ASKPASS" "$prompt")
    if [ "$line" != 'open sesame' ]; then echo 'sudo: 1 incorrect password attempt' >&2; exit 1; fi
fi
[ -n "$validate" ] && exit 0
exec "$@"
"#;

/// A vm of three local hosts whose PATH begins with the stand-in.
struct World {
    root: PathBuf,
}

impl World {
    fn new(name: &str, free: &str) -> World {
        let root = std::env::temp_dir().join(format!("su{}-{name}", std::process::id()));
        for part in ["home", "run", "bin"] {
            std::fs::create_dir_all(root.join(part)).unwrap();
        }
        let mode = PermissionsExt::from_mode;
        std::fs::set_permissions(root.join("run"), mode(0o700)).unwrap();
        std::fs::write(root.join("bin/sudo"), STAND_IN).unwrap();
        std::fs::set_permissions(root.join("bin/sudo"), mode(0o755)).unwrap();
        std::fs::write(root.join("bin/free"), free).unwrap();
        let world = World { root };
        assert!(world.posse(&["up", "local[1-3]"]).status.success());
        world
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_posse"));
        let path = std::env::var("PATH").unwrap();
        command
            .args(words)
            .current_dir(&self.root)
            .env("PATH", format!("{}:{path}", self.root.join("bin").display()))
            .env("POSSE_RUNTIME_DIR", self.root.join("run"))
            .env("HOME", self.root.join("home"))
            .env("XDG_CACHE_HOME", self.root.join("cache"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_STATE_HOME")
            .env_remove("POSSE_VM_NAME")
            .stdin(Stdio::null());
        command
    }

    fn posse(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.root.join("bin/log")).unwrap_or_default()
    }

    /// Types `password` when asked; the exit status and all that was on the terminal.
    fn typed(&self, words: &[&str], password: &str) -> (Option<i32>, String) {
        let mut terminal = Terminal::start(&self.command(words)).unwrap();
        terminal.expect("password of sudo on", SOON).unwrap();
        terminal.send(&format!("{password}\n")).unwrap();
        let code = terminal.wait(SOON).unwrap().code();
        (code, terminal.text())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ended_by_the_test = self.posse(&["down"]);
        let mark = format!("POSSE_RUNTIME_DIR={}", self.root.join("run").display());
        if !std::thread::panicking() {
            let census = ProcessCensus::new().token(&mark);
            census.assert_nothing_left(SOON);
        }
        let _best_effort = std::fs::remove_dir_all(&self.root);
    }
}

#[test]
fn nothing_is_asked_where_nothing_is_wanted() {
    let world = World::new("free", "local1\nlocal2\nlocal3\n");
    let output = world.posse(&["e", "--sudo", "-L", "printf", "%s\n", "a b"]);
    assert_eq!(output.stdout, b"a b\na b\na b\n", "{output:?}");
    assert!(output.status.success());
    assert!(world.log().contains("local2 -n -- printf %s\n a b"), "{}", world.log());
}

#[test]
fn a_password_is_asked_once_and_seen_by_sudo_alone() {
    let world = World::new("asked", "local2\n");
    std::fs::write(world.root.join("own"), "one\ntwo\n").unwrap();
    let line = "exec \"$0\" e --sudo -i -o 'out/{host}' 'cat; exit 3' <own";
    let posse = world.command(&[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", line, env!("CARGO_BIN_EXE_posse")]).current_dir(&world.root);
    shell.envs(posse.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env_remove("XDG_CONFIG_HOME").env_remove("POSSE_VM_NAME");
    let mut terminal = Terminal::start(&shell).unwrap();
    terminal.expect("password of sudo on local[1,3]: ", SOON).unwrap();
    terminal.send("open sesame\n").unwrap();
    assert_eq!(terminal.wait(SOON).unwrap().code(), Some(3), "{}", terminal.text());
    assert!(!terminal.text().contains("sesame"), "{}", terminal.text());
    let mut files = 0;
    for entry in std::fs::read_dir(world.root.join("out")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text == "one\ntwo\n" || text.is_empty(), "{path:?}: {text:?}");
        files += usize::from(!text.is_empty());
    }
    assert_eq!(files, 3);
    let log = world.log();
    for host in ["local2", "local3"] {
        let asked = |line: &&str| line.starts_with(&format!("{host} -A -p /proc/"));
        let line = log.lines().rfind(asked).unwrap_or_default();
        assert!(line.ends_with("/fd/0 -- sh -c cat; exit 3"), "{log}");
    }
    assert!(!log.contains("sesame") && !log.contains("environment"), "{log}");
}

/// sudoers may let a command pass that `true` may not.
#[test]
fn a_command_that_needs_no_password_does_not_read_it() {
    let world = World::new("command", "local2\n");
    let program = world.root.join("free-command");
    std::os::unix::fs::symlink("/bin/cat", &program).unwrap();
    let before = ["e", "--sudo", "-L", "--local-before", "echo input"];
    let words: Vec<&str> = before.into_iter().chain([program.to_str().unwrap(), "-"]).collect();
    let (code, text) = world.typed(&words, "open sesame");
    assert_eq!((code, text.matches("input").count()), (Some(0), 3), "{text}");
    assert!(!text.contains("sesame"), "{text}");
}

#[test]
fn a_wrong_password_runs_nothing() {
    let world = World::new("wrong", "local2\n");
    let (code, text) = world.typed(&["e", "--sudo", "touch", "touched"], "open barley");
    assert_eq!(code, Some(5), "{text}");
    assert!(text.contains("incorrect password attempt"), "{text}");
    let log = world.log();
    assert!(!log.contains("touch"), "{log}");
    assert_eq!(log.matches("/fd/0 -k -v").count(), 2, "not where nothing is wanted: {log}");
}

#[test]
fn a_password_cannot_go_where_it_would_be_seen() {
    let world = World::new("seen", "");
    for option in ["--pty", "--detach"] {
        let output = world.posse(&["e", "--sudo", option, "true"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("local[1-3]") && said.contains(option), "{said}");
    }
    let output = world.posse(&["mw", "--sudo", "true"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!world.log().contains("-A"), "{}", world.log());
}
