//! Runs one launch through a real shell and drives a `Bootstrap` with what comes back.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use bytes::Bytes;

use super::super::*;

/// Stands in for the posse binary: prints where it is and its arguments, then copies its stdin.
const STAND_IN: &str = "#!/bin/sh\n\
    echo \"at $(pwd -P) umask $(umask) ls \" $(ls -A /dev/shm/posse-* 2>/dev/null)\n\
    printf '%s\\n' \"$@\"\nexec cat\n";

/// A launch that takes longer than this hangs.
const LIMIT_SECONDS: &str = "60";

/// A directory of its own for one test, gone afterwards.
pub(super) struct Dir(pub(super) PathBuf);

impl Dir {
    pub(super) fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("net-launch-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Dir(path)
    }

    pub(super) fn child(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The stand-in for this kind of machine, padded so that it does not fit in one pipe buffer.
pub(super) fn binary(packed: bool) -> Binary {
    let mut plain = STAND_IN.as_bytes().to_vec();
    let mut random = 1u64;
    plain.extend(b"exit 0\n# ");
    plain.extend((0..300_000).map(|_| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        b'a' + (random >> 40) as u8 % 16
    }));
    let gzip = if packed { Gzip::Ready(gzip(&plain)) } else { Gzip::No };
    let uname = Command::new("uname").args(["-s", "-m"]).output().unwrap();
    let kind = String::from_utf8(uname.stdout).unwrap();
    Binary::new(kind.trim(), plain.into(), gzip)
}

pub(super) fn binaries(packed: bool) -> Binaries {
    Binaries::new(vec![
        Binary::new("Plan9 pdp11", Bytes::from_static(b"another kind of machine"), Gzip::No),
        binary(packed),
    ])
    .unwrap()
}

/// The size of that stand-in, packed.
pub(super) fn packed_bytes() -> usize {
    match binary(true).gzip {
        Gzip::Ready(image) => image.len(),
        _ => panic!("it is packed"),
    }
}

fn gzip(plain: &[u8]) -> Bytes {
    let mut child = Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let plain = plain.to_vec();
    let writer = thread::spawn(move || stdin.write_all(&plain).unwrap());
    let packed = child.wait_with_output().unwrap().stdout;
    writer.join().unwrap();
    packed.into()
}

/// One launch.
pub(super) struct Launch {
    /// What runs the command string: `bash -c`.
    pub(super) shell: Vec<String>,
    /// What that shell is made to run before, as a start-up file would.
    pub(super) before: String,
    pub(super) env: Vec<(String, String)>,
    pub(super) options: Options,
    pub(super) binaries: Binaries,
    /// Shell commands that set up a mount namespace first; needs the right to make one.
    pub(super) world: Option<String>,
}

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Went {
    pub(super) place: String,
    pub(super) how: String,
    /// Sizes of the images that were asked for.
    pub(super) sent: Vec<usize>,
    /// The stand-in's output, from the first byte of the link.
    pub(super) output: Vec<u8>,
}

impl Launch {
    pub(super) fn new(shell: &[&str], home: &Path) -> Launch {
        Launch {
            shell: shell.iter().map(|word| word.to_string()).collect(),
            before: String::new(),
            env: vec![("HOME".into(), home.display().to_string())],
            options: Options {
                nonce: 0x1234_5678_9abc_def0,
                args: vec!["--vm".into(), "a b $HOME *".into(), "{a,b}~\"`#?[x]".into()],
                ..Options::default()
            },
            binaries: binaries(true),
            world: None,
        }
    }

    fn argv(&self, command: &str) -> Vec<String> {
        let mut argv = vec!["/usr/bin/timeout".to_owned(), LIMIT_SECONDS.to_owned()];
        if let Some(world) = &self.world {
            argv.extend(namespace());
            let script = format!("{{ {world}\n}} >&2 || exit 99; exec \"$@\"");
            argv.extend(["sh".to_owned(), "-c".to_owned(), script, "world".to_owned()]);
        }
        argv.extend(self.shell.clone());
        argv.push(format!("{}{command}", self.before));
        argv
    }

    fn spawn(&self, command: &str) -> Child {
        let argv = self.argv(command);
        let mut child = Command::new(&argv[0]);
        child.args(&argv[1..]).env_clear().env("PATH", std::env::var("PATH").unwrap());
        child.envs(self.env.iter().cloned());
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        child.spawn().unwrap()
    }

