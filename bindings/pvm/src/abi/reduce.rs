//! C: PVM's own operators for `pvm_reduce`, under private names (`c/gpvm.c` has the public ones).

use std::ffi::{c_int, c_void};

use super::guard::guarded;
use super::strings::store;
use crate::code::{PvmError, Result};
use crate::kind::Kind;
use crate::reduce::{Operator, apply};

macro_rules! operators {
    ($($name:ident $operator:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            kind: *const c_int,
            x: *mut c_void,
            y: *const c_void,
            count: *const c_int,
            info: *mut c_int,
        ) {
            let code = guarded(PvmError::SysErr.code(), || {
                // SAFETY: the arguments of `pvm_reduce`, whoever calls.
                let done = unsafe { fold($operator, kind, x, y, count) };
                done.map_or_else(PvmError::code, |()| 0)
            });
            // SAFETY: null or the caller's variable.
            unsafe { store(info, code) };
        }
    )*};
}

operators! {
    posse_pvm_max Operator::Max;
    posse_pvm_min Operator::Min;
    posse_pvm_sum Operator::Sum;
    posse_pvm_product Operator::Product;
}

/// # Safety
/// Null, or so many items of the kind at x and y, which are apart.
unsafe fn fold(
    operator: Operator,
    kind: *const c_int,
    x: *mut c_void,
    y: *const c_void,
    count: *const c_int,
) -> Result<()> {
    // SAFETY: the caller's word.
    let (kind, count) = unsafe { (kind.as_ref(), count.as_ref()) };
    let (Some(kind), Some(count)) = (kind, count) else { return Err(PvmError::BadParam) };
    let kind = Kind::of(*kind)?;
    let bytes = usize::try_from(*count).map_err(|_| PvmError::BadParam)? * kind.size();
    if x.is_null() || y.is_null() {
        return Err(PvmError::BadParam);
    }
    // SAFETY: the caller's word, here and below.
    let y = unsafe { std::slice::from_raw_parts(y.cast::<u8>(), bytes) };
    // SAFETY: as above.
    let x = unsafe { std::slice::from_raw_parts_mut(x.cast::<u8>(), bytes) };
    apply(operator, kind, x, y)
}
