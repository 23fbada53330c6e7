//! What `cargo xtask bench messages` measures of posse's own messages, and floors that are easier
//! written here than by hand. One figure a line: what, its parameters, value, unit.
//!
//! ```text
//! posse-messages pingpong BYTES CORE CORE   two processes: half a round trip
//! posse-messages barrier                    all processes of the command
//! posse-messages crowd OTHERS EACH          each sends EACH messages to OTHERS others; says
//!                                           `ready`, ends with its stdin
//! posse-messages attributes DEPTH           a receive by attribute, so many messages waiting
//! posse-messages answer tcp|tls PORT CORE   floors: the one who answers ...
//! posse-messages ask tcp|tls ADDRESS CORE   ... and the one who asks
//! ```
//!
//! The first three are started by posse. Not a test: it says nothing about what is right.

// A benchmark that can not go on ends.
#![allow(clippy::unwrap_used)]

mod attributes;
mod crowd;
mod figure;
mod native;
mod sockets;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse::<usize>().unwrap();
    match words[..] {
        ["pingpong", bytes, one, other] => {
            native::pingpong(number(bytes), [number(one), number(other)]);
        }
        ["barrier"] => native::barrier(),
        ["crowd", others, each] => crowd::run(number(others), number(each)),
        ["attributes", depth] => attributes::run(number(depth)),
        ["answer", way, port, core] => sockets::answer(way, port.parse().unwrap(), number(core)),
        ["ask", way, address, core] => sockets::ask(way, address, number(core)),
        _ => panic!("no such figure: {words:?}"),
    }
}
