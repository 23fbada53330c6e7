//! How soon names may be changed again after the loss of who leads: its daemon, which the keeper
//! starts again, or its computer, in whose place another host leads. A vm of five hosts.
//!
//! Not the targets. Called by `reliability.rs`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use posse_bed::{LoopbackOptions, wait_until};

use super::contest::succeed;
use super::ground::{Ground, signal};

const HOSTS: usize = 5;

/// Of both kinds, in one round: a keeper starts a daemon again three times a minute at most.
const DAEMONS: usize = 2;
const COMPUTERS: usize = 1;

/// What is not taken by now is never taken.
const NEVER: Duration = Duration::from_secs(60);

/// Seconds until a change was taken again, of each fault; infinite where none was.
#[derive(Default)]
pub struct Taken {
    pub daemon: Vec<f64>,
    pub computer: Vec<f64>,
}

pub struct Leaders {
    ground: Ground,
}

impl Leaders {
    /// A vm with a command whose processes have the names.
    pub fn start() -> Result<Leaders> {
        let ground = Ground::start(HOSTS, LoopbackOptions::default())?;
        ground.up()?;
        succeed(&mut ground.posse(&["e", "--detach", "exec sleep 99732"]))?;
        let leaders = Leaders { ground };
        leaders.ready()?;
        Ok(leaders)
    }

    pub fn round(&self, taken: &mut Taken) -> Result<()> {
        for _ in 0..DAEMONS {
            signal("KILL", self.ground.daemon("--host 0 ")?.pid)?;
            let register = || self.ground.posse(&["names", "register", "x", "v", "--for", "1.0"]);
            taken.daemon.push(first_success(register));
            self.ready()?;
        }
        for _ in 0..COMPUTERS {
            let there = self.ground.daemon("--name n001 ")?.pid;
            self.ground.lose_owner()?;
            taken.computer.push(first_success(|| self.on_hosts(there)));
            // It is refused until the owner's daemon leads again.
            let up = || succeed(&mut self.ground.posse(&["up", "--batch", "n001"])).is_ok();
            ensure!(wait_until(NEVER, up), "the owner's daemon does not lead again");
            self.ready()?;
        }
        Ok(())
    }

    /// All hosts are up, and all that are to vote do.
    fn ready(&self) -> Result<()> {
        let mut told = String::new();
        let votes = wait_until(NEVER, || {
            let out = self.ground.posse(&["hosts", "--json"]).output();
            told = out.map_or_else(
                |error| error.to_string(),
                |out| String::from_utf8_lossy(&out.stdout).into_owned(),
            );
            let count = |part: &str| told.matches(&format!("\"control\":\"{part}\"")).count();
            count("leads") == 1 && count("votes") == 4
        });
        ensure!(votes, "there are no five voters: {told}");
        let works = || succeed(&mut self.ground.posse(&["e", "true"])).is_ok();
        ensure!(wait_until(NEVER, works), "not all hosts come back");
        Ok(())
    }

    /// The change, typed on the computer of the hosts, where the run-time directory is the usual
    /// one.
    fn on_hosts(&self, there: u32) -> Command {
        let typed = self.ground.posse(&["names", "register", "x", "v", "--for", "1.0"]);
        let mut command = Command::new("nsenter");
        command.args(["--target", &there.to_string(), "--pid", "--mount", "--"]);
        command.arg(typed.get_program()).args(typed.get_args());
        for (name, value) in typed.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command.env_remove("POSSE_RUNTIME_DIR").env_remove("XDG_RUNTIME_DIR");
        // Another machine: it keeps no vm.
        command.env("POSSE_STATE_DIR", "/nonexistent");
        command
    }
}

fn first_success(command: impl Fn() -> Command) -> f64 {
    let start = Instant::now();
    let quietly = |mut command: Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let taken = wait_until(NEVER, || quietly(command()));
    if taken { start.elapsed().as_secs_f64() } else { f64::INFINITY }
}
