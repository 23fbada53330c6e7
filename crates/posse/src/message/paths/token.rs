//! What a process waits for, as its set of descriptors tells it apart. Called by `progress`.

use crate::limits::PAIRS_MAX;

/// One descriptor, or one of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::message) enum Token {
    Daemon,
    Wake,
    Bell,
    /// The socket of a pair that shares memory.
    Pair(usize),
    /// The link to a process of another host.
    Direct(usize),
}

const FIRST_PAIR: u64 = 3;
const FIRST_DIRECT: u64 = FIRST_PAIR + PAIRS_MAX as u64;

impl Token {
    pub fn number(self) -> u64 {
        match self {
            Token::Daemon => 0,
            Token::Wake => 1,
            Token::Bell => 2,
            Token::Pair(at) => FIRST_PAIR + at as u64,
            Token::Direct(at) => FIRST_DIRECT + at as u64,
        }
    }

    pub fn of(number: u64) -> Token {
        match number {
            0 => Token::Daemon,
            1 => Token::Wake,
            2 => Token::Bell,
            pair if pair < FIRST_DIRECT => Token::Pair((pair - FIRST_PAIR) as usize),
            direct => Token::Direct((direct - FIRST_DIRECT) as usize),
        }
    }
}
