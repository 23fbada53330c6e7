//! The hosts of one copy as the front end sees them: what each has reported, complained of, and
//! how it ended. Takes the events of the command. Called by `spread.rs`, `gather.rs`, `between.rs`.

use super::limits::{FAULTS_NAMED, REPORT_BYTES_MAX};
use super::talk::{Done, Item, Report};
use crate::error::Error;
use bytes::Bytes;
use posse::{Fd, RunEvent, Running, Status};

/// One host.
#[derive(Debug, Default)]
pub struct Host {
    pub name: String,
    pub key: Option<String>,
    pub marked: bool,
    pub seen: Option<bool>,
    pub done: Option<Done>,
    /// To the question that it was asked last.
    pub answer: Option<String>,
    /// What it has done and is not yet printed.
    pub items: Vec<Item>,
    pub status: Option<Status>,
    /// Lines of its stderr, and what is wrong with what it sent.
    pub complaints: Vec<String>,
    /// It did not do what it should, whatever its status says.
    pub failed: bool,
    /// The one that wrote for it.
    pub same_as: Option<usize>,
    line: Vec<u8>,
    complaint: Vec<u8>,
}

pub struct Hosts {
    pub run: Running,
    pub all: Vec<Host>,
}

impl Host {
    pub fn complain(&mut self, text: impl Into<String>) {
        if self.complaints.len() <= FAULTS_NAMED {
            self.complaints.push(text.into());
        }
    }

    pub fn fail(&mut self, text: impl Into<String>) {
        self.failed = true;
        self.complain(text);
    }

    fn report(&mut self, line: &[u8]) {
        match serde_json::from_slice(line) {
            Ok(Report::Ready(key)) => self.key = Some(key),
            Ok(Report::Marked) => self.marked = true,
            Ok(Report::Seen(seen)) => self.seen = Some(seen),
            Ok(Report::Done(done)) => self.done = Some(done),
            Ok(Report::Answer(_)) if self.answer.is_some() => self.fail("answers twice"),
            Ok(Report::Answer(answer)) => self.answer = Some(answer),
            Ok(Report::Item(item)) => self.items.push(item),
            Err(_) => self.fail(format!("reports what it must not: {}", text(line))),
        }
    }

    /// Takes what its stdout said.
    pub fn reported(&mut self, bytes: &[u8]) {
        for line in lines(&mut self.line, bytes) {
            self.report(&line);
        }
    }

    fn complained(&mut self, bytes: &[u8]) {
        for line in lines(&mut self.complaint, bytes) {
            self.complain(text(&line));
        }
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}

/// The whole lines that are there now; one that is too long is cut.
fn lines(partial: &mut Vec<u8>, bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut whole = Vec::new();
    for byte in bytes {
        match byte {
            b'\n' => whole.push(std::mem::take(partial)),
            byte if partial.len() < REPORT_BYTES_MAX => partial.push(*byte),
            _ => {}
        }
    }
    whole
}

impl Hosts {
    pub fn new(run: Running) -> Hosts {
        let host = |name: &str| Host { name: name.to_owned(), ..Host::default() };
        let all = run.ranks().iter().map(|info| host(&info.name)).collect();
        Hosts { run, all }
    }

    /// The next output of a host's stdout; `None` when all are over.
    pub fn next_output(&mut self) -> Result<Option<(usize, Bytes)>, Error> {
        while let Some(event) = self.run.next_event(None)? {
            match event {
                RunEvent::Output { rank, fd: Fd::STDOUT, bytes, .. } => {
                    return Ok(Some((rank.0 as usize, bytes)));
                }
                RunEvent::Output { rank, bytes, .. } => {
                    if let Some(host) = self.all.get_mut(rank.0 as usize) {
                        host.complained(&bytes);
                    }
                }
                RunEvent::Exit { rank, status, .. } => {
                    if let Some(host) = self.all.get_mut(rank.0 as usize) {
                        host.complained(b"\n");
                        host.complaints.retain(|line| !line.is_empty());
                        host.status = Some(status);
                    }
                    // The caller may wait for no more than this.
                    return Ok(Some((rank.0 as usize, Bytes::new())));
                }
                RunEvent::CutOff { .. } => {}
            }
        }
        Ok(None)
    }

    /// Takes reports until every host has said enough or is over.
    pub fn wait(&mut self, enough: impl Fn(&Host) -> bool) -> Result<(), Error> {
        while !self.all.iter().all(|host| host.status.is_some() || enough(host)) {
            let Some((rank, bytes)) = self.next_output()? else { return Ok(()) };
            if let Some(host) = self.all.get_mut(rank) {
                host.reported(&bytes);
            }
        }
        Ok(())
    }
}
