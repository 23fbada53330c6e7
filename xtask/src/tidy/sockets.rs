//! Only `net` and `shm` open sockets and shared memory: one place to look for what listens, and one
//! for what others may change under us.
//!
//! Types that carry a socket may pass anywhere; what opens one may not. A connected pair is a pipe
//! in both directions, which nobody else can reach, and is free. Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::has_word;
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "sockets",
    why: "only net and shm open sockets and shared memory",
    fix: "ask net for a socket, shm for memory",
    run,
};

const MAY: [&str; 2] = ["net", "shm"];

const TYPES: [&str; 8] = [
    "TcpListener",
    "TcpStream",
    "TcpSocket",
    "UdpSocket",
    "UnixListener",
    "UnixStream",
    "UnixDatagram",
    "UnixSocket",
];

const OPENERS: [&str; 7] = [
    "::connect(",
    "::connect_timeout(",
    "::connect_addr(",
    "::bind(",
    "::unbound(",
    "::new_v4(",
    "::new_stream(",
];

const CALLS: [&str; 10] = [
    "net::socket(",
    "socket_with(",
    "memfd_create(",
    "shm_open(",
    "mmap(",
    "mmap_anonymous(",
    "process_vm_readv(",
    "process_vm_writev(",
    "net::bind(",
    "net::connect(",
];

fn run(tree: &Tree) -> Vec<Finding> {
    let mut found = vec![];
    for source in tree.rust_but(&MAY) {
        for (line, code) in source.product_code() {
            let opened = TYPES.iter().find(|kind| {
                OPENERS.iter().any(|opener| has_word(code, &format!("{kind}{opener}")))
            });
            if let Some(kind) = opened {
                found.push(Finding::new(&source.path, line, format!("opens a {kind}")));
            }
            if let Some(call) = CALLS.iter().find(|call| has_word(code, call)) {
                found.push(Finding::new(&source.path, line, format!("calls {call})")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn opening_is_found_and_passing_is_not() {
        let text = "fn a(s: UnixStream) {\n  let t = UnixStream::connect(p);\n  s.connect();\n}\n\
                    fn c() { socketpair(x) }\nfn b() { rustix::net::socket(x) }\n";
        let found = places(&CHECK, &[("crates/cli/src/a.rs", text)]);
        assert_eq!(found, ["crates/cli/src/a.rs:2", "crates/cli/src/a.rs:6"]);
        assert!(places(&CHECK, &[("crates/net/src/a.rs", text)]).is_empty());
        assert!(places(&CHECK, &[("tests/bed/src/a.rs", text)]).is_empty());
        let text = "fn a() { let p = unsafe { mm::mmap(x) }; }\n";
        assert_eq!(places(&CHECK, &[("crates/daemon/src/a.rs", text)]).len(), 1);
        assert!(places(&CHECK, &[("crates/shm/src/a.rs", text)]).is_empty());
    }
}
