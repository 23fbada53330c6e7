//! The floor under every command on many hosts: N resident processes, each on a socket pair to
//! one parent, each doing on one byte what a host would have to do at the least.
//!
//! No hosts, no links, no output: nothing that runs commands can be faster. Called by `floors.rs`
//! and the rows; the agent itself is this program again, called by `main.rs`.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The hidden command that turns xtask into an agent, its stdin being the socket.
pub const COMMAND: &str = "bench-agent";

/// What one byte asks of an agent.
#[derive(Clone, Copy)]
pub enum Job {
    /// Answer.
    Ping,
    /// Start `/bin/true`, wait for its end, answer.
    Direct,
    /// The same through `sh -c`, as a command line needs it.
    Shell,
}

impl Job {
    fn byte(self) -> u8 {
        match self {
            Job::Ping => b'p',
            Job::Direct => b'd',
            Job::Shell => b's',
        }
    }
}

/// Be an agent until the parent hangs up.
pub fn main() -> Result<bool> {
    let mut socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let mut byte = [0];
    while socket.read(&mut byte)? == 1 {
        let done = match byte[0] {
            b'd' => Command::new("/bin/true").stdin(Stdio::null()).status()?.success(),
            b's' => {
                let mut shell = Command::new("/bin/sh");
                shell.args(["-c", "/bin/true"]).stdin(Stdio::null()).status()?.success()
            }
            _ => true,
        };
        ensure!(done, "/bin/true failed");
        socket.write_all(&byte)?;
    }
    Ok(true)
}

pub struct Agents {
    sockets: Vec<UnixStream>,
    children: Vec<Child>,
}

impl Agents {
    pub fn start(count: usize) -> Result<Agents> {
        let own = std::env::current_exe()?;
        let mut agents = Agents { sockets: vec![], children: vec![] };
        for _ in 0..count {
            let (ours, theirs) = UnixStream::pair()?;
            let mut command = Command::new(&own);
            command.arg(COMMAND).stdin(OwnedFd::from(theirs)).stdout(Stdio::null());
            agents.children.push(command.spawn().context("cannot start an agent")?);
            agents.sockets.push(ours);
        }
        agents.round(Job::Ping)?;
        Ok(agents)
    }

    /// Ask all, then hear all.
    pub fn round(&mut self, job: Job) -> Result<()> {
        for socket in &mut self.sockets {
            socket.write_all(&[job.byte()])?;
        }
        let mut byte = [0];
        for socket in &mut self.sockets {
            socket.read_exact(&mut byte).context("an agent ended")?;
        }
        Ok(())
    }
}

impl Drop for Agents {
    fn drop(&mut self) {
        self.sockets.clear();
        for child in &mut self.children {
            // It ends by itself now that its socket is closed; an error here leaves nothing.
            let _ = child.wait();
        }
    }
}

/// Start `/bin/true` from one process, one after the other being started, all awaited.
pub fn spawn_loop(count: usize) -> Result<()> {
    let mut children = vec![];
    for _ in 0..count {
        let mut command = Command::new("/bin/true");
        children.push(command.stdin(Stdio::null()).spawn().context("cannot start /bin/true")?);
    }
    for mut child in children {
        ensure!(child.wait()?.success(), "/bin/true failed");
    }
    Ok(())
}
