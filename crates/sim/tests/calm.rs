//! What a host costs does not grow with the number of hosts: counted in worlds in which nothing
//! goes wrong. `posse-sim --hosts 64,512,4096` counts larger ones.

use posse_sim::{Calm, calm};

fn counted(hosts: usize, relays: usize) -> Calm {
    let world = calm(hosts, relays, 5_000_000, || 0);
    assert!(world.violations.is_empty(), "{:?}", world.violations);
    world
}

#[test]
fn a_host_costs_the_same_among_many() {
    for is_tree in [false, true] {
        let world = |hosts: usize| counted(hosts, if is_tree { hosts.isqrt() } else { 0 });
        let (few, many) = (world(32), world(512));
        let growth = |cost: fn(&Calm) -> u64| {
            let each = |world: &Calm| cost(world) as f64 / world.hosts as f64;
            each(&many) / each(&few)
        };
        assert!(growth(|calm| calm.up.frames) < 1.2, "{few:?} {many:?}");
        assert!(growth(|calm| calm.commands.frames) < 1.2, "{few:?} {many:?}");
        assert!(growth(|calm| calm.commands.bytes) < 1.2, "{few:?} {many:?}");
        assert!(growth(|calm| calm.idle.beats) < 1.05, "{few:?} {many:?}");
        assert_eq!(many.idle.frames, 0, "an idle vm has heartbeats and nothing else");
        assert!(many.idle.leaf_inputs <= 5 * 5, "an idle host wakes for its heartbeat");
    }
}
