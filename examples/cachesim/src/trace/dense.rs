//! Matrices and grids: multiplication in two orders, transposition, LU, stencils.

use super::{Array, Memory, Run};

/// Rows and columns of a matrix of doubles: 512 KiB each.
const N: usize = 256;

fn matrix(place: u64) -> impl Fn(usize, usize) -> u64 {
    let array = Array::new(place, 8);
    move |row, column| array.at(row * N + column)
}

/// `C = A B`, the plain way: columns of B are read across its lines.
pub fn matmul(m: &mut Memory) -> Run {
    let (a, b, c) = (matrix(1), matrix(2), matrix(3));
    for i in 0..N {
        for j in 0..N {
            for k in 0..N {
                m.touch(a(i, k))?;
                m.touch(b(k, j))?;
            }
            m.touch(c(i, j))?;
        }
    }
    Ok(())
}

/// The same in blocks that fit into a small cache.
pub fn matmul_blocked(m: &mut Memory) -> Run {
    const BLOCK: usize = 32;
    let (a, b, c) = (matrix(1), matrix(2), matrix(3));
    let blocks = || (0..N).step_by(BLOCK);
    for (row, column) in blocks().flat_map(|row| blocks().map(move |column| (row, column))) {
        for inner in blocks() {
            for i in row..row + BLOCK {
                for j in column..column + BLOCK {
                    for k in inner..inner + BLOCK {
                        m.touch(a(i, k))?;
                        m.touch(b(k, j))?;
                    }
                    m.touch(c(i, j))?;
                }
            }
        }
    }
    Ok(())
}

/// Rows of one matrix to columns of another.
pub fn transpose(m: &mut Memory) -> Run {
    let (a, b) = (matrix(1), matrix(2));
    for i in 0..N {
        for j in 0..N {
            m.touch(a(i, j))?;
            m.touch(b(j, i))?;
        }
    }
    Ok(())
}

/// Elimination in place, without pivots.
pub fn lu(m: &mut Memory) -> Run {
    let a = matrix(1);
    for k in 0..N {
        for i in k + 1..N {
            m.touch(a(i, k))?;
            for j in k + 1..N {
                m.touch(a(k, j))?;
                m.touch(a(i, j))?;
            }
        }
    }
    Ok(())
}

/// Each point from its four neighbours, from one grid to another.
pub fn stencil_2d(m: &mut Memory) -> Run {
    let (from, to) = (matrix(1), matrix(2));
    for i in 1..N - 1 {
        for j in 1..N - 1 {
            for near in [from(i - 1, j), from(i, j - 1), from(i, j + 1), from(i + 1, j)] {
                m.touch(near)?;
            }
            m.touch(to(i, j))?;
        }
    }
    Ok(())
}

/// Each point of a cube of 64 from its six neighbours: 2 MiB.
pub fn stencil_3d(m: &mut Memory) -> Run {
    const SIDE: usize = 64;
    let (from, to) = (Array::new(1, 8), Array::new(2, 8));
    let place = |x: usize, y: usize, z: usize| (x * SIDE + y) * SIDE + z;
    for x in 1..SIDE - 1 {
        for y in 1..SIDE - 1 {
            for z in 1..SIDE - 1 {
                for near in [(x - 1, y, z), (x + 1, y, z), (x, y - 1, z), (x, y + 1, z)] {
                    m.touch(from.at(place(near.0, near.1, near.2)))?;
                }
                m.touch(from.at(place(x, y, z - 1)))?;
                m.touch(from.at(place(x, y, z + 1)))?;
                m.touch(to.at(place(x, y, z)))?;
            }
        }
    }
    Ok(())
}