    /// Launches, sends `payload` over the link once it stands, and reads to its end.
    pub(super) fn run(&self, payload: &[u8]) -> Result<Went, LaunchError> {
        let mut bootstrap = Bootstrap::new(self.binaries.clone(), &self.options)?;
        let mut child = self.spawn(bootstrap.command());
        let (to_stdin, writer) = writer(child.stdin.take().unwrap());
        let stderr = reader(child.stderr.take().unwrap());
        let mut stdout = child.stdout.take().unwrap();
        let mut went = Went::default();
        let mut buffer = [0; 777];
        let mut failed = None;
        while failed.is_none() && went.place.is_empty() {
            let count = stdout.read(&mut buffer).unwrap();
            if count == 0 {
                break;
            }
            for action in bootstrap.on_stdout(&buffer[..count]) {
                match action {
                    Action::Write { line, image } => {
                        went.sent.push(image.len());
                        bootstrap.on_written(line.len() + image.len());
                        to_stdin.send(line).unwrap();
                        to_stdin.send(image).unwrap();
                    }
                    Action::Ready { leftover, place, how } => {
                        (went.place, went.how) = (place, how);
                        went.output.extend_from_slice(&leftover);
                    }
                    Action::Failed(error) => failed = Some(error),
                    Action::LoggedIn | Action::Progress { .. } => {}
                    Action::Pack(_) => panic!("it is packed already"),
                }
            }
        }
        if !went.place.is_empty() {
            to_stdin.send(Bytes::copy_from_slice(payload)).unwrap();
        }
        drop(to_stdin);
        stdout.read_to_end(&mut went.output).unwrap();
        writer.join().unwrap();
        let status = child.wait().unwrap();
        bootstrap.on_stderr(&stderr.join().unwrap());
        if !went.place.is_empty() {
            assert!(status.success(), "{status}: {}", bootstrap.stderr());
            return Ok(went);
        }
        let exit = status.code().map_or(Exit::Signal(status.signal().unwrap_or(0)), Exit::Code);
        assert_ne!(exit, Exit::Code(99), "no test world: {}", bootstrap.stderr());
        let last = bootstrap.on_exit(exit);
        Err(failed.unwrap_or_else(|| match &last[..] {
            [Action::Failed(error)] => error.clone(),
            other => panic!("{other:?}"),
        }))
    }
}

impl Went {
    /// What the stand-in printed after its first line: its arguments and the payload.
    pub(super) fn rest(&self) -> &[u8] {
        let end = self.output.iter().position(|byte| *byte == b'\n').unwrap();
        &self.output[end + 1..]
    }

    /// The stand-in's first line.
    pub(super) fn line(&self) -> String {
        let end = self.output.iter().position(|byte| *byte == b'\n').unwrap();
        String::from_utf8(self.output[..end].to_vec()).unwrap()
    }
}

/// Writes what it is sent, until the sender is dropped; a reader that is gone is no error here.
fn writer(mut stdin: ChildStdin) -> (mpsc::Sender<Bytes>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel::<Bytes>();
    let handle = thread::spawn(move || {
        for bytes in receiver {
            if stdin.write_all(&bytes).is_err() {
                break;
            }
        }
    });
    (sender, handle)
}

fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// The command that makes a mount namespace, with or without root.
pub(super) fn namespace() -> Vec<String> {
    let flags = if rustix::process::geteuid().is_root() { "-m" } else { "-Urm" };
    ["unshare", flags, "--propagation", "private"].map(str::to_owned).to_vec()
}

/// Whether this machine lets us mount; says so if not.
pub(super) fn can_mount() -> bool {
    let mut argv = namespace();
    argv.extend(["mount", "-t", "tmpfs", "none", "/mnt"].map(str::to_owned));
    let done = Command::new(&argv[0]).args(&argv[1..]).stderr(Stdio::null()).status();
    let can = done.is_ok_and(|status| status.success());
    if !can {
        eprintln!("skipped: {} is not allowed here", argv.join(" "));
    }
    can
}

/// All byte values, with the sender's own magic in between.
pub(super) fn payload() -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..100_000u32).map(|i| (i * 7 % 256) as u8).collect();
    bytes.extend_from_slice(b"posse:123456789abcdef0:go nowhere\n\0");
    bytes
}
