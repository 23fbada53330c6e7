//! What is left out of a world that a seed drew: how a failing world is made smaller and still
//! has a name that anybody can type. Numbers are those of the world as drawn. Called by `plan.rs`,
//! `shrink.rs` and, for its words, by the program.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The parts that are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// By their order in time, from 0.
    pub faults: BTreeSet<usize>,
    /// One host stays, whatever is said.
    pub hosts: BTreeSet<usize>,
    pub fronts: BTreeSet<usize>,
    /// Of each front end, the jobs from this one on.
    pub jobs_from: Option<u64>,
    /// All hosts are linked to the owner's.
    pub relays: bool,
    /// Those that take part in messages.
    pub processes: bool,
    /// These, and the fault in which the owner is cut off: the world is as if there were no such.
    pub extra: bool,
}

impl Without {
    pub fn is_nothing(&self) -> bool {
        *self == Without::default()
    }

    fn leave_out(&mut self, part: &str) -> Result<(), String> {
        let (kind, value) = part.split_once(':').unwrap_or((part, ""));
        match kind {
            "fault" => self.faults.extend(numbers(value)?),
            "host" => self.hosts.extend(numbers(value)?.filter(|host| *host > 0)),
            "front" => self.fronts.extend(numbers(value)?),
            "job" => self.jobs_from = Some(number(value)? as u64),
            "relays" => self.relays = true,
            "processes" => self.processes = true,
            "extra" => self.extra = true,
            _ => {
                let known = "fault:N, host:N, front:N, job:N, relays, processes, extra";
                return Err(format!("`{part}` cannot be left out; there are {known}"));
            }
        }
        Ok(())
    }
}

impl FromStr for Without {
    type Err = String;

    fn from_str(text: &str) -> Result<Without, String> {
        let mut without = Without::default();
        text.split(',').try_for_each(|part| without.leave_out(part))?;
        Ok(without)
    }
}

impl fmt::Display for Without {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (kind, set) in [("fault", &self.faults), ("host", &self.hosts), ("front", &self.fronts)]
        {
            parts.extend(ranges(set).into_iter().map(|range| format!("{kind}:{range}")));
        }
        parts.extend(self.jobs_from.map(|first| format!("job:{first}")));
        parts.extend(self.relays.then(|| "relays".to_owned()));
        parts.extend(self.processes.then(|| "processes".to_owned()));
        parts.extend(self.extra.then(|| "extra".to_owned()));
        f.write_str(&parts.join(","))
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

/// `7`, or `7-12`.
fn numbers(text: &str) -> Result<std::ops::RangeInclusive<usize>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok(number(first)?..=number(last)?)
}

fn ranges(set: &BTreeSet<usize>) -> Vec<String> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for number in set {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => found.push((*number, *number)),
        }
    }
    let text = |(first, last): (usize, usize)| match last - first {
        0 => first.to_string(),
        _ => format!("{first}-{last}"),
    };
    found.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::Without;

    #[test]
    fn what_is_printed_is_what_is_read() {
        let text = "fault:0-2,fault:4,host:3-17,front:1,job:2,relays,processes,extra";
        let without: Without = text.parse().unwrap();
        assert_eq!(without.to_string(), text);
        assert!("Without".parse::<Without>().unwrap_err().contains("cannot be left out"));
        assert!("host:x".parse::<Without>().unwrap_err().contains("no number"));
    }
}
