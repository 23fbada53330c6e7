//! A vm on a test bed: posse commands in the bed's environment with a run-time directory of their
//! own, and a check at the end that `posse down` leaves nothing. Called by every scenario.

use crate::{Ran, as_promised, posse_binary, ran};
use posse_bed::{LoopbackBed, NamespaceBed, Process, ProcessCensus, wait_until};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A command that takes longer hangs: the machine may be busy, but not that busy.
const COMMAND_WITHIN: Duration = Duration::from_secs(120);

/// After `posse down` has returned, daemons on the hosts still say their last words.
const GONE_WITHIN: Duration = Duration::from_secs(60);

/// Where vms can be started.
pub trait Bed {
    /// A command on the computer of the person who types.
    fn typed(&self, program: &Path) -> Command;
    fn directory(&self) -> &Path;
    /// Stands as `POSSE_BED` in the environment of all that runs there.
    fn mark(&self) -> &str;
}

impl Bed for LoopbackBed {
    fn typed(&self, program: &Path) -> Command {
        self.command(program)
    }

    fn directory(&self) -> &Path {
        self.root()
    }

    fn mark(&self) -> &str {
        self.token()
    }
}

impl Bed for NamespaceBed {
    fn typed(&self, program: &Path) -> Command {
        self.command(program)
    }

    fn directory(&self) -> &Path {
        self.root()
    }

    fn mark(&self) -> &str {
        self.token()
    }
}

/// One vm, not yet up. Dropping it ends it with `posse down` and panics when anything is left.
pub struct Vm {
    typed: Command,
    /// The vm's private directory.
    runtime: PathBuf,
    /// Where vms are kept on disk.
    state: PathBuf,
    census: ProcessCensus,
    ids: BTreeSet<String>,
    /// What is left in the end is meant to be.
    leaves: bool,
}

impl Vm {
    /// Makes ready for `posse up`; starts nothing.
    #[must_use]
    pub fn start(bed: &impl Bed) -> Vm {
        let runtime = bed.directory().join("vm");
        std::fs::DirBuilder::new().mode(0o700).create(&runtime).expect("one vm a bed");
        let mut typed = bed.typed(posse_binary());
        // Daemons are known by the bed's mark, commands and launchers by the vm's name.
        typed.env("POSSE_RUNTIME_DIR", &runtime).env("POSSE_VM_NAME", bed.mark());
        let state = bed.directory().join("state");
        typed.env("POSSE_STATE_DIR", &state);
        let mark = |name: &str| format!("{name}={}", bed.mark());
        let census = ["POSSE_BED", "POSSE_VM", "POSSE_ASK_VM"]
            .iter()
            .fold(ProcessCensus::new(), |census, name| census.token(&mark(name)));
        let census = census.directory(&runtime).directory(&state).from_now();
        let runtime = runtime.join(bed.mark());
        Vm { typed, runtime, state, census, ids: BTreeSet::new(), leaves: false }
    }

    /// As [`Vm::start`], with these hosts up.
    #[must_use]
    #[track_caller]
    pub fn up(bed: &impl Bed, hosts: &str) -> Vm {
        let vm = Vm::start(bed);
        let ran = vm.posse(&["up", "--batch", hosts]).ok();
        assert!(ran.stderr.contains("hosts up"), "{}", ran.stderr);
        vm
    }

