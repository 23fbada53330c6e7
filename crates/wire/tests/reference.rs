//! `docs/reference/wire.md` says what the code says. `POSSE_WRITE=1` writes it.

#![allow(clippy::unwrap_used)]

use posse_wire::{Kind, reference};
use std::collections::BTreeSet;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/wire.md");

#[test]
fn the_page_is_what_the_register_says() {
    if std::env::var_os("POSSE_WRITE").is_some() {
        std::fs::write(PAGE, reference()).unwrap();
    }
    let page = std::fs::read_to_string(PAGE).unwrap_or_default();
    let how = "run POSSE_WRITE=1 cargo test -p posse-wire --test reference";
    assert!(page == reference(), "docs/reference/wire.md is behind the code; {how}");
}

#[test]
fn every_kind_is_documented_and_has_its_own_number() {
    let mut numbers = BTreeSet::new();
    for kind in Kind::ALL {
        assert!(numbers.insert(*kind as u16), "{} has another's number", kind.name());
        assert!(kind.doc().len() > 10, "{} has no word on what it is for", kind.name());
        assert_eq!(Kind::from_number(*kind as u16).unwrap(), *kind);
        assert!(reference().contains(&format!("`{}`", kind.name())));
    }
    assert!(Kind::from_number(0).is_err());
    assert!(Kind::from_number(u16::MAX).is_err());
}
