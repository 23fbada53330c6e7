//! The container against everything: what comes back is what went in, however it is cut; any bytes
//! end in records or an error; nothing is written outside of the target.

use super::decode::{Decoder, Record};
use super::encode::Encoder;
use super::limits::{DEPTH_MAX, HEADER_BYTES};
use super::place::{Wish, resolve};
use super::record::{Close, Entry, Kind, Malformed, Totals, header, is_name, read_header};
use super::temporary::Temporaries;
use super::unpack::{Looks, Stop, Unpacker};
use super::walk::Walk;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

fn entry(kind: Kind, name: &[u8]) -> Entry {
    let target = if kind == Kind::Link { b"/etc".to_vec() } else { Vec::new() };
    Entry { kind, mode: 0o640, seconds: -5, nanos: 7, size: 3, name: name.to_vec(), target }
}

/// A directory with a file and a link, and what follows it.
fn sample(content: &[u8]) -> (Vec<u8>, Totals) {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.control(b"{}").unwrap();
    encoder.entry(&entry(Kind::Directory, b"d")).unwrap();
    encoder.entry(&entry(Kind::File, b"f\n -")).unwrap();
    let mut record = vec![0; HEADER_BYTES];
    record.extend(content);
    encoder.data(&mut record).unwrap();
    encoder.close(false).unwrap();
    encoder.entry(&entry(Kind::Link, b"l")).unwrap();
    encoder.leave().unwrap();
    let totals = encoder.end().unwrap();
    (bytes, totals)
}

/// Every record as text, content joined.
fn records(bytes: &[u8], cut: usize) -> Result<(Vec<String>, bool), Malformed> {
    let mut decoder = Decoder::default();
    let (mut seen, mut content) = (Vec::new(), Vec::new());
    for part in bytes.chunks(cut) {
        decoder.feed(part, |record| {
            match record {
                Record::Data(data) => content.extend_from_slice(data),
                other => {
                    seen.push(format!("{content:?} {other:?}"));
                    content.clear();
                }
            }
            Ok::<(), Malformed>(())
        })?;
    }
    Ok((seen, decoder.is_complete()))
}

#[test]
fn what_went_in_comes_out_however_it_is_cut() {
    let (bytes, totals) = sample(b"abc");
    let (whole, complete) = records(&bytes, bytes.len()).unwrap();
    assert!(complete);
    assert_eq!(whole.len(), 7);
    assert!(whole[3].starts_with("[97, 98, 99] Close"));
    assert_eq!(whole[6], format!("[] {:?}", Record::End(totals)));
    for cut in 1..40 {
        assert_eq!(records(&bytes, cut).unwrap().0, whole, "cut into {cut}");
    }
}

#[test]
fn every_cut_is_incomplete_and_every_flip_is_seen() {
    let (bytes, _) = sample(b"abc");
    for end in 0..bytes.len() {
        let (_, complete) = records(&bytes[..end], 7).unwrap();
        assert!(!complete, "cut at {end}");
    }
    // Control records carry no checksum: their reader judges them.
    for at in HEADER_BYTES + 2..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            let result = records(&damaged, 4096);
            assert!(!matches!(result, Ok((_, true))), "bit {bit} of {at}");
        }
    }
}

#[test]
fn names_stay_where_they_are() {
    for name in [&b""[..], b".", b"..", b"/", b"a/b", b"/etc", b"a\0", &[b'x'; 256]] {
        assert!(!is_name(name));
        let body = entry(Kind::File, name).body();
        assert!(Entry::read(Kind::File, &body).is_err(), "{name:?}");
    }
    for name in [&b"-rf"[..], b" ", b"\n", b"...", b"\xff\xfe", &[b'x'; 255]] {
        let entry = entry(Kind::Link, name);
        assert_eq!(Entry::read(Kind::Link, &entry.body()).unwrap(), entry);
    }
}

