//! Files that are sent whole.

use super::answers::Answers;
use super::state::{Listed, Sender};
use posse_data::Ending;
use posse_data::limits::{DATA_BYTES_MAX, HEADER_BYTES};
use std::fs::File;
use std::io::{self, Read, Write};

impl<W: Write, A: Answers> Sender<W, A> {
    pub(super) fn whole(&mut self, number: u32, listed: &Listed) -> io::Result<()> {
        let Some((before, mut file)) = self.open(listed) else { return Ok(()) };
        let size = u64::try_from(before.st_size).unwrap_or(0);
        self.to.content(number)?;
        let read = self.content(&mut file, size)?;
        if let Err(error) = &read {
            self.faults.add(format!("{}: {error}; it is not copied", listed.path.display()));
            return self.to.close(Ending::Cut);
        }
        let changed = self.has_changed(listed, &before, &file);
        self.to.close(if changed { Ending::Changed } else { Ending::Good })
    }

    /// As much as the file had when it was opened, so that one that grows has an end; files that
    /// the kernel makes up say 0. The outer error is the stream's, the inner one the file's.
    fn content(&mut self, file: &mut File, size: u64) -> io::Result<io::Result<()>> {
        let mut left = if size == 0 { u64::MAX } else { size };
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(DATA_BYTES_MAX);
            match file.read(&mut self.record[HEADER_BYTES..HEADER_BYTES + want]) {
                Ok(0) => break,
                Ok(count) => {
                    self.to.data(&mut self.record[..HEADER_BYTES + count])?;
                    self.bar.inc(count as u64);
                    left -= count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    }
}
