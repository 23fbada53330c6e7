//! The leader of an epoch that is over is told so when it is heard again, and leads no more.

use super::super::world::World;

pub fn the_old_one_is_fenced(world: &mut World) {
    let epoch = world.ledger.epoch;
    if epoch < 2 {
        return;
    }
    if !world.ledger.fenced.contains(&0) {
        world.wrong("epochs", format!("host 0 was not told of epoch {epoch}"));
    }
    let of = |host: &super::super::host::Host| host.node.as_ref().map_or(0, |n| n.state().epoch);
    let old = world.hosts.iter().find(|host| host.is_up() && of(host) != epoch);
    if let Some(number) = old.map(|host| host.number) {
        world.wrong("epochs", format!("host {number} is not in epoch {epoch}"));
    }
}
