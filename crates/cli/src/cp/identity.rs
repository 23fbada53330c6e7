//! Which places may be one and the same: on one computer the kernel knows; two computers can share
//! only what is not a disk of their own. Called by `receive.rs`; `shared.rs` compares.

use super::place::Place;
use rustix::fs::{fstat, fstatfs};
use std::io;

/// File systems that no two kernels have in common: ext2 to 4, XFS, Btrfs, tmpfs, ramfs, overlay,
/// F2FS, ZFS, bcachefs, JFS, ReiserFS.
const OWN: [u64; 11] = [
    0xEF53,
    0x5846_5342,
    0x9123_683E,
    0x0102_1994,
    0x8584_58F6,
    0x794C_7630,
    0xF2F5_2010,
    0x2FC1_2FC1,
    0xCA45_1A4E,
    0x3153_464A,
    0x5265_4973,
];

/// Equal where the place may be the same; what is only alike is told apart by a look.
pub fn key(place: &Place) -> io::Result<String> {
    let about = fstat(&place.root)?;
    let system = fstatfs(&place.root)?;
    let kind = (system.f_type as u64) & 0xFFFF_FFFF;
    let leaf = place.leaf.as_deref().unwrap_or_default().as_encoded_bytes();
    let leaf = blake3::hash(leaf).to_hex();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    Ok(match (OWN.contains(&kind), boot) {
        (true, Ok(boot)) => format!("{} {} {} {leaf}", boot.trim(), about.st_dev, about.st_ino),
        _ => format!("{kind:x} {} {leaf}", about.st_ino),
    })
}
