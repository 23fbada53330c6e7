//! A segment with its owner and readers.

use super::{Extent, Misuse, Owner};
use crate::mapping::{Access, Mapping};
use crate::{Fault, SetupError};

#[test]
fn a_message_is_written_once_and_read_by_all() {
    let (mut owner, parts) = Owner::create(1 << 20).unwrap();
    let views = [parts.view().unwrap(), parts.try_clone().unwrap().view().unwrap()];
    let extent = owner.take(100_000).unwrap();
    let message: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    owner.write(extent.id, 0, &message[..7]).unwrap();
    owner.write(extent.id, 7, &message[7..]).unwrap();
    for (reader, view) in views.iter().enumerate() {
        owner.share(extent.id, reader as u64).unwrap();
        let mut out = vec![0; 100_000];
        view.read(extent, 0, &mut out).unwrap();
        assert_eq!(out, message);
        view.read(extent, 99_999, &mut out[..1]).unwrap();
        assert_eq!(out[0], message[99_999]);
    }
    owner.let_go(extent.id).unwrap();
    assert!(owner.free_bytes() < 1 << 20);
    owner.release(extent.id, 0).unwrap();
    assert_eq!(owner.release(extent.id, 0), Err(Misuse::NotHeld { id: extent.id, reader: 0 }));
    assert_eq!(owner.share(extent.id, 2), Err(Misuse::LetGo { id: extent.id }));
    assert!(owner.write(extent.id, 0, b"x").is_err());
    owner.release(extent.id, 1).unwrap();
    assert_eq!(owner.free_bytes(), 1 << 20);
    assert_eq!(owner.release(extent.id, 1), Err(Misuse::NoExtent { id: extent.id }));
}

#[test]
fn what_the_dead_held_comes_back() {
    let (mut owner, _parts) = Owner::create(1 << 16).unwrap();
    for reader in 0..10 {
        let extent = owner.take(1000).unwrap();
        owner.share(extent.id, reader % 2).unwrap();
        owner.share(extent.id, reader % 2).unwrap();
        owner.let_go(extent.id).unwrap();
    }
    let kept = owner.take(1000).unwrap();
    owner.share(kept.id, 0).unwrap();
    assert_eq!(owner.gone(0), 5);
    assert_eq!(owner.gone(0), 0);
    owner.let_go(kept.id).unwrap();
    assert_eq!(owner.gone(1), 5);
    assert_eq!(owner.free_bytes(), 1 << 16);
}

#[test]
fn nothing_outside_is_read_or_written() {
    let (mut owner, parts) = Owner::create(8192).unwrap();
    let view = parts.view().unwrap();
    let extent = owner.take(100).unwrap();
    let size = Fault::Outside { at: 90, bytes: 11, size: 100 };
    assert_eq!(owner.write(extent.id, 90, &[0; 11]), Err(size));
    assert_eq!(view.read(extent, 90, &mut [0; 11]), Err(size));
    assert!(owner.write(extent.id, u64::MAX, &[0; 2]).is_err());
    assert!(owner.write(extent.id + 1, 0, &[]).is_err());
    for (at, bytes) in [(8192, 1), (8000, 1000), (u64::MAX, u64::MAX), (0, u64::MAX)] {
        let lie = Extent { id: 0, at, bytes };
        assert!(view.read(lie, 0, &mut [0; 8193]).is_err());
        assert!(view.read(lie, u64::MAX - 3, &mut [0; 8]).is_err());
    }
    assert!(owner.take(8192).is_none());
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
