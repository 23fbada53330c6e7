//! A context is given out once, as long as one lives that holds it.

use super::Held;

/// It was given this one; `held` are those of all who live.
pub fn once(context: u32, mut held: impl Iterator<Item = u32>) -> Held {
    match held.any(|other| other == context) {
        true => Err(format!("context {context} was given out twice")),
        false => Ok(()),
    }
}

/// It is told that the one that it was given is not its own.
pub fn kept(context: u32, is_kept: bool) -> Held {
    if is_kept { Ok(()) } else { Err(format!("context {context} is no more, and its owner lives")) }
}
