//! Several cells in one message: their lengths (u64, little-endian) and then their bytes. One cell
//! alone is its bytes. How many there are, both sides know. Called by `run`.

use bytes::{Buf, BufMut, Bytes, BytesMut};

pub fn pack(cells: &[&Bytes]) -> Bytes {
    if let [cell] = cells {
        return (*cell).clone();
    }
    let length: usize = cells.iter().map(|cell| 8 + cell.len()).sum();
    let mut packed = BytesMut::with_capacity(length);
    cells.iter().for_each(|cell| packed.put_u64_le(cell.len() as u64));
    cells.iter().for_each(|cell| packed.put_slice(cell));
    packed.freeze()
}

/// `None` if this is not so many cells.
pub fn unpack(mut packed: Bytes, count: usize) -> Option<Vec<Bytes>> {
    if count == 1 {
        return Some(vec![packed]);
    }
    let mut lengths = packed.split_to_checked(count.checked_mul(8)?)?;
    let mut cells = Vec::with_capacity(count);
    for _ in 0..count {
        let length = usize::try_from(lengths.get_u64_le()).ok()?;
        cells.push(packed.split_to_checked(length)?);
    }
    packed.is_empty().then_some(cells)
}

trait Checked: Sized {
    fn split_to_checked(&mut self, length: usize) -> Option<Self>;
}

impl Checked for Bytes {
    fn split_to_checked(&mut self, length: usize) -> Option<Bytes> {
        (length <= self.len()).then(|| self.split_to(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_and_others_do_not() {
        let cells = ["ab", "", "cde"].map(|cell| Bytes::from_static(cell.as_bytes()));
        for count in [0, 1, 2, 3] {
            let packed = pack(&cells.iter().take(count).collect::<Vec<_>>());
            assert_eq!(unpack(packed.clone(), count), Some(cells[..count].to_vec()));
            if count != 1 {
                assert_eq!(unpack(packed, count + 2), None);
            }
        }
        assert_eq!(unpack(Bytes::from_static(&[255; 40]), 2), None);
    }
}