#[test]
fn lengths_are_checked_before_anything_is_kept() {
    for kind in [b'C', b'F', b'D', b'L', b'.', b'=', b'<', b'E', b'X', 0] {
        assert!(read_header([kind, 0xFF, 0xFF, 0xFF, 0xFF]).is_err());
    }
    assert!(read_header(header(Kind::Data, 0)).is_err());
    assert!(read_header(header(Kind::Leave, 1)).is_err());
    let mut deep = Vec::new();
    let mut encoder = Encoder::new(&mut deep);
    (0..=DEPTH_MAX).for_each(|_| encoder.entry(&entry(Kind::Directory, b"d")).unwrap());
    assert_eq!(records(&deep, 4096), Err(Malformed("too many directories")));
}

fn any_record() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::collection::vec(any::<u8>(), 0..6);
    let kinds = prop_oneof![Just(Kind::File), Just(Kind::Directory), Just(Kind::Link)];
    prop_oneof![
        (kinds, name).prop_map(|(kind, name)| framed(kind, &entry(kind, &name).body())),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|data| framed(Kind::Data, &data)),
        Just(framed(Kind::Leave, &[])),
        Just(framed(
            Kind::Close,
            &Close { bytes: 0, hash: *blake3::hash(b"").as_bytes(), changed: true }.body()
        )),
        prop::collection::vec(any::<u8>(), 0..60),
    ]
}

fn framed(kind: Kind, body: &[u8]) -> Vec<u8> {
    [&header(kind, body.len())[..], body].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..4096), cut in 1usize..64) {
        let _either_way = records(&bytes, cut);
    }

    #[test]
    fn any_records_end_and_stay_inside(
        parts in prop::collection::vec(any_record(), 0..40),
        cut in 1usize..64,
    ) {
        let here = Scratch::new();
        fs::create_dir(here.path("in")).unwrap();
        symlink(here.path("out"), here.path("in/l")).unwrap();
        fs::create_dir(here.path("out")).unwrap();
        let _either_way = unpack(&here.path("in"), &parts.concat(), cut);
        prop_assert_eq!(fs::read_dir(here.path("out")).unwrap().count(), 0);
        prop_assert_eq!(fs::read_dir(&here.0).unwrap().count(), 2);
        prop_assert_eq!(leftovers(&here.path("in")), 0);
    }
}

/// A directory of this test, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        let name = format!("posse-cp-{}-{}", std::process::id(), super::temporary::fresh_name());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Scratch(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _left = fs::remove_dir_all(&self.0);
    }
}

fn leftovers(directory: &Path) -> usize {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with(super::temporary::PREFIX)).count()
}

fn unpacker(target: &Path, preserve: bool) -> Unpacker {
    let wish = Wish { path: target.to_owned(), recursive: true, ..Wish::default() };
    let looks = Looks { preserve, umask: 0o027 };
    Unpacker::new(resolve(&wish).unwrap(), looks, Temporaries::default())
}

fn unpack(target: &Path, bytes: &[u8], cut: usize) -> Result<Vec<String>, Stop> {
    let mut unpacker = unpacker(target, false);
    let mut decoder = Decoder::default();
    for part in bytes.chunks(cut) {
        decoder.feed(part, |record| unpacker.take(record))?;
    }
    Ok(unpacker.faults.lines())
}

fn pack(sources: &[PathBuf]) -> (Vec<u8>, Vec<String>) {
    let mut bytes = Vec::new();
    let mut walk = Walk::new(Encoder::new(&mut bytes), true);
    sources.iter().for_each(|source| walk.source(source).unwrap());
    walk.end().unwrap();
    let faults = walk.faults.lines();
    drop(walk);
    (bytes, faults)
}

