//! A parallel machine that exists for one script: the real PVM, or posse. It lives in namespaces
//! of its own (network, processes, mounts, name), so that nothing outlives it, ids begin anew and
//! several can run beside each other. Called by the tests.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use posse_bed::{Isolation, require, skip, wait_until};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::places::{TARBALLS, ours, pvm};

/// What the machine is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// Debian's pvmd, one for each host, at 127.0.0.2 and on.
    Pvm,
    /// `posse up 'local[1-N]'`, programs over our libraries.
    Posse,
}

/// What a script said and how it ended.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Both its outputs, in the order in which they came, and a last line `exit STATUS`.
    pub text: String,
    /// What the machine said besides: its log.
    pub log: String,
}

impl Heard {
    /// Whether there was a machine and the script came to an end on it.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.text.contains("\nexit ")
    }
}

/// A machine takes no longer to be up and gone than this, on a busy computer.
const SPARE_SECONDS: u32 = 60;

impl Machine {
    /// Whether this computer can run it; where not, the reason has been printed.
    #[must_use]
    pub fn is_here(self) -> bool {
        let tools = ["unshare", "ip", "mount", "gcc", "gfortran", "stdbuf"];
        let own: &[&str] = match self {
            Machine::Pvm => &["pvmd", "pvm", "pvmgs"],
            Machine::Posse => &[],
        };
        if require(&tools).or_else(|| require(own)).is_some() {
            return false;
        }
        if let Some(missing) = TARBALLS.iter().find(|file| !Path::new(file).exists()) {
            skip(&format!("{missing} is missing: cargo xtask packages"));
            return false;
        }
        if Isolation::probe() == Isolation::None {
            skip("no root and no user namespaces");
            return false;
        }
        true
    }

    /// Runs `script` on `hosts` hosts with the programs of `folder`; on posse in the vm, or where
    /// it is to outlive that, `by_hand` beside it.
    ///
    /// A script that takes longer than `seconds` is ended, with status 124. Where the machine does
    /// not come up, there is no line of a status, and the log says why.
    ///
    /// # Panics
    /// If this computer can not start it.
    #[must_use]
    pub fn run(
        self,
        folder: &Path,
        script: &str,
        (hosts, seconds): (u32, u32),
        by_hand: bool,
    ) -> Heard {
        let mut command = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--mount", "--pid", "--fork", "--mount-proc", "--net", "--uts", "--ipc"]);
        command.args(["--kill-child", "timeout", &(seconds + SPARE_SECONDS).to_string()]);
        command.arg("sh").arg(pvm("machine/inside.sh")).arg(script);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        command.env("LC_ALL", "C").env("PROGRAMS", folder).env("HOSTS", hosts.to_string());
        command.env("SECONDS_MAX", seconds.to_string());
        if by_hand {
            command.env("BY_HAND", "1");
        }
        match self {
            Machine::Pvm => command.env("MACHINE", pvm("machine/pvm.sh")),
            Machine::Posse => command
                .env("MACHINE", pvm("machine/posse.sh"))
                .env("POSSE", posse_cluster::posse_binary())
                .env("LIBRARIES", ours().join("lib")),
        };
        heard(command, Duration::from_secs(u64::from(seconds + 2 * SPARE_SECONDS)))
    }
}

/// Runs it in a process group of its own and ends that group whatever happens.
fn heard(mut command: Command, within: Duration) -> Heard {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().expect("unshare can be started");
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let out = thread::spawn(move || read_all(out));
    let err = thread::spawn(move || read_all(err));
    let _it_has_a_deadline_inside =
        wait_until(within, || child.try_wait().is_ok_and(|status| status.is_some()));
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        let _already_gone = kill_process_group(group, Signal::KILL);
    }
    let _reaped = child.wait();
    let text = out.join().expect("a reader");
    let log = err.join().expect("a reader");
    Heard { text, log }
}

/// What a program may say: a loop of prompts must not fill the memory.
const TEXT_MAX: u64 = 4 << 20;

fn read_all(from: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        let _what_came_until_then = from.take(TEXT_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
