//! Which hosts of the vm are worth a try for a target that this computer cannot reach: few, those
//! first that led to its like or are called alike. Pure. Called by `ways`.

use super::target::{Target, Way};
use crate::limits::ALIKE_TRIED_MAX;
use posse::HostId;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A host of the vm that is up.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub name: String,
    pub number: HostId,
    /// Links between it and this computer.
    pub depth: u32,
    /// A daemon on the same computer as its parent logs in no better than that.
    pub is_local: bool,
}

/// Names begin alike up to the first digit: `istbs` of `istbs042.example.org`.
pub(super) fn stem(name: &str) -> &str {
    let end = name.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(name.len());
    &name[..end]
}

fn domain(name: &str) -> &str {
    name.split_once('.').map_or("", |(_, domain)| domain)
}

fn common(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// Those not tried yet, the best first. `proven` has stems and who led to a host of that stem.
/// Hosts that are called alike can mostly log in to the same: of a stem few are tried.
pub(super) fn candidates<'n>(
    target: &Target,
    nodes: &'n [Node],
    proven: &BTreeSet<(String, HostId)>,
) -> Vec<&'n Node> {
    let own = (stem(target.name()), domain(target.name()));
    let led = |node: &Node| proven.contains(&(own.0.to_owned(), node.number));
    let was_tried = |node: &&Node| target.was_tried(Way::Through(node.number));
    let tried: Vec<&str> = nodes.iter().filter(was_tried).map(|node| stem(&node.name)).collect();
    let alike = |node: &Node| tried.iter().filter(|one| **one == stem(&node.name)).count();
    let fits = |node: &&Node| {
        node.number != HostId::OWNER
            && !node.is_local
            && node.name != target.name()
            && !was_tried(node)
            && (led(node) || alike(node) < ALIKE_TRIED_MAX)
    };
    let mut found: Vec<&Node> = nodes.iter().filter(fits).collect();
    found.sort_by_cached_key(|node| {
        let like = (stem(&node.name) == own.0, !own.1.is_empty() && domain(&node.name) == own.1);
        let near = common(&node.name, target.name());
        (Reverse((led(node), like, near)), node.depth, node.number)
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse::{Cause, HostRequest, Launcher};

    fn node(number: u32, name: &str) -> Node {
        Node { name: name.to_owned(), number: HostId(number), depth: 1, is_local: false }
    }

    fn target(name: &str) -> Target {
        let (name, launcher) = (name.to_owned(), Launcher::Ssh);
        Target::new(HostRequest { name, user: None, port: None, slots: None, launcher })
    }

    fn names(target: &Target, nodes: &[Node], proven: &BTreeSet<(String, HostId)>) -> Vec<String> {
        candidates(target, nodes, proven).into_iter().map(|node| node.name.clone()).collect()
    }

    #[test]
    fn the_like_come_first_and_the_proven_before_them() {
        let mut local = node(9, "in9");
        local.is_local = true;
        let nodes = [node(1, "gate"), node(2, "x.site"), node(3, "in1"), node(4, "ing"), local];
        let mut proven = BTreeSet::new();
        assert_eq!(names(&target("in7.site"), &nodes, &proven), ["in1", "x.site", "ing", "gate"]);
        proven.insert(("in".to_owned(), HostId(1)));
        assert_eq!(names(&target("in7"), &nodes, &proven), ["gate", "in1", "ing", "x.site"]);
        assert_eq!(names(&target("in1"), &nodes[2..3], &proven), Vec::<String>::new());
    }

    #[test]
    fn of_the_like_few_are_tried() {
        let nodes = [node(1, "in1"), node(2, "in2"), node(3, "in3"), node(4, "gate")];
        let mut wanted = target("in7");
        for number in 1..=2 {
            let way = Way::Through(HostId(number));
            let (cause, why, hint) = (Cause::PermissionDenied, String::new(), String::new());
            wanted.tried.push(super::super::target::Attempt { way, cause, why, hint });
        }
        assert_eq!(names(&wanted, &nodes, &BTreeSet::new()), ["gate"]);
        let proven = BTreeSet::from([("in".to_owned(), HostId(3))]);
        assert_eq!(names(&wanted, &nodes, &proven), ["in3", "gate"]);
    }
}
