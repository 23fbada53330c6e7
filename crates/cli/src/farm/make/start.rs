//! A run of make, from its job to its exit status.

use super::place::{Common, Place};
use super::{call, hook};
use crate::commands::Outcome;
use crate::error::Error;
use crate::run;
use crate::settings::Settings;
use posse::farm::{Farm, JobId, JobSpec};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

/// `words` are make's. `hosts`: where lines may run; empty: everywhere.
pub fn main(vm: Option<&str>, hosts: &str, words: &[String]) -> Outcome {
    let connected = run::connect(vm)?;
    if !hosts.is_empty() {
        connected.select(hosts)?;
    }
    let farm = connected.farm();
    let environment = Settings::of(&connected).exports();
    let name = format!("make-{}", std::process::id());
    let job = farm.open(&JobSpec { name, environment, ..JobSpec::default() })?;
    let hosts = hosts.to_owned();
    let environment = super::line::environment().into_iter().collect();
    let common = Common { vm: vm.map(str::to_owned), job: job.0, hosts, environment };
    let place = Place::make(&common)?;
    let slots: u32 = connected.hosts().iter().filter(|host| host.is_up()).map(|h| h.slots).sum();
    let ended = make(&place, slots, words);
    place.remove();
    finish(&farm, job)?;
    status(ended?)
}

fn make(place: &Place, slots: u32, words: &[String]) -> Result<ExitStatus, Error> {
    let shell = place.shell().to_string_lossy().into_owned();
    let level = std::env::var("MAKELEVEL").unwrap_or_else(|_| "0".to_owned());
    let mut make = Command::new("make");
    make.arg("--eval").arg(hook::text(&shell)).env(call::LEVEL, level);
    if !words.iter().any(|word| says_jobs(word)) {
        make.arg(format!("-j{}", slots.max(1)));
    }
    // Before make is there, so that none is lost.
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let mut child = make.args(words).spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::usage("there is no make on this machine")
            .hint("install GNU make, or add its directory to PATH"),
        _ => error.into(),
    })?;
    let (handle, pid) = (signals.handle(), Pid::from_child(&child));
    let forward = std::thread::spawn(move || {
        for signal in signals.forever().filter_map(Signal::from_named_raw) {
            // make ends its lines, which end their tasks. From a terminal it has it already.
            let _it_may_be_over = kill_process(pid, signal);
        }
    });
    let ended = child.wait();
    handle.close();
    let _it_does_not_panic = forward.join();
    Ok(ended?)
}

/// Whether a word of make's line says how many lines may run at a time: `-j`, `-kj4`, `--jobs=4`.
fn says_jobs(word: &str) -> bool {
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or_default();
        return name.len() > 1 && "jobs".starts_with(name);
    }
    // Behind these letters the rest of a word is a value.
    let letters = word.strip_prefix('-').unwrap_or_default();
    letters.chars().take_while(|letter| !"CfIoWEl".contains(*letter)).any(|letter| letter == 'j')
}

/// What make left behind is ended; its results were printed.
fn finish(farm: &Farm, job: JobId) -> Result<(), Error> {
    farm.seal(job)?;
    farm.kill(job, None)?;
    farm.wait(job, None)?;
    Ok(farm.forget(job)?)
}

fn status(ended: ExitStatus) -> Outcome {
    let status = ended.code().or_else(|| ended.signal().map(|signal| 128 + signal));
    // Both fit.
    Ok(status.and_then(|status| u8::try_from(status).ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::says_jobs;

    #[test]
    fn how_many_at_a_time_is_said_in_several_ways() {
        for word in ["-j", "-j4", "-kj4", "--jobs", "--jobs=2"] {
            assert!(says_jobs(word), "{word}");
        }
        for word in ["all", "j", "-Cjobs", "-k", "--just-print", "-fjam", "--"] {
            assert!(!says_jobs(word), "{word}");
        }
    }
}
