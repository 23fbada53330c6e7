//! Permits of one page, as several owners take them.

use super::{Owner, Parts, Spinner, Spun, usable_cores};
use crate::SetupError;
use std::time::Duration;

fn owner(number: u64) -> Owner {
    Owner::new(number).unwrap()
}

#[test]
fn there_are_as_many_as_there_are() {
    let parts = Parts::create(2).unwrap();
    let (one, other) = (parts.map().unwrap(), parts.try_clone().unwrap().map().unwrap());
    let mut hint = 0;
    let first = one.take(owner(7), &mut hint).unwrap().unwrap();
    let second = other.take(owner(8), &mut hint).unwrap().unwrap();
    assert!(one.take(owner(9), &mut hint).unwrap().is_none());
    drop(first);
    assert!(one.take(owner(9), &mut hint).unwrap().is_some());
    drop(second);
}

#[test]
fn the_permits_of_the_dead_come_back_once() {
    let parts = Parts::create(3).unwrap();
    let permits = parts.map().unwrap();
    let mut hint = 0;
    let late = permits.take(owner(7), &mut hint).unwrap().unwrap();
    let held = permits.take(owner(7), &mut hint).unwrap().unwrap();
    let others = permits.take(owner(8), &mut hint).unwrap().unwrap();
    assert_eq!(permits.reclaim(|holder| holder == owner(7)), Ok(2));
    assert_eq!(permits.reclaim(|holder| holder == owner(7)), Ok(0));
    // Given to another meanwhile, a permit is not freed by who held it before.
    let next = permits.take(owner(9), &mut hint).unwrap().unwrap();
    let after = permits.take(owner(9), &mut hint).unwrap().unwrap();
    drop((late, held));
    assert!(permits.take(owner(1), &mut hint).unwrap().is_none());
    drop((next, after, others));
}

#[test]
fn who_spins_holds_a_permit_and_gives_it_back() {
    let parts = Parts::create(1).unwrap();
    let permits = parts.map().unwrap();
    let mut spinner = Spinner::new(owner(1), Duration::from_secs(60));
    let (mut looks, mut free_while_spinning) = (0, true);
    let spun = spinner.spin(&permits, || {
        looks += 1;
        if looks > 1 {
            free_while_spinning = permits.take(owner(2), &mut 0).unwrap().is_some();
        }
        looks == 1000
    });
    assert_eq!((spun, free_while_spinning), (Spun::Ready, false));
    let held = permits.take(owner(2), &mut 0).unwrap().unwrap();
    // Without a permit it gives up long before its time.
    assert_eq!(spinner.spin(&permits, || false), Spun::Block);
    drop(held);
    let mut short = Spinner::new(owner(1), Duration::ZERO);
    assert_eq!(short.spin(&permits, || false), Spun::Block);
}

#[test]
fn a_host_has_a_core_and_a_page_has_permits() {
    assert!(usable_cores() >= 1);
    assert!(matches!(Parts::create(0), Err(SetupError::Size { .. })));
    assert!(matches!(Parts::create(8193), Err(SetupError::Size { .. })));
}
