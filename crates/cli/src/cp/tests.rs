//! A sender and a receiver face to face: what comes is what was there, whatever stands in the way,
//! nothing is written outside of the target, and only what changed is sent.

use super::manner::Manner;
use super::place::{Wish, resolve};
use super::receiver::{Receiver, Stop};
use super::sender::{Answers, Everything, Reading, Sender};
use super::talk::Change;
use super::temporary::{PREFIX, Temporaries, fresh_name};
use posse_bed::noise;
use posse_data::exclude::Excludes;
use posse_data::{Close, Decoder, Encoder, Ending, Entry, Kind, Malformed, Record, Totals, header};
use proptest::prelude::*;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

/// A directory of this test, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        let path = std::env::temp_dir().join(format!("cp-{}-{}", std::process::id(), fresh_name()));
        fs::create_dir(&path).unwrap();
        Scratch(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn directory(&self, name: &str) -> PathBuf {
        fs::create_dir_all(self.path(name)).unwrap();
        self.path(name)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _left = fs::remove_dir_all(&self.0);
    }
}

fn receiver(target: &Path, manner: Manner) -> Receiver {
    let (mirror, dry) = (manner.mirror, manner.dry);
    let path = target.to_owned();
    let wish = Wish { path, recursive: true, mirror, dry, ..Wish::default() };
    Receiver::new(resolve(&wish).unwrap(), manner, 0o027, Temporaries::default()).unwrap()
}

/// What a copy was.
struct Copied {
    receiver: Receiver,
    totals: Totals,
    /// On the wire.
    bytes: usize,
    faults: Vec<String>,
}

/// Answers through a channel.
struct Told(mpsc::Receiver<Vec<u8>>);

impl Answers for Told {
    fn ask(&mut self, _: usize, _: u8) -> io::Result<()> {
        Ok(())
    }

    fn answer(&mut self) -> io::Result<Vec<u8>> {
        self.0.recv().map_err(io::Error::other)
    }
}

fn copy(source: &Path, target: &Path, manner: &Manner) -> Copied {
    let (mut pipe, to) = io::pipe().unwrap();
    let (tell, told) = mpsc::sync_channel(1);
    let exclude = Excludes::new(&manner.exclude).unwrap();
    let reading = Reading { recursive: true, contents: manner.mirror, exclude };
    let source = source.to_owned();
    let sending = std::thread::spawn(move || {
        let mut sender = Sender::new(Encoder::new(to), Told(told), reading);
        sender.source(&source).unwrap();
        (sender.end().unwrap(), sender.faults.lines())
    });
    let mut receiver = receiver(target, manner.clone());
    let (mut decoder, mut buffer, mut bytes) = (Decoder::default(), vec![0; 100_000], 0);
    loop {
        let count = pipe.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        bytes += count;
        let fed = decoder.feed(&buffer[..count], |record| {
            if let Some(answer) = receiver.take(record)? {
                tell.send(answer).unwrap();
            }
            Ok::<(), Stop>(())
        });
        fed.unwrap();
    }
    let (totals, faults) = sending.join().unwrap();
    assert_eq!(receiver.totals, Some(totals));
    Copied { receiver, totals, bytes, faults }
}

fn mirror() -> Manner {
    Manner { mirror: true, preserve: true, quick: true, itemize: true, ..Manner::default() }
}

/// Kinds, modes, times, targets and contents of all below, one a line.
fn picture(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let about = fs::symlink_metadata(&path).unwrap();
        let below = path.strip_prefix(root).unwrap().display().to_string();
        let content = if about.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            String::new()
        } else if about.is_symlink() {
            fs::read_link(&path).unwrap().display().to_string()
        } else {
            posse_hash(&fs::read(&path).unwrap())
        };
        let mode = if about.is_symlink() { 0 } else { about.mode() };
        lines.push(format!("{below} {mode:o} {} {} {content}", about.mtime(), about.mtime_nsec()));
    }
    lines.sort();
    lines
}

fn posse_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn leftovers(directory: &Path) -> usize {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with(PREFIX)).count()
}

