//! What a row of the benchmark is: the job, the target, and how it is measured.
//!
//! The type that every `tNN.rs`, and every row of `messages` and `tasks`, fills in. Called by
//! `commands.rs`, `relay.rs`, `messages` and `tasks`.

use anyhow::Result;

use super::contest::Contest;
use super::figure::{Figure, Measure};
use super::table::Row;

pub struct Spec {
    /// `T1` and so on, as in the issue; a letter behind it where a target has two parts.
    pub name: &'static str,
    pub what: &'static str,
    pub target: &'static str,
    pub measure: Measure,
    pub judge: fn(&Ratios) -> Option<bool>,
    pub run: fn(&Contest) -> Result<Found>,
}

/// What the measuring found.
pub struct Found {
    pub posse: Figure,
    pub floor: Figure,
    /// The best of them stands in the table, the others below it.
    pub peers: Vec<Figure>,
    pub notes: Vec<String>,
}

/// What a target can speak of.
pub struct Ratios {
    pub value: Option<f64>,
    pub to_floor: Option<f64>,
    pub to_peer: Option<f64>,
}

impl Spec {
    /// A row that could not be measured says so and holds up no other.
    pub fn row(&self, contest: &Contest) -> Row {
        let found = (self.run)(contest).unwrap_or_else(|error| Found {
            posse: Figure::failed("posse", &error),
            floor: Figure::Absent,
            peers: vec![],
            notes: vec![],
        });
        let Found { posse, floor, mut peers, mut notes } = found;
        let rank = |figure: &Figure| figure.get(self.measure).unwrap_or(f64::INFINITY);
        peers.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
        let peer = if peers.is_empty() { Figure::Absent } else { peers.remove(0) };
        notes.extend(
            peers.iter().map(|figure| figure.error().unwrap_or_else(|| figure.to_string())),
        );
        let ratios = Ratios {
            value: posse.get(self.measure),
            to_floor: posse.ratio(&floor, self.measure),
            to_peer: posse.ratio(&peer, self.measure),
        };
        Row {
            name: self.name,
            what: self.what,
            met: (self.judge)(&ratios),
            posse,
            floor,
            peer,
            measure: self.measure,
            target: self.target,
            notes,
        }
    }
}

/// Both, where both are known.
pub fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    Some(a? && b?)
}

pub fn at_most(value: Option<f64>, most: f64) -> Option<bool> {
    value.map(|value| value <= most)
}

pub fn at_least(value: Option<f64>, least: f64) -> Option<bool> {
    value.map(|value| value >= least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::cpu::Meter;

    #[test]
    fn the_best_peer_stands_in_the_table() {
        let spec = Spec {
            name: "T0",
            what: "",
            target: "",
            measure: Measure::Value,
            judge: |r| both(at_most(r.to_peer, 0.5), at_most(r.value, 1.0)),
            run: |_| {
                let peers = [("a", 5.0), ("b", 2.0)].map(|(by, n)| Figure::number(by, n, "s"));
                let posse = Figure::number("posse", 1.0, "s");
                Ok(Found { posse, floor: Figure::Absent, peers: peers.to_vec(), notes: vec![] })
            },
        };
        let row = spec.row(&Contest { meter: Meter::Machine, rounds: 1 });
        assert_eq!(row.peer.get(Measure::Value), Some(2.0));
        assert_eq!((row.met, row.notes), (Some(true), vec!["a: 5.000 s".to_owned()]));
    }
}
