//! Long arrays: one after the other, in strides, and with a small table beside them.

use super::{Array, Memory, Random, Run};

/// `a[i] = b[i] + s c[i]` over three arrays of 1 MiB (McCalpin's STREAM).
pub fn stream_triad(m: &mut Memory) -> Run {
    let arrays = [1, 2, 3].map(|place| Array::new(place, 8));
    for i in 0..128 << 10 {
        for array in arrays {
            m.touch(array.at(i))?;
        }
    }
    Ok(())
}

/// Cooley and Tukey in place, 65536 complex numbers: bit reversal, then butterflies.
pub fn fft(m: &mut Memory) -> Run {
    const LOG: u32 = 16;
    let data = Array::new(1, 16);
    for i in 0..1_usize << LOG {
        let other = (i as u32).reverse_bits() >> (32 - LOG);
        m.touch(data.at(i))?;
        m.touch(data.at(other as usize))?;
    }
    for half in (0..LOG).map(|stage| 1_usize << stage) {
        for start in (0..1 << LOG).step_by(2 * half) {
            for i in start..start + half {
                m.touch(data.at(i))?;
                m.touch(data.at(i + half))?;
            }
        }
    }
    Ok(())
}

/// Numbers in order, counters all over a table of 1 MiB; small numbers are frequent.
pub fn histogram(m: &mut Memory) -> Run {
    let (data, table) = (Array::new(1, 4), Array::new(2, 8));
    let mut random = Random(18);
    for i in 0..256 << 10 {
        m.touch(data.at(i))?;
        let bound = 1 + random.below(128 << 10);
        m.touch(table.at(random.below(bound)))?;
    }
    Ok(())
}

/// A text of 1 MiB searched for a word, with Horspool's table of jumps.
pub fn string_scan(m: &mut Memory) -> Run {
    let (text, jumps) = (Array::new(1, 1), Array::new(2, 8));
    let mut random = Random(19);
    let mut at = 0;
    while at < 1 << 20 {
        // The last letter of the window is looked at first, and seldom fits.
        m.touch(text.at(at + 7))?;
        let letter = random.below(64);
        m.touch(jumps.at(letter))?;
        at += if letter < 8 { letter.max(1) } else { 8 };
    }
    Ok(())
}

/// Every body pulls every other: 2048 bodies of 64 bytes.
pub fn nbody(m: &mut Memory) -> Run {
    const BODIES: usize = 2048;
    let bodies = Array::new(1, 64);
    for i in 0..BODIES {
        for j in 0..BODIES {
            m.touch(bodies.at(j))?;
            m.touch(bodies.at(j) + 16)?;
        }
        m.touch(bodies.at(i) + 32)?;
    }
    Ok(())
}
