//! Sends a program to the hosts that have none of its name: each says in a line whether it wants
//! it (`posse stage`, `daemon/src/staged/put.rs`), then it goes to all of those in one stream.

use super::Vm;
use crate::limits::SAID_BYTES_MAX;
use crate::{
    Command, Error, Fd, HostId, NotStaged, RunEvent, Running, StagedProgram, Status, Stdin,
};
use std::fs::File;
use std::io;
use std::thread::JoinHandle;

const WANT: &[u8] = b"want\n";

/// What one host has said.
#[derive(Default)]
struct Said {
    answer: Vec<u8>,
    complaint: Vec<u8>,
    status: Option<Status>,
}

impl Said {
    fn is_settled(&self) -> bool {
        self.status.is_some() || self.answer.ends_with(b"\n")
    }

    fn why(&self) -> Option<String> {
        let status = self.status.as_ref().filter(|status| status.code() != 0)?;
        let text = String::from_utf8_lossy(&self.complaint).trim().to_owned();
        Some(match status {
            Status::NotStarted { why } | Status::Lost { why, .. } => why.clone(),
            _ if text.is_empty() => format!("what takes it there ended with {}", status.code()),
            _ => text,
        })
    }
}

impl Vm {
    /// Makes sure that these hosts have the program: where `word` names none there, with the
    /// directory and environment of `like`, it is sent, once for what it holds. A command that is
    /// [`Command::staged`] runs it. Says where it could not be sent: for another kind of
    /// computer, for want of space.
    pub fn stage(
        &self,
        program: &StagedProgram,
        word: &str,
        hosts: &[HostId],
        like: &Command,
    ) -> Result<Vec<NotStaged>, Error> {
        let mut hosts = hosts.to_vec();
        hosts.sort();
        hosts.dedup();
        let words = ["stage", &program.hash, &program.name, &program.machine, word];
        let mut command = Command::own(words).hosts(hosts).stdin();
        command.directory.clone_from(&like.directory);
        command.environment.clone_from(&like.environment);
        command.loads.clone_from(&like.loads);
        let running = self.run(&command.title(format!("staging {}", program.name)))?;
        talk(running, program)
    }
}

fn talk(mut running: Running, program: &StagedProgram) -> Result<Vec<NotStaged>, Error> {
    let mut stdin = running.stdin();
    let mut writer = None;
    let mut said: Vec<Said> = running.ranks().iter().map(|_| Said::default()).collect();
    while let Some(event) = running.next_event(None)? {
        match event {
            RunEvent::Output { rank, fd, bytes, .. } => {
                let Some(said) = said.get_mut(rank.0 as usize) else { continue };
                let text = if fd == Fd::STDOUT { &mut said.answer } else { &mut said.complaint };
                let room = SAID_BYTES_MAX.saturating_sub(text.len()).min(bytes.len());
                text.extend_from_slice(&bytes[..room]);
            }
            RunEvent::Exit { rank, status, .. } => {
                if let Some(said) = said.get_mut(rank.0 as usize) {
                    said.status = Some(status);
                }
            }
            RunEvent::CutOff { .. } => {}
        }
        if said.iter().all(Said::is_settled)
            && let Some(stdin) = stdin.take()
            && said.iter().any(|said| said.answer == WANT)
        {
            writer = Some(send(program, stdin)?);
        }
    }
    let sent = writer.map(JoinHandle::join);
    let failed = match sent {
        Some(Ok(Err(error))) if error.kind() != io::ErrorKind::BrokenPipe => {
            Some(error.to_string())
        }
        Some(Err(_)) => Some("the thread that reads the program has died".to_owned()),
        _ => None,
    };
    if let Some(why) = failed {
        return Err(Error::Command(format!("{} can not be sent: {why}", program.path.display())));
    }
    let infos = running.ranks().iter();
    let not = |(info, said): (&crate::RankInfo, &Said)| {
        Some(NotStaged { host: info.host, name: info.name.clone(), why: said.why()? })
    };
    Ok(infos.zip(&said).filter_map(not).collect())
}

/// On a thread of its own, since hosts may complain meanwhile.
fn send(program: &StagedProgram, mut stdin: Stdin) -> Result<JoinHandle<io::Result<()>>, Error> {
    let path = program.path.clone();
    let write = move || {
        io::copy(&mut File::open(path)?, &mut stdin)?;
        stdin.close().map_err(io::Error::from)
    };
    std::thread::Builder::new().name("posse-stage".to_owned()).spawn(write).map_err(Error::Thread)
}