fn changes(copied: &Copied) -> Vec<(Change, &str)> {
    copied.receiver.items.iter().map(|item| (item.change, item.path.as_str())).collect()
}

fn odd_tree(here: &Scratch) -> PathBuf {
    here.directory("a/sub dir/-x");
    here.file("a/sub dir/new\nline", b"1");
    here.file("a/empty", b"");
    here.file("a/large", &noise(3_000_000, 1));
    here.mode("a/empty", 0o6777);
    here.mode("a/sub dir", 0o555);
    symlink("nowhere", here.path("a/link")).unwrap();
    here.path("a")
}

#[test]
fn a_tree_is_mirrored_and_the_second_time_nothing_is_sent() {
    let here = Scratch::new();
    let tree = odd_tree(&here);
    let first = copy(&tree, &here.path("b"), &mirror());
    assert!(first.receiver.faults.is_empty() && first.faults.is_empty());
    here.mode("a/empty", 0o777);
    assert_eq!(picture(&here.path("b")), picture(&tree));
    assert_eq!(first.totals.bytes, 3_000_001);
    let second = copy(&tree, &here.path("b"), &mirror());
    assert_eq!((second.totals.bytes, second.totals.size), (0, 3_000_001));
    assert_eq!(changes(&second), []);
    assert!(second.bytes < 2000, "{}", second.bytes);
    // By contents too: hashes are sent, and nothing else.
    let third = copy(&tree, &here.path("b"), &Manner { quick: false, ..mirror() });
    assert_eq!((third.totals.bytes, changes(&third)), (0, vec![]));
    assert!(third.bytes < 8000, "{}", third.bytes);
    here.mode("a/sub dir", 0o755);
    here.mode("b/sub dir", 0o755);
}

