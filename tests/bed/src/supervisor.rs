//! The shell that makes a bed's namespaces and ends them: `scripts/outer.sh` around
//! `scripts/control.sh`. Its input is a pipe from this process, so that it ends with us.
//! Not for commands under test. Called by both beds.

use crate::dir::{BedDir, quote};
use crate::isolation::Isolation;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(crate) struct Supervisor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    reply: std::path::PathBuf,
}

impl Supervisor {
    /// Starts the shells; `extra` are further arguments of `unshare` (`--net`).
    pub fn start(dir: &BedDir, isolation: Isolation, extra: &[&str]) -> Result<Supervisor> {
        dir.write("ssh/outer.sh", include_str!("../scripts/outer.sh"))?;
        dir.write("ssh/control.sh", include_str!("../scripts/control.sh"))?;
        let mut command = Command::new("sh");
        command.arg(dir.path("ssh/outer.sh")).arg(&dir.root).arg(&dir.token);
        if isolation != Isolation::None {
            command.arg("unshare").args(isolation.unshare_args()).args(extra);
        }
        command.arg("bash").arg("--norc").arg(dir.path("ssh/control.sh")).arg(&dir.root);
        let log = std::fs::File::create(dir.path("log/supervisor"))?;
        let mut child = command
            .env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()))
            .env_remove("POSSE_BED")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .current_dir("/")
            .process_group(0)
            .spawn()
            .context("cannot start the bed's shell")?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the bed's shell has no pipes");
        };
        let reply = dir.path("log/reply");
        let output = BufReader::new(output);
        let mut supervisor = Supervisor { child, input: Some(input), output, reply };
        if isolation == Isolation::None {
            // Root's sshd insists on this directory; the package's own start-up makes it too.
            supervisor.tell("[ $(id -u) != 0 ] || mkdir -p /run/sshd")?;
            return Ok(supervisor);
        }
        // What is mounted here must not travel back, and no real directory may be needed.
        supervisor.tell("mount --make-rprivate / && mount -t tmpfs -o mode=755 none /run")?;
        let user = rustix::process::getuid().as_raw();
        supervisor.tell(&format!(
            "mkdir -p /run/sshd /run/netns /run/user/{user} && chmod 700 /run/user/{user}"
        ))?;
        if isolation == Isolation::User {
            // The group tty is not ours to give, so sshd must not look for it.
            supervisor.tell("mount -t devpts -o newinstance,mode=620 none /dev/pts")?;
            let groups = quote(&dir.path("ssh/group").to_string_lossy());
            supervisor.tell(&format!(
                "grep -v ^tty: /etc/group >{groups}; mount --bind {groups} /etc/group"
            ))?;
        }
        Ok(supervisor)
    }

    /// Has one shell line done; its output is in the error if it fails.
    pub fn tell(&mut self, line: &str) -> Result<()> {
        debug_assert!(!line.contains('\n'), "one line at a time");
        let input = self.input.as_mut().context("the bed is being taken down")?;
        input.write_all(format!("{line}\n").as_bytes()).context("the bed's shell is gone")?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        if answer == "status 0\n" {
            return Ok(());
        }
        let said = std::fs::read_to_string(&self.reply).unwrap_or_default();
        bail!("the bed could not do `{line}`: {}{}", answer.trim(), said.trim());
    }

    /// Ends the namespaces and waits until everything is removed.
    pub fn end(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.end();
    }
}
