//! The types of data that PVM packs: their size in memory, their form in XDR, their C number.
//!
//! Used by `buffer/`, the packing functions of `abi/`, and the collective operations.

use crate::code::{PvmError, Result};

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    Byte,
    Short,
    UShort,
    Int,
    UInt,
    Long,
    ULong,
    Float,
    Double,
    Complex,
    DoubleComplex,
}

impl Kind {
    /// `PVM_BYTE` and so on; `PVM_STR` is none of these, as a string has no fixed size.
    pub fn of(number: i32) -> Result<Kind> {
        Ok(match number {
            1 => Kind::Byte,
            2 => Kind::Short,
            3 => Kind::Int,
            4 => Kind::Float,
            5 => Kind::Complex,
            6 => Kind::Double,
            7 => Kind::DoubleComplex,
            8 => Kind::Long,
            9 => Kind::UShort,
            10 => Kind::UInt,
            11 => Kind::ULong,
            _ => return Err(PvmError::BadParam),
        })
    }

    /// Bytes of an item in memory (LP64).
    pub fn size(self) -> usize {
        match self {
            Kind::Byte => 1,
            Kind::Short | Kind::UShort => 2,
            Kind::Int | Kind::UInt | Kind::Float => 4,
            Kind::Long | Kind::ULong | Kind::Double | Kind::Complex => 8,
            Kind::DoubleComplex => 16,
        }
    }

    /// Bytes of an item in XDR. Longs have 4: PVM's choice, from machines where that is all.
    pub fn xdr_size(self) -> usize {
        match self {
            Kind::Byte => 1,
            Kind::Double | Kind::Complex => 8,
            Kind::DoubleComplex => 16,
            _ => 4,
        }
    }

    /// Bytes whose order a machine chooses.
    pub fn word(self) -> usize {
        match self {
            Kind::Byte => 1,
            Kind::Double | Kind::DoubleComplex => 8,
            _ => 4,
        }
    }
}
