//! What clients saw of each name is what one registry could have shown.

use super::super::world::World;

const NAMES: usize = 3;

pub fn every_name_has_an_order(world: &mut World) {
    // An epoch that was recovered begins with what its host had.
    if world.ledger.epoch > 1 {
        return;
    }
    for name in 0..NAMES {
        if let Some(what) = world.ledger.history.unexplained(name) {
            world.wrong("linear", what);
            return;
        }
    }
}
