//! The page `docs/reference/wire.md`, made from the register of kinds and the limits, so that it
//! cannot say anything else than the code. Called by `tests/reference.rs`, which compares.

use crate::{HEADER_BYTES, Kind, WIRE_VERSION, WIRE_VERSION_OLDEST, limits};
use std::fmt::Write;

const HEAD: &str = "\
# The wire

Made from `crates/wire/src/kind.rs` and `limits.rs`; to write it again after a change there, run
`POSSE_WRITE=1 cargo test -p posse-wire --test reference`.

Every link (the pipe of an ssh, a private unix socket, TLS) carries the same frames in both
directions: a header, then a body. A link is a byte stream that loses and reorders nothing, so
frames have no checksum and no number. Bytes that do not decode close the link with the reason.
";

const HEADER: &str = "
All numbers are little-endian.

| offset | size | field |
|---|---|---|
| 0 | 4 | length of the body in bytes |
| 4 | 2 | kind, from the table below |
| 6 | 2 | flags; their meaning belongs to the kind |
| 8 | 8 | id of the command, query or request; 0 where the frame belongs to the link itself |

An id has the number of the host it began on in its high half.
";

const BODIES: &str = "
A control body is the type of the kind's name in `crates/wire/src/msg/`, in
[postcard](https://postcard.jamesmunns.com/wire-format): fields in order, integers over a byte as
LEB128 (signed ones zigzagged), strings and lists with their length first, an enum as the number
of its variant. Bytes left over are an error. The spec inside `Spawn` is encoded once at the
front end, and every daemon passes it on as it came.

`Output`, `OutputAck`, `Input` and `InputAck` are stream frames, whose bytes are never encoded:

| offset | size | field |
|---|---|---|
| 0 | 4 | rank of the process; 4294967295 for all of the command |
| 4 | 2 | descriptor of the process: 0 stdin, 1 stdout, 2 stderr, others as `--fd` names them |
| 6 | 2 | zero |
| 8 | 8 | offset in its stream: of the first byte; in an acknowledgement, of the next wanted |
| 16 | … | the bytes; none in an acknowledgement |

Flag 1 means that the stream ends after these bytes, or, in an acknowledgement, that no more of it
is wanted.

`Message` has the process that it is for in place of the id, and in its body 8 bytes with the
process that it is from, then what those two say to each other (`docs/internals/messages.md`).
";

/// The whole page.
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    put(&mut page, format_args!("\n## Header, {HEADER_BYTES} bytes\n"));
    page.push_str(HEADER);
    page.push_str("\n## Bodies\n");
    page.push_str(BODIES);
    page.push_str("\n## Kinds\n\nA number is never used again.\n\n");
    page.push_str("| number | kind | largest body | what for |\n|---|---|---|---|\n");
    for kind in Kind::ALL {
        let (number, name, max, doc) = (*kind as u16, kind.name(), kind.body_max(), kind.doc());
        put(&mut page, format_args!("| {number} | `{name}` | {max} | {doc} |\n"));
    }
    page.push_str("\n## Versions and limits\n\n");
    versions(&mut page);
    page
}

fn versions(page: &mut String) {
    put(
        page,
        format_args!(
            "This is version {WIRE_VERSION}, understood are those from {WIRE_VERSION_OLDEST} on. \
             `Hello` says both, and a link speaks the lower of its two ends' versions.\n\n"
        ),
    );
    let rows: [(&str, String); 10] = [
        (
            "body of a frame before the peer is known",
            bytes(limits::UNAUTHENTICATED_FRAME_BYTES_MAX),
        ),
        ("bytes of a stream in one frame", bytes(limits::CHUNK_BYTES_MAX)),
        ("window of an output", window(limits::WINDOW_BYTES_MIN, limits::WINDOW_BYTES_MAX)),
        ("window of a stdin", window(limits::WINDOW_BYTES_MIN, limits::STDIN_WINDOW_BYTES)),
        ("hosts of one command", limits::TARGETS_MAX.to_string()),
        ("processes of one command on a host", limits::PER_HOST_MAX.to_string()),
        ("a handshake", format!("{} s", limits::HANDSHAKE_WITHIN.as_secs())),
        ("a handshake with a host", format!("{} s", limits::JOIN_WITHIN.as_secs())),
        ("between heartbeats", format!("{} ms", limits::HEARTBEAT_EVERY.as_millis())),
        ("silence that is taken for death", format!("{} s", limits::DOWN_AFTER.as_secs())),
    ];
    page.push_str("| what | limit |\n|---|---|\n");
    for (what, limit) in rows {
        put(page, format_args!("| {what} | {limit} |\n"));
    }
}

fn bytes(count: usize) -> String {
    format!("{count} bytes")
}

fn window(least: u32, most: u32) -> String {
    format!("{least} to {most} bytes")
}

fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String has no failing case.
    let _ = page.write_fmt(text);
}
