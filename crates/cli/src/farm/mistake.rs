//! Mistakes in what was typed, as errors with the place under them.

use crate::error::Error;
use crate::tell;
use posse_work::{Mistake, Warning};

/// With the text around the place, and marks under it.
pub fn mistake(mistake: Mistake) -> Error {
    let text = match mistake.pointer() {
        Some(pointer) => format!("{mistake}\n{pointer}"),
        None => mistake.to_string(),
    };
    let error = Error::usage(text);
    match mistake.advice() {
        Some(advice) => error.hint(advice),
        None => error,
    }
}

pub fn warn(warnings: &[Warning]) {
    warnings.iter().for_each(|warning| tell::note(&warning.to_string()));
}
