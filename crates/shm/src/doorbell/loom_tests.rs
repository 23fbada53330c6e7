//! No interleaving loses a wake-up: a receiver that sleeps for ever after a push is a deadlock,
//! which loom reports.

use super::page::{Page, Wait};
use crate::memory::heap;
use crate::sync::{AtomicU64, Ordering::Relaxed};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

type Words = std::sync::Arc<Vec<AtomicU64>>;

/// An eventfd: a counter, and a sleep until it is not zero.
#[derive(Default)]
struct Event {
    count: Mutex<u64>,
    rung: Condvar,
}

impl Event {
    fn ring(&self) {
        *self.count.lock().unwrap() += 1;
        self.rung.notify_one();
    }

    fn wait(&self) {
        let mut count = self.count.lock().unwrap();
        while *count == 0 {
            count = self.rung.wait(count).unwrap();
        }
        *count = 0;
    }
}

/// A ring that holds one thing: what was pushed last. Relaxed, so that nothing but the doorbell
/// orders it.
fn push(rings: &Words, number: u32, value: u64, page: &Page<Words>, event: &Event) {
    rings[number as usize].store(value, Relaxed);
    if page.announce(number).unwrap() {
        event.ring();
    }
}

/// Waits until each ring holds its last value, as a receiver would: looking only into rings that
/// are said to have news.
fn receive(rings: &Words, last: &[u64], page: &Page<Words>, event: &Event) {
    let mut seen = vec![0; last.len()];
    while seen != last {
        let news = match page.take().unwrap() {
            0 => match page.prepare().unwrap() {
                Wait::News(news) => news,
                Wait::Sleep => {
                    event.wait();
                    page.awake().unwrap();
                    page.take().unwrap()
                }
            },
            news => news,
        };
        for (number, value) in seen.iter_mut().enumerate().filter(|(n, _)| news >> n & 1 == 1) {
            *value = rings[number].load(Relaxed);
        }
    }
}

fn model(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(test);
}

#[test]
fn two_pushes_of_one_sender_are_seen() {
    model(4, || {
        let (rings, words, event) = (heap(1), heap(2), Arc::new(Event::default()));
        let sender = {
            let (rings, page, event) = (rings.clone(), Page(words.clone()), event.clone());
            thread::spawn(move || {
                push(&rings, 0, 1, &page, &event);
                push(&rings, 0, 2, &page, &event);
            })
        };
        receive(&rings, &[2], &Page(words), &event);
        sender.join().unwrap();
    });
}

#[test]
fn two_senders_are_seen() {
    model(3, || {
        let (rings, words, event) = (heap(2), heap(2), Arc::new(Event::default()));
        let senders = [0, 1].map(|number| {
            let (rings, page, event) = (rings.clone(), Page(words.clone()), event.clone());
            thread::spawn(move || push(&rings, number, 1, &page, &event))
        });
        receive(&rings, &[1, 1], &Page(words), &event);
        for sender in senders {
            sender.join().unwrap();
        }
    });
}
