//! C: packing and unpacking arrays and strings.

use std::ffi::{
    c_char, c_double, c_float, c_int, c_long, c_short, c_uint, c_ulong, c_ushort, c_void,
};

use super::guard::loud;
use super::strings;
use crate::code::{PvmError, Result};
use crate::kind::Kind;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::memory::{Items, Places};

/// Items and bytes from one to the next; the stride counts items.
fn shape(
    address: *const c_void,
    kind: Kind,
    count: c_int,
    stride: c_int,
) -> Result<(usize, isize)> {
    let count = usize::try_from(count).map_err(|_| PvmError::BadParam)?;
    if count > 0 && address.is_null() {
        return Err(PvmError::BadParam);
    }
    if count > MESSAGE_BYTES_MAX / kind.size() {
        return Err(PvmError::NoMem);
    }
    // One item has no stride that matters.
    let stride = if count == 1 { 1 } else { stride as isize };
    Ok((count, stride * kind.size() as isize))
}

/// # Safety
/// The items are the program's, as the man page asks.
pub unsafe fn items<'a>(
    address: *const c_void,
    kind: Kind,
    count: c_int,
    stride: c_int,
) -> Result<Items<'a>> {
    let (count, step) = shape(address, kind, count, stride)?;
    // SAFETY: the caller's word; the count was checked above.
    Ok(unsafe { Items::new(address, count, kind.size(), step) })
}

/// # Safety
/// The places are the program's, as the man page asks.
pub unsafe fn places<'a>(
    address: *mut c_void,
    kind: Kind,
    count: c_int,
    stride: c_int,
) -> Result<Places<'a>> {
    let (count, step) = shape(address, kind, count, stride)?;
    // SAFETY: the caller's word; the count was checked above.
    Ok(unsafe { Places::new(address, count, kind.size(), step) })
}

macro_rules! packing {
    ($($pack:ident $unpack:ident $type:ty, $kind:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $pack(from: *const $type, count: c_int, stride: c_int) -> c_int {
            loud(stringify!($pack), |task| {
                // SAFETY: the program's array.
                let items = unsafe { items(from.cast(), $kind, count, stride) }?;
                task.pack($kind, items)
            })
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $unpack(to: *mut $type, count: c_int, stride: c_int) -> c_int {
            loud(stringify!($unpack), |task| {
                // SAFETY: the program's array.
                let places = unsafe { places(to.cast(), $kind, count, stride) }?;
                task.unpack($kind, places)
            })
        }
    )*};
}

packing! {
    pvm_pkbyte pvm_upkbyte c_char, Kind::Byte;
    pvm_pkshort pvm_upkshort c_short, Kind::Short;
    pvm_pkushort pvm_upkushort c_ushort, Kind::UShort;
    pvm_pkint pvm_upkint c_int, Kind::Int;
    pvm_pkuint pvm_upkuint c_uint, Kind::UInt;
    pvm_pklong pvm_upklong c_long, Kind::Long;
    pvm_pkulong pvm_upkulong c_ulong, Kind::ULong;
    pvm_pkfloat pvm_upkfloat c_float, Kind::Float;
    pvm_pkdouble pvm_upkdouble c_double, Kind::Double;
    pvm_pkcplx pvm_upkcplx c_float, Kind::Complex;
    pvm_pkdcplx pvm_upkdcplx c_double, Kind::DoubleComplex;
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_pkstr(text: *const c_char) -> c_int {
    loud("pvm_pkstr", |task| {
        // SAFETY: the program's string.
        task.pack_string(unsafe { strings::bytes(text) }?)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_upkstr(to: *mut c_char) -> c_int {
    // SAFETY: the program's array, which has room for what the sender packed.
    loud("pvm_upkstr", |task| task.unpack_string(unsafe { string_store(to) }?))
}

/// Writes a string and its NUL to the program's array.
///
/// # Safety
/// Null, or room for the string that the message holds: PVM has no way to say how much there is.
pub unsafe fn string_store(to: *mut c_char) -> Result<impl FnMut(&[u8])> {
    if to.is_null() {
        return Err(PvmError::BadParam);
    }
    Ok(move |text: &[u8]| {
        // SAFETY: the caller's word.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr(), to.cast(), text.len());
            to.add(text.len()).write(0);
        }
    })
}

/// A string for Fortran (`c/fpvm.c`): as much of it as there is room for, then blanks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posse_pvm_upkchars(to: *mut c_char, room: c_int) -> c_int {
    loud("pvmfunpack", |task| {
        let room = usize::try_from(room).map_err(|_| PvmError::BadParam)?;
        if to.is_null() {
            return Err(PvmError::BadParam);
        }
        // SAFETY: the program's variable, of so many characters.
        let to = unsafe { std::slice::from_raw_parts_mut(to.cast::<u8>(), room) };
        task.unpack_string(|text| {
            let len = text.len().min(to.len());
            to[..len].copy_from_slice(&text[..len]);
            to[len..].fill(b' ');
        })
    })
}
