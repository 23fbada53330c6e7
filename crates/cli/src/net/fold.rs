//! Hosts that are connected alike as one row, under the hostset of their names: what a matrix of
//! hundreds says in a few lines. Pure. Called by `posse net`.

use super::cell::{colour, mark, ms, paint};
use super::matrix::Paper;
use super::pair::{Pair, Route};
use crate::run::launch::fold as fold_names;
use std::collections::BTreeMap;

/// Routes that count as the same.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Direct,
    Tree(String),
    Relayed(Vec<String>),
    None,
}

impl Kind {
    fn of(route: &Route) -> Kind {
        match route {
            Route::Direct { .. } => Kind::Direct,
            Route::Tree { link } => Kind::Tree(link.clone()),
            // The same hosts in the other order when seen from the other end.
            Route::Relayed { via } => {
                let mut via = via.clone();
                via.sort();
                Kind::Relayed(via)
            }
            Route::None => Kind::None,
        }
    }

    fn text(&self) -> String {
        match self {
            Kind::Direct => "direct".to_owned(),
            Kind::Tree(link) => format!("{link} link"),
            Kind::Relayed(via) => format!("relayed via {}", via.join(" ")),
            Kind::None => "not reached".to_owned(),
        }
    }
}

/// The kinds of all pairs by both their ends.
type Kinds = BTreeMap<(usize, usize), Kind>;

/// The hosts in classes whose members are connected alike, to each other and to all others.
fn classes(count: usize, kinds: &Kinds) -> Vec<Vec<usize>> {
    let mut classes: Vec<Vec<usize>> = Vec::new();
    for host in 0..count {
        let alike = |class: &&mut Vec<usize>| {
            let Some(first) = class.first().copied() else { return false };
            let inner = class
                .get(1)
                .map_or(kinds.get(&(first, host)), |second| kinds.get(&(first, *second)));
            let among = class.iter().all(|other| kinds.get(&(*other, host)) == inner);
            let others = (0..count).filter(|other| *other != host && !class.contains(other));
            among && others.into_iter().all(|o| kinds.get(&(host, o)) == kinds.get(&(first, o)))
        };
        match classes.iter_mut().find(alike) {
            Some(class) => class.push(host),
            None => classes.push(vec![host]),
        }
    }
    classes
}

/// A line for each two classes, and for each within itself.
pub fn fold(names: &[&str], pairs: &[Pair], paper: Paper) -> Vec<String> {
    let both = |pair: &Pair| {
        let kind = Kind::of(&pair.route);
        [((pair.a, pair.b), kind.clone()), ((pair.b, pair.a), kind)]
    };
    let classes = classes(names.len(), &pairs.iter().flat_map(both).collect());
    let class_of = |host: usize| classes.iter().position(|class| class.contains(&host));
    let mut groups: BTreeMap<(usize, usize), Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        if let (Some(a), Some(b)) = (class_of(pair.a), class_of(pair.b)) {
            groups.entry((a.min(b), a.max(b))).or_default().push(pair);
        }
    }
    let label = |class: usize| {
        let members = classes.get(class).into_iter().flatten();
        fold_names(&members.filter_map(|host| names.get(*host).copied()).collect::<Vec<_>>())
    };
    let rows: Vec<(String, &Vec<&Pair>)> = groups
        .iter()
        .map(|((a, b), pairs)| {
            let ends = if a == b { label(*a) } else { format!("{} - {}", label(*a), label(*b)) };
            (ends, pairs)
        })
        .collect();
    let width = rows.iter().map(|(ends, _)| ends.chars().count()).max().unwrap_or(0);
    let line = |(ends, pairs): &(String, &Vec<&Pair>)| {
        let route = pairs.first().map_or(&Route::None, |pair| &pair.route);
        let times = || pairs.iter().filter_map(|pair| pair.rtt_us);
        let most = times().max();
        let text = format!("{:>11}{}", range(times().min(), most), mark(route));
        let code = Some(colour(route, most)).filter(|_| paper.colour);
        let count = pairs.len();
        let kind = Kind::of(route).text();
        format!("{ends:width$} {} {count:>6}  {kind}", paint(&text, code))
    };
    let head = format!("{:width$} {:>11}  {:>6}  ROUTE", "HOSTS", "RTT/MS", "PAIRS");
    std::iter::once(head).chain(rows.iter().map(line)).collect()
}

fn range(least: Option<u64>, most: Option<u64>) -> String {
    match (least, most) {
        (Some(least), Some(most)) if ms(least) == ms(most) => ms(least),
        (Some(least), Some(most)) => format!("{}-{}", ms(least), ms(most)),
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_connected_alike_are_one_row() {
        // desk, gate, and two sites of three behind them.
        let names = ["desk", "gate", "a1", "a2", "a3", "b1", "b2", "b3"];
        let mut pairs = Vec::new();
        for a in 0..8 {
            for b in a + 1..8 {
                let route = match (a, b) {
                    (0, 1) => Route::Tree { link: "ssh".into() },
                    (0, _) => Route::Relayed { via: vec!["gate".into()] },
                    (1, _) => Route::Tree { link: "ssh".into() },
                    (2..=4, 5..) => Route::Relayed { via: vec!["gate".into()] },
                    _ => Route::Direct { from: a },
                };
                let rtt_us = Some(100 * (1 + b as u64));
                pairs.push(Pair { a, b, route, rtt_us, burst: None, why: Vec::new() });
            }
        }
        let lines = fold(&names, &pairs, Paper { columns: 80, colour: false });
        let want = [
            "HOSTS                RTT/MS   PAIRS  ROUTE",
            "desk - gate            0.20=      1  ssh link",
            "desk - a[1-3]     0.30-0.50~      3  relayed via gate",
            "desk - b[1-3]     0.60-0.80~      3  relayed via gate",
            "gate - a[1-3]     0.30-0.50=      3  ssh link",
            "gate - b[1-3]     0.60-0.80=      3  ssh link",
            "a[1-3]            0.40-0.50       3  direct",
            "a[1-3] - b[1-3]   0.60-0.80~      9  relayed via gate",
            "b[1-3]            0.70-0.80       3  direct",
        ];
        assert_eq!(lines, want);
    }
}
