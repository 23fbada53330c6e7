//! The bytes of one frame of every kind, by heart: a change here is a change of the wire, and
//! needs another version. Made from `samples`; a new kind needs a row.

#![allow(clippy::unwrap_used)]

mod samples;

use posse_wire::Kind;

const SNAPSHOTS: &[(Kind, &str)] = &[
    (
        Kind::Hello,
        "\
         7f0000000100000000000000000000000101010101010101010101010101010101010107ef9bafcd\
         f8acd191010909090909090909090909090909090909090909090909090909090909090909046c61\
         6231067838365f36340b4c696e757820362e312e3005302e312e3008808080804003616461092f68\
         6f6d652f616461e7240d31302e302e302e373a34373131",
    ),
    (
        Kind::Welcome,
        "\
         9500000002000000000000000000000001046d61696e070104aaaaaaaa918080802080020101046c\
         616231020304676f6e650373736800fa010803030303030303030303030303030303030303030303\
         03030303030303030303046c616231067838365f36340b4c696e757820362e312e3005302e312e30\
         08808080804003616461092f686f6d652f616461e7240d31302e302e302e373a3437313101026364\
         042f746d70",
    ),
    (
        Kind::Refused,
        "\
         13000000030000000000000000000000127468697320697320616e6f7468657220766d",
    ),
    (Kind::Heartbeat, "04000000040000000000000000000000c0843d00"),
    (
        Kind::Reach,
        "\
         1100000005000000000000000000000001070e73696c656e7420666f7220392073",
    ),
    (Kind::Down, "0100000006000000000000000000000001"),
    (
        Kind::Join,
        "\
         6d0000000700000000000000000000000702ef9bafcdf8acd1910109090909090909090909090909\
         09090909090909090909090909090909090909046c616231067838365f36340b4c696e757820362e\
         312e3005302e312e3008808080804003616461092f686f6d652f616461e7240d31302e302e302e37\
         3a34373131",
    ),
    (
        Kind::Admission,
        "\
         110000000800000000000000000000000700ef9bafcdf8acd191010104aaaaaaaa",
    ),
    (
        Kind::Spawn,
        "\
         6b000000100000001100000002000000020107000265000204736f7274022d6e010373726301044c\
         414e47014302000f6d6f64756c65206c6f6164206763630101020208757365206375646101120101\
         04636f726501000000020001010080800480800401e0d403e807c0cf2400046d61696e07736f7274\
         202d6e",
    ),
    (
        Kind::Output,
        "\
         160000001100010011000000020000000500000001000000001000000000000068656c6c6f0a",
    ),
    (Kind::OutputAck, "10000000120000001100000002000000ffffffff000000000610000000000000"),
    (
        Kind::Input,
        "\
         16000000130000001100000002000000ffffffff00000000001000000000000068656c6c6f0a",
    ),
    (Kind::InputAck, "1000000014000100110000000200000005000000000000000610000000000000"),
    (Kind::Signal, "03000000150000001100000002000000010502"),
    (Kind::End, "02000000160000001100000002000000000f"),
    (Kind::Exit, "0b00000017000000110000000200000005020404676f6e6502dc0b"),
    (Kind::Resize, "020000001800000011000000020000001850"),
    (Kind::Attach, "0100000019000000110000000200000001"),
    (Kind::Query, "03000000200000001100000002000000010701"),
    (
        Kind::Reply,
        "\
         1100000021000000110000000200000007010000003f0000803f00000040000000",
    ),
    (
        Kind::Up,
        "\
         3800000030000000110000000200000001046c61623101036164610001040210727368207b686f73\
         747d207b636d647d010450415448042f62696e010001010280dddb01b0ea0110",
    ),
    (
        Kind::Deploy,
        "\
         590000003b00000011000000020000000203046c61623101036164610001040210727368207b686f\
         73747d207b636d647d01046c61623101036164610001040210727368207b686f73747d207b636d64\
         7d010450415448042f62696e010001010280dddb01b0ea0110",
    ),
    (
        Kind::Launch,
        "\
         20000000310000001100000002000000046c616231070503086e6f20726f7574650e636865636b20\
         746865206e616d65",
    ),
    (
        Kind::Ask,
        "\
         1200000032000000110000000200000001046c6162310a50617373776f72643a2001",
    ),
    (Kind::Answer, "0a00000033000000110000000200000001010768756e74657232"),
    (Kind::Remove, "03000000340000001100000002000000010700"),
    (
        Kind::Hosts,
        "\
         780000003500000011000000020000000101046c616231020304676f6e650373736800fa01080303\
         030303030303030303030303030303030303030303030303030303030303046c616231067838365f\
         36340b4c696e757820362e312e3005302e312e3008808080804003616461092f686f6d652f616461\
         e7240d31302e302e302e373a34373131",
    ),
    (Kind::Set, "0900000036000000110000000200000002636401042f746d70"),
    (
        Kind::Commands,
        "\
         160000003700000011000000020000000191808080200107736f7274202d6e010880897a0003",
    ),
    (Kind::Watch, "0100000038000000110000000200000001"),
    (Kind::Event, "0e00000039000000110000000200000080d095ffbc3107046c6162310001"),
    (Kind::Done, "0e0000003a0000001100000002000000010c6e6f207375636820686f7374"),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A row as it stands above.
fn row(kind: Kind, hex: &str) -> String {
    let digits: Vec<char> = hex.chars().collect();
    let lines: Vec<String> = digits.chunks(80).map(String::from_iter).collect();
    format!(
        "    (\n        Kind::{kind:?},\n        \"\\\n         {}\",\n    ),",
        lines.join("\\\n         ")
    )
}

#[test]
fn the_bytes_of_every_kind_are_those_known_by_heart() {
    let mut changed = Vec::new();
    for kind in Kind::ALL {
        let got = hex(&samples::sample(*kind).to_bytes());
        let known = SNAPSHOTS.iter().find(|(of, _)| of == kind).map(|(_, hex)| *hex);
        if known != Some(got.as_str()) {
            changed.push(row(*kind, &got));
        }
    }
    assert!(changed.is_empty(), "the wire changed; these rows are new:\n{}", changed.join("\n"));
    assert_eq!(SNAPSHOTS.len(), Kind::ALL.len());
}

#[test]
fn the_bytes_known_by_heart_decode() {
    for (kind, hex) in SNAPSHOTS {
        let pairs = (0..hex.len()).step_by(2);
        let bytes: Vec<u8> =
            pairs.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let mut input = bytes::BytesMut::from(&bytes[..]);
        let frame = posse_wire::decode_frame(&mut input, usize::MAX).unwrap().unwrap();
        assert_eq!(samples::again(&frame).unwrap(), samples::sample(*kind));
    }
}
