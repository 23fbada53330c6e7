//! What was acknowledged is on the disks of a majority, and is there at the end.

use super::super::world::World;
use posse_control::consensus::VoterId;

impl World {
    /// A leader says yes: by how many disks?
    pub fn answered_durably(&mut self, host: usize) {
        let Some(node) = self.hosts[host].node.as_ref() else { return };
        let (state, me) = (node.state(), node.me());
        let has = |id: &&VoterId| {
            let host = self.hosts.iter().find(|host| host.id() == **id);
            let had = self.ledger.lost.get(*id).copied();
            let has = host.map(|host| host.disk.durable.last);
            has.max(had) >= Some(state.index)
        };
        let is_majority = |voters: &[VoterId]| voters.iter().filter(has).count() * 2 > voters.len();
        let members = &state.members;
        let both = is_majority(&members.voters)
            && (members.outgoing.is_empty() || is_majority(&members.outgoing));
        // A leader that has not applied yet who votes now counts as the others do.
        if !both && !members.is_changing() && members.is_voter(me) {
            let what = format!("host {host} says yes to {}, which few disks have", state.index);
            self.wrong("durable", what);
        }
    }
}

pub fn what_was_counted_is_there(world: &mut World) {
    let Some(leader) = world.leader() else { return };
    let Some(node) = world.hosts[leader].node.as_ref() else { return };
    // What an epoch before had acknowledged may be lost, which is why a person has to say so.
    if node.state().epoch > 1 {
        return;
    }
    let count = |client: usize| {
        let kept = node.state().setting(&format!("c{client}")).unwrap_or_default();
        std::str::from_utf8(kept).ok().and_then(|text| text.parse().ok()).unwrap_or(0_u64)
    };
    let lost = world.clients.iter().enumerate().find(|(n, client)| count(*n) < client.counted);
    if let Some((number, client)) = lost {
        let what =
            format!("client {number} was told {}, kept is {}", client.counted, count(number));
        world.wrong("durable", what);
    }
}
