//! Blocks of the input for `--pipe`, read by a thread, so that a slow input holds up nothing.

use crate::error::Error;
use crate::farm::mistake;
use posse_work::parallel::pipe::Split;
use std::fs::File;
use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// One read: what a pipe holds.
const READ_BYTES: usize = 64 * 1024;

/// Blocks that were cut and not given yet: one, while the next is read.
const AHEAD: usize = 1;

/// For the next block, before others get their turn: what they do may wait for so long.
const WAIT: Duration = Duration::from_millis(50);

pub struct Blocks {
    from: Receiver<Result<Vec<u8>, Error>>,
    over: bool,
}

impl Blocks {
    /// Of a file, or of the standard input (`-`).
    pub fn of(input: &str, split: &Split) -> Result<Blocks, Error> {
        let source: Box<dyn Read + Send> = match input {
            "-" => Box::new(std::io::stdin()),
            path => Box::new(File::open(path)?),
        };
        let (to, from) = sync_channel(AHEAD);
        let split = split.clone();
        std::thread::spawn(move || {
            if let Err(error) = cut(source, &split, &to) {
                let _nobody_waits = to.send(Err(error));
            }
        });
        Ok(Blocks { from, over: false })
    }

    /// None where it does not come soon, or was the last.
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match self.from.recv_timeout(WAIT) {
            Ok(block) => block.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                self.over = true;
                Ok(None)
            }
        }
    }

    pub fn are_over(&self) -> bool {
        self.over
    }
}

fn cut(
    mut source: impl Read,
    split: &Split,
    to: &SyncSender<Result<Vec<u8>, Error>>,
) -> Result<(), Error> {
    let (mut cutter, mut bytes) = (split.cutter(), vec![0; READ_BYTES]);
    loop {
        let count = source.read(&mut bytes)?;
        let blocks = match count {
            0 => cutter.finish(),
            count => {
                let blocks = cutter.push(&bytes[..count]).map_err(mistake)?;
                for block in blocks {
                    if to.send(Ok(block)).is_err() {
                        return Ok(());
                    }
                }
                continue;
            }
        };
        for block in blocks {
            let _nobody_waits = to.send(Ok(block));
        }
        return Ok(());
    }
}
