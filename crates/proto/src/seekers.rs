//! Who is asked to look for a host that is not heard: a choice from the table, the same for the
//! same table. The hosts of another part of the network are most likely to reach what this daemon
//! does not, and of all those its neighbours.
//!
//! Called by `seek`.

use crate::{Daemon, LinkId};
use posse_wire::msg::{HostState, Launcher};
use posse_wire::{HostId, limits};
use std::net::{IpAddr, SocketAddr};

/// A host that could be asked.
#[derive(Debug)]
pub(crate) struct Seeker {
    host: HostId,
    link: LinkId,
    parent: HostId,
    net: Option<Net>,
}

/// A network as addresses show it: /24, or /64 of IPv6.
type Net = [u8; 8];

fn net_of(listens: &str) -> Option<Net> {
    let mut net = Net::default();
    match listens.parse::<SocketAddr>().ok()?.ip() {
        IpAddr::V4(ip) => net[..3].copy_from_slice(&ip.octets()[..3]),
        IpAddr::V6(ip) => net.copy_from_slice(&ip.octets()[..8]),
    }
    Some(net)
}

impl Daemon {
    /// Those that are up and heard of late, in the order of their numbers. Hosts of the owner's own
    /// computer reach what that reaches.
    pub(crate) fn seekers(&self) -> Vec<Seeker> {
        let heard = |link: &LinkId| {
            let link = self.links.get(link);
            link.is_some_and(|link| self.now.since(link.heard) < limits::SEEKER_HEARD_WITHIN)
        };
        let ways = self.routes.all().filter(|(host, link)| {
            heard(link) && *host != HostId::OWNER && !self.seeks.is_doubted(*host)
        });
        let seeker = |(host, link): (HostId, LinkId)| {
            let member = self.members.get(host)?;
            // A lent computer is nobody's relay.
            let no = [Launcher::Local, Launcher::Invited].contains(&member.request.launcher);
            let entry = (!no && member.entry.state == HostState::Up).then_some(&member.entry)?;
            Some(Seeker { host, link, parent: entry.parent, net: net_of(&entry.facts.listens) })
        };
        ways.filter_map(seeker).collect()
    }

    /// Some of these that were not asked, and the ways to them; nobody where the host takes no
    /// links.
    pub(crate) fn choose(
        &self,
        host: HostId,
        seekers: &[Seeker],
        asked: &[HostId],
        count: usize,
    ) -> Vec<(HostId, LinkId)> {
        let Some(member) = self.members.get(host) else { return Vec::new() };
        if member.entry.facts.listens.is_empty() || member.request.launcher == Launcher::Local {
            return Vec::new();
        }
        let net = net_of(&member.entry.facts.listens);
        // Many hosts that are not heard should not all be looked for by the same.
        let (before, after) = seekers.split_at(seekers.partition_point(|s| s.host <= host));
        let parent = member.entry.parent;
        let fit = |s: &&Seeker| {
            let is_new = s.host != parent && !asked.contains(&s.host);
            is_new && !self.hangs_below(s.host, host)
        };
        let fitting: Vec<&Seeker> = after.iter().chain(before).filter(fit).collect();
        let near = fitting.iter().find(|seeker| net.is_some() && seeker.net == net);
        let mut chosen: Vec<&Seeker> = near.copied().into_iter().collect();
        for only_other_parts in [true, false] {
            for seeker in &fitting {
                let part = |s: &&Seeker| (s.parent, s.net) == (seeker.parent, seeker.net);
                let is_same = |s: &&Seeker| s.host == seeker.host;
                let known = if only_other_parts { chosen.iter().any(part) } else { false };
                if chosen.len() < count && !known && !chosen.iter().any(is_same) {
                    chosen.push(seeker);
                }
            }
        }
        chosen.truncate(count);
        chosen.into_iter().map(|seeker| (seeker.host, seeker.link)).collect()
    }

    /// Whether the way to this host is through that one, as the table has it; itself included.
    pub(crate) fn hangs_below(&self, host: HostId, relay: HostId) -> bool {
        let mut at = host;
        for _ in 0..limits::RELAYS_MAX {
            if at == relay {
                return true;
            }
            match self.members.get(at).map(|member| member.entry.parent) {
                Some(parent) if parent != at => at = parent,
                _ => return false,
            }
        }
        true
    }
}