#[test]
fn a_tree_comes_back_as_it_was() {
    let here = Scratch::new();
    fs::create_dir_all(here.path("a/sub dir/-x")).unwrap();
    fs::write(here.path("a/sub dir/new\nline"), b"1").unwrap();
    fs::write(here.path("a/empty"), b"").unwrap();
    fs::set_permissions(here.path("a/empty"), fs::Permissions::from_mode(0o6777)).unwrap();
    fs::set_permissions(here.path("a/sub dir"), fs::Permissions::from_mode(0o555)).unwrap();
    symlink("nowhere", here.path("a/link")).unwrap();
    let (bytes, faults) = pack(&[here.path("a")]);
    assert!(faults.is_empty(), "{faults:?}");
    assert!(unpack(&here.path("b"), &bytes, 4096).unwrap().is_empty());
    assert_eq!(fs::read(here.path("b/sub dir/new\nline")).unwrap(), b"1");
    assert!(fs::metadata(here.path("b/sub dir/-x")).unwrap().is_dir());
    assert_eq!(fs::read_link(here.path("b/link")).unwrap(), Path::new("nowhere"));
    let mode = |name: &str| fs::metadata(here.path(name)).unwrap().mode() & 0o7777;
    assert_eq!((mode("b/empty"), mode("b/sub dir")), (0o750, 0o550));
    // Once more, with everything as it was; what is there is replaced.
    let mut kept = unpacker(&here.path("b"), true);
    let mut decoder = Decoder::default();
    fs::set_permissions(here.path("b/sub dir"), fs::Permissions::from_mode(0o755)).unwrap();
    decoder.feed(&bytes, |record| kept.take(record)).unwrap();
    assert!(kept.faults.is_empty());
    let time = |name: &str| fs::metadata(here.path(name)).unwrap().mtime_nsec();
    assert_eq!(mode("b/a/empty"), 0o777);
    assert_eq!(time("a/empty"), time("b/a/empty"));
    assert_eq!(time("a/sub dir"), time("b/a/sub dir"));
    for name in ["a/sub dir", "b/sub dir", "b/a/sub dir"] {
        fs::set_permissions(here.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn links_on_the_way_are_not_followed() {
    let here = Scratch::new();
    fs::create_dir_all(here.path("a/d")).unwrap();
    fs::write(here.path("a/d/f"), b"new").unwrap();
    fs::write(here.path("a/g"), b"new").unwrap();
    fs::create_dir_all(here.path("b/a")).unwrap();
    fs::create_dir(here.path("out")).unwrap();
    fs::write(here.path("kept"), b"old").unwrap();
    symlink(here.path("out"), here.path("b/a/d")).unwrap();
    symlink(here.path("kept"), here.path("b/a/g")).unwrap();
    let (bytes, _) = pack(&[here.path("a")]);
    let faults = unpack(&here.path("b"), &bytes, 4096).unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("b/a/d: "), "{faults:?}");
    assert_eq!(fs::read_dir(here.path("out")).unwrap().count(), 0);
    assert_eq!(fs::read(here.path("kept")).unwrap(), b"old");
    assert_eq!(fs::read(here.path("b/a/g")).unwrap(), b"new");
}

#[test]
fn a_stream_that_ends_early_leaves_nothing_of_its_file() {
    let here = Scratch::new();
    fs::write(here.path("f"), vec![7; 100_000]).unwrap();
    let (bytes, _) = pack(&[here.path("f")]);
    fs::create_dir(here.path("to")).unwrap();
    for end in [0, 10, 60, 50_000, bytes.len() - 60] {
        unpack(&here.path("to"), &bytes[..end], 1000).unwrap();
        assert_eq!(fs::read_dir(here.path("to")).unwrap().count(), 0, "cut at {end}");
    }
}

#[test]
fn targets_are_those_of_cp() {
    let here = Scratch::new();
    fs::write(here.path("file"), b"").unwrap();
    symlink("gone", here.path("dangling")).unwrap();
    let wish = |name: &str| Wish { path: here.path(name), ..Wish::default() };
    let leaf = |wish: &Wish| resolve(wish).map(|place| place.leaf.map(PathBuf::from));
    assert_eq!(leaf(&wish("")), Ok(None));
    assert_eq!(leaf(&wish("new")), Ok(Some("new".into())));
    assert_eq!(leaf(&wish("file")), Ok(Some("file".into())));
    for name in ["file/", "new/", "no/new", "dangling"] {
        assert!(leaf(&wish(name)).is_err(), "{name}");
    }
    assert!(leaf(&Wish { many: true, ..wish("file") }).is_err());
    assert!(leaf(&Wish { many: true, ..wish("new") }).is_err());
    assert_eq!(leaf(&Wish { recursive: true, ..wish("new/") }), Ok(Some("new".into())));
    assert_eq!(leaf(&Wish { make: true, ..wish("x/y/z") }), Ok(Some("z".into())));
    assert_eq!(leaf(&Wish { make: true, ..wish("x/dir/") }), Ok(None));
    assert!(leaf(&wish("/dev/null")).is_err());
}
