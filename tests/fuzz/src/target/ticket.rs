//! A ticket as a dialer shows it: whatever decodes, encodes to the same bytes, and nothing that was
//! not signed is let in.

use super::{Target, seen};
use posse_net::ticket::Ticket;

pub const TARGET: Target = Target {
    name: "ticket",
    says: "what a host shows at another one's port",
    run,
    corpus: include_str!("../../corpus/ticket.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    match Ticket::decode(bytes) {
        Ok(ticket) => {
            assert_eq!(ticket.encode(), bytes, "a ticket is its bytes");
            let verdict = ticket.verify(ticket.vm, "lab");
            assert!(verdict.is_err(), "no vm's number is guessed");
            seen((verdict.is_err(), ticket.is_of(ticket.host, &ticket.key).is_ok()))
        }
        Err(error) => seen(std::mem::discriminant(&error)),
    }
}
