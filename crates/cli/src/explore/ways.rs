//! The plan of an `up`: for each host the next way to try, given what is up and what failed. Stated
//! ways come first, then the one that worked before, then this computer, then, where exploring is
//! wanted, hosts that may lead there. A host whose way is only coming up waits for it. Pure: no
//! clock, no vm. Called by `drive`.

use super::candidates::{Node, candidates, stem};
use super::statement::{Meaning, Statement, meanings};
use super::target::{Attempt, Settled, Standing, Target, Way};
use crate::error::Error;
use crate::groups::Lookup;
use crate::limits::TRIED_THROUGH_MAX;
use posse::{HostEntry, HostId, HostRequest};
use posse_hostset::{HostName, HostSet};
use std::collections::{BTreeMap, BTreeSet};

/// Which ways are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// This one (`--via`).
    Only(Way),
    /// Stated and remembered ones, and from here (`up`).
    Known,
    /// And through hosts that may lead there (`explore`).
    Explore,
}

/// What there is to do for a target now.
enum Next {
    Go(Way),
    Wait,
    Over,
}

pub struct Ways {
    pub targets: Vec<Target>,
    policy: Policy,
    /// Hosts that are up.
    nodes: Vec<Node>,
    /// Names of all members, for reports.
    names: BTreeMap<HostId, String>,
    statements: Vec<Meaning>,
    proven: BTreeSet<(String, HostId)>,
    by_name: BTreeMap<String, usize>,
    settled: Vec<usize>,
    /// How often each statement was used: its hosts take turns.
    turns: Vec<usize>,
}

impl Ways {
    pub fn new(
        requests: Vec<HostRequest>,
        hosts: &[HostEntry],
        statements: &[Statement],
        groups: &Lookup,
        policy: Policy,
    ) -> Result<Ways, Error> {
        let mut by_name = BTreeMap::new();
        let mut targets: Vec<Target> = Vec::with_capacity(requests.len());
        for request in requests {
            let name = request.name.clone();
            // Of two requests for a host the later counts, as in a hostset.
            let at = *by_name.entry(name).or_insert(targets.len());
            match targets.get_mut(at) {
                Some(known) => known.request = request,
                None => targets.push(Target::new(request)),
            }
        }
        let parents: BTreeMap<HostId, HostId> =
            hosts.iter().map(|host| (host.number, host.parent)).collect();
        let up = hosts.iter().filter(|host| host.is_up());
        let nodes = up.map(|host| Node {
            name: host.name.clone(),
            number: host.number,
            depth: depth(host.number, &parents),
            is_local: host.launcher == "local",
        });
        let names = hosts.iter().map(|host| (host.number, host.name.clone())).collect();
        let mut ways = Ways {
            targets,
            policy,
            nodes: nodes.collect(),
            names,
            statements: Vec::new(),
            proven: BTreeSet::new(),
            by_name,
            settled: Vec::new(),
            turns: vec![0; statements.len()],
        };
        ways.remember(hosts);
        ways.apply(statements, groups)?;
        Ok(ways)
    }

    /// What the table of hosts shows: below whom each hung when it was up.
    fn remember(&mut self, hosts: &[HostEntry]) {
        for host in hosts.iter().filter(|host| host.incarnation.0 > 0) {
            if host.number == HostId::OWNER || host.parent == HostId::OWNER {
                continue;
            }
            self.proven.insert((stem(&host.name).to_owned(), host.parent));
            if let Some(at) = self.by_name.get(&host.name) {
                self.targets[*at].remembered = Some(host.parent);
            }
        }
    }

    fn apply(&mut self, statements: &[Statement], groups: &Lookup) -> Result<(), Error> {
        if statements.is_empty() || matches!(self.policy, Policy::Only(_)) {
            return Ok(());
        }
        let all = self.names.values().chain(self.by_name.keys());
        let names: HostSet = all.filter_map(|name| HostName::new(name).ok()).collect();
        self.statements = meanings(statements, names, groups)?;
        for (index, meaning) in self.statements.iter().enumerate() {
            for item in &meaning.to {
                let Some(at) = self.by_name.get(item.name.as_str()) else { continue };
                let Target { request, statements, .. } = &mut self.targets[*at];
                request.user = request.user.take().or_else(|| item.user.clone());
                request.port = request.port.or(item.port);
                statements.push(index);
            }
        }
        Ok(())
    }

