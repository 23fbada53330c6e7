//! What hosts say to each other about the control state: what decodes, encodes to the same, and a
//! voter that leads two others and hears it goes on.

use super::{Target, seen};
use posse_control::Word;
use posse_control::consensus::{Config, Input, Node, Output, Stored, VoterId, founded};
use posse_wire::{HostId, Incarnation};

pub(super) const TARGET: Target = Target {
    name: "words",
    says: "words of other hosts' control states, to a voter",
    run,
    corpus: include_str!("../../corpus/words.txt"),
};

fn id(host: u32) -> VoterId {
    VoterId::new(HostId(host), Incarnation(1))
}

fn three() -> Stored {
    let mut stored = founded(id(0));
    stored.meta.members.voters = vec![id(0), id(1), id(2)];
    stored.state.members = stored.meta.members.clone();
    stored
}

fn run(bytes: &[u8]) -> u64 {
    let word = match Word::decode(bytes) {
        Err(error) => return seen(std::mem::discriminant(&error)),
        Ok(word) => word,
    };
    assert_eq!(Word::decode(&word.encode()).as_ref(), Ok(&word));
    let Word::Voter(message) = &word else { return seen(std::mem::discriminant(&word)) };
    let config = Config { me: id(0), chance: 1, snapshot_after: 5 };
    let Ok(mut node) = Node::new(&config, three(), 0) else { return 0 };
    // Twice: the second comes to a voter that has heard the first.
    let (mut now, mut outputs) = (0, Vec::new());
    for _ in 0..2 {
        outputs.extend(node.handle(now, Input::Peer(message.clone())));
        let mut number = outputs.iter().filter_map(|output| match output {
            Output::Persist(persist) => Some(persist.number),
            _ => None,
        });
        if let Some(number) = number.next_back() {
            outputs.extend(node.handle(now, Input::Persisted { number }));
        }
        now += 100_000;
        outputs.extend(node.handle(now, Input::Tick));
    }
    let kinds: Vec<_> = outputs.iter().map(std::mem::discriminant).collect();
    seen((std::mem::discriminant(&message.body), kinds))
}

#[cfg(test)]
mod tests {
    use super::TARGET;
    use posse_control::Word;

    #[test]
    fn every_input_but_the_odd_ones_decodes() {
        let inputs = crate::parse(TARGET.corpus);
        let good = inputs.iter().filter(|input| Word::decode(&input.bytes).is_ok()).count();
        assert!(good >= 12, "{good}");
    }
}
