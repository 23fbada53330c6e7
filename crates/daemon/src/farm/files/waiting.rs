//! Who waits to hear what is in a file, by question. Used by `inputs` and `elsewhere`.

use posse_farm::files::Found;
use std::cell::RefCell;
use std::collections::BTreeMap;
use tokio::sync::oneshot::{Receiver, Sender, channel};

pub(super) type Answer = Result<Found, String>;

pub(super) struct Waiting<K>(RefCell<BTreeMap<K, Vec<Sender<Answer>>>>);

impl<K> Default for Waiting<K> {
    fn default() -> Self {
        Waiting(RefCell::default())
    }
}

impl<K: Ord> Waiting<K> {
    /// The answer, when it comes; and whether nobody else waits for it.
    pub fn wait(&self, question: K) -> (Receiver<Answer>, bool) {
        let (sender, receiver) = channel();
        let mut all = self.0.borrow_mut();
        let others = all.entry(question).or_default();
        others.retain(|other| !other.is_closed());
        let is_first = others.is_empty();
        others.push(sender);
        (receiver, is_first)
    }

    pub fn answer(&self, question: &K, answer: &Answer) {
        for one in self.0.borrow_mut().remove(question).unwrap_or_default() {
            let _not_waited_for_any_more = one.send(answer.clone());
        }
    }
}
