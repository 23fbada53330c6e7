//! PVM's own operators for `pvm_reduce`: largest, smallest, sum, product, item by item.
//!
//! Types are those of pvm_reduce(3PVM); complex numbers are compared by their absolute value.
//! Called by `abi/reduce.rs` (`PvmMax` and its like).

use crate::code::{PvmError, Result};
use crate::kind::Kind;

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Operator {
    Max,
    Min,
    Sum,
    Product,
}

/// Fold the items of `y` into those of `x`: `x = x op y`. Whole numbers wrap. `BadParam` for sums
/// of bytes, which PVM has not either.
pub fn apply(operator: Operator, kind: Kind, x: &mut [u8], y: &[u8]) -> Result<()> {
    let ordered = matches!(operator, Operator::Max | Operator::Min);
    match kind {
        Kind::Byte if !ordered => return Err(PvmError::BadParam),
        Kind::Byte => each(x, y, i8::from_ne_bytes, i8::to_ne_bytes, whole_i8(operator)),
        Kind::Short => each(x, y, i16::from_ne_bytes, i16::to_ne_bytes, whole_i16(operator)),
        Kind::UShort => each(x, y, u16::from_ne_bytes, u16::to_ne_bytes, whole_u16(operator)),
        Kind::Int => each(x, y, i32::from_ne_bytes, i32::to_ne_bytes, whole_i32(operator)),
        Kind::UInt => each(x, y, u32::from_ne_bytes, u32::to_ne_bytes, whole_u32(operator)),
        Kind::Long => each(x, y, i64::from_ne_bytes, i64::to_ne_bytes, whole_i64(operator)),
        Kind::ULong => each(x, y, u64::from_ne_bytes, u64::to_ne_bytes, whole_u64(operator)),
        Kind::Float => each(x, y, f32::from_ne_bytes, f32::to_ne_bytes, real_f32(operator)),
        Kind::Double => each(x, y, f64::from_ne_bytes, f64::to_ne_bytes, real_f64(operator)),
        Kind::Complex => each(x, y, read_f32s, write_f32s, complex_f32(operator)),
        Kind::DoubleComplex => each(x, y, read_f64s, write_f64s, complex_f64(operator)),
    }
    Ok(())
}

fn each<T, const N: usize>(
    x: &mut [u8],
    y: &[u8],
    read: impl Fn([u8; N]) -> T,
    write: impl Fn(T) -> [u8; N],
    fold: impl Fn(T, T) -> T,
) {
    let (xs, _) = x.as_chunks_mut::<N>();
    let (ys, _) = y.as_chunks::<N>();
    for (x, y) in xs.iter_mut().zip(ys) {
        *x = write(fold(read(*x), read(*y)));
    }
}

macro_rules! whole {
    ($name:ident, $type:ty) => {
        fn $name(operator: Operator) -> impl Fn($type, $type) -> $type {
            move |x, y| match operator {
                Operator::Max => x.max(y),
                Operator::Min => x.min(y),
                Operator::Sum => x.wrapping_add(y),
                Operator::Product => x.wrapping_mul(y),
            }
        }
    };
}

whole!(whole_i8, i8);
whole!(whole_i16, i16);
whole!(whole_u16, u16);
whole!(whole_i32, i32);
whole!(whole_u32, u32);
whole!(whole_i64, i64);
whole!(whole_u64, u64);

macro_rules! real {
    ($name:ident, $complex:ident, $read:ident, $write:ident, $type:ty) => {
        fn $name(operator: Operator) -> impl Fn($type, $type) -> $type {
            move |x, y| match operator {
                Operator::Max => x.max(y),
                Operator::Min => x.min(y),
                Operator::Sum => x + y,
                Operator::Product => x * y,
            }
        }

        fn $complex(operator: Operator) -> impl Fn([$type; 2], [$type; 2]) -> [$type; 2] {
            let square = |[re, im]: [$type; 2]| re * re + im * im;
            move |x, y| match operator {
                Operator::Max if square(y) > square(x) => y,
                Operator::Min if square(y) < square(x) => y,
                Operator::Max | Operator::Min => x,
                Operator::Sum => [x[0] + y[0], x[1] + y[1]],
                Operator::Product => [x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]],
            }
        }

        fn $read(bytes: [u8; 2 * size_of::<$type>()]) -> [$type; 2] {
            let (parts, _) = bytes.as_chunks();
            [<$type>::from_ne_bytes(parts[0]), <$type>::from_ne_bytes(parts[1])]
        }

        fn $write(value: [$type; 2]) -> [u8; 2 * size_of::<$type>()] {
            let mut bytes = [0; 2 * size_of::<$type>()];
            let (parts, _) = bytes.as_chunks_mut();
            (parts[0], parts[1]) = (value[0].to_ne_bytes(), value[1].to_ne_bytes());
            bytes
        }
    };
}

real!(real_f32, complex_f32, read_f32s, write_f32s, f32);
real!(real_f64, complex_f64, read_f64s, write_f64s, f64);

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(operator: Operator, x: [i32; 3], y: [i32; 3]) -> Vec<i32> {
        let mut x: Vec<u8> = x.iter().flat_map(|n| n.to_ne_bytes()).collect();
        let y: Vec<u8> = y.iter().flat_map(|n| n.to_ne_bytes()).collect();
        apply(operator, Kind::Int, &mut x, &y).expect("is known");
        x.as_chunks().0.iter().map(|n| i32::from_ne_bytes(*n)).collect()
    }

    #[test]
    fn whole_numbers_are_folded_item_by_item() {
        let (x, y) = ([1, 5, -3], [2, 4, i32::MIN]);
        assert_eq!(ints(Operator::Max, x, y), [2, 5, -3]);
        assert_eq!(ints(Operator::Min, x, y), [1, 4, i32::MIN]);
        assert_eq!(ints(Operator::Sum, x, y), [3, 9, i32::MAX - 2]);
        assert_eq!(ints(Operator::Product, x, y), [2, 20, i32::MIN]);
    }

    #[test]
    fn complex_numbers_are_multiplied_and_compared_by_size() {
        let mut x = write_f64s([1.0, 2.0]);
        let y = write_f64s([3.0, -1.0]);
        apply(Operator::Product, Kind::DoubleComplex, &mut x, &y).expect("is known");
        assert_eq!(read_f64s(x), [5.0, 5.0]);
        apply(Operator::Min, Kind::DoubleComplex, &mut x, &y).expect("is known");
        assert_eq!(read_f64s(x), [3.0, -1.0]);
    }

    #[test]
    fn bytes_have_no_sum() {
        assert_eq!(apply(Operator::Sum, Kind::Byte, &mut [1], &[2]), Err(PvmError::BadParam));
        let mut x = [0xff];
        apply(Operator::Max, Kind::Byte, &mut x, &[2]).expect("is known");
        assert_eq!(x, [2], "C's char is signed in PVM");
    }
}
