//! `posse ping`: what the way to the hosts costs, when nothing is done there.

use super::Outcome;
use crate::error::Kind;
use crate::{run, tell};
use posse::{Answered, Question};
use serde_json::json;
use std::time::{Duration, Instant};

/// Ask all hosts at once for nothing, and say how long it took
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse ping\n  posse ping -c 100 'lab[1-40]' --json\n\n\
        A line a round: hosts that answered, their least, median and largest time, and when the\n\
        last one had. Exit status 5 if one did not answer.")]
pub struct Args {
    /// These [default: all that are up]
    #[arg(value_name = "HOSTSET")]
    hosts: Option<String>,
    /// Rounds
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    count: u32,
    /// Give up on a host after this time
    #[arg(short = 't', long, value_name = "TIME", default_value = "10s",
          value_parser = super::e::duration)]
    timeout: Duration,
    /// One JSON object a round
    #[arg(long)]
    json: bool,
}

/// What one round showed.
#[derive(Debug, PartialEq)]
struct Round {
    /// Of those that answered, in microseconds, sorted.
    times_us: Vec<u64>,
    silent: Vec<String>,
    total_us: u64,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let hosts = run::hosts_up(&vm, args.hosts.as_deref())?;
    let numbers: Vec<_> = hosts.iter().map(|host| host.number).collect();
    let mut all = true;
    for _ in 0..args.count {
        let start = Instant::now();
        let micros = || start.elapsed().as_micros() as u64;
        let (mut times_us, mut silent) = (Vec::with_capacity(numbers.len()), Vec::new());
        for reply in vm.query(&numbers, Question::Ping, args.timeout)? {
            let reply = reply?;
            let host = hosts.iter().find(|host| host.number == reply.host);
            match reply.answer {
                Answered::Lost { why } => {
                    silent.push(format!("{}: {why}", host.map_or("?", |host| &host.name)));
                }
                _ => times_us.push(micros()),
            }
        }
        let total_us = micros();
        times_us.sort_unstable();
        let round = Round { times_us, silent, total_us };
        all &= round.silent.is_empty();
        tell::say(&if args.json { round.object() } else { round.line() });
        round.silent.iter().for_each(|text| tell::note(text));
    }
    Ok(if all { 0 } else { Kind::Hosts.code() })
}

impl Round {
    fn median_us(&self) -> u64 {
        self.times_us.get(self.times_us.len() / 2).copied().unwrap_or(0)
    }

    fn line(&self) -> String {
        let ms = |us: u64| us as f64 / 1000.0;
        let (first, last) = (self.times_us.first(), self.times_us.last());
        format!(
            "{} of {} hosts: min {:.3} median {:.3} max {:.3} ms, all after {:.3} ms",
            self.times_us.len(),
            self.times_us.len() + self.silent.len(),
            ms(first.copied().unwrap_or(0)),
            ms(self.median_us()),
            ms(last.copied().unwrap_or(0)),
            ms(self.total_us),
        )
    }

    fn object(&self) -> String {
        json!({
            "hosts": self.times_us.len() + self.silent.len(), "answered": self.times_us.len(),
            "min_us": self.times_us.first(), "median_us": self.median_us(),
            "max_us": self.times_us.last(), "total_us": self.total_us,
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_a_line() {
        let round =
            Round { times_us: vec![100, 250, 1000], silent: vec!["x: y".into()], total_us: 1200 };
        let want = "3 of 4 hosts: min 0.100 median 0.250 max 1.000 ms, all after 1.200 ms";
        assert_eq!(round.line(), want);
        let none = Round { times_us: vec![], silent: vec![], total_us: 0 };
        assert_eq!(none.median_us(), 0);
    }
}
