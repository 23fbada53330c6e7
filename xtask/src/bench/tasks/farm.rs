//! A vm of local hosts with a task farm on it, for one row: its commands, and what the daemon that
//! holds the jobs needs.
//!
//! Called by the rows.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use posse_bed::LoopbackOptions;

use crate::bench::contest::succeed;
use crate::bench::ground::Ground;

pub struct Farm {
    pub ground: Ground,
}

impl Farm {
    pub fn start(hosts: &str) -> Result<Farm> {
        let ground = Ground::start(1, LoopbackOptions::default())?;
        succeed(&mut ground.posse(&["up", "--batch", hosts])).context("posse up failed")?;
        let farm = Farm { ground };
        // Makes the journal, and a worker at each host.
        succeed(&mut farm.posse(&["submit", "--wait", "true"]))?;
        Ok(farm)
    }

    pub fn posse(&self, args: &[&str]) -> Command {
        self.ground.posse(args)
    }

    /// What `posse ARGS` prints, and how long it took.
    pub fn timed(&self, args: &[&str]) -> Result<(String, Duration)> {
        let start = Instant::now();
        let out = self.posse(args).stdin(Stdio::null()).stderr(Stdio::piped()).output()?;
        let took = start.elapsed();
        let said = String::from_utf8_lossy(&out.stderr);
        ensure!(
            out.status.success(),
            "posse {args:?}: {}",
            said.lines().last().unwrap_or_default()
        );
        Ok((String::from_utf8_lossy(&out.stdout).trim_end().to_owned(), took))
    }

    pub fn holder(&self) -> Result<u32> {
        Ok(self.ground.daemon("--host 0 ")?.pid)
    }

    /// Seconds of CPU that the daemon which holds the jobs has used, with all its threads.
    pub fn holder_cpu(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.holder()?))?;
        let rest = stat.rsplit_once(')').context("/proc/PID/stat has no name")?.1;
        let word = |at: usize| rest.split_whitespace().nth(at)?.parse::<f64>().ok();
        // utime and stime are fields 14 and 15 of proc(5); the rest begins with field 3.
        Ok((word(11).context("no utime")? + word(12).context("no stime")?) / TICKS_PER_SECOND)
    }

    /// Bytes of the holder's memory that are its own.
    pub fn holder_memory(&self) -> Result<f64> {
        let file = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.holder()?))?;
        let kib = |name: &str| {
            let line = file.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        let own = kib("Private_Dirty:").context("no Private_Dirty")?;
        Ok((own + kib("Private_Clean:").unwrap_or(0.0)) * 1024.0)
    }

    /// Ends a job and forgets it.
    pub fn forget(&self, job: &str) -> Result<()> {
        succeed(&mut self.posse(&["kill", "--job", job]))?;
        succeed(&mut self.posse(&["jobs", "--wait", job])).ok();
        succeed(&mut self.posse(&["jobs", "--forget", job]))
    }
}

/// The kernel's unit for /proc/PID/stat, the same on every Linux that we know.
const TICKS_PER_SECOND: f64 = 100.0;
