//! The container against everything: what comes back is what went in, however it is cut; every
//! changed bit is seen; any bytes end in records or an error.

#![allow(clippy::unwrap_used)]

use posse_data::limits::{BATCH_MAX, CHUNKS_MAX, DEPTH_MAX, HEADER_BYTES};
use posse_data::{
    Asked, ChunkId, Decoder, Encoder, Ending, Entry, Kind, Malformed, Piece, Record, Totals, Whole,
    header,
};
use proptest::prelude::*;

fn entry(kind: Kind, name: &[u8]) -> Entry {
    let target = if kind == Kind::Link { b"/etc".to_vec() } else { Vec::new() };
    Entry { kind, mode: 0o640, seconds: -5, nanos: 7, size: 3, name: name.to_vec(), target }
}

fn piece(file: u32, first: bool, last: bool, contents: &[&[u8]]) -> Piece {
    let chunks: Vec<ChunkId> = contents.iter().map(|bytes| ChunkId::of(bytes)).collect();
    let whole = contents.concat();
    let hash = *blake3::hash(&whole).as_bytes();
    let last = last.then_some(Whole { bytes: whole.len() as u64, hash });
    Piece { file, first, last, chunks }
}

/// A directory with two files and a link; one file comes whole, of the other one a chunk.
fn sample() -> (Vec<u8>, Totals) {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.control(b"{}").unwrap();
    encoder.entry(&entry(Kind::Directory, b"d")).unwrap();
    encoder.entry(&entry(Kind::File, b"f\n -")).unwrap();
    encoder.entry(&entry(Kind::File, b"g")).unwrap();
    encoder.entry(&entry(Kind::Link, b"l")).unwrap();
    encoder.leave(true).unwrap();
    encoder.ask().unwrap();
    encoder.content(0).unwrap();
    let mut record = vec![0; HEADER_BYTES];
    record.extend(b"abc");
    encoder.data(&mut record).unwrap();
    encoder.close(Ending::Good).unwrap();
    encoder.recipe(&piece(1, true, true, &[b"de", b"f"])).unwrap();
    encoder.ask().unwrap();
    encoder.chunk(1, b"f").unwrap();
    encoder.given().unwrap();
    encoder.settle().unwrap();
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
    let (bytes, totals) = sample();
    let (whole, complete) = records(&bytes, bytes.len()).unwrap();
    assert!(complete);
    assert_eq!(whole.len(), 15);
    assert_eq!(whole[6], format!("[] {:?}", Record::Ask(Asked::Files)));
    assert!(whole[8].starts_with("[97, 98, 99] Close"));
    assert_eq!(whole[10], format!("[] {:?}", Record::Ask(Asked::Chunks)));
    assert_eq!(whole[11], format!("[] {:?}", Record::Chunk { number: 1, bytes: b"f" }));
    assert_eq!(whole[14], format!("[] {:?}", Record::End(totals)));
    assert_eq!((totals.entries, totals.size, totals.bytes), (4, 12, 4));
    for cut in 1..40 {
        assert_eq!(records(&bytes, cut).unwrap().0, whole, "cut into {cut}");
    }
}

#[test]
fn every_cut_is_incomplete_and_every_flip_is_seen() {
    let (bytes, _) = sample();
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

/// What these records end in.
fn wrong(write: impl Fn(&mut Encoder<&mut Vec<u8>>) -> std::io::Result<()>) -> &'static str {
    let mut bytes = Vec::new();
    write(&mut Encoder::new(&mut bytes)).unwrap();
    match records(&bytes, 4096) {
        Err(Malformed(what)) => what,
        Ok(_) => "nothing",
    }
}

#[test]
fn records_come_in_their_order() {
    let file = entry(Kind::File, b"f");
    let directory = entry(Kind::Directory, b"d");
    let named = |name: &[u8]| entry(Kind::File, name);
    let asked = |to: &mut Encoder<&mut Vec<u8>>| {
        to.entry(&file)?;
        to.ask()
    };
    assert_eq!(wrong(|to| to.ask()), "a record out of its order");
    assert_eq!(wrong(|to| to.leave(true)), "one directory too few");
    assert_eq!(wrong(|to| asked(to).and_then(|()| to.entry(&file))), "a record out of its order");
    assert_eq!(wrong(|to| asked(to).and_then(|()| to.content(1))), "a file that was not listed");
    assert_eq!(wrong(|to| asked(to).and_then(|()| to.given())), "a record out of its order");
    assert_eq!(
        wrong(|to| to.entry(&file).and_then(|()| to.end().map(drop))),
        "a record out of its order"
    );
    let begun = |to: &mut Encoder<&mut Vec<u8>>, first, last| {
        asked(to)?;
        to.recipe(&piece(0, first, last, &[b"x"]))
    };
    assert_eq!(wrong(|to| begun(to, false, true)), "a recipe without its beginning");
    let goes_on = |to: &mut Encoder<&mut Vec<u8>>| to.recipe(&piece(0, false, true, &[b"y"]));
    assert_eq!(wrong(|to| begun(to, true, false).and_then(|()| goes_on(to))), "nothing");
    let ended = |to: &mut Encoder<&mut Vec<u8>>| begun(to, true, true).and_then(|()| to.ask());
    assert_eq!(wrong(|to| ended(to).and_then(|()| to.chunk(0, b"y"))), "a chunk that is another");
    assert_eq!(wrong(|to| ended(to).and_then(|()| to.chunk(1, b"x"))), "a chunk that is another");
    let twice = |to: &mut Encoder<&mut Vec<u8>>| (0..2).try_for_each(|_| to.chunk(0, b"x"));
    assert_eq!(wrong(|to| ended(to).and_then(|()| twice(to))), "a chunk that comes twice");
    for (one, other) in [(b"b", b"a"), (b"a", b"a")] {
        let listed = wrong(|to| {
            to.entry(&directory)?;
            to.entry(&named(one))?;
            to.entry(&named(other))
        });
        assert_eq!(listed, "names that are not in their order");
    }
}

#[test]
fn there_is_a_limit_to_everything() {
    let directory = entry(Kind::Directory, b"d");
    let deep = wrong(|to| (0..=DEPTH_MAX).try_for_each(|_| to.entry(&directory)));
    assert_eq!(deep, "too many directories");
    let file = entry(Kind::File, b"f");
    let many = wrong(|to| (0..=BATCH_MAX).try_for_each(|_| to.entry(&file)));
    assert_eq!(many, "a batch that is too large");
    let chunks = wrong(|to| {
        to.entry(&file)?;
        to.ask()?;
        to.recipe(&piece(0, true, false, &vec![&b"x"[..]; CHUNKS_MAX]))?;
        to.recipe(&piece(0, false, false, &[b"x"]))
    });
    assert_eq!(chunks, "too many recipes at once");
}

fn framed(kind: Kind, body: &[u8]) -> Vec<u8> {
    [&header(kind, body.len())[..], body].concat()
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..4096), cut in 1usize..64) {
        let _either_way = records(&bytes, cut);
    }

    #[test]
    fn any_bodies_end(
        parts in prop::collection::vec((0usize..4, any_body()), 0..9),
        cut in 1usize..64,
    ) {
        let kinds = [Kind::File, Kind::Recipe, Kind::Content, Kind::Chunk];
        let (start, _) = sample();
        let tail: Vec<u8> = parts.iter().flat_map(|(at, body)| framed(kinds[*at], body)).collect();
        // After the first question.
        let at = start.windows(5).position(|five| five == header(Kind::Ask, 0)).unwrap() + 5;
        let _either_way = records(&[&start[..at], &tail[..]].concat(), cut);
    }
}