    /// What to start now, at most so many batches, each for one way.
    pub fn next(&mut self, most: usize) -> Vec<(Way, Vec<usize>)> {
        let mut batches = self.pass(most, true);
        if batches.is_empty() && most > 0 && !self.is_running() {
            // Whoever still waits waits for one that waits too.
            batches = self.pass(most, false);
        }
        batches.into_iter().collect()
    }

    fn pass(&mut self, most: usize, may_wait: bool) -> BTreeMap<Way, Vec<usize>> {
        let mut batches: BTreeMap<Way, Vec<usize>> = BTreeMap::new();
        let mut over = Vec::new();
        for at in 0..self.targets.len() {
            if self.targets[at].standing != Standing::Pending {
                continue;
            }
            match self.way_of(at, may_wait) {
                Next::Go(way) => {
                    if batches.len() < most || batches.contains_key(&way) {
                        self.targets[at].standing = Standing::Running(way);
                        batches.entry(way).or_default().push(at);
                    }
                }
                Next::Over => over.push(at),
                Next::Wait => {}
            }
        }
        // As long as others may come up, there may be another way.
        if !may_wait && batches.is_empty() {
            over.into_iter().for_each(|at| self.settle(at, Settled::Failed));
        }
        batches
    }

    fn way_of(&mut self, at: usize, may_wait: bool) -> Next {
        let target = &self.targets[at];
        match self.policy {
            Policy::Only(way) if !target.was_tried(way) => return Next::Go(way),
            Policy::Known | Policy::Explore if !target.is_hopeless() => {}
            _ => {
                self.settle(at, Settled::Failed);
                return Next::Wait;
            }
        }
        if target.can_go_through() && through(target) < TRIED_THROUGH_MAX {
            match self.known_way(at, may_wait) {
                Next::Over => {}
                next => return next,
            }
        }
        let target = &self.targets[at];
        if !target.was_tried(Way::Direct) {
            return Next::Go(Way::Direct);
        }
        let explores = self.policy == Policy::Explore && target.can_go_through();
        if explores && target.is_out_of_reach() && through(target) < TRIED_THROUGH_MAX {
            // There is nobody new to try.
            if target.exhausted == self.nodes.len() {
                return Next::Over;
            }
            let best = candidates(target, &self.nodes, &self.proven);
            if let Some(node) = best.first() {
                return Next::Go(Way::Through(node.number));
            }
            self.targets[at].exhausted = self.nodes.len();
            return Next::Over;
        }
        self.settle(at, Settled::Failed);
        Next::Wait
    }

    /// A stated way, or the one that worked before.
    fn known_way(&mut self, at: usize, may_wait: bool) -> Next {
        let target = &self.targets[at];
        let mut waits = false;
        for index in target.statements.clone() {
            let target = &self.targets[at];
            let from = &self.statements[index].from;
            let fits = |node: &&Node| {
                let way = self.way_from(node.number);
                from.contains(&node.name) && node.name != target.name() && !target.was_tried(way)
            };
            let mut ready: Vec<&Node> = self.nodes.iter().filter(fits).collect();
            // The shortest way, and those of one length in turns.
            ready.sort_by_key(|node| (node.depth, node.number));
            let shortest = ready.first().map_or(0, |first| first.depth);
            ready.retain(|node| node.depth == shortest);
            if !ready.is_empty() {
                let way = self.way_from(ready[self.turns[index] % ready.len()].number);
                self.turns[index] += 1;
                return Next::Go(way);
            }
            let coming = |name: &HostName| name.as_str() != target.name() && self.is_coming(name);
            waits |= from.iter().any(coming);
        }
        if let Some(parent) = self.targets[at].remembered {
            let is_up = self.nodes.iter().any(|node| node.number == parent);
            if is_up && !self.targets[at].was_tried(Way::Through(parent)) {
                return Next::Go(Way::Through(parent));
            }
            waits |= !is_up && self.names.get(&parent).is_some_and(|name| self.is_coming(name));
        }
        if waits && may_wait { Next::Wait } else { Next::Over }
    }

