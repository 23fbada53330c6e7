//! Every question to a voter has an answer, also where no majority is reached.

use super::super::plan::SECOND;
use super::super::world::World;

/// What a voter may take (5 s by its clock), and what a clock may be wrong by.
const WITHIN: u64 = 7 * SECOND;

pub fn every_question_is_answered(world: &mut World) {
    let now = world.now;
    // A pause is taken from the time: it is over for at least that long.
    let paused = |us: u64| us + WITHIN > now;
    let waits = world.hosts.iter().filter(|host| host.is_up() && !paused(host.paused_until));
    let late = waits.filter_map(|host| {
        let (token, since) = host.asked.iter().find(|(_, since)| **since + WITHIN < now)?;
        Some((host.number, *token, *since))
    });
    if let Some((host, token, since)) = late.min() {
        let waited = (now - since) / 1_000;
        world.wrong("waits", format!("host {host} owes an answer ({token}) for {waited} ms"));
    }
}
