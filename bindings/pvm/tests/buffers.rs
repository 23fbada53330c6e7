//! Message buffers: what is packed comes out again, in sizes that the real PVM 3.4.6 has.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bytes::Bytes;
use posse_pvm::Tid;
use posse_pvm::buffer::{Buffer, Heading};
use posse_pvm::code::PvmError;
use posse_pvm::encoding::{ByteOrder, Encoding};
use posse_pvm::kind::Kind;
use posse_pvm::memory::{Items, Places};
use proptest::prelude::*;

const KINDS: [Kind; 11] = [
    Kind::Byte,
    Kind::Short,
    Kind::UShort,
    Kind::Int,
    Kind::UInt,
    Kind::Long,
    Kind::ULong,
    Kind::Float,
    Kind::Double,
    Kind::Complex,
    Kind::DoubleComplex,
];

fn new(how: i32) -> Buffer {
    Buffer::new(Encoding::chosen(how).unwrap(), Tid(0x40001))
}

/// As the receiver has it.
fn received(buffer: &mut Buffer) -> Buffer {
    let encoding = Encoding::from_wire(buffer.encoding().wire());
    Buffer::received(buffer.heading, encoding, buffer.bytes())
}

fn unpacked(buffer: &mut Buffer, kind: Kind, count: usize) -> Result<Vec<u8>, PvmError> {
    let mut memory = vec![0; count * kind.size()];
    buffer.unpack(kind, Places::of(&mut memory, kind.size()))?;
    Ok(memory)
}

/// Lengths after each step, recorded on PVM 3.4.6 (LINUX64) with the same calls: 3 and 4 bytes,
/// 3 shorts, 3 ints, 2 longs, 3 floats, 2 doubles, 2 of each complex, "hello", "", "abc".
#[test]
fn lengths_are_those_of_pvm() {
    let steps: [(Kind, usize); 9] = [
        (Kind::Byte, 3),
        (Kind::Byte, 4),
        (Kind::Short, 3),
        (Kind::Int, 3),
        (Kind::Long, 2),
        (Kind::Float, 3),
        (Kind::Double, 2),
        (Kind::Complex, 2),
        (Kind::DoubleComplex, 2),
    ];
    let want = [
        [4, 8, 20, 32, 40, 52, 68, 84, 116, 128, 136, 144],
        [3, 7, 13, 25, 41, 53, 69, 85, 117, 127, 132, 140],
    ];
    for (how, want) in want.iter().enumerate() {
        let mut buffer = new(how as i32);
        let mut lengths = vec![];
        for (kind, count) in steps {
            let memory = vec![0; count * kind.size()];
            buffer.pack(kind, Items::of(&memory, kind.size())).unwrap();
            lengths.push(buffer.len());
        }
        for text in ["hello", "", "abc"] {
            buffer.pack_string(text.as_bytes()).unwrap();
            lengths.push(buffer.len());
        }
        assert_eq!(lengths, want, "encoding {how}");
    }
}

#[test]
fn longs_keep_their_sign_and_do_not_lose_bits() {
    let mut buffer = new(0);
    let small: Vec<u8> = [-5i64, 7].iter().flat_map(|n| n.to_ne_bytes()).collect();
    buffer.pack(Kind::Long, Items::of(&small, 8)).unwrap();
    let large = 7_000_000_000i64.to_ne_bytes();
    assert_eq!(buffer.pack(Kind::Long, Items::of(&large, 8)), Err(PvmError::Overflow));
    assert_eq!(buffer.pack(Kind::ULong, Items::of(&large, 8)), Err(PvmError::Overflow));
    let edge = u64::from(u32::MAX).to_ne_bytes();
    buffer.pack(Kind::ULong, Items::of(&edge, 8)).unwrap();
    let mut got = received(&mut buffer);
    assert_eq!(unpacked(&mut got, Kind::Long, 2).unwrap(), small);
    assert_eq!(unpacked(&mut got, Kind::ULong, 1).unwrap(), edge);
    let mut raw = new(1);
    raw.pack(Kind::Long, Items::of(&large, 8)).unwrap();
    assert_eq!(unpacked(&mut received(&mut raw), Kind::Long, 1).unwrap(), large);
}

#[test]
fn the_receiver_converts_from_the_other_byte_order() {
    let body: Vec<u8> = [
        &[0xff, 0xff, 0xff, 0xfe][..],
        &1.5f64.to_be_bytes(),
        &2.5f32.to_be_bytes(),
        &(-2.5f32).to_be_bytes(),
        &[0, 0, 0, 3, b'h', b'i', 0, 0],
        &[0, 0, 0, 9],
    ]
    .concat();
    let big = Encoding::Xdr(ByteOrder::Big);
    let mut got = Buffer::received(Heading::default(), big, body.into());
    assert_eq!(unpacked(&mut got, Kind::Short, 1).unwrap(), (-2i16).to_ne_bytes());
    assert_eq!(unpacked(&mut got, Kind::Double, 1).unwrap(), 1.5f64.to_ne_bytes());
    let complex = [2.5f32.to_ne_bytes(), (-2.5f32).to_ne_bytes()].concat();
    assert_eq!(unpacked(&mut got, Kind::Complex, 1).unwrap(), complex);
    let mut text = vec![];
    got.unpack_string(|bytes| text = bytes.to_vec()).unwrap();
    assert_eq!(text, b"hi");
    assert_eq!(got.unpack_int(), Ok(9));
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let mut alien =
        Buffer::received(Heading::default(), Encoding::Alien(5), Bytes::from_static(&[0; 8]));
    assert_eq!(alien.unpack_int(), Err(PvmError::BadMsg));
    let mut short = new(0);
    short.pack(Kind::Int, Items::of(&[1, 0, 0, 0, 2, 0, 0, 0], 4)).unwrap();
    let mut got = received(&mut short);
    assert_eq!(unpacked(&mut got, Kind::Int, 3), Err(PvmError::NoData));
    assert_eq!(got.unpack_int(), Err(PvmError::NoData), "at its end from then on");
    assert_eq!(new(0).unpack_int(), Err(PvmError::NoData), "not one to unpack from");
}

