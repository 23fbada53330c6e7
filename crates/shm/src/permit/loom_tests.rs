//! In no interleaving do two hold the same permit.

use super::slots::{Owner, take};
use crate::memory::heap;
use crate::sync::{AtomicU64, Ordering::Relaxed};
use loom::sync::Arc;
use loom::thread;

#[test]
fn a_permit_has_one_holder() {
    loom::model(|| {
        let (memory, holders) = (heap(1), Arc::new(AtomicU64::new(0)));
        let spinners = [1, 2].map(|number| {
            let (memory, holders) = (memory.clone(), holders.clone());
            thread::spawn(move || {
                let owner = Owner::new(number).unwrap();
                if let Some(permit) = take(&memory, owner, &mut 0).unwrap() {
                    assert_eq!(holders.fetch_add(1, Relaxed), 0);
                    holders.fetch_sub(1, Relaxed);
                    drop(permit);
                }
            })
        });
        for spinner in spinners {
            spinner.join().unwrap();
        }
        assert_eq!(memory[0].load(Relaxed), 0);
    });
}
