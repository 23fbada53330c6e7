//! A segment with its owner and readers.

use super::{Extent, Owner};
use crate::mapping::{Access, Mapping};
use crate::{Fault, SetupError};

#[test]
fn a_message_is_written_once_and_read_by_all() {
    let (mut owner, parts) = Owner::create(1 << 20).unwrap();
    let views = [parts.view().unwrap(), parts.try_clone().unwrap().view().unwrap()];
    let other = owner.take(100).unwrap();
    let extent = owner.take(100_000).unwrap();
    let message: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    owner.write(extent, &message).unwrap();
    for view in &views {
        let mut out = b"before".to_vec();
        view.read(extent, &mut out).unwrap();
        assert!(out[..6] == *b"before" && out[6..] == message[..]);
    }
    owner.give(extent);
    assert_eq!(owner.take(1000).unwrap().at, extent.at);
    owner.give(Extent { bytes: 1000, ..extent });
    owner.give(other);
    assert_eq!(owner.free_bytes(), 1 << 20);
}

#[test]
fn nothing_outside_is_read_or_written() {
    let (mut owner, parts) = Owner::create(8192).unwrap();
    let view = parts.view().unwrap();
    let extent = owner.take(100).unwrap();
    let longer = Fault::Outside { at: 0, bytes: 101, size: 100 };
    assert_eq!(owner.write(extent, &[0; 101]), Err(longer));
    let mut out = vec![];
    for (at, bytes) in [(8192, 1), (8000, 1000), (u64::MAX, u64::MAX), (0, u64::MAX), (0, 8193)] {
        assert!(matches!(view.read(Extent { at, bytes }, &mut out), Err(Fault::Outside { .. })));
    }
    assert!(owner.take(8192).is_none() && out.is_empty());
}

#[test]
fn readers_can_not_write() {
    let (_owner, mut parts) = Owner::create(8192).unwrap();
    assert!(Mapping::new(&parts.memory, 8192, Access::Write).is_err());
    assert!(rustix::io::write(&parts.memory, b"x").is_err());
    parts.bytes = 4096;
    assert!(matches!(parts.view(), Err(SetupError::Other { .. })));
    assert!(matches!(Owner::create(0), Err(SetupError::Size { .. })));
    assert!(matches!(Owner::create(u64::MAX), Err(SetupError::Size { .. })));
}
