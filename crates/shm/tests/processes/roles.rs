//! What the second process does, by role.

use crate::{attach, bell, handover, hostile, killed};

/// Arguments that make this program run `second` alone.
pub const ARGS: [&str; 4] = ["--exact", "roles::second", "--ignored", "--nocapture"];

/// Starts the second process.
pub fn start(role: &str) -> handover::Second {
    handover::Second::start(role, &ARGS).unwrap()
}

#[test]
#[ignore = "it is the second process of the others"]
fn second() {
    let Some(role) = handover::role() else { return };
    let line = handover::line().unwrap();
    match role.as_str() {
        "pusher" => killed::push_for_ever(&line),
        "scribbler" => hostile::scribble(&line),
        "echo" => bell::echo(&line),
        "offer" => attach::offer(&line),
        other => panic!("no role {other}"),
    }
}
