//! A number that two equal states share and two different ones do not, by chance aside: what the
//! simulator compares, and voters may. FNV-1a over the snapshot. Called by `sim`.

use super::{Cursor, State};

impl State {
    pub fn digest(&self) -> u64 {
        let mut cursor = Cursor::default();
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        while let Some(chunk) = self.chunk(&mut cursor) {
            for byte in chunk {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        hash
    }
}