#[test]
fn what_changed_is_sent_and_the_rest_is_found() {
    let here = Scratch::new();
    let tree = odd_tree(&here);
    here.mode("a/sub dir", 0o755);
    copy(&tree, &here.path("b"), &mirror());
    let mut content = noise(3_000_000, 1);
    content.splice(1_000_000..1_000_000, *b"inserted");
    content.truncate(2_900_000);
    here.file("a/large", &content);
    here.file("a/sub dir/new\nline", b"2");
    here.mode("a/empty", 0o600);
    fs::remove_file(here.path("a/link")).unwrap();
    symlink("elsewhere", here.path("a/link")).unwrap();
    let copied = copy(&tree, &here.path("b"), &mirror());
    assert_eq!(picture(&here.path("b")), picture(&tree));
    assert!(copied.totals.bytes < 500_000, "{}", copied.totals.bytes);
    let expected = [
        (Change::Touch, "empty"),
        (Change::Link, "link"),
        (Change::Send, "large"),
        (Change::Send, "sub dir/new\nline"),
    ];
    assert_eq!(changes(&copied), expected);
    // The same content under another time.
    fs::File::open(tree.join("large")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    let touched = copy(&tree, &here.path("b"), &mirror());
    assert_eq!((touched.totals.bytes, changes(&touched)), (0, vec![(Change::Touch, "large")]));
    assert_eq!(picture(&here.path("b")), picture(&tree));
    assert_eq!(leftovers(&here.path("b")), 0);
}

#[test]
fn kinds_that_changed_make_way_and_what_is_not_there_goes() {
    let here = Scratch::new();
    here.directory("a/now a directory");
    here.file("a/now a directory/x", b"x");
    here.file("a/now a file", b"1");
    here.file("a/full", b"2");
    symlink("x", here.path("a/now a link")).unwrap();
    here.file("a/kept.o", b"source");
    let there = here.directory("b");
    here.file("b/now a directory", b"old");
    here.directory("b/now a file");
    here.directory("b/full/of/things");
    here.directory("b/now a link");
    here.directory("b/gone/deep/er");
    here.file("b/gone/deep/er/f", b"");
    here.directory("b/half gone/x");
    here.file("b/half gone/f.o", b"");
    here.file("b/kept.o", b"target");
    symlink("/etc", here.path("b/dangerous")).unwrap();
    let exclude = vec!["*.o".to_owned()];
    let plain = Manner { exclude: exclude.clone(), ..mirror() };
    let plain = copy(&here.path("a"), &there, &plain);
    // Without --delete a directory that is not empty stays.
    assert_eq!(plain.receiver.faults.lines().len(), 1, "{:?}", plain.receiver.faults);
    assert!(there.join("full/of/things").is_dir() && there.join("gone").is_dir());
    let copied = copy(&here.path("a"), &there, &Manner { delete: true, exclude, ..mirror() });
    assert!(copied.receiver.faults.is_empty(), "{:?}", copied.receiver.faults);
    assert_eq!(fs::read(there.join("kept.o")).unwrap(), b"target");
    assert!(there.join("half gone/f.o").is_file() && !there.join("half gone/x").exists());
    fs::remove_dir_all(there.join("half gone")).unwrap();
    here.file("b/kept.o", b"source");
    let all = Manner { delete: true, quick: false, ..mirror() };
    copy(&here.path("a"), &there, &all);
    assert_eq!(picture(&there), picture(&here.path("a")));
    assert!(Path::new("/etc/passwd").exists());
}

#[test]
fn a_dry_run_says_what_a_real_one_does_and_does_nothing() {
    let here = Scratch::new();
    let tree = odd_tree(&here);
    here.mode("a/sub dir", 0o755);
    let dry = |manner: Manner| Manner { dry: true, ..manner };
    let all = Manner { delete: true, ..mirror() };
    let absent = copy(&tree, &here.path("b"), &dry(all.clone()));
    assert!(!here.path("b").exists());
    let said: Vec<_> = absent.receiver.items.clone();
    let real = copy(&tree, &here.path("b"), &all);
    let sorted = |mut items: Vec<super::talk::Item>| {
        items.sort();
        items
    };
    assert_eq!(sorted(said), sorted(real.receiver.items));
    here.file("b/extra", b"");
    here.file("a/large", &noise(3_000_000, 2));
    here.mode("a/empty", 0o600);
    for manner in [all.clone(), Manner { quick: false, ..all }] {
        let before = picture(&here.path("b"));
        let said = copy(&tree, &here.path("b"), &dry(manner.clone()));
        assert_eq!((picture(&here.path("b")), said.totals.bytes), (before, 0));
        let real = copy(&tree, &here.path("b"), &manner);
        assert_eq!(sorted(said.receiver.items), sorted(real.receiver.items));
        here.file("b/extra", b"");
        here.file("a/large", &noise(3_000_000, 3));
        here.mode("a/empty", 0o640);
    }
}

#[test]
fn a_copy_of_what_is_there_sends_nothing() {
    let here = Scratch::new();
    here.directory("a");
    here.directory("b");
    here.file("a/f", &noise(1_000_000, 1));
    let plain = Manner::default();
    assert_eq!(copy(&here.path("a"), &here.path("b"), &plain).totals.bytes, 1_000_000);
    let inode = || fs::metadata(here.path("b/a/f")).unwrap().ino();
    let before = inode();
    assert_eq!(copy(&here.path("a"), &here.path("b"), &plain).totals.bytes, 0);
    assert_eq!(inode(), before);
    here.file("a/f", &[&noise(1_000_000, 1)[..], b"more"].concat());
    let copied = copy(&here.path("a"), &here.path("b"), &plain);
    assert!((4..400_000).contains(&copied.totals.bytes), "{}", copied.totals.bytes);
    assert_eq!(fs::read(here.path("a/f")).unwrap(), fs::read(here.path("b/a/f")).unwrap());
}

/// All that a sender writes that nobody answers.
fn pack(source: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reading = Reading { recursive: true, ..Reading::default() };
    let mut sender = Sender::new(Encoder::new(&mut bytes), Everything::default(), reading);
    sender.source(source).unwrap();
    sender.end().unwrap();
    drop(sender);
    bytes
}

fn unpack(target: &Path, manner: Manner, bytes: &[u8], cut: usize) -> Result<Vec<String>, Stop> {
    let mut receiver = receiver(target, manner);
    let mut decoder = Decoder::default();
    for part in bytes.chunks(cut) {
        decoder.feed(part, |record| receiver.take(record).map(drop))?;
    }
    Ok(receiver.faults.lines())
}

#[test]
fn a_file_that_was_interrupted_goes_on_where_it_was() {
    let here = Scratch::new();
    let content = noise(8_000_000, 1);
    here.directory("a");
    here.file("a/f", &content);
    let there = here.directory("b");
    let bytes = pack(&here.path("a"));
    // To a copy it is nothing, to a sync a beginning.
    unpack(&there, Manner::default(), &bytes[..5_000_000], 100_000).unwrap();
    assert_eq!(fs::read_dir(there.join("a")).unwrap().count(), 0);
    unpack(&there, mirror(), &bytes[..5_000_000], 100_000).unwrap();
    assert_eq!(leftovers(&there.join("a")), 1);
    let copied = copy(&here.path("a"), &there.join("a"), &mirror());
    assert!(copied.totals.bytes < 3_300_000, "{}", copied.totals.bytes);
    assert_eq!(picture(&here.path("a")), picture(&there.join("a")));
}

#[test]
fn a_stream_that_ends_early_leaves_nothing_of_its_file() {
    let here = Scratch::new();
    let bytes = pack(&here.file("f", &[7; 100_000]));
    here.directory("to");
    for end in [0, 10, 60, 50_000, bytes.len() - 60] {
        unpack(&here.path("to"), Manner::default(), &bytes[..end], 1000).unwrap();
        let count = fs::read_dir(here.path("to")).unwrap().count();
        assert_eq!(count, usize::from(end > 100_000), "cut at {end}");
        let _written = fs::remove_file(here.path("to/f"));
    }
}

#[test]
fn links_on_the_way_are_not_followed() {
    for (manner, faults) in [(Manner::default(), 1), (mirror(), 0)] {
        let here = Scratch::new();
        here.directory("a/d");
        here.file("a/d/f", b"new");
        here.file("a/g", b"new");
        here.directory("out");
        let there = here.directory("b/a");
        here.file("kept", b"old");
        symlink(here.path("out"), there.join("d")).unwrap();
        symlink(here.path("kept"), there.join("g")).unwrap();
        let target = if manner.mirror { there.clone() } else { here.path("b") };
        let copied = copy(&here.path("a"), &target, &manner);
        let lines = copied.receiver.faults.lines();
        assert_eq!(lines.len(), faults, "{lines:?}");
        assert!(lines.iter().all(|line| line.contains("b/a/d: ")), "{lines:?}");
        assert_eq!(fs::read_dir(here.path("out")).unwrap().count(), 0);
        assert_eq!(fs::read(here.path("kept")).unwrap(), b"old");
        assert_eq!(fs::read(there.join("g")).unwrap(), b"new");
    }
}

#[test]
fn a_link_that_is_planted_meanwhile_is_not_followed() {
    let here = Scratch::new();
    here.directory("a/d");
    here.file("a/d/f", b"new");
    here.directory("out");
    let there = here.directory("b");
    let bytes = pack(&here.path("a"));
    let mut receiver = receiver(&there, mirror());
    let fed = Decoder::default().feed(&bytes, |record| {
        // After the list, before the contents.
        if matches!(record, Record::Content(_)) {
            fs::rename(there.join("a/d"), here.path("moved")).unwrap();
            symlink(here.path("out"), there.join("a/d")).unwrap();
        }
        receiver.take(record).map(drop)
    });
    fed.unwrap();
    assert!(!receiver.faults.is_empty());
    assert_eq!(fs::read_dir(here.path("out")).unwrap().count(), 0);
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
    assert!(leaf(&Wish { mirror: true, ..wish("file") }).is_err());
    assert!(leaf(&Wish { mirror: true, ..wish("no/new") }).is_err());
    assert_eq!(leaf(&Wish { mirror: true, ..wish("made") }), Ok(None));
    assert!(here.path("made").is_dir());
}

fn entry(kind: Kind, name: &[u8]) -> Entry {
    let target = if kind == Kind::Link { b"/etc".to_vec() } else { Vec::new() };
    Entry { kind, mode: 0o640, seconds: -5, nanos: 7, size: 3, name: name.to_vec(), target }
}

fn framed(kind: Kind, body: &[u8]) -> Vec<u8> {
    [&header(kind, body.len())[..], body].concat()
}

fn any_record() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::collection::vec(any::<u8>(), 0..6);
    let kinds = prop_oneof![Just(Kind::File), Just(Kind::Directory), Just(Kind::Link)];
    let close = Close { bytes: 0, hash: *blake3::hash(b"").as_bytes(), ending: Ending::Changed };
    prop_oneof![
        (kinds, name).prop_map(|(kind, name)| framed(kind, &entry(kind, &name).body())),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|data| framed(Kind::Data, &data)),
        prop_oneof![Just(Kind::Ask), Just(Kind::Given), Just(Kind::Settle)]
            .prop_map(|kind| framed(kind, &[])),
        (0u32..3).prop_map(|file| framed(Kind::Content, &file.to_le_bytes())),
        Just(framed(Kind::Leave, &[1])),
        Just(framed(Kind::Close, &close.body())),
        prop::collection::vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_records_end_and_stay_inside(
        parts in prop::collection::vec(any_record(), 0..40),
        cut in 1usize..64,
        mirrors in any::<bool>(),
    ) {
        let here = Scratch::new();
        here.directory("in");
        symlink(here.path("out"), here.path("in/l")).unwrap();
        here.directory("out");
        let manner = Manner { delete: mirrors, mirror: mirrors, ..Manner::default() };
        let _either_way = unpack(&here.path("in"), manner, &parts.concat(), cut);
        prop_assert_eq!(fs::read_dir(here.path("out")).unwrap().count(), 0);
        prop_assert_eq!(fs::read_dir(&here.0).unwrap().count(), 2);
        prop_assert_eq!(leftovers(&here.path("in")), 0);
    }
}

