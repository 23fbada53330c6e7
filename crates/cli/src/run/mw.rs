//! `mw`: the stdout of all, merged by whole lines, is the stdin of all, own lines included; or it
//! goes through a local stage first. End of file comes when every writer has closed or died. What
//! a slow process has not read yet waits on disk (`posse::Broadcast`), so that the cycle cannot
//! lock up.

use super::local;
use super::show::Show;
use crate::error::Error;
use posse::{Broadcast, Fd, RunEvent, SpillLimits};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::thread::{self, JoinHandle};

/// What is read from a local stage at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Which descriptors are joined: `out` of all, merged, becomes `into` of all.
#[derive(Debug, Clone, Copy)]
pub struct Join {
    pub out: Fd,
    pub into: Fd,
}

/// Runs `shown` to its end with its outputs joined to its inputs.
pub fn run(shown: &mut Show, join: Join, through: Option<&str>) -> Result<(), Error> {
    let Some(to_all) = shown.run.broadcast(join.into, SpillLimits::default())? else {
        return Ok(());
    };
    let mut merged = match through {
        None => Merged::Direct(to_all),
        Some(line) => Merged::through(line, to_all)?,
    };
    let mut writers = Writers::new(shown.run.ranks().len());
    while let Some(event) = shown.run.next_event(None)? {
        match &event {
            RunEvent::Output { rank, fd, bytes, end } if *fd == join.out => {
                merged.write(&writers.lines(rank.0, bytes))?;
                if *end {
                    merged.write(&writers.over(rank.0))?;
                }
            }
            RunEvent::Exit { rank, .. } => merged.write(&writers.over(rank.0))?,
            _ => {}
        }
        if writers.open == 0 {
            merged = merged.close();
        }
        shown.take(event, Some(join.out))?;
    }
    merged.close();
    Ok(())
}

/// The processes that may still write, and what each has written of its last line.
struct Writers {
    partial: BTreeMap<u32, Vec<u8>>,
    over: Vec<bool>,
    open: usize,
}

impl Writers {
    fn new(size: usize) -> Writers {
        Writers { partial: BTreeMap::new(), over: vec![false; size], open: size }
    }

    /// The lines that are whole now.
    fn lines(&mut self, rank: u32, bytes: &[u8]) -> Vec<u8> {
        let line = self.partial.entry(rank).or_default();
        line.extend_from_slice(bytes);
        let whole = line.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let rest = line.split_off(whole);
        std::mem::replace(line, rest)
    }

    /// It writes no more: what is left of its last line.
    fn over(&mut self, rank: u32) -> Vec<u8> {
        match self.over.get_mut(rank as usize) {
            Some(over) if !*over => {
                *over = true;
                self.open -= 1;
                self.partial.remove(&rank).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}

/// Where merged lines go.
enum Merged {
    Direct(Broadcast),
    /// A local stage, whose output a thread passes on; that never waits for a process, so the
    /// stage can always write.
    Through {
        stdin: ChildStdin,
        stage: Child,
        copier: JoinHandle<()>,
    },
    Closed,
}

impl Merged {
    fn through(line: &str, mut to_all: Broadcast) -> Result<Merged, Error> {
        let mut stage = local::stage(line, Stdio::piped(), Stdio::piped())?;
        let missing = || io::Error::other("the local stage has no pipes");
        let stdin = stage.stdin.take().ok_or_else(missing)?;
        let mut stdout = stage.stdout.take().ok_or_else(missing)?;
        let copier = thread::Builder::new().name("posse-stage".into()).spawn(move || {
            let mut buffer = vec![0; CHUNK_BYTES];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if to_all.write_all(&buffer[..count]).and_then(|()| to_all.flush()).is_err() {
                    break;
                }
            }
            to_all.finish();
        })?;
        Ok(Merged::Through { stdin, stage, copier })
    }

    /// Readers that have all gone are no error: what the processes print still counts.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let result = match self {
            _ if bytes.is_empty() => Ok(()),
            Merged::Direct(to_all) => to_all.write_all(bytes).and_then(|()| to_all.flush()),
            Merged::Through { stdin, .. } => stdin.write_all(bytes),
            Merged::Closed => Ok(()),
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// End of file for all, once what was written has gone through.
    fn close(self) -> Merged {
        match self {
            Merged::Direct(to_all) => to_all.finish(),
            Merged::Through { stdin, mut stage, copier } => {
                drop(stdin);
                let _ends_with_the_stage = stage.wait();
                let _passes_on_the_rest = copier.join();
            }
            Merged::Closed => {}
        }
        Merged::Closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_are_merged() {
        let mut writers = Writers::new(2);
        assert_eq!(writers.lines(0, b"ab"), b"");
        assert_eq!(writers.lines(1, b"x\ny"), b"x\n");
        assert_eq!(writers.lines(0, b"c\nd"), b"abc\n");
        assert_eq!(writers.over(1), b"y");
        assert_eq!(writers.over(1), b"");
        assert_eq!((writers.over(0), writers.open), (b"d".to_vec(), 0));
    }
}
