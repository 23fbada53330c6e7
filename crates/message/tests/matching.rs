//! The indexed table against a list that is searched from its front: any mix of messages,
//! receives of all forms, probes and cancels gives the same matches.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use posse_message::matching::{Arrival, Place, Posting, Table};
use posse_message::{Attributes, Envelope, Mode, Scope, Want};
use posse_wire::ProcessId;
use proptest::prelude::*;

/// What the table does, the slow way.
#[derive(Default)]
struct Model {
    arrived: Vec<(Envelope, u32)>,
    posted: Vec<(Want, u32)>,
    standing: Vec<(Want, u32)>,
}

impl Model {
    fn arrive(&mut self, envelope: Envelope, message: u32) -> Option<u32> {
        if let Some((_, receive)) = self.standing.iter().find(|(want, _)| want.accepts(&envelope)) {
            return Some(*receive);
        }
        match self.posted.iter().position(|(want, _)| want.accepts(&envelope)) {
            Some(at) => Some(self.posted.remove(at).1),
            None => {
                self.arrived.push((envelope, message));
                None
            }
        }
    }

    fn take(&mut self, want: &Want) -> Option<u32> {
        let at = self.arrived.iter().position(|(envelope, _)| want.accepts(envelope))?;
        Some(self.arrived.remove(at).1)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Arrive(Envelope),
    Post(Want),
    Stand(Want),
    Probe(Want),
    Take(Want),
    Cancel(prop::sample::Index),
    Dismiss(prop::sample::Index),
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let pair = (prop::sample::select(vec!["a", "b", "c"]), prop::sample::select(vec!["1", "2"]));
    prop::collection::btree_map(pair.clone().prop_map(|p| p.0), pair.prop_map(|p| p.1), 0..3)
        .prop_map(|map| {
            let pairs: Vec<(&str, &[u8])> = map.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
            Attributes::new(&pairs).expect("small")
        })
}

fn scope() -> impl Strategy<Value = Scope> {
    (0..2u8, 0..2u64).prop_map(|(face, context)| Scope { face, context })
}

fn want() -> impl Strategy<Value = Want> {
    let source = prop::option::of((1..4u64).prop_map(ProcessId));
    (scope(), source, prop::option::of(0..3i64), attributes())
        .prop_map(|(scope, source, tag, attributes)| Want { scope, source, tag, attributes })
}

fn envelope() -> impl Strategy<Value = Envelope> {
    (scope(), 1..4u64, 0..3i64, attributes()).prop_map(|(scope, source, tag, attributes)| {
        Envelope {
            source: ProcessId(source),
            destination: ProcessId(9),
            number: 1,
            scope,
            tag,
            length: 0,
            mode: Mode::Eager,
            attributes,
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => envelope().prop_map(Step::Arrive),
        6 => want().prop_map(Step::Post),
        1 => want().prop_map(Step::Stand),
        2 => want().prop_map(Step::Probe),
        2 => want().prop_map(Step::Take),
        1 => any::<prop::sample::Index>().prop_map(Step::Cancel),
        2 => any::<prop::sample::Index>().prop_map(Step::Dismiss),
    ]
}

fn check(steps: Vec<Step>) {
    let (mut table, mut model) = (Table::<u32, u32>::default(), Model::default());
    let mut places: Vec<(u32, Place)> = vec![];
    let mut standing: Vec<(u32, Place)> = vec![];
    for (number, step) in (0u32..).zip(steps) {
        match step {
            Step::Arrive(envelope) => {
                let met = match table.arrive(envelope.clone(), number) {
                    Arrival::Met { receive, envelope: same } => {
                        assert_eq!(same, envelope);
                        Some(receive)
                    }
                    Arrival::Queued(_) => None,
                };
                assert_eq!(met, model.arrive(envelope, number));
            }
            Step::Post(want) => {
                let met = match table.post(want.clone(), number) {
                    Posting::Met { message, .. } => Some(message),
                    Posting::Queued(place) => {
                        places.push((number, place));
                        None
                    }
                };
                assert_eq!(met, model.take(&want));
                if met.is_none() {
                    model.posted.push((want, number));
                }
            }
            Step::Stand(want) => {
                standing.push((number, table.stand(want.clone(), number)));
                model.standing.push((want, number));
            }
            Step::Probe(want) => {
                let expected = model.arrived.iter().find(|(envelope, _)| want.accepts(envelope));
                let found =
                    table.probe(&want).map(|(envelope, message)| (envelope.clone(), message));
                assert_eq!(found.as_ref(), expected);
            }
            Step::Take(want) => {
                assert_eq!(table.take(&want).map(|(_, message)| message), model.take(&want));
            }
            Step::Cancel(at) if !places.is_empty() => {
                let (number, place) = places.swap_remove(at.index(places.len()));
                let posted = model.posted.iter().position(|(_, receive)| *receive == number);
                let expected = posted.map(|at| model.posted.remove(at).1);
                assert_eq!(table.cancel(place), expected);
            }
            Step::Dismiss(at) if !standing.is_empty() => {
                let (number, place) = standing.swap_remove(at.index(standing.len()));
                model.standing.retain(|(_, receive)| *receive != number);
                assert_eq!(table.dismiss(place), Some(number));
                assert_eq!(table.dismiss(place), None);
            }
            Step::Cancel(_) | Step::Dismiss(_) => {}
        }
        assert_eq!(table.arrived(), model.arrived.len());
        assert_eq!(table.posted().count(), model.posted.len());
    }
    for face in 0..2 {
        for context in 0..2 {
            let scope = Scope { face, context };
            let scanned: Vec<u32> = table.scan(scope).map(|(_, message)| message).collect();
            let listed = model.arrived.iter().filter(|(envelope, _)| envelope.scope == scope);
            assert_eq!(scanned, listed.map(|(_, message)| *message).collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn the_table_matches_as_a_list_does(steps in prop::collection::vec(step(), 0..200)) {
        check(steps);
    }
}

/// What a receive by attribute has to look at does not grow with what waits beside it.
#[test]
fn ten_thousand_messages_are_told_apart_by_an_attribute() {
    let scope = Scope { face: 0, context: 0 };
    let mut table = Table::<usize, usize>::default();
    for number in 0..10_000 {
        let name = number.to_string();
        let attributes = Attributes::new(&[("id", name.as_bytes()), ("kind", b"all")]);
        let envelope = Envelope {
            source: ProcessId(1),
            destination: ProcessId(2),
            number: 1,
            scope,
            tag: 0,
            length: 0,
            mode: Mode::Eager,
            attributes: attributes.expect("small"),
        };
        table.arrive(envelope, number);
    }
    for number in (0..10_000).rev() {
        let name = number.to_string();
        let attributes = Attributes::new(&[("kind", b"all"), ("id", name.as_bytes())]);
        let want = Want::any(scope).having(attributes.expect("small"));
        assert_eq!(table.take(&want).map(|(_, message)| message), Some(number));
    }
    assert_eq!(table.arrived(), 0);
}