/// Names that lead elsewhere, as archives of strangers have had them.
#[test]
fn the_corpus_of_names_that_lead_out_is_refused() {
    let deep = "../".repeat(64) + "etc/passwd";
    let long = "x".repeat(256);
    let names = [
        "..",
        ".",
        "",
        "/",
        "//",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a/..",
        "./x",
        "x/",
        "a//b",
        "..\0",
        "a\0b",
        "\0",
        "/../x",
        "...//x",
        "a/b",
        &deep,
        &long,
    ];
    for name in names {
        for kind in [Kind::File, Kind::Directory, Kind::Link] {
            let here = Scratch::new();
            here.directory("in");
            let record = framed(kind, &entry(kind, name.as_bytes()).body());
            let ended = unpack(&here.path("in"), mirror(), &record, 4096);
            assert!(matches!(ended, Err(Stop(_))), "{name:?}");
            assert_eq!(fs::read_dir(here.path("in")).unwrap().count(), 0, "{name:?}");
        }
    }
    // Odd, and names all the same.
    for name in ["...", "..x", "-rf", "~", "$HOME", "a\\..\\b", "\u{202e}gpj", "%2e%2e", " "] {
        let here = Scratch::new();
        here.directory("in");
        let record = framed(Kind::Directory, &entry(Kind::Directory, name.as_bytes()).body());
        unpack(&here.path("in"), mirror(), &record, 4096).unwrap();
        assert!(here.path("in").join(name).is_dir(), "{name:?}");
    }
    // The same name twice: a link, and then something that would go through it.
    let here = Scratch::new();
    here.directory("in");
    here.directory("out");
    let mut link = entry(Kind::Link, b"l");
    link.target = here.path("out").into_os_string().into_encoded_bytes();
    let parts = [
        framed(Kind::Directory, &entry(Kind::Directory, b"d").body()),
        framed(Kind::Link, &link.body()),
        framed(Kind::Directory, &entry(Kind::Directory, b"l").body()),
    ];
    let ended = unpack(&here.path("in"), mirror(), &parts.concat(), 4096);
    assert_eq!(ended, Err(Malformed("names that are not in their order").into()));
}
