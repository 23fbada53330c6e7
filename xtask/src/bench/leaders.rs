//! How soon names may be changed again after the loss of who leads: its daemon, which the keeper
//! starts again, or its computer, in whose place another host leads. A vm of five hosts.
//!
//! Not the targets. Called by `reliability.rs`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use posse_bed::{LoopbackOptions, Process, wait_until};

use super::contest::succeed;
use super::ground::Ground;

const HOSTS: usize = 5;

/// Of both kinds, in one round.
const DAEMONS: usize = 4;
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
            let owner = self.owner()?;
            signal("KILL", &owner)?;
            let register = || self.ground.posse(&["names", "register", "x", "v", "--for", "1.0"]);
            taken.daemon.push(first_success(register));
            self.ready()?;
        }
        for _ in 0..COMPUTERS {
            let there = self.daemon("--name n001 ")?.pid;
            let owner = self.owner()?;
            let mut keepers = self.ground.processes("posse keeper ").into_iter();
            let keeper = keepers.find(|keeper| keeper.pid == owner.parent);
            let keeper = keeper.context("found no keeper")?;
            // A keeper whose daemon dies starts the next; this one is to have no time for that.
            signal("STOP", &keeper)?;
            signal("KILL", &owner)?;
            signal("KILL", &keeper)?;
            taken.computer.push(first_success(|| self.on_hosts(there)));
            succeed(&mut self.ground.posse(&["up", "--batch", "n001"]))?;
            self.ready()?;
        }
        Ok(())
    }

    /// All hosts are up, and all that are to vote do.
    fn ready(&self) -> Result<()> {
        let votes = || {
            let told = self.ground.posse(&["hosts", "--json"]).output();
            let text = told.map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
            let text = text.unwrap_or_default();
            let count = |part: &str| text.matches(&format!("\"control\":\"{part}\"")).count();
            count("leads") == 1 && count("votes") == 4
        };
        ensure!(wait_until(NEVER, votes), "there are no five voters");
        let works = || succeed(&mut self.ground.posse(&["e", "true"])).is_ok();
        ensure!(wait_until(NEVER, works), "not all hosts come back");
        Ok(())
    }

    fn owner(&self) -> Result<Process> {
        self.daemon("--host 0 ")
    }

    fn daemon(&self, words: &str) -> Result<Process> {
        let mut found = self.ground.processes("posse daemon ").into_iter();
        let found = found.find(|daemon| daemon.command.contains(words));
        found.with_context(|| format!("no daemon runs with {words}"))
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

fn signal(name: &str, process: &Process) -> Result<()> {
    succeed(Command::new("kill").args([&format!("-{name}"), &process.pid.to_string()]))
}
