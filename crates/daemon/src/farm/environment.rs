//! From what a worker wants started to what `process` starts: program, directory, environment,
//! and the descriptors that are files. Called by `attempt`.

use crate::process::{ChildEnd, HostContext};
use posse_farm::worker::Start;
use posse_farm::{Program, Sink, Stdin, TaskSpec};
use posse_wire::msg::{self, Directory, Pipe, Spec};
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What the host adds to what a task says itself.
#[derive(Default)]
pub(super) struct Given {
    pub nice: i8,
    /// Which of its devices the task has.
    pub variables: Vec<(String, String)>,
}

/// In the words of `process`. Streams that go to files are none of its pipes.
pub(super) fn spec_of(start: &Start, vm: &str, given: Given) -> Spec {
    let task = &start.spec;
    let pipe = |fd| Pipe { fd, input: false };
    let pipes = [(1, &task.stdout), (2, &task.stderr)];
    let pipes = pipes.into_iter().filter(|(_, sink)| **sink == Sink::Store);
    Spec {
        program: match &task.program {
            Program::Argv(words) => msg::Program::Argv(words.clone()),
            Program::Shell(line) => msg::Program::Shell(line.clone()),
        },
        directory: directory(&task.directory),
        environment: environment(start, given.variables),
        loads: Vec::new(),
        umask: None,
        nice: i32::from(given.nice),
        resource_limits: Vec::new(),
        terminal: None,
        pipes: pipes.map(|(fd, _)| pipe(fd)).collect(),
        window: 0,
        input_window: 0,
        timeout_ms: None,
        end_grace_ms: 0,
        session_grace_ms: 0,
        detached: false,
        parent: None,
        vm: vm.to_owned(),
        title: String::new(),
    }
}

fn directory(text: &str) -> Directory {
    match text {
        "" => Directory::Home,
        path if path.starts_with('/') => Directory::Path(path.to_owned()),
        path => Directory::BelowHome(path.to_owned()),
    }
}

/// The job's own, and by which number the task knows itself. One thread a core, unless said
/// otherwise.
fn environment(start: &Start, given: Vec<(String, String)>) -> Vec<(String, String)> {
    let lease = start.key.1;
    let mut all = start.spec.environment.clone();
    if !all.iter().any(|(name, _)| name == "OMP_NUM_THREADS") {
        let cores = start.spec.needs.cores.div_ceil(1000).max(1);
        all.push(("OMP_NUM_THREADS".to_owned(), cores.to_string()));
    }
    let own = [
        ("POSSE_JOB", lease.task.job.to_string()),
        ("POSSE_TASK", (u64::from(lease.task.index) + 1).to_string()),
        ("POSSE_ATTEMPT", lease.attempt.to_string()),
        ("POSSE_SLOT", start.slot.to_string()),
    ];
    all.extend(own.map(|(name, value)| (name.to_owned(), value)));
    all.extend(given);
    all
}

/// Descriptors that are files of the task's own. An error says which can not be opened.
pub(super) fn files(
    context: &HostContext,
    private: &Path,
    task: &TaskSpec,
) -> Result<Vec<ChildEnd>, String> {
    let below = base(context, &task.directory);
    let mut ends = Vec::new();
    if let Some(input) = input(&below, private, &task.stdin)? {
        ends.push(ChildEnd { fd: 0, end: input.into() });
    }
    for (fd, sink) in [(1, &task.stdout), (2, &task.stderr)] {
        let Sink::File(path) = sink else { continue };
        let file = create(&below.join(path)).map_err(|error| format!("{path}: {error}"))?;
        ends.push(ChildEnd { fd, end: file.into() });
    }
    Ok(ends)
}

fn base(context: &HostContext, directory: &str) -> PathBuf {
    context.home.join(directory)
}

fn input(below: &Path, private: &Path, stdin: &Stdin) -> Result<Option<File>, String> {
    match stdin {
        Stdin::Null => Ok(None),
        Stdin::File(path) => {
            let file = File::open(below.join(path)).map_err(|error| format!("{path}: {error}"))?;
            Ok(Some(file))
        }
        Stdin::Given(text) => given(private, text.as_bytes()).map(Some),
        Stdin::Bytes(bytes) => given(private, bytes).map(Some),
    }
}

/// A file without a name, so that nothing has to be fed to the process.
fn given(private: &Path, bytes: &[u8]) -> Result<File, String> {
    let make = || -> std::io::Result<File> {
        let path = private.join("stdin");
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        std::fs::remove_file(&path)?;
        file.write_all(bytes)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    };
    make().map_err(|error| format!("its standard input: {error}"))
}

/// With the directories above it; what was there is gone, as with a shell's `>`.
fn create(path: &Path) -> std::io::Result<File> {
    if let Some(above) = path.parent() {
        std::fs::create_dir_all(above)?;
    }
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}
