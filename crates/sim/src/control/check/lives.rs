//! A leader's death stops writes for the time of two elections at most, where five hosts vote.
//! One election is what is promised, three seconds, and what nearly every world needs (the tests
//! count); where four that are left split their votes evenly, another follows.

use super::super::plan::SECOND;
use super::super::world::World;

pub fn writes_go_on_soon(world: &mut World) {
    if !world.plan.is_leader_death {
        return;
    }
    match world.report.gap_us {
        Some(gap) if gap <= 6 * SECOND => {}
        Some(gap) => world.wrong("lives", format!("no write for {} ms", gap / 1_000)),
        None => world.wrong("lives", "no write after the leader's death".to_owned()),
    }
}
