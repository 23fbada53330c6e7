//! The body of a PVM message as its receiver unpacks it: any bytes in any encoding end in values or
//! an error, and what was unpacked can be packed again.
//!
//! The first byte is the encoding, the second how many bytes say what is asked of the rest.

use super::{Target, seen};
use posse_pvm::Tid;
use posse_pvm::buffer::{Buffer, Heading};
use posse_pvm::encoding::{ByteOrder, Encoding};
use posse_pvm::kind::Kind;
use posse_pvm::memory::{Items, Places};
use posse_pvm::notices;

pub const TARGET: Target = Target {
    name: "pvm",
    says: "what a PVM program unpacks",
    run,
    corpus: include_str!("../../corpus/pvm.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    let [encoding, asked, rest @ ..] = bytes else { return 0 };
    let encoding = match encoding % 4 {
        0 => Encoding::Xdr(ByteOrder::Little),
        1 => Encoding::Xdr(ByteOrder::Big),
        2 => Encoding::Raw,
        _ => Encoding::Alien(u32::from(*encoding)),
    };
    let (asked, body) = rest.split_at(rest.len().min(usize::from(asked % 32)));
    let new = || Buffer::received(Heading::default(), encoding, body.to_vec().into());
    let output = notices::read_output(&mut new()).is_ok();
    let mut buffer = new();
    let seen_so_far: Vec<u64> = asked.iter().map(|what| ask(&mut buffer, *what)).collect();
    seen((output, seen_so_far))
}

fn ask(buffer: &mut Buffer, what: u8) -> u64 {
    let rest = buffer.rest();
    let done = match what % 16 {
        0 => buffer.unpack_string(|text| assert!(text.len() < rest && !text.contains(&0))),
        1 => buffer.unpack_message().map(|inner| assert!(inner.rest() < rest)),
        2 => buffer.unpack_int().map(drop),
        other => return items(buffer, Kind::of(i32::from(other % 11 + 1)), usize::from(what / 16)),
    };
    assert!(buffer.rest() <= rest, "nothing is unpacked twice");
    seen(done.map_err(|error| error.code()))
}

fn items(buffer: &mut Buffer, kind: posse_pvm::code::Result<Kind>, count: usize) -> u64 {
    let Ok(kind) = kind else { panic!("each number is a kind") };
    let mut memory = vec![0; count * kind.size()];
    if let Err(error) = buffer.unpack(kind, Places::of(&mut memory, kind.size())) {
        return seen((kind.size(), error.code()));
    }
    let mut again = Buffer::new(Encoding::Xdr(ByteOrder::OWN), Tid(1));
    let packed = again.pack(kind, Items::of(&memory, kind.size()));
    let mut back = vec![0; memory.len()];
    if packed.is_ok() {
        again.read();
        let unpacked = again.unpack(kind, Places::of(&mut back, kind.size()));
        assert!(unpacked.is_ok() && back == memory, "what fits comes out as it went in");
    }
    seen((kind.size(), packed.is_ok()))
}