    /// Who states that this computer can log in there states the direct way.
    fn way_from(&self, number: HostId) -> Way {
        if number == HostId::OWNER { Way::Direct } else { Way::Through(number) }
    }

    /// It may still come up in this run.
    fn is_coming(&self, name: &str) -> bool {
        let target = self.by_name.get(name).map(|at| &self.targets[*at]);
        target.is_some_and(|target| target.settled().is_none())
    }

    fn settle(&mut self, at: usize, how: Settled) {
        self.targets[at].standing = Standing::Settled(how);
        self.settled.push(at);
    }

    /// The targets that are settled since this was last asked.
    pub fn take_settled(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.settled)
    }

    pub fn is_running(&self) -> bool {
        self.targets.iter().any(|target| matches!(target.standing, Standing::Running(_)))
    }

    /// Whether somebody waits for another way.
    pub fn is_pending(&self) -> bool {
        self.targets.iter().any(|target| target.standing == Standing::Pending)
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// It is up.
    pub fn on_up(&mut self, at: usize, number: HostId, already: bool) {
        let Standing::Running(way) = self.targets[at].standing else { return };
        let name = self.targets[at].name().to_owned();
        let mut depth = 1;
        if let (Way::Through(parent), false) = (way, already) {
            self.proven.insert((stem(&name).to_owned(), parent));
            let parent = self.nodes.iter().find(|node| node.number == parent);
            depth += parent.map_or(1, |parent| parent.depth);
        }
        self.names.insert(number, name.clone());
        if !self.nodes.iter().any(|node| node.number == number) {
            let is_local = self.targets[at].request.launcher == posse::Launcher::Local;
            self.nodes.push(Node { name, number, depth, is_local });
        }
        self.settle(at, Settled::Up { way, already });
    }

    /// A try failed; `next` says whether there is another way.
    pub fn on_failed(&mut self, at: usize, attempt: Attempt) {
        self.targets[at].standing = Standing::Pending;
        self.targets[at].tried.push(attempt);
    }

    /// `here`, or the name of the host.
    pub fn from(&self, way: Way) -> &str {
        match way {
            Way::Direct => "here",
            Way::Through(number) => self.names.get(&number).map_or("a host", String::as_str),
        }
    }

    /// Whether a host failed that might be reached through another one.
    pub fn is_worth_exploring(&self) -> bool {
        let open = |target: &Target| {
            let failed = target.settled() == Some(Settled::Failed);
            failed && target.can_go_through() && target.is_out_of_reach()
        };
        let ways = |target| !candidates(target, &self.nodes, &self.proven).is_empty();
        self.policy == Policy::Known && self.targets.iter().any(|one| open(one) && ways(one))
    }

    /// What would be tried for a target, in order, as far as it can be known now.
    pub fn outlook(&self, at: usize) -> Vec<(&'static str, String)> {
        let target = &self.targets[at];
        let mut steps = Vec::new();
        if target.can_go_through() {
            let stated = target.statements.iter().map(|index| &self.statements[*index].from);
            steps.extend(stated.map(|from| ("stated", from.to_string())));
            let remembered = target.remembered.map(Way::Through);
            steps.extend(remembered.map(|way| ("before", self.from(way).to_owned())));
        }
        steps.push(("direct", "here".to_owned()));
        if target.can_go_through() && self.policy == Policy::Explore {
            let best = candidates(target, &self.nodes, &self.proven);
            let best = best.iter().take(TRIED_THROUGH_MAX);
            steps.extend(best.map(|node| ("try", node.name.clone())));
        }
        steps
    }
}

fn through(target: &Target) -> usize {
    target.tried.iter().filter(|attempt| attempt.way != Way::Direct).count()
}

/// Links between a host and this computer; a table that runs in circles ends too.
fn depth(host: HostId, parents: &BTreeMap<HostId, HostId>) -> u32 {
    let mut at = host;
    for depth in 0..=parents.len() as u32 {
        if at == HostId::OWNER {
            return depth;
        }
        at = parents.get(&at).copied().unwrap_or(HostId::OWNER);
    }
    parents.len() as u32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
