//! How the body of a message is written, what a program calls that, and what travels with it.
//!
//! `PvmDataDefault` has the sizes and padding of XDR (RFC 4506), so that lengths are PVM's, but
//! words stay in the sender's byte order, which is named in the encoding: hosts of one kind
//! convert nothing. `PvmDataRaw` is memory as it is, readable where the data signature is the
//! same. Used by buffers; the numbers of `shown` are seen by programs in `pvmminfo.enc`.

use crate::code::{PvmError, Result};

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    pub const OWN: ByteOrder =
        if cfg!(target_endian = "little") { ByteOrder::Little } else { ByteOrder::Big };
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Sizes of XDR, words in this order.
    Xdr(ByteOrder),
    /// Memory of this machine.
    Raw,
    /// Memory of this machine, left where it is until it is sent.
    InPlace,
    /// Written by a machine that this one cannot read.
    Alien(u32),
}

/// The data signature of our platforms, as PVM computes it for LP64 little-endian ones: sizes of
/// C's types and their byte order. It is `hi_dsig` of hosts and the encoding of raw messages.
pub const SIGNATURE: u32 = if cfg!(target_endian = "little") { 0x0040_8c41 } else { 0x0040_8c42 };

const XDR_BIG: u32 = 0x1000_0000;
const IN_PLACE: u32 = 0x2000_0000;
/// PVM's number of its XDR with a bit that PVM leaves free.
const XDR_LITTLE: u32 = 0x1100_0000;

impl Encoding {
    /// What `pvm_initsend` and `pvm_mkbuf` are given. `NotImpl` for `PvmDataTrace`: only PVM's
    /// own tracer reads it.
    pub fn chosen(how: i32) -> Result<Encoding> {
        match how {
            0 => Ok(Encoding::Xdr(ByteOrder::OWN)),
            1 => Ok(Encoding::Raw),
            2 => Ok(Encoding::InPlace),
            4 => Err(PvmError::NotImpl),
            _ => Err(PvmError::BadParam),
        }
    }

    /// What travels with the message.
    pub fn wire(self) -> u32 {
        match self {
            Encoding::Xdr(ByteOrder::Big) => XDR_BIG,
            Encoding::Xdr(ByteOrder::Little) => XDR_LITTLE,
            Encoding::Raw | Encoding::InPlace => SIGNATURE,
            Encoding::Alien(code) => code,
        }
    }

    pub fn from_wire(code: u32) -> Encoding {
        match code {
            XDR_BIG => Encoding::Xdr(ByteOrder::Big),
            XDR_LITTLE => Encoding::Xdr(ByteOrder::Little),
            SIGNATURE => Encoding::Raw,
            other => Encoding::Alien(other),
        }
    }

    /// What `pvm_getminfo` says, the numbers of PVM.
    pub fn shown(self) -> u32 {
        match self {
            Encoding::Xdr(_) => XDR_BIG,
            Encoding::InPlace => IN_PLACE,
            other => other.wire(),
        }
    }

    /// Bytes that pad `len` bytes of characters: XDR's units have four.
    pub fn padding(self, len: usize) -> usize {
        if matches!(self, Encoding::Xdr(_)) { len.wrapping_neg() % 4 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_travels() {
        for encoding in [
            Encoding::Xdr(ByteOrder::Little),
            Encoding::Xdr(ByteOrder::Big),
            Encoding::Raw,
            Encoding::Alien(77),
        ] {
            assert_eq!(Encoding::from_wire(encoding.wire()), encoding);
        }
        assert_eq!(Encoding::from_wire(Encoding::InPlace.wire()), Encoding::Raw);
        assert_eq!(Encoding::chosen(0).map(Encoding::shown), Ok(0x1000_0000));
        assert_eq!(Encoding::chosen(3), Err(PvmError::BadParam));
        assert_eq!(Encoding::chosen(4), Err(PvmError::NotImpl));
        assert_eq!([0, 1, 3, 4].map(|n| Encoding::Xdr(ByteOrder::OWN).padding(n)), [0, 3, 1, 0]);
    }
}