    /// `posse ARGS`, not started.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.way(&[posse_binary().as_os_str()]);
        command.args(args);
        command
    }

    /// `sh -c LINE` where `posse` is the program under test.
    #[must_use]
    pub fn sh(&self, line: &str) -> Command {
        let line = format!("posse() {{ '{}' \"$@\"; }}; {line}", posse_binary().display());
        self.way(&["/bin/sh".as_ref(), "-c".as_ref(), line.as_ref()])
    }

    /// The words that lead to where the person types, then `words`, in the bed's environment.
    fn way(&self, words: &[&OsStr]) -> Command {
        let typed: Vec<&OsStr> =
            std::iter::once(self.typed.get_program()).chain(self.typed.get_args()).collect();
        let mut all = typed[..typed.len() - 1].iter().chain(words);
        let mut command = Command::new(all.next().expect("at least one word"));
        command.args(all);
        for (name, value) in self.typed.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(directory) = self.typed.get_current_dir() {
            command.current_dir(directory);
        }
        command
    }

    /// Runs `posse ARGS` with nothing on its stdin.
    #[must_use]
    #[track_caller]
    pub fn posse(&self, args: &[&str]) -> Ran {
        ran::run(self.command(args), b"", COMMAND_WITHIN)
    }

    /// Runs `posse ARGS` with these bytes on its stdin.
    #[must_use]
    #[track_caller]
    pub fn posse_with(&self, args: &[&str], input: &[u8]) -> Ran {
        ran::run(self.command(args), input, COMMAND_WITHIN)
    }

    /// Runs a line of shell around `posse`.
    #[must_use]
    #[track_caller]
    pub fn line(&self, line: &str) -> Ran {
        ran::run(self.sh(line), b"", COMMAND_WITHIN)
    }

    /// The vm's private directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.runtime
    }

    /// What is on the owner's disk, in the one directory of this machine.
    #[must_use]
    #[track_caller]
    pub fn kept(&self) -> PathBuf {
        let mut machines = std::fs::read_dir(&self.state).expect("a vm is kept").flatten();
        let machine = machines.next().expect("a vm is kept on this machine").path();
        machine.join(self.runtime.file_name().expect("the vm has a name"))
    }

    /// What the owner's daemon has noted.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.runtime.join("log")).unwrap_or_default()
    }

    /// Processes of this bed whose command line holds `words`, commands on hosts included.
    #[must_use]
    pub fn processes(&self, words: &str) -> Vec<Process> {
        let all = self.census.snapshot().processes;
        all.into_iter().filter(|p| p.state != 'Z' && p.command.contains(words)).collect()
    }

    /// The daemon of a host, by the host's name.
    #[must_use]
    #[track_caller]
    pub fn daemon(&self, host: &str) -> Process {
        let name = format!("--name {host} ");
        let found = self.processes("posse daemon ");
        let mut found = found.into_iter().filter(|p| format!("{} ", p.command).contains(&name));
        found.next().unwrap_or_else(|| panic!("no daemon of {host}"))
    }

    /// The daemon on the computer of the person who types.
    #[must_use]
    #[track_caller]
    pub fn owner(&self) -> Process {
        let mut all = self.processes("posse daemon ").into_iter();
        all.find(|daemon| daemon.command.contains("--host 0 ")).expect("a daemon of the owner")
    }

    /// Processes of commands whose command line begins with `words`.
    #[must_use]
    pub fn running(&self, words: &str) -> Vec<Process> {
        let mut found = self.processes(words);
        found.retain(|process| process.command.starts_with(words));
        found
    }

    /// Waits until none is [`Vm::running`].
    #[track_caller]
    pub fn wait_gone(&self, words: &str, within: Duration) {
        let gone = wait_until(within, || self.running(words).is_empty());
        assert!(gone, "after {within:?} there still is {:?}", self.running(words));
    }

    /// Waits until none is [`Vm::running`], which has been promised to take no longer than this.
    #[track_caller]
    pub fn wait_gone_as_promised(&self, words: &str, time: Duration) {
        let said = || format!("still there: {:?}", self.running(words));
        as_promised(time, || self.running(words).is_empty(), said);
    }

    /// Waits until `count` are [`Vm::running`].
    #[track_caller]
    pub fn wait_running(&self, words: &str, count: usize) {
        let there = wait_until(COMMAND_WITHIN, || self.running(words).len() == count);
        assert!(there, "not {count} of {words:?}: {:?}", self.running(words));
    }

    /// Ends the vm and asserts that nothing of it is left: processes, sockets, files.
    #[track_caller]
    pub fn down(&mut self) {
        self.note_ids();
        let logs = self.logs();
        let down = self.posse(&["down"]);
        if down.code != 0 {
            // There may be none.
            eprintln!("down: {down:?}");
        }
        if !wait_until(GONE_WITHIN, || self.census.snapshot().is_empty()) {
            eprintln!("before `posse down`:\n{logs}\nafter it:\n{}", self.logs());
        }
        self.census.assert_nothing_left(Duration::ZERO);
        let left = wait_until(GONE_WITHIN, || self.directories().is_empty());
        assert!(left, "directories are left: {:?}", self.directories());
    }

    /// The scenario leaves something on purpose (a host that cannot be reached): the end is not
    /// checked, and the bed ends what is left.
    pub fn unchecked(&mut self) {
        self.leaves = true;
    }

    /// What the daemons of this vm on this computer have logged.
    fn logs(&self) -> String {
        let logs = self.directories().into_iter().chain([self.runtime.clone()]);
        let read = |path: PathBuf| {
            let text = std::fs::read_to_string(path.join("log")).ok()?;
            Some(format!("{}:\n{text}", path.display()))
        };
        logs.filter_map(read).collect::<Vec<_>>().join("\n")
    }

    /// The vms that run here, by the numbers that their daemons' command lines show.
    fn note_ids(&mut self) {
        for process in self.processes("posse daemon ") {
            let mut words = process.command.split(' ').skip_while(|word| *word != "--vm-id");
            self.ids.extend(words.nth(1).map(str::to_owned));
        }
    }

    /// Run-time directories of this vm's daemons on hosts that share this computer's /tmp.
    fn directories(&self) -> Vec<PathBuf> {
        let shared = format!("/tmp/posse-{}", rustix::process::getuid().as_raw());
        let entries = std::fs::read_dir(shared).into_iter().flatten().flatten();
        let ours = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            self.ids.iter().any(|id| name.trim_start_matches('.').starts_with(&id[..12]))
        };
        entries.map(|entry| entry.path()).filter(ours).collect()
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let _nobody_left_to_tell =
                std::io::Write::write_all(&mut std::io::stderr(), log.as_bytes());
            let _best_effort = self.command(&["down"]).status();
        } else if !self.leaves {
            self.down();
        }
    }
}
