//! Files that come whole.

use super::output::Output;
use super::state::{Receiver, Stop};
use posse_data::Ending;
use std::io::Write;

/// The file that is coming.
pub(super) struct Writing {
    file: usize,
    output: Output,
}

impl Receiver {
    /// What this receiver has already, or cannot have, is for others.
    pub(super) fn begin(&mut self, file: usize) -> Result<(), Stop> {
        self.writing = None;
        let wanted = self.is_wanted(file) && !self.manner.dry;
        let Some(slot) = self.slots.get(file).filter(|_| wanted).cloned() else { return Ok(()) };
        let directory = self.tree.open(&slot.directory);
        match directory.and_then(|directory| self.create(&directory, &slot.name)) {
            Ok(output) => {
                self.writing = Some(Writing { file, output });
                Ok(())
            }
            Err(error) => self.lose(file, &error),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        let Err(error) = writing.output.file.write_all(bytes) else { return Ok(()) };
        let file = writing.file;
        self.writing = None;
        self.lose(file, &error)
    }

    pub(super) fn close(&mut self, ending: Ending) -> Result<(), Stop> {
        let Some(Writing { file, output }) = self.writing.take() else { return Ok(()) };
        let Some(slot) = self.slots.get(file).filter(|_| ending != Ending::Cut).cloned() else {
            return Ok(());
        };
        let Err(error) = self.finish(&slot, output) else { return Ok(()) };
        self.lose(file, &error)
    }
}
