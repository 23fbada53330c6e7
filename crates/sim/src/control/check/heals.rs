//! When nothing is wrong any more, all agree in time: one leader, and everybody has its state.

use super::super::world::World;

pub fn all_agree(world: &mut World) {
    let Some(leader) = world.leader() else {
        world.wrong("heals", "nobody leads".to_owned());
        return;
    };
    let Some(node) = world.hosts[leader].node.as_ref() else { return };
    let index = node.state().index;
    let members: Vec<_> = node.state().members.all().collect();
    let late = world.hosts.iter().filter(|host| {
        let is_member = members.contains(&host.id());
        let has = host.node.as_ref().map_or(0, |node| node.state().index);
        // The last heartbeat may be under way.
        is_member && has + 3 < index
    });
    let late: Vec<usize> = late.map(|host| host.number).collect();
    if !late.is_empty() {
        world.wrong("heals", format!("hosts {late:?} do not have entry {index}"));
    }
    let voters = node_voters(world, leader);
    let up = world.hosts.iter().filter(|host| host.is_up()).count();
    let wanted = match up {
        0..=2 => 1,
        3 | 4 => 3,
        _ => 5,
    };
    if voters != wanted {
        world.wrong("heals", format!("{up} hosts are up, {voters} vote"));
    }
}

fn node_voters(world: &World, leader: usize) -> usize {
    world.hosts[leader].node.as_ref().map_or(0, |node| node.state().members.voters.len())
}
