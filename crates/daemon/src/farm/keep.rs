//! What attempts printed, until their holder has it: bounded, and beyond the bound only counted.

use super::limits::OUTPUTS_BYTES_MAX;
use posse_farm::letter::Output;
use posse_farm::worker::Key;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Kept {
    all: BTreeMap<Key, Output>,
    bytes: usize,
}

impl Kept {
    pub fn put(&mut self, key: Key, mut output: Output) {
        if output.is_empty() {
            return;
        }
        if self.bytes + output.size() > OUTPUTS_BYTES_MAX {
            output.dropped += output.size() as u64;
            (output.stdout, output.stderr) = (Vec::new(), Vec::new());
        }
        self.bytes += output.size();
        self.all.insert(key, output);
    }

    pub fn get(&self, key: &Key) -> Option<&Output> {
        self.all.get(key)
    }

    pub fn remove(&mut self, key: &Key) {
        if let Some(output) = self.all.remove(key) {
            self.bytes -= output.size();
        }
    }
}
