//! Lines of a program as they come, each with its time: what a fault looks like to somebody who
//! watches. Called by `faults.rs`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use posse_bed::wait_until;
use serde_json::Value;

pub struct Witness {
    process: Child,
    lines: Arc<Mutex<Vec<(Instant, Value)>>>,
}

impl Witness {
    /// Watches what a program says, one JSON object a line.
    pub fn start(mut command: Command) -> Result<Witness> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().context("cannot start the witness")?;
        let out = BufReader::new(process.stdout.take().context("stdout is piped")?);
        let lines: Arc<Mutex<Vec<(Instant, Value)>>> = Arc::default();
        let seen = lines.clone();
        std::thread::spawn(move || {
            for line in out.lines().map_while(std::io::Result::ok) {
                let now = Instant::now();
                if let Ok(value) = serde_json::from_str(&line) {
                    seen.lock().unwrap_or_else(PoisonError::into_inner).push((now, value));
                }
            }
        });
        Ok(Witness { process, lines })
    }

    /// When the first line came, not before `since`, that is meant.
    pub fn when(&self, since: Instant, is_meant: impl Fn(&Value) -> bool) -> Option<Instant> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut meant = lines.iter().filter(|(at, line)| *at >= since && is_meant(line));
        meant.next().map(|(at, _)| *at)
    }

    /// Waits for it, and says how long after `since` it came.
    pub fn wait(
        &self,
        since: Instant,
        within: Duration,
        is_meant: impl Fn(&Value) -> bool,
    ) -> Option<Duration> {
        let mut at = None;
        let _or_never = wait_until(within, || {
            at = self.when(since, &is_meant);
            at.is_some()
        });
        at.map(|at| at.duration_since(since))
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _already_reaped = self.process.wait();
    }
}
