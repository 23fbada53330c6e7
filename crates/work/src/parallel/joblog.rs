//! GNU parallel's joblog: a line for each task that ended, read again by `--resume`. Called by
//! `plan`, and by whoever writes the log.

use std::collections::{BTreeMap, BTreeSet};

use super::options::Resume;
use crate::mistake::{Mistake, Result};

/// The first line of a log.
pub const HEADER: &str =
    "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";

/// One task that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The task's number, from 1.
    pub number: u64,
    /// `:` is this computer.
    pub host: String,
    /// Seconds since 1970.
    pub start: f64,
    /// Seconds.
    pub runtime: f64,
    /// Bytes brought to the host and back.
    pub sent: u64,
    pub received: u64,
    pub status: i32,
    pub signal: i32,
    pub command: String,
}

impl Entry {
    /// The line of the log. Line ends in the command become NUL bytes.
    pub fn line(&self) -> String {
        format!(
            "{}\t{}\t{:.3}\t{:10.3}\t{}\t{}\t{}\t{}\t{}\n",
            self.number,
            self.host,
            self.start,
            self.runtime,
            self.sent,
            self.received,
            self.status,
            self.signal,
            self.command.replace('\n', "\0"),
        )
    }

    /// Whether it neither failed nor was killed.
    pub fn is_success(&self) -> bool {
        self.status == 0 && self.signal == 0
    }

    fn read(line: &str) -> Option<Entry> {
        let mut fields = line.splitn(9, '\t');
        let mut next = || fields.next().map(str::trim);
        Some(Entry {
            number: next()?.parse().ok()?,
            host: next()?.to_owned(),
            start: next()?.parse().ok()?,
            runtime: next()?.parse().ok()?,
            sent: next()?.parse().ok()?,
            received: next()?.parse().ok()?,
            status: next()?.parse().ok()?,
            signal: next()?.parse().ok()?,
            command: fields.next()?.replace('\0', "\n"),
        })
    }
}

/// All entries of a log, in its order. A last line without its end was being written when the
/// run died, and does not count.
pub fn read(log: &str) -> Result<Vec<Entry>> {
    let whole = &log[..log.rfind('\n').map_or(0, |end| end + 1)];
    let mut entries = Vec::new();
    for (number, line) in whole.split_terminator('\n').enumerate() {
        if line.is_empty() || line.starts_with("Seq\t") {
            continue;
        }
        let entry = Entry::read(line).ok_or_else(|| {
            let what = "not a line of a joblog";
            Mistake::new(what)
                .hint("give the log of an earlier run, or another file")
                .line(number + 1)
        })?;
        entries.push(entry);
    }
    Ok(entries)
}

/// The numbers of tasks that need not run again.
pub fn done(log: &str, resume: Resume) -> Result<BTreeSet<u64>> {
    let entries = read(log)?;
    let counts = |entry: &&Entry| match resume {
        Resume::No => false,
        Resume::Done => true,
        Resume::Succeeded | Resume::FailedOfLog => entry.is_success(),
    };
    Ok(entries.iter().filter(counts).map(|entry| entry.number).collect())
}

/// The commands of a log by their numbers from 1, for `--retry-failed`. A number that is missing
/// has an empty command.
pub fn commands(log: &str) -> Result<Vec<String>> {
    let entries = read(log)?;
    let by_number: BTreeMap<u64, String> =
        entries.into_iter().map(|entry| (entry.number, entry.command)).collect();
    let Some(last) = by_number.keys().next_back().copied() else { return Ok(Vec::new()) };
    if last > crate::limits::VALUES_MAX as u64 {
        return Err(Mistake::new(format!("task {last} is beyond what a joblog holds")));
    }
    Ok((1..=last).map(|n| by_number.get(&n).cloned().unwrap_or_default()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64, status: i32, signal: i32) -> Entry {
        let (host, command) = (":".to_owned(), "echo a\necho b".to_owned());
        let (start, runtime) = (1669075200.125, 3.5);
        Entry { number, host, start, runtime, sent: 0, received: 7, status, signal, command }
    }

    #[test]
    fn lines_are_gnu_parallels() {
        let line = entry(3, 0, 0).line();
        assert_eq!(line, "3\t:\t1669075200.125\t     3.500\t0\t7\t0\t0\techo a\0echo b\n");
        assert_eq!(read(&format!("{HEADER}{line}")).unwrap(), [entry(3, 0, 0)]);
    }

    #[test]
    fn resume_leaves_out_what_was_done() {
        let mut log = HEADER.to_owned();
        for entry in [entry(1, 0, 0), entry(2, 1, 0), entry(4, 0, 9), entry(5, 0, 0)] {
            log.push_str(&entry.line());
        }
        assert!(done(&log, Resume::Done).unwrap().into_iter().eq([1, 2, 4, 5]));
        assert!(done(&log, Resume::Succeeded).unwrap().into_iter().eq([1, 5]));
        let torn = format!("{log}6\t:\t16690");
        assert_eq!(done(&torn, Resume::Done).unwrap().len(), 4);
        assert_eq!(commands(&log).unwrap()[2], "");
        let told = read("1\tx\n").unwrap_err();
        assert_eq!(told.to_string(), "line 1: not a line of a joblog");
    }
}
