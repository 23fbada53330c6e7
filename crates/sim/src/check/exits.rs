//! Exactly one exit for every rank, and it says what happened.

use super::Held;
use super::truth::ProcessTruth;
use posse_wire::msg::Status;

/// The first exit of a rank; `faults` tells whether anything went wrong in this world so far.
pub fn truthful(status: &Status, truth: Option<&ProcessTruth>, faults: bool) -> Held {
    let real = truth.and_then(|truth| truth.status.as_ref());
    match (status, real) {
        (Status::Lost { .. }, _) if faults => Ok(()),
        (Status::Lost { why, .. }, _) => Err(format!("lost ({why}) though nothing went wrong")),
        (Status::TimedOut, Some(_)) => Ok(()),
        (said, Some(real)) if said == real => Ok(()),
        (said, real) => Err(format!("said to be {said:?}, was {real:?}")),
    }
}

/// A process that was started is said to be lost only where its host died or was given up.
pub fn patient(status: &Status, truth: Option<&ProcessTruth>, given_up: bool) -> Held {
    if matches!(status, Status::Lost { .. }) && truth.is_some() && !given_up {
        return Err(format!("{status:?}, but its host lives and is up"));
    }
    Ok(())
}

pub fn once(seen: bool) -> Held {
    if seen { Err("a second exit of the same rank".to_owned()) } else { Ok(()) }
}