#[test]
fn a_sent_buffer_grows_and_a_read_one_begins_anew() {
    let one = 1i32.to_ne_bytes();
    let mut buffer = new(0);
    buffer.pack(Kind::Int, Items::of(&one, 4)).unwrap();
    let sent = buffer.bytes();
    buffer.pack(Kind::Int, Items::of(&one, 4)).unwrap();
    assert_eq!((sent.len(), buffer.len()), (4, 8), "what was sent stays as it was");
    buffer.read();
    assert_eq!(buffer.unpack_int(), Ok(1));
    buffer.pack(Kind::Int, Items::of(&one, 4)).unwrap();
    assert_eq!(buffer.len(), 4);
}

#[test]
fn messages_within_messages() {
    let three: Vec<u8> = [1i32, 2, 3].iter().flat_map(|n| n.to_ne_bytes()).collect();
    let mut inner = new(1);
    inner.heading.tag = 12;
    inner.heading.wait_id = 4;
    inner.pack(Kind::Int, Items::of(&three[..8], 4)).unwrap();
    let mut outer = new(0);
    outer.pack_message(&mut inner).unwrap();
    assert_eq!(outer.len(), 44, "as in PVM");
    assert_eq!(outer.pack_body(&mut inner), Err(PvmError::Mismatch));
    let mut same = new(0);
    same.pack(Kind::Int, Items::of(&three, 4)).unwrap();
    outer.pack_body(&mut same).unwrap();
    assert_eq!(outer.len(), 56);
    let mut got = received(&mut outer);
    let mut back = got.unpack_message().unwrap();
    assert_eq!((back.heading, back.encoding()), (inner.heading, Encoding::Raw));
    assert_eq!(unpacked(&mut back, Kind::Int, 2).unwrap(), three[..8]);
    assert_eq!(unpacked(&mut got, Kind::Int, 3).unwrap(), three);
    assert_eq!(got.unpack_message().err(), Some(PvmError::NoData));
    let mut placed = new(2);
    assert_eq!(placed.pack_message(&mut same), Err(PvmError::NotImpl));
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(KINDS.to_vec())
}

fn encoding() -> impl Strategy<Value = Encoding> {
    use Encoding::{Alien, InPlace, Raw, Xdr};
    let all = [Xdr(ByteOrder::Little), Xdr(ByteOrder::Big), Raw, InPlace, Alien(1)];
    prop::sample::select(all.to_vec())
}

proptest! {
    /// Any sequence of arrays comes out as it went in; values that fit XDR's words.
    #[test]
    fn arrays_come_out_as_they_went_in(
        how in 0..3i32,
        arrays in prop::collection::vec((kind(), prop::collection::vec(any::<i16>(), 0..9)), 0..9),
    ) {
        let memory = |kind: Kind, values: &[i16]| -> Vec<u8> {
            values.iter().flat_map(|value| {
                let unsigned = kind == Kind::ULong;
                let wide = if unsigned { i64::from(*value as u16) } else { i64::from(*value) };
                let mut item = wide.to_ne_bytes().to_vec();
                item.extend(item.clone());
                item.truncate(kind.size());
                item
            }).collect()
        };
        let all: Vec<(Kind, Vec<u8>)> =
            arrays.iter().map(|(kind, values)| (*kind, memory(*kind, values))).collect();
        let mut buffer = new(how);
        for (kind, bytes) in &all {
            buffer.pack(*kind, Items::of(bytes, kind.size())).unwrap();
        }
        let mut got = received(&mut buffer);
        for (kind, bytes) in &all {
            prop_assert_eq!(&unpacked(&mut got, *kind, bytes.len() / kind.size()).unwrap(), bytes);
        }
        prop_assert_eq!(got.rest(), 0);
    }

    /// Bytes of strangers end in a value or an error, whatever is asked of them.
    #[test]
    fn any_bytes_are_answered(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        encoding in encoding(),
        asked in prop::collection::vec((0..4u8, kind(), 0..40usize), 0..20),
    ) {
        let mut buffer = Buffer::received(Heading::default(), encoding, bytes.into());
        for (what, kind, count) in asked {
            let _any_answer = match what {
                0 => unpacked(&mut buffer, kind, count).map(drop),
                1 => buffer.unpack_string(|_| {}),
                2 => buffer.unpack_message().map(drop),
                _ => buffer.pack(kind, Items::of(&[0; 64], kind.size())),
            };
        }
    }
}
