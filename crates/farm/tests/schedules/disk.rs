//! The journal's file: what was written, what of it is durable, and what a crash leaves.

use super::chance::Chance;

#[derive(Default)]
pub struct Disk {
    pub bytes: Vec<u8>,
    synced: usize,
    /// Bytes of earlier files.
    base: u64,
}

impl Disk {
    pub fn append(&mut self, bytes: &[u8], upto: u64) {
        self.bytes.extend_from_slice(bytes);
        assert_eq!(self.base + self.bytes.len() as u64, upto);
    }

    /// Offset up to which it is durable now.
    pub fn sync(&mut self) -> u64 {
        self.synced = self.bytes.len();
        self.durable()
    }

    pub fn durable(&self) -> u64 {
        self.base + self.synced as u64
    }

    pub fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// A snapshot takes the file's place.
    pub fn replace(&mut self, bytes: Vec<u8>, end: u64) {
        self.base = end - bytes.len() as u64;
        self.synced = bytes.len();
        self.bytes = bytes;
    }

    /// The machine loses its power: of what was not durable any part is left.
    pub fn crash(&mut self, chance: &mut Chance) {
        let loose = self.bytes.len() - self.synced;
        let kept = self.synced + chance.below(loose as u64 + 1) as usize;
        self.bytes.truncate(kept);
        if kept > self.synced && chance.percent(30) {
            let at = self.synced + chance.below((kept - self.synced) as u64) as usize;
            self.bytes[at] ^= 1 << chance.below(8);
        }
        if chance.percent(30) {
            self.bytes.resize(kept + chance.below(5000) as usize, 0);
        }
    }

    /// What the next holder begins behind.
    pub fn cut(&mut self, good: u64) {
        assert!(good as usize >= self.synced, "what was durable was cut");
        self.bytes.truncate(good as usize);
        self.synced = self.bytes.len();
        self.base = 0;
    }
}
